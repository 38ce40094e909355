// NVTX names for CUDA objects.
#pragma once

#include "nvToolsExt.h"
