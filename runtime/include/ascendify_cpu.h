// What generated C code needs beside the C library: launching a grid of blocks, and the operations
// for which C has no operator or another meaning. C11 with the builtins of GCC and Clang.
//
// Compile with -fwrapv -fno-strict-aliasing -ffp-contract=off; link with -lm (and -lpthread where
// the C library keeps threads apart). Included by one file per shared object or program; what is
// exported is weak, so that several files can be linked together.
#ifndef ASCENDIFY_CPU_H
#define ASCENDIFY_CPU_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ASCENDIFY_EXPORT __attribute__((weak, visibility("default")))

// ---- launching

typedef struct {
    uint32_t grid[3];
    uint32_t block[3];
    uint64_t shared_bytes;
} ascendify_launch;

typedef struct {
    const char *name;
    void (*launch)(void **args, const ascendify_launch *launch);
} ascendify_kernel;

typedef struct {
    const char *name;
    void *address;
    uint64_t bytes;
} ascendify_variable;

// One block of a grid: where it is, and the memory that it works in.
typedef struct {
    uint32_t block_idx[3];
    uint32_t block_dim[3];
    uint32_t grid_dim[3];
    uint32_t threads;
    uint32_t lane_stride;  // threads, rounded up: elements from one lane array's row to the next
    unsigned char *lanes;
    unsigned char *shared;
    uint64_t shared_bytes;
} ascendify_block;

// What a 32-bit number, the lower half of an address in the block's shared memory, stands for:
// something in the memory of the launch, or one of the variables on the stack that `block` is on.
static inline void *ascendify_shared_at(const ascendify_block *block, uint32_t number) {
    const uint32_t within = number - (uint32_t)(uintptr_t)block->shared;
    if (within <= block->shared_bytes) return block->shared + within;
    const uintptr_t stack = (uintptr_t)block;
    return (void *)(stack + (uintptr_t)(intptr_t)(int32_t)(number - (uint32_t)stack));
}

// The start of a lane array: `type` elements for each thread, after `offset` bytes per thread.
#define ascendify_lanes(type, block, offset) \
    ((type *)((block)->lanes + (size_t)(offset) * (block)->lane_stride))

typedef void (*ascendify_block_function)(void **args, const ascendify_block *block);

// A failed assertion or trap ends the launch. Null, or the first message of the last launch.
ASCENDIFY_EXPORT char ascendify_error_text[512];
ASCENDIFY_EXPORT _Atomic int ascendify_has_failed;
ASCENDIFY_EXPORT int ascendify_thread_count = 1;

static _Thread_local jmp_buf ascendify_abandon;

ASCENDIFY_EXPORT const char *ascendify_last_error(void) {
    return ascendify_has_failed ? ascendify_error_text : NULL;
}

// How many threads of the machine run blocks at the same time; 1, the default, runs them in order.
ASCENDIFY_EXPORT void ascendify_set_threads(int count) {
    ascendify_thread_count = count < 1 ? 1 : count;
}

static inline _Noreturn void ascendify_fail(const char *message) {
    if (!atomic_exchange(&ascendify_has_failed, 1)) {
        snprintf(ascendify_error_text, sizeof ascendify_error_text, "%s", message);
    }
    longjmp(ascendify_abandon, 1);
}

typedef struct {
    ascendify_block_function run;
    void **args;
    const ascendify_launch *launch;
    size_t lane_bytes;
    _Atomic uint64_t next;
} ascendify_grid;

#define ASCENDIFY_ALIGNMENT 128

static inline void *ascendify_allocate(size_t bytes) {
    size_t rounded = (bytes + ASCENDIFY_ALIGNMENT - 1) / ASCENDIFY_ALIGNMENT * ASCENDIFY_ALIGNMENT;
    void *memory = aligned_alloc(ASCENDIFY_ALIGNMENT, rounded + ASCENDIFY_ALIGNMENT);
    if (memory != NULL) memset(memory, 0, rounded + ASCENDIFY_ALIGNMENT);
    return memory;
}

// Memory whose addresses differ from those around `other` in their lower halves too.
__attribute__((noinline)) static void *ascendify_allocate_apart(size_t bytes, const void *other) {
    const uint64_t near = 32 << 20;
    void *const first = ascendify_allocate(bytes);
    if ((uint32_t)((uintptr_t)first - (uintptr_t)other + near) >= 2 * near) return first;
    void *const second = ascendify_allocate(2 * near);
    free(first);
    return second;
}

