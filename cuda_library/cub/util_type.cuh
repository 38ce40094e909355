// Small types that the primitives share: what a key is made of, a pair, storage without
// constructors.
#pragma once

#include <cub/version.cuh>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#define CUB_MAX(a, b) (((b) > (a)) ? (b) : (a))
#define CUB_MIN(a, b) (((b) < (a)) ? (b) : (a))
#define CUB_PTX_WARP_THREADS 32
#define CUB_PTX_LOG_WARP_THREADS 5
#define CUB_WARP_THREADS(arch) 32
#define CUB_LOG_WARP_THREADS(arch) 5
#define CUB_NS_QUALIFIER ::cub
#define CUB_NAMESPACE_BEGIN namespace cub {
#define CUB_NAMESPACE_END }
#define CUB_STATIC_ASSERT(condition, message) static_assert(condition, message)
#define CUB_RUNTIME_FUNCTION __host__ __device__

namespace cub {

struct NullType {};

template <int A> struct Int2Type {
    static constexpr int VALUE = A;
};

template <int N, int CURRENT = N, int COUNT = 0> struct Log2 {
    static constexpr int VALUE = Log2<N, (CURRENT >> 1), COUNT + 1>::VALUE;
};
template <int N, int COUNT> struct Log2<N, 0, COUNT> {
    static constexpr int VALUE = (1 << (COUNT - 1) < N) ? COUNT : COUNT - 1;
};
template <int N> struct PowerOfTwo {
    static constexpr bool VALUE = (N & (N - 1)) == 0;
};

template <typename A, typename B> struct Equals {
    static constexpr int VALUE = 0;
};
template <typename A> struct Equals<A, A> {
    static constexpr int VALUE = 1;
};

// Memory for a T whose constructor does not run, as shared memory needs it.
template <typename T> struct Uninitialized {
    alignas(T) unsigned char storage[sizeof(T)];
    __host__ __device__ T &Alias() { return reinterpret_cast<T &>(*this); }
};

template <typename KeyT, typename ValueT> struct KeyValuePair {
    typedef KeyT Key;
    typedef ValueT Value;
    Key key;
    Value value;
    KeyValuePair() = default;
    __host__ __device__ KeyValuePair(const Key &key, const Value &value) : key(key), value(value) {}
    __host__ __device__ bool operator!=(const KeyValuePair &other) const
    {
        return value != other.value || key != other.key;
    }
};

enum Category { NOT_A_NUMBER, SIGNED_INTEGER, UNSIGNED_INTEGER, FLOATING_POINT };

// Bits of a key as an unsigned number of the same order.
template <Category CATEGORY_, bool PRIMITIVE_, typename UnsignedBits_> struct BaseTraits {
    typedef UnsignedBits_ UnsignedBits;
    static constexpr Category CATEGORY = CATEGORY_;
    static constexpr bool PRIMITIVE = PRIMITIVE_;
    static constexpr bool NULL_TYPE = false;
    static constexpr UnsignedBits HIGH_BIT = UnsignedBits(UnsignedBits(1) << (sizeof(UnsignedBits) * 8 - 1));
    __host__ __device__ static UnsignedBits TwiddleIn(UnsignedBits bits)
    {
        if constexpr (CATEGORY_ == UNSIGNED_INTEGER)
            return bits;
        else if constexpr (CATEGORY_ == SIGNED_INTEGER)
            return UnsignedBits(bits ^ HIGH_BIT);
        else
            return UnsignedBits((bits & HIGH_BIT) ? ~bits : bits ^ HIGH_BIT);
    }
    __host__ __device__ static UnsignedBits TwiddleOut(UnsignedBits bits)
    {
        if constexpr (CATEGORY_ == UNSIGNED_INTEGER)
            return bits;
        else if constexpr (CATEGORY_ == SIGNED_INTEGER)
            return UnsignedBits(bits ^ HIGH_BIT);
        else
            return UnsignedBits((bits & HIGH_BIT) ? bits ^ HIGH_BIT : ~bits);
    }
};
template <typename T> struct NumericTraits {
    static constexpr Category CATEGORY = NOT_A_NUMBER;
    static constexpr bool PRIMITIVE = false;
    static constexpr bool NULL_TYPE = false;
};
template <> struct NumericTraits<NullType> {
    static constexpr Category CATEGORY = NOT_A_NUMBER;
    static constexpr bool PRIMITIVE = false;
    static constexpr bool NULL_TYPE = true;
};
template <> struct NumericTraits<char> : BaseTraits<SIGNED_INTEGER, true, unsigned char> {};
template <> struct NumericTraits<signed char> : BaseTraits<SIGNED_INTEGER, true, unsigned char> {};
template <> struct NumericTraits<short> : BaseTraits<SIGNED_INTEGER, true, unsigned short> {};
template <> struct NumericTraits<int> : BaseTraits<SIGNED_INTEGER, true, unsigned int> {};
template <> struct NumericTraits<long> : BaseTraits<SIGNED_INTEGER, true, unsigned long> {};
template <> struct NumericTraits<long long> : BaseTraits<SIGNED_INTEGER, true, unsigned long long> {};
template <> struct NumericTraits<bool> : BaseTraits<UNSIGNED_INTEGER, true, unsigned char> {};
template <> struct NumericTraits<unsigned char> : BaseTraits<UNSIGNED_INTEGER, true, unsigned char> {};
template <> struct NumericTraits<unsigned short> : BaseTraits<UNSIGNED_INTEGER, true, unsigned short> {};
template <> struct NumericTraits<unsigned int> : BaseTraits<UNSIGNED_INTEGER, true, unsigned int> {};
template <> struct NumericTraits<unsigned long> : BaseTraits<UNSIGNED_INTEGER, true, unsigned long> {};
template <> struct NumericTraits<unsigned long long>
    : BaseTraits<UNSIGNED_INTEGER, true, unsigned long long> {};
template <> struct NumericTraits<float> : BaseTraits<FLOATING_POINT, true, unsigned int> {};
template <> struct NumericTraits<double> : BaseTraits<FLOATING_POINT, true, unsigned long long> {};
template <> struct NumericTraits<__half> : BaseTraits<FLOATING_POINT, true, unsigned short> {};
template <> struct NumericTraits<__nv_bfloat16> : BaseTraits<FLOATING_POINT, true, unsigned short> {};
template <typename T> struct Traits : NumericTraits<T> {};
template <typename T> struct Traits<const T> : NumericTraits<T> {};

// Two buffers of which one is current: what host algorithms that need a second buffer take.
template <typename T> struct DoubleBuffer {
    T *d_buffers[2];
    int selector;
    __host__ __device__ DoubleBuffer() : d_buffers{nullptr, nullptr}, selector(0) {}
    __host__ __device__ DoubleBuffer(T *current, T *alternate)
        : d_buffers{current, alternate}, selector(0)
    {
    }
    __host__ __device__ T *Current() { return d_buffers[selector]; }
    __host__ __device__ T *Alternate() { return d_buffers[selector ^ 1]; }
};

} // namespace cub
