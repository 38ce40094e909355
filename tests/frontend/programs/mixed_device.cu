// Traits, shared memory, warps, 16-bit floats and vector types in one kernel.
#include <cassert>
#include <cstdio>
#include <cuda_fp16.h>
#include <cuda_bf16.h>
#include <type_traits>
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
namespace cg = cooperative_groups;
constexpr int THREADS = 32;
constexpr int VALUES = 40;
template <typename T> struct Traits;
template <> struct Traits<float> { using Acc = float; using V = float4; static constexpr int n = 4; };
template <> struct Traits<half> { using Acc = float; using V = half2; static constexpr int n = 2; };
template <typename T> using AccT = typename Traits<T>::Acc;
template <typename T, typename U> __device__ inline T cast_to(U x) {
    if constexpr (std::is_same<T, U>::value) return x;
    else if constexpr (std::is_same_v<U, half>) return static_cast<T>(__half2float(x));
    else return T(x);
}
template <typename T> __device__ AccT<T> total(const T* p, int n) {
    AccT<T> acc = 0;
    for (int i = 0; i < n; ++i) acc += cast_to<AccT<T>>(p[i]);
    return acc;
}
template <typename T> __device__ typename std::enable_if<std::is_integral<T>::value, int>::type kind(T) { return 1; }
template <typename T> __device__ typename std::enable_if<!std::is_integral<T>::value, int>::type kind(T) { return 2; }
template <typename T> struct MaxOp { __device__ T operator()(T a, T b) const { return a < b ? b : a; } };
template <typename T, template <typename> class OpT> __device__ T warp_reduce(T v) {
    OpT<T> op;
#pragma unroll
    for (int o = 16; o > 0; o >>= 1) v = op(v, __shfl_xor_sync(0xffffffff, v, o));
    return v;
}
struct __align__(8) Pair { float a; int b; };
__device__ Pair merge(Pair x, Pair y) { return x.a > y.a ? x : y; }
template <typename T> __device__ __forceinline__ void swap2(T& a, T& b) { T c = a; a = b; b = c; }
__device__ int counter;
__global__ void test(int* out) {
    extern __shared__ __align__(16) unsigned char smem[];
    __shared__ float tile[8][9];
    __shared__ half hs[32];
    __shared__ Pair pairs[4];
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    float* fs = reinterpret_cast<float*>(smem);
    int* is = (int*)(fs + 32);
    fs[t] = t * 0.5f; is[t] = t * t;
    tile[t / 4][t % 4] = t; tile[t / 4][t % 4 + 4] = -t;
    hs[t] = __float2half(t * 0.25f);
    if (t < 4) pairs[t] = {t * 1.0f, 3 - t};
    __syncthreads();
    out[k++] = (int)total(fs, 32);
    out[k++] = (int)total<half>(hs, 32);
    out[k++] = is[31 - t];
    out[k++] = (int)(tile[t % 8][t / 4] * 2);
    out[k++] = kind(t) + kind(1.0f) * 10 + kind(hs[0]) * 100;
    out[k++] = (int)warp_reduce<float, MaxOp>((t * 7) % 32);
    out[k++] = warp_reduce<int, MaxOp>(-t);
    Pair best = merge(pairs[t % 4], pairs[(t + 1) % 4]);
    out[k++] = (int)best.a * 10 + best.b;
    half h = hs[t]; h += 1.5f; h = h * h - half(2); h++;
    out[k++] = (int)(__half2float(h) * 100);
    out[k++] = (int)((float)h * 2.0f) + (h > half(3.0f)) + (h == h) * 1000;
    __nv_bfloat16 bb = __float2bfloat16(1.0f + t / 64.0f); bb += bb; bb = -bb;
    out[k++] = (int)(__bfloat162float(bb) * 1000);
    half2 h2 = __floats2half2_rn(t, -t); h2 = __hadd2(h2, h2); h2 = h2 * h2;
    out[k++] = (int)__low2float(h2) + (int)(float)h2.y;
    float4 f4 = reinterpret_cast<const float4*>(fs)[t % 8];
    swap2(f4.x, f4.w);
    reinterpret_cast<float4*>(smem)[0] ;
    out[k++] = (int)(f4.x * 100 + f4.w * 10 + f4.y);
    int2 i2 = make_int2(t, -t); i2.x ^= 5; out[k++] = i2.x * 100 + i2.y;
    uint3 idx = threadIdx; dim3 bd = blockDim; out[k++] = idx.x + bd.x * 100 + bd.y * 10000;
    cg::thread_block block = cg::this_thread_block();
    auto warp = cg::tiled_partition<16>(block);
    out[k++] = warp.thread_rank() + warp.meta_group_rank() * 100 + warp.size() * 1000;
    out[k++] = cg::reduce(warp, t, cg::plus<int>());
    out[k++] = cg::reduce(warp, (float)t, cg::greater<float>{}) > 3;
    out[k++] = warp.shfl_down(t, 2) + warp.shfl(t, 3) * 100;
    out[k++] = __popc(__ballot_sync(0xffffffffu, t & 1)) + __any_sync(~0u, t == 5) * 100;
    volatile int* vs = is; vs[t] += 1; out[k++] = vs[t];
    unsigned u = t; u -= 5; out[k++] = (int)(u >> 28) + (t - 5 < 0 ? 100 : 0) + (u > 5u ? 1000 : 0);
    out[k++] = min(t, 7) + max(3u, blockDim.x) * 100;
    out[k++] = (int)fmaxf(t, 2.5f) + (int)(sqrtf(t * t) + 0.5f) * 100 + abs(-t) * 10000;
    char c = 200; signed char sc = 200; unsigned char uc = 200; out[k++] = c + sc * 2 + uc * 3;
    short sh = 32767; sh++; out[k++] = sh; 
    out[k++] = __float_as_int(1.0f + t) >> 20; out[k++] = (int)__ldg(fs + 3) ;
    const char* str = "hello"; out[k++] = str[t % 5];
    out[k++] = -7 / 2 + -7 % 2 * 10 + (-7 >> 1) * 100 + (int)(-7u >> 28) * 1000;
    static const int fib[] = {1, 1, 2, 3, 5, 8}; out[k++] = fib[t % 6] + (int)(sizeof(fib) / sizeof(*fib)) * 100;
    constexpr float cf[2] = {0.5f, 1.5f}; out[k++] = (int)(cf[t & 1] * 10);
    if (t == 0) atomicAdd(&counter, 3);
    double dd = t / 3.0; long long ll = (long long)(dd * 1e6); out[k++] = (int)ll; out[k++] = (int)lroundf(t * 0.5f) + (int)rintf(t * 0.5f) * 100;
    out[k++] = (t > 3 && is[t - 1] > 2) + (t < 2 || fs[0] == 0) * 10 + !t * 100;
    switch (t) { case 0: case 1: { int z = t * 3; out[k++] = z; break; } case 2: out[k++] = 22; if (t) break; default: out[k++] = 33; }
    assert(t >= 0);
}
int main() {
    int* device = nullptr;
    int host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS, 4096>>>(device);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    cudaFree(device);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%d%c", host[i], (i + 1) % VALUES == 0 ? '\n' : ' ');
    return status == cudaSuccess ? 0 : 1;
}
