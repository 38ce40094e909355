// Row 98's company, style H: Morton codes of points, a radix tree over sorted codes by counting leading
// zeros, bit reversal of a permutation, and packed bit sets searched by __ffs.
#include <algorithm>
#include <cstdint>

#include "check.h"

#define CLAMP(v, lo, hi) fminf(fmaxf((v), (lo)), (hi))

// ten bits become thirty with gaps of two
__device__ __forceinline__ uint32_t spread_bits(uint32_t v) {
    v = (v * 0x00010001u) & 0xFF0000FFu;
    v = (v * 0x00000101u) & 0x0F00F00Fu;
    v = (v * 0x00000011u) & 0xC30C30C3u;
    v = (v * 0x00000005u) & 0x49249249u;
    return v;
}

__global__ void morton_kernel(uint32_t* codes, const float3* points, float3 lo, float3 extent, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const float3 p = points[i];
    const float x = CLAMP((p.x - lo.x) / extent.x * 1024.0f, 0.0f, 1023.0f);
    const float y = CLAMP((p.y - lo.y) / extent.y * 1024.0f, 0.0f, 1023.0f);
    const float z = CLAMP((p.z - lo.z) / extent.z * 1024.0f, 0.0f, 1023.0f);
    codes[i] = (spread_bits((uint32_t)x) << 2) | (spread_bits((uint32_t)y) << 1) | spread_bits((uint32_t)z);
}

// length of the common prefix of keys i and j; equal keys are told apart by their place
__device__ int prefix_length(const uint32_t* codes, int n, int i, int j) {
    if (j < 0 || j >= n) return -1;
    if (codes[i] == codes[j]) return 32 + __clz(i ^ j);
    return __clz(codes[i] ^ codes[j]);
}

// children of inner node i; leaves are encoded as ~index
__global__ void radix_tree_kernel(int2* children, const uint32_t* codes, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n - 1) return;
    const int d = prefix_length(codes, n, i, i + 1) > prefix_length(codes, n, i, i - 1) ? 1 : -1;
    const int least = prefix_length(codes, n, i, i - d);
    int reach = 2;
    while (prefix_length(codes, n, i, i + reach * d) > least) reach *= 2;
    int length = 0;
    for (int t = reach / 2; t >= 1; t /= 2) {
        if (prefix_length(codes, n, i, i + (length + t) * d) > least) length += t;
    }
    const int j = i + length * d;
    const int shared = prefix_length(codes, n, i, j);
    int split = 0, t = length;
    do {
        t = (t + 1) >> 1;
        if (prefix_length(codes, n, i, i + (split + t) * d) > shared) split += t;
    } while (t > 1);
    const int gamma = i + split * d + min(d, 0);
    children[i] = make_int2(min(i, j) == gamma ? ~gamma : gamma, max(i, j) == gamma + 1 ? ~(gamma + 1) : gamma + 1);
}

__global__ void bit_reverse_kernel(float2* out, const float2* in, int log2n) {
    const int n = 1 << log2n;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
        out[log2n ? __brev(i) >> (32 - log2n) : 0] = in[i];
    }
}

// bits [first, first + width) of every word, and their number of leading zeros within the field
__global__ void extract_field_kernel(int2* out, const uint32_t* words, uint32_t first, uint32_t width, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    uint32_t field, merged;
    asm("bfe.u32 %0, %1, %2, %3;" : "=r"(field) : "r"(words[i]), "r"(first), "r"(width));
    asm("bfi.b32 %0, %1, %2, 0, %3;" : "=r"(merged) : "r"(field), "r"(0u), "r"(width));
    out[i] = make_int2((int)merged, __clz((int)field) - (32 - (int)width));
}

// The place of the k-th set bit (from 0) of a bit set of `words` words, -1 if there are fewer.
__global__ void select_bit_kernel(int* places, const uint32_t* bits, int words, int queries) {
    const int k = blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= queries) return;
    int left = k;
    for (int w = 0; w < words; w++) {
        uint32_t word = bits[w];
        const int count = __popc(word);
        if (left >= count) {
            left -= count;
            continue;
        }
        while (left-- > 0) word &= word - 1;
        places[k] = 32 * w + __ffs(word) - 1;
        return;
    }
    places[k] = -1;
}

