// Translated from $source by ascendify; target cpu.
//
// A kernel is a function that runs one block: loops over the block's threads, one after another
// between barriers and warp operations. `ascendify_launch_<kernel>` runs a grid of blocks.
// Build: cc -O2 -ffp-contract=off -fwrapv -fno-strict-aliasing -shared -fPIC $stem.c -lm -lpthread
#include "ascendify_cpu.h"$more
