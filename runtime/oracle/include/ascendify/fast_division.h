// cuda::fast_mod_div: a divisor known in advance. Only what it computes counts here.
#pragma once

namespace cuda {

template <typename T, bool DivisorIsNeverOne = false> class fast_mod_div {
 public:
  explicit fast_mod_div(T divisor) : divisor_(divisor) {}
  operator T() const { return divisor_; }
  template <typename N> friend T operator/(N number, const fast_mod_div &by) {
    return static_cast<T>(number) / by.divisor_;
  }
  template <typename N> friend T operator%(N number, const fast_mod_div &by) {
    return static_cast<T>(number) % by.divisor_;
  }

 private:
  T divisor_;
};

}  // namespace cuda
