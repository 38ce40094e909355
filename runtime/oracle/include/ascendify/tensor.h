// Tensor operations of a warp: what each lane brings lies in a structure on its stack, of which the
// others get the address; the lane that comes last computes for all (support/tensor.cpp).
#pragma once

#include <cstdint>

#include "execution.h"

namespace ascendify_oracle {

enum class TensorElement { f16, bf16, tf32, e4m3, e5m2, s8, u8 };
enum class TensorSum { f32, f16, s32 };

// The registers of one lane, and what is to be done, which all lanes must agree about.
struct LaneProduct {
  uint32_t k;
  TensorElement a_type, b_type;
  TensorSum c_type;
  uint32_t a[4], b[2], c[4], d[4];
};

struct TensorMatrices {
  uint32_t count;
  bool transpose;
  uint32_t words[4];
  uint32_t rows[4];  // loading: the row whose address the lane gave; storing: the row to be written
};

#pragma GCC visibility push(hidden)
void multiply_tensors(LaneProduct &own);
void spread_rows(TensorMatrices &own);
void gather_rows(TensorMatrices &own);
#pragma GCC visibility pop

inline __attribute__((always_inline)) uint32_t *matrix_row(char *address) {
  if (reinterpret_cast<uintptr_t>(address) % 16) {
    fail("a row of a matrix begins at an address that is no multiple of 16");
  }
  return reinterpret_cast<uint32_t *>(address);
}

// Each of the first 8 * count lanes reads a row itself, in the program's own code.
inline __attribute__((always_inline)) TensorMatrices load_matrices(char *address, uint32_t count,
                                                             bool transpose) {
  TensorMatrices own = {count, transpose, {}, {}};
  if (lane_id() < 8 * count) {
    const uint32_t *row = matrix_row(address);
    for (int i = 0; i < 4; ++i) own.rows[i] = row[i];
  }
  spread_rows(own);
  return own;
}

inline __attribute__((always_inline)) void store_matrices(char *address, uint32_t count,
                                                          bool transpose, const uint32_t *words) {
  TensorMatrices own = {count, transpose, {}, {}};
  for (uint32_t i = 0; i < count; ++i) own.words[i] = words[i];
  gather_rows(own);
  if (lane_id() < 8 * count) {
    uint32_t *row = matrix_row(address);
    for (int i = 0; i < 4; ++i) row[i] = own.rows[i];
  }
}

// An 8 x 8 matrix, a register of each lane, becomes its transpose in `own.words[0]`.
inline void transpose_matrix(TensorMatrices &own, uint32_t word) {
  TensorMatrices stored = {1, false, {word}, {}};
  gather_rows(stored);
  for (int i = 0; i < 4; ++i) own.rows[i] = stored.rows[i];
  spread_rows(own);
}

}  // namespace ascendify_oracle
