// Row 102, style X: dropout with a counter-based generator: ten rounds of multiply-and-swap on four words,
// keyed by seed, so that any element's number can be found without the others.
#include <cstdint>

#include "check.h"

class CounterRng {
  public:
    __host__ __device__ CounterRng(unsigned long long seed, unsigned long long subsequence) {
        key_.x = (unsigned)seed;
        key_.y = (unsigned)(seed >> 32);
        counter_ = make_uint4(0, 0, (unsigned)subsequence, (unsigned)(subsequence >> 32));
    }

    __host__ __device__ uint4 operator()() {
        uint4 c = counter_;
        uint2 k = key_;
        for (int round = 0; round < 9; ++round) {
            c = single_round(c, k);
            k.x += 0x9E3779B9u;
            k.y += 0xBB67AE85u;
        }
        increment();
        return single_round(c, k);
    }

  private:
    uint4 counter_;
    uint2 key_;

    __host__ __device__ static unsigned mulhilo(unsigned a, unsigned b, unsigned* hi) {
#ifdef __CUDA_ARCH__
        *hi = __umulhi(a, b);
        return a * b;
#else
        const unsigned long long product = (unsigned long long)a * b;
        *hi = (unsigned)(product >> 32);
        return (unsigned)product;
#endif
    }

    __host__ __device__ static uint4 single_round(uint4 c, uint2 k) {
        unsigned hi0, hi1;
        const unsigned lo0 = mulhilo(0xD2511F53u, c.x, &hi0);
        const unsigned lo1 = mulhilo(0xCD9E8D57u, c.z, &hi1);
        return uint4{hi1 ^ c.y ^ k.x, lo1, hi0 ^ c.w ^ k.y, lo0};
    }

    __host__ __device__ void increment() {
        if (++counter_.x) return;
        if (++counter_.y) return;
        if (++counter_.z) return;
        ++counter_.w;
    }
};

__host__ __device__ inline float uniform(unsigned bits) { return (bits >> 8) * (1.0f / 16777216.0f); }

__global__ void dropout_kernel(float* out, uint8_t* mask, const float* inp, int n, float p, unsigned long long seed) {
    const int group = blockIdx.x * blockDim.x + threadIdx.x;  // four elements per thread
    if (group * 4 >= n) return;
    CounterRng rng(seed, group);
    const uint4 bits = rng();
    const float u[4] = {uniform(bits.x), uniform(bits.y), uniform(bits.z), uniform(bits.w)};
    const float scale = p < 1.0f ? 1.0f / (1.0f - p) : 0.0f;
    for (int i = 0; i < 4 && group * 4 + i < n; ++i) {
        const bool keep = u[i] >= p;
        out[group * 4 + i] = keep ? inp[group * 4 + i] * scale : 0.0f;
        mask[group * 4 + i] = keep;
    }
}

// Several numbers per thread: the sum of twelve uniforms is close to normal.
__global__ void normal_kernel(double* out, int n, unsigned long long seed) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    CounterRng rng(seed, (unsigned long long)i << 32);
    double sum = -6.0;
    int drawn = 0;
    do {
        const uint4 bits = rng();
        sum += (double)uniform(bits.x) + uniform(bits.y) + uniform(bits.z) + uniform(bits.w);
        drawn += 4;
    } while (drawn < 12);
    out[i] = sum;
}

void dropout(float* out, uint8_t* mask, const float* inp, int n, float p, unsigned long long seed, int block_size) {
    dropout_kernel<<<ceil_div(ceil_div(n, 4), block_size), block_size>>>(out, mask, inp, n, p, seed);
    CUDA_CHECK(cudaGetLastError());
}

void normal(double* out, int n, unsigned long long seed) {
    normal_kernel<<<ceil_div(n, 64), 64>>>(out, n, seed);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const unsigned long long seed = 0x123456789ABCDEFull;
    const int n = 1003;
    std::vector<float> x = random_floats(n, 730, 0.5f, 1.0f);
    float *d_x = to_device(x), *d_y = device_zeros<float>(n);
    uint8_t* d_mask = device_zeros<uint8_t>(n);
    for (float p : {0.0f, 0.3f, 1.0f}) {
        std::vector<float> want(n);
        std::vector<int> mask(n);
        int kept = 0;
        for (int g = 0; g * 4 < n; g++) {
            CounterRng rng(seed, g);
            uint4 bits = rng();
            const unsigned words[4] = {bits.x, bits.y, bits.z, bits.w};
            for (int i = 4 * g; i < n && i < 4 * g + 4; i++) {
                mask[i] = uniform(words[i - 4 * g]) >= p;
                kept += mask[i];
                want[i] = mask[i] ? x[i] * (1.0f / (1.0f - p)) : 0.0f;
            }
        }
        dropout(d_y, d_mask, d_x, n, p, seed, 64);
        ok = all_close(to_host(d_y, n), want, 0.0, "dropout") && all_close(to_host(d_mask, n), mask, 0.0, "mask") && ok;
        ok = std::fabs(kept / (double)n - (1.0 - p)) < 0.06 && ok;
    }
    double* d_n = device_zeros<double>(n);
    normal(d_n, n, seed);
    double mean = 0, square = 0;
    for (double v : to_host(d_n, n)) mean += v / n, square += v * v / n;
    ok = std::fabs(mean) < 0.15 && std::fabs(square - 1.0) < 0.2 && ok;
    cudaFree(d_x), cudaFree(d_y), cudaFree(d_mask), cudaFree(d_n);
    return report(ok);
}
