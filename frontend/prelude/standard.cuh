// The parts of the C++ standard library that kernels use, besides types, limits and tuples.
namespace std {

template <typename T> __device__ constexpr remove_reference_t<T> &&move(T &&v) noexcept
{
    return static_cast<remove_reference_t<T> &&>(v);
}
template <typename T> __device__ constexpr T &&forward(remove_reference_t<T> &v) noexcept { return static_cast<T &&>(v); }
template <typename T> __device__ constexpr const T &as_const(T &v) noexcept { return v; }
template <typename T> __device__ constexpr T *addressof(T &v) noexcept { return &v; }
template <typename T> __device__ inline void swap(T &a, T &b) { T t = a; a = b; b = t; }
template <typename T, size_t N> __device__ inline void swap(T (&a)[N], T (&b)[N])
{
    for (size_t i = 0; i < N; ++i)
        swap(a[i], b[i]);
}
template <typename T, typename U = T> __device__ constexpr T exchange(T &v, U &&with) { T old = v; v = with; return old; }

// A braced list of values; it refers to an array that lives as long as the list's first owner.
template <typename T> struct initializer_list {
    const T *_items;
    size_t _size;
    typedef T value_type;
    typedef const T *iterator;
    typedef const T *const_iterator;
    __device__ constexpr initializer_list() : _items(nullptr), _size(0) {}
    __device__ constexpr initializer_list(const T *items, size_t count) : _items(items), _size(count) {}
    __device__ constexpr size_t size() const { return _size; }
    __device__ constexpr const T *begin() const { return _items; }
    __device__ constexpr const T *end() const { return _items + _size; }
};

// ---- <algorithm>
template <typename T> __device__ constexpr const T &min(const T &a, const T &b) { return b < a ? b : a; }
template <typename T> __device__ constexpr const T &max(const T &a, const T &b) { return a < b ? b : a; }
template <typename T, typename Less> __device__ constexpr const T &min(const T &a, const T &b, Less less) { return less(b, a) ? b : a; }
template <typename T, typename Less> __device__ constexpr const T &max(const T &a, const T &b, Less less) { return less(a, b) ? b : a; }
template <typename T> __device__ constexpr T min(initializer_list<T> list)
{
    T best = *list.begin();
    for (const T &item : list)
        if (item < best)
            best = item;
    return best;
}
template <typename T> __device__ constexpr T max(initializer_list<T> list)
{
    T best = *list.begin();
    for (const T &item : list)
        if (best < item)
            best = item;
    return best;
}
template <typename Iterator> __device__ constexpr Iterator max_element(Iterator first, Iterator last)
{
    Iterator best = first;
    for (; first != last; ++first)
        if (*best < *first)
            best = first;
    return best;
}
template <typename Iterator> __device__ constexpr Iterator min_element(Iterator first, Iterator last)
{
    Iterator best = first;
    for (; first != last; ++first)
        if (*first < *best)
            best = first;
    return best;
}
template <typename T> __device__ constexpr const T &clamp(const T &v, const T &lo, const T &hi)
{
    return v < lo ? lo : hi < v ? hi : v;
}
template <typename I, typename T> __device__ constexpr void fill(I first, I last, const T &value)
{
    for (; first != last; ++first)
        *first = value;
}
template <typename I, typename N, typename T> __device__ constexpr I fill_n(I first, N count, const T &value)
{
    for (; count > 0; --count, ++first)
        *first = value;
    return first;
}
template <typename I, typename O> __device__ constexpr O copy(I first, I last, O to)
{
    for (; first != last; ++first, ++to)
        *to = *first;
    return to;
}
template <typename I, typename T> __device__ constexpr T accumulate(I first, I last, T sum)
{
    for (; first != last; ++first)
        sum = sum + *first;
    return sum;
}
template <typename I, typename T> __device__ constexpr I lower_bound(I first, I last, const T &value)
{
    auto count = last - first;
    while (count > 0) {
        auto half = count / 2;
        if (first[half] < value) {
            first += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return first;
}
template <typename I, typename T> __device__ constexpr I upper_bound(I first, I last, const T &value)
{
    auto count = last - first;
    while (count > 0) {
        auto half = count / 2;
        if (!(value < first[half])) {
            first += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return first;
}
template <typename T, size_t N> __device__ constexpr size_t size(const T (&)[N]) { return N; }
template <typename T, size_t N> __device__ constexpr T *begin(T (&a)[N]) { return a; }
template <typename T, size_t N> __device__ constexpr T *end(T (&a)[N]) { return a + N; }

// ---- <array>
template <typename T, unsigned long Size> struct array {
    T _items[Size];
    typedef T value_type;
    typedef size_t size_type;
    typedef T *iterator;
    typedef const T *const_iterator;
    __device__ constexpr T &operator[](unsigned long i) { return _items[i]; }
    __device__ constexpr const T &operator[](unsigned long i) const { return _items[i]; }
    __device__ constexpr T &front() { return _items[0]; }
    __device__ constexpr const T &front() const { return _items[0]; }
    __device__ constexpr T &back() { return _items[Size - 1]; }
    __device__ constexpr const T &back() const { return _items[Size - 1]; }
    __device__ constexpr unsigned long size() const { return Size; }
    __device__ constexpr unsigned long max_size() const { return Size; }
    __device__ constexpr bool empty() const { return Size == 0; }
    __device__ constexpr T *begin() { return _items; }
    __device__ constexpr T *end() { return _items + Size; }
    __device__ constexpr const T *begin() const { return _items; }
    __device__ constexpr const T *end() const { return _items + Size; }
    __device__ constexpr const T *cbegin() const { return _items; }
    __device__ constexpr const T *cend() const { return _items + Size; }
    __device__ constexpr T *data() { return _items; }
    __device__ constexpr const T *data() const { return _items; }
    __device__ constexpr void fill(const T &v)
    {
        for (unsigned long i = 0; i < Size; ++i)
            _items[i] = v;
    }
};
template <typename T> struct array<T, 0> {
    __device__ constexpr unsigned long size() const { return 0; }
    __device__ constexpr bool empty() const { return true; }
    __device__ constexpr T *begin() { return nullptr; }
    __device__ constexpr T *end() { return nullptr; }
    __device__ constexpr T *data() { return nullptr; }
};
template <typename T, unsigned long N> struct tuple_size<array<T, N>> : integral_constant<size_t, N> {};
template <size_t I, typename T, unsigned long N> struct tuple_element<I, array<T, N>> { typedef T type; };
template <size_t I, typename T, unsigned long N> __device__ constexpr T &get(array<T, N> &a) { return a._items[I]; }
template <size_t I, typename T, unsigned long N> __device__ constexpr const T &get(const array<T, N> &a) { return a._items[I]; }
template <typename T, unsigned long N> __device__ constexpr bool operator==(const array<T, N> &a, const array<T, N> &b)
{
    for (unsigned long i = 0; i < N; ++i)
        if (!(a._items[i] == b._items[i]))
            return false;
    return true;
}
template <typename T, unsigned long N> __device__ constexpr bool operator!=(const array<T, N> &a, const array<T, N> &b) { return !(a == b); }

// ---- <functional>; `void` takes whatever its arguments are
#define ASC_FUNCTION(name, result, op)                                                           \
    template <typename T = void> struct name {                                                   \
        __device__ constexpr result operator()(const T &a, const T &b) const { return a op b; }  \
    };                                                                                           \
    template <> struct name<void> {                                                              \
        template <typename A, typename B> __device__ constexpr auto operator()(A &&a, B &&b) const { return a op b; } \
    };
ASC_FUNCTION(plus, T, +)
ASC_FUNCTION(minus, T, -)
ASC_FUNCTION(multiplies, T, *)
ASC_FUNCTION(divides, T, /)
ASC_FUNCTION(modulus, T, %)
ASC_FUNCTION(bit_and, T, &)
ASC_FUNCTION(bit_or, T, |)
ASC_FUNCTION(bit_xor, T, ^)
ASC_FUNCTION(less, bool, <)
ASC_FUNCTION(greater, bool, >)
ASC_FUNCTION(less_equal, bool, <=)
ASC_FUNCTION(greater_equal, bool, >=)
ASC_FUNCTION(equal_to, bool, ==)
ASC_FUNCTION(not_equal_to, bool, !=)
ASC_FUNCTION(logical_and, bool, &&)
ASC_FUNCTION(logical_or, bool, ||)
template <typename T = void> struct negate {
    __device__ constexpr T operator()(const T &a) const { return -a; }
};
template <typename T = void> struct logical_not {
    __device__ constexpr bool operator()(const T &a) const { return !a; }
};
template <typename T = void> struct bit_not {
    __device__ constexpr T operator()(const T &a) const { return ~a; }
};

// ---- <cstddef>
enum class byte : unsigned char {};
template <typename I> __device__ constexpr I to_integer(byte b) { return I(b); }
__device__ constexpr byte operator|(byte a, byte b) { return byte((unsigned int)a | (unsigned int)b); }
__device__ constexpr byte operator&(byte a, byte b) { return byte((unsigned int)a & (unsigned int)b); }
__device__ constexpr byte operator^(byte a, byte b) { return byte((unsigned int)a ^ (unsigned int)b); }
__device__ constexpr byte operator~(byte a) { return byte(~(unsigned int)a); }
template <typename I> __device__ constexpr byte operator<<(byte a, I by) { return byte((unsigned int)a << by); }
template <typename I> __device__ constexpr byte operator>>(byte a, I by) { return byte((unsigned int)a >> by); }
__device__ constexpr byte &operator|=(byte &a, byte b) { return a = a | b; }
__device__ constexpr byte &operator&=(byte &a, byte b) { return a = a & b; }
__device__ constexpr byte &operator^=(byte &a, byte b) { return a = a ^ b; }

template <typename To, typename From> __device__ inline To bit_cast(const From &from)
{
    static_assert(sizeof(To) == sizeof(From), "bit_cast keeps the size");
    To to;
    memcpy(&to, &from, sizeof(To));
    return to;
}

// ---- <optional>
struct nullopt_t {};
constexpr nullopt_t nullopt{};
template <typename T> struct optional {
    T _value;
    bool _has;
    __device__ constexpr optional() : _value(), _has(false) {}
    __device__ constexpr optional(nullopt_t) : _value(), _has(false) {}
    __device__ constexpr optional(const T &v) : _value(v), _has(true) {}
    __device__ constexpr bool has_value() const { return _has; }
    __device__ constexpr explicit operator bool() const { return _has; }
    __device__ constexpr T &operator*() { return _value; }
    __device__ constexpr const T &operator*() const { return _value; }
    __device__ constexpr T *operator->() { return &_value; }
    __device__ constexpr const T *operator->() const { return &_value; }
    __device__ constexpr T &value() { return _value; }
    __device__ constexpr const T &value() const { return _value; }
    template <typename U> __device__ constexpr T value_or(U &&other) const { return _has ? _value : T(other); }
    __device__ constexpr void reset() { _has = false; }
    __device__ constexpr optional &operator=(nullopt_t) { _has = false; return *this; }
    __device__ constexpr optional &operator=(const T &v) { _value = v; _has = true; return *this; }
};

} // namespace std

namespace cuda {
namespace std { using namespace ::std; }

// ---- <cuda/functional>, <cuda/cmath>
template <typename T = void> struct maximum {
    __device__ constexpr T operator()(const T &a, const T &b) const { return a < b ? b : a; }
};
template <> struct maximum<void> {
    template <typename T> __device__ constexpr T operator()(const T &a, const T &b) const { return a < b ? b : a; }
};
template <typename T = void> struct minimum {
    __device__ constexpr T operator()(const T &a, const T &b) const { return b < a ? b : a; }
};
template <> struct minimum<void> {
    template <typename T> __device__ constexpr T operator()(const T &a, const T &b) const { return b < a ? b : a; }
};
template <typename T, typename U> __device__ constexpr T ceil_div(T a, U b) { return a / b + (a % b != 0); }
} // namespace cuda

__device__ inline void *__builtin_assume_aligned(const void *p, size_t) { return const_cast<void *>(p); }
