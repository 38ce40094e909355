// Row 49, style T: gradient of a bias: column sums of dout[BT, OC]. A block per column, a column per
// thread, and 32 columns by several warps with the partial sums in shared memory.
#include <cuda_bf16.h>

#include "check.h"

// version 1: a block per column, strided reads
__global__ void bias_grad_kernel1(float* dbias, const float* dout, int BT, int OC) {
    extern __shared__ float shared[];
    int o = blockIdx.x;
    int tid = threadIdx.x;
    int block_size = blockDim.x;
    const float* x = dout + o;
    double sum = 0.0;
    for (int i = tid; i < BT; i += block_size) {
        sum += x[i * OC];
    }
    shared[tid] = (float)sum;
    __syncthreads();
    for (int stride = block_size / 2; stride >= 1; stride /= 2) {
        if (tid < stride) {
            shared[tid] += shared[tid + stride];
        }
        __syncthreads();
    }
    if (tid == 0) {
        dbias[o] += shared[0];
    }
}

// version 2: a thread per column, coalesced, serial over rows
__global__ void bias_grad_kernel2(float* dbias, const float* dout, int BT, int OC) {
    int o = blockIdx.x * blockDim.x + threadIdx.x;
    if (o < OC) {
        double sum = 0.0;
        for (int i = 0; i < BT; i++) {
            sum += dout[i * OC + o];
        }
        dbias[o] += sum;
    }
}

// version 3: a slice of rows per blockIdx.y, partial sums meet in a float scratch by atomics
// (in any order), one line of shared memory per warp
template <typename floatX, typename acc_t = float>
__global__ void bias_grad_kernel3(acc_t* dbias, const floatX* dout, int BT, int OC) {
    extern __shared__ char raw_shared[];
    acc_t* sums = reinterpret_cast<acc_t*>(raw_shared);
    const int lane = threadIdx.x, warp = threadIdx.y, num_warps = blockDim.y;
    const int o = blockIdx.x * 32 + lane;
    acc_t sum = 0;
    if (o < OC) {
        for (int row = blockIdx.y * num_warps + warp; row < BT; row += gridDim.y * num_warps) {
            sum += (acc_t)(float)dout[(size_t)row * OC + o];
        }
    }
    sums[warp * 32 + lane] = sum;
    __syncthreads();
    if (warp == 0 && o < OC) {
        for (int w = 1; w < num_warps; w++) sum += sums[w * 32 + lane];
        atomicAdd(&dbias[o], sum);
    }
}

void bias_grad1(float* dbias, const float* dout, int BT, int OC, int block_size) {
    dim3 block_dim(block_size);
    dim3 grid_dim(OC);
    size_t shared_mem_size = block_size * sizeof(float);
    bias_grad_kernel1<<<grid_dim, block_dim, shared_mem_size>>>(dbias, dout, BT, OC);
    CUDA_CHECK(cudaGetLastError());
}

void bias_grad2(float* dbias, const float* dout, int BT, int OC, int block_size) {
    const int grid_size = ceil_div(OC, block_size);
    bias_grad_kernel2<<<grid_size, block_size>>>(dbias, dout, BT, OC);
    CUDA_CHECK(cudaGetLastError());
}

void bias_grad3(float* dbias, const float* dout, int BT, int OC, int slices) {
    dim3 block(32, 4);
    bias_grad_kernel3<<<dim3(ceil_div(OC, 32), slices), block, 4 * 32 * sizeof(float)>>>(dbias, dout, BT, OC);
    CUDA_CHECK(cudaGetLastError());
}

void bias_grad_bf16(double* dbias, const __nv_bfloat16* dout, int BT, int OC) {
    dim3 grid(ceil_div(OC, 32), 2), block(32, 2);
    bias_grad_kernel3<__nv_bfloat16, double><<<grid, block, 2 * 32 * sizeof(double)>>>(dbias, dout, BT, OC);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    const int BT = 101, OC = 43, n = BT * OC;
    std::vector<float> dout = random_floats(n, 390), start = random_floats(OC, 391);
    std::vector<__nv_bfloat16> dout_b(n);
    std::vector<double> want(start.begin(), start.end()), want_b(OC, 0.0);
    for (int i = 0; i < n; i++) {
        dout_b[i] = __float2bfloat16(dout[i]);
        want[i % OC] += dout[i];
        want_b[i % OC] += __bfloat162float(dout_b[i]);
    }
    float* d_dout = to_device(dout);
    __nv_bfloat16* d_doutb = to_device(dout_b);
    bool ok = true;
    for (int version = 1; version <= 3; version++) {
        float* d_dbias = to_device(start);
        if (version == 1) bias_grad1(d_dbias, d_dout, BT, OC, 64);
        if (version == 2) bias_grad2(d_dbias, d_dout, BT, OC, 32);
        if (version == 3) bias_grad3(d_dbias, d_dout, BT, OC, 3);
        ok = all_close(to_host(d_dbias, OC), want, 2e-5, "bias gradient") && ok;
        cudaFree(d_dbias);
    }
    double* d_dbiasb = device_zeros<double>(OC);
    bias_grad_bf16(d_dbiasb, d_doutb, BT, OC);
    ok = all_close(to_host(d_dbiasb, OC), want_b, 1e-12, "bias gradient bf16") && ok;
    cudaFree(d_dout), cudaFree(d_doutb), cudaFree(d_dbiasb);
    return report(ok);
}
