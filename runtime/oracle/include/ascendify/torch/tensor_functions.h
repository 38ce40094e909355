// Functions on tensors: factories, views, element by element, reductions, a few others.
#pragma once

#include <random>

#include "tensor.h"

namespace at {

// ---- factories
inline Tensor empty(IntArrayRef sizes, const TensorOptions &options = {},
                    std::optional<MemoryFormat> format = std::nullopt) {
  const std::vector<int64_t> dims = sizes.vec();
  const ScalarType type = options.dtype();
  const auto bytes = static_cast<size_t>(c10::multiply_integers(dims)) * elementSize(type);
  return Tensor(c10::Storage(bytes), dims,
                Tensor::dense_strides(dims, format.value_or(options.format())), type, 0,
                options.device());
}
inline Tensor empty_strided(IntArrayRef sizes, IntArrayRef strides,
                            const TensorOptions &options = {}) {
  int64_t last = 0;
  for (size_t d = 0; d < sizes.size(); ++d) last += (sizes[d] - 1) * strides[d];
  return empty({last + 1}, options).as_strided(sizes, strides);
}
inline Tensor full(IntArrayRef sizes, Scalar value, const TensorOptions &options = {}) {
  Tensor made = empty(sizes, options);
  made.fill_(value);
  return made;
}
inline Tensor zeros(IntArrayRef sizes, const TensorOptions &options = {}) {
  return full(sizes, 0, options);
}
inline Tensor ones(IntArrayRef sizes, const TensorOptions &options = {}) {
  return full(sizes, 1, options);
}
inline Tensor empty_like(const Tensor &like, const TensorOptions &options,
                         std::optional<MemoryFormat> format = std::nullopt) {
  if (format && *format != MemoryFormat::Preserve) return empty(like.sizes(), options, format);
  Tensor made = empty(like.sizes(), options);
  const bool keeps = like.is_non_overlapping_and_dense();
  return keeps ? made.as_strided(like.sizes(), like.strides()) : made;
}
inline Tensor empty_like(const Tensor &like, std::optional<MemoryFormat> format = std::nullopt) {
  return empty_like(like, like.options(), format);
}
#define ASCENDIFY_LIKE(name, value)                                                      \
  inline Tensor name(const Tensor &like, const TensorOptions &options) {                 \
    return empty_like(like, options).fill_(value);                                       \
  }                                                                                      \
  inline Tensor name(const Tensor &like, std::optional<MemoryFormat> = std::nullopt) {   \
    return name(like, like.options());                                                   \
  }
ASCENDIFY_LIKE(zeros_like, 0)
ASCENDIFY_LIKE(ones_like, 1)
#undef ASCENDIFY_LIKE
inline Tensor full_like(const Tensor &like, Scalar value) {
  return empty_like(like).fill_(value);
}
inline Tensor arange(Scalar first, Scalar last, Scalar step, const TensorOptions &options = {}) {
  const double by = step.toDouble(), span = last.toDouble() - first.toDouble();
  std::vector<double> values(static_cast<size_t>(std::max(0.0, std::ceil(span / by))));
  for (size_t i = 0; i < values.size(); ++i) values[i] = first.toDouble() + by * double(i);
  return empty({int64_t(values.size())}, options).set_values(values);
}
inline Tensor arange(Scalar first, Scalar last, const TensorOptions &options = {}) {
  return arange(first, last, 1, options);
}
inline Tensor arange(Scalar last, const TensorOptions &options = TensorOptions(kLong)) {
  return arange(0, last, 1, options);
}
inline Tensor from_blob(void *data, IntArrayRef sizes, IntArrayRef strides,
                        const TensorOptions &options) {
  return Tensor(c10::Storage(data, nullptr), sizes.vec(), strides.vec(), options.dtype(), 0,
                options.device());
}
inline Tensor from_blob(void *data, IntArrayRef sizes, const TensorOptions &options = {}) {
  return from_blob(data, sizes, Tensor::dense_strides(sizes.vec()), options);
}
template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
inline Tensor tensor(ArrayRef<T> values, const TensorOptions &options) {
  return empty({int64_t(values.size())}, options)
      .set_values(std::vector<double>(values.begin(), values.end()));
}
template <class T>
inline Tensor tensor(const std::vector<T> &values) {
  return tensor(ArrayRef<T>(values), TensorOptions(c10::CppTypeToScalarType<T>::value));
}
template <class T>
inline Tensor tensor(const std::vector<T> &values, const TensorOptions &options) {
  return tensor(ArrayRef<T>(values), options);
}
template <class T>
inline Tensor tensor(std::initializer_list<T> values, const TensorOptions &options = {}) {
  return tensor(ArrayRef<T>(values), options);
}
inline Tensor scalar_tensor(Scalar value, const TensorOptions &options = {}) {
  return full({}, value, options);
}
template <class Distribution>
inline Tensor random_values(IntArrayRef sizes, const TensorOptions &options, Distribution draw) {
  static std::mt19937 source(7);
  std::vector<double> values(static_cast<size_t>(c10::multiply_integers(sizes)));
  for (double &value : values) value = static_cast<double>(draw(source));
  return empty(sizes, options).set_values(values);
}
inline Tensor rand(IntArrayRef sizes, const TensorOptions &options = {}) {
  return random_values(sizes, options, std::uniform_real_distribution<float>());
}
inline Tensor randn(IntArrayRef sizes, const TensorOptions &options = {}) {
  return random_values(sizes, options, std::normal_distribution<float>());
}
inline Tensor randint(int64_t low, int64_t high, IntArrayRef sizes,
                      const TensorOptions &options = TensorOptions(kLong)) {
  return random_values(sizes, options, std::uniform_int_distribution<int64_t>(low, high - 1));
}
inline Tensor randint(int64_t high, IntArrayRef sizes,
                      const TensorOptions &options = TensorOptions(kLong)) {
  return randint(0, high, sizes, options);
}
inline Tensor rand_like(const Tensor &like) { return rand(like.sizes(), like.options()); }
inline Tensor randn_like(const Tensor &like) { return randn(like.sizes(), like.options()); }
inline void manual_seed(uint64_t) {}

// ---- single elements
template <class T>
double as_number(const T &value) {
  return static_cast<double>(value);
}
template <class T>
double as_number(const c10::complex<T> &value) {
  return static_cast<double>(value.real_);
}
template <class T>
struct FromNumber {
  static T make(double number) {
    if constexpr (std::is_same_v<T, bool>) return number != 0;
    else if constexpr (std::is_integral_v<T>) return static_cast<T>(static_cast<int64_t>(number));
    else if constexpr (std::is_same_v<T, double>) return number;
    else return T(static_cast<float>(number));
  }
};
template <class T>
struct FromNumber<c10::complex<T>> {
  static c10::complex<T> make(double number) {
    return c10::complex<T>(FromNumber<T>::make(number), FromNumber<T>::make(0));
  }
};
inline double read_element(const char *at, ScalarType type) {
  switch (type) {
#define ASCENDIFY_READ(T, name, number)                      \
  case ScalarType::name: {                                   \
    T value;                                                 \
    std::memcpy(static_cast<void *>(&value), at, sizeof(T)); \
    return as_number(value);                                 \
  }
    ASCENDIFY_SCALAR_TYPES(ASCENDIFY_READ)
#undef ASCENDIFY_READ
    default:
      AT_ERROR("elements of this type are not read here");
  }
}
inline void write_element(char *at, ScalarType type, double value) {
  switch (type) {
#define ASCENDIFY_WRITE(T, name, number)                           \
  case ScalarType::name: {                                         \
    const T element = FromNumber<T>::make(value);                  \
    std::memcpy(at, static_cast<const void *>(&element), sizeof(T)); \
    break;                                                         \
  }
    ASCENDIFY_SCALAR_TYPES(ASCENDIFY_WRITE)
#undef ASCENDIFY_WRITE
    default:
      AT_ERROR("elements of this type are not written here");
  }
}
inline std::vector<double> Tensor::values() const {
  std::vector<double> found;
  found.reserve(static_cast<size_t>(numel()));
  each([&](char *at) { found.push_back(read_element(at, scalar_type())); });
  return found;
}
inline const Tensor &Tensor::set_values(const std::vector<double> &values) const {
  size_t next = 0;
  each([&](char *at) { write_element(at, scalar_type(), values[next++]); });
  ascendify_oracle::note_written(data_ptr(), nbytes());
  return *this;
}
inline Scalar Tensor::item() const {
  TORCH_CHECK(numel() == 1, "a tensor with several elements has no item");
  const double value = read_element(static_cast<char *>(data_ptr()), scalar_type());
  if (scalar_type() == kBool) return Scalar(value != 0);
  if (scalar_type() == kLong) return Scalar(*data_ptr<int64_t>());
  return isIntegralType(scalar_type()) ? Scalar(static_cast<int64_t>(value)) : Scalar(value);
}

// ---- copies
inline Tensor Tensor::contiguous(MemoryFormat format) const {
  if (is_contiguous(format)) return *this;
  Tensor made = empty(sizes(), options(), format);
  made.copy_(*this);
  return made;
}
inline Tensor Tensor::clone(std::optional<MemoryFormat> format) const {
  Tensor made = empty_like(*this, options(), format);
  made.copy_(*this);
  return made;
}
inline Tensor Tensor::to(ScalarType type, bool, bool) const {
  if (type == scalar_type()) return *this;
  Tensor made = empty_like(*this, options().dtype(type));
  made.copy_(*this);
  return made;
}
inline Tensor Tensor::to(Device device, bool, bool) const {
  if (device == this->device()) return *this;
  Tensor made = empty_like(*this, options().device(device));
  made.copy_(*this);
  return made;
}
inline const Tensor &Tensor::copy_(const Tensor &given, bool) const {
  const Tensor from = given.sizes() == sizes() ? given : given.expand(sizes());
  if (from.scalar_type() != scalar_type()) return set_values(from.values());
  std::vector<char> bytes(nbytes());
  const size_t size_of = element_size();
  size_t next = 0;
  from.each([&](char *at) { std::memcpy(&bytes[next], at, size_of), next += size_of; });
  next = 0;
  each([&](char *at) { std::memcpy(at, &bytes[next], size_of), next += size_of; });
  ascendify_oracle::note_written(data_ptr(), nbytes());
  return *this;
}
inline const Tensor &Tensor::fill_(Scalar value) const {
  each([&](char *at) { write_element(at, scalar_type(), value.toDouble()); });
  ascendify_oracle::note_written(data_ptr(), nbytes());
  return *this;
}
inline const Tensor &Tensor::resize_(IntArrayRef sizes) {
  if (c10::multiply_integers(sizes) != numel()) return *this = empty(sizes, options());
  parts().sizes = sizes.vec();
  parts().strides = dense_strides(sizes.vec());
  return *this;
}

// ---- views
inline Tensor Tensor::reshape(IntArrayRef wanted) const {
  std::vector<int64_t> dims = wanted.vec();
  int64_t known = 1, open = -1;
  for (size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] == -1) open = int64_t(d);
    else known *= dims[d];
  }
  if (open >= 0) dims[size_t(open)] = known ? numel() / known : 0;
  TORCH_CHECK(c10::multiply_integers(dims) == numel(), "shape '", IntArrayRef(dims),
              "' is invalid for input of size ", numel());
  const Tensor dense = contiguous();
  return dense.as_strided(dims, dense_strides(dims), dense.storage_offset());
}
inline Tensor Tensor::view(IntArrayRef wanted) const {
  if (is_contiguous()) return reshape(wanted);
  // Dimensions that only get a 1 beside them keep their strides.
  std::vector<int64_t> dims, steps;
  int64_t next = 0;
  for (int64_t d : wanted) {
    while (next < dim() && size(next) == 1 && d != 1) ++next;
    TORCH_CHECK(d == 1 || (next < dim() && (d == size(next) || d == -1)),
                "view size is not compatible with the tensor's strides");
    dims.push_back(d == 1 ? 1 : size(next));
    steps.push_back(d == 1 ? 1 : stride(next));
    if (d != 1) ++next;
  }
  return as_strided(dims, steps, storage_offset());
}
inline Tensor Tensor::view(ScalarType type) const {
  std::vector<int64_t> dims = sizes().vec();
  const auto have = int64_t(element_size()), want = int64_t(elementSize(type));
  if (!dims.empty()) dims.back() = dims.back() * have / want;
  return Tensor(parts().storage, dims, dense_strides(dims), type, storage_offset() * have / want,
                device());
}
inline Tensor Tensor::flatten(int64_t first, int64_t last) const {
  first = wrapped(first), last = wrapped(last);
  std::vector<int64_t> dims(sizes().begin(), sizes().begin() + first);
  int64_t together = 1;
  for (int64_t d = first; d <= last; ++d) together *= size(d);
  dims.push_back(together);
  dims.insert(dims.end(), sizes().begin() + last + 1, sizes().end());
  return reshape(dims);
}
inline Tensor Tensor::permute(IntArrayRef order) const {
  std::vector<int64_t> dims, steps;
  for (int64_t d : order) dims.push_back(size(d)), steps.push_back(stride(d));
  return as_strided(dims, steps, storage_offset());
}
inline Tensor Tensor::transpose(int64_t a, int64_t b) const {
  std::vector<int64_t> order(static_cast<size_t>(dim()));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[size_t(wrapped(a))], order[size_t(wrapped(b))]);
  return permute(order);
}
inline Tensor Tensor::unsqueeze(int64_t d) const {
  if (d < 0) d += dim() + 1;
  std::vector<int64_t> dims = sizes().vec(), steps = strides().vec();
  dims.insert(dims.begin() + d, 1);
  steps.insert(steps.begin() + d, d < dim() ? size(d) * stride(d) : 1);
  return as_strided(dims, steps, storage_offset());
}
inline Tensor Tensor::squeeze(int64_t d) const {
  d = wrapped(d);
  if (size(d) != 1) return *this;
  std::vector<int64_t> dims = sizes().vec(), steps = strides().vec();
  dims.erase(dims.begin() + d), steps.erase(steps.begin() + d);
  return as_strided(dims, steps, storage_offset());
}
inline Tensor Tensor::squeeze() const {
  Tensor left = *this;
  for (int64_t d = dim() - 1; d >= 0; --d) left = left.squeeze(d);
  return left;
}
inline Tensor Tensor::slice(int64_t d, std::optional<int64_t> start, std::optional<int64_t> end,
                            int64_t step) const {
  d = wrapped(d);
  const auto inside = [&](int64_t at) {
    return std::clamp<int64_t>(at < 0 ? at + size(d) : at, 0, size(d));
  };
  const int64_t first = inside(start.value_or(0)), last = inside(end.value_or(size(d)));
  std::vector<int64_t> dims = sizes().vec(), steps = strides().vec();
  dims[size_t(d)] = std::max<int64_t>(0, (last - first + step - 1) / step);
  steps[size_t(d)] *= step;
  return as_strided(dims, steps, storage_offset() + first * stride(d));
}
inline Tensor Tensor::narrow(int64_t d, int64_t start, int64_t length) const {
  TORCH_CHECK(start + length <= size(d), "narrow: start + length exceeds the dimension");
  return slice(d, start, start + length);
}
inline Tensor Tensor::select(int64_t d, int64_t index) const {
  d = wrapped(d);
  if (index < 0) index += size(d);
  TORCH_CHECK(index >= 0 && index < size(d), "index out of range");
  std::vector<int64_t> dims = sizes().vec(), steps = strides().vec();
  dims.erase(dims.begin() + d), steps.erase(steps.begin() + d);
  return as_strided(dims, steps, storage_offset() + index * stride(d));
}
inline Tensor Tensor::expand(IntArrayRef wanted, bool) const {
  std::vector<int64_t> dims = wanted.vec(), steps(dims.size(), 0);
  const auto extra = int64_t(dims.size()) - dim();
  TORCH_CHECK(extra >= 0, "expand: too few dimensions");
  for (int64_t d = 0; d < dim(); ++d) {
    int64_t &length = dims[size_t(d + extra)];
    if (length == -1) length = size(d);
    TORCH_CHECK(size(d) == length || size(d) == 1, "expand: the sizes do not fit");
    steps[size_t(d + extra)] = size(d) == 1 && length != 1 ? 0 : stride(d);
  }
  return as_strided(dims, steps, storage_offset());
}
inline Tensor Tensor::index(std::initializer_list<indexing::TensorIndex> indices) const {
  using indexing::TensorIndex;
  Tensor view = *this;
  int64_t d = 0, used = 0;
  for (const TensorIndex &item : indices) {
    used += item.kind == TensorIndex::SLICE || item.kind == TensorIndex::NUMBER;
  }
  for (const TensorIndex &item : indices) {
    TORCH_CHECK(item.kind != TensorIndex::TENSOR, "indices that are tensors are not supported here");
    if (item.kind == TensorIndex::NONE) view = view.unsqueeze(d++);
    else if (item.kind == TensorIndex::NUMBER) view = view.select(d, item.number);
    else if (item.kind == TensorIndex::ELLIPSIS) d += dim() - used;
    else view = view.slice(d, item.slice.start, item.slice.stop, item.slice.step), ++d;
  }
  return view;
}
inline std::vector<Tensor> Tensor::split(int64_t length, int64_t d) const {
  std::vector<Tensor> parts;
  for (int64_t at = 0; at < size(d); at += length) {
    parts.push_back(slice(d, at, std::min(size(d), at + length)));
  }
  return parts;
}
inline std::vector<Tensor> Tensor::chunk(int64_t count, int64_t d) const {
  return split((size(d) + count - 1) / count, d);
}
inline std::vector<Tensor> Tensor::unbind(int64_t d) const {
  std::vector<Tensor> parts;
  for (int64_t at = 0; at < size(d); ++at) parts.push_back(select(d, at));
  return parts;
}

