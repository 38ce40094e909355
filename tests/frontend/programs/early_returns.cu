// Functions that leave early from loops, branches and switches; a kernel that does.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 17;

__device__ int first_negative(const int* data, int n) {
    for (int i = 0; i < n; i++) {
        if (data[i] < 0) return i;
    }
    return -1;
}

__device__ int find_pair(const int* data, int n, int target) {
    for (int i = 0; i < n; i++) {
        for (int j = i + 1; j < n; j++) {
            if (data[i] + data[j] == target) return i * 10 + j;
            if (data[j] == 99) break;
        }
        if (data[i] == 0) return -2;
    }
    return -1;
}

__device__ bool classify(int x, int& kind) {
    kind = 0;
    if (x < 0) return false;
    kind = 1;
    if (x == 0) return true;
    kind = 2;
    if (x > 2) {
        kind = 3;
        return x & 1;
    }
    return true;
}

__device__ void fill_until(int* data, int n, int stop) {
    if (n <= 0) return;
    int i = 0;
    while (true) {
        data[i] = i * i;
        if (data[i] >= stop) return;
        if (++i == n) return;
    }
}

__device__ int sign(float x) {
    if (x > 0) return 1;
    if (x < 0)
        return -1;
    else
        return 0;
}

__device__ int nested_switch(int x) {
    do {
        switch (x) {
            case 0: return 100;
            case 1: break;
            default: x -= 2; continue;
        }
        return 200 + x;
    } while (x >= 0);
    return -1;
}

__device__ float newton(float value, int limit, int* rounds) {
    float x = value;
    for (*rounds = 0; *rounds < limit; ++*rounds) {
        float next = 0.5f * (x + value / x);
        if (next == x) return x;
        x = next;
    }
    return -x;
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    int data[5] = {3, 1, 4, -t, 5};
    out[k++] = first_negative(data, 5);
    out[k++] = first_negative(data, 2);
    out[k++] = find_pair(data, 5, 9);
    out[k++] = find_pair(data, 5, 4 - t);
    data[2] = 99;
    out[k++] = find_pair(data, 5, 8);
    int kind;
    bool ok = classify(t - 1, kind);
    out[k++] = ok * 10 + kind;
    ok = classify(t + 2, kind);
    out[k++] = ok * 10 + kind;
    fill_until(data, 5, t * t);
    out[k++] = data[0] + data[1] * 10 + data[2] * 100;
    fill_until(data, 0, 1);
    out[k++] = data[4];
    out[k++] = sign(t - 1.5f) + sign(0) * 10 + sign(-0.0f) * 100;
    out[k++] = nested_switch(t);
    out[k++] = nested_switch(t - 5);
    int rounds;
    float root = newton(4.0f, 50, &rounds);
    out[k++] = (int)(root * 1000) + rounds;
    root = newton(2.0f + t, 2, &rounds);
    out[k++] = root < 0 ? -rounds : rounds;
    if (t == 1) return;
    out[k++] = 1;
    for (int i = 0; i < 10; i++) {
        if (i == 3 + t) {
            out[k++] = i;
            if (t == 2) return;
        }
        if (i > 8 - t) return;
    }
    out[k++] = 12345;
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
