// Increments before and after; && and || and ?: evaluate only what they need.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 30;

struct Iterator {
    int position;
    __device__ Iterator& operator++() {
        ++position;
        return *this;
    }
    __device__ Iterator operator++(int) {
        Iterator before = *this;
        position += 1;
        return before;
    }
};

__device__ bool note(int& trail, int digit, bool result) {
    trail = trail * 10 + digit;
    return result;
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    int i = t;
    int a = i++, b = ++i;
    out[k++] = a * 100 + b * 10 + i;
    a = i--;
    b = --i;
    out[k++] = a * 100 + b * 10 + i;
    ++++i;
    out[k++] = i;
    float f = 1.5f;
    out[k++] = (int)(f++ * 10);
    out[k++] = (int)(--f * 10);
    unsigned char uc = 255;
    out[k++] = uc++;
    out[k++] = uc--;
    out[k++] = uc;
    signed char sc = 127;
    sc++;
    out[k++] = sc;
    Iterator it = {t};
    out[k++] = (it++).position;
    out[k++] = (++it).position;
    out[k++] = it.position;

    int trail = 0;
    bool r = note(trail, 1, t > 0) && note(trail, 2, t > 1) && note(trail, 3, true);
    out[k++] = trail * 10 + r;
    trail = 0;
    r = note(trail, 1, t > 2) || note(trail, 2, t == 0) || note(trail, 3, false);
    out[k++] = trail * 10 + r;
    trail = 0;
    r = note(trail, 1, t & 1) && note(trail, 2, false) || note(trail, 3, t & 2);
    out[k++] = trail * 10 + r;
    trail = 0;
    r = !(note(trail, 1, false) || !note(trail, 2, t != 3));
    out[k++] = trail * 10 + r;
    trail = 0;
    int chosen = t % 2 ? (note(trail, 4, true), 40) : (note(trail, 5, true), 50);
    out[k++] = trail * 100 + chosen;
    int n = 0;
    if (t > 1 && ++n) n += 10;
    if (t < 3 || ++n) n += 100;
    out[k++] = n;
    int data[4] = {4, 0, 2, 1};
    int index = t + 2;
    out[k++] = index < 4 && data[index] ? data[index] : -1;   // guards the access
    int divisor = t - 1;
    out[k++] = divisor != 0 && 10 / divisor > 4;
    int* p = t == 2 ? nullptr : &data[t];
    out[k++] = p && *p ? *p : -5;
    out[k++] = (t > 0) & (n++ > 0);                           // both sides
    out[k++] = n;
    int sum = 0;
    while (sum < 20 && ++n % 7) sum += n;
    out[k++] = sum;
    int depth = 0;
    bool done = t == 0;
    while (!done) done = ++depth > t || depth == 2;
    out[k++] = depth;
    out[k++] = t == 0 ? 1 : t == 1 ? n++ : --n;
    out[k++] = n;
    out[k++] = 1 < 2 == true;
    out[k++] = !t == 0;
    out[k++] = - -t + ~-t;
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
