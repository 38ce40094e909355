// Literals: suffixes, bases, separators, characters, escapes, strings, floating forms.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 29;

__global__ void test(double* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    out[k++] = 0x1F + 017 + 0b1011 + 1'000'000;
    out[k++] = 0xFFFFFFFF;                         // unsigned: it does not fit into int
    out[k++] = 0x7FFFFFFF;
    out[k++] = 2147483648;                         // long
    out[k++] = -2147483647 - 1;
    out[k++] = 4294967295u + t;
    out[k++] = 10u - 11;
    out[k++] = 1ull << 63;
    out[k++] = 0xFFFFFFFFFFFFFFFF;
    out[k++] = 5L + 6LL + 7UL + 8uLL;
    out[k++] = sizeof(1) + sizeof(1L) * 10 + sizeof(1u) * 100 + sizeof(0x80000000) * 1000 + sizeof(2147483648) * 10000;
    out[k++] = 1e3 + 1.5E-2 + .5 + 2.;
    out[k++] = 0.1f;
    out[k++] = 0x1.8p3 + 0x1p-2f;
    out[k++] = 1e-3f * 1000.f;
    out[k++] = sizeof(1.0f) + sizeof(1.0) * 10 + sizeof(1.f + 1) * 100;
    out[k++] = 'a' + '\n' + '\0' + '\\' + '\'' + '"' + '\x41' + '\101' + '\t';
    out[k++] = sizeof('a') + sizeof("abc") * 10 + sizeof("a" "bc" "\n") * 100;
    const char* text = "cu" "da\x21";
    out[k++] = text[t] + text[4];
    out[k++] = "index"[t];
    out[k++] = '\xff' + 0;                         // char is signed
    out[k++] = true + false + (nullptr == 0);
    out[k++] = 3.4028235e38f;
    out[k++] = 16777217.0f;
    out[k++] = 0.30000000000000004;
    out[k++] = 1.17549435e-38f / 4;
    out[k++] = 08.5 + 010;
    out[k++] = 1 - -1 + +1 - - 1;
    out[k++] = 100'000.5 + 0xAB'CD;
}

int main() {
    double* device = nullptr;
    double host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    cudaFree(device);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%.17g%c", host[i], (i + 1) % VALUES == 0 ? '\n' : ' ');
    return status == cudaSuccess ? 0 : 1;
}
