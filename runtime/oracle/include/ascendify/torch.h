// PyTorch's C++ interface, as far as extensions use it: our own, small, on the host. Every header
// of torch, ATen and c10 is this one.
#pragma once

#define ASCENDIFY_TORCH

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "torch/cuda.h"
#include "torch/device.h"
#include "torch/dispatch.h"
#include "torch/element_types.h"
#include "torch/exceptions.h"
#include "torch/python.h"
#include "torch/scalar_type.h"
#include "torch/tensor.h"
#include "torch/tensor_functions.h"
