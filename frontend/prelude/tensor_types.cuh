// The element types of PyTorch, as kernels name them, and the types in which their sums are kept.
// Its 16-bit floats are types of the language here: made of floats, read as floats.
namespace c10 {
using Half = __c10_half;
using BFloat16 = __c10_bfloat16;
template <typename T> struct scalar_value_type { using type = T; };
}
namespace at {
using c10::Half;
using c10::BFloat16;
template <typename T> struct OpMathType { using type = T; };
template <> struct OpMathType<c10::Half> { using type = float; };
template <> struct OpMathType<c10::BFloat16> { using type = float; };
template <typename T> using opmath_type = typename OpMathType<T>::type;

template <typename T, bool is_cuda> struct AccumulateType {};
#define ASC_ACCUMULATES(T, on_device, on_host)                                                   \
    template <> struct AccumulateType<T, true> { using type = on_device; };                      \
    template <> struct AccumulateType<T, false> { using type = on_host; };
ASC_ACCUMULATES(bool, bool, bool)
ASC_ACCUMULATES(char, long, long)
ASC_ACCUMULATES(signed char, long, long)
ASC_ACCUMULATES(unsigned char, long, long)
ASC_ACCUMULATES(short, long, long)
ASC_ACCUMULATES(int, long, long)
ASC_ACCUMULATES(long, long, long)
ASC_ACCUMULATES(c10::Half, float, float)
ASC_ACCUMULATES(c10::BFloat16, float, float)
ASC_ACCUMULATES(__half, float, float)
ASC_ACCUMULATES(float, float, double)
ASC_ACCUMULATES(double, double, double)
template <typename T, bool is_cuda> using acc_type = typename AccumulateType<T, is_cuda>::type;

template <typename T> struct numeric_limits {};
#define ASC_TENSOR_LIMITS(T, least, most, lower, upper)                                          \
    template <> struct numeric_limits<T> {                                                       \
        __device__ static constexpr T lowest() { return least; }                                 \
        __device__ static constexpr T max() { return most; }                                     \
        __device__ static constexpr T lower_bound() { return lower; }                            \
        __device__ static constexpr T upper_bound() { return upper; }                            \
    };
#define ASC_TENSOR_INTEGER(T)                                                                    \
    ASC_TENSOR_LIMITS(T, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(),           \
                      std::numeric_limits<T>::min(), std::numeric_limits<T>::max())
ASC_TENSOR_LIMITS(bool, false, true, false, true)
ASC_TENSOR_INTEGER(unsigned char)
ASC_TENSOR_INTEGER(signed char)
ASC_TENSOR_INTEGER(short)
ASC_TENSOR_INTEGER(int)
ASC_TENSOR_INTEGER(long)
ASC_TENSOR_LIMITS(c10::Half, -65504.0f, 65504.0f, -__builtin_inff(), __builtin_inff())
ASC_TENSOR_LIMITS(c10::BFloat16, -3.38953139e38f, 3.38953139e38f, -__builtin_inff(), __builtin_inff())
ASC_TENSOR_LIMITS(float, -3.40282347e+38f, 3.40282347e+38f, -__builtin_inff(), __builtin_inff())
ASC_TENSOR_LIMITS(double, -1.7976931348623157e+308, 1.7976931348623157e+308, -__builtin_inf(), __builtin_inf())
}
namespace torch {
using namespace at;
using c10::Half;
using c10::BFloat16;
}

namespace std {
#define ASC_TENSOR_HALF_LIMITS(T, smallest, most, step, digit_count)                             \
    template <> struct numeric_limits<T> {                                                       \
        static constexpr bool is_integer = false;                                                \
        static constexpr bool is_signed = true;                                                  \
        static constexpr bool has_infinity = true;                                               \
        static constexpr int digits = digit_count;                                               \
        __device__ static constexpr T min() { return smallest; }                                 \
        __device__ static constexpr T lowest() { return -(most); }                               \
        __device__ static constexpr T max() { return most; }                                     \
        __device__ static constexpr T epsilon() { return step; }                                 \
        __device__ static constexpr T infinity() { return __builtin_inff(); }                    \
        __device__ static constexpr T quiet_NaN() { return __builtin_nanf(""); }                 \
    };
ASC_TENSOR_HALF_LIMITS(c10::Half, 6.103515625e-05f, 65504.0f, 0.0009765625f, 11)
ASC_TENSOR_HALF_LIMITS(c10::BFloat16, 1.17549435e-38f, 3.38953139e38f, 0.0078125f, 8)
}
