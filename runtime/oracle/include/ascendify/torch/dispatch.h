// The macros that run a lambda with `scalar_t` bound to a tensor's element type.
#pragma once

#include "tensor.h"

namespace at::detail {
inline ScalarType scalar_type(ScalarType type) { return type; }
inline ScalarType scalar_type(caffe2::TypeMeta type) { return type; }
inline ScalarType scalar_type(const DeprecatedTypeProperties &type) { return type.scalarType(); }
}  // namespace at::detail
namespace c10::impl {
template <ScalarType N>
struct ScalarTypeToCPPType;
#define ASCENDIFY_TYPE_OF(T, name, number)       \
  template <>                                    \
  struct ScalarTypeToCPPType<ScalarType::name> { \
    using type = T;                              \
  };
ASCENDIFY_SCALAR_TYPES(ASCENDIFY_TYPE_OF)
#undef ASCENDIFY_TYPE_OF
template <ScalarType N>
using ScalarTypeToCPPTypeT = typename ScalarTypeToCPPType<N>::type;
}  // namespace c10::impl

#define AT_DISPATCH_CASE_AS(name, number, ...)                            \
  case number: {                                                          \
    using name [[maybe_unused]] = ::c10::impl::ScalarTypeToCPPTypeT<number>; \
    return __VA_ARGS__();                                                 \
  }
#define AT_DISPATCH_CASE(number, ...) AT_DISPATCH_CASE_AS(scalar_t, number, __VA_ARGS__)
#define AT_PRIVATE_CASE_TYPE_USING_HINT(number, hint, ...) \
  AT_DISPATCH_CASE_AS(hint, number, __VA_ARGS__)
#define AT_DISPATCH_SWITCH(TYPE, NAME, ...)                                               \
  [&] {                                                                                   \
    const auto &the_type = TYPE;                                                          \
    const ::c10::ScalarType _st = ::at::detail::scalar_type(the_type);                    \
    switch (_st) {                                                                        \
      __VA_ARGS__                                                                         \
      default:                                                                            \
        AT_ERROR(NAME, " is not implemented for ", ::c10::toString(_st));                 \
    }                                                                                     \
  }()

#define ASCENDIFY_CASE_1(A, ...) AT_DISPATCH_CASE(::c10::ScalarType::A, __VA_ARGS__)
#define AT_DISPATCH_CASE_FLOATING_TYPES(...) \
  ASCENDIFY_CASE_1(Double, __VA_ARGS__) ASCENDIFY_CASE_1(Float, __VA_ARGS__)
#define AT_DISPATCH_CASE_REDUCED_FLOATING_TYPES(...) \
  ASCENDIFY_CASE_1(Half, __VA_ARGS__) ASCENDIFY_CASE_1(BFloat16, __VA_ARGS__)
#define AT_DISPATCH_CASE_INTEGRAL_TYPES(...)                                    \
  ASCENDIFY_CASE_1(Byte, __VA_ARGS__) ASCENDIFY_CASE_1(Char, __VA_ARGS__)       \
  ASCENDIFY_CASE_1(Int, __VA_ARGS__) ASCENDIFY_CASE_1(Long, __VA_ARGS__)        \
  ASCENDIFY_CASE_1(Short, __VA_ARGS__)
#define AT_DISPATCH_CASE_COMPLEX_TYPES(...) \
  ASCENDIFY_CASE_1(ComplexDouble, __VA_ARGS__) ASCENDIFY_CASE_1(ComplexFloat, __VA_ARGS__)
#define AT_DISPATCH_CASE_ALL_TYPES(...) \
  AT_DISPATCH_CASE_INTEGRAL_TYPES(__VA_ARGS__) AT_DISPATCH_CASE_FLOATING_TYPES(__VA_ARGS__)
#define AT_DISPATCH_CASE_ALL_TYPES_AND_COMPLEX(...) \
  AT_DISPATCH_CASE_ALL_TYPES(__VA_ARGS__) AT_DISPATCH_CASE_COMPLEX_TYPES(__VA_ARGS__)
#define AT_DISPATCH_CASE_FLOATING_AND_COMPLEX_TYPES(...) \
  AT_DISPATCH_CASE_FLOATING_TYPES(__VA_ARGS__) AT_DISPATCH_CASE_COMPLEX_TYPES(__VA_ARGS__)

