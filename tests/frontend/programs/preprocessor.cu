// Macros: objects, functions, nesting, pasting, strings, variadic, conditions, redefinition.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 21;

#define WIDTH 8
#define HEIGHT (WIDTH * 2)
#define SQUARE(x) ((x) * (x))
#define BAD_SQUARE(x) x* x
#define MAX2(a, b) ((a) > (b) ? (a) : (b))
#define MAX3(a, b, c) MAX2(MAX2(a, b), c)
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define FIRST(first, ...) first
#define COUNT_OF(...) count_of(__VA_ARGS__)
#define EMPTY
#define STORE(value)          \
    do {                      \
        out[k++] = (value);   \
    } while (0)
#define OFFSET(ptr, i, j) (ptr[(i) * WIDTH + (j)])
#define FOR_RANGE(i, n) for (int i = 0; i < (n); ++i)
#define DEFINE_SCALE(name, factor)          \
    __device__ int name##_scale(int x) {    \
        return x * (factor);                \
    }
#define CALL(f, ...) f(__VA_ARGS__)
#define recursive(x) (recursive_value + x)
#define recursive_value 5

template <typename... T>
__device__ int count_of(T...) {
    return sizeof...(T);
}

DEFINE_SCALE(two, 2)
DEFINE_SCALE(sum, 1 + 2)

#if defined(WIDTH) && WIDTH >= 8 && !defined(NARROW)
#define MODE 1
#elif WIDTH == 4
#define MODE 2
#else
#define MODE 3
#error "not reached"
#endif

#ifndef UNKNOWN
#define DEFAULTED 40
#endif

#if UNDEFINED_NAME == 0 && (1 << 3 | 1) == 9 && -1 < 0 && 'A' == 65 && 7 / 2 == 3
#define ARITHMETIC 1
#else
#define ARITHMETIC 0
#endif

#ifdef __CUDACC__
constexpr int COMPILER = 1;
#else
constexpr int COMPILER = 2;
#endif

__device__ int counted(int line) { return line > 0; }

#if 0
this is not even C++ ' " #include <nothing.h>
#endif

__device__ int redefined_before() { return WIDTH; }
#undef WIDTH
#define WIDTH 3
__device__ int redefined_after() { return WIDTH; }

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    STORE(HEIGHT);                                 // uses the new WIDTH
    STORE(SQUARE(t + 1));
    STORE(BAD_SQUARE(t + 1));
    STORE(MAX3(t, 2, 1));
    int PASTE(var, 1) = 10;
    STORE(var1);
    STORE(sizeof(TEXT(WIDTH + 1)) + TEXT(WIDTH)[0] + TEXT_(WIDTH)[0]);
    STORE(FIRST(t, 2, 3));
    STORE(COUNT_OF(1, 2, 3, 4));
    STORE(two_scale(t) + sum_scale(t));
    STORE(MODE + DEFAULTED + ARITHMETIC * 100);
    STORE(redefined_before() * 10 + redefined_after());
    int grid[9];
    FOR_RANGE(i, 3)
    FOR_RANGE(j, 3) OFFSET(grid, i, j) = i * 10 + j;
    STORE(OFFSET(grid, t % 3, 1 + 1));
    STORE(CALL(max, t, 2) + CALL(two_scale, 3));
    STORE(recursive(1));
    STORE(counted(__LINE__));
    if (t > 1)
        STORE(7);
    else
        STORE(8);
    STORE(EMPTY t EMPTY + 1);
    STORE(COMPILER > 0);
    STORE(PASTE(0x, ff) + PASTE(1, 2) + PASTE(W, IDTH));
    STORE(/* a comment, with a comma */ t // and another
    );
    ST\
ORE(4\
2);
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
