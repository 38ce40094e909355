// CUDA on the CPU: everything that a CUDA source finds without including anything, and most of
// what the toolkit's headers add. Included before the source; made for C++17.
#pragma once

// The standard library comes first: it uses words such as __noinline__ as attributes.
#include <assert.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "ascendify/vector_types.h"

#include "ascendify/abi.h"
#include "ascendify/execution.h"
#include "ascendify/math.h"
#include "ascendify/conversions.h"
#include "ascendify/integers.h"
#include "ascendify/fast_division.h"
#include "ascendify/half.h"
#include "ascendify/bfloat16.h"
#include "ascendify/cuda_std.h"
#include "ascendify/fp8.h"
#include "ascendify/memory.h"
#include "ascendify/atomics.h"
#include "ascendify/warp.h"
#include "ascendify/ptx.h"
#include "ascendify/runtime_api.h"
#include "ascendify/launch.h"

typedef unsigned char uchar;

#include "ascendify/qualifiers.h"
