// <type_traits>: facts about types, types from types, SFINAE with void_t, sequences of numbers.
#include <cstdio>
#include <type_traits>
#include <utility>

constexpr int THREADS = 4;
constexpr int VALUES = 26;

enum class Colour : short { red, green };
enum Plain { one = 1 };
struct Empty {};
struct Base { int b; };
struct Derived : Base {};
union Either { int i; float f; };
struct Callable { __device__ double operator()(int) const { return 0; } };

template <typename T, typename = void>
struct HasX { static constexpr bool value = false; };
template <typename T>
struct HasX<T, std::void_t<decltype(std::declval<T>().x)>> { static constexpr bool value = true; };

template <typename T, std::enable_if_t<HasX<T>::value, int> = 0>
__device__ int pick(T v) { return v.x; }
template <typename T, std::enable_if_t<!HasX<T>::value, int> = 0>
__device__ int pick(T v) { return v * 100; }

template <typename T>
__device__ int kind() {
    return std::is_integral<T>::value + 2 * std::is_floating_point<T>::value + 4 * std::is_signed<T>::value +
           8 * std::is_unsigned_v<T> + 16 * std::is_pointer_v<T> + 32 * std::is_class_v<T> + 64 * std::is_enum_v<T> +
           128 * std::is_union_v<T> + 256 * std::is_empty_v<T> + 512 * std::is_const_v<T> + 1024 * std::is_array_v<T> +
           2048 * std::is_reference_v<T> + 4096 * std::is_void_v<T> + 8192 * std::is_arithmetic_v<T> +
           16384 * std::is_scalar_v<T> + 32768 * std::is_trivially_copyable_v<T>;
}

template <typename T, int... I>
__device__ int digits(std::integer_sequence<T, I...>) { return ((I + 1) + ... + 0) * 10 + sizeof...(I); }
template <size_t... I>
__device__ int weighted(const int* values, std::index_sequence<I...>) { return ((values[I] * (int)(I + 1)) + ...); }
template <typename T>
__device__ T own(T a, std::common_type_t<T, T> b) { return a + b; }

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    out[k++] = kind<int>();
    out[k++] = kind<const unsigned char>();
    out[k++] = kind<float>();
    out[k++] = kind<bool>();
    out[k++] = kind<int*>();
    out[k++] = kind<int[3]>();
    out[k++] = kind<const double&>();
    out[k++] = kind<Colour>();
    out[k++] = kind<Plain>();
    out[k++] = kind<Empty>();
    out[k++] = kind<Derived>();
    out[k++] = kind<Either>();
    out[k++] = kind<void>();
    out[k++] = std::is_base_of_v<Base, Derived> + 2 * std::is_base_of_v<Derived, Base> + 4 * std::is_base_of_v<Base, Base>;
    out[k++] = std::is_convertible_v<int, float> + 2 * std::is_convertible_v<float*, int*> +
               4 * std::is_convertible_v<Derived*, Base*> + 8 * std::is_convertible_v<Empty, int> +
               16 * std::is_convertible_v<int*, const void*>;
    out[k++] = std::is_same_v<std::underlying_type_t<Colour>, short> + 2 * std::is_same_v<std::make_unsigned_t<long>, unsigned long> +
               4 * std::is_same_v<std::make_signed_t<unsigned char>, signed char>;
    out[k++] = std::is_same_v<std::decay_t<const int&>, int> + 2 * std::is_same_v<std::decay_t<int[4]>, int*> +
               4 * std::is_same_v<std::remove_pointer_t<int* const>, int> + 8 * std::is_same_v<std::remove_cv_t<const volatile int>, int> +
               16 * std::is_same_v<std::remove_extent_t<int[4]>, int> + 32 * std::is_same_v<std::add_pointer_t<int&>, int*> +
               64 * std::is_same_v<std::add_lvalue_reference_t<int>, int&>;
    out[k++] = std::is_same_v<std::common_type_t<short, char>, int> + 2 * std::is_same_v<std::common_type_t<int, float, double>, double> +
               4 * std::is_same_v<std::conditional_t<(sizeof(int) > 2), int, char>, int>;
    out[k++] = std::is_same_v<std::invoke_result_t<Callable, int>, double> + 2 * std::is_same_v<std::invoke_result_t<float (*)(int), int>, float> +
               4 * std::is_invocable_v<Callable, int> + 8 * std::is_invocable_v<Callable, Base>;
    out[k++] = std::conjunction_v<std::true_type, std::is_integral<int>, std::false_type> +
               2 * std::disjunction_v<std::false_type, std::true_type> + 4 * std::negation_v<std::false_type> +
               8 * std::disjunction_v<std::false_type> + 16 * std::conjunction_v<>;
    out[k++] = std::extent_v<int[3][5]> + 10 * std::extent_v<int[3][5], 1> + 100 * std::rank_v<int[3][5]> + 1000 * std::alignment_of_v<double>;
    out[k++] = std::is_constructible_v<Base> + 2 * std::is_constructible_v<int, float> + 4 * std::is_constructible_v<int*, float>;
    out[k++] = pick(make_int2(t + 3, 2)) + pick(t);
    out[k++] = digits(std::make_integer_sequence<int, 6>{}) + digits(std::integer_sequence<int, 3, 1>{});
    int values[4] = {t, 2, 3, 4};
    out[k++] = weighted(values, std::make_index_sequence<4>{}) + weighted(values, std::index_sequence<3>{});
    out[k++] = own(t, 2.75);
}

int main() {
    int* device = nullptr;
    int host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    cudaFree(device);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%d%c", host[i], (i + 1) % VALUES == 0 ? '\n' : ' ');
    return status == cudaSuccess ? 0 : 1;
}