// ---- element by element
template <class F>
Tensor mapped(const Tensor &a, ScalarType type, F function) {
  std::vector<double> values = a.values();
  for (double &value : values) value = function(value);
  Tensor made = empty_like(a, a.options().dtype(type));
  made.set_values(values);
  return made;
}
template <class F>
Tensor combined(const Tensor &a, const Tensor &b, ScalarType type, F function) {
  std::vector<int64_t> dims(static_cast<size_t>(std::max(a.dim(), b.dim())));
  for (size_t back = 1; back <= dims.size(); ++back) {
    const auto d = -int64_t(back);
    const int64_t left = a.dim() >= int64_t(back) ? a.size(d) : 1;
    const int64_t right = b.dim() >= int64_t(back) ? b.size(d) : 1;
    dims[dims.size() - back] = left == 1 ? right : left;
  }
  std::vector<double> left = a.expand(dims).values(), right = b.expand(dims).values();
  for (size_t i = 0; i < left.size(); ++i) left[i] = function(left[i], right[i]);
  Tensor made = empty(dims, a.options().dtype(type));
  made.set_values(left);
  return made;
}
inline ScalarType as_floating(ScalarType type) { return isFloatingType(type) ? type : kFloat; }
inline ScalarType with_number(ScalarType type, const Scalar &number) {
  return number.isFloatingPoint() ? as_floating(type) : type;
}
#define ASCENDIFY_UNARY(name, result, expression)                                           \
  inline Tensor name(const Tensor &a) {                                                     \
    return mapped(a, result, [](double x) -> double { return expression; });                \
  }
