// Looking at bits: memcpy, conversion intrinsics, unions, casts of pointers.
#include <cstdio>
#include <cstring>

constexpr int THREADS = 4;
constexpr int VALUES = 29;

union Word {
    float f;
    unsigned u;
    unsigned char bytes[4];
    struct {
        unsigned short low, high;
    } halves;
};

struct alignas(16) Pack {
    float v[4];
};

template <typename To, typename From>
__device__ To bit_cast(const From& from) {
    static_assert(sizeof(To) == sizeof(From), "same size");
    To to;
    memcpy(&to, &from, sizeof(To));
    return to;
}

// a float's order as an unsigned integer
__device__ unsigned ordered(float f) {
    unsigned bits = __float_as_uint(f);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    float f = 1.5f + t;
    double d = -2.25 * (t + 1);

    out[k++] = __float_as_int(f);
    out[k++] = (int)(__int_as_float(0x40490fdb) * 1000);
    out[k++] = (int)__float_as_uint(-f);
    out[k++] = (int)(__uint_as_float(0x3f800000u + (t << 20)) * 4096);
    out[k++] = (int)(__double_as_longlong(d) >> 44);
    out[k++] = (int)(__longlong_as_double(0x4010000000000000ll) * (t + 1));
    out[k++] = __double2hiint(d);
    out[k++] = __double2loint(d + 1e-9);
    out[k++] = (int)__hiloint2double(0x40590000, 0);
    out[k++] = bit_cast<int>(f);
    out[k++] = (int)bit_cast<float>(0x41200000 + (t << 20));
    out[k++] = (int)(bit_cast<unsigned long long>(d) >> 48);

    Word w;
    w.u = 0x3fc00000u;
    out[k++] = (int)(w.f * 100);
    w.f = f;
    out[k++] = w.bytes[3] * 256 + w.bytes[2];         // little endian
    out[k++] = w.halves.high;
    w.halves.low = 0xffff;
    out[k++] = (int)w.u;
    w.bytes[0] = (unsigned char)t;
    out[k++] = (int)w.u;

    out[k++] = ordered(f) > ordered(-f);
    out[k++] = (ordered(-1.0f) < ordered(-0.5f)) + 2 * (ordered(-0.0f) < ordered(0.0f));
    int exponent = (__float_as_int(f) >> 23 & 0xff) - 127;
    out[k++] = exponent;

    Pack pack = {{1, 2, 3, f}};
    float4 vector = *reinterpret_cast<float4*>(&pack);
    out[k++] = (int)(vector.w * 2) + (int)vector.y;
    reinterpret_cast<float2*>(pack.v)[1] = make_float2(50.0f, 60.0f + t);
    out[k++] = (int)(pack.v[2] + pack.v[3]);
    alignas(16) int ints[4] = {1, t, 3, 4};
    int4 loaded = *(int4*)ints;
    out[k++] = loaded.x + loaded.y * 10 + loaded.z * 100 + loaded.w * 1000;

    unsigned char raw[8];
    unsigned packed = 0x01020304u * (t + 1);
    memcpy(raw, &packed, 4);
    memset(raw + 4, 0xAB, 4);
    out[k++] = raw[0] * 1000 + raw[3];
    unsigned tail;
    memcpy(&tail, &raw[3], sizeof tail);              // any alignment
    out[k++] = (int)tail;
    char4 chars = {1, -2, 3, (signed char)t};
    out[k++] = bit_cast<int>(chars);
    unsigned long long wide;
    float pair[2] = {0.5f, f};
    memcpy(&wide, pair, sizeof(wide));
    out[k++] = (int)(wide >> 32) - (int)(wide & 0xffffffffu);

    union { unsigned whole; unsigned short halves[2]; unsigned char parts[4]; };
    whole = 0x12345678u + t;
    out[k++] = halves[0] + parts[1];
    halves[1] = 3;
    out[k++] = (int)whole - parts[0];
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
