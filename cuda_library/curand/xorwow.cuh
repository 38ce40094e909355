// XORWOW, Marsaglia's published generator: a xorshift of 160 bits plus a counter that goes up by
// 362437. Subsequences are 2^67 numbers apart, which leaves the counter as it was.
#pragma once

#include <curand/xorwow_jumps.cuh>

struct curandStateXORWOW {
    unsigned int d, v[5];
    int boxmuller_flag;
    int boxmuller_flag_double;
    float boxmuller_extra;
    double boxmuller_extra_double;
};
typedef struct curandStateXORWOW curandStateXORWOW_t;
typedef struct curandStateXORWOW curandState_t;
typedef struct curandStateXORWOW curandState;

__device__ inline void __ascendify_xorshift(unsigned int *v)
{
    unsigned int t = v[0] ^ (v[0] >> 2);
    v[0] = v[1];
    v[1] = v[2];
    v[2] = v[3];
    v[3] = v[4];
    v[4] = (v[4] ^ (v[4] << 4)) ^ (t ^ (t << 1));
}

// n * 2^first_power steps at once: for each bit of n, the sum of the states that the polynomial of
// that jump names.
__device__ inline void __ascendify_xorshift_jump(unsigned int *v, unsigned long long n,
                                                 int first_power)
{
    for (int power = first_power; n != 0; ++power, n >>= 1) {
        if ((n & 1) == 0)
            continue;
        unsigned int sum[5] = {0, 0, 0, 0, 0};
        for (int i = 0; i < 160; ++i) {
            if (__ascendify_xorwow_jumps[power][i / 32] >> (i % 32) & 1u)
                for (int word = 0; word < 5; ++word)
                    sum[word] ^= v[word];
            __ascendify_xorshift(v);
        }
        for (int word = 0; word < 5; ++word)
            v[word] = sum[word];
    }
}

__device__ inline void skipahead(unsigned long long n, curandStateXORWOW_t *state)
{
    __ascendify_xorshift_jump(state->v, n, 0);
    state->d += 362437u * (unsigned int)n;
}
__device__ inline void skipahead_sequence(unsigned long long n, curandStateXORWOW_t *state)
{
    __ascendify_xorshift_jump(state->v, n, 67);
}

__device__ inline void curand_init(unsigned long long seed, unsigned long long subsequence,
                                   unsigned long long offset, curandStateXORWOW_t *state)
{
    unsigned int low = 1099087573u * ((unsigned int)seed ^ 0xaad26b49u);
    unsigned int high = 2591861531u * ((unsigned int)(seed >> 32) ^ 0xf7dcefddu);
    state->d = 6615241u + low + high;
    state->v[0] = 123456789u + low;
    state->v[1] = 362436069u ^ low;
    state->v[2] = 521288629u + high;
    state->v[3] = 88675123u ^ high;
    state->v[4] = 5783321u + low;
    state->boxmuller_flag = 0;
    state->boxmuller_flag_double = 0;
    state->boxmuller_extra = 0.0f;
    state->boxmuller_extra_double = 0.0;
    skipahead(offset, state);
    skipahead_sequence(subsequence, state);
}

__device__ inline unsigned int curand(curandStateXORWOW_t *state)
{
    __ascendify_xorshift(state->v);
    state->d += 362437u;
    return state->v[4] + state->d;
}
