// Row 104, style H: kernels on bytes - hexadecimal with uchar4, UTF-8 code points, CRC-32 by a constant
// table, variable-length integers, and upper case by SIMD within a word.
#include <cstdint>
#include <string>

#include "check.h"

__constant__ uint32_t crc_nibbles[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                         0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                         0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};

__device__ __forceinline__ unsigned char hex_digit(unsigned v) { return v < 10 ? '0' + v : 'a' + (v - 10); }

// two bytes make four letters
__global__ void hex_encode_kernel(uchar4* out, const uchar2* in, int pairs) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= pairs) return;
    const uchar2 b = in[i];
    out[i] = make_uchar4(hex_digit(b.x >> 4), hex_digit(b.x & 15), hex_digit(b.y >> 4), hex_digit(b.y & 15));
}

// a thread per record of `length` bytes; the last one may be shorter
__global__ void crc32_kernel(uint32_t* crc, const unsigned char* data, int total, int length) {
    const int record = blockIdx.x * blockDim.x + threadIdx.x;
    const int begin = record * length;
    if (begin >= total) return;
    const int end = min(begin + length, total);
    uint32_t c = ~0u;
    for (int i = begin; i < end; i++) {
        c ^= data[i];
        c = crc_nibbles[c & 15] ^ (c >> 4);
        c = crc_nibbles[c & 15] ^ (c >> 4);
    }
    crc[record] = ~c;
}

// the code point that begins at each byte; -1 at continuation bytes and at broken sequences
__global__ void utf8_decode_kernel(int* points, const unsigned char* text, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const unsigned char lead = text[i];
    int more, value;
    switch (lead >> 4) {
        case 0: case 1: case 2: case 3: case 4: case 5: case 6: case 7:
            points[i] = lead;
            return;
        case 12: case 13:
            more = 1, value = lead & 0x1f;
            break;
        case 14:
            more = 2, value = lead & 0x0f;
            break;
        case 15:
            more = 3, value = lead & 0x07;
            break;
        default:
            points[i] = -1;
            return;
    }
    for (int k = 1; k <= more; k++) {
        if (i + k >= n || (text[i + k] & 0xc0) != 0x80) {
            points[i] = -1;
            return;
        }
        value = value << 6 | (text[i + k] & 0x3f);
    }
    points[i] = value;
}

// zig-zag, then seven bits per byte, lowest first; a row has room for ten bytes
__global__ void varint_encode_kernel(unsigned char* out, int* lengths, const long long* values, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    unsigned long long v = ((unsigned long long)values[i] << 1) ^ (unsigned long long)(values[i] >> 63);
    unsigned char* p = out + i * 10;
    int length = 0;
    do {
        const unsigned char low = v & 0x7f;
        v >>= 7;
        p[length++] = low | (v ? 0x80 : 0);
    } while (v);
    lengths[i] = length;
}

// Four letters per 32-bit word, the last bytes one by one: a-z have their bit 5 cleared.
__global__ void upper_case_kernel(unsigned char* text, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (4 * i + 3 < n) {
        uint32_t* word = reinterpret_cast<uint32_t*>(text) + i;
        const uint32_t w = *word, seven = w & 0x7f7f7f7fu;
        const uint32_t is_lower = (seven + 0x1f1f1f1fu) & ~(seven + 0x05050505u) & ~w & 0x80808080u;
        *word = w ^ (is_lower >> 2);
    } else {
        for (int k = 4 * i; k < n; k++) {
            if (text[k] >= 'a' && text[k] <= 'z') text[k] -= 32;
        }
    }
}

void hex_encode(unsigned char* out, const unsigned char* in, int pairs) {
    hex_encode_kernel<<<ceil_div(pairs, 32), 32>>>((uchar4*)out, (const uchar2*)in, pairs);
}
void crc32(uint32_t* crc, const unsigned char* data, int total, int length) {
    if (length > 0) crc32_kernel<<<ceil_div(ceil_div(total, length), 32), 32>>>(crc, data, total, length);
}
void utf8_decode(int* points, const unsigned char* text, int n) {
    utf8_decode_kernel<<<ceil_div(n, 64), 64>>>(points, text, n);
}
void varint_encode(unsigned char* out, int* lengths, const long long* values, int n) {
    varint_encode_kernel<<<ceil_div(n, 32), 32>>>(out, lengths, values, n);
}
void upper_case(unsigned char* text, int n) { upper_case_kernel<<<ceil_div(ceil_div(n, 4), 32), 32>>>(text, n); }

int main() {
    const std::string text = "Stra\xc3\x9f" "e \xe2\x82\xac 5, \xf0\x9f\x90\xa2 {`az@[ZA} 123456789 end \xe2\x82";
    const int n = (int)text.size();
    std::vector<unsigned char> bytes(text.begin(), text.end());
    unsigned char *d_text = to_device(bytes), *d_hex = device_zeros<unsigned char>(2 * n);
    int* d_points = device_zeros<int>(n);
    utf8_decode(d_points, d_text, n);
    std::vector<int> points = to_host(d_points, n), found, want = {0xdf, 0x20ac, 0x1f422};
    for (int p : points)
        if (p > 127) found.push_back(p);
    bool ok = found == want && points[4] == 0xdf && points[5] == -1 && points[n - 2] == -1;

    hex_encode(d_hex, d_text, n / 2);
    std::string hex;
    for (int i = 0; i < n / 2 * 2; i++) hex += "0123456789abcdef"[bytes[i] >> 4], hex += "0123456789abcdef"[bytes[i] & 15];
    std::vector<unsigned char> got = to_host(d_hex, hex.size());
    ok = hex == std::string(got.begin(), got.end()) && ok;

    const size_t nine = text.find("123456789");
    unsigned char* d_digits = to_device(std::vector<unsigned char>(bytes.begin() + nine, bytes.begin() + nine + 9));
    uint32_t* d_crc = device_zeros<uint32_t>(3);
    crc32(d_crc, d_digits, 9, 9);
    ok = to_host(d_crc, 1)[0] == 0xcbf43926u && ok;
    crc32(d_crc, d_digits, 9, 4);  // records of 4, 4 and 1
    ok = to_host(d_crc, 3)[2] == 0x8d076785u && ok;

    std::vector<long long> values = {0, -1, 1, 63, -64, 64, 300, INT64_MIN, INT64_MAX};
    long long* d_values = to_device(values);
    unsigned char* d_var = device_zeros<unsigned char>(10 * values.size());
    int* d_lengths = device_zeros<int>(values.size());
    varint_encode(d_var, d_lengths, d_values, (int)values.size());
    std::vector<unsigned char> coded = to_host(d_var, 10 * values.size());
    std::vector<int> lengths = to_host(d_lengths, values.size());
    for (size_t i = 0; i < values.size(); i++) {
        unsigned long long v = 0;
        for (int k = lengths[i] - 1; k >= 0; k--) v = v << 7 | (coded[10 * i + k] & 0x7f);
        ok = (long long)(v >> 1 ^ (0 - (v & 1))) == values[i] && ok;
    }
    upper_case(d_text, n);
    for (auto& b : bytes)
        if (b >= 'a' && b <= 'z') b -= 32;
    ok = to_host(d_text, n) == bytes && ok;
    cudaFree(d_text), cudaFree(d_hex), cudaFree(d_points), cudaFree(d_digits), cudaFree(d_crc);
    cudaFree(d_values), cudaFree(d_var), cudaFree(d_lengths);
    return report(ok);
}
