// Row 41, style X: mean and variance by Welford's update: per thread, merged by shuffles and through shared
// memory.
#include "check.h"

template <typename T>
struct WelfordData {
    T mean, m2;
    int count;

    __device__ WelfordData() : mean(0), m2(0), count(0) {}
    __device__ WelfordData(T mean_, T m2_, int count_) : mean(mean_), m2(m2_), count(count_) {}

    __device__ void update(T x) {
        ++count;
        T delta = x - mean;
        mean += delta / count;
        m2 += delta * (x - mean);
    }

    __device__ void combine(const WelfordData& other) {
        if (other.count == 0) return;
        if (count == 0) {
            *this = other;
            return;
        }
        T delta = other.mean - mean;
        int total = count + other.count;
        T weight = (T)other.count / total;
        mean += delta * weight;
        m2 += other.m2 + delta * delta * count * weight;
        count = total;
    }

    __device__ WelfordData shuffled_down(int offset) const {
        return WelfordData(__shfl_down_sync(0xffffffffu, mean, offset), __shfl_down_sync(0xffffffffu, m2, offset),
                           __shfl_down_sync(0xffffffffu, count, offset));
    }
};

template <typename acc_t>
__device__ WelfordData<acc_t> block_combine(WelfordData<acc_t> local, acc_t* means, acc_t* m2s, int* counts) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    for (int offset = 16; offset > 0; offset >>= 1) local.combine(local.shuffled_down(offset));
    if (lane == 0) {
        means[warp] = local.mean;
        m2s[warp] = local.m2;
        counts[warp] = local.count;
    }
    __syncthreads();
    if (warp == 0) {
        local = lane < (int)blockDim.x / 32 ? WelfordData<acc_t>(means[lane], m2s[lane], counts[lane])
                                            : WelfordData<acc_t>();
        for (int offset = 16; offset > 0; offset >>= 1) local.combine(local.shuffled_down(offset));
    }
    return local;  // complete in thread 0
}

template <typename scalar_t, typename acc_t>
__global__ void welford_rows_kernel(acc_t* mean, acc_t* variance, const scalar_t* inp, int cols, bool unbiased) {
    __shared__ acc_t means[32], m2s[32];
    __shared__ int counts[32];
    WelfordData<acc_t> data;
    for (int c = threadIdx.x; c < cols; c += blockDim.x) {
        data.update((acc_t)inp[(size_t)blockIdx.x * cols + c]);
    }
    data = block_combine(data, means, m2s, counts);
    if (threadIdx.x == 0) {
        const int divisor = unbiased ? data.count - 1 : data.count;
        mean[blockIdx.x] = data.mean;
        variance[blockIdx.x] = divisor > 0 ? data.m2 / divisor : (acc_t)0;
    }
}

// running statistics of batch normalisation
__global__ void update_running_kernel(float* running_mean, float* running_var, const float* mean, const float* variance,
                                      int n, float momentum) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    running_mean[i] += momentum * (mean[i] - running_mean[i]);
    running_var[i] = (1.0f - momentum) * running_var[i] + momentum * variance[i];
}

// block_size must be a multiple of 32
void welford_rows(float* mean, float* variance, const float* inp, int rows, int cols, int block_size) {
    welford_rows_kernel<float, float><<<rows, block_size>>>(mean, variance, inp, cols, false);
    CUDA_CHECK(cudaGetLastError());
}

void welford_rows_double(double* mean, double* variance, const float* inp, int rows, int cols) {
    welford_rows_kernel<<<rows, 64>>>(mean, variance, inp, cols, true);
    CUDA_CHECK(cudaGetLastError());
}

void update_running(float* running_mean, float* running_var, const float* mean, const float* variance, int n,
                    float momentum) {
    update_running_kernel<<<ceil_div(n, 128), 128>>>(running_mean, running_var, mean, variance, n, momentum);
}

int main() {
    bool ok = true;
    for (int cols : {1, 2, 30, 517}) {
        const int rows = 6;
        std::vector<float> x = random_floats(rows * cols, 300, 99.0f, 101.0f);
        std::vector<double> mean(rows), var(rows), unbiased(rows), running(rows);
        for (int r = 0; r < rows; r++) {
            double m = 0, v = 0;
            for (int c = 0; c < cols; c++) m += x[r * cols + c] / (double)cols;
            for (int c = 0; c < cols; c++) v += (x[r * cols + c] - m) * (x[r * cols + c] - m);
            mean[r] = m, var[r] = v / cols, unbiased[r] = cols > 1 ? v / (cols - 1) : 0.0;
            running[r] = 0.1 * m;
        }
        float *d_x = to_device(x), *d_m = device_zeros<float>(rows), *d_v = device_zeros<float>(rows);
        float *d_rm = device_zeros<float>(rows), *d_rv = device_zeros<float>(rows);
        double *d_md = device_zeros<double>(rows), *d_vd = device_zeros<double>(rows);
        welford_rows(d_m, d_v, d_x, rows, cols, 96);
        welford_rows_double(d_md, d_vd, d_x, rows, cols);
        update_running(d_rm, d_rv, d_m, d_v, rows, 0.1f);
        ok = all_close(to_host(d_m, rows), mean, 1e-5, "mean") && all_close(to_host(d_v, rows), var, 1e-4, "variance") && ok;
        ok = all_close(to_host(d_md, rows), mean, 1e-12, "mean double") && ok;
        ok = all_close(to_host(d_vd, rows), unbiased, 1e-10, "variance double") && ok;
        ok = all_close(to_host(d_rm, rows), running, 1e-5, "running mean") && ok;
        cudaFree(d_x), cudaFree(d_m), cudaFree(d_v), cudaFree(d_rm), cudaFree(d_rv), cudaFree(d_md), cudaFree(d_vd);
    }
    return report(ok);
}
