// Which accesses came before which others for certain: barriers, warp operations, the ends of
// launches, and fences with atomics, by which blocks and warps hand work to each other.
//
// A fence publishes what its thread did and knew until then. The next atomic operation (or volatile
// write) of the thread leaves that with the address; whoever does an atomic operation or a volatile
// read there afterwards takes it.

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "check_state.h"

namespace ascendify_oracle::check {

namespace {
using Key = uint64_t;
constexpr Key of_block = Key{1} << 40;
constexpr size_t most_entries = 4096;
constexpr size_t most_fences = size_t{1} << 20;
}  // namespace

// Times up to which accesses are known, by thread or block, ordered by key.
struct Knowledge {
  uint32_t all_before = 0;
  std::vector<std::pair<Key, uint32_t>> entries;

  bool holds(Key key, uint32_t time) const {
    auto at = std::lower_bound(entries.begin(), entries.end(), std::make_pair(key, uint32_t{0}));
    return at != entries.end() && at->first == key && time < at->second;
  }

  void note(Key key, uint32_t time) {
    auto at = std::lower_bound(entries.begin(), entries.end(), std::make_pair(key, uint32_t{0}));
    if (at == entries.end() || at->first != key) {
      entries.insert(at, {key, time});
    } else {
      at->second = std::max(at->second, time);
    }
  }

