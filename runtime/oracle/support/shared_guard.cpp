// Thread-local memory that belongs to nobody. Linked on both sides of a source's __shared__
// variables, it takes what writes beyond them would do to the engine's own variables.

#include <cstddef>

#include "shared_memory.h"

namespace {
__attribute__((used)) __thread char guard[ascendify_oracle::shared_guard_bytes];
}
