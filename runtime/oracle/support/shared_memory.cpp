#include "shared_memory.h"

#include <dlfcn.h>
#include <sys/mman.h>

#include <cstring>

#include "ascendify/execution.h"
#include "block.h"

__thread char *ascendify_dynamic_shared = nullptr;

namespace ascendify_oracle {
namespace {

// Never destroyed: the last runs may come after the destructors of global variables.
std::vector<SharedVariable> &variables() {
  static auto *all = new std::vector<SharedVariable>;
  return *all;
}

// Where the library was loaded.
const char *base() {
  Dl_info info;
  return dladdr(reinterpret_cast<const void *>(&base), &info)
             ? static_cast<const char *>(info.dli_fbase)
             : nullptr;
}

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

const std::vector<SharedVariable> &shared_variables() { return variables(); }

// Dynamic shared memory, where the launch has some and it is meant, or else a static variable:
// these are near the variable that points there.
char *shared_address(uint32_t number) {
  auto anchor = reinterpret_cast<uintptr_t>(&ascendify_dynamic_shared);
  auto away = static_cast<int32_t>(number - static_cast<uint32_t>(anchor));
  char *dynamic = ascendify_dynamic_shared;
  uint32_t within = number - static_cast<uint32_t>(reinterpret_cast<uintptr_t>(dynamic));
  uint64_t bytes = running ? running->launch->shared_bytes : 0;
  if (bytes && within < bytes + shared_guard_bytes) {
    // Static variables that could be meant as well: one time in ten thousand, and no harm done.
    if (away > -(1 << 18) && away < 1 << 18) fail("two places in shared memory have one number");
    return dynamic + within;
  }
  return reinterpret_cast<char *>(anchor + static_cast<uintptr_t>(static_cast<intptr_t>(away)));
}

char *address_here(const SharedVariable &variable) {
  return reinterpret_cast<char *>(&ascendify_dynamic_shared) + variable.offset;
}

}  // namespace ascendify_oracle

void ascendify_oracle_shared_variable(const char *name, int64_t offset, uint64_t bytes,
                                      uint64_t kernel) {
  using namespace ascendify_oracle;
  for (const SharedVariable &known : variables()) {
    if (known.offset == offset) return;
  }
  const char *start = base();
  const void *owner = kernel && start ? start + kernel : nullptr;
  variables().push_back({strdup(name), offset, bytes, owner});
}
