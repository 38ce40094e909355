// A kernel whose definition comes out of a macro, pasted name and all.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 3;

#define DOUBLED(x) ((x) * 2)
#define MAKE_KERNEL(NAME, SUFFIX, OP)                        \
    __global__ void NAME##SUFFIX(int* out) {                 \
        const int t = threadIdx.x;                           \
        _Pragma("unroll") for (int i = 0; i < VALUES; i++) { \
            out[t * VALUES + i] = OP(t + 10 * i);            \
        }                                                    \
    }

MAKE_KERNEL(te, st, DOUBLED)

int main() {
    int* device = nullptr;
    int host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    cudaFree(device);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%d%c", host[i], (i + 1) % VALUES == 0 ? '\n' : ' ');
    return status == cudaSuccess ? 0 : 1;
}
