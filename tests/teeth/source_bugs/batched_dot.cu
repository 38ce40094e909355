// A dot product per block, for vectors of one length that lie one after the other.
__device__ inline float block_sum(float value, float* scratch) {
    const unsigned tid = threadIdx.x;
    scratch[tid] = value;
    __syncthreads();
    for (unsigned active = blockDim.x; active > 1;) {
        const unsigned half = (active + 1) / 2;
        if (tid + half < active) scratch[tid] += scratch[tid + half];
        __syncthreads();
        active = half;
    }
    return scratch[0];
}

extern "C" __global__ void batched_dot(const float* __restrict__ x, const float* __restrict__ y,
                                       float* __restrict__ result, int dim) {
    __shared__ float scratch[1024];
    const float* xb = x + blockIdx.x * dim;
    const float* yb = y + blockIdx.x * dim;
    float sum = 0.0f;
    for (int k = threadIdx.x; k < dim; k += blockDim.x) {
        sum = fmaf(xb[k], yb[k], sum);
    }
    const float total = block_sum(sum, scratch);
    if (threadIdx.x == 0) result[blockIdx.x] = total;
}
