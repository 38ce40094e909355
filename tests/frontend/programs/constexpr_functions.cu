// Compile-time functions, constants as array sizes and template arguments, static_assert.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 22;

constexpr int gcd(int a, int b) {
    while (b != 0) {
        int rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

__host__ __device__ constexpr int square(int x) { return x * x; }

__host__ __device__ constexpr int count_bits(unsigned x) {
    int bits = 0;
    while (x) {
        bits += x & 1;
        x >>= 1;
    }
    return bits;
}

template <typename T>
__host__ __device__ constexpr T align_up(T x, T to) {
    return (x + to - 1) / to * to;
}

struct Tile {
    int rows, cols;
    __host__ __device__ constexpr int area() const { return rows * cols; }
};

constexpr Tile TILE = {4, 6};
constexpr int GCD = gcd(84, 36);
constexpr float SCALE = 1.0f / 3.0f;
constexpr double PI = 3.14159265358979323846;
constexpr unsigned MASK = (1u << 12) - 1;
constexpr bool BIG = TILE.area() > 20;
const int plain_const = 9;
static constexpr long long HUGE_COUNT = 1ll << 40;
enum { CHUNK = square(3) };

static_assert(GCD == 12, "greatest common divisor");
static_assert(count_bits(MASK) == 12);

template <int N>
__device__ int table_sum(int x) {
    int table[N];
    for (int i = 0; i < N; i++) table[i] = i * x;
    int sum = 0;
    for (int i = 0; i < N; i++) sum += table[i];
    return sum;
}

template <int ROWS, int COLS = ROWS * 2>
struct Layout {
    static constexpr int count = ROWS * COLS;
    static constexpr int pad = count % 32 == 0 ? 1 : 0;
    static constexpr __device__ int offset(int r, int c) { return r * (COLS + pad) + c; }
};

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    constexpr int local = square(5) + 1;
    int scratch[TILE.area()];
    for (int i = 0; i < TILE.area(); i++) scratch[i] = i;

    out[k++] = GCD;
    out[k++] = square(t);                            // at run time
    out[k++] = local;
    out[k++] = count_bits(0xF0F0u + t);
    out[k++] = align_up(t + 30, 16);
    out[k++] = align_up<long long>(HUGE_COUNT + 1, 1 << 20) == HUGE_COUNT + (1 << 20);
    out[k++] = scratch[TILE.area() - 1 - t];
    out[k++] = table_sum<square(3) + 1>(t);
    out[k++] = table_sum<GCD / 4>(2);
    out[k++] = (int)(SCALE * 9.0f * (t + 1));
    out[k++] = (int)(PI * 1e6);
    out[k++] = MASK & (0xABCDE + t);
    out[k++] = BIG ? CHUNK : -CHUNK;
    out[k++] = plain_const * 2;
    out[k++] = (int)(HUGE_COUNT >> 35);
    out[k++] = Layout<4>::count + Layout<4>::pad * 100;
    out[k++] = Layout<3, 5>::count + Layout<3, 5>::pad * 100;
    out[k++] = Layout<4>::offset(t, 2);
    constexpr Tile half = {TILE.rows / 2, TILE.cols / 2};
    out[k++] = half.area();
    constexpr int primes[] = {2, 3, 5, 7};
    out[k++] = primes[t];
    const int runtime_const = t * 3;
    out[k++] = runtime_const + (int)(sizeof(scratch) / sizeof(*scratch));
    const float half_pi = (float)PI / 2;
    out[k++] = (int)(half_pi * 1000);
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
