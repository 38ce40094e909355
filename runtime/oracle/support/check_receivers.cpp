// What the compiler's access instrumentation (-fsanitize=thread) calls, instead of its own runtime:
// every access to memory that more than one thread may see. Atomic builtins come here to be done.

#include <dlfcn.h>

#include <atomic>
#include <mutex>

#include "check_state.h"

using namespace ascendify_oracle;

#define RECEIVER extern "C" __attribute__((visibility("hidden")))

namespace {

bool is_instrumented = false;

constexpr uint32_t read_access = ASCENDIFY_ORACLE_READ;
constexpr uint32_t write_access = ASCENDIFY_ORACLE_WRITE;

}  // namespace

RECEIVER void __tsan_init() { is_instrumented = true; }
RECEIVER void __tsan_func_entry(void *) {}
RECEIVER void __tsan_func_exit() {}

int ascendify_oracle_is_instrumented(void) { return is_instrumented; }

#define ACCESS(name, size, kind, marks, natural)                                               \
  RECEIVER void name(void *address) {                                                          \
    if (__builtin_expect(check::watching, 0)) {                                                \
      check::access(address, size, kind, marks, __builtin_return_address(0), natural);         \
    }                                                                                          \
  }
#define ACCESSES(size)                                                                         \
  ACCESS(__tsan_read##size, size, read_access, 0, true)                                        \
  ACCESS(__tsan_write##size, size, write_access, 0, true)                                      \
  ACCESS(__tsan_unaligned_read##size, size, read_access, 0, false)                             \
  ACCESS(__tsan_unaligned_write##size, size, write_access, 0, false)                           \
  ACCESS(__tsan_volatile_read##size, size, read_access, check::volatile_mark, true)            \
  ACCESS(__tsan_volatile_write##size, size, write_access, check::volatile_mark, true)          \
  ACCESS(__tsan_unaligned_volatile_read##size, size, read_access, check::volatile_mark, false) \
  ACCESS(__tsan_unaligned_volatile_write##size, size, write_access, check::volatile_mark, false)
ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

#define READ_WRITE(name, size)                                                                 \
  RECEIVER void name##size(void *address) {                                                    \
    if (!check::watching) return;                                                              \
    check::access(address, size, read_access, 0, __builtin_return_address(0), false);          \
    check::access(address, size, write_access, 0, __builtin_return_address(0), false);         \
  }
#define READ_WRITES(size)              \
  READ_WRITE(__tsan_read_write, size) \
  READ_WRITE(__tsan_unaligned_read_write, size)
READ_WRITES(1)
READ_WRITES(2)
READ_WRITES(4)
READ_WRITES(8)
READ_WRITES(16)

RECEIVER void __tsan_read_range(void *address, size_t size) {
  if (!check::watching || size == 0) return;
  check::access(address, size, read_access, 0, __builtin_return_address(0), false);
}
RECEIVER void __tsan_write_range(void *address, size_t size) {
  if (!check::watching || size == 0) return;
  check::access(address, size, write_access, 0, __builtin_return_address(0), false);
}
RECEIVER void __tsan_vptr_update(void **address, void *) {
  if (!check::watching) return;
  check::access(address, 8, write_access, 0, __builtin_return_address(0), true);
}
RECEIVER void __tsan_vptr_read(void **address) {
  if (!check::watching) return;
  check::access(address, 8, read_access, 0, __builtin_return_address(0), true);
}

// ---- copying and filling: called by name, so they are not instrumented

namespace {

template <class F>
F original(F, const char *name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

void copied(const void *to, const void *from, size_t size, const void *pc) {
  if (size == 0) return;
  check::access(from, size, read_access, 0, pc, false);
  check::access(to, size, write_access, 0, pc, false);
}

}  // namespace

// The linker sends the source's calls here (--wrap).
RECEIVER void *__wrap_memcpy(void *to, const void *from, size_t size) {
  static const auto next = original(&memcpy, "memcpy");
  if (check::watching) copied(to, from, size, __builtin_return_address(0));
  return next(to, from, size);
}
RECEIVER void *__wrap_memmove(void *to, const void *from, size_t size) {
  static const auto next = original(&memmove, "memmove");
  if (check::watching) copied(to, from, size, __builtin_return_address(0));
  return next(to, from, size);
}
RECEIVER void *__wrap_memset(void *to, int value, size_t size) {
  static const auto next = original(&memset, "memset");
  if (check::watching && size) {
    check::access(to, size, write_access, 0, __builtin_return_address(0), false);
  }
  return next(to, value, size);
}
RECEIVER void *__tsan_memcpy(void *to, const void *from, size_t size) {
  if (check::watching) copied(to, from, size, __builtin_return_address(0));
  return memcpy(to, from, size);
}
RECEIVER void *__tsan_memmove(void *to, const void *from, size_t size) {
  if (check::watching) copied(to, from, size, __builtin_return_address(0));
  return memmove(to, from, size);
}
RECEIVER void *__tsan_memset(void *to, int value, size_t size) {
  if (check::watching && size) {
    check::access(to, size, write_access, 0, __builtin_return_address(0), false);
  }
  return memset(to, value, size);
}

// ---- atomic builtins

namespace {

template <class T>
T *seen(volatile T *address, const void *pc) {
  T *plain = const_cast<T *>(address);
  if (check::watching) check::atomic(plain, sizeof(T), pc);
  return plain;
}

}  // namespace

#define HERE __builtin_return_address(0)
#define ATOMIC_FETCH(bits, T, name)                                                      \
  RECEIVER T __tsan_atomic##bits##_fetch_##name(volatile T *address, T value, int) {     \
    return __atomic_fetch_##name(seen(address, HERE), value, __ATOMIC_SEQ_CST);          \
  }
#define ATOMICS(bits, T)                                                                 \
  RECEIVER T __tsan_atomic##bits##_load(const volatile T *address, int) {                \
    return __atomic_load_n(seen(const_cast<volatile T *>(address), HERE),                \
                           __ATOMIC_SEQ_CST);                                            \
  }                                                                                      \
  RECEIVER void __tsan_atomic##bits##_store(volatile T *address, T value, int) {         \
    __atomic_store_n(seen(address, HERE), value, __ATOMIC_SEQ_CST);                      \
  }                                                                                      \
  RECEIVER T __tsan_atomic##bits##_exchange(volatile T *address, T value, int) {         \
    return __atomic_exchange_n(seen(address, HERE), value, __ATOMIC_SEQ_CST);            \
  }                                                                                      \
  ATOMIC_FETCH(bits, T, add)                                                             \
  ATOMIC_FETCH(bits, T, sub)                                                             \
  ATOMIC_FETCH(bits, T, and)                                                             \
  ATOMIC_FETCH(bits, T, or)                                                              \
  ATOMIC_FETCH(bits, T, xor)                                                             \
  ATOMIC_FETCH(bits, T, nand)                                                            \
  RECEIVER int __tsan_atomic##bits##_compare_exchange_strong(                            \
      volatile T *address, T *expected, T value, int, int) {                             \
    return __atomic_compare_exchange_n(seen(address, HERE), expected, value, false,      \
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);              \
  }                                                                                      \
  RECEIVER int __tsan_atomic##bits##_compare_exchange_weak(                              \
      volatile T *address, T *expected, T value, int, int) {                             \
    return __atomic_compare_exchange_n(seen(address, HERE), expected, value, false,      \
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);              \
  }                                                                                      \
  RECEIVER T __tsan_atomic##bits##_compare_exchange_val(volatile T *address, T expected, \
                                                        T value, int, int) {             \
    __atomic_compare_exchange_n(seen(address, HERE), &expected, value, false,            \
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                     \
    return expected;                                                                     \
  }
ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)

RECEIVER void __tsan_atomic_thread_fence(int) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (check::watching) check::fence();
}
RECEIVER void __tsan_atomic_signal_fence(int) {}
