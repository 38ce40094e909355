// Inline PTX between threads: shuffles, votes, barriers that count, matrices of 16-bit elements.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include <cstdint>
#include <cstdio>

constexpr int THREADS = 64;
constexpr int VALUES = 16;

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    const uint32_t own = 0x9e3779b9u * (t + 1);
    uint32_t r, p;
    asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 0x1f, 0xffffffff;" : "=r"(r) : "r"(own), "r"(5));
    out[k++] = (int)r;
    asm volatile("shfl.sync.idx.b32 %0, %1, %2, %3, %4;" : "=r"(r) : "r"(own), "r"(t + 3), "r"(0x181f), "r"(0xffffffff));
    out[k++] = (int)r;
    asm volatile("{ .reg .pred q; shfl.sync.up.b32 %0|q, %2, 4, 0x0, 0xffffffff; selp.u32 %1, 1, 0, q; }" : "=r"(r), "=r"(p) : "r"(own));
    out[k++] = (int)(r + p);
    asm volatile("{ .reg .pred q; shfl.sync.down.b32 %0|q, %2, 3, 0x181f, 0xffffffff; selp.u32 %1, 1, 0, q; }" : "=r"(r), "=r"(p) : "r"(own));
    out[k++] = (int)(r + p);
    asm volatile("{ .reg .pred q; setp.gt.u32 q, %1, 0x80000000; vote.sync.ballot.b32 %0, q, 0xffffffff; }" : "=r"(r) : "r"(own));
    out[k++] = (int)r;
    asm volatile("{ .reg .pred q, s; setp.gt.u32 q, %1, 5; vote.sync.all.pred s, q, 0xffffffff; selp.u32 %0, 3, 4, s; }" : "=r"(r) : "r"(own));
    out[k++] = (int)r;
    asm volatile("match.any.sync.b32 %0, %1, 0xffffffff;" : "=r"(r) : "r"(t % 5));
    out[k++] = (int)r;
    asm volatile("redux.sync.max.u32 %0, %1, 0xffffffff;" : "=r"(r) : "r"(own));
    out[k++] = (int)r;
    asm volatile("activemask.b32 %0;" : "=r"(r));
    out[k++] = (int)r;
    asm volatile("bar.warp.sync 0xffffffff;");
    int votes;
    asm volatile("{ .reg .pred q; setp.lt.s32 q, %1, 40; bar.red.popc.u32 %0, 0, q; }" : "=r"(votes) : "r"(t));
    out[k++] = votes;
    asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(r) : "r"(own));
    out[k++] = (int)r;
    __shared__ __align__(16) uint16_t rows[2][32][8];
    for (int i = 0; i < 8; i++) rows[t / 32][t % 32][i] = (uint16_t)(t * 8 + i);
    __syncthreads();
    const uint32_t at = (uint32_t)__cvta_generic_to_shared(&rows[t / 32][t % 32][0]);
    uint32_t a, b, c, d;
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];" : "=r"(a), "=r"(b), "=r"(c), "=r"(d) : "r"(at));
    out[k++] = (int)(a + 3 * b + 5 * c + 7 * d);
    asm volatile("ldmatrix.sync.aligned.x2.trans.m8n8.shared.b16 {%0, %1}, [%2];" : "=r"(a), "=r"(b) : "r"(at));
    out[k++] = (int)(a + 3 * b);
    asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(a) : "r"(at));
    out[k++] = (int)a;
    __syncthreads();
    asm volatile("stmatrix.sync.aligned.m8n8.x2.shared.b16 [%0], {%1, %2};" ::"r"(at), "r"(own), "r"(own * 7) : "memory");
    __syncthreads();
    out[k++] = rows[t / 32][t % 32][t % 8];
    __syncthreads();
    asm volatile("stmatrix.sync.aligned.m8n8.x1.trans.shared.b16 [%0], {%1};" ::"r"(at), "r"(own) : "memory");
    __syncthreads();
    out[k++] = rows[t / 32][t % 32][t / 8 % 8];
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