void morton(uint32_t* codes, const float3* points, int n) {
    morton_kernel<<<ceil_div(n, 64), 64>>>(codes, points, make_float3(-1, -1, -1), make_float3(2, 2, 2), n);
}
void radix_tree(int2* children, const uint32_t* codes, int n) { radix_tree_kernel<<<ceil_div(n, 64), 64>>>(children, codes, n); }
void bit_reverse(float2* out, const float2* in, int log2n) {
    if (log2n >= 0 && log2n < 20) bit_reverse_kernel<<<2, 32>>>(out, in, log2n);
}
void select_bit(int* places, const uint32_t* bits, int words, int queries) {
    select_bit_kernel<<<ceil_div(queries, 32), 32>>>(places, bits, words, queries);
}

void extract_field(int2* out, const uint32_t* words, int first, int width, int n) {
    if (first < 0 || width < 0 || first + width > 32) return;
    extract_field_kernel<<<ceil_div(n, 32), 32>>>(out, words, (uint32_t)first, (uint32_t)width, n);
}

int main() {
    const int n = 100;
    std::vector<float> raw = random_floats(3 * n, 1160, -1.2f, 1.2f);
    std::vector<float3> points;
    for (int i = 0; i < n; i++) points.push_back(make_float3(raw[3 * i], raw[3 * i + 1], raw[3 * i + 2]));
    float3* d_points = to_device(points);
    uint32_t* d_codes = device_zeros<uint32_t>(n);
    morton(d_codes, d_points, n);
    std::vector<uint32_t> codes = to_host(d_codes, n), want;
    for (int i = 0; i < n; i++) {
        uint32_t code = 0;
        for (int axis = 0; axis < 3; axis++) {
            uint32_t cell = (uint32_t)std::fmin(std::fmax((raw[3 * i + axis] + 1.0f) / 2.0f * 1024.0f, 0.0f), 1023.0f);
            for (int b = 0; b < 10; b++) code |= (cell >> b & 1) << (3 * b + 2 - axis);
        }
        want.push_back(code);
    }
    bool ok = codes == want;
    std::sort(codes.begin(), codes.end());
    codes[1] = codes[0];  // equal keys
    CUDA_CHECK(cudaMemcpy(d_codes, codes.data(), n * sizeof(uint32_t), cudaMemcpyHostToDevice));
    int2* d_children = device_zeros<int2>(n - 1);
    radix_tree(d_children, d_codes, n);
    std::vector<int2> children = to_host(d_children, n - 1);
    std::vector<int> stack = {0}, leaves;
    while (!stack.empty() && leaves.size() <= (size_t)n) {  // from left to right, every leaf once
        int node = stack.back();
        stack.pop_back();
        if (node < 0) leaves.push_back(~node);
        else stack.push_back(children[node].y), stack.push_back(children[node].x);
    }
    ok = leaves.size() == (size_t)n && ok;
    for (int i = 0; i < n && ok; i++) ok = leaves[i] == i;

    for (int log2n : {0, 1, 7}) {
        const int size = 1 << log2n;
        std::vector<float2> x, expected(size);
        for (int i = 0; i < size; i++) {
            int r = 0;
            for (int b = 0; b < log2n; b++) r |= (i >> b & 1) << (log2n - 1 - b);
            x.push_back(make_float2(i, -i)), expected[r] = x[i];
        }
        float2 *d_x = to_device(x), *d_y = device_zeros<float2>(size);
        bit_reverse(d_y, d_x, log2n);
        std::vector<float2> got = to_host(d_y, size);
        for (int i = 0; i < size; i++) ok = got[i].x == expected[i].x && got[i].y == expected[i].y && ok;
        cudaFree(d_x), cudaFree(d_y);
    }
    std::vector<uint32_t> bits = {0u, 0x80000001u, 0xf0u, 0x1u};
    uint32_t* d_bits = to_device(bits);
    int* d_places = device_zeros<int>(9);
    select_bit(d_places, d_bits, 4, 9);
    ok = all_close(to_host(d_places, 9), std::vector<int>{32, 63, 68, 69, 70, 71, 96, -1, -1}, 0.0, "select") && ok;
    int2* d_fields = device_zeros<int2>(4);
    extract_field(d_fields, d_bits, 4, 5, 4);
    std::vector<int2> fields = to_host(d_fields, 4);
    const int values[4] = {0, 0, 15, 0}, zeros[4] = {5, 5, 1, 5};
    for (int i = 0; i < 4; i++) ok = fields[i].x == values[i] && fields[i].y == zeros[i] && ok;
    cudaFree(d_fields), cudaFree(d_points), cudaFree(d_codes), cudaFree(d_children), cudaFree(d_bits), cudaFree(d_places);
    return report(ok);
}
