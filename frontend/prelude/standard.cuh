// The parts of the C++ standard library that kernels use.
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

namespace std {

template <typename T> __device__ constexpr const T &min(const T &a, const T &b) { return b < a ? b : a; }
template <typename T> __device__ constexpr const T &max(const T &a, const T &b) { return a < b ? b : a; }
template <typename T> __device__ constexpr const T &clamp(const T &v, const T &lo, const T &hi)
{
    return v < lo ? lo : hi < v ? hi : v;
}
template <typename T> __device__ inline void swap(T &a, T &b) { T t = a; a = b; b = t; }

template <typename T, T Value> struct integral_constant {
    static constexpr T value = Value;
    typedef T value_type;
    __device__ constexpr operator T() const { return Value; }
};
typedef integral_constant<bool, true> true_type;
typedef integral_constant<bool, false> false_type;
template <bool Value> using bool_constant = integral_constant<bool, Value>;

template <typename A, typename B> struct is_same : false_type {};
template <typename A> struct is_same<A, A> : true_type {};
template <typename A, typename B> constexpr bool is_same_v = is_same<A, B>::value;

template <bool Condition, typename A, typename B> struct conditional { typedef A type; };
template <typename A, typename B> struct conditional<false, A, B> { typedef B type; };
template <bool Condition, typename A, typename B>
using conditional_t = typename conditional<Condition, A, B>::type;

template <size_t Length, size_t Align = 8> struct aligned_storage {
    struct type {
        alignas(Align) unsigned char data[Length];
    };
};
template <size_t Length, size_t Align = 8>
using aligned_storage_t = typename aligned_storage<Length, Align>::type;

template <bool Condition, typename T = void> struct enable_if {};
template <typename T> struct enable_if<true, T> { typedef T type; };
template <bool Condition, typename T = void>
using enable_if_t = typename enable_if<Condition, T>::type;

template <typename T> struct remove_const { typedef T type; };
template <typename T> struct remove_const<const T> { typedef T type; };
template <typename T> using remove_const_t = typename remove_const<T>::type;
template <typename T> struct remove_reference { typedef T type; };
template <typename T> struct remove_reference<T &> { typedef T type; };
template <typename T> struct remove_reference<T &&> { typedef T type; };
template <typename T> using remove_reference_t = typename remove_reference<T>::type;
template <typename T> struct remove_cv { typedef typename remove_const<T>::type type; };
template <typename T> using remove_cv_t = typename remove_cv<T>::type;
template <typename T> struct remove_pointer { typedef T type; };
template <typename T> struct remove_pointer<T *> { typedef T type; };
template <typename T> using remove_pointer_t = typename remove_pointer<T>::type;
template <typename T> struct decay { typedef remove_const_t<remove_reference_t<T>> type; };
template <typename T> using decay_t = typename decay<T>::type;

template <typename T> struct is_floating_point : false_type {};
template <> struct is_floating_point<float> : true_type {};
template <> struct is_floating_point<double> : true_type {};
template <typename T> constexpr bool is_floating_point_v = is_floating_point<T>::value;
template <typename T> struct is_integral : false_type {};
template <> struct is_integral<bool> : true_type {};
template <> struct is_integral<char> : true_type {};
template <> struct is_integral<signed char> : true_type {};
template <> struct is_integral<unsigned char> : true_type {};
template <> struct is_integral<short> : true_type {};
template <> struct is_integral<unsigned short> : true_type {};
template <> struct is_integral<int> : true_type {};
template <> struct is_integral<unsigned int> : true_type {};
template <> struct is_integral<long> : true_type {};
template <> struct is_integral<unsigned long> : true_type {};
template <> struct is_integral<long long> : true_type {};
template <> struct is_integral<unsigned long long> : true_type {};
template <typename T> constexpr bool is_integral_v = is_integral<T>::value;
template <typename T> struct is_pointer : false_type {};
template <typename T> struct is_pointer<T *> : true_type {};
template <typename T> struct is_unsigned : bool_constant<is_integral<T>::value && (T(0) < T(-1))> {};

template <typename T> __device__ constexpr remove_reference_t<T> &&move(T &&v)
{
    return static_cast<remove_reference_t<T> &&>(v);
}
template <typename T> __device__ constexpr T &&forward(remove_reference_t<T> &v)
{
    return static_cast<T &&>(v);
}

template <typename A, typename B> struct pair {
    A first;
    B second;
    __device__ constexpr pair() : first(), second() {}
    __device__ constexpr pair(const A &a, const B &b) : first(a), second(b) {}
};
template <typename A, typename B> __device__ constexpr pair<A, B> make_pair(A a, B b)
{
    return pair<A, B>(a, b);
}

template <typename T, unsigned long Size> struct array {
    T _items[Size];
    __device__ constexpr T &operator[](unsigned long i) { return _items[i]; }
    __device__ constexpr const T &operator[](unsigned long i) const { return _items[i]; }
    __device__ constexpr unsigned long size() const { return Size; }
    __device__ constexpr T *begin() { return _items; }
    __device__ constexpr T *end() { return _items + Size; }
    __device__ constexpr const T *begin() const { return _items; }
    __device__ constexpr const T *end() const { return _items + Size; }
    __device__ constexpr T *data() { return _items; }
    __device__ void fill(const T &v)
    {
        for (unsigned long i = 0; i < Size; ++i)
            _items[i] = v;
    }
};

template <typename T> struct numeric_limits;
#define ASC_INTEGER_LIMITS(T, lowest_value, max_value, digit_count)                              \
    template <> struct numeric_limits<T> {                                                       \
        static constexpr bool is_integer = true;                                                 \
        static constexpr int digits = digit_count;                                               \
        __device__ static constexpr T min() { return lowest_value; }                             \
        __device__ static constexpr T lowest() { return lowest_value; }                          \
        __device__ static constexpr T max() { return max_value; }                                \
    };
ASC_INTEGER_LIMITS(char, -128, 127, 7)
ASC_INTEGER_LIMITS(signed char, -128, 127, 7)
ASC_INTEGER_LIMITS(unsigned char, 0, 255, 8)
ASC_INTEGER_LIMITS(short, -32768, 32767, 15)
ASC_INTEGER_LIMITS(unsigned short, 0, 65535, 16)
ASC_INTEGER_LIMITS(int, -2147483647 - 1, 2147483647, 31)
ASC_INTEGER_LIMITS(unsigned int, 0u, 4294967295u, 32)
ASC_INTEGER_LIMITS(long, -9223372036854775807l - 1, 9223372036854775807l, 63)
ASC_INTEGER_LIMITS(unsigned long, 0ul, 18446744073709551615ul, 64)
ASC_INTEGER_LIMITS(long long, -9223372036854775807ll - 1, 9223372036854775807ll, 63)
ASC_INTEGER_LIMITS(unsigned long long, 0ull, 18446744073709551615ull, 64)
#define ASC_FLOAT_LIMITS(T, min_value, max_value, epsilon_value, digit_count)                    \
    template <> struct numeric_limits<T> {                                                       \
        static constexpr bool is_integer = false;                                                \
        static constexpr bool has_infinity = true;                                               \
        static constexpr int digits = digit_count;                                               \
        __device__ static constexpr T min() { return min_value; }                                \
        __device__ static constexpr T lowest() { return -(max_value); }                          \
        __device__ static constexpr T max() { return max_value; }                                \
        __device__ static constexpr T epsilon() { return epsilon_value; }                        \
        __device__ static constexpr T infinity() { return T(__builtin_inff()); }                 \
        __device__ static constexpr T quiet_NaN() { return T(__builtin_nanf("")); }              \
    };
ASC_FLOAT_LIMITS(float, 1.17549435e-38f, 3.40282347e+38f, 1.1920929e-7f, 24)
ASC_FLOAT_LIMITS(double, 2.2250738585072014e-308, 1.7976931348623157e+308, 2.2204460492503131e-16, 53)

template <typename T> struct plus {
    __device__ constexpr T operator()(const T &a, const T &b) const { return a + b; }
};
template <typename T> struct multiplies {
    __device__ constexpr T operator()(const T &a, const T &b) const { return a * b; }
};
template <typename T> struct less {
    __device__ constexpr bool operator()(const T &a, const T &b) const { return a < b; }
};
template <typename T> struct greater {
    __device__ constexpr bool operator()(const T &a, const T &b) const { return a > b; }
};

} // namespace std

namespace cuda { namespace std { using namespace ::std; } }

__device__ inline void *__builtin_assume_aligned(const void *p, size_t) { return const_cast<void *>(p); }
