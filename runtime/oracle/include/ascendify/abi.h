// The C interface between an oracle library and whoever drives it. Every launch, wherever it is
// written, becomes one record and goes through the dispatcher, which may run it, look at it, or
// run something else in its place.
#pragma once

#include <stdint.h>

#define ASCENDIFY_ORACLE_API extern "C" __attribute__((visibility("default")))
#define ASCENDIFY_ORACLE_HIDDEN __attribute__((visibility("hidden")))

// One launch. `args[i]` points at the bytes of argument i; they live as long as the dispatcher
// runs. `invoke` calls the kernel for the current thread; null where the launch did not say the
// kernel's type and no instance of that address is registered.
struct ascendify_oracle_launch {
  const void *kernel;
  void (*invoke)(const void *kernel, void **args);
  uint32_t grid[3];
  uint32_t block[3];
  uint64_t shared_bytes;
  uint32_t cooperative;
  uint32_t arg_count;
  void **args;
  const uint64_t *arg_sizes;
};

// A kernel instance that the library knows by name.
struct ascendify_oracle_instance {
  const char *name;
  const void *kernel;
  void (*invoke)(const void *kernel, void **args);
  uint32_t arg_count;
  const uint64_t *arg_sizes;
  const struct ascendify_oracle_instance *next;
};

typedef void (*ascendify_oracle_dispatcher)(const struct ascendify_oracle_launch *);

// Installs the dispatcher; null brings back the one that runs each launch at once.
ASCENDIFY_ORACLE_API void ascendify_oracle_set_dispatcher(ascendify_oracle_dispatcher dispatcher);
// Runs a launch on fibers. Null, or a message that stays valid until the next run.
ASCENDIFY_ORACLE_API const char *ascendify_oracle_run(const struct ascendify_oracle_launch *launch);
// Why a launch is impossible (sizes), as a message, or null.
ASCENDIFY_ORACLE_API const char *ascendify_oracle_refuse(
    const struct ascendify_oracle_launch *launch);
// Makes the runtime API report a failed launch (for dispatchers that run something else).
ASCENDIFY_ORACLE_API void ascendify_oracle_fail_launch(const char *message);
// The registered instances, a list in the order of the source text.
ASCENDIFY_ORACLE_API const struct ascendify_oracle_instance *ascendify_oracle_instances(void);
// Runs a registered instance, past the dispatcher. Null or a message.
ASCENDIFY_ORACLE_API const char *ascendify_oracle_launch_instance(
    const char *name, const uint32_t *grid, const uint32_t *block, uint64_t shared_bytes,
    uint32_t cooperative, void **args);
// The order in which threads and blocks have their turns: 0 upwards, 1 downwards. A program
// without races computes the same with both.
ASCENDIFY_ORACLE_API void ascendify_oracle_set_schedule(uint32_t schedule);
// How many OS threads run the blocks of an ordinary launch, 1 by default. With more, blocks run at
// the same time, which only kernels can tell whose blocks see each other's writes.
ASCENDIFY_ORACLE_API void ascendify_oracle_set_workers(uint32_t count);
// The device allocation that `address` lies in: 1 and its start and size, or 0.
ASCENDIFY_ORACLE_API int ascendify_oracle_find_allocation(const void *address, void **start,
                                                          uint64_t *bytes);
// A symbol's name as C++ writes it; null where it is none. To be freed by the caller.
ASCENDIFY_ORACLE_API char *ascendify_oracle_demangle(const char *symbol);
// Whether threads of one block waited for each other at different barriers in the last run, which
// CUDA leaves undefined, and the lines of two such barriers.
ASCENDIFY_ORACLE_API int ascendify_oracle_barrier_lines(uint32_t *first, uint32_t *other);
// Context switches between threads of a block since the library was loaded.
ASCENDIFY_ORACLE_API uint64_t ascendify_oracle_switches(void);
