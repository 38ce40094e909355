// Views of a tensor that kernels take by value: a pointer with sizes and strides.
namespace at {
template <typename T> struct DefaultPtrTraits { typedef T *PtrType; };
template <typename T> struct RestrictPtrTraits { typedef T *__restrict__ PtrType; };

template <typename T, size_t N, template <typename U> class PtrTraits = DefaultPtrTraits, typename index_t = long>
class TensorAccessor {
public:
    typedef T *PtrType;
    __device__ TensorAccessor(PtrType data, const index_t *sizes, const index_t *strides)
        : data_(data), sizes_(sizes), strides_(strides) {}
    __device__ index_t stride(index_t i) const { return strides_[i]; }
    __device__ index_t size(index_t i) const { return sizes_[i]; }
    __device__ PtrType data() { return data_; }
    __device__ const PtrType data() const { return data_; }
    __device__ TensorAccessor<T, N - 1, PtrTraits, index_t> operator[](index_t i) const
    {
        return TensorAccessor<T, N - 1, PtrTraits, index_t>(data_ + strides_[0] * i, sizes_ + 1, strides_ + 1);
    }
protected:
    PtrType data_;
    const index_t *sizes_;
    const index_t *strides_;
};
template <typename T, template <typename U> class PtrTraits, typename index_t>
class TensorAccessor<T, 1, PtrTraits, index_t> {
public:
    typedef T *PtrType;
    __device__ TensorAccessor(PtrType data, const index_t *sizes, const index_t *strides)
        : data_(data), sizes_(sizes), strides_(strides) {}
    __device__ index_t stride(index_t i) const { return strides_[i]; }
    __device__ index_t size(index_t i) const { return sizes_[i]; }
    __device__ PtrType data() { return data_; }
    __device__ const PtrType data() const { return data_; }
    __device__ T &operator[](index_t i) const { return data_[strides_[0] * i]; }
protected:
    PtrType data_;
    const index_t *sizes_;
    const index_t *strides_;
};

template <typename T, size_t N, template <typename U> class PtrTraits = DefaultPtrTraits, typename index_t = long>
class GenericPackedTensorAccessor {
public:
    typedef T *PtrType;
    __device__ GenericPackedTensorAccessor(PtrType data, const index_t *sizes, const index_t *strides) : data_(data)
    {
        for (int i = 0; i < N; ++i) {
            sizes_[i] = sizes[i];
            strides_[i] = strides[i];
        }
    }
    __device__ index_t stride(index_t i) const { return strides_[i]; }
    __device__ index_t size(index_t i) const { return sizes_[i]; }
    __device__ PtrType data() { return data_; }
    __device__ const PtrType data() const { return data_; }
    __device__ TensorAccessor<T, N - 1, PtrTraits, index_t> operator[](index_t i) const
    {
        return TensorAccessor<T, N - 1, PtrTraits, index_t>(data_ + strides_[0] * i, sizes_ + 1, strides_ + 1);
    }
protected:
    PtrType data_;
    index_t sizes_[N];
    index_t strides_[N];
};
template <typename T, template <typename U> class PtrTraits, typename index_t>
class GenericPackedTensorAccessor<T, 1, PtrTraits, index_t> {
public:
    typedef T *PtrType;
    __device__ GenericPackedTensorAccessor(PtrType data, const index_t *sizes, const index_t *strides) : data_(data)
    {
        sizes_[0] = sizes[0];
        strides_[0] = strides[0];
    }
    __device__ index_t stride(index_t i) const { return strides_[i]; }
    __device__ index_t size(index_t i) const { return sizes_[i]; }
    __device__ PtrType data() { return data_; }
    __device__ const PtrType data() const { return data_; }
    __device__ T &operator[](index_t i) const { return data_[strides_[0] * i]; }
protected:
    PtrType data_;
    index_t sizes_[1];
    index_t strides_[1];
};
template <typename T, size_t N, template <typename U> class PtrTraits = DefaultPtrTraits>
using PackedTensorAccessor32 = GenericPackedTensorAccessor<T, N, PtrTraits, int>;
template <typename T, size_t N, template <typename U> class PtrTraits = DefaultPtrTraits>
using PackedTensorAccessor64 = GenericPackedTensorAccessor<T, N, PtrTraits, long>;
template <typename T, size_t N, template <typename U> class PtrTraits = DefaultPtrTraits, typename index_t = long>
using PackedTensorAccessor = GenericPackedTensorAccessor<T, N, PtrTraits, index_t>;
}