// Takes blocks until there are none left.
static inline void *ascendify_run_some(void *data) {
    ascendify_grid *grid = data;
    const ascendify_launch *launch = grid->launch;
    const uint32_t *dim = launch->grid;
    ascendify_block block = {.block_dim = {launch->block[0], launch->block[1], launch->block[2]},
                             .grid_dim = {dim[0], dim[1], dim[2]}};
    block.threads = launch->block[0] * launch->block[1] * launch->block[2];
    block.lane_stride = (block.threads + 63) / 64 * 64;
    unsigned char *const lanes = ascendify_allocate(grid->lane_bytes * block.lane_stride);
    unsigned char *const shared = ascendify_allocate_apart(launch->shared_bytes, &block);
    block.lanes = lanes;
    block.shared = shared;
    block.shared_bytes = launch->shared_bytes;
    const uint64_t count = (uint64_t)dim[0] * dim[1] * dim[2];
    if (setjmp(ascendify_abandon) == 0) {
        if (lanes == NULL || shared == NULL) ascendify_fail("out of memory");
        while (!ascendify_has_failed) {
            const uint64_t i = atomic_fetch_add(&grid->next, 1);
            if (i >= count) break;
            block.block_idx[0] = (uint32_t)(i % dim[0]);
            block.block_idx[1] = (uint32_t)(i / dim[0] % dim[1]);
            block.block_idx[2] = (uint32_t)(i / dim[0] / dim[1]);
            grid->run(grid->args, &block);
        }
    }
    free(lanes);
    free(shared);
    return NULL;
}

// Runs `run` once per block of the launch. `lane_bytes`: what its lane arrays take per thread.
static inline void ascendify_run_blocks(ascendify_block_function run, void **args,
                                        const ascendify_launch *launch, size_t lane_bytes) {
    enum { STACK_BYTES = 16 << 20, MAX_WORKERS = 256 };
    ascendify_grid grid = {run, args, launch, lane_bytes, 0};
    const uint64_t blocks = (uint64_t)launch->grid[0] * launch->grid[1] * launch->grid[2];
    ascendify_has_failed = 0;
    int workers = ascendify_thread_count < MAX_WORKERS ? ascendify_thread_count : MAX_WORKERS;
    if ((uint64_t)workers > blocks) workers = (int)blocks;
    if (workers <= 1) {
        ascendify_run_some(&grid);
        return;
    }
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_t threads[MAX_WORKERS];
    int started = 0;
    while (started < workers &&
           pthread_create(&threads[started], &attributes, ascendify_run_some, &grid) == 0) {
        ++started;
    }
    pthread_attr_destroy(&attributes);
    if (started == 0) ascendify_run_some(&grid);
    for (int i = 0; i < started; ++i) pthread_join(threads[i], NULL);
}

// ---- warps: the index of the thread whose value a shuffle reads, or the thread's own

static inline uint32_t ascendify_shuffle_from(uint32_t thread, uint32_t lane, bool inside,
                                              uint32_t threads) {
    const uint32_t source = (thread & ~31u) + lane;
    return inside && source < threads ? source : thread;
}

static inline uint32_t ascendify_shuffle_idx(uint32_t thread, int32_t lane, int32_t width,
                                             uint32_t threads) {
    const uint32_t low = (uint32_t)width - 1;
    return ascendify_shuffle_from(thread, (thread & 31 & ~low) | ((uint32_t)lane & 31 & low), true,
                                  threads);
}

static inline uint32_t ascendify_shuffle_up(uint32_t thread, int32_t delta, int32_t width,
                                            uint32_t threads) {
    const uint32_t lane = thread & 31, by = (uint32_t)delta & 31;
    const uint32_t first = lane & ~((uint32_t)width - 1);
    return ascendify_shuffle_from(thread, lane - by, lane >= first + by, threads);
}

static inline uint32_t ascendify_shuffle_down(uint32_t thread, int32_t delta, int32_t width,
                                              uint32_t threads) {
    const uint32_t lane = thread & 31, by = (uint32_t)delta & 31;
    const uint32_t last = lane | (((uint32_t)width - 1) & 31);
    return ascendify_shuffle_from(thread, lane + by, lane + by <= last, threads);
}

static inline uint32_t ascendify_shuffle_xor(uint32_t thread, int32_t mask, int32_t width,
                                             uint32_t threads) {
    const uint32_t lane = thread & 31, other = lane ^ ((uint32_t)mask & 31);
    const uint32_t last = lane | (((uint32_t)width - 1) & 31);
    return ascendify_shuffle_from(thread, other, other <= last, threads);
}

// ---- integers. Division by 0 gives all ones and the remainder a; a shift by the width or more
// moves every bit out.

#define ASCENDIFY_INTEGER(name, T, bits)                                                          \
    static inline T ascendify_min_##name(T a, T b) { return b < a ? b : a; }                      \
    static inline T ascendify_max_##name(T a, T b) { return b > a ? b : a; }                      \
    static inline T ascendify_shl_##name(T a, int64_t n) {                                        \
        return n >= 0 && n < (bits) ? (T)(a << n) : (T)0;                                         \
    }

