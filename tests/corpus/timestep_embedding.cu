// Row 10, style E: sinusoidal embedding of time steps: the first half of a row holds cosines, the second
// half sines; an odd last column is zero.
#include "check.h"

static __global__ void timestep_embedding_f32(const float* timesteps, float* dst, const int row_bytes, const int dim,
                                              const int max_period) {
    // blockIdx.y is the time step, threads cover the frequencies
    int i = blockIdx.y;
    int j = threadIdx.x + blockIdx.x * blockDim.x;
    float* embed = (float*)((char*)dst + (size_t)i * row_bytes);

    int half_dim = dim / 2;
    if (dim % 2 != 0 && j == half_dim) {
        embed[2 * half_dim] = 0.f;
    }
    if (j >= half_dim) {
        return;
    }
    float timestep = timesteps[i];
    float freq = expf(-logf((float)max_period) * j / half_dim);
    float arg = timestep * freq;
    embed[j] = cosf(arg);
    embed[j + half_dim] = sinf(arg);
}

// The same frequencies from powf and both functions at once.
static __global__ void position_encoding_f32(float* dst, int positions, int dim, float theta) {
    int position = blockIdx.x * blockDim.x + threadIdx.x;
    int pair = blockIdx.y * blockDim.y + threadIdx.y;
    if (position >= positions || 2 * pair + 1 >= dim) return;
    float angle = position * powf(theta, -2.0f * pair / dim);
    float s, c;
    sincosf(angle, &s, &c);
    dst[position * dim + 2 * pair] = s;
    dst[position * dim + 2 * pair + 1] = c;
}

void timestep_embedding(const float* timesteps, float* dst, int count, int dim, int max_period) {
    const int block_size = 64;
    int half_ceil = (dim + 1) / 2;
    dim3 grid(ceil_div(half_ceil, block_size), count, 1);
    timestep_embedding_f32<<<grid, block_size>>>(timesteps, dst, dim * (int)sizeof(float), dim, max_period);
}

void position_encoding(float* dst, int positions, int dim) {
    dim3 block(16, 8);
    dim3 grid(ceil_div(positions, 16), ceil_div(dim / 2 > 0 ? dim / 2 : 1, 8));
    position_encoding_f32<<<grid, block>>>(dst, positions, dim, 10000.0f);
}

int main() {
    const int count = 9, dim = 51, positions = 21, dim2 = 38;
    std::vector<float> steps = random_floats(count, 61, 0.0f, 20.0f), want(count * dim, 0.0f), want2(positions * dim2);
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < dim / 2; j++) {
            double arg = steps[i] * std::exp(-std::log(10000.0) * j / (dim / 2));
            want[i * dim + j] = (float)std::cos(arg);
            want[i * dim + j + dim / 2] = (float)std::sin(arg);
        }
    }
    for (int p = 0; p < positions; p++) {
        for (int k = 0; k < dim2 / 2; k++) {
            double angle = p * std::pow(10000.0, -2.0 * k / dim2);
            want2[p * dim2 + 2 * k] = (float)std::sin(angle);
            want2[p * dim2 + 2 * k + 1] = (float)std::cos(angle);
        }
    }
    float *d_steps = to_device(steps), *d_dst = device_zeros<float>(count * dim);
    float* d_dst2 = device_zeros<float>(positions * dim2);
    timestep_embedding(d_steps, d_dst, count, dim, 10000);
    bool ok = all_close(to_host(d_dst, count * dim), want, 2e-5, "timestep embedding");
    position_encoding(d_dst2, positions, dim2);
    ok = all_close(to_host(d_dst2, positions * dim2), want2, 2e-5, "position encoding") && ok;
    cudaFree(d_steps), cudaFree(d_dst), cudaFree(d_dst2);
    return report(ok);
}
