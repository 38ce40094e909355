// Sizes and alignments of types, records, arrays and expressions.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 27;

struct Empty {};
struct CharInt {
    char c;
    int i;
};
struct Reordered {
    char a;
    double d;
    short s;
    char b;
};
struct alignas(16) Aligned {
    float x[3];
};
struct __align__(8) Pair {
    int a;
    char b;
};
struct Nested {
    CharInt first;
    char tail;
    Pair pair;
};
struct Base {
    int x;
};
struct Derived : Base {
    char y;
};
union Any {
    char c;
    double d;
    int i[3];
};
enum Plain { P };
enum class Byte : unsigned char { B };
template <typename T, int N>
struct Block {
    T scale;
    unsigned char q[N / 2];
};

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    out[k++] = sizeof(char) + sizeof(short) * 10 + sizeof(int) * 100 + sizeof(long) * 1000;
    out[k++] = sizeof(long long) + sizeof(bool) * 10 + sizeof(float) * 100 + sizeof(double) * 1000;
    out[k++] = sizeof(void*) + sizeof(size_t) * 10 + sizeof(int (*)(int)) * 100;
    out[k++] = sizeof(Empty);
    out[k++] = sizeof(CharInt) + alignof(CharInt) * 100;
    out[k++] = sizeof(Reordered) + alignof(Reordered) * 100;
    out[k++] = sizeof(Aligned) + alignof(Aligned) * 100;
    out[k++] = sizeof(Pair) + alignof(Pair) * 100;
    out[k++] = sizeof(Nested) + alignof(Nested) * 100;
    out[k++] = sizeof(Derived);
    out[k++] = sizeof(Any) + alignof(Any) * 100;
    out[k++] = sizeof(Plain) + sizeof(Byte) * 10;
    out[k++] = sizeof(Block<float, 32>) + sizeof(Block<short, 32>) * 100;
    out[k++] = sizeof(float2) + sizeof(float3) * 100 + sizeof(float4) * 10000;
    out[k++] = alignof(float2) + alignof(float3) * 100 + alignof(float4) * 10000;
    out[k++] = sizeof(char3) + sizeof(short4) * 10 + sizeof(int3) * 100 + sizeof(double2) * 10000;
    out[k++] = alignof(char4) + alignof(ushort2) * 10 + alignof(uint3) * 100 + alignof(longlong2) * 1000;
    out[k++] = sizeof(dim3) + sizeof(threadIdx.x) * 100;
    int array[6][2];
    Nested records[3];
    out[k++] = sizeof(array) + sizeof(array[0]) + sizeof array[0][0];
    out[k++] = sizeof(records) / sizeof(records[0]);
    out[k++] = sizeof(t + 1.0) + sizeof('a') * 10 + sizeof("four") * 100 + sizeof(1ull) * 1000;
    int side = 0;
    out[k++] = sizeof(array[side++]) + side;         // not evaluated
    out[k++] = (int)((char*)&records[1] - (char*)&records[0]);
    out[k++] = (int)((char*)&records[0].pair - (char*)&records[0]);
    out[k++] = (int)((char*)&records[0].pair.b - (char*)&records[0].first.i);
    out[k++] = sizeof(decltype(array)) + alignof(double) + alignof(char) * 10;
    array[0][0] = t;
    records[0].tail = 1;
    out[k++] = array[0][0] + records[0].tail;
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