#define ASCENDIFY_SIGNED(name, T, U, bits)                                                        \
    ASCENDIFY_INTEGER(name, T, bits)                                                              \
    static inline T ascendify_div_##name(T a, T b) {                                              \
        return b == 0 ? (T)-1 : b == -1 ? (T)(0 - (U)a) : (T)(a / b);                             \
    }                                                                                             \
    static inline T ascendify_rem_##name(T a, T b) {                                              \
        return b == 0 ? a : b == -1 ? (T)0 : (T)(a % b);                                          \
    }                                                                                             \
    static inline T ascendify_shr_##name(T a, int64_t n) {                                        \
        return (T)(a >> (n >= 0 && n < (bits) ? n : (bits) - 1));                                 \
    }                                                                                             \
    static inline T ascendify_abs_##name(T a) { return a < 0 ? (T)(0 - (U)a) : a; }

#define ASCENDIFY_UNSIGNED(name, T, bits)                                                         \
    ASCENDIFY_INTEGER(name, T, bits)                                                              \
    static inline T ascendify_div_##name(T a, T b) { return b == 0 ? (T)-1 : (T)(a / b); }        \
    static inline T ascendify_rem_##name(T a, T b) { return b == 0 ? a : (T)(a % b); }            \
    static inline T ascendify_shr_##name(T a, int64_t n) {                                        \
        return n >= 0 && n < (bits) ? (T)(a >> n) : (T)0;                                         \
    }

ASCENDIFY_SIGNED(i8, int8_t, uint8_t, 8)
ASCENDIFY_SIGNED(i16, int16_t, uint16_t, 16)
ASCENDIFY_SIGNED(i32, int32_t, uint32_t, 32)
ASCENDIFY_SIGNED(i64, int64_t, uint64_t, 64)
ASCENDIFY_UNSIGNED(u8, uint8_t, 8)
ASCENDIFY_UNSIGNED(u16, uint16_t, 16)
ASCENDIFY_UNSIGNED(u32, uint32_t, 32)
ASCENDIFY_UNSIGNED(u64, uint64_t, 64)

// A shift count that an int64_t cannot hold moves every bit out like any other large one.
static inline int64_t ascendify_count_u64(uint64_t n) { return n > 64 ? 64 : (int64_t)n; }

#define ASCENDIFY_NARROW_HIGH(name, T, W, bits)                                                   \
    static inline T ascendify_mul_high_##name(T a, T b) {                                         \
        return (T)(((W)a * (W)b) >> (bits));                                                      \
    }
ASCENDIFY_NARROW_HIGH(i8, int8_t, int32_t, 8)
ASCENDIFY_NARROW_HIGH(u8, uint8_t, uint32_t, 8)
ASCENDIFY_NARROW_HIGH(i16, int16_t, int32_t, 16)
ASCENDIFY_NARROW_HIGH(u16, uint16_t, uint32_t, 16)
ASCENDIFY_NARROW_HIGH(i32, int32_t, int64_t, 32)
ASCENDIFY_NARROW_HIGH(u32, uint32_t, uint64_t, 32)
ASCENDIFY_NARROW_HIGH(i64, int64_t, __int128, 64)
ASCENDIFY_NARROW_HIGH(u64, uint64_t, unsigned __int128, 64)

static inline uint64_t ascendify_brev_u64(uint64_t a) {
    a = __builtin_bswap64(a);
    a = (a & 0x0f0f0f0f0f0f0f0full) << 4 | (a >> 4 & 0x0f0f0f0f0f0f0f0full);
    a = (a & 0x3333333333333333ull) << 2 | (a >> 2 & 0x3333333333333333ull);
    return (a & 0x5555555555555555ull) << 1 | (a >> 1 & 0x5555555555555555ull);
}

#define ASCENDIFY_BITS(name, T, U, bits)                                                          \
    static inline int32_t ascendify_popc_##name(T a) { return __builtin_popcountll((U)a); }       \
    static inline int32_t ascendify_clz_##name(T a) {                                             \
        return a == 0 ? (bits) : __builtin_clzll((U)a) - (64 - (bits));                           \
    }                                                                                             \
    static inline int32_t ascendify_ffs_##name(T a) { return __builtin_ffsll((int64_t)(U)a); }
#define ASCENDIFY_BREV(name, T, U, bits)                                                          \
    static inline T ascendify_brev_##name(T a) {                                                  \
        return (T)(ascendify_brev_u64((U)a) >> (64 - (bits)));                                    \
    }
ASCENDIFY_BITS(i8, int8_t, uint8_t, 8)
ASCENDIFY_BITS(u8, uint8_t, uint8_t, 8)
ASCENDIFY_BITS(i16, int16_t, uint16_t, 16)
ASCENDIFY_BITS(u16, uint16_t, uint16_t, 16)
ASCENDIFY_BITS(i32, int32_t, uint32_t, 32)
ASCENDIFY_BITS(u32, uint32_t, uint32_t, 32)
ASCENDIFY_BITS(i64, int64_t, uint64_t, 64)
ASCENDIFY_BITS(u64, uint64_t, uint64_t, 64)
ASCENDIFY_BREV(i8, int8_t, uint8_t, 8)
ASCENDIFY_BREV(u8, uint8_t, uint8_t, 8)
ASCENDIFY_BREV(i16, int16_t, uint16_t, 16)
ASCENDIFY_BREV(u16, uint16_t, uint16_t, 16)
ASCENDIFY_BREV(i32, int32_t, uint32_t, 32)
ASCENDIFY_BREV(u32, uint32_t, uint32_t, 32)
ASCENDIFY_BREV(i64, int64_t, uint64_t, 64)

