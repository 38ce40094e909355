// A strided tensor in device memory, which here is memory of the host. Element-wise functions work
// in double (integers of 64 bits in int64_t), element by element.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>

#include "device.h"
#include "scalar_type.h"

namespace c10 {
// Device memory that is freed with its last owner.
class DataPtr {
 public:
  DataPtr() = default;
  explicit DataPtr(size_t bytes) {
    void *memory = nullptr;
    check_cuda(cudaMalloc(&memory, bytes ? bytes : 1));
    memory_ = std::shared_ptr<void>(memory, [](void *p) { cudaFree(p); });
  }
  DataPtr(void *borrowed, std::nullptr_t) : memory_(borrowed, [](void *) {}) {}
  void *get() const { return memory_.get(); }
  void *mutable_get() const { return memory_.get(); }
  operator bool() const { return memory_ != nullptr; }

 private:
  std::shared_ptr<void> memory_;
};
using Storage = DataPtr;
}  // namespace c10

namespace at {

struct DeprecatedTypeProperties {
  ScalarType type;
  ScalarType scalarType() const { return type; }
  bool is_cuda() const { return true; }
  bool is_sparse() const { return false; }
  std::string toString() const { return std::string("CUDA") + c10::toString(type) + "Type"; }
  operator ScalarType() const { return type; }
  operator TensorOptions() const { return TensorOptions(type).device(kCUDA); }
  bool operator==(const DeprecatedTypeProperties &other) const { return type == other.type; }
  bool operator!=(const DeprecatedTypeProperties &other) const { return type != other.type; }
};

namespace indexing {
struct NoneType {};
constexpr NoneType None;
struct Slice {
  int64_t start = 0, stop = INT64_MAX, step = 1;
  Slice() = default;
  Slice(std::optional<int64_t> first, std::optional<int64_t> last = std::nullopt, int64_t by = 1)
      : start(first.value_or(0)), stop(last.value_or(INT64_MAX)), step(by) {}
  Slice(NoneType, std::optional<int64_t> last, int64_t by = 1) : Slice(0, last, by) {}
};
struct EllipsisIndexType {};
constexpr EllipsisIndexType Ellipsis;
struct TensorIndex;
}  // namespace indexing

class Tensor {
 public:
  Tensor() = default;
  Tensor(c10::Storage storage, std::vector<int64_t> sizes, std::vector<int64_t> strides,
         ScalarType type, int64_t offset = 0, Device device = Device(kCUDA, 0))
      : parts_(std::make_shared<Parts>(Parts{std::move(storage), offset, std::move(sizes),
                                             std::move(strides), type, device})) {}

