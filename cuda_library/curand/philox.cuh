// Philox-4x32-10, the published counter-based generator: ten rounds of multiplications on a
// counter of 128 bits under a key of 64. The key is the seed, the upper half of the counter the
// subsequence; each counter gives four numbers.
#pragma once

struct curandStatePhilox4_32_10 {
    uint4 ctr;
    uint4 output;
    uint2 key;
    unsigned int STATE;
    int boxmuller_flag;
    int boxmuller_flag_double;
    float boxmuller_extra;
    double boxmuller_extra_double;
};
typedef struct curandStatePhilox4_32_10 curandStatePhilox4_32_10_t;

__device__ inline uint4 curand_Philox4x32_10(uint4 c, uint2 k)
{
    for (int round = 0; round < 10; ++round) {
        unsigned int low0 = 0xD2511F53u * c.x, high0 = __umulhi(0xD2511F53u, c.x);
        unsigned int low1 = 0xCD9E8D57u * c.z, high1 = __umulhi(0xCD9E8D57u, c.z);
        c = make_uint4(high1 ^ c.y ^ k.x, low1, high0 ^ c.w ^ k.y, low0);
        k.x += 0x9E3779B9u;
        k.y += 0xBB67AE85u;
    }
    return c;
}

__device__ inline void __ascendify_philox_forward(curandStatePhilox4_32_10_t *state,
                                                  unsigned long long n)
{
    unsigned long long low = ((unsigned long long)state->ctr.y << 32) | state->ctr.x;
    unsigned long long high = ((unsigned long long)state->ctr.w << 32) | state->ctr.z;
    low += n;
    high += low < n ? 1 : 0;
    state->ctr = make_uint4((unsigned int)low, (unsigned int)(low >> 32), (unsigned int)high,
                            (unsigned int)(high >> 32));
}

// Skips n numbers.
__device__ inline void skipahead(unsigned long long n, curandStatePhilox4_32_10_t *state)
{
    state->STATE += (unsigned int)(n & 3);
    n /= 4;
    if (state->STATE > 3) {
        n += 1;
        state->STATE -= 4;
    }
    __ascendify_philox_forward(state, n);
    state->output = curand_Philox4x32_10(state->ctr, state->key);
}
// Skips n subsequences, each of 2^66 numbers.
__device__ inline void skipahead_sequence(unsigned long long n, curandStatePhilox4_32_10_t *state)
{
    unsigned long long high = ((unsigned long long)state->ctr.w << 32) | state->ctr.z;
    high += n;
    state->ctr.z = (unsigned int)high;
    state->ctr.w = (unsigned int)(high >> 32);
    state->output = curand_Philox4x32_10(state->ctr, state->key);
}

__device__ inline void curand_init(unsigned long long seed, unsigned long long subsequence,
                                   unsigned long long offset, curandStatePhilox4_32_10_t *state)
{
    state->ctr = make_uint4(0, 0, 0, 0);
    state->key = make_uint2((unsigned int)seed, (unsigned int)(seed >> 32));
    state->STATE = 0;
    state->boxmuller_flag = 0;
    state->boxmuller_flag_double = 0;
    state->boxmuller_extra = 0.0f;
    state->boxmuller_extra_double = 0.0;
    skipahead_sequence(subsequence, state);
    skipahead(offset, state);
}

__device__ inline unsigned int curand(curandStatePhilox4_32_10_t *state)
{
    uint4 o = state->output;
    unsigned int place = state->STATE;
    unsigned int result = place == 0 ? o.x : place == 1 ? o.y : place == 2 ? o.z : o.w;
    state->STATE = place + 1;
    if (state->STATE == 4) {
        __ascendify_philox_forward(state, 1);
        state->output = curand_Philox4x32_10(state->ctr, state->key);
        state->STATE = 0;
    }
    return result;
}
// The next four numbers.
__device__ inline uint4 curand4(curandStatePhilox4_32_10_t *state)
{
    uint4 a = state->output;
    __ascendify_philox_forward(state, 1);
    uint4 b = curand_Philox4x32_10(state->ctr, state->key);
    state->output = b;
    switch (state->STATE) {
    case 0:
        return a;
    case 1:
        return make_uint4(a.y, a.z, a.w, b.x);
    case 2:
        return make_uint4(a.z, a.w, b.x, b.y);
    default:
        return make_uint4(a.w, b.x, b.y, b.z);
    }
}