// Bytes of (b, a), chosen by four bits each of `selector`; the top one of the four copies the sign.
static inline uint32_t ascendify_byte_perm(uint32_t a, uint32_t b, uint32_t selector) {
    const uint64_t pool = (uint64_t)b << 32 | a;
    uint32_t result = 0;
    for (int i = 0; i < 4; ++i) {
        const uint32_t choice = selector >> (4 * i) & 15;
        uint32_t byte = (uint32_t)(pool >> (8 * (choice & 7))) & 255;
        if (choice & 8) byte = byte & 128 ? 255 : 0;
        result |= byte << (8 * i);
    }
    return result;
}

static inline uint32_t ascendify_funnel_l(uint32_t low, uint32_t high, uint32_t n) {
    return (uint32_t)((((uint64_t)high << 32 | low) << (n & 31)) >> 32);
}
static inline uint32_t ascendify_funnel_r(uint32_t low, uint32_t high, uint32_t n) {
    return (uint32_t)(((uint64_t)high << 32 | low) >> (n & 31));
}
static inline uint32_t ascendify_funnel_lc(uint32_t low, uint32_t high, uint32_t n) {
    return n >= 32 ? low : ascendify_funnel_l(low, high, n);
}
static inline uint32_t ascendify_funnel_rc(uint32_t low, uint32_t high, uint32_t n) {
    return n >= 32 ? high : ascendify_funnel_r(low, high, n);
}

// ---- bits of floats

static inline float ascendify_bits_to_f32(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
static inline double ascendify_bits_to_f64(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
static inline uint32_t ascendify_f32_to_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}
static inline uint64_t ascendify_f64_to_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// ---- 16-bit floats: stored as bits, computed as float, rounded once to nearest even

typedef uint16_t ascendify_f16;
typedef uint16_t ascendify_bf16;

typedef enum { ASCENDIFY_RN, ASCENDIFY_RZ, ASCENDIFY_RU, ASCENDIFY_RD } ascendify_rounding;

static inline float ascendify_f16_to_f32(ascendify_f16 h) {
    const uint32_t sign = (uint32_t)(h & 0x8000u) << 16;
    const uint32_t magnitude = (uint32_t)(h & 0x7fffu) << 13;
    if (magnitude >= 0x0f800000u) return ascendify_bits_to_f32(sign | (magnitude + 0x70000000u));
    if (magnitude >= 0x00800000u) return ascendify_bits_to_f32(sign | (magnitude + 0x38000000u));
    const float small = ascendify_bits_to_f32(magnitude + 0x38800000u) - 0x1p-14f;
    return ascendify_bits_to_f32(sign | ascendify_f32_to_bits(small));
}

static inline ascendify_f16 ascendify_f32_to_f16(float x) {
    const uint32_t bits = ascendify_f32_to_bits(x);
    const uint32_t sign = bits >> 16 & 0x8000u;
    const uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return (ascendify_f16)(sign | 0x7fffu);
    if (magnitude >= 0x47800000u) return (ascendify_f16)(sign | 0x7c00u);
    if (magnitude >= 0x38800000u) {
        return (ascendify_f16)(sign |
                               (magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1)) >> 13);
    }
    // Below the normal range the addition rounds.
    return (ascendify_f16)(sign | (ascendify_f32_to_bits(ascendify_bits_to_f32(magnitude) + 0.5f) &
                                   0xffffu));
}

static inline float ascendify_bf16_to_f32(ascendify_bf16 h) {
    return ascendify_bits_to_f32((uint32_t)h << 16);
}

