// Translated from saxpy.cu by ascendify; target cpu.
//
// A kernel is a function that runs one block: loops over the block's threads, one after another
// between barriers and warp operations. `ascendify_launch_<kernel>` runs a grid of blocks.
// Build: cc -O2 -ffp-contract=off -fwrapv -fno-strict-aliasing -shared -fPIC saxpy.c -lm -lpthread
#include "ascendify_cpu.h"

// saxpy, saxpy.cu:3
// cpu: 1 thread loop
static void saxpy_block(int32_t n, float a, const float *restrict x, float *restrict y,
        const ascendify_block *block) {
    const uint32_t blockDim_x = block->block_dim[0];
    const uint32_t blockDim_y = block->block_dim[1];
    const uint32_t blockDim_z = block->block_dim[2];
    const uint32_t blockIdx_x = block->block_idx[0];
    for (uint32_t threadIdx_z = 0; threadIdx_z < blockDim_z; ++threadIdx_z)
    for (uint32_t threadIdx_y = 0; threadIdx_y < blockDim_y; ++threadIdx_y)
    for (uint32_t threadIdx_x = 0; threadIdx_x < blockDim_x; ++threadIdx_x) {
        const int32_t i = (int32_t)(blockIdx_x * blockDim_x + threadIdx_x);
        if (i >= n) {
            continue;
        }
        y[i] = a * x[i] + y[i];
    }
}

static void run_saxpy(void **args, const ascendify_block *block) {
    saxpy_block(*(int32_t *)args[0], *(float *)args[1], *(float **)args[2], *(float **)args[3], block);
}

void ascendify_launch_saxpy(void **args, const ascendify_launch *launch) {
    ascendify_run_blocks(run_saxpy, args, launch, 0);
}

const ascendify_kernel ascendify_kernels[] = {
    {"saxpy", ascendify_launch_saxpy},
    {0, 0},
};

const ascendify_variable ascendify_variables[] = {
    {0, 0, 0},
};
