// switch: fall through, default in the middle, nested, in loops, declarations, ranges of cases.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 16;

__device__ int fall_through(int x) {
    int score = 0;
    switch (x) {
        case 0: score += 1;
        case 1: score += 10;
        case 2: score += 100; break;
        case 3: score += 1000;
        default: score += 10000;
    }
    return score;
}

__device__ int default_first(int x) {
    switch (x) {
        default: return -1;
        case 2:
        case 4: return 24;
        case 3: {
            int y = x * 2;
            return y;
        }
    }
}

__device__ int default_middle(int x) {
    int r = 0;
    switch (x) {
        case 1: r = 1; break;
        default: r += 50;
        case 2: r += 2; break;
        case 3: r = 3;
    }
    return r;
}

__device__ int nested(int a, int b) {
    switch (a) {
        case 0:
            switch (b) {
                case 0: return 0;
                case 1: break;
                default: return 2;
            }
            return 10;
        case 1:
            while (b > 0) {
                if (b == 2) break;      // leaves the loop, not the switch
                b--;
            }
            return 100 + b;
        default: break;
    }
    return 1000;
}

__device__ int vm(const char* program, int x) {
    int steps = 0;
    for (int pc = 0;; pc++) {
        switch (program[pc]) {
            case '+': x += 1; break;
            case '*': x *= 2; break;
            case '-': x -= 3; continue;  // skips the count
            case '?':
                if (x % 2 == 0) pc++;
                break;
            case 0: return x * 100 + steps;
            default: return -1;
        }
        steps++;
    }
}

__device__ char grade(unsigned char points) {
    switch (points / 10) {
        case 10:
        case 9: return 'A';
        case 8: return 'B';
        case 7: return 'C';
    }
    return 'F';
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    out[k++] = fall_through(t);
    out[k++] = fall_through(t + 3);
    out[k++] = default_first(t + 1);
    out[k++] = default_middle(t);
    out[k++] = nested(0, t);
    out[k++] = nested(1, t);
    out[k++] = nested(t + 1, 3);
    out[k++] = vm("+*-?+*", t);
    out[k++] = vm("++x", t);
    out[k++] = vm("", t);
    out[k++] = grade((unsigned char)(70 + 10 * t)) + grade(5);
    int total = 0;
    for (int i = 0; i < 8; i++) {
        switch (i & 3) {
            case 0: continue;
            case 1: total += i; break;
            case 2: total += 10 * i;
            case 3: total += t; break;
        }
        total += 1000;
    }
    out[k++] = total;
    long long key = (1ll << 40) + t;
    switch (key) {
        case (1ll << 40): out[k++] = 1; break;
        case (1ll << 40) + 1: out[k++] = 2; break;
        default: out[k++] = 3; break;
    }
    switch (int x = t * 2; x) {
        case 2: out[k++] = x + 1; break;
        case -1: out[k++] = 0; break;
        default: out[k++] = -x;
    }
    switch (t) {
    }
    switch (t) case 2: total = -1;
    out[k++] = total;
    bool flag = t == 1;
    switch (flag) {
        case true: out[k++] = 11; break;
        case false: out[k++] = 22; break;
    }
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