#define ASCENDIFY_DISPATCH_0(LIST, TYPE, NAME, ...) \
  AT_DISPATCH_SWITCH(TYPE, NAME, AT_DISPATCH_CASE_##LIST(__VA_ARGS__))
#define ASCENDIFY_DISPATCH_1(LIST, A, TYPE, NAME, ...) \
  AT_DISPATCH_SWITCH(TYPE, NAME,                       \
                     AT_DISPATCH_CASE_##LIST(__VA_ARGS__) AT_DISPATCH_CASE(A, __VA_ARGS__))
#define ASCENDIFY_DISPATCH_2(LIST, A, B, TYPE, NAME, ...)                                        \
  AT_DISPATCH_SWITCH(TYPE, NAME,                                                                 \
                     AT_DISPATCH_CASE_##LIST(__VA_ARGS__) AT_DISPATCH_CASE(A, __VA_ARGS__)       \
                         AT_DISPATCH_CASE(B, __VA_ARGS__))
#define ASCENDIFY_DISPATCH_3(LIST, A, B, C, TYPE, NAME, ...)                                     \
  AT_DISPATCH_SWITCH(TYPE, NAME,                                                                 \
                     AT_DISPATCH_CASE_##LIST(__VA_ARGS__) AT_DISPATCH_CASE(A, __VA_ARGS__)       \
                         AT_DISPATCH_CASE(B, __VA_ARGS__) AT_DISPATCH_CASE(C, __VA_ARGS__))
#define ASCENDIFY_DISPATCH_4(LIST, A, B, C, D, TYPE, NAME, ...)                                  \
  AT_DISPATCH_SWITCH(TYPE, NAME,                                                                 \
                     AT_DISPATCH_CASE_##LIST(__VA_ARGS__) AT_DISPATCH_CASE(A, __VA_ARGS__)       \
                         AT_DISPATCH_CASE(B, __VA_ARGS__) AT_DISPATCH_CASE(C, __VA_ARGS__)       \
                             AT_DISPATCH_CASE(D, __VA_ARGS__))

#define AT_DISPATCH_FLOATING_TYPES(...) ASCENDIFY_DISPATCH_0(FLOATING_TYPES, __VA_ARGS__)
#define AT_DISPATCH_FLOATING_TYPES_AND_HALF(...) \
  ASCENDIFY_DISPATCH_1(FLOATING_TYPES, ::c10::ScalarType::Half, __VA_ARGS__)
#define AT_DISPATCH_FLOATING_TYPES_AND(...) ASCENDIFY_DISPATCH_1(FLOATING_TYPES, __VA_ARGS__)
#define AT_DISPATCH_FLOATING_TYPES_AND2(...) ASCENDIFY_DISPATCH_2(FLOATING_TYPES, __VA_ARGS__)
#define AT_DISPATCH_FLOATING_TYPES_AND3(...) ASCENDIFY_DISPATCH_3(FLOATING_TYPES, __VA_ARGS__)
#define AT_DISPATCH_FLOATING_TYPES_AND4(...) ASCENDIFY_DISPATCH_4(FLOATING_TYPES, __VA_ARGS__)
#define AT_DISPATCH_REDUCED_FLOATING_TYPES(...) \
  ASCENDIFY_DISPATCH_0(REDUCED_FLOATING_TYPES, __VA_ARGS__)
#define AT_DISPATCH_INTEGRAL_TYPES(...) ASCENDIFY_DISPATCH_0(INTEGRAL_TYPES, __VA_ARGS__)
#define AT_DISPATCH_INTEGRAL_TYPES_AND(...) ASCENDIFY_DISPATCH_1(INTEGRAL_TYPES, __VA_ARGS__)
#define AT_DISPATCH_ALL_TYPES(...) ASCENDIFY_DISPATCH_0(ALL_TYPES, __VA_ARGS__)
#define AT_DISPATCH_ALL_TYPES_AND_HALF(...) \
  ASCENDIFY_DISPATCH_1(ALL_TYPES, ::c10::ScalarType::Half, __VA_ARGS__)
#define AT_DISPATCH_ALL_TYPES_AND(...) ASCENDIFY_DISPATCH_1(ALL_TYPES, __VA_ARGS__)
#define AT_DISPATCH_ALL_TYPES_AND2(...) ASCENDIFY_DISPATCH_2(ALL_TYPES, __VA_ARGS__)
#define AT_DISPATCH_ALL_TYPES_AND3(...) ASCENDIFY_DISPATCH_3(ALL_TYPES, __VA_ARGS__)
#define AT_DISPATCH_ALL_TYPES_AND4(...) ASCENDIFY_DISPATCH_4(ALL_TYPES, __VA_ARGS__)
#define AT_DISPATCH_ALL_TYPES_AND_COMPLEX(...) \
  ASCENDIFY_DISPATCH_0(ALL_TYPES_AND_COMPLEX, __VA_ARGS__)
#define AT_DISPATCH_ALL_TYPES_AND_COMPLEX_AND(...) \
  ASCENDIFY_DISPATCH_1(ALL_TYPES_AND_COMPLEX, __VA_ARGS__)
#define AT_DISPATCH_ALL_TYPES_AND_COMPLEX_AND2(...) \
  ASCENDIFY_DISPATCH_2(ALL_TYPES_AND_COMPLEX, __VA_ARGS__)
#define AT_DISPATCH_ALL_TYPES_AND_COMPLEX_AND3(...) \
  ASCENDIFY_DISPATCH_3(ALL_TYPES_AND_COMPLEX, __VA_ARGS__)
#define AT_DISPATCH_FLOATING_AND_COMPLEX_TYPES(...) \
  ASCENDIFY_DISPATCH_0(FLOATING_AND_COMPLEX_TYPES, __VA_ARGS__)
#define AT_DISPATCH_COMPLEX_TYPES(...) ASCENDIFY_DISPATCH_0(COMPLEX_TYPES, __VA_ARGS__)
#define AT_DISPATCH_INDEX_TYPES(TYPE, NAME, ...)                                                \
  AT_DISPATCH_SWITCH(TYPE, NAME,                                                                \
                     AT_DISPATCH_CASE_AS(index_t, ::c10::ScalarType::Int, __VA_ARGS__)          \
                         AT_DISPATCH_CASE_AS(index_t, ::c10::ScalarType::Long, __VA_ARGS__))
