// Row 94, style X: A state-space recurrence along a sequence, h' = a h + b, for all states of a channel:
// tiles are loaded and stored by the library, composed by a block scan with an operator of its own, and the
// state moves from tile to tile through a prefix callback.
#include <cub/cub.cuh>

#include "check.h"

struct Compose {
    __device__ __forceinline__ float2 operator()(const float2& first, const float2& second) const {
        return make_float2(second.x * first.x, second.x * first.y + second.y);
    }
};

struct CarriedState {
    float2 running;
    __device__ CarriedState(float2 start) : running(start) {}
    __device__ float2 operator()(float2 block_aggregate) {
        float2 before = running;
        running = Compose()(running, block_aggregate);
        return before;
    }
};

template <int THREADS, int ITEMS>
struct Traits {
    static constexpr int kTile = THREADS * ITEMS;
    using Load = cub::BlockLoad<float, THREADS, ITEMS, cub::BLOCK_LOAD_WARP_TRANSPOSE>;
    using Store = cub::BlockStore<float, THREADS, ITEMS, cub::BLOCK_STORE_WARP_TRANSPOSE>;
    using Scan = cub::BlockScan<float2, THREADS, cub::BLOCK_SCAN_WARP_SCANS>;
};

// u, delta, out: batch x channels x length; A: channels x states; B, C: batch x states x length
template <int THREADS, int ITEMS>
__global__ void __launch_bounds__(THREADS)
    selective_scan_kernel(float* out, float* last_state, const float* u, const float* delta, const float* A,
                          const float* B, const float* C, const float* D, int channels, int states, int length) {
    using T = Traits<THREADS, ITEMS>;
    __shared__ union {
        typename T::Load::TempStorage load;
        typename T::Store::TempStorage store;
        typename T::Scan::TempStorage scan;
    } storage;
    __shared__ float2 s_running[16];
    const int batch = blockIdx.x / channels, channel = blockIdx.x % channels;
    const size_t row = (size_t)blockIdx.x * length;
    const float d = D[channel];
    for (int tile = 0; tile < length; tile += T::kTile) {
        const int valid = length - tile;
        float u_vals[ITEMS], delta_vals[ITEMS], out_vals[ITEMS];
        typename T::Load(storage.load).Load(u + row + tile, u_vals, valid, 0.0f);
        __syncthreads();
        typename T::Load(storage.load).Load(delta + row + tile, delta_vals, valid, 0.0f);
        __syncthreads();
#pragma unroll
        for (int i = 0; i < ITEMS; i++) {
            delta_vals[i] = delta_vals[i] > 20.0f ? delta_vals[i] : log1pf(expf(delta_vals[i]));
            out_vals[i] = d * u_vals[i];
        }
        for (int state = 0; state < states; state++) {
            const float a = A[channel * states + state];
            const float* b_row = B + ((size_t)batch * states + state) * length + tile;
            const float* c_row = C + ((size_t)batch * states + state) * length + tile;
            float2 items[ITEMS];
#pragma unroll
            for (int i = 0; i < ITEMS; i++) {
                const int at = threadIdx.x * ITEMS + i;
                items[i] = at < valid ? make_float2(expf(delta_vals[i] * a), delta_vals[i] * b_row[at] * u_vals[i])
                                      : make_float2(1.0f, 0.0f);
            }
            // the callback of the first warp only: the others need no state
            float2 start = tile > 0 && threadIdx.x % 32 == 0 ? s_running[state] : make_float2(1.0f, 0.0f);
            CarriedState carried(start);
            typename T::Scan(storage.scan).InclusiveScan(items, items, Compose(), carried);
            if (threadIdx.x == 0) s_running[state] = carried.running;
            __syncthreads();
#pragma unroll
            for (int i = 0; i < ITEMS; i++) {
                const int at = threadIdx.x * ITEMS + i;
                if (at < valid) out_vals[i] += items[i].y * c_row[at];
            }
        }
        typename T::Store(storage.store).Store(out + row + tile, out_vals, valid);
        __syncthreads();
    }
    if (threadIdx.x < states) last_state[blockIdx.x * states + threadIdx.x] = s_running[threadIdx.x].y;
}

void selective_scan(float* out, float* last_state, const float* u, const float* delta, const float* A, const float* B,
                    const float* C, const float* D, int batch, int channels, int states, int length) {
    if (states > 16) std::exit(2);
    if (length <= 128)
        selective_scan_kernel<32, 4><<<batch * channels, 32>>>(out, last_state, u, delta, A, B, C, D, channels, states,
                                                               length);
    else
        selective_scan_kernel<64, 8><<<batch * channels, 64>>>(out, last_state, u, delta, A, B, C, D, channels, states,
                                                               length);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const int batch = 2, channels = 3, states = 4;
    for (int length : {50, 700}) {
        const int n = batch * channels * length;
        std::vector<float> u = random_floats(n, 930), delta = random_floats(n, 931, -2.0f, 1.0f);
        std::vector<float> A = random_floats(channels * states, 932, -2.0f, -0.2f), D = random_floats(channels, 933);
        std::vector<float> B = random_floats(batch * states * length, 934), C = random_floats(batch * states * length, 935);
        std::vector<double> want(n), last(batch * channels * states);
        for (int row = 0; row < batch * channels; row++) {
            const int b = row / channels, c = row % channels;
            for (int t = 0; t < length; t++) want[row * length + t] = D[c] * u[row * length + t];
            for (int s = 0; s < states; s++) {
                double h = 0;
                for (int t = 0; t < length; t++) {
                    double dt = std::log1p(std::exp((double)delta[row * length + t]));
                    h = std::exp(dt * A[c * states + s]) * h +
                        dt * B[(b * states + s) * length + t] * u[row * length + t];
                    want[row * length + t] += h * C[(b * states + s) * length + t];
                }
                last[row * states + s] = h;
            }
        }
        float *d_u = to_device(u), *d_delta = to_device(delta), *d_A = to_device(A), *d_B = to_device(B);
        float *d_C = to_device(C), *d_D = to_device(D), *d_out = device_zeros<float>(n);
        float* d_last = device_zeros<float>(batch * channels * states);
        selective_scan(d_out, d_last, d_u, d_delta, d_A, d_B, d_C, d_D, batch, channels, states, length);
        ok = all_close(to_host(d_out, n), want, 1e-4, "out") && ok;
        ok = all_close(to_host(d_last, batch * channels * states), last, 1e-4, "last state") && ok;
        cudaFree(d_u), cudaFree(d_delta), cudaFree(d_A), cudaFree(d_B), cudaFree(d_C), cudaFree(d_D);
        cudaFree(d_out), cudaFree(d_last);
    }
    return report(ok);
}
