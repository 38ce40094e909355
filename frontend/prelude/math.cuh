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
