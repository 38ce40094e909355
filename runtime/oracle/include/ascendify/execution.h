// What a running thread sees: indices, barriers, and the one primitive that all warp operations
// are made of. Threads of a block are fibers on one OS thread.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "vector_types.h"

// Constant for the thread that reads them: the scheduler sets them again on every switch. Each OS
// thread that runs blocks has its own indices. Variables, not macros: CUDA code also uses these
// words as names of its own variables.
extern ASCENDIFY_ORACLE_HIDDEN __thread const uint3 threadIdx asm("ascendify_thread_index");
extern ASCENDIFY_ORACLE_HIDDEN __thread const uint3 blockIdx asm("ascendify_block_index");
extern ASCENDIFY_ORACLE_HIDDEN const dim3 blockDim asm("ascendify_block_dim");
extern ASCENDIFY_ORACLE_HIDDEN const dim3 gridDim asm("ascendify_grid_dim");
// The dynamic shared memory of the blocks that this OS thread runs.
extern "C" {
extern ASCENDIFY_ORACLE_HIDDEN __thread char *ascendify_dynamic_shared;
}
static constexpr int warpSize = 32;

namespace ascendify_oracle {

// The state of one warp operation. `in` and `aux` are what each lane brought, `out` what it takes
// away. Whoever arrives last computes all results, so no lane can overwrite what another one
// still has to read.
struct WarpOperands {
  uint64_t in[32];
  uint64_t out[32];
  uint32_t aux[32];
};
using Finish = void (*)(WarpOperands &operands, uint32_t members);

#pragma GCC visibility push(hidden)

// Waits until all living lanes of `mask` are here, runs `finish` once, returns this lane's result.
uint64_t warp_operation(uint32_t mask, Finish finish, uint64_t value, uint32_t aux);

void finish_sync(WarpOperands &, uint32_t members);
void finish_shuffle(WarpOperands &, uint32_t members);
void finish_ballot(WarpOperands &, uint32_t members);
void finish_match_any(WarpOperands &, uint32_t members);
void finish_match_all(WarpOperands &, uint32_t members);
void finish_add(WarpOperands &, uint32_t members);
void finish_and(WarpOperands &, uint32_t members);
void finish_or(WarpOperands &, uint32_t members);
void finish_xor(WarpOperands &, uint32_t members);
void finish_min_signed(WarpOperands &, uint32_t members);
void finish_max_signed(WarpOperands &, uint32_t members);
void finish_min_unsigned(WarpOperands &, uint32_t members);
void finish_max_unsigned(WarpOperands &, uint32_t members);

// The lanes that are at this place once no other lane of the warp can run: what a GPU would
// have kept together.
uint32_t converged_lanes();

struct BarrierResult {
  uint32_t count;
  uint32_t all;
  uint32_t any;
};
// `line`: where the barrier stands in the source.
BarrierResult block_barrier(bool predicate, uint32_t line);
void grid_barrier();
bool grid_can_sync();

// Lets all other runnable threads run first.
void yield();

// Orders memory, and gives way to other threads.
void fence();

// Whether blocks run at the same time. Constant while a kernel runs.
extern const bool in_parallel asm("ascendify_in_parallel");
// Only one OS thread is between these two.
void lock_atomics();
void unlock_atomics();

// Tells the checks of an atomic operation at `pc` that is about to happen.
void note_atomic(const void *address, size_t size, const void *pc);

// Ends the launch with a message; does not come back.
[[noreturn]] void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// This thread's number in its block, x fastest.
uint32_t thread_rank();

// The address in shared memory whose lower half is `number`.
char *shared_address(uint32_t number);

#pragma GCC visibility pop

inline uint32_t lane_id() { return thread_rank() % 32; }

}  // namespace ascendify_oracle

inline void __syncthreads(uint32_t line = __builtin_LINE()) {
  ascendify_oracle::block_barrier(true, line);
}
inline int __syncthreads_count(int predicate, uint32_t line = __builtin_LINE()) {
  return static_cast<int>(ascendify_oracle::block_barrier(predicate != 0, line).count);
}
inline int __syncthreads_and(int predicate, uint32_t line = __builtin_LINE()) {
  return static_cast<int>(ascendify_oracle::block_barrier(predicate != 0, line).all);
}
inline int __syncthreads_or(int predicate, uint32_t line = __builtin_LINE()) {
  return static_cast<int>(ascendify_oracle::block_barrier(predicate != 0, line).any);
}

// Threads of a block take turns on one core, and so do, on request, blocks that could see each
// other's writes, so memory is coherent. Fences give way to other threads because code that spins
// on a flag has one in its loop.
inline void __threadfence() { ascendify_oracle::fence(); }
inline void __threadfence_block() { ascendify_oracle::fence(); }
inline void __threadfence_system() { ascendify_oracle::fence(); }
inline void __nanosleep(unsigned) { ascendify_oracle::yield(); }
inline void __trap() { ascendify_oracle::fail("__trap() was called"); }
inline void __brkpt() { ascendify_oracle::fail("__brkpt() was called"); }

// Time in nanoseconds; threads that poll it give way to others.
long long clock64() ASCENDIFY_ORACLE_HIDDEN;
