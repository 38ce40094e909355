// What the runner of blocks has to do with asynchronous copies.
#pragma once

#pragma GCC visibility push(hidden)
namespace ascendify_oracle {

// A block begins: what another one has left undone is of no interest any more.
void forget_async_copies();

}  // namespace ascendify_oracle
#pragma GCC visibility pop
