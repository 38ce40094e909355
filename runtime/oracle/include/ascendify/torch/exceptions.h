// PyTorch's checks: what is not met ends the host function with a text that says what was wanted.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

#include <cuda_runtime.h>

namespace c10 {
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  const char *what_without_backtrace() const { return what(); }
};
using IndexError = Error;
using ValueError = Error;
using TypeError = Error;
using NotImplementedError = Error;

template <class... T>
std::string str(const T &...parts) {
  std::ostringstream text;
  (void)(text << ... << parts);
  return text.str();
}
template <class... T>
[[noreturn]] void fail_check(const char *condition, const T &...parts) {
  if constexpr (sizeof...(parts) == 0) throw Error(std::string("expected ") + condition);
  else throw Error(str(parts...));
}
inline void check_cuda(cudaError_t error) {
  if (error != cudaSuccess) throw Error(str("CUDA error: ", cudaGetErrorString(error)));
}
}  // namespace c10

#define TORCH_CHECK(condition, ...)                                                  \
  do {                                                                               \
    if (!(condition)) ::c10::fail_check(#condition __VA_OPT__(, ) __VA_ARGS__);      \
  } while (false)
#define TORCH_CHECK_INDEX(...) TORCH_CHECK(__VA_ARGS__)
#define TORCH_CHECK_VALUE(...) TORCH_CHECK(__VA_ARGS__)
#define TORCH_CHECK_TYPE(...) TORCH_CHECK(__VA_ARGS__)
#define TORCH_CHECK_NOT_IMPLEMENTED(...) TORCH_CHECK(__VA_ARGS__)
#define TORCH_CHECK_ARG(condition, number, ...) TORCH_CHECK(condition, __VA_ARGS__)
#define TORCH_INTERNAL_ASSERT(...) TORCH_CHECK(__VA_ARGS__)
#define TORCH_INTERNAL_ASSERT_DEBUG_ONLY(...) TORCH_CHECK(__VA_ARGS__)
#define TORCH_CHECK_EQ(a, b) TORCH_CHECK((a) == (b))
#define TORCH_CHECK_NE(a, b) TORCH_CHECK((a) != (b))
#define TORCH_CHECK_LT(a, b) TORCH_CHECK((a) < (b))
#define TORCH_CHECK_LE(a, b) TORCH_CHECK((a) <= (b))
#define TORCH_CHECK_GT(a, b) TORCH_CHECK((a) > (b))
#define TORCH_CHECK_GE(a, b) TORCH_CHECK((a) >= (b))
#define AT_ASSERT(...) TORCH_CHECK(__VA_ARGS__)
#define AT_ASSERTM(...) TORCH_CHECK(__VA_ARGS__)
#define AT_CHECK(...) TORCH_CHECK(__VA_ARGS__)
#define AT_ERROR(...) ::c10::fail_check("no error" __VA_OPT__(, ) __VA_ARGS__)
#define TORCH_WARN(...) ((void)0)
#define TORCH_WARN_ONCE(...) ((void)0)
#define AT_WARN(...) ((void)0)
#define C10_CUDA_CHECK(call) ::c10::check_cuda(call)
#define C10_CUDA_CHECK_WARN(call) ((void)(call))
#define C10_CUDA_ERROR_HANDLED(call) (call)
#define C10_CUDA_IGNORE_ERROR(call) ((void)(call))
#define C10_CUDA_KERNEL_LAUNCH_CHECK() C10_CUDA_CHECK(cudaGetLastError())
#define AT_CUDA_CHECK(call) C10_CUDA_CHECK(call)
#define THCudaCheck(call) C10_CUDA_CHECK(call)
#define TORCH_CUDABLAS_CHECK(call) TORCH_CHECK((call) == CUBLAS_STATUS_SUCCESS, "cuBLAS fails")
