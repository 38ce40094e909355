// Softmax in one pass over the input: running maximum and sum, merged between threads. A block of
// up to 1024 threads per row.
struct MaxSum {
    float m;
    float s;
};

__device__ MaxSum merge(MaxSum a, MaxSum b) {
    const float m = fmaxf(a.m, b.m);
    return {m, a.s * expf(a.m - m) + b.s * expf(b.m - m)};
}

__device__ MaxSum warp_merge(MaxSum v) {
    for (int d = 16; d > 0; d >>= 1) {
        MaxSum other{__shfl_xor_sync(0xffffffffu, v.m, d), __shfl_xor_sync(0xffffffffu, v.s, d)};
        v = merge(v, other);
    }
    return v;
}

__global__ void online_softmax_kernel(float* out, const float* inp, int cols) {
    __shared__ float warp_m[32], warp_s[32];
    const float* x = inp + (size_t)blockIdx.x * cols;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    MaxSum mine{-1e30f, 0.0f};
    for (int i = threadIdx.x; i < cols; i += blockDim.x) mine = merge(mine, {x[i], 1.0f});
    mine = warp_merge(mine);
    if (lane == 0) {
        warp_m[warp] = mine.m;
        warp_s[warp] = mine.s;
    }
    __syncthreads();
    MaxSum all{-1e30f, 0.0f};
    if (lane < warps) {
        all.m = warp_m[lane];
        all.s = warp_s[lane];
    }
    all = warp_merge(all);
    for (int i = threadIdx.x; i < cols; i += blockDim.x) {
        out[(size_t)blockIdx.x * cols + i] = expf(x[i] - all.m) / all.s;
    }
}
