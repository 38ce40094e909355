// cuComplex.h: arithmetic of complex numbers, division and size without overflow on the way.
#include <cstdio>
#include <cuComplex.h>

constexpr int THREADS = 4;
constexpr int VALUES = 7;

__device__ double both(cuDoubleComplex z) { return cuCreal(z) + 1e-3 * cuCimag(z); }
__device__ double both(cuFloatComplex z) { return cuCrealf(z) + 1e-3 * cuCimagf(z); }

__global__ void test(double* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    cuDoubleComplex a = make_cuDoubleComplex(1.5 + t, -2.25), b = make_cuDoubleComplex(0.3, t - 1.0);
    cuFloatComplex c = make_cuFloatComplex(1e30f * (t + 1), 3e37f), d = make_cuComplex(-1e20f, 7.5f);
    out[k++] = both(cuCadd(a, b)) + both(cuCsub(a, b)) * 10;
    out[k++] = both(cuCmul(a, b)) + both(cuConj(a));
    out[k++] = both(cuCdiv(a, b)) + both(cuCfma(a, b, a));
    out[k++] = cuCabs(a) + cuCabs(make_cuDoubleComplex(0, 0)) + cuCabs(make_cuDoubleComplex(1e300, -1e300));
    out[k++] = both(cuCdivf(c, d)) + both(cuCmulf(d, d)) + both(cuCaddf(c, d)) + both(cuCsubf(c, d));
    out[k++] = cuCabsf(c) + both(cuCfmaf(d, d, c)) + both(cuConjf(d));
    out[k++] = both(cuComplexDoubleToFloat(a)) + both(cuComplexFloatToDouble(d));
}

int main() {
    double* device = nullptr;
    double host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    cudaFree(device);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%.17g%c", host[i], (i + 1) % VALUES == 0 ? '\n' : ' ');
    return status == cudaSuccess ? 0 : 1;
}