ASCENDIFY_UNARY(abs, a.scalar_type(), std::fabs(x))
ASCENDIFY_UNARY(neg, a.scalar_type(), -x)
ASCENDIFY_UNARY(floor, a.scalar_type(), std::floor(x))
ASCENDIFY_UNARY(ceil, a.scalar_type(), std::ceil(x))
ASCENDIFY_UNARY(round, a.scalar_type(), std::nearbyint(x))
ASCENDIFY_UNARY(sign, a.scalar_type(), (x > 0) - (x < 0))
ASCENDIFY_UNARY(square, a.scalar_type(), x * x)
ASCENDIFY_UNARY(relu, a.scalar_type(), x > 0 ? x : 0)
ASCENDIFY_UNARY(exp, as_floating(a.scalar_type()), std::exp(x))
ASCENDIFY_UNARY(log, as_floating(a.scalar_type()), std::log(x))
ASCENDIFY_UNARY(sqrt, as_floating(a.scalar_type()), std::sqrt(x))
ASCENDIFY_UNARY(rsqrt, as_floating(a.scalar_type()), 1 / std::sqrt(x))
ASCENDIFY_UNARY(sigmoid, as_floating(a.scalar_type()), 1 / (1 + std::exp(-x)))
ASCENDIFY_UNARY(tanh, as_floating(a.scalar_type()), std::tanh(x))
ASCENDIFY_UNARY(reciprocal, as_floating(a.scalar_type()), 1 / x)
ASCENDIFY_UNARY(logical_not, kBool, x == 0)
ASCENDIFY_UNARY(isnan, kBool, x != x)
#undef ASCENDIFY_UNARY
inline Tensor bitwise_not(const Tensor &a) {
  if (a.scalar_type() == kBool) return logical_not(a);
  return mapped(a, a.scalar_type(), [](double x) { return double(~int64_t(x)); });
}
#define ASCENDIFY_BINARY(name, tensors, number, expression)                                 \
  inline Tensor name(const Tensor &a, const Tensor &b) {                                    \
    const auto types [[maybe_unused]] = promoteTypes(a.scalar_type(), b.scalar_type());     \
    return combined(a, b, tensors, [](double x, double y) -> double { return expression; }); \
  }                                                                                         \
  inline Tensor name(const Tensor &a, Scalar b) {                                           \
    return mapped(a, number, [y = b.toDouble()](double x) -> double { return expression; }); \
  }
