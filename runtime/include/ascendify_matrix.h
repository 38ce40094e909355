// Tensor operations of a warp: products of matrices that the registers of its 32 lanes hold, and
// moving such matrices from and to memory. One call does it for the whole warp; `first` is its
// first thread, `in` and `out` are its parts of the lane arrays, one per register.
//
// Layouts: PTX ISA, "Matrix fragments". Lane 4 g + t has of A rows g and g + 8, of B column g, of C
// and D columns 2 t and 2 t + 1 of rows g and g + 8. Products are exact, sums are f32 (or i32) in
// the order of k, rounded to f16 once where D is.
#ifndef ASCENDIFY_MATRIX_H
#define ASCENDIFY_MATRIX_H

#define ASCENDIFY_INLINE static inline __attribute__((always_inline))

ASCENDIFY_INLINE void ascendify_whole_warp(uint32_t first, uint32_t threads) {
    if (first + 32 > threads) ascendify_fail("a tensor operation without all 32 lanes of a warp");
}

// An element of a register of 32 / `bits` elements, as a float.
ASCENDIFY_INLINE float ascendify_f16_at(uint32_t word, int i) {
    return ascendify_f16_to_f32((ascendify_f16)(word >> 16 * i));
}
ASCENDIFY_INLINE float ascendify_bf16_at(uint32_t word, int i) {
    return ascendify_bf16_to_f32((ascendify_bf16)(word >> 16 * i));
}
ASCENDIFY_INLINE float ascendify_tf32_at(uint32_t word, int i) {
    (void)i;
    return ascendify_bits_to_f32(word & 0xffffe000u);
}
ASCENDIFY_INLINE float ascendify_e4m3_at(uint32_t word, int i) {
    const uint32_t byte = word >> 8 * i & 255, exponent = byte >> 3 & 15, fraction = byte & 7;
    float size = exponent == 0 ? (float)fraction * 0x1p-9f
                               : ascendify_bits_to_f32((exponent + 120) << 23 | fraction << 20);
    if ((byte & 127) == 127) size = NAN;
    return byte & 128 ? -size : size;
}
ASCENDIFY_INLINE float ascendify_e5m2_at(uint32_t word, int i) {
    return ascendify_f16_to_f32((ascendify_f16)((word >> 8 * i & 255) << 8));
}
ASCENDIFY_INLINE int32_t ascendify_s8_at(uint32_t word, int i) { return (int8_t)(word >> 8 * i); }
ASCENDIFY_INLINE int32_t ascendify_u8_at(uint32_t word, int i) { return (uint8_t)(word >> 8 * i); }

// C and D as four numbers per lane.
ASCENDIFY_INLINE float ascendify_get_f32(const void *const *in, int lane, int i) {
    return ((const float *)in[i])[lane];
}
ASCENDIFY_INLINE float ascendify_get_f16(const void *const *in, int lane, int i) {
    return ascendify_f16_at(((const uint32_t *)in[i / 2])[lane], i % 2);
}
ASCENDIFY_INLINE int32_t ascendify_get_s32(const void *const *in, int lane, int i) {
    return ((const int32_t *)in[i])[lane];
}
ASCENDIFY_INLINE void ascendify_put_f32(void *const *out, int lane, const float *d) {
    for (int i = 0; i < 4; ++i) ((float *)out[i])[lane] = d[i];
}
ASCENDIFY_INLINE void ascendify_put_f16(void *const *out, int lane, const float *d) {
    for (int i = 0; i < 2; ++i) {
        ((uint32_t *)out[i])[lane] = ascendify_f32_to_f16(d[2 * i]) |
                                     (uint32_t)ascendify_f32_to_f16(d[2 * i + 1]) << 16;
    }
}
ASCENDIFY_INLINE void ascendify_put_s32(void *const *out, int lane, const int32_t *d) {
    for (int i = 0; i < 4; ++i) ((int32_t *)out[i])[lane] = d[i];
}

// k: the depth; per: elements of a register; T: the type that is computed in.
#define ASCENDIFY_MMA(k, per, A, B, C, T)                                                         \
    static inline void ascendify_mma_m16n8k##k##_##A##_##B##_##C(                                 \
        uint32_t first, uint32_t threads, const void *const *in, void *const *out) {              \
        enum { REGISTERS = (k) / (4 * (per)) };                                                   \
        T a[16][k], b[k][8], c[16][8];                                                            \
        ascendify_whole_warp(first, threads);                                                     \
        for (int r = 0; r < 2 * REGISTERS; ++r) {                                                 \
            const uint32_t *const words = in[r];                                                  \
            for (int lane = 0; lane < 32; ++lane)                                                 \
                for (int i = 0; i < (per); ++i)                                                   \
                    a[lane / 4 + 8 * (r % 2)][r / 2 * 4 * (per) + lane % 4 * (per) + i] =         \
                        ascendify_##A##_at(words[lane], i);                                       \
        }                                                                                         \
        for (int r = 0; r < REGISTERS; ++r) {                                                     \
            const uint32_t *const words = in[2 * REGISTERS + r];                                  \
            for (int lane = 0; lane < 32; ++lane)                                                 \
                for (int i = 0; i < (per); ++i)                                                   \
                    b[r * 4 * (per) + lane % 4 * (per) + i][lane / 4] =                           \
                        ascendify_##B##_at(words[lane], i);                                       \
        }                                                                                         \
        for (int lane = 0; lane < 32; ++lane)                                                     \
            for (int i = 0; i < 4; ++i)                                                           \
                c[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2] =                                   \
                    ascendify_get_##C(in + 3 * REGISTERS, lane, i);                               \
        for (int row = 0; row < 16; ++row) {                                                      \
            T total[8];                                                                           \
            memcpy(total, c[row], sizeof total);                                                  \
            for (int j = 0; j < (k); ++j)                                                         \
                for (int column = 0; column < 8; ++column)                                        \
                    total[column] += a[row][j] * b[j][column];                                    \
            memcpy(c[row], total, sizeof total);                                                  \
        }                                                                                         \
        for (int lane = 0; lane < 32; ++lane) {                                                   \
            const int row = lane / 4, column = lane % 4 * 2;                                      \
            const T d[4] = {c[row][column], c[row][column + 1], c[row + 8][column],               \
                            c[row + 8][column + 1]};                                              \
            ascendify_put_##C(out, lane, d);                                                      \
        }                                                                                         \
    }

