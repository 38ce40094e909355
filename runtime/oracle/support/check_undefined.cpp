// What the compiler's checks for undefined behaviour call (-fsanitize=alignment,bounds,shift,...):
// shift counts, divisions by zero, conversions that do not fit, indices, alignment.

#include <cinttypes>
#include <cstdio>

#include "check_state.h"

using namespace ascendify_oracle;

#define RECEIVER extern "C" __attribute__((visibility("hidden")))

namespace {

// The compiler's descriptions, in the layout that its runtime shares with it.
struct Place {
  const char *file;
  uint32_t line;
  uint32_t column;
};
struct Type {
  uint16_t kind;  // 0: integer, 1: floating point
  uint16_t info;  // of an integer: the lowest bit is its sign, the others log2 of its bits
  char name[1];
};
struct TypeMismatch {
  Place place;
  const Type *type;
  uint8_t log_alignment;
  uint8_t check;
};
struct OutOfBounds {
  Place place;
  const Type *array;
  const Type *index;
};
struct Shift {
  Place place;
  const Type *left;
  const Type *right;
};
struct Overflow {
  Place place;
  const Type *type;
};
struct FloatCast {
  Place place;
  const Type *from;
  const Type *to;
};

// Values of up to 64 bits come as they are, others by address.
int64_t integer(const Type *type, uintptr_t value) {
  uint32_t bits = 1u << (type->info >> 1);
  if (bits > 64) std::memcpy(&value, reinterpret_cast<const void *>(value), sizeof value);
  if (bits >= 64) return static_cast<int64_t>(value);
  uint64_t low = value & ((uint64_t{1} << bits) - 1);
  bool is_negative = type->info & 1 && low >> (bits - 1);
  return static_cast<int64_t>(is_negative ? low - (uint64_t{1} << bits) : low);
}

double floating(const Type *type, uintptr_t value) {
  if (type->info == 64) {
    double number;
    std::memcpy(&number, &value, sizeof number);
    return number;
  }
  if (type->info == 32) {
    float number;
    std::memcpy(&number, &value, sizeof number);
    return static_cast<double>(number);
  }
  return 0;
}

void report(const char *kind, const void *pc, const Place &place, const char *text,
            const void *address = nullptr) {
  check::Found found;
  found.kind = kind;
  found.text = text;
  found.pc = reinterpret_cast<uint64_t>(pc);
  found.line = place.line;
  found.file = place.file;
  found.who = check::state.who;
  found.address = address;
  if (address) found.object = check::object_at(address);
  check::Quiet quiet;
  check::report(found);
}

void shifted(const Shift *data, uintptr_t, uintptr_t right, const void *pc) {
  if (!check::watching) return;
  char text[160];
  uint32_t bits = 1u << (data->left->info >> 1);
  int64_t count = integer(data->right, right);
  // Shifting a negative value or into the sign is defined on every device: only counts matter.
  if (count >= 0 && count < static_cast<int64_t>(bits)) return;
  std::snprintf(text, sizeof text, "shift of a %u-bit value by %" PRId64, bits, count);
  report("undefined", pc, data->place, text);
}

void divided(const Overflow *data, uintptr_t, uintptr_t right, const void *pc) {
  if (!check::watching) return;
  bool is_zero = data->type->kind != 0 || integer(data->type, right) == 0;
  report("undefined", pc, data->place, is_zero ? "division by zero" : "the quotient does not fit");
}

void converted(const FloatCast *data, uintptr_t value, const void *pc) {
  if (!check::watching) return;
  char text[160];
  std::snprintf(text, sizeof text, "conversion of %g to type %s", floating(data->from, value),
                data->to->name);
  report("undefined", pc, data->place, text);
}

void mismatched(const TypeMismatch *data, uintptr_t address, const void *pc) {
  if (!check::watching || !address) return;
  uintptr_t alignment = uintptr_t{1} << data->log_alignment;
  if (!(address & (alignment - 1))) return;
  char text[160];
  std::snprintf(text, sizeof text, "type %s needs an address that is a multiple of %u",
                data->type->name, static_cast<unsigned>(alignment));
  report("misaligned", pc, data->place, text, reinterpret_cast<const void *>(address));
}

void indexed(const OutOfBounds *data, uintptr_t index, const void *pc) {
  if (!check::watching) return;
  char text[160];
  std::snprintf(text, sizeof text, "index %" PRId64 " in an array of type %s",
                integer(data->index, index), data->array->name);
  report("out-of-bounds", pc, data->place, text);
}

}  // namespace

#define HERE __builtin_return_address(0)
// Each of them also exists as one that the compiler does not expect to return.
#define HANDLER(name, parameters, call)                            \
  RECEIVER void __ubsan_handle_##name parameters { call; }         \
  RECEIVER void __ubsan_handle_##name##_abort parameters { call; }

HANDLER(shift_out_of_bounds, (const Shift *data, uintptr_t left, uintptr_t right),
        shifted(data, left, right, HERE))
HANDLER(divrem_overflow, (const Overflow *data, uintptr_t left, uintptr_t right),
        divided(data, left, right, HERE))
HANDLER(float_cast_overflow, (const FloatCast *data, uintptr_t value),
        converted(data, value, HERE))
HANDLER(type_mismatch_v1, (const TypeMismatch *data, uintptr_t address),
        mismatched(data, address, HERE))
HANDLER(out_of_bounds, (const OutOfBounds *data, uintptr_t index), indexed(data, index, HERE))