static inline ascendify_bf16 ascendify_f32_to_bf16(float x) {
    const uint32_t bits = ascendify_f32_to_bits(x);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fff;
    return (ascendify_bf16)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

// A float between `x` and its neighbours whose last bit says that something was cut off: rounding
// it further rounds `x` itself.
static inline float ascendify_f64_to_odd(double x) {
    float near = (float)x;
    if ((double)near == x || x != x) return near;
    if (fabs((double)near) > fabs(x)) near = nextafterf(near, 0.0f);
    return ascendify_bits_to_f32(ascendify_f32_to_bits(near) | 1);
}
static inline ascendify_f16 ascendify_f64_to_f16(double x) {
    return ascendify_f32_to_f16(ascendify_f64_to_odd(x));
}
static inline ascendify_bf16 ascendify_f64_to_bf16(double x) {
    return ascendify_f32_to_bf16(ascendify_f64_to_odd(x));
}

// a * b + c as a double that rounds to 16 bits like the exact value: the product is exact.
static inline double ascendify_fma_to_odd(double a, double b, double c) {
    const double product = a * b, sum = product + c, part = sum - product;
    const double lost = (product - (sum - part)) + (c - part);
    if (lost == 0 || lost != lost || isinf(sum) || (ascendify_f64_to_bits(sum) & 1)) return sum;
    return nextafter(sum, lost > 0 ? (double)INFINITY : -(double)INFINITY);
}

#define ASCENDIFY_HALF(H)                                                                         \
    static inline ascendify_##H ascendify_add_##H(ascendify_##H a, ascendify_##H b) {             \
        return ascendify_f32_to_##H(ascendify_##H##_to_f32(a) + ascendify_##H##_to_f32(b));       \
    }                                                                                             \
    static inline ascendify_##H ascendify_sub_##H(ascendify_##H a, ascendify_##H b) {             \
        return ascendify_f32_to_##H(ascendify_##H##_to_f32(a) - ascendify_##H##_to_f32(b));       \
    }                                                                                             \
    static inline ascendify_##H ascendify_mul_##H(ascendify_##H a, ascendify_##H b) {             \
        return ascendify_f32_to_##H(ascendify_##H##_to_f32(a) * ascendify_##H##_to_f32(b));       \
    }                                                                                             \
    static inline ascendify_##H ascendify_div_##H(ascendify_##H a, ascendify_##H b) {             \
        return ascendify_f32_to_##H(ascendify_##H##_to_f32(a) / ascendify_##H##_to_f32(b));       \
    }                                                                                             \
    static inline ascendify_##H ascendify_rem_##H(ascendify_##H a, ascendify_##H b) {             \
        return ascendify_f32_to_##H(fmodf(ascendify_##H##_to_f32(a), ascendify_##H##_to_f32(b))); \
    }                                                                                             \
    static inline ascendify_##H ascendify_min_##H(ascendify_##H a, ascendify_##H b) {             \
        return ascendify_f32_to_##H(fminf(ascendify_##H##_to_f32(a), ascendify_##H##_to_f32(b))); \
    }                                                                                             \
    static inline ascendify_##H ascendify_max_##H(ascendify_##H a, ascendify_##H b) {             \
        return ascendify_f32_to_##H(fmaxf(ascendify_##H##_to_f32(a), ascendify_##H##_to_f32(b))); \
    }                                                                                             \
    static inline ascendify_##H ascendify_fma_##H(ascendify_##H a, ascendify_##H b,               \
                                                  ascendify_##H c) {                              \
        return ascendify_f64_to_##H(ascendify_fma_to_odd(                                         \
            ascendify_##H##_to_f32(a), ascendify_##H##_to_f32(b), ascendify_##H##_to_f32(c)));    \
    }                                                                                             \
    static inline ascendify_##H ascendify_neg_##H(ascendify_##H a) {                              \
        return (ascendify_##H)(a ^ 0x8000u);                                                      \
    }                                                                                             \
    static inline ascendify_##H ascendify_abs_##H(ascendify_##H a) {                              \
        return (ascendify_##H)(a & 0x7fffu);                                                      \
    }                                                                                             \
    static inline ascendify_##H ascendify_copysign_##H(ascendify_##H a, ascendify_##H b) {        \
        return (ascendify_##H)((a & 0x7fffu) | (b & 0x8000u));                                    \
    }                                                                                             \
    static inline ascendify_##H ascendify_nextafter_##H(ascendify_##H a, ascendify_##H b) {       \
        const float x = ascendify_##H##_to_f32(a), y = ascendify_##H##_to_f32(b);                 \
        if (x != x) return a;                                                                     \
        if (y != y || x == y) return b;                                                           \
        if (x == 0) return (ascendify_##H)((b & 0x8000u) | 1);                                    \
        return (ascendify_##H)((x < y) == (x > 0) ? a + 1 : a - 1);                               \
    }
ASCENDIFY_HALF(f16)
ASCENDIFY_HALF(bf16)

// ---- conversions. To integers they saturate and NaN gives 0; the suffix tells the rounding,
// none: towards zero.

// The smallest value is a power of two (or 0), so it is exact as a float; the largest is one less
// than a power of two, which is exact too.
#define ASCENDIFY_ROUND_TO(F, F_type, I, I_type, low, limit, high, suffix, whole)                 \
    static inline I_type ascendify_##F##_to_##I##suffix(F_type x) {                               \
        const F_type y = whole(x);                                                                \
        if (y != y) return 0;                                                                     \
        return y >= (F_type)(limit) ? (high) : y <= (F_type)(low) ? (low) : (I_type)y;            \
    }
