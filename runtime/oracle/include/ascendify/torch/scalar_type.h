// Element types by number, devices, options of tensors, numbers of any type.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "element_types.h"
#include "exceptions.h"

#define ASCENDIFY_SCALAR_TYPES(X)                                                               \
  X(uint8_t, Byte, 0) X(int8_t, Char, 1) X(int16_t, Short, 2) X(int, Int, 3) X(int64_t, Long, 4) \
  X(c10::Half, Half, 5) X(float, Float, 6) X(double, Double, 7)                                 \
  X(c10::complex<c10::Half>, ComplexHalf, 8) X(c10::complex<float>, ComplexFloat, 9)            \
  X(c10::complex<double>, ComplexDouble, 10) X(bool, Bool, 11) X(c10::BFloat16, BFloat16, 15)   \
  X(uint16_t, UInt16, 27) X(uint32_t, UInt32, 28) X(uint64_t, UInt64, 29)

namespace c10 {

enum class ScalarType : int8_t {
#define ASCENDIFY_ENUMERATOR(T, name, number) name = number,
  ASCENDIFY_SCALAR_TYPES(ASCENDIFY_ENUMERATOR)
#undef ASCENDIFY_ENUMERATOR
  Float8_e5m2 = 23,
  Float8_e4m3fn = 24,
  Undefined = 44,
  NumOptions = 45
};
#define ASCENDIFY_CONSTANT(T, name, number) constexpr ScalarType k##name = ScalarType::name;
ASCENDIFY_SCALAR_TYPES(ASCENDIFY_CONSTANT)
#undef ASCENDIFY_CONSTANT
constexpr ScalarType kFloat8_e4m3fn = ScalarType::Float8_e4m3fn;
constexpr ScalarType kFloat8_e5m2 = ScalarType::Float8_e5m2;

template <class T>
struct CppTypeToScalarType;
#define ASCENDIFY_TYPE_NUMBER(T, name, number)                   \
  template <>                                                    \
  struct CppTypeToScalarType<T> {                                \
    static constexpr ScalarType value = ScalarType::name;        \
  };
ASCENDIFY_SCALAR_TYPES(ASCENDIFY_TYPE_NUMBER)
#undef ASCENDIFY_TYPE_NUMBER

inline size_t elementSize(ScalarType type) {
  switch (type) {
#define ASCENDIFY_SIZE(T, name, number) \
  case ScalarType::name:                \
    return sizeof(T);
    ASCENDIFY_SCALAR_TYPES(ASCENDIFY_SIZE)
#undef ASCENDIFY_SIZE
    default:
      return 1;
  }
}
inline const char *toString(ScalarType type) {
  switch (type) {
#define ASCENDIFY_NAME(T, name, number) \
  case ScalarType::name:                \
    return #name;
    ASCENDIFY_SCALAR_TYPES(ASCENDIFY_NAME)
#undef ASCENDIFY_NAME
    default:
      return "Undefined";
  }
}
inline std::ostream &operator<<(std::ostream &out, ScalarType type) {
  return out << toString(type);
}
inline bool isFloatingType(ScalarType type) {
  return type == kFloat || type == kDouble || type == kHalf || type == kBFloat16;
}
inline bool isComplexType(ScalarType type) {
  return type == ScalarType::ComplexFloat || type == ScalarType::ComplexDouble;
}
inline bool isIntegralType(ScalarType type, bool with_bool = false) {
  return type == kByte || type == kChar || type == kShort || type == kInt || type == kLong ||
         (with_bool && type == kBool);
}
inline ScalarType promoteTypes(ScalarType a, ScalarType b) {
  const auto rank = [](ScalarType t) { return t == kBool ? -1 : t == kBFloat16 ? 5 : int(t); };
  if ((a == kHalf && b == kBFloat16) || (a == kBFloat16 && b == kHalf)) return kFloat;
  return rank(a) >= rank(b) ? a : b;
}

enum class DeviceType : int8_t { CPU = 0, CUDA = 1, Meta = 14 };
constexpr DeviceType kCPU = DeviceType::CPU, kCUDA = DeviceType::CUDA;
using DeviceIndex = int8_t;
struct Device {
  DeviceType type_ = DeviceType::CUDA;
  DeviceIndex index_ = 0;
  Device() = default;
  Device(DeviceType type, DeviceIndex index = -1) : type_(type), index_(index) {}
  Device(const std::string &text)
      : type_(text.rfind("cuda", 0) == 0 ? kCUDA : kCPU), index_(type_ == kCUDA ? 0 : -1) {}
  DeviceType type() const { return type_; }
  DeviceIndex index() const { return index_; }
  bool has_index() const { return index_ >= 0; }
  bool is_cuda() const { return type_ == DeviceType::CUDA; }
  bool is_cpu() const { return type_ == DeviceType::CPU; }
  std::string str() const { return is_cuda() ? "cuda:0" : "cpu"; }
  bool operator==(const Device &other) const { return type_ == other.type_; }
  bool operator!=(const Device &other) const { return !(*this == other); }
};
inline std::ostream &operator<<(std::ostream &out, const Device &device) {
  return out << device.str();
}

enum class Layout : int8_t { Strided, Sparse };
constexpr Layout kStrided = Layout::Strided;
enum class MemoryFormat : int8_t { Contiguous, Preserve, ChannelsLast, ChannelsLast3d };

template <class T>
using optional = std::optional<T>;
using std::nullopt;
using nullopt_t = std::nullopt_t;

// A view of a list; what it is made of has to live on.
template <class T>
class ArrayRef {
 public:
  ArrayRef() = default;
  ArrayRef(const T &one) : data_(&one), size_(1) {}
  ArrayRef(const T *data, size_t size) : data_(data), size_(size) {}
  ArrayRef(const std::vector<T> &items) : data_(items.data()), size_(items.size()) {}
  template <size_t N>
  ArrayRef(const std::array<T, N> &items) : data_(items.data()), size_(N) {}
  template <size_t N>
  ArrayRef(const T (&items)[N]) : data_(items), size_(N) {}
  ArrayRef(const std::initializer_list<T> &items) : data_(items.begin()), size_(items.size()) {}
  const T *begin() const { return data_; }
  const T *end() const { return data_ + size_; }
  const T *data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T &operator[](size_t at) const { return data_[at]; }
  const T &at(size_t at) const { return data_[at]; }
  const T &front() const { return data_[0]; }
  const T &back() const { return data_[size_ - 1]; }
  ArrayRef slice(size_t start, size_t count) const { return {data_ + start, count}; }
  ArrayRef slice(size_t start) const { return {data_ + start, size_ - start}; }
  std::vector<T> vec() const { return std::vector<T>(begin(), end()); }
  bool equals(ArrayRef other) const {
    return size_ == other.size_ && std::equal(begin(), end(), other.begin());
  }
  friend bool operator==(ArrayRef a, ArrayRef b) { return a.equals(b); }
  friend bool operator!=(ArrayRef a, ArrayRef b) { return !a.equals(b); }
  friend std::ostream &operator<<(std::ostream &out, ArrayRef items) {
    out << '[';
    for (size_t i = 0; i < items.size_; ++i) out << (i ? ", " : "") << items[i];
    return out << ']';
  }

