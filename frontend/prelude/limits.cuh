// <limits>, and its counterparts for 16-bit floats. The values are those of the standard's formulas.
namespace std {

enum float_round_style { round_indeterminate = -1, round_toward_zero = 0, round_to_nearest = 1 };
enum float_denorm_style { denorm_indeterminate = -1, denorm_absent = 0, denorm_present = 1 };

template <typename T> struct __ascendify_no_limits {
    static constexpr bool is_specialized = false, is_signed = false, is_integer = false, is_exact = false;
    static constexpr bool has_infinity = false, has_quiet_NaN = false, has_signaling_NaN = false;
    static constexpr bool has_denorm_loss = false, is_iec559 = false, is_bounded = false;
    static constexpr bool is_modulo = false, traps = false, tinyness_before = false;
    static constexpr float_denorm_style has_denorm = denorm_absent;
    static constexpr float_round_style round_style = round_toward_zero;
    static constexpr int digits = 0, digits10 = 0, max_digits10 = 0, radix = 0;
    static constexpr int min_exponent = 0, min_exponent10 = 0, max_exponent = 0, max_exponent10 = 0;
    __device__ static constexpr T min() noexcept { return T(); }
    __device__ static constexpr T max() noexcept { return T(); }
    __device__ static constexpr T lowest() noexcept { return T(); }
    __device__ static constexpr T epsilon() noexcept { return T(); }
    __device__ static constexpr T round_error() noexcept { return T(); }
    __device__ static constexpr T infinity() noexcept { return T(); }
    __device__ static constexpr T quiet_NaN() noexcept { return T(); }
    __device__ static constexpr T signaling_NaN() noexcept { return T(); }
    __device__ static constexpr T denorm_min() noexcept { return T(); }
};
template <typename T> struct numeric_limits : __ascendify_no_limits<T> {};
template <typename T> struct numeric_limits<const T> : numeric_limits<T> {};

#define ASC_INTEGER_LIMITS(T, lowest_value, max_value, digit_count, with_sign)                   \
    template <> struct numeric_limits<T> : __ascendify_no_limits<T> {                            \
        static constexpr bool is_specialized = true, is_integer = true, is_exact = true;         \
        static constexpr bool is_bounded = true, is_signed = with_sign;                          \
        static constexpr bool is_modulo = !with_sign && digit_count > 1;                         \
        static constexpr bool traps = true;                                                      \
        static constexpr int digits = digit_count, radix = 2, digits10 = digit_count * 643l / 2136; \
        __device__ static constexpr T min() noexcept { return lowest_value; }                    \
        __device__ static constexpr T lowest() noexcept { return lowest_value; }                 \
        __device__ static constexpr T max() noexcept { return max_value; }                       \
    };
ASC_INTEGER_LIMITS(bool, false, true, 1, false)
ASC_INTEGER_LIMITS(char, -128, 127, 7, true)
ASC_INTEGER_LIMITS(signed char, -128, 127, 7, true)
ASC_INTEGER_LIMITS(unsigned char, 0, 255, 8, false)
ASC_INTEGER_LIMITS(short, -32768, 32767, 15, true)
ASC_INTEGER_LIMITS(unsigned short, 0, 65535, 16, false)
ASC_INTEGER_LIMITS(wchar_t, -2147483647 - 1, 2147483647, 31, true)
ASC_INTEGER_LIMITS(char16_t, 0, 65535, 16, false)
ASC_INTEGER_LIMITS(char32_t, 0u, 4294967295u, 32, false)
ASC_INTEGER_LIMITS(int, -2147483647 - 1, 2147483647, 31, true)
ASC_INTEGER_LIMITS(unsigned int, 0u, 4294967295u, 32, false)
ASC_INTEGER_LIMITS(long, -9223372036854775807l - 1, 9223372036854775807l, 63, true)
ASC_INTEGER_LIMITS(unsigned long, 0ul, 18446744073709551615ul, 64, false)
ASC_INTEGER_LIMITS(long long, -9223372036854775807ll - 1, 9223372036854775807ll, 63, true)
ASC_INTEGER_LIMITS(unsigned long long, 0ull, 18446744073709551615ull, 64, false)

#define ASC_FLOAT_LIMITS(T, min_value, max_value, epsilon_value, denorm_value, half_value,       \
                         infinity_value, nan_value, digit_count, least, most)                    \
    template <> struct numeric_limits<T> : __ascendify_no_limits<T> {                            \
        static constexpr bool is_specialized = true, is_signed = true, has_infinity = true;      \
        static constexpr bool has_quiet_NaN = true, has_signaling_NaN = true, is_iec559 = true;  \
        static constexpr bool is_bounded = true;                                                 \
        static constexpr float_denorm_style has_denorm = denorm_present;                         \
        static constexpr float_round_style round_style = round_to_nearest;                       \
        static constexpr int digits = digit_count, radix = 2;                                    \
        static constexpr int digits10 = (digit_count - 1) * 643l / 2136;                         \
        static constexpr int max_digits10 = 2 + digit_count * 643l / 2136;                       \
        static constexpr int min_exponent = least, max_exponent = most;                          \
        static constexpr int min_exponent10 = (least - 1) * 643l / 2136;                         \
        static constexpr int max_exponent10 = most * 643l / 2136;                                \
        __device__ static constexpr T min() noexcept { return min_value; }                       \
        __device__ static constexpr T lowest() noexcept { return -(max_value); }                 \
        __device__ static constexpr T max() noexcept { return max_value; }                       \
        __device__ static constexpr T epsilon() noexcept { return epsilon_value; }               \
        __device__ static constexpr T round_error() noexcept { return half_value; }              \
        __device__ static constexpr T infinity() noexcept { return infinity_value; }             \
        __device__ static constexpr T quiet_NaN() noexcept { return nan_value; }                 \
        __device__ static constexpr T signaling_NaN() noexcept { return nan_value; }             \
        __device__ static constexpr T denorm_min() noexcept { return denorm_value; }             \
    };
ASC_FLOAT_LIMITS(float, 1.17549435e-38f, 3.40282347e+38f, 1.1920929e-7f, 1.40129846e-45f, 0.5f,
                 __builtin_inff(), __builtin_nanf(""), 24, -125, 128)
ASC_FLOAT_LIMITS(double, 2.2250738585072014e-308, 1.7976931348623157e+308, 2.2204460492503131e-16,
                 4.9406564584124654e-324, 0.5, __builtin_inf(), __builtin_nan(""), 53, -1021, 1024)

} // namespace std

// c10's element types specialise std::numeric_limits; CUDA's own do not, which gives zeros.
