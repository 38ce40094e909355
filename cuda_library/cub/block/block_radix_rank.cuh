// Nothing of this header is in the library yet: it can be included, its names cannot be used.
#pragma once

#include <cub/util_type.cuh>
