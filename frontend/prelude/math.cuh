// Functions of the CUDA Math API that are made of others.
__device__ inline void sincos(float x, float *s, float *c) { *s = sinf(x); *c = cosf(x); }
__device__ inline void sincospi(double x, double *s, double *c) { *s = sinpi(x); *c = cospi(x); }
__device__ inline void sincospi(float x, float *s, float *c) { *s = sinpif(x); *c = cospif(x); }

// Lengths of vectors: in double, where no float is too large or too small to be squared.
__device__ inline float norm3df(float a, float b, float c) { return (float)sqrt((double)a * a + (double)b * b + (double)c * c); }
__device__ inline float norm4df(float a, float b, float c, float d)
{
    return (float)sqrt(((double)a * a + (double)b * b) + ((double)c * c + (double)d * d));
}
__device__ inline float rnorm3df(float a, float b, float c) { return (float)(1.0 / sqrt((double)a * a + (double)b * b + (double)c * c)); }
__device__ inline float rnorm4df(float a, float b, float c, float d)
{
    return (float)(1.0 / sqrt(((double)a * a + (double)b * b) + ((double)c * c + (double)d * d)));
}
__device__ inline float rhypotf(float a, float b) { return (float)(1.0 / sqrt((double)a * a + (double)b * b)); }
__device__ inline double norm3d(double a, double b, double c) { return hypot(hypot(a, b), c); }
__device__ inline double norm4d(double a, double b, double c, double d) { return hypot(hypot(a, b), hypot(c, d)); }
__device__ inline double rnorm3d(double a, double b, double c) { return 1.0 / norm3d(a, b, c); }
__device__ inline double rnorm4d(double a, double b, double c, double d) { return 1.0 / norm4d(a, b, c, d); }
__device__ inline double rhypot(double a, double b) { return 1.0 / hypot(a, b); }
__device__ inline float rhypot(float a, float b) { return rhypotf(a, b); }
__device__ inline float normf(int count, const float *p)
{
    double sum = 0.0;
    for (int i = 0; i < count; ++i)
        sum += (double)p[i] * (double)p[i];
    return (float)sqrt(sum);
}
__device__ inline float rnormf(int count, const float *p) { return 1.0f / normf(count, p); }
__device__ inline double norm(int count, const double *p)
{
    double length = 0.0;
    for (int i = 0; i < count; ++i)
        length = hypot(length, p[i]);
    return length;
}
__device__ inline double rnorm(int count, const double *p) { return 1.0 / norm(count, p); }

__device__ inline double normcdfinv(double p) { return -1.4142135623730951 * erfcinv(2.0 * p); }
__device__ inline float normcdfinvf(float p) { return (float)normcdfinv((double)p); }
__device__ inline float normcdfinv(float p) { return normcdfinvf(p); }
__device__ inline float scalblnf(float x, long n) { return ldexpf(x, n > 10000 ? 10000 : n < -10000 ? -10000 : (int)n); }
__device__ inline double scalbln(double x, long n) { return ldexp(x, n > 10000 ? 10000 : n < -10000 ? -10000 : (int)n); }
__device__ inline float scalbln(float x, long n) { return scalblnf(x, n); }
__device__ inline float fdivide(float x, float y) { return x / y; }
__device__ inline double fdivide(double x, double y) { return x / y; }
__device__ inline float frexp(float x, int *exponent) { return frexpf(x, exponent); }
__device__ inline float modf(float x, float *whole) { return modff(x, whole); }
__device__ inline int ilogb(float x) { return ilogbf(x); }
__device__ inline float logb(float x) { return logbf(x); }
__device__ inline long lround(float x) { return lroundf(x); }
__device__ inline long long llround(float x) { return llroundf(x); }
__device__ inline long lrint(float x) { return lrintf(x); }
__device__ inline long long llrint(float x) { return llrintf(x); }
// The quotient's low bits come with the remainder; its sign, and at least three bits, are kept.
__device__ inline double remquo(double x, double y, int *quotient)
{
    double whole = fmod(fabs(x), 8.0 * fabs(y)), size = fabs(y);
    int bits = 0;
    for (int i = 2; i >= 0; --i) {
        double part = ldexp(size, i);
        if (whole >= part) {
            whole -= part;
            bits |= 1 << i;
        }
    }
    if (whole * 2.0 > size || (whole * 2.0 == size && (bits & 1)))
        ++bits;
    *quotient = signbit(x) != signbit(y) ? -(bits & 7) : bits & 7;
    return remainder(x, y);
}
__device__ inline float remquof(float x, float y, int *quotient) { return (float)remquo((double)x, (double)y, quotient); }
__device__ inline float remquo(float x, float y, int *quotient) { return remquof(x, y, quotient); }

