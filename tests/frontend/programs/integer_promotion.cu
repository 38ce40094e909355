// Small integer types are promoted to int before any arithmetic.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 33;

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;

    unsigned char uc = (unsigned char)(250 + t);
    signed char sc = (signed char)(-100 - t);
    char c = 'A';
    short s = (short)(32000 + t);
    unsigned short us = (unsigned short)(65530 + t);
    bool yes = t >= 0, no = t < 0;

    out[k++] = uc + uc;              // no wrap: the sum is an int
    out[k++] = sc + sc;
    out[k++] = s + s;
    out[k++] = us * 2;
    out[k++] = ~uc;                  // all bits of an int
    out[k++] = -uc;
    out[k++] = !uc;
    out[k++] = uc << 8;
    out[k++] = sc >> 1;              // arithmetic shift of the promoted value
    out[k++] = us >> 4;
    out[k++] = c + t;
    out[k++] = (char)(c + t);
    out[k++] = yes + yes + no;
    out[k++] = yes * 7 - no;
    out[k++] = -yes;
    out[k++] = ~no;
    out[k++] = uc - us;
    out[k++] = (uc < sc) + 2 * (sc < us) + 4 * (uc == 250 + t);
    out[k++] = +sc;
    out[k++] = (unsigned char)(uc + 10);   // wraps at the cast only
    out[k++] = (signed char)(sc - 100);
    out[k++] = (short)(s + s);
    out[k++] = sizeof(uc + uc) + sizeof(+sc) * 10 + sizeof(yes) * 100;
    uc += 10;                              // computed as int, stored as unsigned char
    sc -= 100;
    us *= 3;
    out[k++] = uc;
    out[k++] = sc;
    out[k++] = us;
    uc >>= 1;
    us <<= 3;
    out[k++] = uc;
    out[k++] = us;
    out[k++] = uc / 3 % 7;
    out[k++] = sc / 3;
    out[k++] = sc % 7;
    out[k++] = uc ^ sc;
    out[k++] = uc & us | 5;
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
