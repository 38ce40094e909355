// The asynchronous copies that the threads of the running block have begun and not waited for.

#include "ascendify/async_copy.h"

#include <vector>

#include "async_copies.h"
#include "block.h"

namespace ascendify_oracle {
namespace {

struct Waiting {
  AsyncCopy copy;
  uint64_t group;
};
struct Queue {
  std::vector<Waiting> copies;
  size_t done = 0;
  uint64_t groups = 0;  // closed so far
  uint64_t block = 0;
};

// One per thread of the block that this OS thread runs, made when first needed.
thread_local std::vector<Queue> *queues = nullptr;
thread_local uint64_t block_number = 1;

Queue &own() {
  if (!queues) queues = new std::vector<Queue>(max_threads);
  Queue &queue = (*queues)[thread_rank()];
  if (queue.block != block_number) {
    queue.copies.clear();
    queue.done = 0;
    queue.groups = 0;
    queue.block = block_number;
  }
  return queue;
}

}  // namespace

void forget_async_copies() { ++block_number; }

void begin_async_copy(const AsyncCopy &copy) {
  Queue &queue = own();
  queue.copies.push_back({copy, queue.groups});
}

void commit_async_copies() { ++own().groups; }

bool next_async_copy(uint32_t groups, bool all, AsyncCopy *copy) {
  Queue &queue = own();
  if (queue.done == queue.copies.size()) {
    queue.copies.clear();
    queue.done = 0;
    return false;
  }
  const Waiting &oldest = queue.copies[queue.done];
  if (!all && oldest.group + groups >= queue.groups) return false;
  *copy = oldest.copy;
  ++queue.done;
  return true;
}

}  // namespace ascendify_oracle
