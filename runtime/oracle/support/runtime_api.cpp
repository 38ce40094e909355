// The parts of the CUDA runtime API that need state: errors, the device, allocations, events,
// and the way of a launch to the dispatcher.

#include <cxxabi.h>
#include <sys/mman.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>

#include "ascendify/execution.h"
#include "ascendify/launch.h"
#include "check.h"
#include "launches.h"

namespace ascendify_oracle {
namespace {

thread_local cudaError_t last_error = cudaSuccess;

struct ErrorText {
  cudaError_t code;
  const char *name;
  const char *text;
};
#define ROW(name, text) {name, #name, text}
constexpr ErrorText error_texts[] = {
    ROW(cudaSuccess, "no error"),
    ROW(cudaErrorInvalidValue, "invalid argument"),
    ROW(cudaErrorMemoryAllocation, "out of memory"),
    ROW(cudaErrorInitializationError, "initialization error"),
    ROW(cudaErrorInvalidConfiguration, "invalid configuration argument"),
    ROW(cudaErrorInvalidSymbol, "invalid device symbol"),
    ROW(cudaErrorInvalidDevicePointer, "invalid device pointer"),
    ROW(cudaErrorInvalidMemcpyDirection, "invalid copy direction for memcpy"),
    ROW(cudaErrorInvalidDeviceFunction, "invalid device function"),
    ROW(cudaErrorNoDevice, "no CUDA-capable device is detected"),
    ROW(cudaErrorInvalidDevice, "invalid device ordinal"),
    ROW(cudaErrorInvalidResourceHandle, "invalid resource handle"),
    ROW(cudaErrorSymbolNotFound, "named symbol not found"),
    ROW(cudaErrorNotReady, "device not ready"),
    ROW(cudaErrorIllegalAddress, "an illegal memory access was encountered"),
    ROW(cudaErrorLaunchOutOfResources, "too many resources requested for launch"),
    ROW(cudaErrorAssert, "device-side assert triggered"),
    ROW(cudaErrorLaunchFailure, "unspecified launch failure"),
    ROW(cudaErrorCooperativeLaunchTooLarge, "too many blocks in cooperative launch"),
    ROW(cudaErrorNotPermitted, "operation not permitted"),
    ROW(cudaErrorNotSupported, "operation not supported"),
    ROW(cudaErrorUnknown, "unknown error"),
};
#undef ROW

constexpr int multiprocessors = 108;
constexpr int threads_per_multiprocessor = 2048;
constexpr size_t shared_per_block = 48 * 1024;
constexpr size_t shared_opt_in = 163 * 1024;
constexpr size_t shared_per_multiprocessor = 164 * 1024;
constexpr size_t global_memory = size_t{40} << 30;
constexpr int l2_bytes = 40 << 20;
constexpr int clock_khz = 1410000;
constexpr int memory_clock_khz = 1215000;
constexpr int memory_bus_bits = 5120;
constexpr int registers = 65536;
constexpr int blocks_limit = 32;

struct Attribute {
  cudaDeviceAttr id;
  int value;
};
constexpr Attribute attributes[] = {
    {cudaDevAttrMaxThreadsPerBlock, 1024},
    {cudaDevAttrMaxBlockDimX, 1024},
    {cudaDevAttrMaxBlockDimY, 1024},
    {cudaDevAttrMaxBlockDimZ, 64},
    {cudaDevAttrMaxGridDimX, 0x7fffffff},
    {cudaDevAttrMaxGridDimY, 65535},
    {cudaDevAttrMaxGridDimZ, 65535},
    {cudaDevAttrMaxSharedMemoryPerBlock, shared_per_block},
    {cudaDevAttrTotalConstantMemory, 65536},
    {cudaDevAttrWarpSize, 32},
    {cudaDevAttrMaxRegistersPerBlock, registers},
    {cudaDevAttrClockRate, clock_khz},
    {cudaDevAttrMultiProcessorCount, multiprocessors},
    {cudaDevAttrConcurrentKernels, 1},
    {cudaDevAttrMemoryClockRate, memory_clock_khz},
    {cudaDevAttrGlobalMemoryBusWidth, memory_bus_bits},
    {cudaDevAttrL2CacheSize, l2_bytes},
    {cudaDevAttrMaxThreadsPerMultiProcessor, threads_per_multiprocessor},
    {cudaDevAttrUnifiedAddressing, 1},
    {cudaDevAttrComputeCapabilityMajor, 8},
    {cudaDevAttrComputeCapabilityMinor, 0},
    {cudaDevAttrMaxSharedMemoryPerMultiprocessor, shared_per_multiprocessor},
    {cudaDevAttrMaxRegistersPerMultiprocessor, registers},
    {cudaDevAttrManagedMemory, 1},
    {cudaDevAttrPageableMemoryAccess, 1},
    {cudaDevAttrConcurrentManagedAccess, 1},
    {cudaDevAttrCooperativeLaunch, 1},
    {cudaDevAttrMaxSharedMemoryPerBlockOptin, shared_opt_in},
    {cudaDevAttrMaxBlocksPerMultiprocessor, blocks_limit},
    {cudaDevAttrMemoryPoolsSupported, 1},
};

struct Allocation {
  size_t bytes;
  void *memory;  // what the system gave: more, on both sides
  size_t memory_bytes;
};
struct Allocations {
  std::mutex mutex;
  size_t bytes = 0;
  std::map<char *, Allocation> by_start;
};
// Never destroyed: programs free memory in destructors of their own globals.
Allocations &allocations() {
  static Allocations *all = new Allocations;
  return *all;
}

ascendify_oracle_dispatcher dispatcher = nullptr;
ascendify_oracle_instance *first_instance = nullptr;
ascendify_oracle_instance *last_instance = nullptr;
thread_local ascendify_oracle_launch configuration;

}  // namespace

cudaError_t note(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

void note_written(const void *start, size_t bytes) { check::written(start, bytes); }

void note_host_memory(const void *start, size_t bytes) {
  if (bytes) {
    check::allocated(start, bytes, true);
  } else {
    check::freed(start);
  }
}

cudaError_t allocate_for_both(void **pointer, size_t bytes) {
  cudaError_t error = cudaMalloc(pointer, bytes);
  if (error == cudaSuccess && *pointer) check::written(*pointer, bytes);
  return error;
}

int blocks_per_multiprocessor(int block_threads, size_t shared_bytes) {
  if (block_threads <= 0 || block_threads > 1024) return 0;
  int warps = (block_threads + 31) / 32;
  int by_threads = threads_per_multiprocessor / 32 / warps;
  size_t by_shared = shared_per_multiprocessor / (shared_bytes + 1024);
  int blocks = by_threads < blocks_limit ? by_threads : blocks_limit;
  return static_cast<size_t>(blocks) < by_shared ? blocks : static_cast<int>(by_shared);
}

void configure(dim3 grid, dim3 block, size_t shared_bytes, cudaStream_t) {
  configuration = {};
  configuration.grid[0] = grid.x;
  configuration.grid[1] = grid.y;
  configuration.grid[2] = grid.z;
  configuration.block[0] = block.x;
  configuration.block[1] = block.y;
  configuration.block[2] = block.z;
  configuration.shared_bytes = shared_bytes;
}

ascendify_oracle_launch configured() { return configuration; }

void dispatch(const ascendify_oracle_launch &launch) {
  if (is_on_device()) fail("a kernel launches a kernel: not supported");
  if (dispatcher) {
    dispatcher(&launch);
  } else if (const char *why = ascendify_oracle_run(&launch)) {
    ascendify_oracle_fail_launch(why);
  }
}

cudaError_t launch_raw(Typed kernel, dim3 grid, dim3 block, void **args, size_t shared_bytes,
                       cudaStream_t stream, bool cooperative) {
  configure(grid, block, shared_bytes, stream);
  ascendify_oracle_launch launch = configured();
  launch.kernel = kernel.kernel;
  launch.invoke = kernel.invoke;
  launch.arg_count = kernel.arg_count;
  launch.arg_sizes = kernel.arg_sizes;
  launch.args = args;
  launch.cooperative = cooperative;
  complete_from_registry(launch);
  dispatch(launch);
  return last_error;
}

void register_instance(ascendify_oracle_instance &instance) {
  instance.next = nullptr;
  if (last_instance) {
    last_instance->next = &instance;
  } else {
    first_instance = &instance;
  }
  last_instance = &instance;
}

void complete_from_registry(ascendify_oracle_launch &launch) {
  for (auto *known = first_instance; known && !launch.invoke;
       known = const_cast<ascendify_oracle_instance *>(known->next)) {
    if (known->kernel != launch.kernel) continue;
    launch.invoke = known->invoke;
    launch.arg_count = known->arg_count;
    launch.arg_sizes = known->arg_sizes;
  }
}

}  // namespace ascendify_oracle

using namespace ascendify_oracle;

// ---- the C interface

void ascendify_oracle_set_dispatcher(ascendify_oracle_dispatcher chosen) { dispatcher = chosen; }

void ascendify_oracle_fail_launch(const char *message) {
  bool invalid = std::strncmp(message, "invalid launch", 14) == 0;
  note(invalid ? cudaErrorInvalidConfiguration : cudaErrorLaunchFailure);
  if (!invalid) std::fprintf(stderr, "kernel launch: %s\n", message);
}

const ascendify_oracle_instance *ascendify_oracle_instances(void) { return first_instance; }

const char *ascendify_oracle_launch_instance(const char *name, const uint32_t *grid,
                                             const uint32_t *block, uint64_t shared_bytes,
                                             uint32_t cooperative, void **args) {
  const ascendify_oracle_instance *known = first_instance;
  while (known && std::strcmp(known->name, name) != 0) known = known->next;
  if (!known) return "no kernel instance of this name";
  ascendify_oracle_launch launch = {};
  std::memcpy(launch.grid, grid, sizeof launch.grid);
  std::memcpy(launch.block, block, sizeof launch.block);
  launch.kernel = known->kernel;
  launch.invoke = known->invoke;
  launch.shared_bytes = shared_bytes;
  launch.cooperative = cooperative;
  launch.arg_count = known->arg_count;
  launch.args = args;
  launch.arg_sizes = known->arg_sizes;
  return ascendify_oracle_run(&launch);
}

int ascendify_oracle_find_allocation(const void *address, void **start, uint64_t *bytes) {
  Allocations &all = allocations();
  std::lock_guard<std::mutex> lock(all.mutex);
  char *wanted = static_cast<char *>(const_cast<void *>(address));
  auto after = all.by_start.upper_bound(wanted);
  if (after == all.by_start.begin()) return 0;
  auto found = std::prev(after);
  if (wanted >= found->first + found->second.bytes) return 0;
  *start = found->first;
  *bytes = found->second.bytes;
  return 1;
}

char *ascendify_oracle_demangle(const char *symbol) {
  int status;
  return abi::__cxa_demangle(symbol, nullptr, nullptr, &status);
}

// ---- errors

const char *cudaGetErrorString(cudaError_t error) {
  for (const ErrorText &row : error_texts) {
    if (row.code == error) return row.text;
  }
  return "unrecognized error code";
}

const char *cudaGetErrorName(cudaError_t error) {
  for (const ErrorText &row : error_texts) {
    if (row.code == error) return row.name;
  }
  return "unrecognized error code";
}

cudaError_t cudaGetLastError() {
  cudaError_t error = last_error;
  last_error = cudaSuccess;
  return error;
}

cudaError_t cudaPeekAtLastError() { return last_error; }

// ---- the device

cudaError_t cudaGetDeviceCount(int *count) {
  *count = 1;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  return device == 0 ? cudaSuccess : note(cudaErrorInvalidDevice);
}

cudaError_t cudaGetDevice(int *device) {
  *device = 0;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *p, int device) {
  if (device != 0) return note(cudaErrorInvalidDevice);
  *p = {};
  std::strcpy(p->name, "CUDA on CPU");
  p->totalGlobalMem = global_memory;
  p->sharedMemPerBlock = shared_per_block;
  p->regsPerBlock = p->regsPerMultiprocessor = registers;
  p->warpSize = 32;
  p->memPitch = 0x7fffffff;
  p->maxThreadsPerBlock = 1024;
  p->maxThreadsDim[0] = p->maxThreadsDim[1] = 1024;
  p->maxThreadsDim[2] = 64;
  p->maxGridSize[0] = 0x7fffffff;
  p->maxGridSize[1] = p->maxGridSize[2] = 65535;
  p->clockRate = clock_khz;
  p->totalConstMem = 65536;
  p->major = 8;
  p->minor = 0;
  p->textureAlignment = 512;
  p->texturePitchAlignment = 32;
  p->deviceOverlap = p->canMapHostMemory = p->concurrentKernels = p->unifiedAddressing = 1;
  p->multiProcessorCount = multiprocessors;
  p->surfaceAlignment = 512;
  p->asyncEngineCount = 3;
  p->memoryClockRate = memory_clock_khz;
  p->memoryBusWidth = memory_bus_bits;
  p->l2CacheSize = l2_bytes;
  p->maxThreadsPerMultiProcessor = threads_per_multiprocessor;
  p->streamPrioritiesSupported = p->globalL1CacheSupported = p->localL1CacheSupported = 1;
  p->sharedMemPerMultiprocessor = shared_per_multiprocessor;
  p->managedMemory = p->pageableMemoryAccess = p->concurrentManagedAccess = 1;
  p->singleToDoublePrecisionPerfRatio = 2;
  p->computePreemptionSupported = p->cooperativeLaunch = p->memoryPoolsSupported = 1;
  p->sharedMemPerBlockOptin = shared_opt_in;
  p->maxBlocksPerMultiProcessor = blocks_limit;
  p->reservedSharedMemPerBlock = 1024;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int device) {
  if (device != 0) return note(cudaErrorInvalidDevice);
  for (const Attribute &known : attributes) {
    if (known.id != attribute) continue;
    *value = known.value;
    return cudaSuccess;
  }
  return note(cudaErrorInvalidValue);
}

cudaError_t cudaMemGetInfo(size_t *free, size_t *total) {
  *total = global_memory;
  Allocations &all = allocations();
  std::lock_guard<std::mutex> lock(all.mutex);
  *free = global_memory - all.bytes;
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int *version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

// ---- memory

namespace {

// Memory that is zero, so that runs are repeatable. Large parts take no space before they are
// written, and the system does not refuse them for being more than it has.
constexpr size_t large = size_t{1} << 20;

void *take_zeros(size_t bytes) {
  if (bytes < large) return std::calloc(bytes, 1);
  void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

void give_back(void *memory, size_t bytes) {
  bytes < large ? std::free(memory) : void(munmap(memory, bytes));
}

}  // namespace

cudaError_t cudaMalloc(void **pointer, size_t bytes) {
  if (!pointer) return note(cudaErrorInvalidValue);
  *pointer = nullptr;
  if (bytes == 0) return cudaSuccess;
  constexpr size_t alignment = 256;
  Allocations &all = allocations();
  std::lock_guard<std::mutex> lock(all.mutex);
  if (bytes > global_memory || bytes > global_memory - all.bytes) {
    return note(cudaErrorMemoryAllocation);
  }
  // At least `alignment` bytes on both sides belong to nobody; the judge watches them.
  size_t raw_bytes = bytes + 3 * alignment;
  void *raw = take_zeros(raw_bytes);
  if (!raw) return note(cudaErrorMemoryAllocation);
  uintptr_t aligned = (reinterpret_cast<uintptr_t>(raw) + 2 * alignment - 1) & -alignment;
  char *start = reinterpret_cast<char *>(aligned);
  all.by_start[start] = {bytes, raw, raw_bytes};
  all.bytes += bytes;
  check::allocated(start, bytes, false);
  *pointer = start;
  return cudaSuccess;
}

cudaError_t cudaFree(void *pointer) {
  if (!pointer) return cudaSuccess;
  Allocations &all = allocations();
  std::lock_guard<std::mutex> lock(all.mutex);
  char *start = static_cast<char *>(pointer);
  auto found = all.by_start.find(start);
  if (found == all.by_start.end()) return note(cudaErrorInvalidValue);
  check::freed(start);
  give_back(found->second.memory, found->second.memory_bytes);
  all.bytes -= found->second.bytes;
  all.by_start.erase(found);
  return cudaSuccess;
}

cudaError_t cudaMallocPitch(void **pointer, size_t *pitch, size_t width, size_t height) {
  *pitch = (width + 511) & ~size_t{511};
  return cudaMalloc(pointer, *pitch * height);
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes *attributes, const void *pointer) {
  *attributes = {};
  void *start;
  uint64_t bytes;
  bool known = ascendify_oracle_find_allocation(pointer, &start, &bytes);
  attributes->type = known ? cudaMemoryTypeManaged : cudaMemoryTypeUnregistered;
  attributes->hostPointer = const_cast<void *>(pointer);
  attributes->devicePointer = known ? const_cast<void *>(pointer) : nullptr;
  return cudaSuccess;
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind) {
  if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault) {
    return note(cudaErrorInvalidMemcpyDirection);
  }
  if (bytes == 0) return cudaSuccess;
  if (!to || !from) return note(cudaErrorInvalidValue);
  std::memmove(to, from, bytes);
  check::written(to, bytes);
  return cudaSuccess;
}

cudaError_t cudaMemcpy2D(void *to, size_t to_pitch, const void *from, size_t from_pitch,
                         size_t width, size_t height, cudaMemcpyKind) {
  if (width > to_pitch || width > from_pitch) return note(cudaErrorInvalidPitchValue);
  for (size_t row = 0; row < height; ++row) {
    std::memmove(static_cast<char *>(to) + row * to_pitch,
                 static_cast<const char *>(from) + row * from_pitch, width);
    check::written(static_cast<char *>(to) + row * to_pitch, width);
  }
  return cudaSuccess;
}

cudaError_t cudaMemset(void *to, int value, size_t bytes) {
  if (bytes == 0) return cudaSuccess;
  if (!to) return note(cudaErrorInvalidValue);
  std::memset(to, value, bytes);
  check::written(to, bytes);
  return cudaSuccess;
}

cudaError_t cudaMemset2D(void *to, size_t pitch, int value, size_t width, size_t height) {
  for (size_t row = 0; row < height; ++row) {
    std::memset(static_cast<char *>(to) + row * pitch, value, width);
    check::written(static_cast<char *>(to) + row * pitch, width);
  }
  return cudaSuccess;
}

// ---- streams and events

struct CUstream_st {};
struct CUevent_st {
  std::chrono::steady_clock::time_point time;
};

cudaError_t cudaStreamCreate(cudaStream_t *stream) {
  *stream = new CUstream_st;
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  if (stream != cudaStreamLegacy && stream != cudaStreamPerThread) delete stream;
  return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t *event) {
  *event = new CUevent_st;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  if (!event) return note(cudaErrorInvalidResourceHandle);
  event->time = std::chrono::steady_clock::now();
  return cudaSuccess;
}

cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t start, cudaEvent_t end) {
  if (!start || !end) return note(cudaErrorInvalidResourceHandle);
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return cudaSuccess;
}
