// Inline PTX on integers and predicates: each instruction on the corners of its range.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include <cstdint>
#include <cstdio>

constexpr int THREADS = 64;
constexpr int VALUES = 63;

__device__ inline uint32_t add_u32(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("add.u32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t sub_s32(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("sub.s32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t mul_lo(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("mul.lo.s32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t mul_hi_s(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("mul.hi.s32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t mul_hi_u(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("mul.hi.u32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t mul_24(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("mul24.lo.u32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t mad_lo(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("mad.lo.u32 %0, %1, %2, 77;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t min_s(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("min.s32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t max_u(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("max.u32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t and_(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("and.b32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t or_(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("or.b32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t xor_(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("xor.b32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t shl_(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("shl.b32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t shr_u(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("shr.u32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t shr_s(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("shr.s32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t div_u(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("div.u32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t rem_s(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("rem.s32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t lop_ea(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("lop3.b32 %0, %1, %2, 0x0f0f0f0f, 0xEA;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t lop_6a(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("lop3.b32 %0, %1, %2, 0x64006400, 0x6a;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t lop_96(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("lop3.b32 %0, %1, %2, 0x1234567, 0x96;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t lop_e8(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("lop3.b32 %0, %1, %2, 0x1234567, 0xe8;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t lop_1b(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("lop3.b32 %0, %1, %2, 0x1234567, 0x1b;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t lop_2d(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("lop3.b32 %0, %1, %2, 0x1234567, 0x2d;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t lop_40(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("lop3.b32 %0, %1, %2, 0x1234567, 0x40;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t lop_f7(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("lop3.b32 %0, %1, %2, 0x1234567, 0xf7;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t prmt_(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("prmt.b32 %0, %1, %2, 0x5410;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t prmt_sign(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("prmt.b32 %0, %1, %2, 0xba98;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t bfe_u(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("bfe.u32 %0, %1, %2, 9;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t bfe_s(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("bfe.s32 %0, %1, %2, 9;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t bfe_long(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("bfe.s32 %0, %1, 28, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t bfi_(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("bfi.b32 %0, %1, %2, 5, 11;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t bfi_end(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("bfi.b32 %0, %1, %2, 27, 11;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t shf_l(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("shf.l.wrap.b32 %0, %1, %2, 7;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t shf_r(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("shf.r.clamp.b32 %0, %1, %2, 40;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t sad_(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("sad.s32 %0, %1, %2, 3;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t dp4a_s(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("dp4a.s32.s32 %0, %1, %2, 10;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t dp4a_us(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("dp4a.u32.s32 %0, %1, %2, 10;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t dp4a_u(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("dp4a.u32.u32 %0, %1, %2, 10;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t chosen(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("{ .reg .pred p, q; setp.lt.s32 p|q, %1, %2; selp.b32 %0, %1, %2, p; @q add.u32 %0, %0, 1; }" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t unsigned_less(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("{ .reg .pred p; setp.lo.u32 p, %1, %2; @p mov.u32 %0, 5; @!p mov.u32 %0, %2; }" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t both(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("{ .reg .pred a, b; setp.gt.s32 a, %1, 0; setp.ne.and.s32 b, %2, 0, a; selp.u32 %0, 1, 0, b; }" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t set_(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("set.le.s32.s32 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t pieces(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("{ .reg .b16 l, h; mov.b32 {l, h}, %1; mov.b32 %0, {h, l}; add.u32 %0, %0, %2; }" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t bytes(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("{ .reg .b8 a, b, c, d; mov.b32 {a, b, c, d}, %1; mov.b32 %0, {d, a, b, c}; xor.b32 %0, %0, %2; }" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t many(uint32_t a, uint32_t b) {
    uint32_t r;
    asm volatile("{ .reg .b32 r<3>; add.u32 r0, %1, %2; mul.lo.u32 r1, r0, r0; /* both */ sub.u32 r2, r1, r0; mov.b32 %0, r2; }" : "=r"(r) : "r"(a), "r"(b));
    return r;
}
__device__ inline uint32_t popc_(uint32_t a) {
    uint32_t r;
    asm("popc.b32 %0, %1;" : "=r"(r) : "r"(a));
    return r;
}
__device__ inline uint32_t clz_(uint32_t a) {
    uint32_t r;
    asm("clz.b32 %0, %1;" : "=r"(r) : "r"(a));
    return r;
}
__device__ inline uint32_t brev_(uint32_t a) {
    uint32_t r;
    asm("brev.b32 %0, %1;" : "=r"(r) : "r"(a));
    return r;
}
__device__ inline uint32_t bfind_(uint32_t a) {
    uint32_t r;
    asm("bfind.u32 %0, %1;" : "=r"(r) : "r"(a));
    return r;
}
__device__ inline uint32_t bfind_s(uint32_t a) {
    uint32_t r;
    asm("bfind.s32 %0, %1;" : "=r"(r) : "r"(a));
    return r;
}
__device__ inline uint32_t bfind_sh(uint32_t a) {
    uint32_t r;
    asm("bfind.shiftamt.u32 %0, %1;" : "=r"(r) : "r"(a));
    return r;
}
__device__ inline uint32_t not_(uint32_t a) {
    uint32_t r;
    asm("not.b32 %0, %1;" : "=r"(r) : "r"(a));
    return r;
}
__device__ inline uint32_t neg_(uint32_t a) {
    uint32_t r;
    asm("neg.s32 %0, %1;" : "=r"(r) : "r"(a));
    return r;
}
__device__ inline uint32_t abs_(uint32_t a) {
    uint32_t r;
    asm("abs.s32 %0, %1;" : "=r"(r) : "r"(a));
    return r;
}
__device__ inline uint32_t cnot_(uint32_t a) {
    uint32_t r;
    asm("cnot.b32 %0, %1;" : "=r"(r) : "r"(a));
    return r;
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    const uint32_t values[8] = {0u, 1u, 0x80000000u, 0xffffffffu, 0x00f0a5c3u, 123456789u, 31u, 0x7fffffffu};
    const uint32_t a = values[t % 8], b = values[(t / 8 * 3 + t) % 8];
    out[k++] = (int)add_u32(a, b);
    out[k++] = (int)sub_s32(a, b);
    out[k++] = (int)mul_lo(a, b);
    out[k++] = (int)mul_hi_s(a, b);
    out[k++] = (int)mul_hi_u(a, b);
    out[k++] = (int)mul_24(a, b);
    out[k++] = (int)mad_lo(a, b);
    out[k++] = (int)min_s(a, b);
    out[k++] = (int)max_u(a, b);
    out[k++] = (int)and_(a, b);
    out[k++] = (int)or_(a, b);
    out[k++] = (int)xor_(a, b);
    out[k++] = (int)shl_(a, b);
    out[k++] = (int)shr_u(a, b);
    out[k++] = (int)shr_s(a, b);
    out[k++] = (int)div_u(a, b);
    out[k++] = (int)rem_s(a, b);
    out[k++] = (int)lop_ea(a, b);
    out[k++] = (int)lop_6a(a, b);
    out[k++] = (int)lop_96(a, b);
    out[k++] = (int)lop_e8(a, b);
    out[k++] = (int)lop_1b(a, b);
    out[k++] = (int)lop_2d(a, b);
    out[k++] = (int)lop_40(a, b);
    out[k++] = (int)lop_f7(a, b);
    out[k++] = (int)prmt_(a, b);
    out[k++] = (int)prmt_sign(a, b);
    out[k++] = (int)bfe_u(a, b);
    out[k++] = (int)bfe_s(a, b);
    out[k++] = (int)bfe_long(a, b);
    out[k++] = (int)bfi_(a, b);
    out[k++] = (int)bfi_end(a, b);
    out[k++] = (int)shf_l(a, b);
    out[k++] = (int)shf_r(a, b);
    out[k++] = (int)sad_(a, b);
    out[k++] = (int)dp4a_s(a, b);
    out[k++] = (int)dp4a_us(a, b);
    out[k++] = (int)dp4a_u(a, b);
    out[k++] = (int)chosen(a, b);
    out[k++] = (int)unsigned_less(a, b);
    out[k++] = (int)both(a, b);
    out[k++] = (int)set_(a, b);
    out[k++] = (int)pieces(a, b);
    out[k++] = (int)bytes(a, b);
    out[k++] = (int)many(a, b);
    out[k++] = (int)popc_(a);
    out[k++] = (int)clz_(a);
    out[k++] = (int)brev_(a);
    out[k++] = (int)bfind_(a);
    out[k++] = (int)bfind_s(a);
    out[k++] = (int)bfind_sh(a);
    out[k++] = (int)not_(a);
    out[k++] = (int)neg_(a);
    out[k++] = (int)abs_(a);
    out[k++] = (int)cnot_(a);
    uint64_t wide;
    asm("mul.wide.s32 %0, %1, %2;" : "=l"(wide) : "r"(a), "r"(b));
    out[k++] = (int)(wide >> 32);
    asm("mad.wide.u32 %0, %1, %2, %0;" : "+l"(wide) : "r"(a), "r"(b));
    out[k++] = (int)(wide >> 32) ^ (int)wide;
    asm("{ .reg .b32 lo, hi; mov.b64 {lo, hi}, %0; mov.b64 %0, {hi, lo}; }" : "+l"(wide));
    out[k++] = (int)wide;
    uint32_t same = a;
    asm("add.u32 %0, %0, %1;" : "+r"(same) : "r"(b));
    out[k++] = (int)same;
    uint16_t half = 0;
    asm("add.u16 %0, %1, %2;" : "=h"(half) : "h"((uint16_t)a), "n"(17));
    out[k++] = half;
    int lane;
    asm volatile("mov.u32 %0, %%laneid;" : "=r"(lane));
    out[k++] = lane;
    uint32_t below, x;
    asm("mov.u32 %0, %%lanemask_lt;" : "=r"(below));
    asm("mov.u32 %0, %%tid.x;" : "=r"(x));
    out[k++] = (int)(below ^ x);
    asm("mov.u32 %0, %lanemask_ge;" : "=r"(below));
    out[k++] = (int)below;
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
