// Bindings to Python: compiled, never made.
#pragma once

#include <string>

#ifndef TORCH_EXTENSION_NAME
#define TORCH_EXTENSION_NAME extension
#endif

namespace pybind11 {
struct arg_v {};
struct arg {
  explicit arg(const char *) {}
  template <class T>
  arg_v operator=(const T &) const {
    return {};
  }
  arg &noconvert(bool = true) { return *this; }
};
struct kw_only {};
struct pos_only {};
template <class... T>
struct init_with {};
template <class... T>
init_with<T...> init() {
  return {};
}
template <class F>
init_with<F> init(F) {
  return {};
}
template <class T>
struct call_guard {};
struct gil_scoped_release {};
struct gil_scoped_acquire {};
namespace literals {
inline arg operator""_a(const char *text, size_t) { return arg(text); }
}
struct object {};
struct module_ {
  template <class... T>
  module_ &def(const char *, const T &...) {
    return *this;
  }
  module_ def_submodule(const char *, const char * = "") { return *this; }
  template <class T>
  struct Attribute {
    template <class U>
    Attribute &operator=(const U &) {
      return *this;
    }
  };
  Attribute<int> attr(const char *) { return {}; }
  const char *&doc() {
    static const char *text = "";
    return text;
  }
};
using module = module_;
template <class T, class... Options>
struct class_ {
  template <class... A>
  class_(const A &...) {}
  template <class... A>
  class_ &def(const A &...) {
    return *this;
  }
  template <class... A>
  class_ &def_static(const A &...) {
    return *this;
  }
  template <class M>
  class_ &def_readwrite(const char *, M) {
    return *this;
  }
  template <class M>
  class_ &def_readonly(const char *, M) {
    return *this;
  }
  template <class... A>
  class_ &def_property_readonly(const A &...) {
    return *this;
  }
};
template <class T>
struct enum_ {
  template <class... A>
  enum_(const A &...) {}
  template <class... A>
  enum_ &value(const A &...) {
    return *this;
  }
  enum_ &export_values() { return *this; }
};
}  // namespace pybind11
namespace py = pybind11;

namespace torch {
enum class DispatchKey { CPU, CUDA, Meta, CompositeImplicitAutograd, Autograd };
constexpr DispatchKey kDispatchCUDA = DispatchKey::CUDA;
struct Library {
  template <class... T>
  Library &def(const T &...) {
    return *this;
  }
  template <class... T>
  Library &impl(const T &...) {
    return *this;
  }
};
template <class... T>
int dispatch(const T &...) {
  return 0;
}
}  // namespace torch

#define ASCENDIFY_MODULE_PASTE2(a, b) a##b
#define ASCENDIFY_MODULE_PASTE(a, b) ASCENDIFY_MODULE_PASTE2(a, b)
#define PYBIND11_MODULE(name, variable, ...)                                                \
  [[maybe_unused]] static void ASCENDIFY_MODULE_PASTE(ascendify_module_, __COUNTER__)(      \
      [[maybe_unused]] ::pybind11::module_ & variable)
#define TORCH_LIBRARY(name, variable)                                                       \
  [[maybe_unused]] static void ASCENDIFY_MODULE_PASTE(ascendify_library_, __COUNTER__)(     \
      [[maybe_unused]] ::torch::Library & variable)
#define TORCH_LIBRARY_FRAGMENT(name, variable) TORCH_LIBRARY(name, variable)
#define TORCH_LIBRARY_IMPL(name, key, variable) TORCH_LIBRARY(name, variable)
#define TORCH_FN(function) (function)
