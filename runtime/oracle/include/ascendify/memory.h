// Loads and stores with cache hints (ordinary ones here), and address space queries.
#pragma once

#include <cstddef>
#include <cstdint>

#define ASCENDIFY_LOAD(name)                  \
  template <class T>                          \
  inline T name(const T *address) {           \
    return *address;                          \
  }
ASCENDIFY_LOAD(__ldg)
ASCENDIFY_LOAD(__ldcg)
ASCENDIFY_LOAD(__ldca)
ASCENDIFY_LOAD(__ldcs)
ASCENDIFY_LOAD(__ldlu)
ASCENDIFY_LOAD(__ldcv)
#undef ASCENDIFY_LOAD

#define ASCENDIFY_STORE(name)                                                       \
  template <class T>                                                                \
  inline void name(T *address, typename ascendify_oracle::Same<T>::type value) {    \
    *address = value;                                                               \
  }
namespace ascendify_oracle {
template <class T>
struct Same {
  using type = T;
};
}  // namespace ascendify_oracle
ASCENDIFY_STORE(__stwb)
ASCENDIFY_STORE(__stcg)
ASCENDIFY_STORE(__stcs)
ASCENDIFY_STORE(__stwt)
#undef ASCENDIFY_STORE

inline unsigned __isGlobal(const void *) { return 1; }
inline size_t __cvta_generic_to_shared(const void *p) { return reinterpret_cast<size_t>(p); }
inline size_t __cvta_generic_to_global(const void *p) { return reinterpret_cast<size_t>(p); }
inline void __prefetch_global_l1(const void *) {}
inline void __prefetch_global_l2(const void *) {}
#if !__has_builtin(__builtin_assume)
inline void __builtin_assume(bool) {}
#endif
inline void cudaGridDependencySynchronize() {}
inline void cudaTriggerProgrammaticLaunchCompletion() {}
