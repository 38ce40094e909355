// The asynchronous copies that the threads of the running block have begun and not waited for. No
// function of the C library that a watched program's own calls could be taken for is called here.

#include "async_copies.h"

#include <cstdlib>

#include "ascendify/async_copy.h"
#include "block.h"

namespace ascendify_oracle {
namespace {

struct Waiting {
  AsyncCopy copy;
  uint64_t group;
};
struct Queue {
  Waiting *copies;
  size_t count, room;
  size_t done;
  uint64_t groups;  // closed so far
  uint64_t block;
};

// One per thread of the block that this OS thread runs, made when first needed.
__thread Queue *queues = nullptr;
__thread uint64_t block_number = 0;

Queue &own() {
  if (!queues) queues = static_cast<Queue *>(std::calloc(max_threads, sizeof(Queue)));
  if (!queues) fail("no memory for asynchronous copies");
  Queue &queue = queues[thread_rank()];
  if (queue.block != block_number) {
    queue.count = queue.done = 0;
    queue.groups = 0;
    queue.block = block_number;
  }
  return queue;
}

}  // namespace

void forget_async_copies() { ++block_number; }

void begin_async_copy(const AsyncCopy &copy) {
  Queue &queue = own();
  if (queue.count == queue.room) {
    queue.room = queue.room ? 2 * queue.room : 8;
    queue.copies = static_cast<Waiting *>(std::realloc(queue.copies, queue.room * sizeof(Waiting)));
    if (!queue.copies) fail("no memory for asynchronous copies");
  }
  queue.copies[queue.count].copy = copy;
  queue.copies[queue.count++].group = queue.groups;
}

void commit_async_copies() { ++own().groups; }

bool next_async_copy(uint32_t groups, bool all, AsyncCopy *copy) {
  Queue &queue = own();
  if (queue.done == queue.count) {
    queue.count = queue.done = 0;
    return false;
  }
  const Waiting &oldest = queue.copies[queue.done];
  if (!all && oldest.group + groups >= queue.groups) return false;
  *copy = oldest.copy;
  ++queue.done;
  return true;
}

}  // namespace ascendify_oracle
