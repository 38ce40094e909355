// Arithmetic that rounds in a stated direction, near overflow and underflow too.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 34;

__global__ void test(double* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    const float floats[5] = {1.1f, -0.3f, 3.0e38f, 2.0e-38f, -7.7e-30f};
    const double doubles[5] = {1.1, -0.3, 1.7e308, 3.0e-308, -7.7e-200};
    float x = floats[t], y = floats[t + 1], z = floats[(t + 2) % 5];
    double a = doubles[t], b = doubles[t + 1];
    out[k++] = __fadd_rz(x, y);
    out[k++] = __fadd_ru(x, y);
    out[k++] = __fadd_rd(x, y);
    out[k++] = __fsub_rz(x, y);
    out[k++] = __fsub_ru(x, y);
    out[k++] = __fsub_rd(x, y);
    out[k++] = __fmul_rz(x, y);
    out[k++] = __fmul_ru(x, y);
    out[k++] = __fmul_rd(x, y);
    out[k++] = __fdiv_rz(x, y);
    out[k++] = __fdiv_ru(x, y);
    out[k++] = __fdiv_rd(x, y);
    out[k++] = __frcp_rz(y);
    out[k++] = __frcp_ru(y);
    out[k++] = __frcp_rd(y);
    out[k++] = __fsqrt_rz(fabsf(x));
    out[k++] = __fsqrt_ru(fabsf(x));
    out[k++] = __fsqrt_rd(fabsf(x));
    out[k++] = __fmaf_rz(x, y, z);
    out[k++] = __fmaf_ru(x, y, z);
    out[k++] = __fmaf_rd(x, y, z);
    out[k++] = __dadd_rz(a, b);
    out[k++] = __dadd_ru(a, b);
    out[k++] = __dadd_rd(a, b);
    out[k++] = __dsub_rz(a, b);
    out[k++] = __dsub_ru(a, b);
    out[k++] = __dsub_rd(a, b);
    out[k++] = __dmul_rz(a, b);
    out[k++] = __dmul_ru(a, b);
    out[k++] = __dmul_rd(a, b);
    out[k++] = __dsqrt_rz(fabs(a));
    out[k++] = __dsqrt_ru(fabs(a));
    out[k++] = __dsqrt_rd(fabs(a));
    out[k++] = 1.0 / __fadd_rd(x, -x) + __dsub_ru(a, a);
}

int main() {
    double* device = nullptr;
    double host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    cudaFree(device);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%.17g%c", host[i], (i + 1) % VALUES == 0 ? '\n' : ' ');
    return status == cudaSuccess ? 0 : 1;
}