#define ASCENDIFY_TO_ALL(F, F_type, suffix, whole)                                                \
    ASCENDIFY_ROUND_TO(F, F_type, i8, int8_t, INT8_MIN, 0x1p7, INT8_MAX, suffix, whole)           \
    ASCENDIFY_ROUND_TO(F, F_type, u8, uint8_t, 0, 0x1p8, UINT8_MAX, suffix, whole)                \
    ASCENDIFY_ROUND_TO(F, F_type, i16, int16_t, INT16_MIN, 0x1p15, INT16_MAX, suffix, whole)      \
    ASCENDIFY_ROUND_TO(F, F_type, u16, uint16_t, 0, 0x1p16, UINT16_MAX, suffix, whole)            \
    ASCENDIFY_ROUND_TO(F, F_type, i32, int32_t, INT32_MIN, 0x1p31, INT32_MAX, suffix, whole)      \
    ASCENDIFY_ROUND_TO(F, F_type, u32, uint32_t, 0, 0x1p32, UINT32_MAX, suffix, whole)            \
    ASCENDIFY_ROUND_TO(F, F_type, i64, int64_t, INT64_MIN, 0x1p63, INT64_MAX, suffix, whole)      \
    ASCENDIFY_ROUND_TO(F, F_type, u64, uint64_t, 0, 0x1p64, UINT64_MAX, suffix, whole)
ASCENDIFY_TO_ALL(f32, float, , )
ASCENDIFY_TO_ALL(f32, float, _rn, nearbyintf)
ASCENDIFY_TO_ALL(f32, float, _ru, ceilf)
ASCENDIFY_TO_ALL(f32, float, _rd, floorf)
ASCENDIFY_TO_ALL(f64, double, , )
ASCENDIFY_TO_ALL(f64, double, _rn, nearbyint)
ASCENDIFY_TO_ALL(f64, double, _ru, ceil)
ASCENDIFY_TO_ALL(f64, double, _rd, floor)

#define ASCENDIFY_HALF_TO(H, I, I_type, suffix)                                                   \
    static inline I_type ascendify_##H##_to_##I##suffix(ascendify_##H h) {                        \
        return ascendify_f32_to_##I##suffix(ascendify_##H##_to_f32(h));                           \
    }
#define ASCENDIFY_HALF_TO_ALL(H, suffix)                                                          \
    ASCENDIFY_HALF_TO(H, i8, int8_t, suffix)                                                      \
    ASCENDIFY_HALF_TO(H, u8, uint8_t, suffix)                                                     \
    ASCENDIFY_HALF_TO(H, i16, int16_t, suffix)                                                    \
    ASCENDIFY_HALF_TO(H, u16, uint16_t, suffix)                                                   \
    ASCENDIFY_HALF_TO(H, i32, int32_t, suffix)                                                    \
    ASCENDIFY_HALF_TO(H, u32, uint32_t, suffix)                                                   \
    ASCENDIFY_HALF_TO(H, i64, int64_t, suffix)                                                    \
    ASCENDIFY_HALF_TO(H, u64, uint64_t, suffix)
ASCENDIFY_HALF_TO_ALL(f16, )
ASCENDIFY_HALF_TO_ALL(f16, _rn)
ASCENDIFY_HALF_TO_ALL(f16, _ru)
ASCENDIFY_HALF_TO_ALL(f16, _rd)
ASCENDIFY_HALF_TO_ALL(bf16, )
ASCENDIFY_HALF_TO_ALL(bf16, _rn)
ASCENDIFY_HALF_TO_ALL(bf16, _ru)
ASCENDIFY_HALF_TO_ALL(bf16, _rd)

// Whether `near`, a rounding of `exact`, lies on the side that `mode` does not allow: -1 to move
// down, 1 to move up, 0 to stay. A long double holds every double and 64-bit integer.
static inline int ascendify_wrong_side(long double near, long double exact,
                                       ascendify_rounding mode) {
    if (near == exact || near != near || mode == ASCENDIFY_RN) return 0;
    const bool is_above = near > exact;
    const bool down = mode == ASCENDIFY_RD || (mode == ASCENDIFY_RZ && exact > 0);
    return is_above && down ? -1 : !is_above && !down ? 1 : 0;
}

static inline float ascendify_round_to_f32(long double x, ascendify_rounding mode) {
    const float near = (float)x;
    const int move = ascendify_wrong_side(near, x, mode);
    return move == 0 ? near : nextafterf(near, move < 0 ? -INFINITY : INFINITY);
}
static inline double ascendify_round_to_f64(long double x, ascendify_rounding mode) {
    const double near = (double)x;
    const int move = ascendify_wrong_side(near, x, mode);
    return move == 0 ? near : nextafter(near, move < 0 ? -(double)INFINITY : (double)INFINITY);
}
#define ASCENDIFY_ROUND_TO_HALF(H, infinity)                                                      \
    static inline ascendify_##H ascendify_round_to_##H(long double x, ascendify_rounding mode) {  \
        const float toward = ascendify_round_to_f32(x, ASCENDIFY_RZ);                             \
        const uint32_t cut = toward == x ? 0 : 1;                                                 \
        const float odd = x != x ? (float)x                                                       \
                                 : ascendify_bits_to_f32(ascendify_f32_to_bits(toward) | cut);    \
        const ascendify_##H near = ascendify_f32_to_##H(odd);                                     \
        const int move = ascendify_wrong_side(ascendify_##H##_to_f32(near), x, mode);             \
        if (move == 0) return near;                                                               \
        return ascendify_nextafter_##H(near, move < 0 ? 0x8000u | (infinity) : (infinity));       \
    }
