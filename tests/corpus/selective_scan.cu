// Row 94, style X: selective state-space scan, forward. A block owns a channel; each thread a run of
// time steps whose (decay, input) pairs are combined by a block-wide scan; a traits record says the sizes.
#include <cuda_fp16.h>

#include "check.h"

struct SSMParams {
    int batch, dim, seqlen, dstate;
    bool delta_softplus;
    const void *u, *delta;         // [batch, dim, seqlen]
    const float *A, *D, *delta_bias;  // [dim, dstate], [dim], [dim]
    const float *B, *C;            // [batch, dstate, seqlen]
    void* out;                     // [batch, dim, seqlen]
    float* last_state;             // [batch, dim, dstate]
};

template <int kNThreads_, int kNItems_, typename input_t_>
struct Selective_Scan_fwd_kernel_traits {
    using input_t = input_t_;
    static constexpr int kNThreads = kNThreads_;
    static constexpr int kNItems = kNItems_;
    static constexpr int kChunk = kNThreads * kNItems;
    static_assert(kNThreads % 32 == 0 && kNThreads <= 1024);
};

struct SSMScanOp {
    __device__ __forceinline__ float2 operator()(const float2& earlier, const float2& later) const {
        return make_float2(later.x * earlier.x, later.x * earlier.y + later.y);
    }
};

__device__ __forceinline__ float softplus(float x) { return x <= 20.f ? log1pf(expf(x)) : x; }

// Exclusive scan over the threads' totals, seeded with what came before; returns the thread's prefix.
template <int kNThreads>
__device__ float2 exclusive_scan(float2 total, float2 before, float2* warp_totals) {
    SSMScanOp op;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    float2 inclusive = total;
#pragma unroll
    for (int d = 1; d < 32; d *= 2) {
        const float2 other = make_float2(__shfl_up_sync(0xffffffff, inclusive.x, d), __shfl_up_sync(0xffffffff, inclusive.y, d));
        if (lane >= d) inclusive = op(other, inclusive);
    }
    if (lane == 31) warp_totals[warp] = inclusive;
    float2 prefix = make_float2(__shfl_up_sync(0xffffffff, inclusive.x, 1), __shfl_up_sync(0xffffffff, inclusive.y, 1));
    __syncthreads();
    for (int w = 0; w < warp; ++w) before = op(before, warp_totals[w]);
    return lane == 0 ? before : op(before, prefix);
}

template <typename Ktraits>
__global__ __launch_bounds__(Ktraits::kNThreads) void selective_scan_fwd_kernel(SSMParams params) {
    using input_t = typename Ktraits::input_t;
    constexpr int kNItems = Ktraits::kNItems;
    extern __shared__ char smem_[];
    float2* running = reinterpret_cast<float2*>(smem_);  // per state: the prefix of all chunks so far
    float2* warp_totals = running + params.dstate;

    const int b = blockIdx.x, d = blockIdx.y;
    const size_t row = ((size_t)b * params.dim + d) * params.seqlen;
    const input_t* u = static_cast<const input_t*>(params.u) + row;
    const input_t* delta = static_cast<const input_t*>(params.delta) + row;
    input_t* out = static_cast<input_t*>(params.out) + row;
    const float bias = params.delta_bias ? params.delta_bias[d] : 0.f;
    for (int s = threadIdx.x; s < params.dstate; s += blockDim.x) running[s] = make_float2(1.f, 0.f);
    __syncthreads();

    for (int chunk = 0; chunk < params.seqlen; chunk += Ktraits::kChunk) {
        float u_vals[kNItems], dt[kNItems], y[kNItems];
        const int first = chunk + threadIdx.x * kNItems;
#pragma unroll
        for (int i = 0; i < kNItems; ++i) {
            const bool valid = first + i < params.seqlen;
            u_vals[i] = valid ? float(u[first + i]) : 0.f;
            float v = valid ? float(delta[first + i]) + bias : 0.f;
            if (params.delta_softplus) v = softplus(v);
            dt[i] = valid ? v : 0.f;  // no step: decay 1, input 0
            y[i] = params.D ? params.D[d] * u_vals[i] : 0.f;
        }
        for (int s = 0; s < params.dstate; ++s) {
            const float A = params.A[d * params.dstate + s];
            const float* B = params.B + ((size_t)b * params.dstate + s) * params.seqlen;
            const float* C = params.C + ((size_t)b * params.dstate + s) * params.seqlen;
            float2 steps[kNItems];
            SSMScanOp op;
            float2 total = make_float2(1.f, 0.f);
#pragma unroll
            for (int i = 0; i < kNItems; ++i) {
                const float B_val = first + i < params.seqlen ? B[first + i] : 0.f;
                steps[i] = make_float2(expf(dt[i] * A), B_val * dt[i] * u_vals[i]);
                total = op(total, steps[i]);
            }
            const float2 before = running[s];
            float2 state = exclusive_scan<Ktraits::kNThreads>(total, before, warp_totals);
#pragma unroll
            for (int i = 0; i < kNItems; ++i) {
                state = op(state, steps[i]);
                if (first + i < params.seqlen) y[i] += state.y * C[first + i];
            }
            __syncthreads();  // everyone has read the prefix and the totals of warps
            if (threadIdx.x == Ktraits::kNThreads - 1) {
                running[s] = state;
                if (chunk + Ktraits::kChunk >= params.seqlen && params.last_state)
                    params.last_state[((size_t)b * params.dim + d) * params.dstate + s] = state.y;
            }
        }
#pragma unroll
        for (int i = 0; i < kNItems; ++i)
            if (first + i < params.seqlen) out[first + i] = input_t(y[i]);
        __syncthreads();
    }
}