 private:
  const T *data_ = nullptr;
  size_t size_ = 0;
};
using IntArrayRef = ArrayRef<int64_t>;
template <class T, unsigned N = 0>
using SmallVector = std::vector<T>;
template <class T>
using OptionalArrayRef = std::optional<ArrayRef<T>>;

class Scalar {
 public:
  Scalar() : Scalar(int64_t{0}) {}
  template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  Scalar(T value)
      : real_(static_cast<double>(value)), whole_(static_cast<int64_t>(value)),
        is_whole_(std::is_integral_v<T>), is_bool_(std::is_same_v<T, bool>) {}
  Scalar(c10::Half value) : Scalar(static_cast<float>(value)) {}
  Scalar(c10::BFloat16 value) : Scalar(static_cast<float>(value)) {}
  template <class T>
  T to() const {
    if constexpr (std::is_integral_v<T>) return static_cast<T>(is_whole_ ? whole_ : real_);
    else return static_cast<T>(is_whole_ ? static_cast<double>(whole_) : real_);
  }
  bool toBool() const { return is_whole_ ? whole_ != 0 : real_ != 0; }
  int toInt() const { return to<int>(); }
  int64_t toLong() const { return to<int64_t>(); }
  float toFloat() const { return to<float>(); }
  double toDouble() const { return to<double>(); }
  bool isIntegral(bool) const { return is_whole_; }
  bool isFloatingPoint() const { return !is_whole_; }
  ScalarType type() const { return is_bool_ ? kBool : is_whole_ ? kLong : kDouble; }

 private:
  double real_;
  int64_t whole_;
  bool is_whole_, is_bool_;
};
}  // namespace c10