ASCENDIFY_ROUND_TO_HALF(f16, 0x7c00u)
ASCENDIFY_ROUND_TO_HALF(bf16, 0x7f80u)

// ---- mathematics that the C library lacks; computed in double, the float forms rounded once

#define ASCENDIFY_PI 3.141592653589793238462643383279502884

// sin(pi x), exact where x is a multiple of a half.
static inline double ascendify_sinpi_f64(double x) {
    if (!isfinite(x)) return (double)NAN;
    const double turn = fmod(x, 2.0);
    const double quarter = nearbyint(2 * turn);
    const double rest = (turn - quarter / 2) * ASCENDIFY_PI;
    switch ((int)quarter & 3) {
        case 0: return quarter == 0 && rest == 0 ? copysign(0.0, x) : sin(rest);
        case 1: return cos(rest);
        case 2: return rest == 0 ? copysign(0.0, x) : -sin(rest);
        default: return -cos(rest);
    }
}

// cos(pi x), exact where x is a multiple of a half.
static inline double ascendify_cospi_f64(double x) {
    if (!isfinite(x)) return (double)NAN;
    const double turn = fmod(fabs(x), 2.0);
    const double quarter = nearbyint(2 * turn);
    const double rest = (turn - quarter / 2) * ASCENDIFY_PI;
    switch ((int)quarter & 3) {
        case 0: return cos(rest);
        case 1: return rest == 0 ? 0.0 : -sin(rest);
        case 2: return -cos(rest);
        default: return rest == 0 ? 0.0 : sin(rest);
    }
}

static inline double ascendify_normcdf_f64(double x) { return 0.5 * erfc(-x / sqrt(2.0)); }

// The normal quantile for p in (0, 0.5]: a rational first guess, then Halley steps on erfc, which
// stays exact in the tail.
static inline double ascendify_lower_quantile(double p) {
    const double t = sqrt(-2 * log(p));
    double x = t - (2.515517 + 0.802853 * t + 0.010328 * t * t) /
                       (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
    x = -x;
    for (int i = 0; i < 5; ++i) {
        const double off = 0.5 * erfc(-x / sqrt(2.0)) - p;
        const double density = exp(-x * x / 2) / sqrt(2 * ASCENDIFY_PI);
        if (density == 0) break;
        const double step = off / density;
        x -= step / (1 + x * step / 2);
    }
    return x;
}

static inline double ascendify_erfcinv_f64(double y) {
    if (!(y >= 0 && y <= 2)) return (double)NAN;
    if (y == 0) return (double)INFINITY;
    if (y == 2) return -(double)INFINITY;
    if (y > 1) return ascendify_lower_quantile((2 - y) / 2) / sqrt(2.0);
    return -ascendify_lower_quantile(y / 2) / sqrt(2.0);
}

static inline double ascendify_erfinv_f64(double y) {
    if (!(y >= -1 && y <= 1)) return (double)NAN;
    if (y == 0) return y;
    if (fabs(y) == 1) return copysign((double)INFINITY, y);
    if (fabs(y) > 0.5) return copysign(ascendify_erfcinv_f64(1 - fabs(y)), y);
    double x = y * sqrt(ASCENDIFY_PI) / 2;
    for (int i = 0; i < 8; ++i) x -= (erf(x) - y) * sqrt(ASCENDIFY_PI) / 2 * exp(x * x);
    return x;
}

static inline double ascendify_rcbrt_f64(double x) { return 1.0 / cbrt(x); }
static inline float ascendify_rcbrt_f32(float x) { return 1.0f / cbrtf(x); }

#define ASCENDIFY_FLOAT_FORM(name)                                                                \
    static inline float ascendify_##name##_f32(float x) {                                         \
        return (float)ascendify_##name##_f64((double)x);                                          \
    }
ASCENDIFY_FLOAT_FORM(sinpi)
ASCENDIFY_FLOAT_FORM(cospi)
ASCENDIFY_FLOAT_FORM(normcdf)
ASCENDIFY_FLOAT_FORM(erfinv)
ASCENDIFY_FLOAT_FORM(erfcinv)

// ---- atomics: sequentially consistent, also between blocks on different threads of the machine

static inline void ascendify_fence(void) { atomic_thread_fence(memory_order_seq_cst); }

