// Math functions whose results are exact: rounding, remainders, signs, classification, fma, roots.
#include <cstdio>
#include <cfloat>
#include <cmath>
#include <math_constants.h>

constexpr int THREADS = 4;
constexpr int VALUES = 34;

__global__ void test(double* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    float f = 1.75f * (t - 1);
    double d = -2.625 * (t + 1);

    out[k++] = fabsf(f) + fabs(d);
    out[k++] = floorf(f) * 100 + ceilf(f);
    out[k++] = floor(d) * 100 + ceil(d);
    out[k++] = truncf(f) * 100 + trunc(d);
    out[k++] = roundf(f) * 100 + round(d);
    out[k++] = rintf(f) * 100 + rint(d) + nearbyintf(f);
    out[k++] = fmodf(f, 0.5f) * 100 + fmod(d, 1.5);
    out[k++] = remainderf(f, 2.0f) * 100 + remainder(d, 4.0);
    out[k++] = fmaxf(f, 0.5f) * 10 + fminf(f, 0.5f);
    out[k++] = fmax(d, -4.0) * 10 + fmin(d, -4.0);
    out[k++] = fmaxf(f, nanf("")) + fmin(nan(""), d);       // the number wins
    out[k++] = copysignf(3.0f, f) + copysign(2.0, d);
    out[k++] = fmaf(0.1f, f, 0.3f);
    out[k++] = fma(0.1, d, 0.3);
    out[k++] = sqrtf(2.0f + t);
    out[k++] = sqrt(2.0 + t);
    out[k++] = __fsqrt_rn(3.0f + t) + __fdiv_rn(1.0f, 3.0f);
    out[k++] = signbit(f) * 1 + signbit(-0.0) * 2;
    out[k++] = isnan(f) + 2 * isinf(1.0f / 0.0f) + 4 * isfinite(d);
    out[k++] = isnan(nanf("")) + 2 * isinf(d) + 4 * isfinite(1.0 / 0.0);
    out[k++] = fdimf(f, -1.0f) + fdim(d, 1.0);
    out[k++] = ldexpf(f, 3) + ldexp(d, -2);
    out[k++] = scalbnf(1.5f, t) + (double)ilogbf(100.0f * (t + 1));
    int exponent;
    double mantissa = frexp(d, &exponent);
    out[k++] = mantissa * 1000 + exponent;
    double whole;
    double fraction = modf(d, &whole);
    out[k++] = fraction * 1000 + whole;
    out[k++] = abs(f) + abs(d) + abs(-3);                   // overloads
    out[k++] = floor(f) + sqrt(4.0f) + fmod(7.0f, 4.0f);
    out[k++] = max(f, 0.0f) + min(d, 0.0) + max(t, 2);
    out[k++] = nextafterf(1.0f, 2.0f) - 1.0f;
    out[k++] = INFINITY > FLT_MAX;
    out[k++] = -INFINITY < -DBL_MAX;
    out[k++] = FLT_EPSILON + FLT_MIN * 0;
    out[k++] = M_PI;
    out[k++] = CUDART_INF_F > 1e38f;
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