  // ---- questions
  bool defined() const { return parts_ != nullptr; }
  bool has_storage() const { return defined(); }
  int64_t dim() const { return static_cast<int64_t>(parts().sizes.size()); }
  int64_t ndimension() const { return dim(); }
  IntArrayRef sizes() const { return parts().sizes; }
  IntArrayRef strides() const { return parts().strides; }
  int64_t size(int64_t d) const { return parts().sizes[wrapped(d)]; }
  int64_t stride(int64_t d) const { return parts().strides[wrapped(d)]; }
  int64_t numel() const { return c10::multiply_integers(parts().sizes); }
  int64_t storage_offset() const { return parts().offset; }
  ScalarType scalar_type() const { return parts().type; }
  caffe2::TypeMeta dtype() const { return parts().type; }
  DeprecatedTypeProperties type() const { return {parts().type}; }
  DeprecatedTypeProperties options_type() const { return type(); }
  Device device() const { return parts().device; }
  int64_t get_device() const { return is_cuda() ? 0 : -1; }
  bool is_cuda() const { return parts().device.is_cuda(); }
  bool is_cpu() const { return !is_cuda(); }
  bool is_sparse() const { return false; }
  bool is_floating_point() const { return isFloatingType(scalar_type()); }
  bool is_complex() const { return isComplexType(scalar_type()); }
  bool requires_grad() const { return false; }
  Layout layout() const { return kStrided; }
  size_t element_size() const { return elementSize(scalar_type()); }
  size_t itemsize() const { return element_size(); }
  size_t nbytes() const { return element_size() * static_cast<size_t>(numel()); }
  TensorOptions options() const { return TensorOptions(scalar_type()).device(device()); }
  const c10::Storage &storage() const { return parts().storage; }
  bool is_same(const Tensor &other) const { return parts_ == other.parts_; }
  bool is_contiguous(MemoryFormat format = MemoryFormat::Contiguous) const {
    const std::vector<int64_t> wanted = dense_strides(parts().sizes, format);
    for (int64_t d = 0; d < dim(); ++d) {
      if (size(d) != 1 && stride(d) != wanted[d]) return numel() == 0;
    }
    return true;
  }
  bool is_non_overlapping_and_dense() const {
    std::vector<int64_t> order(dim());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](int64_t a, int64_t b) { return stride(a) < stride(b); });
    int64_t expected = 1;
    for (int64_t d : order) {
      if (size(d) == 1) continue;
      if (stride(d) != expected) return false;
      expected *= size(d);
    }
    return true;
  }
  MemoryFormat suggest_memory_format(bool = false) const {
    if (!is_contiguous() && dim() == 4 && is_contiguous(MemoryFormat::ChannelsLast)) {
      return MemoryFormat::ChannelsLast;
    }
    return MemoryFormat::Contiguous;
  }
  static std::vector<int64_t> dense_strides(const std::vector<int64_t> &sizes,
                                            MemoryFormat format = MemoryFormat::Contiguous) {
    const int64_t count = static_cast<int64_t>(sizes.size());
    std::vector<int64_t> order(count), strides(count);
    std::iota(order.begin(), order.end(), 0);
    const bool is_last = (format == MemoryFormat::ChannelsLast && count == 4) ||
                         (format == MemoryFormat::ChannelsLast3d && count == 5);
    if (is_last) std::rotate(order.begin() + 1, order.begin() + 2, order.end());
    int64_t stride = 1;
    for (int64_t at = count - 1; at >= 0; --at) {
      strides[order[at]] = stride;
      stride *= std::max<int64_t>(sizes[order[at]], 1);
    }
    return strides;
  }

  // ---- memory
  void *data_ptr() const {
    if (!defined()) return nullptr;
    return static_cast<char *>(parts().storage.get()) + parts().offset * element_size();
  }
  void *mutable_data_ptr() const { return data_ptr(); }
  const void *const_data_ptr() const { return data_ptr(); }
  template <class T>
  T *data_ptr() const {
    return static_cast<T *>(data_ptr());
  }
  template <class T>
  T *mutable_data_ptr() const {
    return data_ptr<T>();
  }
  template <class T>
  const T *const_data_ptr() const {
    return data_ptr<T>();
  }
  template <class T>
  T *data() const {
    return data_ptr<T>();
  }
  Tensor data() const { return *this; }
  Tensor detach() const { return *this; }
  Tensor alias() const { return *this; }
  Tensor variable_data() const { return *this; }
  const Tensor &set_requires_grad(bool) const { return *this; }
  template <class T>
  T item() const {
    return item().to<T>();
  }
  Scalar item() const;
  template <class T, size_t N>
  TensorAccessor<T, N> accessor() const {
    TORCH_CHECK(dim() == int64_t(N), "an accessor of another number of dimensions");
    return TensorAccessor<T, N>(data_ptr<T>(), sizes().data(), strides().data());
  }
  template <class T, size_t N, template <class U> class Traits = DefaultPtrTraits>
  PackedTensorAccessor32<T, N, Traits> packed_accessor32() const {
    TORCH_CHECK(dim() == int64_t(N), "an accessor of another number of dimensions");
    return PackedTensorAccessor32<T, N, Traits>(data_ptr<T>(), sizes().data(), strides().data());
  }
  template <class T, size_t N, template <class U> class Traits = DefaultPtrTraits>
  PackedTensorAccessor64<T, N, Traits> packed_accessor64() const {
    TORCH_CHECK(dim() == int64_t(N), "an accessor of another number of dimensions");
    return PackedTensorAccessor64<T, N, Traits>(data_ptr<T>(), sizes().data(), strides().data());
  }
  template <class T, size_t N, template <class U> class Traits = DefaultPtrTraits,
            class Index = int64_t>
  PackedTensorAccessor<T, N, Traits, Index> packed_accessor() const {
    TORCH_CHECK(dim() == int64_t(N), "an accessor of another number of dimensions");
    return PackedTensorAccessor<T, N, Traits, Index>(data_ptr<T>(), sizes().data(),
                                                     strides().data());
  }
  template <class T, size_t N, template <class U> class Traits = DefaultPtrTraits,
            class Index = int64_t>
  PackedTensorAccessor<T, N, Traits, Index> generic_packed_accessor() const {
    return packed_accessor<T, N, Traits, Index>();
  }

  // ---- views
  Tensor as_strided(std::vector<int64_t> sizes, std::vector<int64_t> strides,
                    int64_t offset) const {
    return Tensor(parts().storage, std::move(sizes), std::move(strides), scalar_type(), offset,
                  device());
  }
  Tensor as_strided(IntArrayRef sizes, IntArrayRef strides) const {
    return as_strided(sizes.vec(), strides.vec(), parts().offset);
  }
  Tensor view(IntArrayRef sizes) const;
  Tensor view(ScalarType type) const;
  Tensor reshape(IntArrayRef sizes) const;
  Tensor view_as(const Tensor &other) const { return view(other.sizes()); }
  Tensor reshape_as(const Tensor &other) const { return reshape(other.sizes()); }
  Tensor flatten(int64_t first = 0, int64_t last = -1) const;
  Tensor permute(IntArrayRef order) const;
  Tensor transpose(int64_t a, int64_t b) const;
  Tensor t() const { return dim() < 2 ? *this : transpose(0, 1); }
  Tensor unsqueeze(int64_t d) const;
  Tensor squeeze() const;
  Tensor squeeze(int64_t d) const;
  Tensor narrow(int64_t d, int64_t start, int64_t length) const;
  Tensor select(int64_t d, int64_t index) const;
  Tensor slice(int64_t d = 0, std::optional<int64_t> start = 0,
               std::optional<int64_t> end = std::nullopt, int64_t step = 1) const;
  Tensor expand(IntArrayRef sizes, bool = false) const;
  Tensor expand_as(const Tensor &other) const { return expand(other.sizes()); }
  Tensor operator[](int64_t index) const { return select(0, index); }
  Tensor index(std::initializer_list<indexing::TensorIndex> indices) const;
  Tensor index(const Tensor &which) const;
  std::vector<Tensor> split(int64_t size, int64_t d = 0) const;
  std::vector<Tensor> chunk(int64_t count, int64_t d = 0) const;
  std::vector<Tensor> unbind(int64_t d = 0) const;

  // ---- copies
  Tensor contiguous(MemoryFormat format = MemoryFormat::Contiguous) const;
  Tensor clone(std::optional<MemoryFormat> format = std::nullopt) const;
  Tensor to(ScalarType type, bool = false, bool = false) const;
  Tensor to(caffe2::TypeMeta type) const { return to(type.toScalarType()); }
  Tensor to(Device device, bool = false, bool = false) const;
  Tensor to(DeviceType type, bool = false) const { return to(Device(type)); }
  Tensor to(Device device, ScalarType type, bool = false, bool = false) const {
    return to(type).to(device);
  }
  Tensor to(const TensorOptions &options, bool = false, bool = false) const {
    return to(options.dtype()).to(options.device());
  }
  Tensor toType(ScalarType type) const { return to(type); }
  Tensor type_as(const Tensor &other) const { return to(other.scalar_type()); }
  Tensor cuda() const { return to(Device(kCUDA, 0)); }
  Tensor cpu() const { return to(Device(kCPU)); }
  const Tensor &copy_(const Tensor &from, bool = false) const;
  const Tensor &fill_(Scalar value) const;
  const Tensor &zero_() const { return fill_(0); }
  const Tensor &resize_(IntArrayRef sizes);
  const Tensor &set_(const Tensor &other) { return *this = other; }
  void record_stream(...) const {}

  // ---- elements, in row-major order of their indices
  void each(const std::function<void(char *)> &visit) const {
    std::vector<int64_t> at(dim(), 0);
    char *data = static_cast<char *>(data_ptr());
    const int64_t size_of = static_cast<int64_t>(element_size());
    for (int64_t left = numel(); left > 0; --left) {
      visit(data);
      for (int64_t d = dim() - 1; d >= 0; --d) {
        data += stride(d) * size_of;
        if (++at[d] < size(d)) break;
        data -= stride(d) * size_of * at[d];
        at[d] = 0;
      }
    }
  }
  std::vector<double> values() const;
  const Tensor &set_values(const std::vector<double> &values) const;

  // ---- functions that are members too; see tensor_functions.h
