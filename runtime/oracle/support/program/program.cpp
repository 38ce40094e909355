// The dispatcher of a whole program: each launch goes to the translated kernel. Its tables are
// generated beside it; the offsets in them are filled in after linking, when they are known.

#include "program.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ascendify_program {
namespace {

char *base() {
  char *self = reinterpret_cast<char *>(const_cast<uint64_t *>(ascendify_program_offsets));
  return self - ascendify_program_offsets[0];
}

[[noreturn]] void stop(const char *what, const char *name) {
  std::fflush(stdout);
  std::fprintf(stderr, "error: %s: %s\n", what, name);
  std::fflush(stderr);
  std::_Exit(status_untranslated);
}

const ascendify_kernel *find_kernel(const char *name) {
  for (const ascendify_kernel *const *table = kernel_tables; *table; ++table) {
    for (const ascendify_kernel *row = *table; row->name; ++row) {
      if (std::strcmp(row->name, name) == 0) return row;
    }
  }
  return nullptr;
}

const ascendify_variable *find_variable(const char *name) {
  for (const ascendify_variable *const *table = variable_tables; *table; ++table) {
    for (const ascendify_variable *row = *table; row->name; ++row) {
      if (std::strcmp(row->name, name) == 0) return row;
    }
  }
  return nullptr;
}

// The source's variables and their translations hold the same values around a launch. What is
// equal is not written: constants are, and may lie in memory that cannot be written.
void copy_variables(bool in) {
  for (uint32_t i = 0; i < variable_count; ++i) {
    const ascendify_variable *variable = find_variable(variable_names[i]);
    if (!variable) continue;
    char *original = base() + ascendify_program_offsets[1 + kernel_count + i];
    if (std::memcmp(variable->address, original, variable->bytes) == 0) continue;
    if (in) {
      std::memcpy(variable->address, original, variable->bytes);
    } else {
      std::memcpy(original, variable->address, variable->bytes);
    }
  }
}

void dispatch(const ascendify_oracle_launch *launch) {
  uint64_t wanted = static_cast<uint64_t>(static_cast<const char *>(launch->kernel) - base());
  uint32_t at = 0;
  while (at < kernel_count && ascendify_program_offsets[1 + at] != wanted) ++at;
  if (at == kernel_count) stop("the program launches a kernel that is not known", "(no name)");
  const ascendify_kernel *kernel = find_kernel(kernel_names[at].translated);
  if (!kernel) stop("the program launches a kernel that was not translated", kernel_names[at].shown);
  if (const char *why = ascendify_oracle_refuse(launch)) {
    ascendify_oracle_fail_launch(why);
    return;
  }
  ascendify_launch record;
  std::memcpy(record.grid, launch->grid, sizeof record.grid);
  std::memcpy(record.block, launch->block, sizeof record.block);
  record.shared_bytes = launch->shared_bytes;
  copy_variables(true);
  kernel->launch(launch->args, &record);
  copy_variables(false);
  if (const char *why = ascendify_last_error ? ascendify_last_error() : nullptr) {
    ascendify_oracle_fail_launch(why);
  }
}

__attribute__((constructor)) void install() { ascendify_oracle_set_dispatcher(dispatch); }

}  // namespace
}  // namespace ascendify_program
