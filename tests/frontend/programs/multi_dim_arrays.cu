// Arrays of arrays: initialisers, partial initialisers, passing rows, copying by loops.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 22;

__device__ int trace(const int (&m)[3][3]) {
    int sum = 0;
    for (int i = 0; i < 3; i++) sum += m[i][i];
    return sum;
}

__device__ int row_sum(const int* row, int n) {
    int sum = 0;
    for (int i = 0; i < n; ++i) sum += row[i];
    return sum;
}

__device__ void scale_rows(float m[][4], int rows, float factor) {
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < 4; j++) m[i][j] *= factor;
}

template <int R, int C>
__device__ void transpose(int (&dst)[C][R], const int (&src)[R][C]) {
    for (int i = 0; i < R; i++)
        for (int j = 0; j < C; j++) dst[j][i] = src[i][j];
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;

    int m[3][3] = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
    m[1][t % 3] += 100;
    out[k++] = trace(m);
    out[k++] = row_sum(m[1], 3);
    out[k++] = row_sum(m[0], 3) - row_sum(*m, 2);
    out[k++] = row_sum(&m[2][1], 2);

    int partial[2][4] = {{1, 2}, {3}};
    out[k++] = row_sum(partial[0], 4) * 10 + row_sum(partial[1], 4);
    out[k++] = partial[0][3] + partial[1][1];
    int zeros[5] = {};
    out[k++] = row_sum(zeros, 5);
    int one[4] = {t};
    out[k++] = row_sum(one, 4);
    int deduced[] = {t, t + 1, t + 2};
    out[k++] = sizeof(deduced) / sizeof(deduced[0]) * 100 + deduced[2];
    int flat_list[2][3] = {1, 2, 3, 4, 5, 6};  // braces may be left out
    out[k++] = flat_list[1][0];

    int transposed[3][2];
    transpose(transposed, flat_list);
    out[k++] = transposed[2][0] * 10 + transposed[2][1];
    transpose<2, 3>(transposed, flat_list);
    out[k++] = transposed[t % 3][1];

    float f[2][4];
    for (auto& row : f)
        for (auto& x : row) x = 1.5f + t;
    scale_rows(f, 2, 2.0f);
    out[k++] = (int)f[1][3];

    int cube[2][3][4];
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 3; b++)
            for (int c = 0; c < 4; c++) cube[a][b][c] = a * 100 + b * 10 + c;
    out[k++] = cube[1][2][t];
    out[k++] = row_sum(cube[1][0], 4);
    out[k++] = sizeof(cube) + sizeof(cube[0]) + sizeof(cube[0][0]) + sizeof(cube[0][0][0]);
    int* flat = &cube[0][0][0];
    out[k++] = flat[t * 6];

    int lookup[4] = {3, 2, 1, 0};
    out[k++] = lookup[lookup[t]];
    lookup[lookup[t]] = 50;
    out[k++] = row_sum(lookup, 4);
    int i = 0;
    lookup[i++] = i + 10 * t;                  // the right side is evaluated first
    out[k++] = lookup[0] + i;
    bool seen[26] = {false};
    const char* word = "deadbeef";
    for (int c = 0; word[c]; c++) seen[word[c] - 'a'] = true;
    int distinct = 0;
    for (bool s : seen) distinct += s;
    out[k++] = distinct;
    char text[] = "abc";
    text[t] += 1;
    out[k++] = text[0] + text[1] + text[2] + text[3] + (int)sizeof(text);
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
