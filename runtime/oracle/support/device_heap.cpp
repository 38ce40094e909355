// `malloc`, `free`, `new` and `delete` of kernels: the C library's, with a limit on what they have
// at one time, so that no kernel takes all memory. Host code passes through. The linker gives these
// to the source and the runtime; libraries keep their own.

#include <dlfcn.h>
#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "ascendify/execution.h"
#include "launches.h"

namespace ascendify_oracle {
namespace {

// Devices have 8 MB unless they are asked for more.
constexpr int64_t heap_bytes = int64_t{1} << 30;

std::atomic<int64_t> used{0};

// A function of the system's, not of this file.
template <class F>
F system_function(const char *name) {
  F found = reinterpret_cast<F>(dlsym(RTLD_DEFAULT, name));
  if (!found) {
    std::fprintf(stderr, "no function %s\n", name);
    std::abort();
  }
  return found;
}

void *system_malloc(size_t bytes) {
  static const auto call = system_function<void *(*)(size_t)>("malloc");
  return call(bytes);
}

void system_free(void *memory) {
  static const auto call = system_function<void (*)(void *)>("free");
  call(memory);
}

void *device_malloc(size_t bytes) {
  if (bytes > static_cast<size_t>(heap_bytes)) return nullptr;
  void *memory = system_malloc(bytes);
  if (!memory) return nullptr;
  int64_t size = static_cast<int64_t>(malloc_usable_size(memory));
  if (used.fetch_add(size) + size > heap_bytes) {
    used.fetch_sub(size);
    system_free(memory);
    return nullptr;
  }
  return memory;
}

void device_free(void *memory) {
  if (!memory) return;
  used.fetch_sub(static_cast<int64_t>(malloc_usable_size(memory)));
  system_free(memory);
}

void *device_new(size_t bytes) {
  void *memory = device_malloc(bytes);
  if (!memory) fail("no memory for 'new': the device heap is used up");
  return memory;
}

void *host_new(size_t bytes) {
  for (;;) {
    if (void *memory = system_malloc(bytes ? bytes : 1)) return memory;
    std::new_handler handler = std::get_new_handler();
    if (!handler) throw std::bad_alloc();
    handler();
  }
}

}  // namespace
}  // namespace ascendify_oracle

using namespace ascendify_oracle;

#define ASCENDIFY_REPLACES(symbol) asm(symbol) __attribute__((visibility("hidden")))

extern "C" {
void *ascendify_malloc(size_t) ASCENDIFY_REPLACES("malloc");
void ascendify_free(void *) ASCENDIFY_REPLACES("free");
void *ascendify_new(size_t) ASCENDIFY_REPLACES("_Znwm");
void *ascendify_new_array(size_t) ASCENDIFY_REPLACES("_Znam");
void ascendify_delete(void *) ASCENDIFY_REPLACES("_ZdlPv");
void ascendify_delete_array(void *) ASCENDIFY_REPLACES("_ZdaPv");
void ascendify_delete_sized(void *, size_t) ASCENDIFY_REPLACES("_ZdlPvm");
void ascendify_delete_array_sized(void *, size_t) ASCENDIFY_REPLACES("_ZdaPvm");
}

void *ascendify_malloc(size_t bytes) {
  return is_on_device() ? device_malloc(bytes) : system_malloc(bytes);
}

void ascendify_free(void *memory) {
  is_on_device() ? device_free(memory) : system_free(memory);
}

void *ascendify_new(size_t bytes) {
  return is_on_device() ? device_new(bytes) : host_new(bytes);
}

void *ascendify_new_array(size_t bytes) { return ascendify_new(bytes); }

// What `new` gives comes from `malloc`, in libraries too.
void ascendify_delete(void *memory) { ascendify_free(memory); }
void ascendify_delete_array(void *memory) { ascendify_free(memory); }
void ascendify_delete_sized(void *memory, size_t) { ascendify_free(memory); }
void ascendify_delete_array_sized(void *memory, size_t) { ascendify_free(memory); }
