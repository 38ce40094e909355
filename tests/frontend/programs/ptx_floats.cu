// Inline PTX on floats, halves and pairs of halves, and conversions between all of them.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include <cstdint>
#include <cstdio>

constexpr int THREADS = 60;
constexpr int VALUES = 47;

__device__ inline int add_f(float a, float b) {
    float r;
    asm("add.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int sub_f(float a, float b) {
    float r;
    asm("sub.rn.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int mul_f(float a, float b) {
    float r;
    asm("mul.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int mul_ftz(float a, float b) {
    float r;
    asm("mul.ftz.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int add_sat(float a, float b) {
    float r;
    asm("add.sat.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int min_f(float a, float b) {
    float r;
    asm("min.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int max_f(float a, float b) {
    float r;
    asm("max.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int max_nan(float a, float b) {
    float r;
    asm("max.NaN.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int div_f(float a, float b) {
    float r;
    asm("div.rn.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int fma_f(float a, float b) {
    float r;
    asm("fma.rn.f32 %0, %1, %2, 0f3F800000;" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int fma_ftz(float a, float b) {
    float r;
    asm("fma.rn.ftz.f32 %0, %1, %2, %1;" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int copysign_f(float a, float b) {
    float r;
    asm("copysign.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int lt_f(float a, float b) {
    float r;
    asm("{ .reg .pred p; setp.lt.f32 p, %1, %2; selp.f32 %0, %1, 1.5, p; }" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int ltu_f(float a, float b) {
    float r;
    asm("{ .reg .pred p; setp.ltu.f32 p, %1, %2; selp.f32 %0, %1, 0f00000000, p; }" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int nan_f(float a, float b) {
    float r;
    asm("{ .reg .pred p; setp.nan.f32 p, %1, %2; selp.f32 %0, 0f3F800000, 0f40000000, p; }" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int set_f(float a, float b) {
    float r;
    asm("set.gt.f32.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b));
    return __float_as_int(r);
}
__device__ inline int neg_f(float a) {
    float r;
    asm("neg.f32 %0, %1;" : "=f"(r) : "f"(a));
    return __float_as_int(r);
}
__device__ inline int abs_f(float a) {
    float r;
    asm("abs.ftz.f32 %0, %1;" : "=f"(r) : "f"(a));
    return __float_as_int(r);
}
__device__ inline int rcp_f(float a) {
    float r;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(a));
    return __float_as_int(r);
}
__device__ inline int sqrt_f(float a) {
    float r;
    asm("sqrt.rn.f32 %0, %1;" : "=f"(r) : "f"(a));
    return __float_as_int(r);
}
__device__ inline int whole_n(float a) {
    float r;
    asm("cvt.rni.f32.f32 %0, %1;" : "=f"(r) : "f"(a));
    return __float_as_int(r);
}
__device__ inline int whole_z(float a) {
    float r;
    asm("cvt.rzi.f32.f32 %0, %1;" : "=f"(r) : "f"(a));
    return __float_as_int(r);
}
__device__ inline int whole_m(float a) {
    float r;
    asm("cvt.rmi.f32.f32 %0, %1;" : "=f"(r) : "f"(a));
    return __float_as_int(r);
}
__device__ inline int sat_f(float a) {
    float r;
    asm("cvt.sat.f32.f32 %0, %1;" : "=f"(r) : "f"(a));
    return __float_as_int(r);
}
__device__ inline int to_s32(float a) {
    int r;
    asm("cvt.rni.s32.f32 %0, %1;" : "=r"(r) : "f"(a));
    return r;
}
__device__ inline int to_s32z(float a) {
    int r;
    asm("cvt.rzi.s32.f32 %0, %1;" : "=r"(r) : "f"(a));
    return r;
}
__device__ inline int to_u32(float a) {
    int r;
    asm("cvt.rpi.u32.f32 %0, %1;" : "=r"(r) : "f"(a));
    return r;
}
__device__ inline int to_s8(float a) {
    int r;
    asm("cvt.rni.sat.s8.f32 %0, %1;" : "=r"(r) : "f"(a));
    return r;
}
__device__ inline int to_u8(float a) {
    int r;
    asm("cvt.rni.sat.u8.f32 %0, %1;" : "=r"(r) : "f"(a));
    return r;
}
__device__ inline int to_tf32(float a) {
    int r;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(r) : "f"(a));
    return r;
}
__device__ inline int to_tf32n(float a) {
    int r;
    asm("cvt.rn.tf32.f32 %0, %1;" : "=r"(r) : "f"(a));
    return r;
}
__device__ inline uint32_t add_h2(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("add.f16x2 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t mul_h2(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("mul.rn.f16x2 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t sub_h2(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("sub.f16x2 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t max_h2(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("max.f16x2 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t fma_h2(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("fma.rn.f16x2 %0, %1, %2, %1;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t fma_relu_h2(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("fma.rn.relu.f16x2 %0, %1, %2, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t fma_b2(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("fma.rn.bf16x2 %0, %1, %2, %1;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t min_b2(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("min.bf16x2 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    const float values[10] = {0.0f, -3e-42f, 1.0f, -2.5f, 1e-40f, 3.4e38f, -1e30f, 0.1f, __int_as_float(0x7fc00000), 1234.56789f};
    float a = values[t % 10], b = values[(t / 10 * 3 + t) % 10];
    out[k++] = add_f(a, b);
    out[k++] = sub_f(a, b);
    out[k++] = mul_f(a, b);
    out[k++] = mul_ftz(a, b);
    out[k++] = add_sat(a, b);
    out[k++] = min_f(a, b);
    out[k++] = max_f(a, b);
    out[k++] = max_nan(a, b);
    out[k++] = div_f(a, b);
    out[k++] = fma_f(a, b);
    out[k++] = fma_ftz(a, b);
    out[k++] = copysign_f(a, b);
    out[k++] = lt_f(a, b);
    out[k++] = ltu_f(a, b);
    out[k++] = nan_f(a, b);
    out[k++] = set_f(a, b);
    out[k++] = neg_f(a);
    out[k++] = abs_f(a);
    out[k++] = rcp_f(a);
    out[k++] = sqrt_f(a);
    out[k++] = whole_n(a);
    out[k++] = whole_z(a);
    out[k++] = whole_m(a);
    out[k++] = sat_f(a);
    out[k++] = to_s32(a);
    out[k++] = to_s32z(a);
    out[k++] = to_u32(a);
    out[k++] = to_s8(a);
    out[k++] = to_u8(a);
    out[k++] = to_tf32(a);
    out[k++] = to_tf32n(a);
    a = a == a ? a : 5.5f;  // which NaN a conversion to 16 bits gives differs
    b = b == b ? b : -7.25f;
    uint32_t pair, other;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(a), "f"(b));
    out[k++] = (int)pair;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(other) : "f"(a), "f"(b));
    out[k++] = (int)other;
    uint16_t half, cut;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(b));
    out[k++] = half;
    asm("cvt.rz.f16.f32 %0, %1;" : "=h"(cut) : "f"(b));
    out[k++] = cut;
    float back;
    asm("cvt.f32.f16 %0, %1;" : "=f"(back) : "h"(half));
    out[k++] = __float_as_int(back);
    int64_t whole;
    asm("cvt.rzi.s64.f32 %0, %1;" : "=l"(whole) : "f"(b == b ? b : 0.0f));
    out[k++] = (int)(whole >> 7);
    float from;
    asm("cvt.rn.f32.s32 %0, %1;" : "=f"(from) : "r"(t * 123456789));
    out[k++] = __float_as_int(from);
    uint32_t narrow;
    asm("{ .reg .u8 x; cvt.sat.u8.s32 x, %1; cvt.u32.u8 %0, x; }" : "=r"(narrow) : "r"(t * 13 - 100));
    out[k++] = (int)narrow;
    const uint32_t x = (0x3c00c100u + t * 0x01230045u) & 0xbfffbfffu, y = 0x3248b800u ^ t;  // no NaN
    out[k++] = (int)add_h2(x, y);
    out[k++] = (int)mul_h2(x, y);
    out[k++] = (int)sub_h2(x, y);
    out[k++] = (int)max_h2(x, y);
    out[k++] = (int)fma_h2(x, y);
    out[k++] = (int)fma_relu_h2(x, y);
    out[k++] = (int)fma_b2(x, y);
    out[k++] = (int)min_b2(x, y);
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
