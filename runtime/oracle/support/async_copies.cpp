// The asynchronous copies that the threads of the running block have begun and not waited for.

#include "ascendify/async_copy.h"

#include <deque>
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
  std::deque<Waiting> copies;
  uint64_t groups = 0;  // closed so far
};

// One per thread of the block that this OS thread runs, made when first needed.
thread_local std::vector<Queue> *queues = nullptr;

Queue &own() {
  if (!queues) queues = new std::vector<Queue>(max_threads);
  return (*queues)[thread_rank()];
}

}  // namespace

void forget_async_copies() {
  if (!queues) return;
  delete queues;
  queues = nullptr;
}

void begin_async_copy(const AsyncCopy &copy) {
  Queue &queue = own();
  queue.copies.push_back({copy, queue.groups});
}

void commit_async_copies() { ++own().groups; }

bool next_async_copy(uint32_t groups, bool all, AsyncCopy *copy) {
  Queue &queue = own();
  if (queue.copies.empty()) return false;
  const Waiting &oldest = queue.copies.front();
  if (!all && oldest.group + groups >= queue.groups) return false;
  *copy = oldest.copy;
  queue.copies.pop_front();
  return true;
}

}  // namespace ascendify_oracle
