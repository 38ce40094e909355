// Math functions that neither C nor C++ has.

#include <cmath>
#include <limits>

#include "ascendify/math.h"

namespace {

constexpr double pi = 3.141592653589793238462643383279502884;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

// The normal quantile: a rational first guess, then Newton steps on erfc, which stays exact in
// the tails. `p` in (0, 0.5].
double lower_quantile(double p) {
  double t = std::sqrt(-2 * std::log(p));
  double x = t - (2.515517 + 0.802853 * t + 0.010328 * t * t) /
                     (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
  x = -x;
  for (int i = 0; i < 5; ++i) {
    double error = 0.5 * std::erfc(-x / std::sqrt(2.0)) - p;
    double density = std::exp(-x * x / 2) / std::sqrt(2 * pi);
    if (density == 0) break;
    double step = error / density;
    x -= step / (1 + x * step / 2);
  }
  return x;
}

}  // namespace

double sinpi(double x) {
  if (!std::isfinite(x)) return nan_value;
  double r = std::fmod(x, 2.0);
  double q = std::nearbyint(2 * r);
  double rest = (r - q / 2) * pi;
  switch (static_cast<int>(q) & 3) {
    case 0:
      return q == 0 && rest == 0 ? std::copysign(0.0, x) : std::sin(rest);
    case 1:
      return std::cos(rest);
    case 2:
      return rest == 0 ? std::copysign(0.0, x) : -std::sin(rest);
    default:
      return -std::cos(rest);
  }
}

double cospi(double x) {
  if (!std::isfinite(x)) return nan_value;
  double r = std::fmod(std::fabs(x), 2.0);
  double q = std::nearbyint(2 * r);
  double rest = (r - q / 2) * pi;
  switch (static_cast<int>(q) & 3) {
    case 0:
      return std::cos(rest);
    case 1:
      return rest == 0 ? 0.0 : -std::sin(rest);
    case 2:
      return -std::cos(rest);
    default:
      return rest == 0 ? 0.0 : std::sin(rest);
  }
}

double normcdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

double normcdfinv(double p) {
  if (!(p >= 0 && p <= 1)) return nan_value;
  if (p == 0) return -infinity;
  if (p == 1) return infinity;
  return p <= 0.5 ? lower_quantile(p) : -lower_quantile(1 - p);
}

double erfcinv(double y) {
  if (!(y >= 0 && y <= 2)) return nan_value;
  if (y == 0) return infinity;
  if (y == 2) return -infinity;
  return y <= 1 ? -lower_quantile(y / 2) / std::sqrt(2.0) : -erfcinv(2 - y);
}

double erfinv(double y) {
  if (!(y >= -1 && y <= 1)) return nan_value;
  if (y == 0) return y;
  if (std::fabs(y) == 1) return y * infinity;
  if (std::fabs(y) > 0.5) return std::copysign(erfcinv(1 - std::fabs(y)), y);
  double x = y * std::sqrt(pi) / 2;
  for (int i = 0; i < 8; ++i) x -= (std::erf(x) - y) * std::sqrt(pi) / 2 * std::exp(x * x);
  return x;
}

double erfcx(double x) {
  if (x < 25) return std::exp(x * x) * std::erfc(x);
  double square = x * x;
  return 1 / (x * std::sqrt(pi)) * (1 - 0.5 / square + 0.75 / (square * square));
}

double cyl_bessel_i0(double x) {
  double term = 1, sum = 1, quarter = x * x / 4;
  for (int k = 1; k < 1000 && term > sum * 1e-17; ++k) sum += term *= quarter / k / k;
  return sum;
}

double cyl_bessel_i1(double x) {
  double term = x / 2, sum = term, quarter = x * x / 4;
  for (int k = 1; k < 1000 && std::fabs(term) > std::fabs(sum) * 1e-17; ++k) {
    sum += term *= quarter / k / (k + 1);
  }
  return sum;
}
