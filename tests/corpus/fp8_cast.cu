// Row 92, style X: casts to the 8-bit floats e4m3 (no infinity, saturates) and e5m2 by shifting bits, from
// float and half, four at a time; back by a table in shared memory; and per-tensor scaling to the format.
#include <algorithm>
#include <cstdint>

#include <cuda_fp16.h>

#include "check.h"

#define FP8_E4M3_MAX 448.0f

// Rounds to nearest, ties to even: a format of MANTISSA bits and a given bias, from the bits of a float.
template <int MANTISSA, int BIAS>
__device__ __forceinline__ uint8_t round_to_fp8(float x, uint32_t largest, uint32_t nan_code) {
    const uint32_t bits = __float_as_uint(x);
    const uint8_t sign = bits >> 24 & 0x80;
    const uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return sign | nan_code;
    const int exponent = (int)(magnitude >> 23) - 127;
    uint32_t code;
    if (exponent < 1 - BIAS) {
        // subnormal: adding a power of two lets the adder round at the right place
        const float magic = __uint_as_float((uint32_t)(127 + 1 - BIAS + 23 - MANTISSA) << 23);
        code = __float_as_uint(__uint_as_float(magnitude) + magic) - __float_as_uint(magic);
    } else {
        const uint32_t odd = magnitude >> (23 - MANTISSA) & 1u;
        const uint32_t rounded = magnitude + ((1u << (22 - MANTISSA)) - 1u) + odd;
        code = (rounded >> (23 - MANTISSA)) - ((uint32_t)(127 - BIAS) << MANTISSA);
    }
    return sign | (uint8_t)min(code, largest);
}

struct E4M3 {
    static __device__ __forceinline__ uint8_t encode(float x) { return round_to_fp8<3, 7>(x, 0x7eu, 0x7fu); }
    static __device__ float decode(uint8_t code) {
        const int e = code >> 3 & 15, m = code & 7;
        const float v = (code & 127) == 127 ? NAN : e == 0 ? ldexpf((float)m, -9) : ldexpf(8.0f + m, e - 10);
        return code & 128 ? -v : v;
    }
};
struct E5M2 {
    static __device__ __forceinline__ uint8_t encode(float x) { return round_to_fp8<2, 15>(x, 0x7bu, 0x7fu); }
    // the upper byte of a half
    static __device__ float decode(uint8_t code) { return __half2float(__ushort_as_half((unsigned short)(code << 8))); }
};

template <typename Format, typename scalar_t>
__global__ void cast_fp8_kernel(uint8_t* __restrict__ out, const scalar_t* __restrict__ in, const float* __restrict__ scale, int n) {
    const float inverse = scale == nullptr ? 1.0f : 1.0f / *scale;
    const int quads = n / 4;
    uchar4* out4 = reinterpret_cast<uchar4*>(out);
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < quads; i += gridDim.x * blockDim.x) {
        out4[i] = make_uchar4(Format::encode((float)in[4 * i] * inverse), Format::encode((float)in[4 * i + 1] * inverse),
                              Format::encode((float)in[4 * i + 2] * inverse), Format::encode((float)in[4 * i + 3] * inverse));
    }
    if (blockIdx.x == 0 && threadIdx.x < n % 4) out[4 * quads + threadIdx.x] = Format::encode((float)in[4 * quads + threadIdx.x] * inverse);
}

template <typename Format>
__global__ void __launch_bounds__(256) uncast_fp8_kernel(float* out, const uint8_t* in, float scale, int n) {
    __shared__ float table[256];
    table[threadIdx.x] = Format::decode((uint8_t)threadIdx.x) * scale;
    __syncthreads();
    for (int i = blockIdx.x * 256 + threadIdx.x; i < n; i += gridDim.x * 256) out[i] = table[in[i]];
}

