// What the lane that arrives last computes for all members of a warp operation.

#include "ascendify/execution.h"

namespace ascendify_oracle {
namespace {

template <class F>
void for_each(uint32_t members, F f) {
  for (uint32_t left = members; left; left &= left - 1) f(__builtin_ctz(left));
}

template <class F>
void reduce(WarpOperands &operands, uint32_t members, F combine) {
  uint64_t total = operands.in[__builtin_ctz(members)];
  for_each(members & (members - 1), [&](int i) { total = combine(total, operands.in[i]); });
  for_each(members, [&](int i) { operands.out[i] = total; });
}

int64_t as_signed(uint64_t value) { return static_cast<int64_t>(value); }

}  // namespace

void finish_sync(WarpOperands &, uint32_t) {}

void finish_shuffle(WarpOperands &operands, uint32_t members) {
  for_each(members, [&](int i) {
    uint32_t source = operands.aux[i] & 31;
    operands.out[i] = operands.in[members >> source & 1 ? source : static_cast<uint32_t>(i)];
  });
}

void finish_ballot(WarpOperands &operands, uint32_t members) {
  uint32_t votes = 0;
  for_each(members, [&](int i) { votes |= static_cast<uint32_t>(operands.in[i]) << i; });
  for_each(members, [&](int i) { operands.out[i] = votes; });
}

void finish_match_any(WarpOperands &operands, uint32_t members) {
  for_each(members, [&](int i) {
    uint32_t same = 0;
    for_each(members, [&](int j) { same |= (operands.in[i] == operands.in[j] ? 1u : 0u) << j; });
    operands.out[i] = same;
  });
}

void finish_match_all(WarpOperands &operands, uint32_t members) {
  uint64_t first = operands.in[__builtin_ctz(members)];
  bool same = true;
  for_each(members, [&](int i) { same = same && operands.in[i] == first; });
  for_each(members, [&](int i) { operands.out[i] = same ? members : 0; });
}

void finish_add(WarpOperands &operands, uint32_t members) {
  reduce(operands, members, [](uint64_t a, uint64_t b) { return a + b; });
}
void finish_and(WarpOperands &operands, uint32_t members) {
  reduce(operands, members, [](uint64_t a, uint64_t b) { return a & b; });
}
void finish_or(WarpOperands &operands, uint32_t members) {
  reduce(operands, members, [](uint64_t a, uint64_t b) { return a | b; });
}
void finish_xor(WarpOperands &operands, uint32_t members) {
  reduce(operands, members, [](uint64_t a, uint64_t b) { return a ^ b; });
}
void finish_min_signed(WarpOperands &operands, uint32_t members) {
  reduce(operands, members,
         [](uint64_t a, uint64_t b) { return as_signed(b) < as_signed(a) ? b : a; });
}
void finish_max_signed(WarpOperands &operands, uint32_t members) {
  reduce(operands, members,
         [](uint64_t a, uint64_t b) { return as_signed(b) > as_signed(a) ? b : a; });
}
void finish_min_unsigned(WarpOperands &operands, uint32_t members) {
  reduce(operands, members, [](uint64_t a, uint64_t b) { return b < a ? b : a; });
}
void finish_max_unsigned(WarpOperands &operands, uint32_t members) {
  reduce(operands, members, [](uint64_t a, uint64_t b) { return b > a ? b : a; });
}

}  // namespace ascendify_oracle
