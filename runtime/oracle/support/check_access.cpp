// Every access of a kernel to memory that it shares with others: bounds, alignment,
// initialisation, and whether another thread's access to the same bytes is left unordered.
//
// Writes are seen before they happen. Whether they change anything (several threads that store the
// same value do no harm) is decided at the next event, by comparing with the bytes from before.

#include <cstdlib>

#include "check_state.h"
#include "shared_memory.h"

namespace ascendify_oracle::check {
namespace {

constexpr size_t most_shadow = size_t{512} << 20;
size_t shadow_used = 0;

// The latest write, until its effect can be seen.
struct Pending {
  char *address = nullptr;
  uint32_t size = 0;
  Cell *first = nullptr;
  Cell *end = nullptr;
  bool has_conflict = false;
  Found conflict;
  char before[64];
};
Pending pending;

// An index beyond an array, which may be one row of a larger one: programs run through all rows
// with one index. One of the next accesses tells.
struct Doubts {
  uint32_t accesses_left = 0;
  uint64_t row_bytes = 0;
  int64_t offset = 0;  // in the row
  Found found;
};
Doubts doubts;

void allocate_cells(Chunk &chunk, uint32_t log_unit) {
  size_t count = chunk_bytes >> log_unit, bytes = count * sizeof(Cell);
  if (shadow_used + bytes > most_shadow) return;
  Cell *cells = static_cast<Cell *>(std::calloc(count, sizeof(Cell)));
  if (!cells) return;
  if (chunk.cells) {
    for (size_t i = 0; i < count; ++i) cells[i] = chunk.cells[i << log_unit >> chunk.log_unit];
    shadow_used -= (chunk_bytes >> chunk.log_unit) * sizeof(Cell);
    std::free(chunk.cells);
  }
  chunk.cells = cells;
  chunk.log_unit = log_unit;
  shadow_used += bytes;
}

// Two accesses, of which at least one writes: whether their kinds make that harmless.
bool is_harmless(uint32_t now, const Access &then, const Object &object, bool reads, bool then_reads) {
  uint32_t strong = atomic_mark | volatile_mark;
  bool both = (now & strong) && (then.what & strong);
  bool same_warp = then.who >> 5 == state.who >> 5;
  bool in_shared = object.space != ASCENDIFY_ORACLE_GLOBAL;
  // Lanes of one warp do not run in step: volatile does not order them.
  if (in_shared && same_warp && !((now | then.what) & atomic_mark)) return false;
  if (both) return true;
  // Waiting for a flag that an ordinary store sets.
  return (reads && (now & volatile_mark)) || (then_reads && (then.what & volatile_mark));
}

uint32_t kind_of(const Site &site) {
  return site.marks & atomic_mark ? uint32_t{ASCENDIFY_ORACLE_ATOMIC} : site.access;
}

Found conflict(const Site &site, const Access &other, const Object &object, const char *address) {
  const Site &there = site_numbered(other.what >> mark_bits);
  Found found;
  found.kind = object.space == ASCENDIFY_ORACLE_GLOBAL ? "race-global" : "race-shared";
  found.pc = site.pc;
  found.other_pc = there.pc;
  found.address = address;
  found.object = &object;
  found.access = kind_of(site);
  found.other_access = kind_of(there);
  found.size = site.size;
  found.other_size = there.size;
  found.who = state.who;
  found.other_who = other.who;
  auto is_plain_read = [](const Site &s) { return s.access == ASCENDIFY_ORACLE_READ; };
  if (is_plain_read(site) && (other.what & atomic_mark)) found.unless_before_atomic = site.number;
  if (is_plain_read(there) && (site.marks & atomic_mark)) found.unless_before_atomic = there.number;
  return found;
}

void remember_read(Cell &cell, const Access &now) {
  if (cell.later_read.time && cell.later_read.who != now.who && !is_ordered(cell.later_read) &&
      (!cell.read.time || cell.read.who == now.who || is_ordered(cell.read))) {
    cell.read = cell.later_read;
  }
  cell.later_read = now;
}

struct Present {
  const Site &site;
  Object &object;
  const char *address;
  Access access;
};

bool is_conflict(const Present &p, const Access &other, bool reads, bool other_reads) {
  return other.time && other.who != state.who && !is_ordered(other) &&
         !is_harmless(p.site.marks, other, p.object, reads, other_reads);
}

void read_cell(const Present &p, Cell &cell) {
  if ((cell.write.what & changed_mark) && is_conflict(p, cell.write, true, false)) {
    report(conflict(p.site, cell.write, p.object, p.address));
  }
  remember_read(cell, p.access);
}

void note_conflict(const Present &p, const Access &other) {
  if (pending.has_conflict) return;
  pending.has_conflict = true;
  pending.conflict = conflict(p.site, other, p.object, p.address);
}

// A write makes older reads of the same bytes unimportant where they came before it.
void write_over_read(const Present &p, Access &read) {
  if (!read.time) return;
  if (is_conflict(p, read, false, true)) note_conflict(p, read);
  bool is_own = read.who == state.who;
  if (is_own && (p.site.marks & atomic_mark) && read.time >= state.block->last_barrier) {
    site_numbered(read.what >> mark_bits).comes_before_atomic = true;
  }
  if (is_own || is_ordered(read)) read = {};
}

void write_cell(const Present &p, Cell &cell, bool is_first) {
  uint32_t changed = is_first ? changed_mark : 0;
  const Access &last = cell.write;
  if (last.time && last.who != state.who && !is_ordered(last)) {
    changed |= last.what & changed_mark;
    if (is_conflict(p, last, false, false)) {
      bool reads_too = p.site.marks & atomic_mark;
      if (reads_too && changed) {
        report(conflict(p.site, last, p.object, p.address));
      } else {
        note_conflict(p, last);
      }
    }
  }
  write_over_read(p, cell.later_read);
  write_over_read(p, cell.read);
  cell.write = {p.access.who, p.access.time, p.access.what | changed};
}

void begin_write(Cell *first, Cell *end, const char *address, uint32_t size) {
  pending.address = const_cast<char *>(address);
  pending.size = size;
  pending.first = first;
  pending.end = end;
  pending.has_conflict = false;
  std::memcpy(pending.before, address, size < sizeof pending.before ? size : sizeof pending.before);
}

void out_of_bounds(const Site &site, const Object *object, const char *address) {
  Found found;
  found.kind = "out-of-bounds";
  found.pc = site.pc;
  found.address = address;
  found.object = object;
  found.access = site.access;
  found.size = site.size;
  found.who = state.who;
  report(found);
}

// How far beyond an object nothing is destroyed.
uint64_t harmless_bytes(const Object &object) {
  return object.space == ASCENDIFY_ORACLE_GLOBAL ? 256 : shared_guard_bytes;
}

// An access to memory that nobody has told of.
void access_unknown(const Site &site, const char *address, size_t size) {
  if (is_in_this_library(address)) return;
  const Object *near = object_near(address);
  if (near && !near->is_exact) return;
  out_of_bounds(site, near, address);
  bool is_read = site.access == ASCENDIFY_ORACLE_READ;
  bool can_go_on = is_readable(address) && is_readable(address + size - 1) &&
                   (is_read || (near && distance(*near, address) < harmless_bytes(*near)));
  if (can_go_on) return;
  fail("out-of-bounds %s address %p", is_read ? "read of" : "write to",
       static_cast<const void *>(address));
}

void note_extent(Site &site, size_t which, int64_t offset, size_t size) {
  Extent &extent = site.extents[which];
  int64_t end = offset + static_cast<int64_t>(size);
  if (offset < extent.lowest) extent.lowest = offset;
  if (end > extent.highest) extent.highest = end;
  ++extent.count;
}

// The object that the place uses now, which is mostly the one that it used last.
Object *object_of(Site &site, const char *address) {
  if (site.recent < site.extents.size()) {
    Object *object = site.extents[site.recent].object;
    if (object->is_alive && static_cast<uint64_t>(address - object->start) < object->bytes) {
      return object;
    }
  }
  Object *object = object_at(address);
  if (!object) return nullptr;
  for (site.recent = 0; site.recent < site.extents.size(); ++site.recent) {
    if (site.extents[site.recent].object == object) return object;
  }
  site.extents.push_back({object, INT64_MAX, INT64_MIN, 0, state.launch->kernel});
  return object;
}

void report_uninitialised(const Present &p) {
  Found found;
  found.kind = p.object.space == ASCENDIFY_ORACLE_GLOBAL ? "uninitialised-global"
                                                         : "uninitialised-shared";
  found.pc = p.site.pc;
  found.address = p.address;
  found.object = &p.object;
  found.access = p.site.access;
  found.size = p.site.size;
  found.who = state.who;
  report(found);
}

// Shared memory starts anew with every block.
void forget_older(Cell &cell, uint32_t start) {
  for (Access *access : {&cell.write, &cell.read, &cell.later_read}) {
    if (access->time < start) access->time = 0;
  }
}

// The part of an access that lies in one chunk. True if some of it was written before.
bool touch(const Present &p, Chunk &chunk, uint64_t offset, size_t size, bool is_first_write) {
  uint32_t log_unit = (offset | size) & 3 ? 0 : 2;
  if (!chunk.cells || log_unit < chunk.log_unit) allocate_cells(chunk, log_unit);
  if (!chunk.cells || log_unit < chunk.log_unit) return true;  // no memory for the shadow
  Cell *first = chunk.cells + (offset % chunk_bytes >> chunk.log_unit);
  Cell *end = first + (size >> chunk.log_unit);
  bool in_shared = p.object.space != ASCENDIFY_ORACLE_GLOBAL;
  bool was_written = false;
  for (Cell *cell = first; cell < end; ++cell) {
    if (in_shared) forget_older(*cell, state.block->start);
    was_written = was_written || cell->write.time;
  }
  if (p.site.access == ASCENDIFY_ORACLE_READ) {
    if (p.site.marks & volatile_mark) acquire(p.address, first->write);
    for (Cell *cell = first; cell < end; ++cell) read_cell(p, *cell);
    return was_written;
  }
  begin_write(first, end, p.address, static_cast<uint32_t>(size));
  if (p.site.marks & atomic_mark) acquire(p.address, first->write);
  if (p.site.marks & (atomic_mark | volatile_mark)) release(p.address);
  for (Cell *cell = first; cell < end; ++cell) {
    write_cell(p, *cell, in_shared ? !cell->write.time : is_first_write);
  }
  return was_written;
}

void touch_all(Present p, uint64_t offset, size_t size) {
  Object &object = p.object;
  bool in_global = object.space == ASCENDIFY_ORACLE_GLOBAL;
  bool is_read = p.site.access == ASCENDIFY_ORACLE_READ;
  bool is_atomic = p.site.marks & atomic_mark;
  bool untouched = in_global && object.initialised && is_untouched(object, offset, size);
  bool was_written = false;
  for (size_t done = 0; done < size;) {
    uint64_t at = offset + done;
    size_t part = chunk_bytes - at % chunk_bytes;
    if (part > size - done) part = size - done;
    settle();
    p.address = object.start + at;
    was_written = touch(p, object.chunks[at / chunk_bytes], at, part, untouched) || was_written;
    done += part;
  }
  p.address = object.start + offset;
  bool is_new = in_global ? untouched : !was_written;
  if (is_new && (is_read || is_atomic)) report_uninitialised(p);
  if (in_global && object.initialised && !is_read) mark_initialised(object, offset, size);
}

void close_doubts() {
  if (!doubts.accesses_left) return;
  doubts.accesses_left = 0;
  report(doubts.found);
}

// Whether this is the access that the index was for, and stays in a variable of several rows.
void dispel_doubts(const char *address) {
  const Object *object = object_at(address);
  if (!object && is_in_this_library(address)) return;  // an index of the thread
  if (!object) return close_doubts();
  uint64_t row = doubts.row_bytes;
  bool has_rows = object->is_variable && object->bytes > row && object->bytes % row == 0;
  int64_t from_row = address - object->start - doubts.offset;
  if (has_rows && from_row % static_cast<int64_t>(row) == 0) {
    doubts.accesses_left = 0;
  } else if (--doubts.accesses_left == 0) {
    report(doubts.found);
  }
}

bool is_aligned_to(const char *address, size_t size) {
  bool is_power = (size & (size - 1)) == 0;
  return !is_power || size > 16 || (reinterpret_cast<uintptr_t>(address) & (size - 1)) == 0;
}

[[noreturn]] void misaligned(const Present &p) {
  Found found;
  found.kind = "misaligned";
  found.pc = p.site.pc;
  found.address = p.address;
  found.object = &p.object;
  found.access = p.site.access;
  found.size = p.site.size;
  found.who = state.who;
  report(found);
  fail("misaligned address");
}

}  // namespace

void doubt(const Found &found, uint64_t row_bytes, int64_t offset) {
  close_doubts();
  doubts = {16, row_bytes, offset, found};
}

void settle_all() {
  Quiet quiet;
  close_doubts();
  settle();
}

void settle() {
  if (!pending.address) return;
  char *address = pending.address;
  pending.address = nullptr;
  uint32_t compared = pending.size < sizeof pending.before ? pending.size : sizeof pending.before;
  if (compared == pending.size && std::memcmp(address, pending.before, compared) == 0) return;
  for (Cell *cell = pending.first; cell < pending.end; ++cell) cell->write.what |= changed_mark;
  if (pending.has_conflict) report(pending.conflict);
}

void access(const void *place, size_t size, uint32_t kind, uint32_t marks, const void *pc,
            bool is_natural) {
  if (!running) return;
  const char *address = static_cast<const char *>(place);
  if (address < state.stack_top && address >= __builtin_frame_address(0)) return;
  watching = false;  // what the checks do themselves is not to be checked
  if (doubts.accesses_left) dispel_doubts(address);
  settle();
  Site &site = site_of(reinterpret_cast<uint64_t>(pc), kind, static_cast<uint32_t>(size), marks);
  Object *object = object_of(site, address);
  if (!object) {
    access_unknown(site, address, size);
    watching = true;
    return;
  }
  uint64_t offset = static_cast<uint64_t>(address - object->start);
  note_extent(site, site.recent, static_cast<int64_t>(offset), size);
  Present present{site, *object, address,
                  {state.who, state.now, site.number << mark_bits | marks}};
  if (offset + size > object->bytes) {
    if (object->is_exact) out_of_bounds(site, object, address);
    size = object->bytes - offset;
  }
  if (is_natural && !is_aligned_to(address, size)) misaligned(present);
  touch_all(present, offset, size);
  watching = true;
}

void atomic(const void *address, size_t size, const void *pc) {
  access(address, size, ASCENDIFY_ORACLE_WRITE, atomic_mark, pc, true);
}

}  // namespace ascendify_oracle::check
