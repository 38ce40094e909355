// Arithmetic that rounds in a stated direction. The nearest result and the sign of its error decide:
// an error-free transformation gives the error exactly, as long as nothing becomes too small for it;
// for float, double holds the whole result, made odd where it is not exact.
__device__ inline double __ascendify_odd(double result, double error)
{
    long long bits = __double_as_longlong(result);
    if (error == 0.0 || isnan(error) || isinf(result) || (bits & 1))
        return result;
    return __longlong_as_double((error > 0.0) == (result > 0.0) ? bits + 1 : bits - 1);
}
__device__ inline double __ascendify_sum_error(double a, double b, double sum)
{
    double part = sum - a;
    return (a - (sum - part)) + (b - part);
}
#define ASC_FLOAT_ROUNDED(r, zero)                                                               \
    __device__ inline float __fadd_##r(float a, float b)                                         \
    {                                                                                            \
        double sum = (double)a + (double)b;                                                      \
        if (sum == 0.0)                                                                          \
            return a == 0.0f && signbit(a) == signbit(b) ? a : zero;                             \
        return __double2float_##r(__ascendify_odd(sum, __ascendify_sum_error(a, b, sum)));       \
    }                                                                                            \
    __device__ inline float __fsub_##r(float a, float b) { return __fadd_##r(a, -b); }           \
    __device__ inline float __fmul_##r(float a, float b) { return __double2float_##r((double)a * (double)b); } \
    __device__ inline float __fdiv_##r(float a, float b)                                         \
    {                                                                                            \
        double quotient = (double)a / (double)b;                                                 \
        double rest = fma(-quotient, (double)b, (double)a);                                      \
        return __double2float_##r(__ascendify_odd(quotient, b < 0.0f ? -rest : rest));           \
    }                                                                                            \
    __device__ inline float __frcp_##r(float a) { return __fdiv_##r(1.0f, a); }                  \
    __device__ inline float __fsqrt_##r(float a)                                                 \
    {                                                                                            \
        double root = sqrt((double)a);                                                           \
        return __double2float_##r(__ascendify_odd(root, fma(-root, root, (double)a)));           \
    }                                                                                            \
    __device__ inline float __fmaf_##r(float a, float b, float c)                                \
    {                                                                                            \
        double product = (double)a * (double)b, sum = product + (double)c;                       \
        if (sum == 0.0)                                                                          \
            return product == 0.0 && signbit(product) == signbit(c) ? c : zero;                  \
        return __double2float_##r(__ascendify_odd(sum, __ascendify_sum_error(product, c, sum))); \
    }                                                                                            \
    __device__ inline float __fmaf_ieee_##r(float a, float b, float c) { return __fmaf_##r(a, b, c); }
ASC_FLOAT_ROUNDED(rz, 0.0f)
ASC_FLOAT_ROUNDED(ru, 0.0f)
ASC_FLOAT_ROUNDED(rd, -0.0f)

__device__ inline double __ascendify_towards(double result, double error, bool up)
{
    if (error == 0.0 || isnan(error) || isnan(result) || (error > 0.0) != up)
        return result;
    return nextafter(result, up ? __builtin_inf() : -__builtin_inf());
}
// An infinite result of finite numbers is the nearest one only; the largest number stands before it.
__device__ inline double __ascendify_bounded(double result, bool from_infinities, bool up)
{
    return isinf(result) && !from_infinities && (result > 0.0) != up ? nextafter(result, 0.0) : result;
}
__device__ inline double __ascendify_sum(double a, double b, bool up, double zero)
{
    double sum = a + b;
    if (sum == 0.0)
        return a == 0.0 && signbit(a) == signbit(b) ? a : zero;
    if (isinf(sum))
        return __ascendify_bounded(sum, isinf(a) || isinf(b), up);
    return __ascendify_towards(sum, __ascendify_sum_error(a, b, sum), up);
}
__device__ inline double __ascendify_product(double a, double b, bool up)
{
    double product = a * b;
    if (isinf(product))
        return __ascendify_bounded(product, isinf(a) || isinf(b), up);
    if (fabs(product) >= 1e-270)
        return __ascendify_towards(product, fma(a, b, -product), up);
    // The error of a small product would be too small: small factors are taken 2^600 times.
    int more_a = fabs(a) < 1e-100 ? 600 : 0, more_b = fabs(b) < 1e-100 ? 600 : 0;
    double x = ldexp(a, more_a), y = ldexp(b, more_b), exact = x * y, rest = fma(x, y, -exact);
    return __ascendify_towards(product, (exact - ldexp(product, more_a + more_b)) + rest, up);
}
__device__ inline double __ascendify_root(double a, bool up)
{
    double scale = a < 1e-200 ? 0x1p600 : 1.0, scaled = a * scale;
    double root = sqrt(scaled);
    if (isinf(a) || a == 0.0)
        return root;
    double half = a < 1e-200 ? 0x1p-300 : 1.0;
    return __ascendify_towards(root, fma(-root, root, scaled), up) * half;
}
__device__ inline double __dadd_ru(double a, double b) { return __ascendify_sum(a, b, true, 0.0); }
__device__ inline double __dadd_rd(double a, double b) { return __ascendify_sum(a, b, false, -0.0); }
__device__ inline double __dadd_rz(double a, double b) { return __ascendify_sum(a, b, a + b < 0.0, 0.0); }
__device__ inline double __dsub_ru(double a, double b) { return __dadd_ru(a, -b); }
__device__ inline double __dsub_rd(double a, double b) { return __dadd_rd(a, -b); }
__device__ inline double __dsub_rz(double a, double b) { return __dadd_rz(a, -b); }
__device__ inline double __dmul_ru(double a, double b) { return __ascendify_product(a, b, true); }
__device__ inline double __dmul_rd(double a, double b) { return __ascendify_product(a, b, false); }
__device__ inline double __dmul_rz(double a, double b) { return __ascendify_product(a, b, signbit(a) != signbit(b)); }
__device__ inline double __dsqrt_ru(double a) { return __ascendify_root(a, true); }
__device__ inline double __dsqrt_rd(double a) { return __ascendify_root(a, false); }
__device__ inline double __dsqrt_rz(double a) { return __ascendify_root(a, false); }
