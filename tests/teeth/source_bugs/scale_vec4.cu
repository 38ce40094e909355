// Scales the samples of a packet: the first words are its header, the rest is read four at a time.
#include <cuda_runtime.h>

constexpr int HEADER_WORDS = 4;

__global__ void scale_samples(const float* packet, float* samples, float gain, int n) {
    const float* body = packet + HEADER_WORDS;
    const int groups = n / 4;
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < groups) {
        float4 v = reinterpret_cast<const float4*>(body)[i];
        v.x *= gain;
        v.y *= gain;
        v.z *= gain;
        v.w *= gain;
        reinterpret_cast<float4*>(samples)[i] = v;
    }
    const int rest = 4 * groups + i;
    if (rest < n && i < 4) samples[rest] = gain * body[rest];
}

void scale_packet(const float* packet, float* samples, float gain, int n) {
    float *d_packet, *d_samples;
    cudaMalloc((void**)&d_packet, (n + HEADER_WORDS) * sizeof(float));
    cudaMalloc((void**)&d_samples, n * sizeof(float));
    cudaMemcpy(d_packet, packet, (n + HEADER_WORDS) * sizeof(float), cudaMemcpyHostToDevice);
    scale_samples<<<(n / 4 + 255) / 256 + 1, 256>>>(d_packet, d_samples, gain, n);
    cudaMemcpy(samples, d_samples, n * sizeof(float), cudaMemcpyDeviceToHost);
    cudaFree(d_packet);
    cudaFree(d_samples);
}