namespace caffe2 {
// A data type as `Tensor::dtype` gives it.
class TypeMeta {
 public:
  TypeMeta(c10::ScalarType type = c10::ScalarType::Undefined) : type_(type) {}
  c10::ScalarType toScalarType() const { return type_; }
  operator c10::ScalarType() const { return type_; }
  size_t itemsize() const { return c10::elementSize(type_); }
  const char *name() const { return c10::toString(type_); }
  template <class T>
  static TypeMeta Make() {
    return c10::CppTypeToScalarType<T>::value;
  }
  friend bool operator==(TypeMeta a, TypeMeta b) { return a.type_ == b.type_; }
  friend bool operator!=(TypeMeta a, TypeMeta b) { return a.type_ != b.type_; }
  friend bool operator==(TypeMeta a, c10::ScalarType b) { return a.type_ == b; }
  friend bool operator==(c10::ScalarType a, TypeMeta b) { return a == b.type_; }
  friend bool operator!=(TypeMeta a, c10::ScalarType b) { return a.type_ != b; }
  friend bool operator!=(c10::ScalarType a, TypeMeta b) { return a != b.type_; }
  friend std::ostream &operator<<(std::ostream &out, TypeMeta type) { return out << type.type_; }

 private:
  c10::ScalarType type_;
};
}  // namespace caffe2

namespace c10 {
inline ScalarType typeMetaToScalarType(caffe2::TypeMeta type) { return type; }
inline size_t elementSize(caffe2::TypeMeta type) { return type.itemsize(); }

class TensorOptions {
 public:
  TensorOptions() = default;
  TensorOptions(ScalarType type) : dtype_(type) {}
  TensorOptions(caffe2::TypeMeta type) : dtype_(type) {}
  TensorOptions(Device device) : device_(device) {}
  TensorOptions(DeviceType device) : device_(device) {}
  TensorOptions dtype(ScalarType type) const { return with(&TensorOptions::dtype_, type); }
  TensorOptions dtype(caffe2::TypeMeta type) const { return dtype(type.toScalarType()); }
  TensorOptions dtype(std::optional<ScalarType> type) const {
    return type ? dtype(*type) : *this;
  }
  template <class T>
  TensorOptions dtype() const {
    return dtype(CppTypeToScalarType<T>::value);
  }
  TensorOptions device(Device device) const { return with(&TensorOptions::device_, device); }
  TensorOptions device(DeviceType type, int = -1) const { return device(Device(type)); }
  TensorOptions device(const std::string &text) const { return device(Device(text)); }
  TensorOptions requires_grad(std::optional<bool> = true) const { return *this; }
  TensorOptions layout(Layout) const { return *this; }
  TensorOptions pinned_memory(bool) const { return *this; }
  TensorOptions memory_format(MemoryFormat format) const {
    return with(&TensorOptions::format_, format);
  }
  caffe2::TypeMeta dtype() const { return dtype_; }
  Device device() const { return device_; }
  MemoryFormat format() const { return format_; }
  bool requires_grad() const { return false; }

 private:
  template <class T>
  TensorOptions with(T TensorOptions::*field, T value) const {
    TensorOptions changed = *this;
    changed.*field = value;
    return changed;
  }
  ScalarType dtype_ = kFloat;
  Device device_{DeviceType::CPU};
  MemoryFormat format_ = MemoryFormat::Contiguous;
};
inline TensorOptions dtype(caffe2::TypeMeta type) { return TensorOptions(type); }
inline TensorOptions device(Device device) { return TensorOptions(device); }
inline TensorOptions requires_grad(bool = true) { return TensorOptions(); }

template <class T>
struct Range {
  T first, last;
  struct Iterator {
    T value;
    T operator*() const { return value; }
    Iterator &operator++() { return ++value, *this; }
    bool operator!=(const Iterator &other) const { return value < other.value; }
  };
  Iterator begin() const { return {first}; }
  Iterator end() const { return {last}; }
};
template <class T>
Range<T> irange(T end) {
  return {T(0), end};
}
template <class T, class U>
Range<U> irange(T begin, U end) {
  return {static_cast<U>(begin), end};
}
template <class Container>
int64_t multiply_integers(const Container &items) {
  int64_t product = 1;
  for (auto item : items) product *= item;
  return product;
}
}  // namespace c10

namespace at {
using namespace c10;
}
namespace torch {
using namespace at;
using Dtype = at::ScalarType;
constexpr at::ScalarType kUInt8 = at::kByte, kInt8 = at::kChar, kInt16 = at::kShort;
constexpr at::ScalarType kInt32 = at::kInt, kInt64 = at::kLong, kFloat16 = at::kHalf;
constexpr at::ScalarType kFloat32 = at::kFloat, kFloat64 = at::kDouble;
constexpr at::ScalarType kU8 = at::kByte, kI8 = at::kChar, kI16 = at::kShort, kI32 = at::kInt;
constexpr at::ScalarType kI64 = at::kLong, kF16 = at::kHalf, kF32 = at::kFloat, kF64 = at::kDouble;
}  // namespace torch
