// Row 106, style X: features that turn up rarely, each in a small kernel that computes something checkable.
#include <cassert>
#include <cstring>

#include "check.h"

// --- nested namespaces, a class whose static member is the device routine
namespace engine::detail {
class Mixer {
  public:
    __device__ static unsigned mix(unsigned h) {
        h ^= h >> 16;
        h *= 0x7feb352du;
        return h ^ (h >> 15);
    }
    template <typename... Parts>
    __device__ static unsigned combine(Parts... parts) {
        unsigned h = 17;
        ((h = mix(h ^ static_cast<unsigned>(parts))), ...);
        return h;
    }
};
}  // namespace engine::detail

__global__ void hash_kernel(unsigned* out, const int* a, const short* b, int n) {
    using engine::detail::Mixer;
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = Mixer::combine(a[i], b[i], i);
}

// --- macro-generated kernels, one per operation
#define DEFINE_UNARY(name, expression)                                    \
    __global__ void name##_kernel(float* out, const float* inp, int n) {  \
        int i = blockIdx.x * blockDim.x + threadIdx.x;                    \
        if (i < n) {                                                      \
            const float x = inp[i];                                       \
            out[i] = (expression);                                        \
        }                                                                 \
    }                                                                     \
    void name(float* out, const float* inp, int n) {                      \
        name##_kernel<<<ceil_div(n, 64), 64>>>(out, inp, n);              \
    }
DEFINE_UNARY(cube, x * x * x)
DEFINE_UNARY(softsign, x / (1.0f + fabsf(x)))

// --- union punning, a local record, bool out-parameters, structured bindings
union FloatBits {
    float f;
    unsigned u;
    struct {
        unsigned mantissa : 23, exponent : 8, sign : 1;
    } parts;
};

__device__ void classify(float x, bool& is_negative, bool& is_tiny) {
    FloatBits bits;
    bits.f = x;
    is_negative = bits.u >> 31;
    is_tiny = ((bits.u >> 23) & 0xff) < 120;
}

__global__ void classify_kernel(int* out, const float* inp, int n) {
    struct Flags {
        bool negative, tiny;
        __device__ int code() const { return negative * 2 + tiny; }
    };
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    Flags flags;
    auto& [negative, tiny] = flags;
    classify(inp[i], negative, tiny);
    out[i] = flags.code();
}

// --- arrays of pointers as a parameter, functor and lambda side by side
struct Sources {
    const float* data[3];
    int count;
};

struct Weighted {
    float weight;
    __device__ float operator()(float x) const { return weight * x; }
};

template <typename Functor>
__device__ float gather(const Sources& sources, int i, Functor&& f) {
    float sum = 0.0f;
    for (int s = 0; s < sources.count; ++s) sum += f(sources.data[s][i]);
    return sum;
}

__global__ void gather_kernel(float* const out[2], Sources sources, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    out[0][i] = gather(sources, i, Weighted{0.5f});
    float largest = -INFINITY;
    gather(sources, i, [&largest](float x) {
        largest = x > largest ? x : largest;
        return 0.0f;
    });
    out[1][i] = largest;
}

// --- a data-dependent walk with an explicit stack, no recursion
__global__ void tree_sum_kernel(int* out, const int* left, const int* right, const int* value, int roots) {
    constexpr int DEPTH = 16;
    const int r = blockIdx.x * blockDim.x + threadIdx.x;
    if (r >= roots) return;
    int stack[DEPTH];
    int top = 0, sum = 0;
    stack[top++] = r;
    while (top > 0) {
        const int node = stack[--top];
        sum += value[node];
        if (right[node] >= 0 && top < DEPTH) stack[top++] = right[node];
        if (left[node] >= 0 && top < DEPTH) stack[top++] = left[node];
        assert(top <= DEPTH);
    }
    out[r] = sum;
}

// --- bytes: base64 of three-byte groups with a constant table
__constant__ char alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

__global__ void base64_kernel(char* out, const unsigned char* inp, int bytes) {
    const int group = blockIdx.x * blockDim.x + threadIdx.x;
    const int at = group * 3;
    if (at >= bytes) return;
    const int have = min(3, bytes - at);
    unsigned word = 0;
    switch (have) {
        case 3: word |= inp[at + 2]; [[fallthrough]];
        case 2: word |= inp[at + 1] << 8; [[fallthrough]];
        default: word |= inp[at] << 16;
    }
    char4 text;
    text.x = alphabet[word >> 18];
    text.y = alphabet[word >> 12 & 63];
    text.z = have > 1 ? alphabet[word >> 6 & 63] : '=';
    text.w = have > 2 ? alphabet[word & 63] : '=';
    memcpy(out + group * 4, &text, sizeof(text));
}

void hash_rows(unsigned* out, const int* a, const short* b, int n) { hash_kernel<<<ceil_div(n, 32), 32>>>(out, a, b, n); }

