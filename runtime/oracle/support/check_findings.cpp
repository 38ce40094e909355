// What was found, merged by kind and place, and the places in the code that access memory.

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>

#include "check_state.h"

namespace ascendify_oracle::check {
namespace {

struct Record {
  ascendify_oracle_finding finding;
  uint32_t unless_before_atomic;
};

// The text of names outlives what they name.
std::deque<std::string> &texts() {
  static auto *all = new std::deque<std::string>;
  return *all;
}
std::vector<Record> records;
std::vector<ascendify_oracle_finding> shown_findings;
std::vector<ascendify_oracle_site> shown_sites;
constexpr size_t most_records = 4096;

// Places by program counter: a table with a small one of recent places before it.
std::deque<Site> &sites() {
  static auto *all = new std::deque<Site>;
  return *all;
}
std::vector<uint32_t> table(1024, 0);  // numbers, from 1
constexpr size_t recent_count = 4096;
Site *recent[recent_count];

size_t spread(uint64_t pc) { return static_cast<size_t>(pc * 0x9e3779b97f4a7c15u >> 32); }

void insert(uint32_t number) {
  size_t at = spread(sites()[number - 1].pc) % table.size();
  while (table[at]) at = (at + 1) % table.size();
  table[at] = number;
}

Site &find_or_add(uint64_t pc, uint32_t access, uint32_t size, uint32_t marks) {
  size_t at = spread(pc) % table.size();
  for (; table[at]; at = (at + 1) % table.size()) {
    Site &site = sites()[table[at] - 1];
    if (site.pc == pc && site.access == access && site.marks == marks) return site;
  }
  uint32_t number = static_cast<uint32_t>(sites().size()) + 1;
  sites().push_back({pc, number, access, size, marks, false, 0, {}});
  if (sites().size() * 2 > table.size()) {
    table.assign(table.size() * 2, 0);
    for (uint32_t n = 1; n <= number; ++n) insert(n);
  } else {
    insert(number);
  }
  return sites().back();
}

void where(uint32_t who, uint32_t *thread, uint32_t *block) {
  const ascendify_oracle_launch &launch = *state.launch;
  uint32_t t = who & ((1u << thread_bits) - 1), b = who >> thread_bits;
  thread[0] = t % launch.block[0];
  thread[1] = t / launch.block[0] % launch.block[1];
  thread[2] = t / launch.block[0] / launch.block[1];
  block[0] = b % launch.grid[0];
  block[1] = b / launch.grid[0] % launch.grid[1];
  block[2] = b / launch.grid[0] / launch.grid[1];
}

Record *recorded(const Found &found) {
  for (Record &record : records) {
    const ascendify_oracle_finding &f = record.finding;
    bool same_text = std::strcmp(f.text, found.text) == 0;
    if (f.pc == found.pc && f.other_pc == found.other_pc && f.line == found.line && !std::strcmp(f.kind, found.kind) &&
        same_text) {
      return &record;
    }
  }
  return nullptr;
}

}  // namespace

const char *kept(const char *text) {
  if (!text || !*text) return "";
  for (const std::string &known : texts()) {
    if (known == text) return known.c_str();
  }
  texts().emplace_back(text);
  return texts().back().c_str();
}

Site &site_numbered(uint32_t number) { return sites()[number - 1]; }

Site &site_of(uint64_t pc, uint32_t access, uint32_t size, uint32_t marks) {
  Site *&slot = recent[(pc ^ pc >> 12 ^ access) % recent_count];
  if (!slot || slot->pc != pc || slot->access != access || slot->marks != marks) {
    slot = &find_or_add(pc, access, size, marks);
  }
  return *slot;
}

void report(const Found &found) {
  if (Record *known = recorded(found)) {
    ++known->finding.count;
    return;
  }
  if (records.size() == most_records) return;
  Record record = {};
  ascendify_oracle_finding &f = record.finding;
  f.kind = found.kind;
  f.text = kept(found.text);
  f.object = found.object ? kept(found.object->name) : "";
  f.pc = found.pc;
  f.other_pc = found.other_pc;
  f.kernel = reinterpret_cast<uint64_t>(state.launch->kernel);
  std::memcpy(f.block_size, state.launch->block, sizeof f.block_size);
  f.address = reinterpret_cast<uint64_t>(found.address);
  f.argument = -1;
  if (const Object *object = found.object) {
    f.offset = static_cast<const char *>(found.address) - object->start;
    f.object_bytes = object->bytes;
    f.space = object->space;
    f.argument = object->argument;
  }
  f.count = 1;
  f.access = found.access;
  f.other_access = found.other_access;
  f.file = kept(found.file);
  f.line = found.line;
  f.other_line = found.other_line;
  f.size = found.size;
  f.other_size = found.other_size;
  where(found.who, f.thread, f.block);
  where(found.other_who, f.other_thread, f.other_block);
  record.unless_before_atomic = found.unless_before_atomic;
  records.push_back(record);
}

}  // namespace ascendify_oracle::check

using namespace ascendify_oracle::check;

const ascendify_oracle_finding *ascendify_oracle_findings(uint64_t *count) {
  shown_findings.clear();
  for (const Record &record : records) {
    uint32_t unless = record.unless_before_atomic;
    if (unless && site_numbered(unless).comes_before_atomic) continue;
    shown_findings.push_back(record.finding);
  }
  *count = shown_findings.size();
  return shown_findings.data();
}

const ascendify_oracle_site *ascendify_oracle_sites(uint64_t *count) {
  shown_sites.clear();
  for (const Site &site : sites()) {
    uint32_t access = site.access;
    if (site.marks & atomic_mark) access = ASCENDIFY_ORACLE_ATOMIC;
    for (const Extent &extent : site.extents) {
      const Object &object = *extent.object;
      if (!extent.count) continue;
      shown_sites.push_back({site.pc, reinterpret_cast<uint64_t>(extent.kernel), kept(object.name), reinterpret_cast<uint64_t>(object.start),
                             object.bytes, access, site.size, object.space, object.argument,
                             extent.lowest, extent.highest, extent.count});
    }
  }
  *count = shown_sites.size();
  return shown_sites.data();
}

void ascendify_oracle_clear_findings(void) {
  records.clear();
  for (Site &site : sites()) {
    site.extents.clear();
    site.recent = 0;
    site.comes_before_atomic = false;
  }
}
