// Row 3, style X: a family of pointwise activations; the operator is a functor given as template argument.
#include <cuda_fp16.h>

#include "check.h"

namespace act {

template <typename T>
struct LeakyRelu {
    T slope;
    __device__ T operator()(T x) const { return x >= T(0) ? x : x * slope; }
};

template <typename T>
struct Clamp {
    T lo, hi;
    __device__ T operator()(T x) const { return x < lo ? lo : (x > hi ? hi : x); }
};

struct HardSwish {
    __device__ float operator()(float x) const { return x * fminf(fmaxf(x + 3.0f, 0.0f), 6.0f) / 6.0f; }
};

// x <= 0 uses expm1f so that small negative inputs keep their digits
struct Elu {
    float alpha = 1.0f;
    __device__ float operator()(float x) const { return x > 0.0f ? x : alpha * expm1f(x); }
};

}  // namespace act

template <typename scalar_t, typename Op>
__global__ void map_kernel(scalar_t* __restrict__ out, const scalar_t* __restrict__ inp, int n, Op op) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) {
        out[i] = op(inp[i]);
    }
}

// half in memory, float in registers
template <typename Op>
__global__ void map_half_kernel(__half* out, const __half* inp, int n, Op op) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = __float2half(op(__half2float(inp[i])));
}

void leaky_relu(float* out, const float* inp, int n, float slope, int block_size) {
    act::LeakyRelu<float> op{slope};
    map_kernel<<<ceil_div(n, block_size), block_size>>>(out, inp, n, op);
}

void clamp(double* out, const double* inp, int n, double lo, double hi) {
    map_kernel<<<3, 64>>>(out, inp, n, act::Clamp<double>{lo, hi});
}

void hard_swish(float* out, const float* inp, int n, int block_size) {
    map_kernel<float, act::HardSwish><<<ceil_div(n, block_size), block_size>>>(out, inp, n, act::HardSwish());
}

void elu(float* out, const float* inp, int n, float alpha) {
    act::Elu op;
    op.alpha = alpha;
    map_kernel<<<ceil_div(n, 256), 256>>>(out, inp, n, op);
}

void leaky_relu_half(__half* out, const __half* inp, int n, float slope) {
    map_half_kernel<<<ceil_div(n, 128), 128>>>(out, inp, n, act::LeakyRelu<float>{slope});
}

int main() {
    const int n = 1009;
    std::vector<float> x = random_floats(n, 7, -6.0f, 6.0f);
    x[0] = 0.0f, x[1] = -0.0f, x[2] = -3.0f, x[3] = 3.0f;
    std::vector<float> leaky(n), swish(n), elu_want(n);
    std::vector<double> xd(x.begin(), x.end()), clamped(n);
    std::vector<__half> xh(n);
    for (int i = 0; i < n; i++) {
        leaky[i] = x[i] >= 0 ? x[i] : 0.1f * x[i];
        swish[i] = (float)(x[i] * std::fmin(std::fmax(x[i] + 3.0, 0.0), 6.0) / 6.0);
        elu_want[i] = x[i] > 0 ? x[i] : (float)(0.5 * std::expm1((double)x[i]));
        clamped[i] = std::fmin(std::fmax(xd[i], -1.5), 2.0);
        xh[i] = __float2half(x[i]);
    }

    float *d_x = to_device(x), *d_out = device_zeros<float>(n);
    leaky_relu(d_out, d_x, n, 0.1f, 128);
    bool ok = all_close(to_host(d_out, n), leaky, 1e-6, "leaky relu");
    hard_swish(d_out, d_x, n, 256);
    ok = all_close(to_host(d_out, n), swish, 1e-5, "hard swish") && ok;
    elu(d_out, d_x, n, 0.5f);
    ok = all_close(to_host(d_out, n), elu_want, 1e-5, "elu") && ok;

    double *d_xd = to_device(xd), *d_outd = device_zeros<double>(n);
    clamp(d_outd, d_xd, n, -1.5, 2.0);
    ok = all_close(to_host(d_outd, n), clamped, 0.0, "clamp") && ok;

    __half *d_xh = to_device(xh), *d_outh = device_zeros<__half>(n);
    leaky_relu_half(d_outh, d_xh, n, 0.1f);
    std::vector<__half> got_h = to_host(d_outh, n);
    std::vector<float> got(n);
    for (int i = 0; i < n; i++) got[i] = __half2float(got_h[i]);
    ok = all_close(got, leaky, 2e-3, "leaky relu half") && ok;

    cudaFree(d_x), cudaFree(d_out), cudaFree(d_xd), cudaFree(d_outd), cudaFree(d_xh), cudaFree(d_outh);
    return report(ok);
}