void classify_floats(int* out, const float* inp, int n) { classify_kernel<<<ceil_div(n, 64), 64>>>(out, inp, n); }

// `outputs` is an array of two device addresses in device memory
void gather_sources(float* const* outputs, const float* a, const float* b, const float* c, int n) {
    Sources sources = {{a, b, c}, 3};
    gather_kernel<<<ceil_div(n, 64), 64>>>(outputs, sources, n);
}

void tree_sum(int* out, const int* left, const int* right, const int* value, int roots) {
    tree_sum_kernel<<<ceil_div(roots, 32), 32>>>(out, left, right, value, roots);
}

void base64(char* out, const unsigned char* inp, int bytes) {
    base64_kernel<<<ceil_div(ceil_div(bytes, 3), 32), 32>>>(out, inp, bytes);
}

int main() {
    const int n = 103;
    std::vector<float> x = random_floats(n, 760, -2.0f, 2.0f), y = random_floats(n, 761), z = random_floats(n, 762);
    for (int i = 0; i < 20; i++) x[i] *= 1e-4f;
    std::vector<int> a = random_ints(n, 763, -1000, 1000), code(n);
    std::vector<short> b(a.begin(), a.end());
    std::vector<unsigned> hashes(n);
    std::vector<float> cubes(n), signs(n), halves(n), largest(n);
    for (int i = 0; i < n; i++) {
        unsigned h = 17;
        for (unsigned part : {(unsigned)a[i], (unsigned)(int)b[i], (unsigned)i}) {
            h ^= part;
            h ^= h >> 16, h *= 0x7feb352du, h ^= h >> 15;
        }
        hashes[i] = h;
        cubes[i] = x[i] * x[i] * x[i];
        signs[i] = x[i] / (1.0f + std::fabs(x[i]));
        code[i] = (std::signbit(x[i]) ? 2 : 0) + (std::fabs(x[i]) < std::ldexp(1.0f, -7) ? 1 : 0);
        halves[i] = 0.5f * x[i] + 0.5f * y[i] + 0.5f * z[i];
        largest[i] = std::fmax(x[i], std::fmax(y[i], z[i]));
    }
    float *d_x = to_device(x), *d_y = to_device(y), *d_z = to_device(z), *d_o = device_zeros<float>(n), *d_p = device_zeros<float>(n);
    int *d_a = to_device(a), *d_i = device_zeros<int>(n);
    short* d_b = to_device(b);
    unsigned* d_h = device_zeros<unsigned>(n);
    hash_rows(d_h, d_a, d_b, n);
    bool ok = all_close(to_host(d_h, n), hashes, 0.0, "hash");
    cube(d_o, d_x, n);
    ok = all_close(to_host(d_o, n), cubes, 1e-6, "cube") && ok;
    softsign(d_o, d_x, n);
    ok = all_close(to_host(d_o, n), signs, 1e-6, "softsign") && ok;
    classify_floats(d_i, d_x, n);
    ok = all_close(to_host(d_i, n), code, 0.0, "classify") && ok;
    float** d_outputs = to_device(std::vector<float*>{d_o, d_p});
    gather_sources(d_outputs, d_x, d_y, d_z, n);
    ok = all_close(to_host(d_o, n), halves, 1e-6, "gather") && all_close(to_host(d_p, n), largest, 0.0, "largest") && ok;

    // a binary heap: the children of i are 2 i + 1 and 2 i + 2
    std::vector<int> left(n), right(n), sums(a);
    for (int i = n - 1; i >= 0; i--) {
        left[i] = 2 * i + 1 < n ? 2 * i + 1 : -1, right[i] = 2 * i + 2 < n ? 2 * i + 2 : -1;
        if (i > 0) sums[(i - 1) / 2] += sums[i];
    }
    int *d_left = to_device(left), *d_right = to_device(right);
    tree_sum(d_i, d_left, d_right, d_a, n);
    ok = all_close(to_host(d_i, n), sums, 0.0, "tree") && ok;

    for (const char* pair : {"M|TQ==", "Ma|TWE=", "Many hands make light work.|TWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsu"}) {
        const char* bar = std::strchr(pair, '|');
        std::vector<unsigned char> bytes(pair, bar);
        const int text = ceil_div((int)bytes.size(), 3) * 4;
        unsigned char* d_bytes = to_device(bytes);
        char* d_text = device_zeros<char>(text);
        base64(d_text, d_bytes, (int)bytes.size());
        ok = std::memcmp(to_host(d_text, text).data(), bar + 1, text) == 0 && ok;
        cudaFree(d_bytes), cudaFree(d_text);
    }
    cudaFree(d_x), cudaFree(d_y), cudaFree(d_z), cudaFree(d_o), cudaFree(d_p), cudaFree(d_a), cudaFree(d_i), cudaFree(d_b);
    cudaFree(d_h), cudaFree(d_outputs), cudaFree(d_left), cudaFree(d_right);
    return report(ok);
}