#define ASCENDIFY_MMA_BYTES(A, B, C, T) \
    ASCENDIFY_MMA(16, 4, A, B, C, T)    \
    ASCENDIFY_MMA(32, 4, A, B, C, T)

ASCENDIFY_MMA(8, 2, f16, f16, f32, float)
ASCENDIFY_MMA(16, 2, f16, f16, f32, float)
ASCENDIFY_MMA(8, 2, f16, f16, f16, float)
ASCENDIFY_MMA(16, 2, f16, f16, f16, float)
ASCENDIFY_MMA(8, 2, bf16, bf16, f32, float)
ASCENDIFY_MMA(16, 2, bf16, bf16, f32, float)
ASCENDIFY_MMA(4, 1, tf32, tf32, f32, float)
ASCENDIFY_MMA(8, 1, tf32, tf32, f32, float)
ASCENDIFY_MMA_BYTES(e4m3, e4m3, f32, float)
ASCENDIFY_MMA_BYTES(e4m3, e5m2, f32, float)
ASCENDIFY_MMA_BYTES(e5m2, e4m3, f32, float)
ASCENDIFY_MMA_BYTES(e5m2, e5m2, f32, float)
ASCENDIFY_MMA_BYTES(e4m3, e4m3, f16, float)
ASCENDIFY_MMA_BYTES(e4m3, e5m2, f16, float)
ASCENDIFY_MMA_BYTES(e5m2, e4m3, f16, float)
ASCENDIFY_MMA_BYTES(e5m2, e5m2, f16, float)
ASCENDIFY_MMA_BYTES(s8, s8, s32, int32_t)
ASCENDIFY_MMA_BYTES(s8, u8, s32, int32_t)
ASCENDIFY_MMA_BYTES(u8, s8, s32, int32_t)
ASCENDIFY_MMA_BYTES(u8, u8, s32, int32_t)

// 8 x 8 matrices of 16-bit elements: lane 8 j + i has the address of row i of matrix j.
ASCENDIFY_INLINE void ascendify_load_matrices(int count, bool transpose, uint32_t first,
                                              uint32_t threads, const void *const *in,
                                              void *const *out) {
    const void *const *const rows = in[0];
    ascendify_whole_warp(first, threads);
    for (int j = 0; j < count; ++j) {
        uint16_t m[8][8];
        for (int row = 0; row < 8; ++row) memcpy(m[row], rows[8 * j + row], 16);
        for (int lane = 0; lane < 32; ++lane) {
            const int g = lane / 4, t = lane % 4 * 2;
            ((uint32_t *)out[j])[lane] = transpose ? m[t][g] | (uint32_t)m[t + 1][g] << 16
                                                   : m[g][t] | (uint32_t)m[g][t + 1] << 16;
        }
    }
}

ASCENDIFY_INLINE void ascendify_store_matrices(int count, bool transpose, uint32_t first,
                                               uint32_t threads, const void *const *in) {
    void *const *const rows = in[0];
    ascendify_whole_warp(first, threads);
    for (int j = 0; j < count; ++j) {
        uint16_t m[8][8];
        for (int lane = 0; lane < 32; ++lane) {
            const uint32_t word = ((const uint32_t *)in[1 + j])[lane];
            const int g = lane / 4, t = lane % 4 * 2;
            *(transpose ? &m[t][g] : &m[g][t]) = (uint16_t)word;
            *(transpose ? &m[t + 1][g] : &m[g][t + 1]) = (uint16_t)(word >> 16);
        }
        for (int row = 0; row < 8; ++row) memcpy(rows[8 * j + row], m[row], 16);
    }
}

#define ASCENDIFY_MATRICES(name, count, transpose)                                                \
    static inline void ascendify_load_matrix_##name(uint32_t first, uint32_t threads,             \
                                                    const void *const *in, void *const *out) {    \
        ascendify_load_matrices(count, transpose, first, threads, in, out);                       \
    }                                                                                             \
    static inline void ascendify_store_matrix_##name(uint32_t first, uint32_t threads,            \
                                                     const void *const *in) {                     \
        ascendify_store_matrices(count, transpose, first, threads, in);                           \
    }
ASCENDIFY_MATRICES(1, 1, false)
ASCENDIFY_MATRICES(2, 2, false)
ASCENDIFY_MATRICES(4, 4, false)
ASCENDIFY_MATRICES(1_trans, 1, true)
ASCENDIFY_MATRICES(2_trans, 2, true)
ASCENDIFY_MATRICES(4_trans, 4, true)

#endif
