// Inline PTX on memory: loads and stores of all spaces, numbers as shared addresses, atomics, asynchronous
// copies.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include <cstdint>
#include <cstdio>

constexpr int THREADS = 40;
constexpr int VALUES = 13;

// A 32-bit number in place of a pointer, as PTX has it.
__device__ inline uint32_t number(const void* p) { return (uint32_t)__cvta_generic_to_shared(p); }

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    __shared__ __align__(128) int tile[THREADS * 4];
    __shared__ float single;
    extern __shared__ __align__(16) int dynamic[];
    for (int i = 0; i < 4; i++) tile[t * 4 + i] = t * 100 + i;
    if (t == 0) single = 2.5f;
    dynamic[t] = -t;
    __syncthreads();
    const uint32_t base = number(tile), own = base + t * 16;
    int a, b, c, d;
    asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(a), "=r"(b), "=r"(c), "=r"(d) : "r"(own));
    out[k++] = a + b * 3 + c * 5 + d * 7;
    asm volatile("ld.shared.v2.s32 {%0, _}, [%1 + 8];" : "=r"(a) : "r"(base ^ (t % 8) * 16));
    out[k++] = a;
    float f;
    asm volatile("ld.volatile.shared.f32 %0, [%1];" : "=f"(f) : "r"(number(&single)) : "memory");
    out[k++] = (int)(f * 2.0f);
    asm volatile("ld.shared.s32 %0, [%1];" : "=r"(a) : "r"(number(dynamic + (t + 1) % THREADS)));
    out[k++] = a;
    asm volatile("{ .reg .u64 s; .reg .u32 n; cvta.to.shared.u64 s, %1; cvt.u32.u64 n, s; ld.shared.s32 %0, [n]; }" : "=r"(a) : "l"(dynamic + t));
    out[k++] = a;
    __syncthreads();
    asm volatile("st.shared.v2.b32 [%0], {%1, %2};" ::"r"(own), "r"(t), "r"(-t) : "memory");
    asm volatile("{ .reg .pred p; setp.lt.s32 p, %1, 7; @p st.shared.u32 [%0 + 12], %1; }" ::"r"(own), "r"(t));
    out[k++] = tile[t * 4] * 2 + tile[t * 4 + 1] + tile[t * 4 + 3];
    asm volatile("bar.sync 0;" ::: "memory");
    asm volatile("{ .reg .u16 x; mov.u16 x, %1; st.shared.u16 [%0 + 2], x; }" ::"r"(own), "h"((uint16_t)(t + 5)));
    asm volatile("{ .reg .s8 x; ld.shared.s8 x, [%1 + 4]; cvt.s32.s8 %0, x; }" : "=r"(b) : "r"(own));
    out[k++] = tile[t * 4] + b;
    out[k++] = 0;
    asm volatile("st.global.cs.s32 [%0], %1;" ::"l"(out + k - 1), "r"(t + 17) : "memory");
    asm volatile("ld.global.acquire.gpu.b32 %0, [%1];" : "=r"(a) : "l"(out + k - 1) : "memory");
    out[k++] = a + 1;
    asm volatile("ld.global.cg.L2::128B.v2.u32 {%0, %1}, [%2];" : "=r"(a), "=r"(b) : "l"((uintptr_t)(out + (k & ~1) - 2 + (t * VALUES & 1))));
    out[k++] = a ^ b;
    __syncthreads();
    if (t < 4) tile[t] = 10;
    __syncthreads();
    asm volatile("red.shared.add.u32 [%0], %1;" ::"r"(number(tile)), "r"(t) : "memory");
    asm volatile("{ .reg .u32 old; atom.shared.max.s32 old, [%0], %1; }" ::"r"(number(tile + 1)), "r"(t * 7 % 50));
    unsigned before = 0;
    if (t == 9) asm volatile("atom.cas.b32 %0, [%1], %2, %3;" : "=r"(before) : "l"(tile + 2), "r"(10), "r"(77));
    asm volatile("fence.acq_rel.gpu; membar.cta;");
    __syncthreads();
    out[k++] = tile[0] + tile[1] + tile[2] + (int)before;
    __syncthreads();
    // Copies: whole, a part with zeros after it, none.
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(own), "l"(out - t * VALUES + t * VALUES / 4 * 4));
    asm volatile("cp.async.commit_group;");
    asm volatile("cp.async.wait_group %0;" ::"n"(0));
    __syncthreads();
    out[k++] = tile[t * 4] + tile[t * 4 + 1];
    __syncthreads();
    asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;" ::"r"(own), "l"(out - t * VALUES + t * VALUES / 4 * 4), "r"(t % 9));
    asm volatile("{ .reg .pred p; setp.eq.s32 p, %2, 3; @!p cp.async.ca.shared.global [%0 + 8], [%1], 4; }" ::"r"(own), "l"(out), "r"(t % 4));
    asm volatile("cp.async.wait_all;");
    __syncthreads();
    out[k++] = tile[t * 4] + 3 * tile[t * 4 + 1];
}

int main() {
    int* device = nullptr;
    static int host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS, 4096>>>(device);
    if (cudaDeviceSynchronize() != cudaSuccess) return 1;
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%d\n", host[i]);
    cudaFree(device);
    return 0;
}
