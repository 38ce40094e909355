// Packs a mask of bytes into words, 32 flags each, and counts the flags of every word.
#include <cuda_runtime.h>

__global__ void pack_bits(const unsigned char* flags, unsigned* words, int* counts, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    const bool flag = i < n && flags[i] != 0;
    const unsigned word = __ballot_sync(0xffffffffu, flag);
    if (threadIdx.x % 32 == 0 && i < n) {
        words[i / 32] = word;
        counts[i / 32] = __popc(word);
    }
}

void pack_mask(const unsigned char* flags, unsigned* words, int* counts, int n) {
    const int total = (n + 31) / 32;
    unsigned char* d_flags;
    unsigned* d_words;
    int* d_counts;
    cudaMalloc((void**)&d_flags, n);
    cudaMalloc((void**)&d_words, total * sizeof(unsigned));
    cudaMalloc((void**)&d_counts, total * sizeof(int));
    cudaMemcpy(d_flags, flags, n, cudaMemcpyHostToDevice);
    pack_bits<<<(n + 127) / 128, 128>>>(d_flags, d_words, d_counts, n);
    cudaMemcpy(words, d_words, total * sizeof(unsigned), cudaMemcpyDeviceToHost);
    cudaMemcpy(counts, d_counts, total * sizeof(int), cudaMemcpyDeviceToHost);
    cudaFree(d_flags);
    cudaFree(d_words);
    cudaFree(d_counts);
}