#define ASCENDIFY_ARITHMETIC(name, expression) \
  ASCENDIFY_BINARY(name, types, with_number(a.scalar_type(), b), expression)
#define ASCENDIFY_COMPARISON(name, expression) ASCENDIFY_BINARY(name, kBool, kBool, expression)
ASCENDIFY_ARITHMETIC(add, x + y)
ASCENDIFY_ARITHMETIC(sub, x - y)
ASCENDIFY_ARITHMETIC(mul, x *y)
ASCENDIFY_BINARY(div, as_floating(types), as_floating(a.scalar_type()), x / y)
ASCENDIFY_ARITHMETIC(pow, std::pow(x, y))
ASCENDIFY_ARITHMETIC(maximum, std::max(x, y))
ASCENDIFY_ARITHMETIC(minimum, std::min(x, y))
ASCENDIFY_ARITHMETIC(clamp_min, std::max(x, y))
ASCENDIFY_ARITHMETIC(clamp_max, std::min(x, y))
ASCENDIFY_COMPARISON(eq, x == y)
ASCENDIFY_COMPARISON(ne, x != y)
ASCENDIFY_COMPARISON(lt, x < y)
ASCENDIFY_COMPARISON(le, x <= y)
ASCENDIFY_COMPARISON(gt, x > y)
ASCENDIFY_COMPARISON(ge, x >= y)
ASCENDIFY_COMPARISON(logical_and, x != 0 && y != 0)
ASCENDIFY_COMPARISON(logical_or, x != 0 || y != 0)
#undef ASCENDIFY_BINARY
#undef ASCENDIFY_ARITHMETIC
#undef ASCENDIFY_COMPARISON
inline Tensor add(const Tensor &a, const Tensor &b, Scalar alpha) { return add(a, mul(b, alpha)); }
inline Tensor sub(const Tensor &a, const Tensor &b, Scalar alpha) { return sub(a, mul(b, alpha)); }
inline Tensor clamp(const Tensor &a, std::optional<Scalar> low,
                    std::optional<Scalar> high = std::nullopt) {
  Tensor inside = low ? clamp_min(a, *low) : a;
  return high ? clamp_max(inside, *high) : inside;
}
inline Tensor where(const Tensor &condition, const Tensor &a, const Tensor &b) {
  const Tensor chosen = mul(condition.to(a.scalar_type()), a);
  return add(chosen, mul(logical_not(condition).to(b.scalar_type()), b));
}
inline Tensor masked_fill(const Tensor &a, const Tensor &mask, Scalar value) {
  std::vector<double> values = a.values(), chosen = mask.expand(a.sizes()).values();
  for (size_t i = 0; i < values.size(); ++i) {
    if (chosen[i] != 0) values[i] = value.toDouble();
  }
  Tensor made = empty_like(a);
  made.set_values(values);
  return made;
}
#define ASCENDIFY_OPERATOR(op, name)                                                       \
  inline Tensor operator op(const Tensor &a, const Tensor &b) { return name(a, b); }       \
  inline Tensor operator op(const Tensor &a, Scalar b) { return name(a, b); }              \
  inline Tensor operator op(Scalar a, const Tensor &b) {                                   \
    return name(full({}, a, b.options()), b);                                              \
  }