// <cmath>: whole numbers, and arguments of several types, count as double.
#define ASC_OF_WHOLE(result, name)                                                               \
    template <typename T, std::enable_if_t<std::is_integral<T>::value, int> = 0>                 \
    __device__ inline result name(T x) { return name((double)x); }
#define ASC_OF_MIXED(name)                                                                       \
    template <typename A, typename B,                                                            \
              std::enable_if_t<std::is_arithmetic<A>::value && std::is_arithmetic<B>::value &&   \
                                   !(std::is_same<A, B>::value && std::is_floating_point<A>::value), int> = 0> \
    __device__ inline double name(A a, B b) { return name((double)a, (double)b); }
ASC_OF_WHOLE(double, sqrt)
ASC_OF_WHOLE(double, cbrt)
ASC_OF_WHOLE(double, exp)
ASC_OF_WHOLE(double, exp2)
ASC_OF_WHOLE(double, expm1)
ASC_OF_WHOLE(double, log)
ASC_OF_WHOLE(double, log2)
ASC_OF_WHOLE(double, log10)
ASC_OF_WHOLE(double, log1p)
ASC_OF_WHOLE(double, sin)
ASC_OF_WHOLE(double, cos)
ASC_OF_WHOLE(double, tan)
ASC_OF_WHOLE(double, asin)
ASC_OF_WHOLE(double, acos)
ASC_OF_WHOLE(double, atan)
ASC_OF_WHOLE(double, sinh)
ASC_OF_WHOLE(double, cosh)
ASC_OF_WHOLE(double, tanh)
ASC_OF_WHOLE(double, asinh)
ASC_OF_WHOLE(double, acosh)
ASC_OF_WHOLE(double, atanh)
ASC_OF_WHOLE(double, erf)
ASC_OF_WHOLE(double, erfc)
ASC_OF_WHOLE(double, tgamma)
ASC_OF_WHOLE(double, lgamma)
ASC_OF_WHOLE(double, floor)
ASC_OF_WHOLE(double, ceil)
ASC_OF_WHOLE(double, trunc)
ASC_OF_WHOLE(double, round)
ASC_OF_WHOLE(double, rint)
ASC_OF_WHOLE(double, nearbyint)
ASC_OF_WHOLE(double, fabs)
ASC_OF_WHOLE(bool, isnan)
ASC_OF_WHOLE(bool, isinf)
ASC_OF_WHOLE(bool, isfinite)
ASC_OF_WHOLE(bool, signbit)
ASC_OF_MIXED(pow)
ASC_OF_MIXED(atan2)
ASC_OF_MIXED(fmod)
ASC_OF_MIXED(remainder)
ASC_OF_MIXED(hypot)
ASC_OF_MIXED(fdim)
ASC_OF_MIXED(copysign)
ASC_OF_MIXED(nextafter)
ASC_OF_MIXED(fmin)
ASC_OF_MIXED(fmax)
namespace std {
using ::sqrt;
using ::cbrt;
using ::exp;
using ::exp2;
using ::expm1;
using ::log;
using ::log2;
using ::log10;
using ::log1p;
using ::sin;
using ::cos;
using ::tan;
using ::asin;
using ::acos;
using ::atan;
using ::sinh;
using ::cosh;
using ::tanh;
using ::asinh;
using ::acosh;
using ::atanh;
using ::erf;
using ::erfc;
using ::tgamma;
using ::lgamma;
using ::floor;
using ::ceil;
using ::trunc;
using ::round;
using ::rint;
using ::nearbyint;
using ::fabs;
using ::isnan;
using ::isinf;
using ::isfinite;
using ::signbit;
using ::pow;
using ::atan2;
using ::fmod;
using ::remainder;
using ::hypot;
using ::fdim;
using ::copysign;
using ::nextafter;
using ::fmin;
using ::fmax;
} // namespace std
