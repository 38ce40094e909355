// Rotary position embedding: pairs of channels are rotated by an angle that grows with position.
#include <cuda_runtime.h>

__global__ void rope_kernel(float* out, const float* inp, int tokens, int channels) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    int pairs = channels / 2;
    if (idx >= tokens * pairs) return;
    int token = idx / pairs;
    int pair = idx % pairs;
    float angle = token * powf(10000.0f, -2.0f * pair / channels);
    float c = cosf(angle), s = sinf(angle);
    const float* x = inp + token * channels;
    float* y = out + token * channels;
    y[2 * pair] = x[2 * pair] * c - x[2 * pair + 1] * s;
    y[2 * pair + 1] = x[2 * pair] * s + x[2 * pair + 1] * c;
}

void rope_forward(float* out, const float* inp, int tokens, int channels) {
    const int block_size = 128;
    const int grid_size = (tokens * (channels / 2) + block_size - 1) / block_size;
    rope_kernel<<<grid_size, block_size>>>(out, inp, tokens, channels);
}
