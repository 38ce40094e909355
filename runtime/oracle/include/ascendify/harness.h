// Calling the source's own host functions from outside: their parameter types as text, and one
// calling convention for all. A launcher that the harness may call is named by
//   ASCENDIFY_HARNESS_HOST(number, function)
#pragma once

#include <array>
#include <cstddef>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ascendify_harness {

// One letter per scalar type: what a buffer of that type is filled with.
template <class T> constexpr char letter() {
  using U = std::remove_cv_t<T>;
  if constexpr (std::is_same_v<U, float>) return 'f';
  else if constexpr (std::is_same_v<U, double>) return 'd';
  else if constexpr (std::is_same_v<U, __half>) return 'h';
  else if constexpr (std::is_same_v<U, __nv_bfloat16>) return 'b';
  else if constexpr (std::is_same_v<U, bool>) return '?';
  else if constexpr (std::is_void_v<U>) return 'v';
  else if constexpr (std::is_enum_v<U>) return letter<std::underlying_type_t<U>>();
  else if constexpr (std::is_integral_v<U>) {
    constexpr char letters[] = {'c', 's', 0, 'i', 0, 0, 0, 'l'};
    constexpr char unsigned_letters[] = {'C', 'S', 0, 'I', 0, 0, 0, 'L'};
    return std::is_signed_v<U> ? letters[sizeof(U) - 1] : unsigned_letters[sizeof(U) - 1];
  } else return 'o';
}

// How an argument of type T is made of what the harness gives.
template <class T> struct Argument {
  static constexpr char kind = std::is_pointer_v<T> ? '*' : '=';
  static constexpr char type = letter<std::remove_pointer_t<T>>();
  static T &from(void *given) { return *static_cast<T *>(given); }
};

// Two letters per parameter: '*', '=' or '#' (pointer, value or tensors) and the letter of the type.
template <class R, class... P>
constexpr std::array<char, 2 * sizeof...(P) + 1> kinds(R (*)(P...)) {
  std::array<char, 2 * sizeof...(P) + 1> text{};
  std::size_t at = 0;
  ((text[at] = Argument<std::remove_cv_t<std::remove_reference_t<P>>>::kind,
    text[at + 1] = Argument<std::remove_cv_t<std::remove_reference_t<P>>>::type, at += 2),
   ...);
  return text;
}

template <class R, class... P, std::size_t... I>
void call_with(R (*function)(P...), void **args, std::index_sequence<I...>) {
  function(static_cast<P>(
      Argument<std::remove_cv_t<std::remove_reference_t<P>>>::from(args[I]))...);
}
template <class R, class... P> void call(R (*function)(P...), void **args) {
  constexpr bool has_tensors =
      ((Argument<std::remove_cv_t<std::remove_reference_t<P>>>::kind == '#') || ...);
  if constexpr (has_tensors) {
    try {
      call_with(function, args, std::index_sequence_for<P...>{});
    } catch (const std::exception &) {
      // The function wants tensors of other sizes or types.
    }
  } else {
    call_with(function, args, std::index_sequence_for<P...>{});
  }
}

}  // namespace ascendify_harness

#ifdef ASCENDIFY_TORCH
#include "torch/harness.h"
#endif

// A host variable that points to memory which the program's `main` would have allocated.
#define ASCENDIFY_HARNESS_POINTER(number, variable)                                             \
  extern "C" __attribute__((visibility("default"))) int ascendify_host_pointer_##number(        \
      void *memory) {                                                                           \
    using Target = std::remove_pointer_t<decltype(variable)>;                                   \
    if (memory && !variable) variable = static_cast<Target *>(memory);                          \
    return ascendify_harness::letter<Target>();                                                 \
  }

#define ASCENDIFY_HARNESS_HOST(number, function)                                                \
  extern "C" __attribute__((visibility("default"))) const char *ascendify_host_kinds_##number() { \
    static constexpr auto text = ascendify_harness::kinds(&function);                           \
    return text.data();                                                                         \
  }                                                                                             \
  extern "C" __attribute__((visibility("default"))) void ascendify_host_call_##number(          \
      void **args) {                                                                            \
    ascendify_harness::call(&function, args);                                                   \
  }
