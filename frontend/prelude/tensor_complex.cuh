// PyTorch's complex numbers.
namespace c10 {
template <typename T> struct alignas(sizeof(T) * 2) complex {
    using value_type = T;
    T real_ = T(0);
    T imag_ = T(0);
    constexpr complex() = default;
    __device__ constexpr complex(const T &re, const T &im = T()) : real_(re), imag_(im) {}
    template <typename U>
    __device__ explicit constexpr complex(const complex<U> &other) : real_(other.real_), imag_(other.imag_) {}
    __device__ constexpr T real() const { return real_; }
    __device__ constexpr T imag() const { return imag_; }
    __device__ constexpr void real(T value) { real_ = value; }
    __device__ constexpr void imag(T value) { imag_ = value; }
    __device__ constexpr complex<T> &operator=(T re)
    {
        real_ = re;
        imag_ = 0;
        return *this;
    }
    __device__ constexpr complex<T> &operator+=(T re) { real_ += re; return *this; }
    __device__ constexpr complex<T> &operator-=(T re) { real_ -= re; return *this; }
    __device__ constexpr complex<T> &operator*=(T re) { real_ *= re; imag_ *= re; return *this; }
    __device__ constexpr complex<T> &operator/=(T re) { real_ /= re; imag_ /= re; return *this; }
    template <typename U> __device__ constexpr complex<T> &operator+=(const complex<U> &other)
    {
        real_ += other.real();
        imag_ += other.imag();
        return *this;
    }
    template <typename U> __device__ constexpr complex<T> &operator-=(const complex<U> &other)
    {
        real_ -= other.real();
        imag_ -= other.imag();
        return *this;
    }
    template <typename U> __device__ constexpr complex<T> &operator*=(const complex<U> &other)
    {
        T a = real_, b = imag_;
        U c = other.real(), d = other.imag();
        real_ = a * c - b * d;
        imag_ = a * d + b * c;
        return *this;
    }
    template <typename U> __device__ constexpr complex<T> &operator/=(const complex<U> &other)
    {
        U a = real_, b = imag_, c = other.real(), d = other.imag();
        if (::fabs(c) >= ::fabs(d)) {
            if (::fabs(c) == U(0) && ::fabs(d) == U(0)) {
                real_ = a / ::fabs(c);
                imag_ = b / ::fabs(d);
                return *this;
            }
            U ratio = d / c, scale = U(1.0) / (c + d * ratio);
            real_ = (a + b * ratio) * scale;
            imag_ = (b - a * ratio) * scale;
        } else {
            U ratio = c / d, scale = U(1.0) / (c * ratio + d);
            real_ = (a * ratio + b) * scale;
            imag_ = (b * ratio - a) * scale;
        }
        return *this;
    }
};
#define ASC_COMPLEX_OPERATOR(op)                                                                 \
    template <typename T>                                                                        \
    __device__ constexpr complex<T> operator op(const complex<T> &a, const complex<T> &b)        \
    {                                                                                            \
        complex<T> result = a;                                                                   \
        return result op##= b;                                                                   \
    }                                                                                            \
    template <typename T> __device__ constexpr complex<T> operator op(const complex<T> &a, const T &b) \
    {                                                                                            \
        complex<T> result = a;                                                                   \
        return result op##= b;                                                                   \
    }                                                                                            \
    template <typename T> __device__ constexpr complex<T> operator op(const T &a, const complex<T> &b) \
    {                                                                                            \
        complex<T> result(a);                                                                    \
        return result op##= b;                                                                   \
    }
ASC_COMPLEX_OPERATOR(+)
ASC_COMPLEX_OPERATOR(-)
ASC_COMPLEX_OPERATOR(*)
ASC_COMPLEX_OPERATOR(/)
template <typename T> __device__ constexpr complex<T> operator+(const complex<T> &a) { return a; }
template <typename T> __device__ constexpr complex<T> operator-(const complex<T> &a)
{
    return complex<T>(-a.real(), -a.imag());
}
template <typename T> __device__ constexpr bool operator==(const complex<T> &a, const complex<T> &b)
{
    return a.real() == b.real() && a.imag() == b.imag();
}
template <typename T> __device__ constexpr bool operator!=(const complex<T> &a, const complex<T> &b) { return !(a == b); }
}
namespace std {
template <typename T> __device__ constexpr T real(const c10::complex<T> &z) { return z.real(); }
template <typename T> __device__ constexpr T imag(const c10::complex<T> &z) { return z.imag(); }
template <typename T> __device__ constexpr c10::complex<T> conj(const c10::complex<T> &z)
{
    return c10::complex<T>(z.real(), -z.imag());
}
}
