// Transposes 32 x 4 pieces: each warp exchanges its elements through a piece of shared memory of
// its own, so that loads and stores both run over neighbouring addresses.
#include <cuda_runtime.h>

#define WARPS 4

__global__ void exchange_pieces(const float* in, float* out, int pieces) {
    __shared__ float stage[WARPS][128];
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    const int piece = blockIdx.x * WARPS + warp;
    if (piece >= pieces) return;
    for (int k = 0; k < 4; k++) stage[warp][k * 32 + lane] = in[piece * 128 + k * 32 + lane];
    __syncwarp();
    for (int k = 0; k < 4; k++) out[piece * 128 + k * 32 + lane] = stage[warp][lane * 4 + k];
}

void interleave(const float* in, float* out, int pieces) {
    const size_t bytes = pieces * 128 * sizeof(float);
    float *d_in, *d_out;
    cudaMalloc((void**)&d_in, bytes);
    cudaMalloc((void**)&d_out, bytes);
    cudaMemcpy(d_in, in, bytes, cudaMemcpyHostToDevice);
    exchange_pieces<<<(pieces + WARPS - 1) / WARPS, 32 * WARPS>>>(d_in, d_out, pieces);
    cudaMemcpy(out, d_out, bytes, cudaMemcpyDeviceToHost);
    cudaFree(d_in);
    cudaFree(d_out);
}
