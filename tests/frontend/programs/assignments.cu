// Assignment as an expression, compound assignment on narrow types, the comma operator.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 26;

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    int a, b, c;
    a = b = c = t + 5;
    out[k++] = a + b + c;
    a += b -= c *= 2;
    out[k++] = a;
    out[k++] = b;
    out[k++] = c;
    (a += 3) *= 2;                         // the result is an lvalue
    out[k++] = a;
    int x = (a = 1, b = a + 1, a + b);
    out[k++] = x;
    out[k++] = ((void)t, 7);
    a = 12 + t;
    a %= 5;
    out[k++] = a;
    a |= 0x30;
    a &= ~1;
    a ^= 0xff;
    out[k++] = a;
    a <<= 3;
    a >>= 1;
    out[k++] = a;
    short s = 30000;
    s += 10000;                            // wraps when stored
    out[k++] = s;
    unsigned char uc = 10;
    uc -= 20 + t;
    out[k++] = uc;
    uc = 0xF0;
    uc <<= 2;
    out[k++] = uc;
    float f = 10;
    f /= 4;
    out[k++] = (int)(f * 100);
    int i = 7;
    i /= 2.0f;                             // computed in float
    out[k++] = i;
    i *= 0.5;
    i -= 0.75;
    out[k++] = i;
    unsigned u = 5;
    u -= 6;
    u /= 2;
    out[k++] = (int)u;
    long long w = 1;
    w <<= 40;
    w += t;
    out[k++] = (int)(w >> 38) + (int)w;
    int data[4] = {1, 2, 3, 4};
    int at = 0;
    data[at++] += 10;                      // the index is evaluated once
    data[at++] *= 10;
    out[k++] = data[0] * 100 + data[1] + at;
    data[data[0] - 9 - 1] = t;
    out[k++] = data[1];
    int* p = data;
    *p++ += 1;
    *p += 5;
    out[k++] = data[0] * 100 + data[1];
    bool flag = false;
    flag |= t > 1;
    flag ^= true;
    out[k++] = flag;
    if ((a = t * 2) > 3) a = -a;
    out[k++] = a;
    while ((a += 3) < 10)
        ;
    out[k++] = a;
    for (a = 0, b = 10; a < b; a += 2, b--)
        ;
    out[k++] = a * 100 + b;
    struct {
        int x, y;
    } p1 = {1, 2}, p2;
    p2 = p1;
    p2.x = p1.y += 5;
    out[k++] = p2.x * 100 + p2.y * 10 + p1.y;
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
