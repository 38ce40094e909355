// What the compiler's checks for undefined behaviour call (-fsanitize=alignment,bounds,shift,...):
// shift counts, divisions by zero, conversions that do not fit, indices, alignment.

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

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

check::Found finding(const char *kind, const void *pc, const Place &place, const char *text) {
  check::Found found;
  found.kind = kind;
  found.text = check::kept(text);
  found.pc = reinterpret_cast<uint64_t>(pc);
  found.line = place.line;
  found.file = place.file;
  found.who = check::state.who;
  return found;
}

void report(const char *kind, const void *pc, const Place &place, const char *text,
            const void *address = nullptr) {
  check::Quiet quiet;
  check::Found found = finding(kind, pc, place, text);
  found.address = address;
  if (address) found.object = check::object_at(address);
  check::report(found);
}

void shifted(const Shift *data, uintptr_t, uintptr_t right, const void *pc) {
  if (!check::is_watched()) return;
  char text[160];
  uint32_t bits = 1u << (data->left->info >> 1);
  int64_t count = integer(data->right, right);
  // Shifting a negative value or into the sign is defined on every device: only counts matter.
  if (count >= 0 && count < static_cast<int64_t>(bits)) return;
  std::snprintf(text, sizeof text, "shift of a %u-bit value by %" PRId64, bits, count);
  report("undefined", pc, data->place, text);
}

// The processor would end the process.
void divided(const Overflow *data, const void *pc) {
  if (!check::is_watched()) return;
  report("undefined", pc, data->place, "division by zero");
  fail("division by zero");
}

void converted(const FloatCast *data, uintptr_t value, const void *pc) {
  if (!check::is_watched()) return;
  char text[160];
  std::snprintf(text, sizeof text, "conversion of %g to type %s", floating(data->from, value),
                data->to->name);
  report("undefined", pc, data->place, text);
}

// A device ends the launch there, and the processor may end the process.
void mismatched(const TypeMismatch *data, uintptr_t address, const void *pc) {
  if (!check::is_watched() || !address) return;
  uintptr_t alignment = uintptr_t{1} << data->log_alignment;
  if (!(address & (alignment - 1))) return;
  char text[160];
  std::snprintf(text, sizeof text, "type %s needs an address that is a multiple of %u",
                data->type->name, static_cast<unsigned>(alignment));
  report("misaligned", pc, data->place, text, reinterpret_cast<const void *>(address));
  fail("misaligned address");
}

// The bytes of an array, from its type's name: 'float [16][17]'; 0 where that does not tell.
uint64_t bytes_of_array(const char *name) {
  constexpr struct {
    const char *name;
    uint64_t bytes;
  } elements[] = {{"char", 1},   {"bool", 1},  {"short", 2}, {"int", 4},   {"unsigned", 4},
                  {"float", 4},  {"long", 8},  {"double", 8}, {"__half", 2}, {"*", 8},
                  {"float2", 8}, {"float4", 16}, {"int4", 16}};
  const char *bounds = std::strchr(name, '[');
  if (!bounds) return 0;
  const char *end = bounds;
  while (end > name && end[-1] == ' ') --end;
  uint64_t bytes = 0;
  for (const auto &element : elements) {
    size_t length = std::strlen(element.name);
    if (end - name < static_cast<ptrdiff_t>(length)) continue;
    const char *word = end - length;
    bool is_whole = word == name || word[-1] == ' ' || word[-1] == '\'' || *word == '*';
    if (is_whole && std::strncmp(word, element.name, length) == 0) bytes = element.bytes;
  }
  for (; bounds && bytes; bounds = std::strchr(bounds + 1, '[')) {
    bytes *= std::strtoull(bounds + 1, nullptr, 10);
  }
  return bytes;
}

// Of a thread's own array nothing else will be heard, and a write would destroy its stack.
void indexed(const OutOfBounds *data, uintptr_t index, const void *pc) {
  if (!check::is_watched()) return;
  // An array of one element at the end of a class may stand for as many as its memory holds.
  const char *length = std::strchr(data->array->name, '[');
  if (length && std::strtoull(length + 1, nullptr, 10) <= 1) return;
  check::Quiet quiet;
  char text[160];
  std::snprintf(text, sizeof text, "index %" PRId64 " in an array of type %s",
                integer(data->index, index), data->array->name);
  check::Found found = finding("array-index", pc, data->place, text);
  const char *type = data->array->name, *bound = std::strchr(type, '[');
  uint64_t bytes = bytes_of_array(type);
  if (bytes && check::may_be_variable(bytes)) {
    int64_t element = static_cast<int64_t>(bytes / std::strtoull(bound + 1, nullptr, 10));
    check::doubt(found, bytes, integer(data->index, index) * element);
  } else {
    check::report(found);
    fail("%s", text);
  }
}

}  // namespace

#define HERE __builtin_return_address(0)
// Each of them also exists as one that the compiler does not expect to return.
#define HANDLER(name, parameters, call)                            \
  RECEIVER void __ubsan_handle_##name parameters { call; }         \
  RECEIVER void __ubsan_handle_##name##_abort parameters { call; }

HANDLER(shift_out_of_bounds, (const Shift *data, uintptr_t left, uintptr_t right),
        shifted(data, left, right, HERE))
HANDLER(divrem_overflow, (const Overflow *data, uintptr_t, uintptr_t), divided(data, HERE))
HANDLER(float_cast_overflow, (const FloatCast *data, uintptr_t value),
        converted(data, value, HERE))
HANDLER(type_mismatch_v1, (const TypeMismatch *data, uintptr_t address),
        mismatched(data, address, HERE))
HANDLER(out_of_bounds, (const OutOfBounds *data, uintptr_t index), indexed(data, index, HERE))
