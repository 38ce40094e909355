// Row 42, style X: negative log-likelihood of class labels with weights and an ignored label, forward with
// all reductions, and backward; dispatch over element types and label types; labels are asserted.
#include <cassert>
#include <cstdint>

#include <cuda_bf16.h>

#include "check.h"

#define CUDA_KERNEL_ASSERT(cond) assert(cond)

#define DISPATCH_REDUCTION(REDUCTION, VALUE, ...)                              \
    switch (VALUE) {                                                           \
        case Reduction::Mean: { constexpr auto REDUCTION = Reduction::Mean; __VA_ARGS__; break; } \
        default: { constexpr auto REDUCTION = Reduction::Sum; __VA_ARGS__; }   \
    }

namespace Reduction {
enum Kind { None = 0, Mean = 1, Sum = 2 };
}

constexpr int NLL_LOSS_THREADS = 64;

template <typename scalar_t, typename index_t>
__global__ void nll_loss_forward_no_reduce_cuda_kernel(const int64_t batch_size, const scalar_t* input, const index_t* target,
                                                       scalar_t* output, const float* weights, const int64_t n_classes,
                                                       const int64_t ignore_index) {
    for (int64_t index = blockIdx.x * (int64_t)blockDim.x + threadIdx.x; index < batch_size; index += (int64_t)blockDim.x * gridDim.x) {
        const index_t cur_target = target[index];
        if (cur_target == ignore_index) {
            output[index] = static_cast<scalar_t>(0.0f);
            continue;
        }
        CUDA_KERNEL_ASSERT(cur_target >= 0 && cur_target < n_classes);
        const float cur_weight = weights != nullptr ? weights[cur_target] : 1.0f;
        output[index] = static_cast<scalar_t>(-cur_weight * static_cast<float>(input[index * n_classes + cur_target]));
    }
}

// one block: per-thread sums in a fixed order, then by the first thread
template <Reduction::Kind reduction, typename scalar_t, typename accscalar_t, typename index_t>
__global__ void nll_loss_forward_reduce_cuda_kernel_2d(scalar_t* output, accscalar_t* total_weight, const scalar_t* input,
                                                       const index_t* target, const float* weights, const int64_t nframe,
                                                       const int64_t ndim, const int64_t ignore_index) {
    __shared__ accscalar_t sh_inputs[NLL_LOSS_THREADS], acc_weight[NLL_LOSS_THREADS];
    sh_inputs[threadIdx.x] = static_cast<accscalar_t>(0);
    acc_weight[threadIdx.x] = static_cast<accscalar_t>(0);
    for (int i = threadIdx.x; i < nframe; i += NLL_LOSS_THREADS) {
        const index_t t = target[i];
        if (t != ignore_index) {
            CUDA_KERNEL_ASSERT(t >= 0 && t < ndim);
            const accscalar_t cur_weight = weights != nullptr ? static_cast<accscalar_t>(weights[t]) : accscalar_t(1);
            sh_inputs[threadIdx.x] -= static_cast<accscalar_t>(input[i * ndim + t]) * cur_weight;
            acc_weight[threadIdx.x] += cur_weight;
        }
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        accscalar_t output_acc = 0, total = 0;
        for (int i = 0; i < NLL_LOSS_THREADS; ++i) {
            output_acc += sh_inputs[i];
            total += acc_weight[i];
        }
        *total_weight = total;
        if constexpr (reduction == Reduction::Mean) *output = static_cast<scalar_t>(output_acc / total);
        else *output = static_cast<scalar_t>(output_acc);
    }
}

template <typename scalar_t, typename index_t>
__global__ void nll_loss_backward_cuda_kernel(scalar_t* grad_input, const scalar_t* grad_output, const index_t* target,
                                              const float* weights, const float* total_weight, const bool size_average,
                                              const int nframe, const int ndim, const int64_t ignore_index) {
    const auto grad = -(size_average ? static_cast<float>(*grad_output) / *total_weight : static_cast<float>(*grad_output));
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < nframe; i += blockDim.x * gridDim.x) {
        const index_t t = target[i];
        if (t == ignore_index) continue;
        CUDA_KERNEL_ASSERT(t >= 0 && t < ndim);
        grad_input[i * ndim + t] = static_cast<scalar_t>(weights != nullptr ? weights[t] * grad : grad);
    }
}

