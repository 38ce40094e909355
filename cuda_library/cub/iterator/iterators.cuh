// Iterators that make their values up, or change them on the way.
#pragma once

#include <cub/thread/thread_load.cuh>

namespace cub {

template <typename ValueType, typename OffsetT = long> class CountingInputIterator {
    ValueType value;

public:
    typedef ValueType value_type;
    typedef OffsetT difference_type;
    __host__ __device__ CountingInputIterator(const ValueType &value) : value(value) {}
    __host__ __device__ ValueType operator*() const { return value; }
    template <typename Distance> __host__ __device__ ValueType operator[](Distance n) const
    {
        return value + ValueType(n);
    }
    template <typename Distance> __host__ __device__ CountingInputIterator operator+(Distance n) const
    {
        return CountingInputIterator(value + ValueType(n));
    }
    __host__ __device__ CountingInputIterator &operator++()
    {
        ++value;
        return *this;
    }
};

template <typename ValueType, typename OffsetT = long> class ConstantInputIterator {
    ValueType value;

public:
    typedef ValueType value_type;
    typedef OffsetT difference_type;
    __host__ __device__ ConstantInputIterator(ValueType value, OffsetT = 0) : value(value) {}
    __host__ __device__ ValueType operator*() const { return value; }
    template <typename Distance> __host__ __device__ ValueType operator[](Distance) const
    {
        return value;
    }
    template <typename Distance> __host__ __device__ ConstantInputIterator operator+(Distance) const
    {
        return *this;
    }
};

template <typename ValueType, typename ConversionOp, typename InputIteratorT, typename OffsetT = long>
class TransformInputIterator {
    InputIteratorT input_itr;
    ConversionOp conversion_op;

public:
    typedef ValueType value_type;
    typedef OffsetT difference_type;
    __host__ __device__ TransformInputIterator(InputIteratorT input_itr, ConversionOp conversion_op)
        : input_itr(input_itr), conversion_op(conversion_op)
    {
    }
    __host__ __device__ ValueType operator*() const { return conversion_op(*input_itr); }
    template <typename Distance> __host__ __device__ ValueType operator[](Distance n) const
    {
        return conversion_op(input_itr[n]);
    }
    template <typename Distance>
    __host__ __device__ TransformInputIterator operator+(Distance n) const
    {
        return TransformInputIterator(input_itr + n, conversion_op);
    }
};

template <CacheLoadModifier MODIFIER, typename ValueType, typename OffsetT = long>
class CacheModifiedInputIterator {
    const ValueType *ptr;

public:
    typedef ValueType value_type;
    typedef OffsetT difference_type;
    __host__ __device__ CacheModifiedInputIterator(const ValueType *ptr) : ptr(ptr) {}
    __device__ ValueType operator*() const { return *ptr; }
    template <typename Distance> __device__ ValueType operator[](Distance n) const { return ptr[n]; }
    template <typename Distance>
    __host__ __device__ CacheModifiedInputIterator operator+(Distance n) const
    {
        return CacheModifiedInputIterator(ptr + n);
    }
};

// Pairs of an item's index and its value.
template <typename InputIteratorT, typename OffsetT, typename OutputValueT>
class ArgIndexInputIterator {
    InputIteratorT itr;
    OffsetT offset;

public:
    typedef KeyValuePair<OffsetT, OutputValueT> value_type;
    typedef OffsetT difference_type;
    __host__ __device__ ArgIndexInputIterator(InputIteratorT itr, OffsetT offset = 0)
        : itr(itr), offset(offset)
    {
    }
    __host__ __device__ value_type operator*() const { return value_type(offset, itr[offset]); }
    template <typename Distance> __host__ __device__ value_type operator[](Distance n) const
    {
        return value_type(offset + n, itr[offset + n]);
    }
    template <typename Distance> __host__ __device__ ArgIndexInputIterator operator+(Distance n) const
    {
        return ArgIndexInputIterator(itr, offset + n);
    }
};

} // namespace cub
