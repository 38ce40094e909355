// Cooperative groups on top of barriers and warp operations. Collective operations combine values
// in the order of the toolkit: halving exchanges for reduce, doubling distances for scans.
#pragma once

#include <cstring>
#include <type_traits>

namespace cooperative_groups {

namespace ascendify {

// Exchanges of values of any size, eight bytes at a time.
template <class T>
inline T exchange(unsigned mask, T value, unsigned source) {
  static_assert(std::is_trivially_copyable<T>::value, "only plain values can be exchanged");
  T result;
  for (size_t at = 0; at < sizeof(T); at += 8) {
    size_t bytes = sizeof(T) - at < 8 ? sizeof(T) - at : 8;
    uint64_t piece = 0;
    std::memcpy(&piece, reinterpret_cast<const char *>(&value) + at, bytes);
    piece = ascendify_oracle::warp_operation(mask, ascendify_oracle::finish_shuffle, piece, source);
    std::memcpy(reinterpret_cast<char *>(&result) + at, &piece, bytes);
  }
  return result;
}

inline unsigned nth_lane(unsigned mask, unsigned rank) {
  for (; rank > 0 && mask; --rank) mask &= mask - 1;
  return mask ? static_cast<unsigned>(__builtin_ctz(mask)) : 31;
}

// A set of lanes of one warp, ranked in the order of lanes: what tiles and coalesced groups share.
class lanes {
 public:
  unsigned mask() const { return mask_; }
  void sync() const { __syncwarp(mask_); }
  unsigned long long size() const { return num_threads(); }
  unsigned num_threads() const { return static_cast<unsigned>(__builtin_popcount(mask_)); }
  unsigned thread_rank() const {
    return static_cast<unsigned>(__builtin_popcount(mask_ & __lanemask_lt()));
  }

  template <class T>
  T shfl(T value, int rank) const {
    return exchange(mask_, value, nth_lane(mask_, static_cast<unsigned>(rank) % num_threads()));
  }
  template <class T>
  T shfl_up(T value, unsigned delta) const {
    unsigned rank = thread_rank();
    return exchange(mask_, value, nth_lane(mask_, rank < delta ? rank : rank - delta));
  }
  template <class T>
  T shfl_down(T value, unsigned delta) const {
    unsigned rank = thread_rank();
    return exchange(mask_, value,
                    nth_lane(mask_, rank + delta >= num_threads() ? rank : rank + delta));
  }
  template <class T>
  T shfl_xor(T value, unsigned lanes) const {
    unsigned rank = thread_rank(), other = rank ^ lanes;
    return exchange(mask_, value, nth_lane(mask_, other >= num_threads() ? rank : other));
  }
  int any(int predicate) const { return __any_sync(mask_, predicate); }
  int all(int predicate) const { return __all_sync(mask_, predicate); }
  unsigned ballot(int predicate) const { return packed(__ballot_sync(mask_, predicate)); }
  template <class T>
  unsigned match_any(T value) const {
    return packed(__match_any_sync(mask_, value));
  }
  template <class T>
  unsigned match_all(T value, int &same) const {
    return packed(__match_all_sync(mask_, value, &same));
  }

 protected:
  explicit lanes(unsigned mask) : mask_(mask) {}

  // Bits of lanes as bits of ranks.
  unsigned packed(unsigned set) const {
    unsigned result = 0, rank = 0;
    for (unsigned left = mask_; left; left &= left - 1, ++rank) {
      if (set & left & -left) result |= 1u << rank;
    }
    return result;
  }