template <typename scalar_t, typename index_t>
void nll_loss_forward(scalar_t* out, float* total_weight, const scalar_t* x, const index_t* target, const float* weights, int64_t n,
                      int64_t classes, Reduction::Kind reduction) {
    if (reduction == Reduction::None) {
        nll_loss_forward_no_reduce_cuda_kernel<<<ceil_div((int)n, 32), 32>>>(n, x, target, out, weights, classes, (int64_t)-100);
    } else {
        DISPATCH_REDUCTION(kReduction, reduction, {
            nll_loss_forward_reduce_cuda_kernel_2d<kReduction, scalar_t, float, index_t>
                <<<1, NLL_LOSS_THREADS>>>(out, total_weight, x, target, weights, n, classes, -100);
        })
    }
    CUDA_CHECK(cudaGetLastError());
}

template <typename scalar_t, typename index_t>
bool check(int n, int classes, bool weighted, double tol) {
    std::vector<scalar_t> x;
    for (float v : random_floats(n * classes, 1150, -6.0f, 0.0f)) x.push_back((scalar_t)v);
    std::vector<index_t> target;
    for (int t : random_ints(n, 1151, 0, classes - 1)) target.push_back((index_t)(t == 1 ? -100 : t));
    std::vector<float> w = random_floats(classes, 1152, 0.5f, 2.0f);
    std::vector<double> each(n), grad(n * classes);
    double sum = 0, total = 0;
    for (int i = 0; i < n; i++) {
        if (target[i] == -100) continue;
        const double weight = weighted ? w[target[i]] : 1.0;
        sum += each[i] = -weight * (float)x[i * classes + target[i]], total += weight;
    }
    for (int i = 0; i < n; i++)
        if (target[i] != -100) grad[i * classes + target[i]] = -(weighted ? w[target[i]] : 1.0) * 2.0 / total;
    scalar_t *d_x = to_device(x), *d_out = device_zeros<scalar_t>(n), *d_grad = device_zeros<scalar_t>(n * classes);
    scalar_t* d_go = to_device(std::vector<scalar_t>{(scalar_t)2.0f});
    index_t* d_t = to_device(target);
    float *d_w = to_device(w), *d_total = device_zeros<float>(1);
    auto floats = [](scalar_t* p, size_t count) {
        std::vector<float> out;
        for (scalar_t v : to_host(p, count)) out.push_back((float)v);
        return out;
    };
    nll_loss_forward(d_out, d_total, d_x, d_t, weighted ? d_w : nullptr, n, classes, Reduction::None);
    bool ok = all_close(floats(d_out, n), each, tol, "each");
    nll_loss_forward(d_out, d_total, d_x, d_t, weighted ? d_w : nullptr, n, classes, Reduction::Sum);
    ok = all_close(floats(d_out, 1), std::vector<double>{sum}, tol, "sum") && ok;
    nll_loss_forward(d_out, d_total, d_x, d_t, weighted ? d_w : nullptr, n, classes, Reduction::Mean);
    ok = all_close(floats(d_out, 1), std::vector<double>{sum / total}, tol, "mean") && ok;
    nll_loss_backward_cuda_kernel<<<2, 32>>>(d_grad, d_go, d_t, weighted ? d_w : nullptr, d_total, true, n, classes, (int64_t)-100);
    ok = all_close(floats(d_grad, n * classes), grad, tol, "gradient") && ok;
    cudaFree(d_x), cudaFree(d_out), cudaFree(d_grad), cudaFree(d_go), cudaFree(d_t), cudaFree(d_w), cudaFree(d_total);
    return ok;
}

int main() {
    bool ok = check<float, int64_t>(70, 5, true, 1e-5);
    ok = check<__nv_bfloat16, int>(33, 7, false, 1e-2) && ok;
    return report(ok);
}
