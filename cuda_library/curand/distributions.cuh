// Numbers of other distributions from the 32 bits that a generator gives: uniform in (0, 1],
// normal by Box and Muller's transformation, log-normal.
#pragma once

#include <curand/philox.cuh>
#include <curand/xorwow.cuh>

#define CURAND_2POW32_INV 2.3283064e-10f
#define CURAND_2POW32_INV_DOUBLE 2.3283064365386963e-10
#define CURAND_2POW53_INV_DOUBLE 1.1102230246251565e-16
#define CURAND_2POW32_INV_2PI (2.3283064e-10f * 6.2831855f)

__device__ inline float _curand_uniform(unsigned int x)
{
    return x * CURAND_2POW32_INV + (CURAND_2POW32_INV / 2.0f);
}
__device__ inline double _curand_uniform_double(unsigned int x)
{
    return x * CURAND_2POW32_INV_DOUBLE + CURAND_2POW32_INV_DOUBLE;
}
// 53 bits of two numbers.
__device__ inline double _curand_uniform_double_hq(unsigned int x, unsigned int y)
{
    unsigned long long z = (unsigned long long)x ^ ((unsigned long long)y << 21);
    return z * CURAND_2POW53_INV_DOUBLE + (CURAND_2POW53_INV_DOUBLE / 2.0);
}
__device__ inline float2 _curand_box_muller(unsigned int x, unsigned int y)
{
    float u = x * CURAND_2POW32_INV + (CURAND_2POW32_INV / 2.0f);
    float v = y * CURAND_2POW32_INV_2PI + (CURAND_2POW32_INV_2PI / 2.0f);
    float s = sqrtf(-2.0f * logf(u));
    float sine, cosine;
    __sincosf(v, &sine, &cosine);
    return make_float2(sine * s, cosine * s);
}
__device__ inline double2 _curand_box_muller_double(unsigned int x0, unsigned int x1,
                                                    unsigned int y0, unsigned int y1)
{
    unsigned long long zx = (unsigned long long)x0 ^ ((unsigned long long)x1 << 21);
    unsigned long long zy = (unsigned long long)y0 ^ ((unsigned long long)y1 << 21);
    double u = zx * CURAND_2POW53_INV_DOUBLE + (CURAND_2POW53_INV_DOUBLE / 2.0);
    double v = zy * (CURAND_2POW53_INV_DOUBLE * 2.0) + CURAND_2POW53_INV_DOUBLE;
    double s = sqrt(-2.0 * log(u));
    double sine, cosine;
    sincospi(v, &sine, &cosine);
    return make_double2(sine * s, cosine * s);
}

// ---- uniform

__device__ inline float curand_uniform(curandStateXORWOW_t *state)
{
    return _curand_uniform(curand(state));
}
__device__ inline float curand_uniform(curandStatePhilox4_32_10_t *state)
{
    return _curand_uniform(curand(state));
}
__device__ inline float4 curand_uniform4(curandStatePhilox4_32_10_t *state)
{
    uint4 x = curand4(state);
    return make_float4(_curand_uniform(x.x), _curand_uniform(x.y), _curand_uniform(x.z),
                       _curand_uniform(x.w));
}
__device__ inline double curand_uniform_double(curandStateXORWOW_t *state)
{
    unsigned int x = curand(state);
    unsigned int y = curand(state);
    return _curand_uniform_double_hq(x, y);
}
__device__ inline double curand_uniform_double(curandStatePhilox4_32_10_t *state)
{
    return _curand_uniform_double(curand(state));
}
__device__ inline double2 curand_uniform2_double(curandStatePhilox4_32_10_t *state)
{
    uint4 x = curand4(state);
    return make_double2(_curand_uniform_double_hq(x.x, x.y), _curand_uniform_double_hq(x.z, x.w));
}

// ---- normal: the transformation gives two numbers, of which the second waits for the next call

#define ASC_NORMAL(State)                                                                        \
    __device__ inline float2 curand_normal2(State *state)                                        \
    {                                                                                            \
        unsigned int x = curand(state);                                                          \
        unsigned int y = curand(state);                                                          \
        return _curand_box_muller(x, y);                                                         \
    }                                                                                            \
    __device__ inline float curand_normal(State *state)                                          \
    {                                                                                            \
        if (state->boxmuller_flag != 0) {                                                        \
            state->boxmuller_flag = 0;                                                           \
            return state->boxmuller_extra;                                                       \
        }                                                                                        \
        float2 both = curand_normal2(state);                                                     \
        state->boxmuller_extra = both.y;                                                         \
        state->boxmuller_flag = 1;                                                               \
        return both.x;                                                                           \
    }                                                                                            \
    __device__ inline double curand_normal_double(State *state)                                  \
    {                                                                                            \
        if (state->boxmuller_flag_double != 0) {                                                 \
            state->boxmuller_flag_double = 0;                                                    \
            return state->boxmuller_extra_double;                                                \
        }                                                                                        \
        double2 both = curand_normal2_double(state);                                             \
        state->boxmuller_extra_double = both.y;                                                  \
        state->boxmuller_flag_double = 1;                                                        \
        return both.x;                                                                           \
    }                                                                                            \
    __device__ inline float curand_log_normal(State *state, float mean, float stddev)            \
    {                                                                                            \
        return expf(mean + stddev * curand_normal(state));                                       \
    }                                                                                            \
    __device__ inline float2 curand_log_normal2(State *state, float mean, float stddev)          \
    {                                                                                            \
        float2 x = curand_normal2(state);                                                        \
        return make_float2(expf(mean + stddev * x.x), expf(mean + stddev * x.y));                \
    }                                                                                            \
    __device__ inline double curand_log_normal_double(State *state, double mean, double stddev)  \
    {                                                                                            \
        return exp(mean + stddev * curand_normal_double(state));                                 \
    }
__device__ inline double2 curand_normal2_double(curandStateXORWOW_t *state)
{
    unsigned int x0 = curand(state);
    unsigned int x1 = curand(state);
    unsigned int y0 = curand(state);
    unsigned int y1 = curand(state);
    return _curand_box_muller_double(x0, x1, y0, y1);
}
__device__ inline double2 curand_normal2_double(curandStatePhilox4_32_10_t *state)
{
    uint4 x = curand4(state);
    return _curand_box_muller_double(x.x, x.y, x.z, x.w);
}
ASC_NORMAL(curandStateXORWOW_t)
ASC_NORMAL(curandStatePhilox4_32_10_t)
#undef ASC_NORMAL
__device__ inline float4 curand_normal4(curandStatePhilox4_32_10_t *state)
{
    uint4 x = curand4(state);
    float2 a = _curand_box_muller(x.x, x.y), b = _curand_box_muller(x.z, x.w);
    return make_float4(a.x, a.y, b.x, b.y);
}
__device__ inline float4 curand_log_normal4(curandStatePhilox4_32_10_t *state, float mean,
                                            float stddev)
{
    float4 x = curand_normal4(state);
    return make_float4(expf(mean + stddev * x.x), expf(mean + stddev * x.y),
                       expf(mean + stddev * x.z), expf(mean + stddev * x.w));
}
