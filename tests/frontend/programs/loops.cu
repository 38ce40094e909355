// Loops: for, while, do, break and continue at depth, several variables, empty parts.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 20;

__device__ int collatz(int n) {
    int steps = 0;
    while (n != 1) {
        n = n % 2 ? 3 * n + 1 : n / 2;
        ++steps;
    }
    return steps;
}

__device__ int isqrt(int n) {
    int lo = 0, hi = n + 1;
    do {
        int mid = (lo + hi) / 2;
        if (mid * mid > n)
            hi = mid;
        else
            lo = mid;
    } while (hi - lo > 1);
    return lo;
}

__device__ int primes_below(int limit) {
    int count = 0;
    for (int n = 2; n < limit; n++) {
        bool prime = true;
        for (int d = 2; d * d <= n; d++) {
            if (n % d == 0) {
                prime = false;
                break;
            }
        }
        if (!prime) continue;
        count++;
    }
    return count;
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    out[k++] = collatz(7 + t);
    out[k++] = isqrt(1000 * (t + 1));
    out[k++] = primes_below(30 + t);

    int sum = 0;
    for (int i = 0, j = 10; i < j; i++, j -= 2) sum += i * j;
    out[k++] = sum;
    sum = 0;
    for (int i = 10; i-- > t;) sum += i;
    out[k++] = sum;
    int n = 0;
    for (;;) {
        if (++n > 5 + t) break;
    }
    out[k++] = n;
    do n--;
    while (n > 3);
    out[k++] = n;
    int once = 0;
    do {
        once++;
        if (t == 1) continue;                 // goes to the condition
        once += 10;
    } while (once < 5);
    out[k++] = once;
    while (false) n = 100;
    out[k++] = n;

    int found = -1;
    for (int i = 0; i < 6 && found < 0; i++) {
        for (int j = 0; j < 6; j++) {
            if ((i * j) % 7 == t + 1) {
                found = i * 10 + j;
                break;
            }
            if (j > i) break;
        }
    }
    out[k++] = found;

    sum = 0;
    for (int i = 0; i < 20; i++) {
        if (i % 3 == 0) continue;
        if (i > 12 + t) break;
        sum += i;
    }
    out[k++] = sum;
    sum = 0;
    for (float x = 0.0f; x < 1.0f; x += 0.25f) sum++;
    out[k++] = sum;
    sum = 0;
    for (unsigned u = 1; u; u <<= 1) sum++;
    out[k++] = sum;
    sum = 0;
    for (unsigned char c = 250; c >= 250; c++) sum++;   // ends when the byte wraps
    out[k++] = sum;
    int data[5] = {5, 3, 9, 1, 7};
    for (int i = 0; i < 4; i++)                           // sorting
        for (int j = 0; j < 4 - i; j++)
            if (data[j] > data[j + 1]) {
                int tmp = data[j];
                data[j] = data[j + 1];
                data[j + 1] = tmp;
            }
    out[k++] = data[t] * 10 + data[4];
    int i = 0;
    while (i < 5) {
        int captured = i;                                // a fresh variable each round
        captured *= 2;
        i += captured > 2 ? 2 : 1;
    }
    out[k++] = i;
    for (i = t; i < 100; i *= 3) i++;
    out[k++] = i;
    int weird = 0;
    while (weird++ < t)
        ;
    out[k++] = weird;
    int lane = t;
    while (true) {
        if (lane == 0) break;
        if (lane & 1) {
            lane--;
            continue;
        }
        lane /= 2;
        weird += 10;
    }
    out[k++] = weird;
#pragma unroll 4
    for (int step = 0; step < t + 6; step++) weird += step;
    out[k++] = weird;
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
