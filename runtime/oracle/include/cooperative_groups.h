// Cooperative groups: the block, the grid, tiles of a warp and coalesced threads.
#pragma once

#include "ascendify/cooperative_groups.h"