  unsigned mask_;
};

inline unsigned tile_mask(unsigned size) {
  unsigned first = ascendify_oracle::lane_id() & ~(size - 1);
  return (size >= 32 ? ~0u : (1u << size) - 1) << first;
}

inline unsigned threads_in_block() { return blockDim.x * blockDim.y * blockDim.z; }
inline dim3 as_dim3(uint3 v) { return dim3(v.x, v.y, v.z); }

}  // namespace ascendify

class thread_block {
 public:
  static void sync(uint32_t line = __builtin_LINE()) { __syncthreads(line); }
  static unsigned thread_rank() { return ascendify_oracle::thread_rank(); }
  static dim3 group_index() { return ascendify::as_dim3(blockIdx); }
  static dim3 thread_index() { return ascendify::as_dim3(threadIdx); }
  static dim3 group_dim() { return blockDim; }
  static dim3 dim_threads() { return blockDim; }
  static unsigned num_threads() { return ascendify::threads_in_block(); }
  static unsigned size() { return num_threads(); }
  struct arrival_token {};
  arrival_token barrier_arrive() const { return {}; }
  void barrier_wait(arrival_token &&, uint32_t line = __builtin_LINE()) const { sync(line); }
};
inline thread_block this_thread_block() { return {}; }

class grid_group {
 public:
  bool is_valid() const { return ascendify_oracle::grid_can_sync(); }
  void sync() const { ascendify_oracle::grid_barrier(); }
  unsigned long long num_blocks() const {
    return static_cast<unsigned long long>(gridDim.x) * gridDim.y * gridDim.z;
  }
  unsigned long long block_rank() const {
    return (static_cast<unsigned long long>(blockIdx.z) * gridDim.y + blockIdx.y) * gridDim.x +
           blockIdx.x;
  }
  dim3 dim_blocks() const { return gridDim; }
  dim3 group_dim() const { return gridDim; }
  dim3 block_index() const { return ascendify::as_dim3(blockIdx); }
  unsigned long long num_threads() const { return num_blocks() * ascendify::threads_in_block(); }
  unsigned long long size() const { return num_threads(); }
  unsigned long long thread_rank() const {
    return block_rank() * ascendify::threads_in_block() + ascendify_oracle::thread_rank();
  }
};
inline grid_group this_grid() { return {}; }

class thread_group : public ascendify::lanes {
 public:
  thread_group(const thread_block &) : lanes(~0u), is_block_(true) {}
  thread_group(const ascendify::lanes &group) : lanes(group) {}
  void sync(uint32_t line = __builtin_LINE()) const {
    is_block_ ? __syncthreads(line) : lanes::sync();
  }
  unsigned long long size() const { return num_threads(); }
  unsigned num_threads() const {
    return is_block_ ? ascendify::threads_in_block() : lanes::num_threads();
  }
  unsigned thread_rank() const {
    return is_block_ ? ascendify_oracle::thread_rank() : lanes::thread_rank();
  }
  explicit thread_group(unsigned mask) : lanes(mask) {}

 private:
  bool is_block_ = false;
};

class coalesced_group : public ascendify::lanes {
 public:
  explicit coalesced_group(unsigned mask) : lanes(mask) {}
  unsigned meta_group_size() const { return 1; }
  unsigned meta_group_rank() const { return 0; }
};
inline coalesced_group coalesced_threads() { return coalesced_group(__activemask()); }

template <unsigned Size, class Parent = void>
class thread_block_tile : public ascendify::lanes {
  static_assert(Size > 0 && Size <= 32 && (Size & (Size - 1)) == 0,
                "tiles have 1, 2, 4, 8, 16 or 32 threads");

 public:
  thread_block_tile() : lanes(ascendify::tile_mask(Size)) {}
  template <class Other>
  thread_block_tile(const thread_block_tile<Size, Other> &) : thread_block_tile() {}
  static constexpr unsigned long long size() { return Size; }
  static constexpr unsigned num_threads() { return Size; }
  static unsigned thread_rank() { return ascendify_oracle::lane_id() & (Size - 1); }
  unsigned meta_group_rank() const { return ascendify_oracle::thread_rank() / Size % per_parent(); }
  unsigned meta_group_size() const { return per_parent(); }

