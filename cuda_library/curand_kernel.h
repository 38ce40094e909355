// cuRAND for kernels: the generators Philox-4x32-10 and XORWOW, uniform, normal and log-normal
// numbers.
#pragma once

#include <curand/distributions.cuh>
