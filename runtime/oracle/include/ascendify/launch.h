// Launches. `kernel<<<grid, block, shared, stream>>>(args)` has been rewritten to
//   ascendify_oracle::launch(kernel, grid, block, shared, stream)(args)
// or, where the call has to choose the kernel (templates, overloads, default arguments), to
//   (ascendify_oracle::configure(grid, block, shared, stream), kernel_ascendify_launch(args))
// where the second function stands beside the kernel and calls launch_now.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include "abi.h"
#include "runtime_api.h"

namespace ascendify_oracle {

template <class... P>
struct Signature {
  static constexpr uint32_t count = sizeof...(P);
  static constexpr uint64_t sizes[sizeof...(P) + 1] = {sizeof(P)..., 0};

  // Arguments lie in memory of the host, which is no business of the checks.
  __attribute__((no_sanitize("thread", "undefined"))) static void invoke(const void *kernel,
                                                                         void **args) {
    call(kernel, args, std::index_sequence_for<P...>());
  }

 private:
  template <size_t... I>
  __attribute__((no_sanitize("thread", "undefined"))) static void call(
      const void *kernel, void **args, std::index_sequence<I...>) {
    using Kernel = void (*)(P...);
    (void)args;
    reinterpret_cast<Kernel>(const_cast<void *>(kernel))(
        *static_cast<std::remove_const_t<std::remove_reference_t<P>> *>(args[I])...);
  }
};

#pragma GCC visibility push(hidden)
// Gives a record to the dispatcher.
void dispatch(const ascendify_oracle_launch &launch);
void configure(dim3 grid, dim3 block, size_t shared_bytes = 0, cudaStream_t stream = nullptr);
ascendify_oracle_launch configured();
void register_instance(ascendify_oracle_instance &instance);
#pragma GCC visibility pop

template <class T>
struct Identity {
  using type = T;
};

template <class... P>
void launch_configured(ascendify_oracle_launch record, void (*kernel)(P...),
                       std::remove_const_t<P> &...args) {
  void *addresses[sizeof...(P) + 1] = {
      const_cast<void *>(static_cast<const volatile void *>(std::addressof(args)))..., nullptr};
  record.kernel = reinterpret_cast<const void *>(kernel);
  record.invoke = Signature<P...>::invoke;
  record.arg_count = sizeof...(P);
  record.args = addresses;
  record.arg_sizes = Signature<P...>::sizes;
  dispatch(record);
}

template <class... P>
void launch_now(void (*kernel)(P...), typename Identity<P>::type... args) {
  launch_configured<P...>(configured(), kernel, args...);
}

template <class... P>
struct Launch {
  void (*kernel)(P...);
  ascendify_oracle_launch record;
  void operator()(P... args) const { launch_configured<P...>(record, kernel, args...); }
};

template <class... P>
Launch<P...> launch(void (*kernel)(P...), dim3 grid, dim3 block, size_t shared_bytes = 0,
                    cudaStream_t stream = nullptr) {
  configure(grid, block, shared_bytes, stream);
  return {kernel, configured()};
}

// A kernel instance under a name. Constructed when the library is loaded.
template <class... P>
struct Instance : ascendify_oracle_instance {
  Instance(const char *text, void (*function)(P...)) {
    name = text;
    kernel = reinterpret_cast<const void *>(function);
    invoke = Signature<P...>::invoke;
    arg_count = sizeof...(P);
    arg_sizes = Signature<P...>::sizes;
    register_instance(*this);
  }
};
template <class... P>
Instance(const char *, void (*)(P...)) -> Instance<P...>;

// What a kernel argument of the C-style launch functions tells: with its own type all, as a void
// pointer only where it is.
struct Typed {
  const void *kernel;
  void (*invoke)(const void *, void **);
  uint32_t arg_count;
  const uint64_t *arg_sizes;
};
template <class... P>
Typed typed(void (*kernel)(P...)) {
  return {reinterpret_cast<const void *>(kernel), Signature<P...>::invoke, sizeof...(P),
          Signature<P...>::sizes};
}
inline Typed typed(const void *kernel) { return {kernel, nullptr, 0, nullptr}; }

cudaError_t launch_raw(Typed kernel, dim3 grid, dim3 block, void **args, size_t shared_bytes,
                       cudaStream_t stream, bool cooperative) ASCENDIFY_ORACLE_HIDDEN;

}  // namespace ascendify_oracle

#define ASCENDIFY_ORACLE_PASTE2(a, b) a##b
#define ASCENDIFY_ORACLE_PASTE(a, b) ASCENDIFY_ORACLE_PASTE2(a, b)
#define ASCENDIFY_ORACLE_INSTANCE(name, ...)                                              \
  static const ::ascendify_oracle::Instance ASCENDIFY_ORACLE_PASTE(ascendify_instance_,   \
                                                                   __COUNTER__)(          \
      name, __VA_ARGS__);

template <class T>
inline cudaError_t cudaLaunchKernel(T *kernel, dim3 grid, dim3 block, void **args,
                                    size_t shared_bytes = 0, cudaStream_t stream = nullptr) {
  return ascendify_oracle::launch_raw(ascendify_oracle::typed(kernel), grid, block, args,
                                      shared_bytes, stream, false);
}
template <class T>
inline cudaError_t cudaLaunchCooperativeKernel(T *kernel, dim3 grid, dim3 block, void **args,
                                               size_t shared_bytes = 0,
                                               cudaStream_t stream = nullptr) {
  return ascendify_oracle::launch_raw(ascendify_oracle::typed(kernel), grid, block, args,
                                      shared_bytes, stream, true);
}
template <class... P, class... A>
inline cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t *config, void (*kernel)(P...),
                                      A &&...args) {
  ascendify_oracle::configure(config->gridDim, config->blockDim, config->dynamicSmemBytes,
                              config->stream);
  ascendify_oracle_launch record = ascendify_oracle::configured();
  for (unsigned i = 0; i < config->numAttrs; ++i) {
    if (config->attrs[i].id == cudaLaunchAttributeCooperative) {
      record.cooperative = config->attrs[i].val.cooperative != 0;
    }
  }
  ascendify_oracle::Launch<P...>{kernel, record}(static_cast<A &&>(args)...);
  return cudaPeekAtLastError();
}
