// Products of matrices that the registers of a warp hold (PTX ISA, "Matrix fragments for mma"), and
// 8 x 8 matrices of 16-bit elements.

#include "ascendify/tensor.h"

#include <cmath>
#include <cstring>

#include "ascendify/bfloat16.h"
#include "ascendify/half.h"

namespace ascendify_oracle {
namespace {

template <class T>
T &of_lane(WarpOperands &operands, int lane) {
  return *reinterpret_cast<T *>(operands.in[lane]);
}

template <class T>
void together(T &own, Finish finish) {
  warp_operation(0xffffffffu, finish, reinterpret_cast<uint64_t>(&own), 0);
}

void demand_all(uint32_t members) {
  if (members != 0xffffffffu) fail("a tensor operation without all 32 lanes of a warp");
}

int width_of(TensorElement type) {
  switch (type) {
    case TensorElement::tf32: return 32;
    case TensorElement::f16:
    case TensorElement::bf16: return 16;
    default: return 8;
  }
}

float small_float(uint32_t byte, int fraction_bits, int bias) {
  int exponent = static_cast<int>(byte & 127) >> fraction_bits;
  int fraction = static_cast<int>(byte) & ((1 << fraction_bits) - 1);
  float scale = std::ldexp(1.0f, -fraction_bits);
  float size = exponent == 0
                   ? std::ldexp(static_cast<float>(fraction) * scale, 1 - bias)
                   : std::ldexp(1.0f + static_cast<float>(fraction) * scale, exponent - bias);
  return byte & 128 ? -size : size;
}

double element(TensorElement type, const uint32_t *registers, int index) {
  int width = width_of(type), per = 32 / width;
  uint32_t word = registers[index / per] >> (width == 32 ? 0 : width * (index % per));
  switch (type) {
    case TensorElement::f16: return SmallFloat<5, 10>::to_float(static_cast<uint16_t>(word));
    case TensorElement::bf16: return SmallFloat<8, 7>::to_float(static_cast<uint16_t>(word));
    case TensorElement::tf32: return bits_as<float>(word & ~0x1fffu);
    case TensorElement::e4m3:
      if ((word & 127) == 127) return std::nan("");
      return small_float(word & 255, 3, 7);
    case TensorElement::e5m2:
      if ((word & 127) == 124) return word & 128 ? -HUGE_VAL : HUGE_VAL;
      if ((word & 127) > 124) return std::nan("");
      return small_float(word & 255, 2, 15);
    case TensorElement::s8: return static_cast<int8_t>(word);
    default: return static_cast<uint8_t>(word);
  }
}

// Number `i` of the four elements of C that a lane has.
double accumulator(const LaneProduct &lane, int i) {
  switch (lane.c_type) {
    case TensorSum::f32: return bits_as<float>(lane.c[i]);
    case TensorSum::s32: return static_cast<int32_t>(lane.c[i]);
    default: return SmallFloat<5, 10>::to_float(static_cast<uint16_t>(lane.c[i / 2] >> (i % 2 * 16)));
  }
}

void finish_multiply(WarpOperands &operands, uint32_t members) {
  demand_all(members);
  const LaneProduct &first = of_lane<LaneProduct>(operands, 0);
  int k = static_cast<int>(first.k);
  float a[16][32], b[32][8];
  for (int lane = 0; lane < 32; ++lane) {
    const LaneProduct &own = of_lane<LaneProduct>(operands, lane);
    int group = lane >> 2, thread = lane & 3;
    // Of row `group`, then `group + 8`, in pieces of `per` columns; the second half of k after that.
    int per = 32 / width_of(first.a_type);
    for (int i = 0; i < 16 * k / 32; ++i) {
      int piece = i / per;
      int row = group + (piece % 2 ? 8 : 0);
      int column = thread * per + i % per + (piece >= 2 ? 4 * per : 0);
      a[row][column] = static_cast<float>(element(first.a_type, own.a, i));
    }
    for (int i = 0; i < 8 * k / 32; ++i) {
      int row = thread * per + i % per + (i >= per ? 4 * per : 0);
      b[row][group] = static_cast<float>(element(first.b_type, own.b, i));
    }
  }
  for (int lane = 0; lane < 32; ++lane) {
    LaneProduct &own = of_lane<LaneProduct>(operands, lane);
    for (int i = 0; i < 4; ++i) {
      int row = (lane >> 2) + (i >= 2 ? 8 : 0), column = (lane & 3) * 2 + (i & 1);
      if (first.c_type == TensorSum::s32) {
        uint32_t total = own.c[i];
        for (int j = 0; j < k; ++j) {
          total += static_cast<uint32_t>(static_cast<int>(a[row][j]) * static_cast<int>(b[j][column]));
        }
        own.d[i] = total;
        continue;
      }
      float total = static_cast<float>(accumulator(own, i));
      for (int j = 0; j < k; ++j) total += a[row][j] * b[j][column];
      if (first.c_type == TensorSum::f32) {
        own.d[i] = bits_as<uint32_t>(total);
      } else {
        uint32_t half = SmallFloat<5, 10>::from_float(total);
        own.d[i / 2] = i % 2 ? (own.d[i / 2] & 0xffff) | half << 16 : half;
      }
    }
  }
}

// TensorElement `column` of the row that a lane brought.
uint32_t element_of(const uint32_t *row, int column) {
  return row[column / 2] >> (column % 2 * 16) & 0xffff;
}

void finish_spread(WarpOperands &operands, uint32_t members) {
  demand_all(members);
  for (int lane = 0; lane < 32; ++lane) {
    TensorMatrices &own = of_lane<TensorMatrices>(operands, lane);
    for (uint32_t m = 0; m < own.count; ++m) {
      uint32_t pair[2];
      for (int i = 0; i < 2; ++i) {
        int major = lane / 4, minor = lane % 4 * 2 + i;
        int row = own.transpose ? minor : major, column = own.transpose ? major : minor;
        const TensorMatrices &source = of_lane<TensorMatrices>(operands, static_cast<int>(8 * m) + row);
        pair[i] = element_of(source.rows, column);
      }
      own.words[m] = pair[0] | pair[1] << 16;
    }
  }
}

void finish_gather(WarpOperands &operands, uint32_t members) {
  demand_all(members);
  const TensorMatrices &first = of_lane<TensorMatrices>(operands, 0);
  for (int target = 0; target < static_cast<int>(8 * first.count); ++target) {
    TensorMatrices &own = of_lane<TensorMatrices>(operands, target);
    int m = target / 8, row = target % 8;
    for (int column = 0; column < 8; ++column) {
      int major = first.transpose ? column : row, minor = first.transpose ? row : column;
      const TensorMatrices &source = of_lane<TensorMatrices>(operands, major * 4 + minor / 2);
      uint32_t value = source.words[m] >> (minor % 2 * 16) & 0xffff;
      own.rows[column / 2] |= value << (column % 2 * 16);
    }
  }
}

}  // namespace

void multiply_tensors(LaneProduct &own) { together(own, finish_multiply); }
void spread_rows(TensorMatrices &own) { together(own, finish_spread); }
void gather_rows(TensorMatrices &own) { together(own, finish_gather); }

}  // namespace ascendify_oracle