// scale = max |x| / 448, at least tiny; one block
__global__ void fp8_scale_kernel(float* scale, const half* x, int n) {
    __shared__ float peaks[32];
    float peak = 0.0f;
    for (int i = threadIdx.x; i < n; i += blockDim.x) peak = fmaxf(peak, fabsf(__half2float(x[i])));
    for (int offset = 16; offset > 0; offset /= 2) peak = fmaxf(peak, __shfl_down_sync(0xffffffffu, peak, offset));
    if (threadIdx.x % 32 == 0) peaks[threadIdx.x / 32] = peak;
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int w = 1; w < blockDim.x / 32; w++) peak = fmaxf(peak, peaks[w]);
        *scale = fmaxf(peak / FP8_E4M3_MAX, 1e-12f);
    }
}

void cast_e4m3(uint8_t* out, const float* in, int n) { cast_fp8_kernel<E4M3><<<2, 64>>>(out, in, nullptr, n); }
void cast_e5m2(uint8_t* out, const half* in, int n) { cast_fp8_kernel<E5M2><<<2, 64>>>(out, in, nullptr, n); }
void uncast_e4m3(float* out, const uint8_t* in, float scale, int n) { uncast_fp8_kernel<E4M3><<<2, 256>>>(out, in, scale, n); }
void uncast_e5m2(float* out, const uint8_t* in, float scale, int n) { uncast_fp8_kernel<E5M2><<<1, 256>>>(out, in, scale, n); }
void cast_scaled(uint8_t* out, float* scale, const half* in, int n) {
    fp8_scale_kernel<<<1, 128>>>(scale, in, n);
    cast_fp8_kernel<E4M3, half><<<2, 64>>>(out, in, scale, n);
}

double nearest(double x, int mantissa, int lowest, double most) {
    if (std::isnan(x) || x == 0) return x;
    const double unit = std::ldexp(1.0, std::max(std::ilogb(std::fabs(std::isinf(x) ? 1 : x)), lowest) - mantissa);
    return std::copysign(std::fmin(std::isinf(x) ? most : std::fabs(std::nearbyint(x / unit) * unit), most), x);
}

int main() {
    std::vector<float> x = random_floats(1001, 1260, -500, 500), small = random_floats(500, 1261, -0.05f, 0.05f);
    x.insert(x.end(), small.begin(), small.end());
    for (float v : {0.0f, -0.0f, 448.0f, 464.0f, 465.0f, 1e9f, INFINITY, -INFINITY, NAN, 1.0625f, 1.1875f, 0.0009765625f, 0.0029296875f}) x.push_back(v);
    const int n = (int)x.size();
    std::vector<half> xh;
    for (float v : x) xh.push_back((half)v);
    float *d_x = to_device(x), *d_y = device_zeros<float>(n), *d_scale = device_zeros<float>(1);
    half* d_h = to_device(xh);
    uint8_t* d_q = device_zeros<uint8_t>(n);
    auto same = [&](auto reference, const char* what) {
        std::vector<float> got = to_host(d_y, n);
        for (int i = 0; i < n; i++) {
            const double want = reference(i);
            if (!(got[i] == want || (std::isnan(got[i]) && std::isnan(want)))) {
                std::printf("%s: %d is %g, expected %g\n", what, i, got[i], want);
                return false;
            }
        }
        return true;
    };
    cast_e4m3(d_q, d_x, n);
    uncast_e4m3(d_y, d_q, 1.0f, n);
    bool ok = same([&](int i) { return nearest(x[i], 3, -6, 448); }, "e4m3");
    cast_e5m2(d_q, d_h, n);
    uncast_e5m2(d_y, d_q, 1.0f, n);
    ok = same([&](int i) { return nearest((float)xh[i], 2, -14, 57344); }, "e5m2") && ok;
    const int finite = 1001;
    cast_scaled(d_q, d_scale, d_h, finite);
    const float scale = to_host(d_scale, 1)[0];
    uncast_e4m3(d_y, d_q, scale, finite);
    std::vector<float> got = to_host(d_y, finite), want;
    for (int i = 0; i < finite; i++) want.push_back((float)xh[i]);
    for (int i = 0; i < finite; i++) ok = std::fabs(got[i] - want[i]) <= std::fabs(want[i]) / 16 + scale / 512 && ok;
    cudaFree(d_x), cudaFree(d_y), cudaFree(d_scale), cudaFree(d_h), cudaFree(d_q);
    return report(ok);
}
