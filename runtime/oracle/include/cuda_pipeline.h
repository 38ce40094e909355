// Asynchronous copies, pipelines, barriers.
#pragma once

#include "ascendify_oracle.h"

#include "ascendify/pipeline.h"
