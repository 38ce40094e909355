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
// How the arithmetic of kernels rounds in the following runs: 0 to nearest, 1 upward, 2 downward,
// 3 toward zero. Functions that round to whole numbers, and those that name their rounding other
// than to nearest, are as ever; so are conversions to 8 bits.
ASCENDIFY_ORACLE_API void ascendify_oracle_set_rounding(uint32_t mode);
// How many OS threads run the blocks of an ordinary launch, 1 by default. With more, blocks run at
// the same time, which only kernels can tell whose blocks see each other's writes.
ASCENDIFY_ORACLE_API void ascendify_oracle_set_workers(uint32_t count);
// The device allocation that `address` lies in: 1 and its start and size, or 0.
ASCENDIFY_ORACLE_API int ascendify_oracle_find_allocation(const void *address, void **start,
                                                          uint64_t *bytes);
// Says where a static `__shared__` variable is: `offset` bytes from the calling thread's
// `ascendify_dynamic_shared`. `kernel` is the offset in the library of the only kernel that uses
// it, or 0. To be told of all variables before the first run.
ASCENDIFY_ORACLE_API void ascendify_oracle_shared_variable(const char *name, int64_t offset,
                                                           uint64_t bytes, uint64_t kernel);
// Whether a run fills the memory that a program may not read before it writes it (stacks of
// threads, static `__shared__` variables) with a pattern of the schedule: 0 (as at first) or 1.
// Dynamic shared memory is always filled.
ASCENDIFY_ORACLE_API void ascendify_oracle_set_poison(uint32_t on);
// Fills what lies below the stack of the caller with a byte: functions that are called next, and
// read a variable before they write it, read that.
ASCENDIFY_ORACLE_API void ascendify_oracle_fill_stack(uint32_t byte);
// A symbol's name as C++ writes it; null where it is none. To be freed by the caller.
ASCENDIFY_ORACLE_API char *ascendify_oracle_demangle(const char *symbol);
// Whether threads of one block waited for each other at different barriers in the last run, which
// CUDA leaves undefined, and the lines of two such barriers.
ASCENDIFY_ORACLE_API int ascendify_oracle_barrier_lines(uint32_t *first, uint32_t *other);
// Context switches between threads of a block since the library was loaded.
ASCENDIFY_ORACLE_API uint64_t ascendify_oracle_switches(void);

// ---- the original as its own judge: races, bounds, initialisation, barriers

// Where a kernel's source does what CUDA leaves undefined, or nearly. Records are merged by kind and
// program counters; `count` says how often. Indices are those of the first time.
struct ascendify_oracle_finding {
  const char *kind;
  const char *text;    // what the compiler says of it, or empty
  const char *object;  // the memory's name, or empty
  const char *file;    // where the compiler told it, or empty; and `line`
  uint64_t pc;         // after the call that made the access known
  uint64_t other_pc;   // the other access, or 0
  uint64_t kernel;
  uint64_t address;
  int64_t offset;  // of the address in the object
  uint64_t object_bytes;
  uint64_t count;
  uint32_t access;  // one of ASCENDIFY_ORACLE_READ ...
  uint32_t other_access;
  uint32_t size;
  uint32_t other_size;
  uint32_t line;  // where it is known without the program counter, or 0
  uint32_t other_line;
  uint32_t space;    // one of ASCENDIFY_ORACLE_GLOBAL ...
  int32_t argument;  // the number of the kernel's argument that points to the object, or -1
  uint32_t block_size[3];
  uint32_t thread[3];
  uint32_t block[3];
  uint32_t other_thread[3];
  uint32_t other_block[3];
};
enum {
  ASCENDIFY_ORACLE_NO_ACCESS,
  ASCENDIFY_ORACLE_READ,
  ASCENDIFY_ORACLE_WRITE,
  ASCENDIFY_ORACLE_ATOMIC
};
enum {
  ASCENDIFY_ORACLE_UNKNOWN_SPACE,
  ASCENDIFY_ORACLE_GLOBAL,
  ASCENDIFY_ORACLE_SHARED,
  ASCENDIFY_ORACLE_DYNAMIC_SHARED
};

// What one instruction touched of one object.
struct ascendify_oracle_site {
  uint64_t pc;
  uint64_t kernel;  // the last one that came here
  const char *object;
  uint64_t start;  // the object's address
  uint64_t object_bytes;
  uint32_t access;
  uint32_t size;
  uint32_t space;
  int32_t argument;
  int64_t lowest;   // offset of the first byte
  int64_t highest;  // offset behind the last byte
  uint64_t count;
};

// Whether the launches that follow are watched.
//   0: no; whatever they write counts as initialised from then on
//   1: yes
//   2: no, and what they do is undone by the caller: nothing is known to have changed
ASCENDIFY_ORACLE_API void ascendify_oracle_check(uint32_t mode);
// Whether this library's accesses can be watched at all.
ASCENDIFY_ORACLE_API int ascendify_oracle_is_instrumented(void);
// Memory that kernels may use besides device allocations.
//   1: its bounds are not exact; an access near it is not worth a finding
//   2: nobody has written to it
//   8: a variable of the program
//   4: a thread-local variable that is not __shared__, at an offset as those of shared ones
ASCENDIFY_ORACLE_API void ascendify_oracle_check_region(const char *name, const void *start,
                                                        uint64_t bytes, uint32_t flags);
// Forgets these regions.
ASCENDIFY_ORACLE_API void ascendify_oracle_check_clear_regions(void);
// What was found since it was cleared; valid until the next watched launch.
ASCENDIFY_ORACLE_API const struct ascendify_oracle_finding *ascendify_oracle_findings(
    uint64_t *count);
ASCENDIFY_ORACLE_API const struct ascendify_oracle_site *ascendify_oracle_sites(uint64_t *count);
ASCENDIFY_ORACLE_API void ascendify_oracle_clear_findings(void);
