// What the parts of the runtime know of each other.
#pragma once

#include "ascendify/abi.h"

#pragma GCC visibility push(hidden)
namespace ascendify_oracle {

// Fills in `invoke` and the argument sizes if an instance of that address is registered.
void complete_from_registry(ascendify_oracle_launch &launch);
bool is_on_device();

}  // namespace ascendify_oracle
#pragma GCC visibility pop