 private:
  template <class P>
  struct Tag {};
  static unsigned parent_size(Tag<thread_block>) { return ascendify::threads_in_block(); }
  static unsigned parent_size(Tag<void>) { return ascendify::threads_in_block(); }
  template <class P>
  static unsigned parent_size(Tag<P>) {
    return P::num_threads();
  }
  static unsigned per_parent() { return (parent_size(Tag<Parent>()) + Size - 1) / Size; }
};

template <unsigned Size, class Parent>
inline thread_block_tile<Size, Parent> tiled_partition(const Parent &) {
  return {};
}
inline thread_group tiled_partition(const thread_group &, unsigned size) {
  return thread_group(ascendify::tile_mask(size));
}
inline thread_group tiled_partition(const thread_block &, unsigned size) {
  return thread_group(ascendify::tile_mask(size));
}
inline coalesced_group tiled_partition(const coalesced_group &group, unsigned size) {
  unsigned first = group.thread_rank() / size * size;
  unsigned lane = ascendify_oracle::lane_id(), mask = 0;
  for (unsigned r = first; r < first + size && r < group.num_threads(); ++r) {
    mask |= 1u << group.shfl(lane, static_cast<int>(r));
  }
  return coalesced_group(mask);
}
template <class Group>
inline coalesced_group binary_partition(const Group &group, bool predicate) {
  unsigned all = group.mask(), yes = __ballot_sync(all, predicate);
  return coalesced_group(predicate ? yes : all & ~yes);
}
template <class Group, class T>
inline coalesced_group labeled_partition(const Group &group, T label) {
  return coalesced_group(__match_any_sync(group.mask(), label));
}

template <class Group>
inline void sync(const Group &group) {
  group.sync();
}
inline void sync(const thread_block &group, uint32_t line = __builtin_LINE()) { group.sync(line); }

// ---- operators and collective functions

template <class T = void>
struct plus {
  T operator()(const T &a, const T &b) const { return a + b; }
};
template <>
struct plus<void> {
  template <class T>
  T operator()(const T &a, const T &b) const {
    return a + b;
  }
};
template <class T = void>
struct less {
  T operator()(const T &a, const T &b) const { return b < a ? b : a; }
};
template <>
struct less<void> {
  template <class T>
  T operator()(const T &a, const T &b) const {
    return b < a ? b : a;
  }
};
template <class T = void>
struct greater {
  T operator()(const T &a, const T &b) const { return a < b ? b : a; }
};
template <>
struct greater<void> {
  template <class T>
  T operator()(const T &a, const T &b) const {
    return a < b ? b : a;
  }
};
template <class T = void>
struct bit_and {
  T operator()(const T &a, const T &b) const { return a & b; }
};
template <>
struct bit_and<void> {
  template <class T>
  T operator()(const T &a, const T &b) const {
    return a & b;
  }
};
template <class T = void>
struct bit_or {
  T operator()(const T &a, const T &b) const { return a | b; }
};
template <>
struct bit_or<void> {
  template <class T>
  T operator()(const T &a, const T &b) const {
    return a | b;
  }
};
template <class T = void>
struct bit_xor {
  T operator()(const T &a, const T &b) const { return a ^ b; }
};
template <>
struct bit_xor<void> {
  template <class T>
  T operator()(const T &a, const T &b) const {
    return a ^ b;
  }
};

template <unsigned Size, class Parent, class T, class Op>
inline T reduce(const thread_block_tile<Size, Parent> &group, T value, Op op) {
  for (unsigned lanes = Size / 2; lanes > 0; lanes /= 2) {
    value = op(value, group.shfl_xor(value, lanes));
  }
  return value;
}
template <class T, class Op>
inline T reduce(const coalesced_group &group, T value, Op op) {
  unsigned size = group.num_threads();
  unsigned rank = group.thread_rank();
  T total = value;
  for (unsigned distance = 1; distance < size; distance *= 2) {
    T other = group.shfl_down(total, distance);
    if (rank + distance < size) total = op(total, other);
  }
  return group.shfl(total, 0);
}

template <class Group, class T, class Op>
inline T inclusive_scan(const Group &group, T value, Op op) {
  unsigned rank = static_cast<unsigned>(group.thread_rank());
  for (unsigned distance = 1; distance < group.num_threads(); distance *= 2) {
    T other = group.shfl_up(value, distance);
    if (rank >= distance) value = op(other, value);
  }
  return value;
}
template <class Group, class T>
inline T inclusive_scan(const Group &group, T value) {
  return inclusive_scan(group, value, plus<T>());
}
template <class Group, class T, class Op>
inline T exclusive_scan(const Group &group, T value, Op op) {
  T before = group.shfl_up(inclusive_scan(group, value, op), 1);
  return group.thread_rank() == 0 ? T() : before;
}
template <class Group, class T>
inline T exclusive_scan(const Group &group, T value) {
  return exclusive_scan(group, value, plus<T>());
}

template <size_t Alignment>
struct aligned_size_t {
  size_t bytes;
  aligned_size_t(size_t bytes) : bytes(bytes) {}
  operator size_t() const { return bytes; }
};
template <class Group, class T, class Shape>
inline void memcpy_async(const Group &group, T *to, const T *from, const Shape &shape) {
  char *target = reinterpret_cast<char *>(to);
  const char *source = reinterpret_cast<const char *>(from);
  size_t bytes = static_cast<size_t>(shape);
  for (size_t i = group.thread_rank(); i * sizeof(T) < bytes; i += group.num_threads()) {
    size_t left = bytes - i * sizeof(T);
    std::memcpy(target + i * sizeof(T), source + i * sizeof(T), left < sizeof(T) ? left : sizeof(T));
  }
}
template <class Group, class T, class ToShape, class FromShape>
inline void memcpy_async(const Group &group, T *to, const ToShape &to_shape, const T *from,
                         const FromShape &from_shape) {
  size_t there = static_cast<size_t>(to_shape), here = static_cast<size_t>(from_shape);
  memcpy_async(group, to, from, sizeof(T) * (there < here ? there : here));
}
template <class Group>
inline void wait(const Group &group) {
  group.sync();
}
template <unsigned Stages, class Group>
inline void wait_prior(const Group &group) {
  group.sync();
}
template <class Group, class F>
inline void invoke_one(const Group &group, F function) {
  if (group.thread_rank() == 0) function();
}

}  // namespace cooperative_groups
