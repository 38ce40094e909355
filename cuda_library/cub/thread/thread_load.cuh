// Loads and stores with a hint for the cache, which changes no value.
#pragma once

#include <cub/util_type.cuh>

namespace cub {

enum CacheLoadModifier { LOAD_DEFAULT, LOAD_CA, LOAD_CG, LOAD_CS, LOAD_CV, LOAD_LDG, LOAD_VOLATILE };
enum CacheStoreModifier { STORE_DEFAULT, STORE_WB, STORE_CG, STORE_CS, STORE_WT, STORE_VOLATILE };

template <CacheLoadModifier MODIFIER, typename T> __device__ inline T ThreadLoad(T *itr)
{
    return *itr;
}
template <CacheLoadModifier MODIFIER, typename T> __device__ inline T ThreadLoad(const T *itr)
{
    return *itr;
}
template <CacheStoreModifier MODIFIER, typename T, typename U>
__device__ inline void ThreadStore(T *itr, U value)
{
    *itr = value;
}

} // namespace cub
