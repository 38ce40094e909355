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

namespace {

char *map_shared() {
  void *memory = mmap(nullptr, most_dynamic_shared, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<char *>(memory);
}

// Whether 32-bit numbers of addresses there could be taken for those of static variables.
bool is_ambiguous(const char *start) {
  uint32_t near = 64u << 20;
  auto own = reinterpret_cast<uintptr_t>(&ascendify_dynamic_shared);
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(start) - own + near) < 2 * near &&
         reinterpret_cast<uintptr_t>(start) - own + near >= 2 * near;
}

}  // namespace

DynamicShared::DynamicShared() {
  start_ = map_shared();
  if (!start_ || !is_ambiguous(start_)) return;
  void *gap = mmap(nullptr, 160u << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  char *other = map_shared();
  if (gap != MAP_FAILED) munmap(gap, 160u << 20);
  if (!other) return;
  munmap(start_, most_dynamic_shared);
  start_ = other;
}

DynamicShared::~DynamicShared() {
  if (start_) munmap(start_, most_dynamic_shared);
}

void DynamicShared::install() const { ascendify_dynamic_shared = start_; }

const std::vector<SharedVariable> &shared_variables() { return variables(); }

// Dynamic shared memory, or else a static variable, which is near the variable that points there.
char *shared_address(uint32_t number) {
  char *dynamic = ascendify_dynamic_shared;
  uint32_t within = number - static_cast<uint32_t>(reinterpret_cast<uintptr_t>(dynamic));
  if (within < most_dynamic_shared + shared_guard_bytes) return dynamic + within;
  auto near = reinterpret_cast<uintptr_t>(&ascendify_dynamic_shared);
  auto away = static_cast<int32_t>(number - static_cast<uint32_t>(near));
  return reinterpret_cast<char *>(near + static_cast<uintptr_t>(static_cast<intptr_t>(away)));
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