template <int kNThreads, int kNItems, typename input_t>
void selective_scan_fwd_launch(SSMParams& params, cudaStream_t stream) {
    using Ktraits = Selective_Scan_fwd_kernel_traits<kNThreads, kNItems, input_t>;
    const int kSmemSize = (params.dstate + kNThreads / 32) * sizeof(float2);
    auto kernel = &selective_scan_fwd_kernel<Ktraits>;
    if (kSmemSize >= 48 * 1024) CUDA_CHECK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kSmemSize));
    kernel<<<dim3(params.batch, params.dim), kNThreads, kSmemSize, stream>>>(params);
    CUDA_CHECK(cudaGetLastError());
}

void selective_scan(float* out, float* last_state, const float* u, const float* delta, const float* A, const float* B,
                    const float* C, const float* D, const float* delta_bias, int batch, int dim, int seqlen, int dstate) {
    SSMParams params = {batch, dim, seqlen, dstate, true, u, delta, A, D, delta_bias, B, C, out, last_state};
    selective_scan_fwd_launch<64, 2, float>(params, 0);
}

void selective_scan_half(half* out, const half* u, const half* delta, const float* A, const float* B, const float* C, int batch,
                         int dim, int seqlen, int dstate) {
    SSMParams params = {batch, dim, seqlen, dstate, false, u, delta, A, nullptr, nullptr, B, C, out, nullptr};
    selective_scan_fwd_launch<32, 4, half>(params, 0);
}

int main() {
    bool ok = true;
    for (int seqlen : {1, 64, 300}) {
        const int batch = 2, dim = 3, dstate = 4, n = batch * dim * seqlen;
        std::vector<float> u = random_floats(n, 960), dt = random_floats(n, 961, 0.0f, 1.0f), A = random_floats(dim * dstate, 962, -2.0f, -0.1f);
        std::vector<float> B = random_floats(batch * dstate * seqlen, 963), C = random_floats(batch * dstate * seqlen, 964);
        std::vector<float> D = random_floats(dim, 965), bias = random_floats(dim, 966);
        std::vector<half> uh, dth;
        for (int i = 0; i < n; i++) {
            uh.push_back((half)u[i]), dth.push_back((half)dt[i]);
            u[i] = (float)uh[i], dt[i] = (float)dth[i];
        }
        std::vector<double> want(n), plain(n), last(batch * dim * dstate);
        for (int mode = 0; mode < 2; mode++)
            for (int r = 0; r < batch * dim; r++)
                for (int s = 0; s < dstate; s++) {
                    double state = 0;
                    for (int t = 0; t < seqlen; t++) {
                        const int i = r * seqlen + t, bc = (r / dim * dstate + s) * seqlen + t;
                        const double step = mode == 0 ? std::log1p(std::exp(dt[i] + bias[r % dim])) : dt[i];
                        state = std::exp(step * A[r % dim * dstate + s]) * state + step * B[bc] * u[i];
                        (mode == 0 ? want : plain)[i] += state * C[bc] + (mode == 0 && s == 0 ? D[r % dim] * u[i] : 0.0f);
                    }
                    if (mode == 0) last[r * dstate + s] = state;
                }
        float *d_u = to_device(u), *d_dt = to_device(dt), *d_A = to_device(A), *d_B = to_device(B), *d_C = to_device(C);
        float *d_D = to_device(D), *d_bias = to_device(bias), *d_y = device_zeros<float>(n), *d_last = device_zeros<float>(last.size());
        half *d_uh = to_device(uh), *d_dth = to_device(dth), *d_yh = device_zeros<half>(n);
        selective_scan(d_y, d_last, d_u, d_dt, d_A, d_B, d_C, d_D, d_bias, batch, dim, seqlen, dstate);
        ok = all_close(to_host(d_y, n), want, 2e-5, "scan") && all_close(to_host(d_last, last.size()), last, 2e-5, "state") && ok;
        selective_scan_half(d_yh, d_uh, d_dth, d_A, d_B, d_C, batch, dim, seqlen, dstate);
        std::vector<float> got;
        for (half v : to_host(d_yh, n)) got.push_back((float)v);
        ok = all_close(got, plain, 1e-2, "half") && ok;
        cudaFree(d_u), cudaFree(d_dt), cudaFree(d_A), cudaFree(d_B), cudaFree(d_C), cudaFree(d_D), cudaFree(d_bias);
        cudaFree(d_y), cudaFree(d_last), cudaFree(d_uh), cudaFree(d_dth), cudaFree(d_yh);
    }
    return report(ok);
}
