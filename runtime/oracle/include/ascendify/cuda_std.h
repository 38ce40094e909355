// libcu++: cuda::std is the C++ standard library, and cuda:: has a few functions of its own.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ascendify_oracle {

template <template <class> class Choose, class T>
struct Extreme {
  constexpr T operator()(const T &a, const T &b) const { return Choose<T>::second(a, b) ? b : a; }
};
template <template <class> class Choose>
struct Extreme<Choose, void> {
  template <class T>
  constexpr T operator()(const T &a, const T &b) const {
    return Choose<T>::second(a, b) ? b : a;
  }
};
template <class T>
struct IsGreater {
  static constexpr bool second(const T &a, const T &b) { return a < b; }
};
template <class T>
struct IsSmaller {
  static constexpr bool second(const T &a, const T &b) { return b < a; }
};

}  // namespace ascendify_oracle

namespace cuda {
namespace std {
using namespace ::std;
}  // namespace std

template <class T = void>
struct maximum : ascendify_oracle::Extreme<ascendify_oracle::IsGreater, T> {};
template <class T = void>
struct minimum : ascendify_oracle::Extreme<ascendify_oracle::IsSmaller, T> {};

template <class T, class U>
constexpr T ceil_div(T a, U b) {
  return static_cast<T>((a + b - 1) / b);
}

}  // namespace cuda
