// cuComplex.h: complex numbers as pairs, with the formulas that its documentation gives: division
// and absolute value are scaled, so that nothing overflows on the way.
typedef float2 cuFloatComplex;
typedef cuFloatComplex cuComplex;
typedef double2 cuDoubleComplex;
#define ASC_COMPLEX(type, real, suffix, make, absolute, root, largest)                           \
    __device__ inline type make(real a, real b) { type z; z.x = a; z.y = b; return z; }          \
    __device__ inline real cuCreal##suffix(type z) { return z.x; }                               \
    __device__ inline real cuCimag##suffix(type z) { return z.y; }                               \
    __device__ inline type cuConj##suffix(type z) { return make(z.x, -z.y); }                    \
    __device__ inline type cuCadd##suffix(type a, type b) { return make(a.x + b.x, a.y + b.y); } \
    __device__ inline type cuCsub##suffix(type a, type b) { return make(a.x - b.x, a.y - b.y); } \
    __device__ inline type cuCmul##suffix(type a, type b)                                        \
    {                                                                                            \
        return make(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);                               \
    }                                                                                            \
    __device__ inline type cuCfma##suffix(type a, type b, type c)                                \
    {                                                                                            \
        real x = a.x * b.x + c.x, y = a.x * b.y + c.y;                                           \
        return make(-(a.y * b.y) + x, a.y * b.x + y);                                            \
    }                                                                                            \
    __device__ inline type cuCdiv##suffix(type a, type b)                                        \
    {                                                                                            \
        real scale = (real)1 / (absolute(b.x) + absolute(b.y));                                  \
        real ax = a.x * scale, ay = a.y * scale, bx = b.x * scale, by = b.y * scale;             \
        real size = (real)1 / (bx * bx + by * by);                                               \
        return make((ax * bx + ay * by) * size, (ay * bx - ax * by) * size);                     \
    }                                                                                            \
    __device__ inline real cuCabs##suffix(type z)                                                \
    {                                                                                            \
        real a = absolute(z.x), b = absolute(z.y), large = a > b ? a : b, small = a > b ? b : a; \
        real ratio = small / large;                                                              \
        if (large == (real)0 || large > largest || small > largest)                              \
            return large + small;                                                                \
        return large * root((real)1 + ratio * ratio);                                            \
    }
ASC_COMPLEX(cuFloatComplex, float, f, make_cuFloatComplex, fabsf, sqrtf, 3.402823466e38f)
ASC_COMPLEX(cuDoubleComplex, double, , make_cuDoubleComplex, fabs, sqrt, 1.79769313486231570e+308)
__device__ inline cuComplex make_cuComplex(float a, float b) { return make_cuFloatComplex(a, b); }
__device__ inline cuDoubleComplex cuComplexFloatToDouble(cuFloatComplex z) { return make_cuDoubleComplex(z.x, z.y); }
__device__ inline cuFloatComplex cuComplexDoubleToFloat(cuDoubleComplex z) { return make_cuFloatComplex((float)z.x, (float)z.y); }
