// Row 50, style T: sum in one launch: every block publishes its partial sum, and the block that draws the
// last ticket adds them in a fixed order. A fence makes the sums visible before the ticket.
#include "check.h"

__device__ unsigned int tickets = 0;

template <int BLOCK>
__device__ float block_sum(float value, float (&shared)[BLOCK]) {
    shared[threadIdx.x] = value;
    __syncthreads();
    for (int s = BLOCK / 2; s > 0; s >>= 1) {
        if (threadIdx.x < s) shared[threadIdx.x] += shared[threadIdx.x + s];
        __syncthreads();
    }
    return shared[0];
}

template <int BLOCK>
__global__ void last_block_sum_kernel(float* result, volatile float* partial, const float* inp, int n) {
    __shared__ float shared[BLOCK];
    __shared__ bool is_last;
    float sum = 0.0f;
    for (int i = blockIdx.x * BLOCK + threadIdx.x; i < n; i += gridDim.x * BLOCK) sum += inp[i];
    sum = block_sum<BLOCK>(sum, shared);

    if (threadIdx.x == 0) {
        partial[blockIdx.x] = sum;
        __threadfence();
        unsigned int ticket = atomicInc(&tickets, gridDim.x - 1);  // wraps back to zero by itself
        is_last = ticket == gridDim.x - 1;
    }
    __syncthreads();

    if (is_last) {
        __threadfence();
        float total = 0.0f;
        for (int i = threadIdx.x; i < gridDim.x; i += BLOCK) total += partial[i];
        total = block_sum<BLOCK>(total, shared);
        if (threadIdx.x == 0) *result = total;
    }
}

void last_block_sum(float* result, float* partial, const float* inp, int n, int blocks) {
    last_block_sum_kernel<128><<<blocks, 128>>>(result, partial, inp, n);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int n : {1, 200, 4099}) {
        std::vector<float> x = random_floats(n, 400);
        std::vector<double> want = {0.0};
        for (float v : x) want[0] += v;
        float *d_x = to_device(x), *d_partial = device_zeros<float>(8), *d_result = device_zeros<float>(1);
        for (int blocks : {1, 5, 8}) {
            last_block_sum(d_result, d_partial, d_x, n, blocks);
            ok = all_close(to_host(d_result, 1), want, 1e-5, "sum") && ok;
        }
        cudaFree(d_x), cudaFree(d_partial), cudaFree(d_result);
    }
    return report(ok);
}
