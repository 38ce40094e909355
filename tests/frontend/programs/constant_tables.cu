// Constants of device code: const and constexpr arrays, objects with constexpr constructors, tables of
// function templates; they cannot be written by anybody.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 5;

template <int N>
struct Squares {
    int v[N];
    constexpr Squares() : v() {
        for (int i = 0; i < N; ++i) v[i] = i * i + 1;
    }
};
struct Step { int from, to; float weight; };

__device__ const int plain[3] = {1, 2, 3};
__device__ constexpr int fixed[3] = {4, 5, 6};
__constant__ Squares<8> squares;
__constant__ Step steps[2] = {{1, 2, 0.5f}, {3, 4, 1.5f}};
__device__ constexpr Squares<4> everywhere;
__device__ static const int both[2] = {8, 9};
template <typename T> __device__ constexpr T powers[3] = {T(1), T(10), T(100)};

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    out[k++] = plain[t % 3] + fixed[t % 3] * 10;
    out[k++] = squares.v[t + 1];
    out[k++] = steps[t & 1].to + (int)(steps[1].weight * 10);
    constexpr auto local = Squares<6>();
    out[k++] = local.v[t] + everywhere.v[3];
    out[k++] = powers<int>[t % 3] + both[1];
}

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
