// Row 47, style X: norms over a list of tensors: the addresses travel in a record passed by value, a chunk
// of a tensor per block, and a second kernel finishes. Also scales all tensors by the norm found.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <cuda_runtime.h>

constexpr int MAX_TENSORS = 8;
constexpr int BLOCK_SIZE = 128;
constexpr int CHUNK = 256;

struct TensorList {
    float* address[MAX_TENSORS];
    int size[MAX_TENSORS];
    int first_block[MAX_TENSORS + 1];  // blocks of tensor i: first_block[i] .. first_block[i + 1]
    int count;
};

struct SquareSum {
    __device__ float operator()(float acc, float x) const { return acc + x * x; }
    __device__ static float merge(float a, float b) { return a + b; }
    __device__ static float finish(float x) { return sqrtf(x); }
};

struct AbsMax {
    __device__ float operator()(float acc, float x) const { return fmaxf(acc, fabsf(x)); }
    __device__ static float merge(float a, float b) { return fmaxf(a, b); }
    __device__ static float finish(float x) { return x; }
};

__device__ int tensor_of_block(const TensorList& list, int block) {
    int tensor = 0;
    while (tensor + 1 < list.count && block >= list.first_block[tensor + 1]) tensor++;
    return tensor;
}

template <typename Op>
__device__ float reduce_block(float value) {
    __shared__ float shared[BLOCK_SIZE];
    shared[threadIdx.x] = value;
    __syncthreads();
    for (int stride = BLOCK_SIZE / 2; stride > 0; stride >>= 1) {
        if (threadIdx.x < stride) shared[threadIdx.x] = Op::merge(shared[threadIdx.x], shared[threadIdx.x + stride]);
        __syncthreads();
    }
    return shared[0];
}

template <typename Op>
__global__ void multi_tensor_partial_kernel(float* partial, TensorList list, Op op) {
    const int tensor = tensor_of_block(list, blockIdx.x);
    const int begin = (blockIdx.x - list.first_block[tensor]) * CHUNK;
    const int end = min(begin + CHUNK, list.size[tensor]);
    const float* data = list.address[tensor];
    float acc = 0.0f;
    for (int i = begin + threadIdx.x; i < end; i += BLOCK_SIZE) acc = op(acc, data[i]);
    acc = reduce_block<Op>(acc);
    if (threadIdx.x == 0) partial[blockIdx.x] = acc;
}

template <typename Op>
__global__ void aggregate_kernel(float* out, const float* partial, int count) {
    float acc = 0.0f;
    for (int i = threadIdx.x; i < count; i += BLOCK_SIZE) acc = Op::merge(acc, partial[i]);
    acc = reduce_block<Op>(acc);
    if (threadIdx.x == 0) *out = Op::finish(acc);
}

// clips the global norm in place; the addresses come from device memory this time
__global__ void clip_kernel(float* const* addresses, const int* sizes, const float* norm, float max_norm) {
    float* data = addresses[blockIdx.y];
    const float factor = max_norm / (*norm + 1e-6f);
    if (factor >= 1.0f) return;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < sizes[blockIdx.y]; i += gridDim.x * blockDim.x) {
        data[i] *= factor;
    }
}

// `addresses` and `sizes` are host arrays; returns the number of blocks
static int fill_list(TensorList& list, float* const* addresses, const int* sizes, int count) {
    int blocks = 0;
    list.count = count;
    for (int i = 0; i < count; i++) {
        list.address[i] = addresses[i];
        list.size[i] = sizes[i];
        list.first_block[i] = blocks;
        blocks += sizes[i] > 0 ? (sizes[i] + CHUNK - 1) / CHUNK : 1;
    }
    list.first_block[count] = blocks;
    return blocks;
}

void multi_tensor_l2norm(float* out, float* partial, float* const* addresses, const int* sizes, int count) {
    TensorList list;
    const int blocks = fill_list(list, addresses, sizes, count);
    multi_tensor_partial_kernel<<<blocks, BLOCK_SIZE>>>(partial, list, SquareSum());
    aggregate_kernel<SquareSum><<<1, BLOCK_SIZE>>>(out, partial, blocks);
}

void multi_tensor_maxnorm(float* out, float* partial, float* const* addresses, const int* sizes, int count) {
    TensorList list;
    const int blocks = fill_list(list, addresses, sizes, count);
    multi_tensor_partial_kernel<AbsMax><<<blocks, BLOCK_SIZE>>>(partial, list, AbsMax{});
    aggregate_kernel<AbsMax><<<1, BLOCK_SIZE>>>(out, partial, blocks);
}

void multi_tensor_clip(float* const* device_addresses, const int* device_sizes, int count, const float* norm,
                       float max_norm) {
    clip_kernel<<<dim3(2, count), 64>>>(device_addresses, device_sizes, norm, max_norm);
}

int main() {
    const int sizes[] = {1, 300, 0, 1025, 77};
    const int count = sizeof(sizes) / sizeof(sizes[0]);
    float* addresses[count];
    std::vector<std::vector<float>> host(count);
    double square = 0.0, peak = 0.0;
    for (int k = 0; k < count; k++) {
        for (int i = 0; i < sizes[k]; i++) host[k].push_back((float)((i * 37 + k * 11) % 101) / 50.0f - 1.0f);
        for (float v : host[k]) square += (double)v * v, peak = std::fmax(peak, std::fabs(v));
        cudaMalloc(&addresses[k], (sizes[k] + 1) * sizeof(float));
        cudaMemcpy(addresses[k], host[k].data(), sizes[k] * sizeof(float), cudaMemcpyHostToDevice);
    }
    float *d_out, *d_partial, **d_addresses, l2 = 0, peak_found = 0;
    int* d_sizes;
    cudaMalloc(&d_out, sizeof(float));
    cudaMalloc(&d_partial, 64 * sizeof(float));
    cudaMalloc(&d_addresses, sizeof(addresses));
    cudaMalloc(&d_sizes, sizeof(sizes));
    cudaMemcpy(d_addresses, addresses, sizeof(addresses), cudaMemcpyHostToDevice);
    cudaMemcpy(d_sizes, sizes, sizeof(sizes), cudaMemcpyHostToDevice);

    multi_tensor_maxnorm(d_out, d_partial, addresses, sizes, count);
    cudaMemcpy(&peak_found, d_out, sizeof(float), cudaMemcpyDeviceToHost);
    multi_tensor_l2norm(d_out, d_partial, addresses, sizes, count);
    cudaMemcpy(&l2, d_out, sizeof(float), cudaMemcpyDeviceToHost);
    bool ok = std::fabs(l2 - std::sqrt(square)) < 1e-4 && peak_found == (float)peak;

    multi_tensor_clip(d_addresses, d_sizes, count, d_out, 1.0f);
    for (int k = 0; k < count; k++) {
        std::vector<float> got(sizes[k]);
        cudaMemcpy(got.data(), addresses[k], sizes[k] * sizeof(float), cudaMemcpyDeviceToHost);
        for (int i = 0; i < sizes[k]; i++) ok = ok && std::fabs(got[i] - host[k][i] / std::sqrt(square)) < 1e-5;
        cudaFree(addresses[k]);
    }
    ok = ok && cudaDeviceSynchronize() == cudaSuccess;
    cudaFree(d_out), cudaFree(d_partial), cudaFree(d_addresses), cudaFree(d_sizes);
    printf("%s\n", ok ? "PASS" : "FAIL");
    return ok ? 0 : 1;
}