ASCENDIFY_OPERATOR(+, add)
ASCENDIFY_OPERATOR(-, sub)
ASCENDIFY_OPERATOR(*, mul)
ASCENDIFY_OPERATOR(/, div)
ASCENDIFY_OPERATOR(==, eq)
ASCENDIFY_OPERATOR(!=, ne)
ASCENDIFY_OPERATOR(<, lt)
ASCENDIFY_OPERATOR(<=, le)
ASCENDIFY_OPERATOR(>, gt)
ASCENDIFY_OPERATOR(>=, ge)
ASCENDIFY_OPERATOR(&, logical_and)
ASCENDIFY_OPERATOR(|, logical_or)
#undef ASCENDIFY_OPERATOR
inline Tensor operator-(const Tensor &a) { return neg(a); }
inline Tensor operator~(const Tensor &a) { return bitwise_not(a); }
inline Tensor operator!(const Tensor &a) { return logical_not(a); }

// ---- reductions
template <class F>
Tensor reduced(const Tensor &a, ScalarType type, double start, F function) {
  double total = start;
  for (double value : a.values()) total = function(total, value);
  return full({}, total, a.options().dtype(type));
}
template <class F>
Tensor reduced(const Tensor &a, ScalarType type, double start, F function, int64_t d, bool keep) {
  const Tensor moved = a.transpose(a.wrapped(d), -1);
  const std::vector<double> values = moved.values();
  const auto length = size_t(a.size(d));
  std::vector<double> totals(length ? values.size() / length : 0, start);
  for (size_t i = 0; i < values.size(); ++i) {
    totals[i / length] = function(totals[i / length], values[i]);
  }
  std::vector<int64_t> dims = moved.sizes().vec();
  dims.back() = 1;
  Tensor made = empty(dims, a.options().dtype(type)).set_values(totals);
  made = made.transpose(a.wrapped(d), -1).contiguous();
  return keep ? made : made.squeeze(d);
}
inline ScalarType as_sum(ScalarType type) { return isIntegralType(type, true) ? kLong : type; }
#define ASCENDIFY_REDUCTION(name, type, start, expression)                                 \
  inline Tensor name(const Tensor &a) {                                                    \
    return reduced(a, type, start, [](double x, double y) -> double { return expression; }); \
  }                                                                                        \
  inline Tensor name(const Tensor &a, IntArrayRef dims, bool keep = false) {               \
    std::vector<int64_t> order;                                                            \
    for (int64_t d : dims) order.push_back(a.wrapped(d));                                  \
    std::sort(order.rbegin(), order.rend());                                               \
    Tensor left = a;                                                                       \
    for (int64_t d : order) {                                                              \
      left = reduced(left, type, start,                                                    \
                     [](double x, double y) -> double { return expression; }, d, keep);    \
    }                                                                                      \
    return left;                                                                           \
  }
