#include "shared_memory.h"

#include <sys/mman.h>

#include <cstring>

#include "ascendify/execution.h"
#include "block.h"

__thread char *ascendify_dynamic_shared = nullptr;

namespace ascendify_oracle {
namespace {

// What shared memory holds before a block writes to it: another value for each schedule, so that
// a kernel that reads it first gives different results.
constexpr int undefined_bytes[2] = {0x7b, 0xc4};

}  // namespace

DynamicShared::DynamicShared() {
  void *memory = mmap(nullptr, most_dynamic_shared, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  start_ = memory == MAP_FAILED ? nullptr : static_cast<char *>(memory);
}

DynamicShared::~DynamicShared() {
  if (start_) munmap(start_, most_dynamic_shared);
}

void DynamicShared::install() const { ascendify_dynamic_shared = start_; }

void make_shared_memory_undefined(size_t dynamic_bytes) {
  std::memset(ascendify_dynamic_shared, undefined_bytes[backwards], dynamic_bytes);
}

}  // namespace ascendify_oracle
