// Functions of two numbers take a float and a double as two doubles.
#define ASC_MIXED(name)                                                                          \
    __device__ inline double name(double a, float b) { return name(a, static_cast<double>(b)); } \
    __device__ inline double name(float a, double b) { return name(static_cast<double>(a), b); }
ASC_MIXED(pow)
ASC_MIXED(atan2)
ASC_MIXED(fmod)
ASC_MIXED(hypot)
ASC_MIXED(copysign)
ASC_MIXED(fmax)
ASC_MIXED(fmin)
ASC_MIXED(fdim)
ASC_MIXED(remainder)