#define ASCENDIFY_MEMBER(name) \
  template <class... A>        \
  auto name(A &&...arguments) const;
#define ASCENDIFY_MEMBERS(X)                                                                    \
  X(sum) X(mean) X(prod) X(amax) X(amin) X(max) X(min) X(argmax) X(argmin) X(any) X(all) X(abs) \
  X(neg) X(exp) X(log) X(sqrt) X(rsqrt) X(sigmoid) X(tanh) X(floor) X(ceil) X(round) X(sign)    \
  X(reciprocal) X(square) X(logical_not) X(bitwise_not) X(add) X(sub) X(mul) X(div) X(pow) X(eq) \
  X(ne) X(lt) X(le) X(gt) X(ge) X(clamp) X(clamp_min) X(clamp_max) X(maximum) X(minimum)        \
  X(matmul) X(mm) X(bmm) X(cumsum) X(nonzero) X(masked_select) X(masked_fill) X(index_select)   \
  X(sort) X(argsort) X(relu) X(isnan) X(logical_and) X(logical_or) X(norm)    \
  X(dot)
  ASCENDIFY_MEMBERS(ASCENDIFY_MEMBER)
#undef ASCENDIFY_MEMBER
#define ASCENDIFY_REDUCTIONS(X) X(sum) X(mean) X(prod) X(amax) X(amin) X(any) X(all)
#define ASCENDIFY_MEMBER(name) Tensor name(IntArrayRef dims, bool keep = false) const;
  ASCENDIFY_REDUCTIONS(ASCENDIFY_MEMBER)
