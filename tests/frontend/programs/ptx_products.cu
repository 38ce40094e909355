// Products of matrices by mma.sync: every type of element, every depth.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include <cstdint>
#include <cstdio>

constexpr int THREADS = 64;
constexpr int VALUES = 40;

// Small numbers with bits in every place, as registers of packed elements.
__device__ inline uint32_t halves(int i) {
    return (uint32_t)(0x3400 + i * 37 % 0x0900) | (uint32_t)(0xb000 + i * 91 % 0x0d00) << 16;
}
__device__ inline uint32_t bfloats(int i) {
    return (uint32_t)(0x3f00 + i * 37 % 0x0100) | (uint32_t)(0xbe80 + i * 91 % 0x0180) << 16;
}
__device__ inline uint32_t singles(int i) { return 0x3f000000u + (uint32_t)i * 2654435u % 0x01000000u; }
__device__ inline uint32_t bytes(int i) { return (uint32_t)i * 2654435761u; }
__device__ inline uint32_t floats8(int i) { return ((uint32_t)i * 2654435761u & 0x8f8f8f8fu) | 0x30303030u; }

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    float c0[4] = {0.25f * (t - 10), 0.25f * (t - 11), 0.25f * (t - 12), 0.25f * (t - 13)}, d0[4];
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %11, %12, %13};"
        : "=f"(d0[0]), "=f"(d0[1]), "=f"(d0[2]), "=f"(d0[3])
        : "r"(halves(t * 11 + 0)), "r"(halves(t * 11 + 1)), "r"(halves(t * 11 + 2)), "r"(halves(t * 11 + 3)), "r"(halves(t * 7 + 100)), "r"(halves(t * 7 + 101)), "f"(c0[0]), "f"(c0[1]), "f"(c0[2]), "f"(c0[3]));
    out[k++] = __float_as_int(d0[0]);
    out[k++] = __float_as_int(d0[1]);
    out[k++] = __float_as_int(d0[2]);
    out[k++] = __float_as_int(d0[3]);
    float c1[4] = {0.25f * (t - 10), 0.25f * (t - 11), 0.25f * (t - 12), 0.25f * (t - 13)}, d1[4];
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%7, %8, %9, %10};"
        : "=f"(d1[0]), "=f"(d1[1]), "=f"(d1[2]), "=f"(d1[3])
        : "r"(halves(t * 11 + 0)), "r"(halves(t * 11 + 1)), "r"(halves(t * 7 + 100)), "f"(c1[0]), "f"(c1[1]), "f"(c1[2]), "f"(c1[3]));
    out[k++] = __float_as_int(d1[0]);
    out[k++] = __float_as_int(d1[1]);
    out[k++] = __float_as_int(d1[2]);
    out[k++] = __float_as_int(d1[3]);
    uint32_t c2[2] = {0x3c00bc00u + t * 1, 0x3c00bc00u + t * 2}, d2[2];
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%0, %1}, {%2, %3, %4, %5}, {%6, %7}, {%8, %9};"
        : "=r"(d2[0]), "=r"(d2[1])
        : "r"(halves(t * 11 + 0)), "r"(halves(t * 11 + 1)), "r"(halves(t * 11 + 2)), "r"(halves(t * 11 + 3)), "r"(halves(t * 7 + 100)), "r"(halves(t * 7 + 101)), "r"(c2[0]), "r"(c2[1]));
    out[k++] = (int)d2[0];
    out[k++] = (int)d2[1];
    uint32_t c3[2] = {0x3c00bc00u + t * 1, 0x3c00bc00u + t * 2}, d3[2];
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f16.f16.f16.f16 {%0, %1}, {%2, %3}, {%4}, {%5, %6};"
        : "=r"(d3[0]), "=r"(d3[1])
        : "r"(halves(t * 11 + 0)), "r"(halves(t * 11 + 1)), "r"(halves(t * 7 + 100)), "r"(c3[0]), "r"(c3[1]));
    out[k++] = (int)d3[0];
    out[k++] = (int)d3[1];
    float c4[4] = {0.25f * (t - 10), 0.25f * (t - 11), 0.25f * (t - 12), 0.25f * (t - 13)}, d4[4];
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %11, %12, %13};"
        : "=f"(d4[0]), "=f"(d4[1]), "=f"(d4[2]), "=f"(d4[3])
        : "r"(bfloats(t * 11 + 0)), "r"(bfloats(t * 11 + 1)), "r"(bfloats(t * 11 + 2)), "r"(bfloats(t * 11 + 3)), "r"(bfloats(t * 7 + 100)), "r"(bfloats(t * 7 + 101)), "f"(c4[0]), "f"(c4[1]), "f"(c4[2]), "f"(c4[3]));
    out[k++] = __float_as_int(d4[0]);
    out[k++] = __float_as_int(d4[1]);
    out[k++] = __float_as_int(d4[2]);
    out[k++] = __float_as_int(d4[3]);
    float c5[4] = {0.25f * (t - 10), 0.25f * (t - 11), 0.25f * (t - 12), 0.25f * (t - 13)}, d5[4];
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %11, %12, %13};"
        : "=f"(d5[0]), "=f"(d5[1]), "=f"(d5[2]), "=f"(d5[3])
        : "r"(singles(t * 11 + 0)), "r"(singles(t * 11 + 1)), "r"(singles(t * 11 + 2)), "r"(singles(t * 11 + 3)), "r"(singles(t * 7 + 100)), "r"(singles(t * 7 + 101)), "f"(c5[0]), "f"(c5[1]), "f"(c5[2]), "f"(c5[3]));
    out[k++] = __float_as_int(d5[0]);
    out[k++] = __float_as_int(d5[1]);
    out[k++] = __float_as_int(d5[2]);
    out[k++] = __float_as_int(d5[3]);
    float c6[4] = {0.25f * (t - 10), 0.25f * (t - 11), 0.25f * (t - 12), 0.25f * (t - 13)}, d6[4];
    asm volatile(
        "mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%7, %8, %9, %10};"
        : "=f"(d6[0]), "=f"(d6[1]), "=f"(d6[2]), "=f"(d6[3])
        : "r"(singles(t * 11 + 0)), "r"(singles(t * 11 + 1)), "r"(singles(t * 7 + 100)), "f"(c6[0]), "f"(c6[1]), "f"(c6[2]), "f"(c6[3]));
    out[k++] = __float_as_int(d6[0]);
    out[k++] = __float_as_int(d6[1]);
    out[k++] = __float_as_int(d6[2]);
    out[k++] = __float_as_int(d6[3]);
    uint32_t c7[4] = {(uint32_t)(t * 1 - 5), (uint32_t)(t * 2 - 5), (uint32_t)(t * 3 - 5), (uint32_t)(t * 4 - 5)}, d7[4];
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%7, %8, %9, %10};"
        : "=r"(d7[0]), "=r"(d7[1]), "=r"(d7[2]), "=r"(d7[3])
        : "r"(bytes(t * 11 + 0)), "r"(bytes(t * 11 + 1)), "r"(bytes(t * 7 + 100)), "r"(c7[0]), "r"(c7[1]), "r"(c7[2]), "r"(c7[3]));
    out[k++] = (int)d7[0];
    out[k++] = (int)d7[1];
    out[k++] = (int)d7[2];
    out[k++] = (int)d7[3];
    uint32_t c8[4] = {(uint32_t)(t * 1 - 5), (uint32_t)(t * 2 - 5), (uint32_t)(t * 3 - 5), (uint32_t)(t * 4 - 5)}, d8[4];
    asm volatile(
        "mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %11, %12, %13};"
        : "=r"(d8[0]), "=r"(d8[1]), "=r"(d8[2]), "=r"(d8[3])
        : "r"(bytes(t * 11 + 0)), "r"(bytes(t * 11 + 1)), "r"(bytes(t * 11 + 2)), "r"(bytes(t * 11 + 3)), "r"(bytes(t * 7 + 100)), "r"(bytes(t * 7 + 101)), "r"(c8[0]), "r"(c8[1]), "r"(c8[2]), "r"(c8[3]));
    out[k++] = (int)d8[0];
    out[k++] = (int)d8[1];
    out[k++] = (int)d8[2];
    out[k++] = (int)d8[3];
    float c9[4] = {0.25f * (t - 10), 0.25f * (t - 11), 0.25f * (t - 12), 0.25f * (t - 13)}, d9[4];
    asm volatile(
        "mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %11, %12, %13};"
        : "=f"(d9[0]), "=f"(d9[1]), "=f"(d9[2]), "=f"(d9[3])
        : "r"(floats8(t * 11 + 0)), "r"(floats8(t * 11 + 1)), "r"(floats8(t * 11 + 2)), "r"(floats8(t * 11 + 3)), "r"(floats8(t * 7 + 100)), "r"(floats8(t * 7 + 101)), "f"(c9[0]), "f"(c9[1]), "f"(c9[2]), "f"(c9[3]));
    out[k++] = __float_as_int(d9[0]);
    out[k++] = __float_as_int(d9[1]);
    out[k++] = __float_as_int(d9[2]);
    out[k++] = __float_as_int(d9[3]);
    float c10[4] = {0.25f * (t - 10), 0.25f * (t - 11), 0.25f * (t - 12), 0.25f * (t - 13)}, d10[4];
    asm volatile(
        "mma.sync.aligned.m16n8k32.row.col.f32.e5m2.e4m3.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %11, %12, %13};"
        : "=f"(d10[0]), "=f"(d10[1]), "=f"(d10[2]), "=f"(d10[3])
        : "r"(floats8(t * 11 + 0)), "r"(floats8(t * 11 + 1)), "r"(floats8(t * 11 + 2)), "r"(floats8(t * 11 + 3)), "r"(floats8(t * 7 + 100)), "r"(floats8(t * 7 + 101)), "f"(c10[0]), "f"(c10[1]), "f"(c10[2]), "f"(c10[3]));
    out[k++] = __float_as_int(d10[0]);
    out[k++] = __float_as_int(d10[1]);
    out[k++] = __float_as_int(d10[2]);
    out[k++] = __float_as_int(d10[3]);
}

int main() {
    int* device = nullptr;
    static int host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    if (cudaDeviceSynchronize() != cudaSuccess) return 1;
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%d\n", host[i]);
    cudaFree(device);
    return 0;
}
