// Tensors as arguments of host functions that the harness calls. Their memory is the harness's; how
// many dimensions they have is guessed, so that they get more of them when somebody asks.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "tensor.h"

namespace ascendify_harness {

// What the harness gives for a parameter: `lists` lists of `count` tensors, of which the one at
// [i][j] has `dimensions` dimensions of `length` elements (j more in the first), the element type
// of number types[i], and its elements at addresses[i * count + j].
struct TensorArgument {
  int64_t lists, count, dimensions, length;
  int64_t types[8];
  void *addresses[64];

  at::Tensor tensor(int64_t list, int64_t place) const {
    std::vector<int64_t> sizes(static_cast<size_t>(dimensions), length);
    if (place > 0 && !sizes.empty()) sizes[0] += place;
    at::Tensor made = at::from_blob(addresses[list * count + place], sizes,
                                    at::TensorOptions(static_cast<at::ScalarType>(types[list]))
                                        .device(at::Device(at::kCUDA, 0)));
    made.grow_on_demand(length);
    return made;
  }
  std::vector<at::Tensor> list(int64_t number) const {
    std::vector<at::Tensor> made;
    for (int64_t place = 0; place < count; ++place) made.push_back(tensor(number, place));
    return made;
  }
};

// References to what is made must hold during the call.
template <class T>
T &kept(T value) {
  static std::list<T> all;
  all.push_back(std::move(value));
  return all.back();
}
inline const TensorArgument &as_tensors(void *given) {
  return *static_cast<const TensorArgument *>(given);
}

template <> struct Argument<at::Tensor> {
  static constexpr char kind = '#', type = 'T';
  static at::Tensor &from(void *given) { return kept(as_tensors(given).tensor(0, 0)); }
};
template <> struct Argument<std::optional<at::Tensor>> {
  static constexpr char kind = '#', type = 'O';
  static std::optional<at::Tensor> &from(void *given) {
    using Optional = std::optional<at::Tensor>;
    const TensorArgument &tensors = as_tensors(given);
    return kept(tensors.lists ? Optional(tensors.tensor(0, 0)) : Optional());
  }
};
template <> struct Argument<std::vector<at::Tensor>> {
  static constexpr char kind = '#', type = 'L';
  static std::vector<at::Tensor> &from(void *given) { return kept(as_tensors(given).list(0)); }
};
template <> struct Argument<at::TensorList> {
  static constexpr char kind = '#', type = 'L';
  static at::TensorList &from(void *given) {
    return kept(at::TensorList(kept(as_tensors(given).list(0))));
  }
};
template <> struct Argument<std::vector<std::vector<at::Tensor>>> {
  static constexpr char kind = '#', type = 'M';
  static std::vector<std::vector<at::Tensor>> &from(void *given) {
    std::vector<std::vector<at::Tensor>> made;
    for (int64_t number = 0; number < as_tensors(given).lists; ++number) {
      made.push_back(as_tensors(given).list(number));
    }
    return kept(std::move(made));
  }
};
// Numbers that may be absent are.
template <class T> struct Argument<std::optional<T>> {
  static constexpr char kind = '#', type = 'N';
  static std::optional<T> &from(void *) { return kept(std::optional<T>()); }
};
template <> struct Argument<std::string> {
  static constexpr char kind = '#', type = 'N';
  static std::string &from(void *) { return kept(std::string()); }
};

}  // namespace ascendify_harness
