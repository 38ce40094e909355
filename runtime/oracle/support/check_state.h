// What the parts of the checks share: shadow cells, objects, places in the code, and time.
//
// Time is a count of the events that order threads (barriers, warp operations, fences). An access
// is remembered with its time; it came before the present one for certain if an event that orders
// the two threads lies between.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <vector>

#include "block.h"
#include "check.h"

#pragma GCC visibility push(hidden)
namespace ascendify_oracle::check {

// One access in a shadow cell. `time` 0: none.
struct Access {
  uint32_t who;   // the block's number in the launch and the thread's in the block
  uint32_t time;
  uint32_t what;  // the place, and the marks below
};
constexpr uint32_t changed_mark = 1;   // the write left another value than it found
constexpr uint32_t atomic_mark = 2;
constexpr uint32_t volatile_mark = 4;
constexpr uint32_t mark_bits = 3;

constexpr uint32_t thread_bits = 10;
constexpr uint64_t max_blocks = uint64_t{1} << (32 - thread_bits);

// The last write, and two reads by different threads.
struct Cell {
  Access write, read, later_read;
};

// The shadow of 4096 bytes: a cell for every 4 bytes, or for every byte once a smaller or
// misaligned access was seen.
struct Chunk {
  uint32_t log_unit;  // 2 or 0
  Cell *cells;
};
constexpr size_t chunk_bytes = 4096;

// Memory with a name.
struct Object {
  const char *name;
  char *start;
  uint64_t bytes;
  uint32_t space;
  int32_t argument;
  bool is_exact;
  bool is_alive;
  bool from_harness;
  bool is_variable;
  uint8_t *initialised;  // a bit per byte; null: all of it is
  std::vector<Chunk> chunks;
};

// What one place touched of one object.
struct Extent {
  Object *object;
  int64_t lowest;
  int64_t highest;
  uint64_t count;
  const void *kernel;
};

// A place in the code that accesses memory.
struct Site {
  uint64_t pc;
  uint32_t number;
  uint32_t access;
  uint32_t size;
  uint32_t marks;
  bool comes_before_atomic;  // the same thread then does an atomic operation on what was read
  size_t recent;
  std::vector<Extent> extents;
};

// ---- findings and places (check_findings.cpp)

struct Found {
  const char *kind;
  const char *text = "";
  uint64_t pc = 0;
  uint64_t other_pc = 0;
  const void *address = nullptr;
  const Object *object = nullptr;
  uint32_t access = ASCENDIFY_ORACLE_NO_ACCESS;
  uint32_t other_access = ASCENDIFY_ORACLE_NO_ACCESS;
  uint32_t size = 0;
  uint32_t other_size = 0;
  uint32_t who = 0;
  uint32_t other_who = 0;
  const char *file = "";
  uint32_t line = 0;
  uint32_t other_line = 0;
  uint32_t unless_before_atomic = 0;  // the number of a place: void if that leads to an atomic
};
void report(const Found &found);
// A text that stays.
const char *kept(const char *text);
Site &site_of(uint64_t pc, uint32_t access, uint32_t size, uint32_t marks);
Site &site_numbered(uint32_t number);

// ---- memory (check_memory.cpp)

Object *object_at(const void *address);
// The object that an access just missed, or null.
Object *object_near(const void *address);
// How many bytes an address is before or behind an object.
uint64_t distance(const Object &object, const char *address);
// Whether there is a variable that an array of so many bytes may be, or be a row of.
bool may_be_variable(uint64_t array_bytes);
bool is_in_this_library(const void *address);
bool is_readable(const void *address);
void mark_initialised(Object &object, uint64_t offset, uint64_t bytes);
bool is_untouched(const Object &object, uint64_t offset, uint64_t bytes);
// The block's own objects for shared memory.
struct SharedMemory {
  std::deque<Object> variables;
  Object dynamic;
};
void place_shared(SharedMemory &shared, const ascendify_oracle_launch &launch);
void name_arguments(const ascendify_oracle_launch &launch);
// Whatever a launch that is not watched may have written counts as initialised.
void forget_initialisation();

// ---- order (check_order.cpp)

// What is known of other threads: all that they did up to certain times.
struct Knowledge;

enum class WaitsFor : uint8_t { nothing, barrier, warp, grid };

// What a thread waits for, and where it stands in the code.
struct Wait {
  WaitsFor what;
  uint32_t mask;
  uint64_t pc;
};

struct Block {
  uint32_t number;
  uint32_t index[3];
  uint32_t threads;
  uint32_t start;         // the time
  uint32_t last_barrier;  // the time
  uint32_t warp_passed[32];        // the time of the last operation of a whole warp
  uint32_t lane_passed[32][32][32];  // what a lane knows of the others: [warp][lane][other]
  uint32_t exited[32];             // lanes that have returned, by warp
  uint32_t exits;
  uint32_t late_exits;  // of these, behind a barrier
  uint64_t barrier_pc;  // of the first that arrived at the present barrier, or 0
  uint32_t barrier_line;
  uint32_t barrier_who;
  Wait waits[1024];
  SharedMemory shared;
  std::vector<Knowledge *> knows;  // by thread; the last one is what all of them know
  Knowledge *fenced;  // what fences before the last barrier have published
  bool has_knowledge;
  bool has_fences;  // since the last barrier
};

struct State {
  uint32_t now = 1;
  uint32_t launch_start = 1;  // or the last grid-wide barrier
  uint32_t who = 0;
  uint32_t thread = 0;
  const char *stack_top = nullptr;
  Block *block = nullptr;
  const ascendify_oracle_launch *launch = nullptr;
};
extern State state;

// Whether an access came before the present for the current thread.
bool is_known(const Access &access);

inline bool is_ordered(const Access &access) {
  const State &s = state;
  if (access.time < s.launch_start || access.who == s.who) return true;
  uint32_t apart = access.who ^ s.who;
  if (!(apart >> thread_bits)) {
    const Block &block = *s.block;
    if (access.time < block.last_barrier) return true;
    if (!(apart >> 5)) {
      uint32_t warp = s.thread / 32;
      if (access.time < block.warp_passed[warp]) return true;
      if (access.time < block.lane_passed[warp][s.thread % 32][access.who % 32]) return true;
    }
  }
  return s.block->has_knowledge && is_known(access);
}

// The atomic operation or volatile read of an address makes known what was released there.
void acquire(const void *address, const Access &last_write);
void release(const void *address);

// Silence while the checks themselves work: they use code that the source may share.
class Quiet {
 public:
  Quiet() : before_(watching) { watching = false; }
  ~Quiet() { watching = before_; }

 private:
  bool before_;
};

// Whether the caller is the thread that is watched: while a cooperative launch starts, other OS
// threads run host code.
inline bool is_watched() { return watching && running; }

// ---- accesses (check_access.cpp)

void access(const void *address, size_t size, uint32_t kind, uint32_t marks, const void *pc,
            bool is_aligned);
// What the last write did to memory can be seen now.
void settle();
// The same at the end of a thread's turn: nothing more will be heard of its last accesses.
void settle_all();
// A finding that one of the next accesses may disprove: an index beyond an array of `row_bytes`,
// for an element `offset` bytes from its start.
void doubt(const Found &found, uint64_t row_bytes, int64_t offset);

}  // namespace ascendify_oracle::check
#pragma GCC visibility pop