ASCENDIFY_REDUCTION(sum, as_sum(a.scalar_type()), 0.0, x + y)
ASCENDIFY_REDUCTION(prod, as_sum(a.scalar_type()), 1.0, x *y)
ASCENDIFY_REDUCTION(amax, a.scalar_type(), -INFINITY, std::max(x, y))
ASCENDIFY_REDUCTION(amin, a.scalar_type(), INFINITY, std::min(x, y))
ASCENDIFY_REDUCTION(any, kBool, 0.0, x != 0 || y != 0)
ASCENDIFY_REDUCTION(all, kBool, 1.0, x != 0 && y != 0)
#undef ASCENDIFY_REDUCTION
inline Tensor max(const Tensor &a) { return amax(a); }
inline Tensor min(const Tensor &a) { return amin(a); }
inline Tensor max(const Tensor &a, const Tensor &b) { return maximum(a, b); }
inline Tensor min(const Tensor &a, const Tensor &b) { return minimum(a, b); }
inline Tensor mean(const Tensor &a) { return div(sum(a), Scalar(double(a.numel()))); }
inline Tensor mean(const Tensor &a, IntArrayRef dims, bool keep = false) {
  const Tensor total = sum(a, dims, keep);
  return div(total, Scalar(double(a.numel()) / double(std::max<int64_t>(total.numel(), 1))));
}
inline Tensor norm(const Tensor &a) { return sqrt(sum(square(a))); }
inline bool allclose(const Tensor &a, const Tensor &b, double relative = 1e-5,
                     double absolute = 1e-8) {
  const std::vector<double> x = a.values(), y = b.values();
  for (size_t i = 0; i < x.size(); ++i) {
    if (!(std::fabs(x[i] - y[i]) <= absolute + relative * std::fabs(y[i]))) return false;
  }
  return x.size() == y.size();
}
inline bool equal(const Tensor &a, const Tensor &b) { return a.values() == b.values(); }

