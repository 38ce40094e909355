// Range-based for over arrays, rows, records with begin and end, by value and by reference.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 11;

struct Range {
    int first, last;
    struct Iterator {
        int value;
        __device__ int operator*() const { return value; }
        __device__ Iterator& operator++() {
            ++value;
            return *this;
        }
        __device__ bool operator!=(const Iterator& other) const { return value != other.value; }
    };
    __device__ Iterator begin() const { return {first}; }
    __device__ Iterator end() const { return {last}; }
};

struct Slice {
    int* data;
    int size;
    __device__ int* begin() { return data; }
    __device__ int* end() { return data + size; }
};

struct Item {
    int key;
    float weight;
};

template <typename T, int N>
__device__ T total(const T (&values)[N]) {
    T sum = 0;
    for (const T& v : values) sum += v;
    return sum;
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    int data[5] = {1, 2, 3, 4, t};
    int sum = 0;
    for (int v : data) sum += v;
    out[k++] = sum;
    for (int v : data) v *= 100;                    // a copy
    out[k++] = total(data);
    for (int& v : data) v *= 2;
    out[k++] = total(data);
    for (auto& v : data) {
        if (v == 6) continue;
        if (v == 8) break;
        v = -v;
    }
    out[k++] = total(data);
    int grid[2][3] = {{1, 2, 3}, {4, 5, 6}};
    sum = 0;
    for (auto& row : grid) {
        row[0] = t;
        for (auto v : row) sum = sum * 3 + v;
    }
    out[k++] = sum;
    sum = 0;
    for (int i : Range{t, 6}) sum += i * i;
    out[k++] = sum;
    Slice slice = {data + 1, 3};
    for (int& v : slice) v = 7;
    out[k++] = total(data);
    Item items[3] = {{1, 0.5f}, {2, 1.5f}, {t, 2.5f}};
    float weighted = 0;
    for (const auto& item : items) weighted += item.key * item.weight;
    out[k++] = (int)(weighted * 10);
    for (auto item : items) item.key = 0;
    out[k++] = items[0].key + items[1].key + items[2].key;
    sum = 0;
    for (int v : {10, 20, t}) sum += v;
    out[k++] = sum;
    const float constants[] = {0.25f, 0.5f};
    out[k++] = (int)(total(constants) * 100);
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
