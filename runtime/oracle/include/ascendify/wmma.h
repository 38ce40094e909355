// nvcuda::wmma. A lane has of each matrix the elements that the PTX ISA documents for the products
// of 16 by 8 of which a product is made.
#pragma once

#include "bfloat16.h"
#include "half.h"
#include "ptx.h"
#include "tensor.h"
#include "warp.h"

namespace nvcuda {
namespace wmma {

struct row_major {};
struct col_major {};
struct matrix_a {};
struct matrix_b {};
struct accumulator {};
namespace precision {
struct tf32 {};
}  // namespace precision
enum layout_t { mem_row_major, mem_col_major };

namespace of_oracle {

using Element = ascendify_oracle::TensorElement;

template <class T>
struct Kind;
template <>
struct Kind<__half> {
  using storage = __half;
  static constexpr Element element = Element::f16;
  static constexpr int bytes = 2;
};
template <>
struct Kind<__nv_bfloat16> {
  using storage = __nv_bfloat16;
  static constexpr Element element = Element::bf16;
  static constexpr int bytes = 2;
};
template <>
struct Kind<precision::tf32> {
  using storage = float;
  static constexpr Element element = Element::tf32;
  static constexpr int bytes = 4;
};
template <>
struct Kind<signed char> {
  using storage = signed char;
  static constexpr Element element = Element::s8;
  static constexpr int bytes = 1;
};
template <>
struct Kind<unsigned char> {
  using storage = unsigned char;
  static constexpr Element element = Element::u8;
  static constexpr int bytes = 1;
};
template <>
struct Kind<float> {
  using storage = float;
};
template <>
struct Kind<int> {
  using storage = int;
};

struct Place {
  unsigned across, along;
};

// Of a matrix whose rows go by the 16 (`is_wide`) or whose columns go by the 8, element `i` of the
// calling lane.
template <class T, int depth>
Place place_of(bool is_wide, int i) {
  unsigned lane = ascendify_oracle::lane_id(), group = lane >> 2, thread = lane & 3;
  unsigned per = 4 / Kind<T>::bytes, index = static_cast<unsigned>(i);
  unsigned in_tile = is_wide ? depth / 2 : depth / 4;
  unsigned tile = index / in_tile, within = index % in_tile;
  unsigned piece = within / per;
  unsigned along = thread * per + within % per;
  if (!is_wide) return {tile * 8 + group, along + (piece ? 4 * per : 0)};
  return {tile * 16 + group + (piece & 1 ? 8 : 0), along + (piece >= 2 ? 4 * per : 0)};
}

// Row and column of element `i` of the calling lane in an accumulator.
template <int m, int n>
void place_in_sum(int i, unsigned &row, unsigned &column) {
  unsigned lane = ascendify_oracle::lane_id(), tile = static_cast<unsigned>(i) / 4;
  unsigned narrow_tiles = (m >= 16 ? n : m) / 8;
  unsigned wide = tile / narrow_tiles * 16 + (lane >> 2) + (i & 2 ? 8 : 0);
  unsigned narrow = tile % narrow_tiles * 8 + (lane & 3) * 2 + (i & 1);
  row = m >= 16 ? wide : narrow;
  column = m >= 16 ? narrow : wide;
}

template <class T, int size, int used>
struct Elements {
  static constexpr int num_elements = size, num_storage_elements = size;
  using element_type = T;
  using storage_element_type = typename Kind<T>::storage;
  static constexpr int distinct = used;
  alignas(8) storage_element_type x[size];
};

template <class T, int elements>
constexpr int stored = std::is_same_v<T, __half> ? 16 : elements;

}  // namespace of_oracle

template <class Use, int m, int n, int k, class T, class Layout = void>
class fragment;
template <int m, int n, int k, class T, class Layout>
class fragment<matrix_a, m, n, k, T, Layout>
    : public of_oracle::Elements<T, of_oracle::stored<T, m * k / 32>, m * k / 32> {};
template <int m, int n, int k, class T, class Layout>
class fragment<matrix_b, m, n, k, T, Layout>
    : public of_oracle::Elements<T, of_oracle::stored<T, n * k / 32>, n * k / 32> {};
template <int m, int n, int k, class T>
class fragment<accumulator, m, n, k, T> : public of_oracle::Elements<T, m * n / 32, m * n / 32> {};

template <class T, int size, int used>
inline void fill_fragment(of_oracle::Elements<T, size, used> &f,
                          const typename of_oracle::Kind<T>::storage &value) {
  for (auto &x : f.x) x = value;
}

inline float __float_to_tf32(float x) {
  return ascendify_ptx::as<float>(ascendify_ptx::to_tf32(ascendify_ptx::bits(x), true, false));
}

template <int m, int n, int k, class T, class L, class P>
inline __attribute__((always_inline)) void load_matrix_sync(fragment<matrix_a, m, n, k, T, L> &a,
                                                            const P *p, unsigned ldm) {
  __syncwarp();
  for (int i = 0; i < a.num_elements; ++i) {
    auto [row, along] = of_oracle::place_of<T, k>(m >= 16, i % a.distinct);
    a.x[i] = p[std::is_same_v<L, row_major> ? row * ldm + along : along * ldm + row];
  }
}
template <int m, int n, int k, class T, class L, class P>
inline __attribute__((always_inline)) void load_matrix_sync(fragment<matrix_b, m, n, k, T, L> &b,
                                                            const P *p, unsigned ldm) {
  __syncwarp();
  for (int i = 0; i < b.num_elements; ++i) {
    auto [column, along] = of_oracle::place_of<T, k>(m < 16, i % b.distinct);
    b.x[i] = p[std::is_same_v<L, row_major> ? along * ldm + column : column * ldm + along];
  }
}
template <int m, int n, int k, class T, class P>
inline __attribute__((always_inline)) void load_matrix_sync(fragment<accumulator, m, n, k, T> &c,
                                                            const P *p, unsigned ldm,
                                                            layout_t layout) {
  __syncwarp();
  for (int i = 0; i < c.num_elements; ++i) {
    unsigned row, column;
    of_oracle::place_in_sum<m, n>(i, row, column);
    c.x[i] = p[layout == mem_row_major ? row * ldm + column : column * ldm + row];
  }
}
template <int m, int n, int k, class T, class P>
inline __attribute__((always_inline)) void store_matrix_sync(
    P *p, const fragment<accumulator, m, n, k, T> &c, unsigned ldm, layout_t layout) {
  __syncwarp();
  for (int i = 0; i < c.num_elements; ++i) {
    unsigned row, column;
    of_oracle::place_in_sum<m, n>(i, row, column);
    p[layout == mem_row_major ? row * ldm + column : column * ldm + row] = c.x[i];
  }
  __syncwarp();
}

namespace of_oracle {

// Elements next to each other share a register, the first in its lowest bits.
template <class E>
void pack(uint32_t *words, const E *x, int elements) {
  std::memcpy(words, x, static_cast<size_t>(elements) * sizeof(E));
}

template <int m, int n, int k, class T, class E, class D, class C>
void multiply_add(D *d, const E *a, const E *b, const C *c) {
  constexpr bool is_plain = m >= 16, is_half = std::is_same_v<D, __half> && std::is_same_v<C, __half>;
  constexpr int wide_tiles = (is_plain ? m : n) / 16, narrow_tiles = (is_plain ? n : m) / 8;
  const E *wide = is_plain ? a : b, *narrow = is_plain ? b : a;
  for (int w = 0; w < wide_tiles; ++w) {
    for (int t = 0; t < narrow_tiles; ++t) {
      ascendify_oracle::LaneProduct p = {};
      p.k = k;
      p.a_type = p.b_type = Kind<T>::element;
      p.c_type = std::is_same_v<D, int> ? ascendify_oracle::TensorSum::s32
                 : is_half              ? ascendify_oracle::TensorSum::f16
                                        : ascendify_oracle::TensorSum::f32;
      pack(p.a, wide + w * (k / 2), k / 2);
      pack(p.b, narrow + t * (k / 4), k / 4);
      int at = (w * narrow_tiles + t) * 4;
      for (int i = 0; i < 4; ++i) {
        if constexpr (is_half) {
          p.c[i / 2] |= static_cast<uint32_t>(__half_as_ushort(c[at + i])) << (i % 2 * 16);
        } else if constexpr (std::is_same_v<D, int>) {
          p.c[i] = static_cast<uint32_t>(c[at + i]);
        } else {
          p.c[i] = __float_as_uint(static_cast<float>(c[at + i]));
        }
      }
      ascendify_oracle::multiply_tensors(p);
      for (int i = 0; i < 4; ++i) {
        if constexpr (is_half) {
          d[at + i] = __ushort_as_half(static_cast<unsigned short>(p.d[i / 2] >> (i % 2 * 16)));
        } else if constexpr (std::is_same_v<D, int>) {
          d[at + i] = static_cast<int>(p.d[i]);
        } else {
          d[at + i] = D(__uint_as_float(p.d[i]));
        }
      }
    }
  }
}

}  // namespace of_oracle

template <int m, int n, int k, class T, class LA, class LB, class D, class C>
inline void mma_sync(fragment<accumulator, m, n, k, D> &d, const fragment<matrix_a, m, n, k, T, LA> &a,
                     const fragment<matrix_b, m, n, k, T, LB> &b,
                     const fragment<accumulator, m, n, k, C> &c, bool = false) {
  of_oracle::multiply_add<m, n, k, T>(d.x, a.x, b.x, c.x);
}

}  // namespace wmma
}  // namespace nvcuda