// ---- others
inline Tensor cumsum(const Tensor &a, int64_t d) {
  const Tensor made = a.to(as_sum(a.scalar_type())).clone().contiguous();
  const Tensor moved = made.transpose(d, -1);
  std::vector<double> values = moved.values();
  const auto length = size_t(a.size(d));
  for (size_t i = 0; i < values.size(); ++i) {
    if (i % length) values[i] += values[i - 1];
  }
  moved.set_values(values);
  return made;
}
inline Tensor cat(TensorList parts, int64_t d = 0) {
  std::vector<int64_t> dims = parts[0].sizes().vec();
  const auto along = size_t(parts[0].wrapped(d));
  dims[along] = 0;
  for (const Tensor &part : parts) dims[along] += part.size(d);
  Tensor made = empty(dims, parts[0].options());
  int64_t start = 0;
  for (const Tensor &part : parts) {
    made.narrow(d, start, part.size(d)).copy_(part);
    start += part.size(d);
  }
  return made;
}
inline Tensor stack(TensorList parts, int64_t d = 0) {
  std::vector<Tensor> raised;
  for (const Tensor &part : parts) raised.push_back(part.unsqueeze(d));
  return cat(raised, d);
}
inline Tensor index_select(const Tensor &a, int64_t d, const Tensor &which) {
  std::vector<Tensor> rows;
  for (double at : which.values()) rows.push_back(a.narrow(d, int64_t(at), 1));
  TORCH_CHECK(!rows.empty(), "nothing is selected");
  return cat(rows, d);
}
inline Tensor nonzero(const Tensor &a) {
  std::vector<double> found;
  const std::vector<double> values = a.values();
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] == 0) continue;
    std::vector<double> place;
    auto rest = int64_t(i);
    for (int64_t d = a.dim() - 1; d >= 0; --d) {
      place.insert(place.begin(), double(rest % a.size(d)));
      rest /= a.size(d);
    }
    found.insert(found.end(), place.begin(), place.end());
  }
  const int64_t rows = a.dim() ? int64_t(found.size()) / a.dim() : 0;
  return empty({rows, a.dim()}, a.options().dtype(kLong)).set_values(found);
}
inline Tensor masked_select(const Tensor &a, const Tensor &mask) {
  const std::vector<double> values = a.values(), chosen = mask.expand(a.sizes()).values();
  std::vector<double> kept;
  for (size_t i = 0; i < values.size(); ++i) {
    if (chosen[i] != 0) kept.push_back(values[i]);
  }
  return empty({int64_t(kept.size())}, a.options()).set_values(kept);
}
inline Tensor Tensor::index(const Tensor &which) const {
  return which.scalar_type() == kBool ? at::masked_select(*this, which)
                                      : at::index_select(*this, 0, which);
}
inline std::tuple<Tensor, Tensor> sort(const Tensor &a, int64_t d = -1, bool descending = false) {
  const Tensor made = a.clone(), places = empty_like(a, a.options().dtype(kLong));
  std::vector<double> values = a.transpose(d, -1).values(), order(values.size());
  const auto length = size_t(a.size(d));
  for (size_t row = 0; length && row < values.size(); row += length) {
    std::vector<size_t> at(length);
    std::iota(at.begin(), at.end(), size_t{0});
    std::stable_sort(at.begin(), at.end(), [&](size_t i, size_t j) {
      return descending ? values[row + i] > values[row + j] : values[row + i] < values[row + j];
    });
    std::vector<double> sorted(length);
    for (size_t i = 0; i < length; ++i) sorted[i] = values[row + at[i]], order[row + i] = double(at[i]);
    std::copy(sorted.begin(), sorted.end(), values.begin() + std::ptrdiff_t(row));
  }
  made.transpose(d, -1).set_values(values);
  places.transpose(d, -1).set_values(order);
  return {made, places};
}
inline Tensor argsort(const Tensor &a, int64_t d = -1, bool descending = false) {
  return std::get<1>(sort(a, d, descending));
}
// The different slices along a dimension in ascending order, which of them each slice is, and how
// often each is there.
inline std::tuple<Tensor, Tensor, Tensor> unique_dim(const Tensor &a, int64_t d, bool = true,
                                                     bool = false, bool = false) {
  const Tensor rows = a.transpose(0, d).contiguous();
  const std::vector<double> values = rows.values();
  const int64_t count = rows.size(0), length = count ? rows.numel() / count : 0;
  const auto row = [&](int64_t at) {
    return std::vector<double>(values.begin() + at * length, values.begin() + (at + 1) * length);
  };
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t i, int64_t j) { return row(i) < row(j); });
  std::vector<double> kept, inverse(static_cast<size_t>(count)), counts;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || row(order[i]) != row(order[i - 1])) {
      kept.push_back(double(order[i]));
      counts.push_back(0);
    }
    inverse[static_cast<size_t>(order[i])] = double(kept.size() - 1);
    ++counts.back();
  }
  const TensorOptions numbers = a.options().dtype(kLong);
  const auto listed = [&](const std::vector<double> &items) {
    return empty({int64_t(items.size())}, numbers).set_values(items);
  };
  const Tensor chosen = kept.empty() ? rows : index_select(rows, 0, listed(kept));
  return {chosen.transpose(0, d).contiguous(), listed(inverse), listed(counts)};
}
inline std::tuple<Tensor, Tensor> _unique(const Tensor &a, bool = true, bool = false) {
  auto [kept, inverse, counts] = unique_dim(a.reshape({-1}), 0);
  return {kept, inverse.view(a.sizes())};
}
inline Tensor argmax(const Tensor &a, int64_t d = -1) { return argsort(a, d, true).select(d, 0); }
inline Tensor argmin(const Tensor &a, int64_t d = -1) { return argsort(a, d).select(d, 0); }
inline Tensor flip(const Tensor &a, IntArrayRef dims) {
  Tensor made = a;
  for (int64_t d : dims) {
    made = index_select(made, d, arange(a.size(d) - 1, -1, -1, a.options().dtype(kLong)));
  }
  return made;
}
inline Tensor repeat(const Tensor &a, IntArrayRef times) {
  Tensor made = a;
  while (made.dim() < int64_t(times.size())) made = made.unsqueeze(0);
  for (size_t d = 0; d < times.size(); ++d) {
    made = cat(std::vector<Tensor>(size_t(times[d]), made), int64_t(d));
  }
  return made;
}
inline Tensor matmul(const Tensor &a, const Tensor &b) {
  TORCH_CHECK(a.dim() >= 2 && b.dim() >= 2 && a.size(-1) == b.size(-2), "matmul: sizes do not fit");
  const int64_t rows = a.size(-2), depth = a.size(-1), columns = b.size(-1);
  TORCH_CHECK(rows * depth * columns < (int64_t{1} << 26), "a product of this size is not made here");
  std::vector<int64_t> batch(a.sizes().begin(), a.sizes().end() - 2), left = batch, right = batch;
  left.insert(left.end(), {rows, depth});
  right.insert(right.end(), {depth, columns});
  const std::vector<double> x = a.expand(left).values(), y = b.expand(right).values();
  const int64_t count = c10::multiply_integers(batch);
  std::vector<double> products(size_t(count * rows * columns), 0);
  for (int64_t n = 0; n < count * rows; ++n) {
    for (int64_t k = 0; k < depth; ++k) {
      const double factor = x[size_t(n * depth + k)];
      const double *row = &y[size_t((n / rows * depth + k) * columns)];
      for (int64_t j = 0; j < columns; ++j) products[size_t(n * columns + j)] += factor * row[j];
    }
  }
  batch.insert(batch.end(), {rows, columns});
  return empty(batch, a.options()).set_values(products);
}
inline Tensor mm(const Tensor &a, const Tensor &b) { return matmul(a, b); }
inline Tensor bmm(const Tensor &a, const Tensor &b) { return matmul(a, b); }
inline Tensor dot(const Tensor &a, const Tensor &b) { return sum(mul(a, b)); }
inline const Tensor &mm_out(const Tensor &out, const Tensor &a, const Tensor &b) {
  return out.copy_(matmul(a, b));
}
inline Tensor linear(const Tensor &a, const Tensor &weight) { return matmul(a, weight.t()); }
inline Tensor transpose(const Tensor &a, int64_t d, int64_t e) { return a.transpose(d, e); }
inline Tensor reshape(const Tensor &a, IntArrayRef sizes) { return a.reshape(sizes); }
inline Tensor squeeze(const Tensor &a) { return a.squeeze(); }
inline Tensor unsqueeze(const Tensor &a, int64_t d) { return a.unsqueeze(d); }
inline Tensor narrow(const Tensor &a, int64_t d, int64_t start, int64_t length) {
  return a.narrow(d, start, length);
}
inline Tensor clone(const Tensor &a) { return a.clone(); }
inline int64_t numel(const Tensor &a) { return a.numel(); }
inline Tensor new_empty(const Tensor &a, IntArrayRef sizes) { return empty(sizes, a.options()); }
inline Tensor new_zeros(const Tensor &a, IntArrayRef sizes) { return zeros(sizes, a.options()); }
inline Tensor new_ones(const Tensor &a, IntArrayRef sizes) { return ones(sizes, a.options()); }

