// Integer intrinsics of several steps: minima and maxima of sums, dot products, bits.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 50;

__global__ void test(unsigned* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    const int words[6] = {(int)0x80017fffu, 0x7f80ff01, 0x00ff8001, -5, 0x12345678, 77};
    int x = words[t], y = words[t + 1], z = words[t + 2];
    bool first, second;
    out[k++] = (unsigned)__viaddmax_s32(x, y, z);
    out[k++] = (unsigned)__viaddmin_s32(x, y, z);
    out[k++] = (unsigned)__vimax3_s32(x, y, z);
    out[k++] = (unsigned)__vimin3_s32(x, y, z);
    out[k++] = (unsigned)__viaddmax_s32_relu(x, y, z);
    out[k++] = (unsigned)__viaddmin_s32_relu(x, y, z);
    out[k++] = (unsigned)__vimax3_s32_relu(x, y, z);
    out[k++] = (unsigned)__vimin3_s32_relu(x, y, z);
    out[k++] = (unsigned)__viaddmax_u32(x, y, z);
    out[k++] = (unsigned)__viaddmin_u32(x, y, z);
    out[k++] = (unsigned)__vimax3_u32(x, y, z);
    out[k++] = (unsigned)__vimin3_u32(x, y, z);
    out[k++] = (unsigned)__viaddmax_s16x2(x, y, z);
    out[k++] = (unsigned)__viaddmin_s16x2(x, y, z);
    out[k++] = (unsigned)__vimax3_s16x2(x, y, z);
    out[k++] = (unsigned)__vimin3_s16x2(x, y, z);
    out[k++] = (unsigned)__viaddmax_s16x2_relu(x, y, z);
    out[k++] = (unsigned)__viaddmin_s16x2_relu(x, y, z);
    out[k++] = (unsigned)__vimax3_s16x2_relu(x, y, z);
    out[k++] = (unsigned)__vimin3_s16x2_relu(x, y, z);
    out[k++] = (unsigned)__viaddmax_u16x2(x, y, z);
    out[k++] = (unsigned)__viaddmin_u16x2(x, y, z);
    out[k++] = (unsigned)__vimax3_u16x2(x, y, z);
    out[k++] = (unsigned)__vimin3_u16x2(x, y, z);
    out[k++] = (unsigned)__vimax_s32_relu(x, y);
    out[k++] = (unsigned)__vimin_s32_relu(x, y);
    out[k++] = (unsigned)__vimax_s16x2_relu(x, y);
    out[k++] = (unsigned)__vimin_s16x2_relu(x, y);
    out[k++] = (unsigned)__urhadd(x, y);
    out[k++] = (unsigned)__uhadd(x, y);
    out[k++] = (unsigned)__vibmax_s32(x, y, &first) + first;
    out[k++] = (unsigned)__vibmin_s32(x, y, &first) + first;
    out[k++] = (unsigned)__vibmax_u32(x, y, &first) + first;
    out[k++] = (unsigned)__vibmin_u32(x, y, &first) + first;
    out[k++] = __vibmax_s16x2(x, y, &first, &second) + first * 2 + second * 4;
    out[k++] = __vibmin_s16x2(x, y, &first, &second) + first * 2 + second * 4;
    out[k++] = __vibmax_u16x2(x, y, &first, &second) + first * 2 + second * 4;
    out[k++] = __vibmin_u16x2(x, y, &first, &second) + first * 2 + second * 4;
    out[k++] = __dp4a(x, y, z);
    out[k++] = __dp4a((unsigned)x, (unsigned)y, (unsigned)z);
    out[k++] = __dp2a_lo(x, y, z);
    out[k++] = __dp2a_hi(x, y, z);
    out[k++] = __dp2a_lo((unsigned)x, (unsigned)y, (unsigned)z);
    out[k++] = __dp2a_hi((unsigned)x, (unsigned)y, (unsigned)z);
    out[k++] = __dp2a_hi(make_short2(-7, t), make_char4(1, 2, -3, 4), 5);
    out[k++] = __dp4a(make_char4(1, -2, 3, t), make_char4(9, 8, -7, 6), 5);
    out[k++] = __dp4a(make_uchar4(1, 254, 3, t), make_uchar4(9, 8, 7, 6), 5u);
    out[k++] = __fns(x, 0, t);
    out[k++] = __fns(x, 20, -1 - t);
    out[k++] = __fns(x, 7, 0);
}

int main() {
    unsigned* device = nullptr;
    unsigned host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    cudaFree(device);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%u%c", host[i], (i + 1) % VALUES == 0 ? '\n' : ' ');
    return status == cudaSuccess ? 0 : 1;
}
