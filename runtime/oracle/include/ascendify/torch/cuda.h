// Streams, guards, device properties, random generators, memory: one device, one stream.
#pragma once

#include <mutex>

#include <cublas_v2.h>

#include "device.h"
#include "tensor.h"

namespace c10::cuda {
class CUDAStream {
 public:
  CUDAStream(cudaStream_t stream = nullptr) : stream_(stream) {}
  cudaStream_t stream() const { return stream_; }
  operator cudaStream_t() const { return stream_; }
  DeviceIndex device_index() const { return 0; }
  Device device() const { return Device(kCUDA, 0); }
  int64_t id() const { return 0; }
  void synchronize() const {}
  bool query() const { return true; }

 private:
  cudaStream_t stream_;
};
inline CUDAStream getCurrentCUDAStream(DeviceIndex = -1) { return CUDAStream(); }
inline CUDAStream getDefaultCUDAStream(DeviceIndex = -1) { return CUDAStream(); }
inline CUDAStream getStreamFromPool(bool = false, DeviceIndex = -1) { return CUDAStream(); }
inline CUDAStream getStreamFromExternal(cudaStream_t stream, DeviceIndex) { return stream; }
inline void setCurrentCUDAStream(CUDAStream) {}
inline DeviceIndex device_count() { return 1; }
inline DeviceIndex current_device() { return 0; }
inline void set_device(DeviceIndex) {}
inline void device_synchronize() {}
inline int warp_size() { return 32; }

struct CUDAGuard {
  template <class... T>
  explicit CUDAGuard(const T &...) {}
  template <class T>
  void set_device(const T &) {}
  template <class T>
  void set_index(const T &) {}
};
struct OptionalCUDAGuard {
  template <class... T>
  explicit OptionalCUDAGuard(const T &...) {}
};
struct CUDAStreamGuard {
  template <class... T>
  explicit CUDAStreamGuard(const T &...) {}
};

namespace CUDACachingAllocator {
struct Allocator {
  DataPtr allocate(size_t bytes) const { return DataPtr(bytes); }
  void *raw_alloc(size_t bytes) const {
    void *memory = nullptr;
    check_cuda(cudaMalloc(&memory, bytes));
    return memory;
  }
  void raw_delete(void *memory) const { cudaFree(memory); }
};
inline Allocator *get() {
  static Allocator allocator;
  return &allocator;
}
inline void emptyCache() {}
}  // namespace CUDACachingAllocator
}  // namespace c10::cuda

namespace at {
using CUDAGuard = c10::cuda::CUDAGuard;
inline std::optional<Device> device_of(const Tensor &tensor) {
  if (!tensor.defined()) return std::nullopt;
  return tensor.device();
}

class Generator {
 public:
  std::mutex &mutex() {
    static std::mutex only;
    return only;
  }
};
struct CUDAGeneratorImpl {
  std::mutex mutex_;
  uint64_t seed = 0x5eed;
  uint64_t offset = 0;
  PhiloxCudaState philox_cuda_state(uint64_t increment) {
    PhiloxCudaState state(seed, offset);
    offset += (increment + 3) / 4 * 4;
    return state;
  }
  std::pair<uint64_t, uint64_t> philox_engine_inputs(uint64_t increment) {
    const PhiloxCudaState state = philox_cuda_state(increment);
    return {state.seed_.val, state.offset_.val};
  }
  uint64_t current_seed() const { return seed; }
};
namespace cuda {
using namespace c10::cuda;
namespace detail {
inline Generator &getDefaultCUDAGenerator(DeviceIndex = -1) {
  static Generator generator;
  return generator;
}
inline bool canUse32BitIndexMath(const Tensor &tensor, int64_t = 0) {
  return tensor.numel() < (int64_t{1} << 31);
}
}  // namespace detail
inline cudaDeviceProp *getDeviceProperties(int64_t) {
  static cudaDeviceProp properties = [] {
    cudaDeviceProp found;
    cudaGetDeviceProperties(&found, 0);
    return found;
  }();
  return &properties;
}
inline cudaDeviceProp *getCurrentDeviceProperties() { return getDeviceProperties(0); }
inline cublasHandle_t getCurrentCUDABlasHandle() {
  static cublasHandle_t handle = [] {
    cublasHandle_t made;
    cublasCreate(&made);
    return made;
  }();
  return handle;
}
}  // namespace cuda
template <class T>
T *get_generator_or_default(const std::optional<Generator> &, const Generator &) {
  static T generator;
  return &generator;
}
template <class T>
T *check_generator(const std::optional<Generator> &) {
  static T generator;
  return &generator;
}
struct Context {
  cudaDeviceProp *getCurrentDeviceProperties() const { return cuda::getCurrentDeviceProperties(); }
  cudaDeviceProp *getDeviceProperties(int64_t) const { return cuda::getCurrentDeviceProperties(); }
  bool deterministicAlgorithms() const { return false; }
  bool allowTF32CuBLAS() const { return false; }
  void alertNotDeterministic(const char *) const {}
  Generator defaultGenerator(Device) const { return Generator(); }
};
inline Context &globalContext() {
  static Context context;
  return context;
}
inline Context &detail_context() { return globalContext(); }

// Checks of several tensors at once: they all lie on the one device.
using CheckedFrom = const char *;
struct TensorArg {
  Tensor tensor;
  const char *name;
  int pos;
  TensorArg(Tensor given, const char *text, int position)
      : tensor(std::move(given)), name(text), pos(position) {}
  const Tensor *operator->() const { return &tensor; }
  const Tensor &operator*() const { return tensor; }
};
inline void checkAllSameGPU(CheckedFrom, ArrayRef<TensorArg>) {}
inline void checkSameGPU(CheckedFrom, const TensorArg &, const TensorArg &) {}
inline void checkAllSameType(CheckedFrom, ArrayRef<TensorArg> tensors) {
  for (const TensorArg &item : tensors) {
    TORCH_CHECK(item.tensor.scalar_type() == tensors[0].tensor.scalar_type(),
                "tensors have different types");
  }
}
inline void checkSameType(CheckedFrom, const TensorArg &a, const TensorArg &b) {
  TORCH_CHECK(a.tensor.scalar_type() == b.tensor.scalar_type(), "tensors have different types");
}
inline void checkContiguous(CheckedFrom, const TensorArg &item) {
  TORCH_CHECK(item.tensor.is_contiguous(), "a tensor is not contiguous");
}
}  // namespace at
namespace torch::cuda {
using namespace at::cuda;
inline void synchronize(int64_t = -1) {}
inline bool is_available() { return true; }
}  // namespace torch::cuda
struct THCState;
