// mma.h: matrix products of a warp.
#pragma once

#include "ascendify_oracle.h"

#include "ascendify/wmma.h"
