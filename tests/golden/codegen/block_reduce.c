// Translated from block_reduce.cu by ascendify; target cpu.
//
// A kernel is a function that runs one block: loops over the block's threads, one after another
// between barriers and warp operations. `ascendify_launch_<kernel>` runs a grid of blocks.
// Build: cc -O2 -ffp-contract=off -fwrapv -fno-strict-aliasing -shared -fPIC block_reduce.c -lm -lpthread
#include "ascendify_cpu.h"

// block_sum<float>, reduce.cu:12
// cpu: 9 thread loops
static void block_sum_block(float *out, const float *inp, int32_t n, const ascendify_block *block) {
    const uint32_t blockDim_x = block->block_dim[0];
    const uint32_t blockDim_y = block->block_dim[1];
    const uint32_t blockDim_z = block->block_dim[2];
    const uint32_t blockIdx_x = block->block_idx[0];
    float partial[32];
    float *const warp_sum_lanes = ascendify_lanes(float, block, 0);
    float *const exchange = ascendify_lanes(float, block, 4);
    bool any_thread;
    float *const total_lanes = ascendify_lanes(float, block, 8);
    bool *const present = ascendify_lanes(bool, block, 12);
    const int32_t dim = (int32_t)blockDim_x;
    const int32_t block_2 = (int32_t)blockIdx_x;
    const float *const data = inp + block_2 * n;
    for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
    for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
    for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
        const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
        float sum = 0.0f;
        for (int32_t i = (int32_t)threadIdx_x; i < n; i += dim) {
            sum += data[i];
        }
        warp_sum_lanes[thread] = sum;
    }
    for (int32_t o = 16; o > 0; o /= 2) {
        for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
        for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
        for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
            const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
            exchange[thread] = warp_sum_lanes[thread];
        }
        for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
        for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
        for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
            const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
            warp_sum_lanes[thread] += exchange[ascendify_shuffle_down(thread, o, 32, block->threads)];
        }
    }
    for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
    for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
    for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
        const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
        const int32_t tid = (int32_t)threadIdx_x;
        if (tid % 32 == 0) {
            partial[tid / 32] = warp_sum_lanes[thread];
        }
    }
    any_thread = false;
    for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
    for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
    for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
        if ((int32_t)threadIdx_x / 32 == 0) {
            any_thread = true;
        }
    }
    if (any_thread) {
        for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
        for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
        for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
            const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
            const int32_t tid = (int32_t)threadIdx_x;
            if (tid / 32 == 0) {
                const int32_t lane = tid % 32;
                float part;
                if (lane < dim / 32) {
                    part = partial[lane];
                } else {
                    part = 0.0f;
                }
                total_lanes[thread] = part;
            }
        }
        for (int32_t o5 = 16; o5 > 0; o5 /= 2) {
            for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
            for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
            for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
                const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
                present[thread] = false;
                if ((int32_t)threadIdx_x / 32 == 0) {
                    present[thread] = true;
                    exchange[thread] = total_lanes[thread];
                }
            }
            for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
            for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
            for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
                const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
                if ((int32_t)threadIdx_x / 32 == 0) {
                    const uint32_t source = ascendify_shuffle_down(thread, o5, 32, block->threads);
                    total_lanes[thread] += exchange[present[source] ? source : thread];
                }
            }
        }
        for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
        for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
        for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
            const uint32_t thread = (threadIdx_z * blockDim_y + threadIdx_y) * blockDim_x + threadIdx_x;
            const int32_t tid = (int32_t)threadIdx_x;
            if (tid / 32 == 0) {
                if (tid == 0) {
                    out[block_2] = total_lanes[thread];
                }
            }
        }
    }
}

static void run_block_sum(void **args, const ascendify_block *block) {
    block_sum_block(*(float **)args[0], *(float **)args[1], *(int32_t *)args[2], block);
}

void ascendify_launch_block_sum(void **args, const ascendify_launch *launch) {
    ascendify_run_blocks(run_block_sum, args, launch, 13);
}

const ascendify_kernel ascendify_kernels[] = {
    {"block_sum<float>", ascendify_launch_block_sum},
    {0, 0},
};

const ascendify_variable ascendify_variables[] = {
    {0, 0, 0},
};
