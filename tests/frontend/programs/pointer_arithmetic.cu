// Pointer differences, comparisons, walking, and pointers into arrays of records.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 38;

struct Pair {
    short first;
    int second;
};

// Nothing but pointer arithmetic asks for its size.
struct Record {
    int id;
    double values[3];
};

__device__ int span(const int* begin, const int* end) { return (int)(end - begin); }

__device__ int find(const int* data, int n, int key) {
    const int* p = data;
    while (p != data + n && *p != key) ++p;
    return (int)(p - data);
}

__device__ long long sum_range(const int* first, const int* last) {
    long long sum = 0;
    for (; first < last; first++) sum += *first;
    return sum;
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;

    int data[10];
    for (int i = 0; i < 10; i++) data[i] = (i * 7 + t) % 10;
    int* p = data + 3;
    out[k++] = *p;
    out[k++] = p[2];
    out[k++] = p[-1];
    out[k++] = *(p + t);
    out[k++] = t[data];
    out[k++] = *p++;
    out[k++] = *++p;
    out[k++] = (*p)++;
    out[k++] = ++*p;
    out[k++] = *p--;
    p += 4;
    out[k++] = (int)(p - data);
    p -= t;
    out[k++] = (int)(p - &data[1]);
    out[k++] = (int)(data - p);
    out[k++] = (p > data) + 2 * (p >= data + 10) + 4 * (p == data + 8);
    out[k++] = span(data, data + 10);
    out[k++] = span(&data[7], &data[t]);
    out[k++] = find(data, 10, 4);
    out[k++] = find(data, 10, 100);
    out[k++] = (int)sum_range(data, data + 10);
    out[k++] = (int)sum_range(p, p);

    const Record* record = (const Record*)out;
    const Record* later = record + 3;
    out[k++] = (int)((const char*)later - (const char*)record);
    record++;
    out[k++] = (int)(later - record);
    out[k++] = (int)((const char*)(later - 2) - (const char*)record);

    Pair pairs[4];
    for (int i = 0; i < 4; i++) {
        pairs[i].first = (short)i;
        pairs[i].second = i * 100 + t;
    }
    Pair* q = pairs;
    q++;
    out[k++] = q->second;
    out[k++] = (q + 2)->first + (*q).second;
    out[k++] = (int)(&pairs[3] - q);
    out[k++] = (int)((char*)&pairs[3] - (char*)&pairs[0]);
    const int* member = &pairs[2].second;
    out[k++] = *member;

    int grid[3][4];
    int* flat = &grid[0][0];
    for (int i = 0; i < 12; i++) *(flat + i) = i * i + t;
    out[k++] = grid[2][1];
    int(*row)[4] = grid;
    row++;
    out[k++] = (*row)[3];
    out[k++] = row[1][0];
    out[k++] = *(*(grid + 1) + 2);
    out[k++] = (int)(&grid[2][0] - flat);

    unsigned char bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    unsigned char* end = bytes + sizeof(bytes);
    int reversed = 0;
    while (end > bytes + 4) reversed = reversed * 10 + *--end;
    out[k++] = reversed;
    int* cursor = out + k;
    *cursor++ = 111;
    *cursor = 222;
    k += 2;
    out[k++] = (int)(cursor - out) - k;
    out[k++] = 0;
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