#undef ASCENDIFY_MEMBER
  Tensor repeat(IntArrayRef times) const;
  Tensor flip(IntArrayRef dims) const;
  Tensor new_empty(IntArrayRef sizes) const;
  Tensor new_empty(IntArrayRef sizes, const TensorOptions &options) const;
  Tensor new_zeros(IntArrayRef sizes) const;
  Tensor new_zeros(IntArrayRef sizes, const TensorOptions &options) const;
  Tensor new_ones(IntArrayRef sizes) const;
  Tensor new_full(IntArrayRef sizes, Scalar value) const;
#define ASCENDIFY_IN_PLACE(name) \
  template <class... A>          \
  const Tensor &name##_(A &&...arguments) const;
#define ASCENDIFY_IN_PLACES(X) \
  X(add) X(sub) X(mul) X(div) X(clamp) X(clamp_min) X(clamp_max) X(pow) X(neg) X(exp) X(sqrt) \
  X(abs) X(masked_fill) X(floor) X(round)
  ASCENDIFY_IN_PLACES(ASCENDIFY_IN_PLACE)
#undef ASCENDIFY_IN_PLACE
  const Tensor &operator+=(const Tensor &other) const { return add_(other); }
  const Tensor &operator-=(const Tensor &other) const { return sub_(other); }
  const Tensor &operator*=(const Tensor &other) const { return mul_(other); }
  const Tensor &operator/=(const Tensor &other) const { return div_(other); }

  // A tensor whose number of dimensions nobody knows yet gets more of them, of this length.
  void grow_on_demand(int64_t length) { parts().growth = length; }
  int64_t wrapped(int64_t d) const {
    Parts &known = parts();
    while (known.growth > 0 && (d < 0 ? -d : d + 1) > dim() && dim() < 8) {
      known.sizes.push_back(known.growth);
      known.strides = dense_strides(known.sizes);
    }
    const int64_t count = dim();
    TORCH_CHECK(d >= -count && d < count, "Dimension out of range: ", d, " of ", count);
    return d < 0 ? d + count : d;
  }

 private:
  struct Parts {
    c10::Storage storage;
    int64_t offset;
    std::vector<int64_t> sizes, strides;
    ScalarType type;
    Device device;
    int64_t growth = 0;
  };
  Parts &parts() const {
    TORCH_CHECK(parts_ != nullptr, "the tensor is not defined");
    return *parts_;
  }
  std::shared_ptr<Parts> parts_;
};
using TensorList = ArrayRef<Tensor>;
using TensorBase = Tensor;

namespace indexing {
struct TensorIndex {
  enum Kind { NONE, SLICE, NUMBER, ELLIPSIS, TENSOR } kind;
  Slice slice;
  int64_t number = 0;
  Tensor tensor;
  TensorIndex(NoneType) : kind(NONE) {}
  TensorIndex(Slice given) : kind(SLICE), slice(given) {}
  TensorIndex(int64_t given) : kind(NUMBER), number(given) {}
  TensorIndex(int given) : kind(NUMBER), number(given) {}
  TensorIndex(EllipsisIndexType) : kind(ELLIPSIS) {}
  TensorIndex(const char *) : kind(ELLIPSIS) {}
  TensorIndex(Tensor given) : kind(TENSOR), tensor(std::move(given)) {}
};
}  // namespace indexing
}  // namespace at

namespace torch {
using at::Tensor;
namespace indexing = at::indexing;
}  // namespace torch
