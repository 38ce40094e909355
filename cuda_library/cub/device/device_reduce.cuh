#pragma once

#include <cub/device/device_algorithms.cuh>
