// Row 35, style X: Layer normalisation of rows as a PyTorch extension: statistics by shuffles, packed
// accessors for the saved statistics, element types by dispatch, a backward pass with atomic additions.
#include <torch/extension.h>

#include <ATen/AccumulateType.h>
#include <ATen/cuda/Atomic.cuh>
#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/DeviceUtils.cuh>
#include <c10/cuda/CUDAGuard.h>

#include <vector>

#define CHECK_ROWS(x)                                      \
    TORCH_CHECK(x.is_cuda(), #x " must be a CUDA tensor"); \
    TORCH_CHECK(x.dim() == 2, #x " must have rows and columns")

template <typename acc_t>
__device__ acc_t row_sum(acc_t value, acc_t *partial)
{
    for (int offset = C10_WARP_SIZE / 2; offset > 0; offset /= 2)
        value += WARP_SHFL_XOR(value, offset);
    if (threadIdx.x % C10_WARP_SIZE == 0)
        partial[threadIdx.x / C10_WARP_SIZE] = value;
    __syncthreads();
    value = acc_t(0);
    for (int w = 0; w < blockDim.x / C10_WARP_SIZE; ++w)
        value += partial[w];
    __syncthreads();
    return value;
}

template <typename scalar_t>
__global__ void normalize_rows(scalar_t *__restrict__ out, const scalar_t *__restrict__ in,
                               const scalar_t *__restrict__ weight,
                               torch::PackedTensorAccessor32<at::acc_type<scalar_t, true>, 2> statistics,
                               float epsilon, int columns)
{
    using acc_t = at::acc_type<scalar_t, true>;
    __shared__ acc_t partial[32];
    const scalar_t *row = in + int64_t(blockIdx.x) * columns;
    acc_t sum = 0, squares = 0;
    for (int j = threadIdx.x; j < columns; j += blockDim.x)
        sum += static_cast<acc_t>(row[j]);
    const acc_t mean = row_sum(sum, partial) / columns;
    for (int j = threadIdx.x; j < columns; j += blockDim.x) {
        const acc_t d = static_cast<acc_t>(row[j]) - mean;
        squares += d * d;
    }
    const acc_t scale = acc_t(1) / sqrt(row_sum(squares, partial) / columns + acc_t(epsilon));
    for (int j = threadIdx.x; j < columns; j += blockDim.x) {
        const acc_t normal = (static_cast<acc_t>(row[j]) - mean) * scale;
        out[int64_t(blockIdx.x) * columns + j] = static_cast<scalar_t>(normal) * weight[j];
    }
    if (threadIdx.x == 0 && blockIdx.x < statistics.size(0)) {
        statistics[blockIdx.x][0] = mean;
        statistics[blockIdx.x][1] = scale;
    }
}

template <typename scalar_t>
__global__ void weight_gradient(scalar_t *gradient, const scalar_t *__restrict__ upstream,
                                const scalar_t *__restrict__ normal, int rows, int columns)
{
    CUDA_KERNEL_LOOP(i, rows * columns)
    {
        gpuAtomicAdd(&gradient[i % columns], upstream[i] * normal[i]);
    }
}

std::vector<at::Tensor> forward(at::Tensor in, at::Tensor weight, double epsilon)
{
    CHECK_ROWS(in);
    const at::cuda::OptionalCUDAGuard guard(at::device_of(in));
    const int rows = in.size(0), columns = in.size(1);
    TORCH_CHECK(weight.size(0) == columns, "a weight per column is needed");
    auto out = at::empty_like(in);
    at::Tensor statistics;
    AT_DISPATCH_FLOATING_TYPES_AND2(
        at::ScalarType::Half, at::ScalarType::BFloat16, in.scalar_type(), "forward", ([&] {
            using acc_t = at::acc_type<scalar_t, true>;
            statistics = at::empty({rows, 2}, in.options().dtype(c10::CppTypeToScalarType<acc_t>::value));
            normalize_rows<scalar_t><<<rows, 128, 0, at::cuda::getCurrentCUDAStream()>>>(
                out.data_ptr<scalar_t>(), in.contiguous().data_ptr<scalar_t>(), weight.data_ptr<scalar_t>(),
                statistics.packed_accessor32<acc_t, 2>(), float(epsilon), columns);
        }));
    C10_CUDA_KERNEL_LAUNCH_CHECK();
    return {out, statistics};
}

at::Tensor backward(const at::Tensor &upstream, const at::Tensor &normal)
{
    CHECK_ROWS(upstream);
    CHECK_ROWS(normal);
    const int rows = normal.size(0), columns = normal.size(1);
    auto gradient = at::zeros({columns}, normal.options());
    AT_DISPATCH_FLOATING_TYPES(normal.scalar_type(), "backward", [&] {
        weight_gradient<scalar_t><<<(rows * columns + 255) / 256, 256, 0, at::cuda::getCurrentCUDAStream()>>>(
            gradient.data_ptr<scalar_t>(), upstream.data_ptr<scalar_t>(), normal.data_ptr<scalar_t>(), rows,
            columns);
    });
    AT_CUDA_CHECK(cudaGetLastError());
    return gradient;
}

PYBIND11_MODULE(TORCH_EXTENSION_NAME, m)
{
    m.def("forward", &forward, "rows to mean 0 and variance 1", py::arg("in"), py::arg("weight"),
          py::arg("epsilon") = 1e-5);
    m.def("backward", &backward);
}
