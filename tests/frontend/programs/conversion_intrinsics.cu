// Conversion intrinsics with their rounding modes; out-of-range values saturate, NaN becomes zero.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 31;

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    float f = 2.5f + t, huge = 3e9f * (t + 1), nan = nanf("");
    double d = -3.5 - t;

    out[k++] = __float2int_rn(f);                 // ties to even
    out[k++] = __float2int_rz(f);
    out[k++] = __float2int_ru(f);
    out[k++] = __float2int_rd(-f);
    out[k++] = __float2int_rn(huge);              // saturates
    out[k++] = __float2int_rz(-huge);
    out[k++] = __float2int_rn(nan);
    out[k++] = (int)__float2uint_rn(huge);
    out[k++] = (int)__float2uint_rz(-1.0f);
    out[k++] = (int)(__float2ll_rn(huge) >> 10);
    out[k++] = (int)__float2ull_rz(f);
    out[k++] = __double2int_rn(d);
    out[k++] = __double2int_rz(d);
    out[k++] = __double2int_ru(d);
    out[k++] = __double2int_rd(d);
    out[k++] = (int)(__double2ll_rn(d * 1e10) % 1000003);
    out[k++] = (int)__double2uint_rn(2.5);
    out[k++] = __float_as_int(__int2float_rn(16777217 + 2 * t));
    out[k++] = __float_as_int(__int2float_rz(16777217 + 2 * t));
    out[k++] = __float_as_int(__uint2float_rn(0xffffffffu - t));
    out[k++] = __float_as_int(__ll2float_rn((1ll << 40) + 1 + t));
    out[k++] = __float_as_int(__double2float_rn(0.1 * (t + 1)));
    out[k++] = __float_as_int(__double2float_rz(0.1 * (t + 1)));
    out[k++] = (int)(__int2double_rn(t) * 10);
    out[k++] = __float_as_int(__fadd_rn(1.0f, 1e-8f * t)) + __float_as_int(__fmul_rn(0.1f, f));
    out[k++] = __float_as_int(__fmaf_rn(0.1f, f, 1.0f));
    out[k++] = (int)lrintf(f) + (int)lroundf(f) * 100;
    out[k++] = (int)llrint(d) + (int)llround(d) * 100;
    out[k++] = (int)rintf(-f) + (int)roundf(-f) * 100;
    out[k++] = (int)floorf(-f) + (int)ceilf(f) * 100 + (int)truncf(-f) * 10000;
    out[k++] = (int)(__saturatef(f) * 10) + (int)(__saturatef(-f) * 10) + (int)(__saturatef(0.25f) * 100);
}

int main() {
    int* device = nullptr;
    int host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    cudaFree(device);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%d%c", host[i], (i + 1) % VALUES == 0 ? '\n' : ' ');
    return status == cudaSuccess ? 0 : 1;
}