// A new value by a loop over compare-and-swap of the bits, an integer U.
#define ASCENDIFY_ATOMIC(op, name, T, U, expression)                                              \
    static inline T ascendify_atomic_##op##_##name(T *address, T value) {                         \
        U before = __atomic_load_n((U *)address, __ATOMIC_SEQ_CST), after;                        \
        T old, result;                                                                            \
        do {                                                                                      \
            memcpy(&old, &before, sizeof old);                                                    \
            result = (T)(expression);                                                             \
            memcpy(&after, &result, sizeof after);                                                \
        } while (!__atomic_compare_exchange_n((U *)address, &before, after, false,                \
                                              __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));               \
        return old;                                                                               \
    }
#define ASCENDIFY_ATOMIC_COMMON(name, T, U)                                                       \
    ASCENDIFY_ATOMIC(exchange, name, T, U, ((void)old, value))                                    \
    static inline T ascendify_atomic_cas_##name(T *address, T expected, T value) {                \
        U before, after;                                                                          \
        T old;                                                                                    \
        memcpy(&before, &expected, sizeof before);                                                \
        memcpy(&after, &value, sizeof after);                                                     \
        __atomic_compare_exchange_n((U *)address, &before, after, false, __ATOMIC_SEQ_CST,        \
                                    __ATOMIC_SEQ_CST);                                            \
        memcpy(&old, &before, sizeof old);                                                        \
        return old;                                                                               \
    }
#define ASCENDIFY_ATOMIC_FETCH(op, name, T)                                                       \
    static inline T ascendify_atomic_##op##_##name(T *address, T value) {                         \
        return __atomic_fetch_##op(address, value, __ATOMIC_SEQ_CST);                             \
    }
#define ASCENDIFY_ATOMIC_INTEGER(name, T, U)                                                      \
    ASCENDIFY_ATOMIC_COMMON(name, T, U)                                                           \
    ASCENDIFY_ATOMIC_FETCH(add, name, T)                                                          \
    ASCENDIFY_ATOMIC_FETCH(sub, name, T)                                                          \
    ASCENDIFY_ATOMIC_FETCH(and, name, T)                                                          \
    ASCENDIFY_ATOMIC_FETCH(or, name, T)                                                           \
    ASCENDIFY_ATOMIC_FETCH(xor, name, T)                                                          \
    ASCENDIFY_ATOMIC(min, name, T, U, value < old ? value : old)                                  \
    ASCENDIFY_ATOMIC(max, name, T, U, value > old ? value : old)                                  \
    ASCENDIFY_ATOMIC(inc, name, T, U, old >= value ? 0 : old + 1)                                 \
    ASCENDIFY_ATOMIC(dec, name, T, U, old == 0 || old > value ? value : old - 1)
#define ASCENDIFY_ATOMIC_FLOAT(name, T, U)                                                        \
    ASCENDIFY_ATOMIC_COMMON(name, T, U)                                                           \
    ASCENDIFY_ATOMIC(add, name, T, U, old + value)                                                \
    ASCENDIFY_ATOMIC(sub, name, T, U, old - value)                                                \
    ASCENDIFY_ATOMIC(min, name, T, U, value < old ? value : old)                                  \
    ASCENDIFY_ATOMIC(max, name, T, U, value > old ? value : old)
#define ASCENDIFY_ATOMIC_HALF(name)                                                               \
    ASCENDIFY_ATOMIC_COMMON(name, ascendify_##name, uint16_t)                                     \
    ASCENDIFY_ATOMIC(add, name, ascendify_##name, uint16_t, ascendify_add_##name(old, value))     \
    ASCENDIFY_ATOMIC(sub, name, ascendify_##name, uint16_t, ascendify_sub_##name(old, value))     \
    ASCENDIFY_ATOMIC(min, name, ascendify_##name, uint16_t, ascendify_min_##name(old, value))     \
    ASCENDIFY_ATOMIC(max, name, ascendify_##name, uint16_t, ascendify_max_##name(old, value))
ASCENDIFY_ATOMIC_INTEGER(i8, int8_t, uint8_t)
ASCENDIFY_ATOMIC_INTEGER(u8, uint8_t, uint8_t)
ASCENDIFY_ATOMIC_INTEGER(i16, int16_t, uint16_t)
ASCENDIFY_ATOMIC_INTEGER(u16, uint16_t, uint16_t)
ASCENDIFY_ATOMIC_INTEGER(i32, int32_t, uint32_t)
ASCENDIFY_ATOMIC_INTEGER(u32, uint32_t, uint32_t)
ASCENDIFY_ATOMIC_INTEGER(i64, int64_t, uint64_t)
ASCENDIFY_ATOMIC_INTEGER(u64, uint64_t, uint64_t)
ASCENDIFY_ATOMIC_FLOAT(f32, float, uint32_t)
ASCENDIFY_ATOMIC_FLOAT(f64, double, uint64_t)
ASCENDIFY_ATOMIC_HALF(f16)
ASCENDIFY_ATOMIC_HALF(bf16)

// ---- time

static inline int64_t ascendify_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#endif