  void join(const Knowledge &other) {
    all_before = std::max(all_before, other.all_before);
    std::vector<std::pair<Key, uint32_t>> both;
    both.reserve(entries.size() + other.entries.size());
    auto a = entries.cbegin(), b = other.entries.cbegin();
    while (a != entries.cend() || b != other.entries.end()) {
      if (b == other.entries.end() || (a != entries.cend() && a->first < b->first)) {
        both.push_back(*a++);
      } else if (a == entries.cend() || b->first < a->first) {
        both.push_back(*b++);
      } else {
        both.push_back({a->first, std::max(a->second, b->second)});
        ++a, ++b;
      }
    }
    entries = std::move(both);
    if (entries.size() > most_entries) {  // too much to tell apart: all that happened so far
      entries.clear();
      all_before = state.now;
    }
  }
};

bool watching = false;
State state;

namespace {

uint32_t mode = 0;
std::unordered_map<uint32_t, Knowledge> *fences;             // by thread of the launch
std::unordered_map<const void *, Knowledge> *published;      // by address
std::unordered_map<uint32_t, Block *> *cooperative_blocks;
std::vector<Block *> *spare_blocks;

template <class T>
T &made(T *&pointer) {
  if (!pointer) pointer = new T;
  return *pointer;
}

void join_into(Knowledge *&target, const Knowledge &other) {
  made(target).join(other);
}

void clear_knowledge(Block &block) {
  for (Knowledge *&knowledge : block.knows) {
    delete knowledge;
    knowledge = nullptr;
  }
  block.has_knowledge = false;
}

uint32_t number_of(const uint32_t *index) {
  const uint32_t *grid = state.launch->grid;
  return (index[2] * grid[1] + index[1]) * grid[0] + index[0];
}

Block *block_for(uint32_t number) {
  if (state.launch->cooperative) {
    Block *&block = made(cooperative_blocks)[number];
    if (!block && !made(spare_blocks).empty()) {
      block = spare_blocks->back();
      spare_blocks->pop_back();
    }
    return block ? block : block = new Block();
  }
  static Block *only = new Block();
  return only;
}

bool is_waiting(WaitsFor what) { return what != WaitsFor::nothing; }

void wait_for(WaitsFor what, uint32_t mask, const void *pc) {
  state.block->waits[state.thread] = {what, mask, reinterpret_cast<uint64_t>(pc)};
}

uint32_t who_is(const Block &block, uint32_t thread) {
  return block.number << thread_bits | thread;
}

template <class F>
void for_lanes(uint32_t lanes, F f) {
  for (; lanes; lanes &= lanes - 1) f(static_cast<uint32_t>(__builtin_ctz(lanes)));
}

// What the lanes of a warp knew of each other, all of the members now know.
void join_lanes(Block &block, uint32_t warp, uint32_t members) {
  auto &lanes = block.lane_passed[warp];
  uint32_t joined[32];
  for (uint32_t other = 0; other < 32; ++other) {
    uint32_t latest = members >> other & 1 ? state.now : 0;
    for_lanes(members, [&](uint32_t lane) { latest = std::max(latest, lanes[lane][other]); });
    joined[other] = latest;
  }
  for_lanes(members, [&](uint32_t lane) { std::memcpy(lanes[lane], joined, sizeof joined); });
}

void join_lane_knowledge(Block &block, uint32_t warp, uint32_t members) {
  Knowledge all;
  for_lanes(members, [&](uint32_t lane) {
    if (const Knowledge *knows = block.knows[warp * 32 + lane]) all.join(*knows);
  });
  if (all.entries.empty() && !all.all_before) return;
  for_lanes(members, [&](uint32_t lane) { join_into(block.knows[warp * 32 + lane], all); });
}

void join_lane_fences(Block &block, uint32_t warp, uint32_t members) {
  Knowledge all;
  for_lanes(members, [&](uint32_t lane) {
    auto found = fences->find(who_is(block, warp * 32 + lane));
    if (found != fences->end()) all.join(found->second);
  });
  if (all.entries.empty() && !all.all_before) return;
  for_lanes(members, [&](uint32_t lane) {
    (*fences)[who_is(block, warp * 32 + lane)].join(all);
  });
}

void report_at(const char *kind, uint64_t pc, uint64_t other_pc, uint32_t who, uint32_t other,
               uint32_t line, uint32_t other_line, const char *text = "") {
  Found found;
  found.kind = kind;
  found.text = text;
  found.pc = pc;
  found.other_pc = other_pc;
  found.who = who;
  found.other_who = other;
  found.line = line;
  found.other_line = other_line;
  report(found);
}

// A shuffle that reads from a lane which its mask names, but which has returned.
void check_sources(Block &block, uint32_t warp, uint32_t members, const WarpOperands &operands) {
  if (!block.exited[warp]) return;
  for_lanes(members, [&](uint32_t lane) {
    uint32_t thread = warp * 32 + lane, source = operands.aux[lane] & 31;
    const Wait &wait = block.waits[thread];
    if (!((block.exited[warp] & wait.mask) >> source & 1)) return;
    report_at("inactive-lanes", wait.pc, 0, who_is(block, thread),
              who_is(block, warp * 32 + source), 0, 0, "reads from a lane that has returned");
  });
}

}  // namespace

bool is_known(const Access &access) {
  const Block &block = *state.block;
  for (const Knowledge *knows : {block.knows[state.thread], block.knows.back()}) {
    if (!knows) continue;
    if (access.time < knows->all_before || knows->holds(access.who, access.time)) return true;
    if (knows->holds(of_block | access.who >> thread_bits, access.time)) return true;
  }
  return false;
}

void acquire(const void *address, const Access &last_write) {
  if (!fences || fences->empty()) return;
  Knowledge *&knows = state.block->knows[state.thread];
  auto take = [&](const Knowledge &other) {
    join_into(knows, other);
    state.block->has_knowledge = true;
  };
  auto found = made(published).find(address);
  if (found != published->end()) take(found->second);
  if (!last_write.time || last_write.who == state.who) return;
  auto fence = fences->find(last_write.who);
  if (fence != fences->end()) take(fence->second);
}

void release(const void *address) {
  if (!fences || fences->empty()) return;
  auto fence = fences->find(state.who);
  const Knowledge *of_others = state.block->fenced;
  if (fence != fences->end()) made(published)[address].join(fence->second);
  if (of_others) made(published)[address].join(*of_others);
}

void fence() {
  if (!is_watched()) return;
  Quiet quiet;
  settle_all();
  Block &block = *state.block;
  ++state.now;
  if (made(fences).size() > most_fences) {
    made(block.knows.back()).all_before = state.now;
    block.has_knowledge = true;
    return;
  }
  Knowledge &all = (*fences)[state.who];
  if (const Knowledge *own = block.knows[state.thread]) all.join(*own);
  if (const Knowledge *common = block.knows.back()) all.join(*common);
  all.note(state.who, state.now);
  all.note(of_block | block.number, block.last_barrier);
  uint32_t warp = state.thread / 32;
  for (uint32_t lane = 0; lane < 32; ++lane) {
    uint32_t time = std::max(block.warp_passed[warp],
                             block.lane_passed[warp][state.thread % 32][lane]);
    if (time > block.last_barrier) all.note(who_is(block, warp * 32 + lane), time);
  }
  block.has_fences = true;
}

bool is_wanted() { return mode == 1; }

void launch_begins(const ascendify_oracle_launch &launch) {
  if (mode == 0) forget_initialisation();
  if (mode != 1) return;
  state.launch = &launch;
  state.launch_start = ++state.now;
  made(fences).clear();
  made(published).clear();
  name_arguments(launch);
}

void launch_ends() {
  if (!state.launch) return;
  watching = false;
  settle_all();
  for (auto &[number, block] : made(cooperative_blocks)) made(spare_blocks).push_back(block);
  cooperative_blocks->clear();
  state.block = nullptr;
  state.launch = nullptr;
}

void block_begins(const uint32_t *index, uint32_t threads) {
  if (!state.launch) return;
  settle_all();
  Block &block = *block_for(number_of(index));
  clear_knowledge(block);
  delete block.fenced;
  block.fenced = nullptr;
  block.has_fences = false;
  block.knows.resize(threads + 1, nullptr);
  block.number = number_of(index);
  std::memcpy(block.index, index, sizeof block.index);
  block.threads = threads;
  block.start = block.last_barrier = ++state.now;
  std::memset(block.exited, 0, sizeof block.exited);
  block.exits = 0;
  block.late_exits = 0;
  block.barrier_pc = 0;
  std::memset(block.waits, 0, sizeof block.waits);
}

void block_resumes(const uint32_t *index) {
  if (!state.launch) return;
  state.block = block_for(number_of(index));
  place_shared(state.block->shared, *state.launch);
}

void block_leaves() {
  if (!state.launch) return;
  watching = false;
  settle_all();
}

void thread_runs(uint32_t thread, const void *stack_top) {
  if (!state.launch) return;
  settle_all();
  Block &block = *state.block;
  state.thread = thread;
  state.who = who_is(block, thread);
  state.stack_top = static_cast<const char *>(stack_top);
  block.waits[thread].what = WaitsFor::nothing;
  watching = block.number < max_blocks;
}

void thread_exits() {
  if (!state.launch) return;
  Block &block = *state.block;
  block.exited[state.thread / 32] |= 1u << (state.thread % 32);
  ++block.exits;
  if (block.last_barrier != block.start) ++block.late_exits;
}

void barrier_reached(const void *pc, uint32_t line) {
  if (!is_watched()) return;
  Quiet quiet;
  Block &block = *state.block;
  uint64_t here = reinterpret_cast<uint64_t>(pc);
  wait_for(WaitsFor::barrier, 0, pc);
  if (!block.barrier_pc) {
    block.barrier_pc = here;
    block.barrier_line = line;
    block.barrier_who = state.who;
  } else if (line != block.barrier_line) {
    report_at("divergent-barrier", here, block.barrier_pc, state.who, block.barrier_who, line,
              block.barrier_line);
  }
}

void barrier_passed() {
  if (!state.launch) return;
  Quiet quiet;
  settle_all();
  Block &block = *state.block;
  block.last_barrier = ++state.now;
  if (block.exits) {
    // An early return is common and harmless on GPUs; threads that were at a barrier and do not
    // come to the next one have taken another way.
    const char *kind = block.late_exits ? "divergent-barrier" : "exited-before-barrier";
    report_at(kind, block.barrier_pc, 0, block.barrier_who, 0, block.barrier_line, 0);
  }
  block.barrier_pc = 0;
  block.waits[state.thread].what = WaitsFor::nothing;
  for (uint32_t t = 0; block.has_knowledge && t < block.threads; ++t) {
    if (!block.knows[t]) continue;
    join_into(block.knows.back(), *block.knows[t]);
    delete block.knows[t];
    block.knows[t] = nullptr;
  }
  for (uint32_t t = 0; block.has_fences && t < block.threads; ++t) {
    auto fence = fences->find(who_is(block, t));
    if (fence != fences->end()) join_into(block.fenced, fence->second);
  }
  block.has_fences = false;
}

void grid_reached(const void *pc) {
  if (is_watched()) wait_for(WaitsFor::grid, 0, pc);
}

void grid_passed() {
  if (!state.launch) return;
  settle_all();
  state.launch_start = ++state.now;
  made(fences).clear();
  made(published).clear();
}

void warp_reached(uint32_t mask, const void *pc) {
  if (!is_watched()) return;
  Quiet quiet;
  wait_for(WaitsFor::warp, mask, pc);
  if (mask >> state.thread % 32 & 1) return;
  report_at("inactive-lanes", reinterpret_cast<uint64_t>(pc), 0, state.who, 0, 0, 0,
            "the calling lane is not in its own mask");
}

void warp_passed(uint32_t warp, uint32_t members, Finish finish, const WarpOperands &operands) {
  if (!state.launch) return;
  Quiet quiet;
  settle_all();
  Block &block = *state.block;
  ++state.now;
  uint32_t lanes = block.threads - warp * 32;
  uint32_t alive = (lanes >= 32 ? ~0u : (1u << lanes) - 1) & ~block.exited[warp];
  if (members == alive) {
    block.warp_passed[warp] = state.now;
  } else {
    join_lanes(block, warp, members);
  }
  if (block.has_knowledge) join_lane_knowledge(block, warp, members);
  if (block.has_fences) join_lane_fences(block, warp, members);
  if (finish == finish_shuffle) check_sources(block, warp, members, operands);
  block.waits[state.thread].what = WaitsFor::nothing;
}

void deadlocked() {
  if (!state.launch) return;
  Quiet quiet;
  Block &block = *state.block;
  for (uint32_t t = 0; t < block.threads; ++t) {
    const Wait &wait = block.waits[t];
    if (wait.what != WaitsFor::warp) continue;
    for (uint32_t lane = 0; lane < 32 && t / 32 * 32 + lane < block.threads; ++lane) {
      uint32_t other = t / 32 * 32 + lane;
      const Wait &there = block.waits[other];
      bool is_missing = wait.mask >> lane & 1 && is_waiting(there.what) &&
                        (there.what != WaitsFor::warp || there.mask != wait.mask);
      if (!is_missing) continue;
      report_at("inactive-lanes", wait.pc, there.pc, who_is(block, t), who_is(block, other), 0, 0,
                "its mask names a lane that waits elsewhere");
      return;
    }
  }
  for (uint32_t t = 0; t < block.threads; ++t) {
    const Wait &first = block.waits[0], &other = block.waits[t];
    if (!is_waiting(first.what) || !is_waiting(other.what) || other.pc == first.pc) continue;
    report_at("divergent-barrier", other.pc, first.pc, who_is(block, t), who_is(block, 0), 0, 0);
    return;
  }
}

}  // namespace ascendify_oracle::check

void ascendify_oracle_check(uint32_t mode) { ascendify_oracle::check::mode = mode; }

void ascendify_oracle::fence() {
  check::fence();
  yield();
}

void ascendify_oracle::note_atomic(const void *address, size_t size, const void *pc) {
  if (check::watching) check::atomic(address, size, pc);
}
