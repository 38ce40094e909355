// The memory that a kernel may use: device allocations, what the harness tells of, and the shared
// memory of the running block.

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <mutex>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "check_state.h"
#include "shared_memory.h"

// The bounds of this library in memory, from the linker.
extern "C" {
extern __attribute__((visibility("hidden"))) char __ehdr_start[], _end[];
}

namespace ascendify_oracle::check {
namespace {

// Thread-local variables that are not __shared__, by their offset from the anchor of those.
struct Other {
  int64_t offset;
  uint64_t bytes;
};

struct Memory {
  std::mutex mutex;  // of `objects`: programs may allocate on several threads
  std::vector<Object *> objects;  // by address
  std::vector<Other> others;
};
// Never destroyed: programs free memory in destructors of their own globals.
Memory &memory() {
  static Memory *all = new Memory;
  return *all;
}

constexpr uint64_t near_bytes = 1 << 16;

bool starts_before(const char *address, const Object *object) { return address < object->start; }

size_t index_after(const char *address) {
  const auto &all = memory().objects;
  return static_cast<size_t>(std::upper_bound(all.begin(), all.end(), address, starts_before) -
                             all.begin());
}

bool holds(const Object &object, const char *address) {
  return static_cast<uint64_t>(address - object.start) < object.bytes;
}

Object make_object(const char *name, char *start, uint64_t bytes, uint32_t space) {
  Object object = {};
  object.name = strdup(name);
  object.start = start;
  object.bytes = bytes;
  object.space = space;
  object.argument = -1;
  object.is_exact = object.is_alive = true;
  object.chunks.resize(bytes / chunk_bytes + 1, Chunk{2, nullptr});
  return object;
}

void add(Object *object) {
  Memory &all = memory();
  std::lock_guard<std::mutex> lock(all.mutex);
  auto at = all.objects.begin() + static_cast<ptrdiff_t>(index_after(object->start));
  all.objects.insert(at, object);
}

// Objects stay where they are, for what was noted of them; their shadow goes.
void retire(Object &object) {
  object.is_alive = false;
  for (Chunk &chunk : object.chunks) std::free(chunk.cells);
  object.chunks.clear();
  std::free(object.initialised);
  object.initialised = nullptr;
}

template <class F>
void for_bits(uint64_t offset, uint64_t bytes, F f) {
  while (bytes) {
    uint64_t part = std::min<uint64_t>(bytes, 8 - offset % 8);
    if (!f(offset / 8, static_cast<uint8_t>(((1u << part) - 1) << offset % 8))) return;
    offset += part;
    bytes -= part;
  }
}

}  // namespace

Object *object_at(const void *place) {
  const char *address = static_cast<const char *>(place);
  if (state.block) {
    SharedMemory &shared = state.block->shared;
    for (Object &variable : shared.variables) {
      if (variable.is_alive && holds(variable, address)) return &variable;
    }
    if (holds(shared.dynamic, address)) return &shared.dynamic;
  }
  size_t after = index_after(address);
  if (after == 0) return nullptr;
  Object *object = memory().objects[after - 1];
  return holds(*object, address) ? object : nullptr;
}

uint64_t distance(const Object &object, const char *address) {
  if (address < object.start) return static_cast<uint64_t>(object.start - address);
  const char *end = object.start + object.bytes;
  return address >= end ? static_cast<uint64_t>(address - end) : 0;
}

bool may_be_variable(uint64_t array_bytes) {
  auto fits = [&](const Object &object) {
    return object.is_alive && object.bytes >= array_bytes && object.bytes % array_bytes == 0;
  };
  const auto &variables = state.block->shared.variables;
  const auto &objects = memory().objects;
  return std::any_of(variables.begin(), variables.end(), fits) ||
         std::any_of(objects.begin(), objects.end(),
                     [&](const Object *o) { return o->is_variable && fits(*o); });
}

Object *object_near(const void *place) {
  const char *address = static_cast<const char *>(place);
  Object *best = nullptr;
  auto offer = [&](Object &object) {
    uint64_t far = distance(object, address);
    if (far < near_bytes && (!best || far < distance(*best, address))) best = &object;
  };
  SharedMemory &shared = state.block->shared;
  const char *dynamic = shared.dynamic.start;
  if (address >= dynamic && address < dynamic + most_dynamic_shared) return &shared.dynamic;
  for (Object &variable : shared.variables) {
    if (variable.is_alive) offer(variable);
  }
  size_t after = index_after(address);
  const auto &all = memory().objects;
  if (after > 0) offer(*all[after - 1]);
  if (after < all.size()) offer(*all[after]);
  return best;
}

bool is_in_this_library(const void *place) {
  const char *address = static_cast<const char *>(place);
  if (address >= __ehdr_start && address < _end) return true;
  const char *anchor = reinterpret_cast<const char *>(&ascendify_dynamic_shared);
  for (const Other &other : memory().others) {
    if (static_cast<uint64_t>(address - anchor - other.offset) < other.bytes) return true;
  }
  return false;
}

bool is_readable(const void *address) {
#if defined(__linux__)
  // Asks the system to read a set of signals there; the request itself is never valid.
  uintptr_t word = reinterpret_cast<uintptr_t>(address) & ~uintptr_t{7};
  if (word < 4096) return false;
  syscall(SYS_rt_sigprocmask, -1, reinterpret_cast<void *>(word), nullptr, size_t{8});
  return errno != EFAULT;
#else
  return reinterpret_cast<uintptr_t>(address) >= 4096;
#endif
}

void mark_initialised(Object &object, uint64_t offset, uint64_t bytes) {
  if (!object.initialised || offset >= object.bytes) return;
  bytes = std::min(bytes, object.bytes - offset);
  for_bits(offset, bytes, [&](uint64_t at, uint8_t bits) {
    object.initialised[at] |= bits;
    return true;
  });
}

bool is_untouched(const Object &object, uint64_t offset, uint64_t bytes) {
  bool untouched = true;
  for_bits(offset, bytes, [&](uint64_t at, uint8_t bits) {
    return untouched = (object.initialised[at] & bits) == 0;
  });
  return untouched;
}

void place_shared(SharedMemory &shared, const ascendify_oracle_launch &launch) {
  const auto &known = shared_variables();
  for (size_t i = shared.variables.size(); i < known.size(); ++i) {
    shared.variables.push_back(
        make_object(known[i].name, nullptr, known[i].bytes, ASCENDIFY_ORACLE_SHARED));
    shared.variables.back().is_variable = true;
  }
  for (size_t i = 0; i < known.size(); ++i) {
    shared.variables[i].start = address_here(known[i]);
    shared.variables[i].is_alive = can_use(launch.kernel, known[i]);
  }
  Object &dynamic = shared.dynamic;
  if (!dynamic.name) {
    dynamic =
        make_object("dynamic shared memory", nullptr, 0, ASCENDIFY_ORACLE_DYNAMIC_SHARED);
  }
  dynamic.start = ascendify_dynamic_shared;
  dynamic.bytes = launch.shared_bytes;
  if (dynamic.chunks.size() < dynamic.bytes / chunk_bytes + 1) {
    dynamic.chunks.resize(dynamic.bytes / chunk_bytes + 1, Chunk{2, nullptr});
  }
}

void name_arguments(const ascendify_oracle_launch &launch) {
  for (Object *object : memory().objects) object->argument = -1;
  if (!launch.arg_sizes) return;
  for (uint32_t i = 0; i < launch.arg_count; ++i) {
    if (launch.arg_sizes[i] != sizeof(void *)) continue;
    const char *value;
    std::memcpy(&value, launch.args[i], sizeof value);
    size_t after = index_after(value);
    if (after == 0) continue;
    Object &object = *memory().objects[after - 1];
    if (holds(object, value) && object.argument < 0) object.argument = static_cast<int32_t>(i);
  }
}

void forget_initialisation() {
  for (Object *object : memory().objects) {
    std::free(object->initialised);
    object->initialised = nullptr;
  }
}

void allocated(const void *start, size_t bytes, bool is_initialised) {
  auto *object = new Object(make_object("", static_cast<char *>(const_cast<void *>(start)), bytes,
                                        ASCENDIFY_ORACLE_GLOBAL));
  if (!is_initialised) {
    object->initialised = static_cast<uint8_t *>(std::calloc(bytes / 8 + 1, 1));
  }
  add(object);
}

void freed(const void *start) {
  Memory &all = memory();
  std::lock_guard<std::mutex> lock(all.mutex);
  size_t after = index_after(static_cast<const char *>(start));
  if (after == 0 || all.objects[after - 1]->start != start) return;
  retire(*all.objects[after - 1]);
  all.objects.erase(all.objects.begin() + static_cast<ptrdiff_t>(after - 1));
}

void written(const void *start, size_t bytes) {
  const char *address = static_cast<const char *>(start);
  Memory &all = memory();
  std::lock_guard<std::mutex> lock(all.mutex);
  size_t after = index_after(address);
  if (after == 0) return;
  Object &object = *all.objects[after - 1];
  if (holds(object, address)) {
    mark_initialised(object, static_cast<uint64_t>(address - object.start), bytes);
  }
}

}  // namespace ascendify_oracle::check

using namespace ascendify_oracle::check;

void ascendify_oracle_check_region(const char *name, const void *start, uint64_t bytes,
                                   uint32_t flags) {
  Memory &all = memory();
  if (flags & 4) {
    all.others.push_back({reinterpret_cast<int64_t>(start), bytes});
    return;
  }
  auto *object = new Object(make_object(name, static_cast<char *>(const_cast<void *>(start)), bytes,
                                        ASCENDIFY_ORACLE_GLOBAL));
  object->is_exact = !(flags & 1);
  object->from_harness = true;
  object->is_variable = flags & 8;
  if (flags & 2) object->initialised = static_cast<uint8_t *>(std::calloc(bytes / 8 + 1, 1));
  add(object);
}

void ascendify_oracle_check_clear_regions(void) {
  Memory &all = memory();
  auto is_gone = [](Object *object) {
    if (object->from_harness) retire(*object);
    return object->from_harness;
  };
  all.objects.erase(std::remove_if(all.objects.begin(), all.objects.end(), is_gone),
                    all.objects.end());
  all.others.clear();
}
