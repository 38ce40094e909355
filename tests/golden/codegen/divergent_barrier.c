// Translated from divergent_barrier.cu by ascendify; target cpu.
//
// A kernel is a function that runs one block: loops over the block's threads, one after another
// between barriers and warp operations. `ascendify_launch_<kernel>` runs a grid of blocks.
// Build: cc -O2 -ffp-contract=off -fwrapv -fno-strict-aliasing -shared -fPIC divergent_barrier.c -lm -lpthread
#include "ascendify_cpu.h"

// halve
// cpu: 6 thread loops
static void halve_block(int32_t *data, int32_t n, const int32_t *rounds,
        const ascendify_block *block) {
    const uint32_t blockDim_x = block->block_dim[0];
    const uint32_t blockDim_y = block->block_dim[1];
    const uint32_t blockDim_z = block->block_dim[2];
    int32_t tile[256];
    bool *const running = ascendify_lanes(bool, block, 0);
    int32_t *const value_lanes = ascendify_lanes(int32_t, block, 1);
    bool *const active = ascendify_lanes(bool, block, 5);
    bool any_active;
    int32_t *const limit_lanes = ascendify_lanes(int32_t, block, 6);
    int32_t *const neighbour_lanes = ascendify_lanes(int32_t, block, 10);
    for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
    for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
    for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
        const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
        active[thread] = false;
        running[thread] = true;
        const int32_t tid = (int32_t)threadIdx_x;
        if (tid >= n) {
            running[thread] = false;
            continue;
        }
        value_lanes[thread] = data[tid];
        active[thread] = true;
        limit_lanes[thread] = rounds[tid];
    }
    int32_t round_ = 0;
    for (;;) {
        any_active = false;
        for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
        for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
        for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
            const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
            if (active[thread]) {
                const bool more = round_ < limit_lanes[thread];
                active[thread] = more;
                if (more) {
                    any_active = true;
                }
            }
        }
        if (!any_active) {
            break;
        }
        for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
        for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
        for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
            const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
            if (active[thread]) {
                tile[(int32_t)threadIdx_x] = value_lanes[thread];
            }
        }
        for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
        for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
        for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
            const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
            if (active[thread]) {
                neighbour_lanes[thread] = tile[ascendify_rem_i32((int32_t)threadIdx_x + 1, n)];
            }
        }
        for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
        for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
        for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
            const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
            if (active[thread]) {
                const int32_t both = value_lanes[thread] + neighbour_lanes[thread];
                if (both < 2) {
                    value_lanes[thread] = both;
                    active[thread] = false;
                    continue;
                }
                value_lanes[thread] = both / 2;
            }
        }
        round_ += 1;
    }
    for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
    for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
    for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
        const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
        if (running[thread]) {
            data[(int32_t)threadIdx_x] = value_lanes[thread];
        }
    }
}

static void run_halve(void **args, const ascendify_block *block) {
    halve_block(*(int32_t **)args[0], *(int32_t *)args[1], *(int32_t **)args[2], block);
}

void ascendify_launch_halve(void **args, const ascendify_launch *launch) {
    ascendify_run_blocks(run_halve, args, launch, 14);
}

const ascendify_kernel ascendify_kernels[] = {
    {"halve", ascendify_launch_halve},
    {0, 0},
};

const ascendify_variable ascendify_variables[] = {
    {0, 0, 0},
};
