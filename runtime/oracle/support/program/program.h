// The tables of a program that runs translated kernels, and the interface of generated C.
#pragma once

#include <cstdint>

#include "ascendify/abi.h"

extern "C" {

typedef struct {
  uint32_t grid[3];
  uint32_t block[3];
  uint64_t shared_bytes;
} ascendify_launch;
typedef struct {
  const char *name;
  void (*launch)(void **args, const ascendify_launch *launch);
} ascendify_kernel;
typedef struct {
  const char *name;
  void *address;
  uint64_t bytes;
} ascendify_variable;

// Null, or why the last launch failed.
__attribute__((weak)) const char *ascendify_last_error(void);

// Of this array itself, of each kernel, of each variable: from where the program is loaded.
extern volatile uint64_t ascendify_program_offsets[];

}  // extern "C"

namespace ascendify_program {

// A kernel of the source as messages show it, and as the generated tables spell it (empty where
// they have none).
struct KernelName {
  const char *shown;
  const char *translated;
};

extern const uint32_t kernel_count;
extern const KernelName kernel_names[];
extern const uint32_t variable_count;
extern const char *const variable_names[];
extern const ascendify_kernel *const kernel_tables[];
extern const ascendify_variable *const variable_tables[];
constexpr int status_untranslated = 1;

}  // namespace ascendify_program
