// Translated from vote_compact.cu by ascendify; target cpu.
//
// A kernel is a function that runs one block: loops over the block's threads, one after another
// between barriers and warp operations. `ascendify_launch_<kernel>` runs a grid of blocks.
// Build: cc -O2 -ffp-contract=off -fwrapv -fno-strict-aliasing -shared -fPIC vote_compact.c -lm -lpthread
#include "ascendify_cpu.h"

typedef struct Stats {
    int32_t kept;
    int32_t seen;
} Stats;
_Static_assert(sizeof(Stats) == 8, "layout of Stats");

static Stats totals;

// compact
// cpu: 3 thread loops
static void compact_block(float *out, const float *inp, const ascendify_block *block) {
    const uint32_t blockDim_x = block->block_dim[0];
    const uint32_t blockDim_y = block->block_dim[1];
    const uint32_t blockDim_z = block->block_dim[2];
    const uint32_t blockIdx_x = block->block_idx[0];
    uint32_t *const ballots = ascendify_lanes(uint32_t, block, 0);
    int32_t count;
    bool *const keep_lanes = ascendify_lanes(bool, block, 4);
    float *const x_lanes = ascendify_lanes(float, block, 5);
    const uint32_t base = blockIdx_x * blockDim_x;
    for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
    for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
    for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
        const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
        if (thread % 32 == 0) {
            ballots[thread / 32] = 0;
        }
        const float x = inp[base + thread];
        const bool keep = x > 0.0f;
        if (keep) {
            const uint32_t warp = thread / 32;
            ballots[warp] |= 1u << (thread % 32);
        }
        keep_lanes[thread] = keep;
        x_lanes[thread] = x;
    }
    count = 0;
    for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
    for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
    for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
        const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
        const bool keep = keep_lanes[thread];
        const uint32_t lane = thread & 31;
        if (keep) {
            float *const front = out + (base + thread - lane);
            front[ascendify_popc_u32(ballots[thread / 32] & ((1u << lane) - 1))] = x_lanes[thread];
            ascendify_atomic_add_i32(&totals.kept, 1);
        }
        if (keep) {
            count += 1;
        }
    }
    const int32_t all = count;
    for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
    for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
    for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
        const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
        if (thread == 0) {
            ascendify_atomic_add_i32(&totals.seen, all);
        }
    }
}

static void run_compact(void **args, const ascendify_block *block) {
    compact_block(*(float **)args[0], *(float **)args[1], block);
}

void ascendify_launch_compact(void **args, const ascendify_launch *launch) {
    ascendify_run_blocks(run_compact, args, launch, 9);
}

const ascendify_kernel ascendify_kernels[] = {
    {"compact", ascendify_launch_compact},
    {0, 0},
};

const ascendify_variable ascendify_variables[] = {
    {"totals", (void *)&totals, sizeof totals},
    {0, 0, 0},
};