#define ASCENDIFY_MEMBER(name)                                                \
  template <class... A>                                                       \
  auto Tensor::name(A &&...arguments) const {                                 \
    return at::name(*this, std::forward<A>(arguments)...);                    \
  }
ASCENDIFY_MEMBERS(ASCENDIFY_MEMBER)
#undef ASCENDIFY_MEMBER
#define ASCENDIFY_MEMBER(name)                                                \
  inline Tensor Tensor::name(IntArrayRef dims, bool keep) const {             \
    return at::name(*this, dims, keep);                                       \
  }
ASCENDIFY_REDUCTIONS(ASCENDIFY_MEMBER)
#undef ASCENDIFY_MEMBER
#define ASCENDIFY_MEMBER(name)                                                \
  inline Tensor Tensor::name(IntArrayRef sizes) const { return at::name(*this, sizes); }
ASCENDIFY_MEMBER(repeat)
ASCENDIFY_MEMBER(flip)
ASCENDIFY_MEMBER(new_empty)
ASCENDIFY_MEMBER(new_zeros)
ASCENDIFY_MEMBER(new_ones)
#undef ASCENDIFY_MEMBER
inline Tensor Tensor::new_empty(IntArrayRef sizes, const TensorOptions &options) const {
  return at::empty(sizes, options);
}
inline Tensor Tensor::new_zeros(IntArrayRef sizes, const TensorOptions &options) const {
  return at::zeros(sizes, options);
}
inline Tensor Tensor::new_full(IntArrayRef sizes, Scalar value) const {
  return at::full(sizes, value, options());
}
#define ASCENDIFY_IN_PLACE(name)                                              \
  template <class... A>                                                       \
  const Tensor &Tensor::name##_(A &&...arguments) const {                     \
    return copy_(at::name(*this, std::forward<A>(arguments)...));             \
  }
ASCENDIFY_IN_PLACES(ASCENDIFY_IN_PLACE)
#undef ASCENDIFY_IN_PLACE
inline std::ostream &operator<<(std::ostream &out, const Tensor &tensor) {
  return out << c10::toString(tensor.scalar_type()) << tensor.sizes();
}
}  // namespace at

namespace c10 {
struct NoGradGuard {};
}  // namespace c10
namespace torch {
using at::Tensor;
using NoGradGuard = c10::NoGradGuard;
using TensorList = at::TensorList;
}  // namespace torch
