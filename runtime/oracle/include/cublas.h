// cuBLAS under its old name.
#pragma once

#include "cublas_v2.h"
