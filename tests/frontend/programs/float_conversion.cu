// Conversions between integers, float and double, and mixed arithmetic.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 40;

__global__ void test(double* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;

    float f = 2.75f + t;
    double d = -1.1 * (t + 1);
    int i = 16777217 + 2 * t;               // needs 25 bits
    unsigned int u = 4294967295u - t;
    long long w = (1ll << 60) + t;

    out[k++] = (int)f;
    out[k++] = (int)-f;                     // towards zero
    out[k++] = (int)d;
    out[k++] = (unsigned char)f;
    out[k++] = (long long)(d * 1e12);
    out[k++] = (float)i;                    // rounds to even
    out[k++] = (double)i;
    out[k++] = (float)u;
    out[k++] = (double)u;
    out[k++] = (float)w;
    out[k++] = (double)w;
    out[k++] = (float)d;
    out[k++] = i * 1.0f;
    out[k++] = i * 1.0;
    out[k++] = i / 2;
    out[k++] = i / 2.0f;
    out[k++] = 1 / 3 * 3.0;
    out[k++] = 1.0f / 3;
    out[k++] = 1.0 / 3;
    out[k++] = f + d;                       // double
    out[k++] = f * 0.1;                     // double
    out[k++] = f * 0.1f;
    out[k++] = (float)(f * 0.1);
    out[k++] = 0.1f == 0.1;
    out[k++] = (0.1f + 0.2f == 0.3f) + 2 * (0.1 + 0.2 == 0.3);
    out[k++] = 3.0f > t;
    out[k++] = !f + !!d;
    out[k++] = f ? 1 : 2;
    out[k++] = -0.0f;
    out[k++] = 1.0 / -0.0 < 0;
    out[k++] = (t - 1) / 2.0f + (t - 1) / 2;
    float acc = 1e8f;
    acc += 1;                               // lost in single precision
    out[k++] = acc - 1e8f;
    double acc2 = 1e8f;
    acc2 += 1;
    out[k++] = acc2 - 1e8f;
    int whole = 10;
    whole *= 1.55;                          // through double and back
    out[k++] = whole;
    whole += 0.9f;
    out[k++] = whole;
    unsigned char small = 200;
    small *= 1.2f;
    out[k++] = small;
    out[k++] = sizeof(f + 1) * 10 + sizeof(f + 1.0);
    out[k++] = (float)1e-45 + 1e-40f;       // denormals
    out[k++] = 1e38f * (float)(10 + t);     // infinity
    float nan = 0.0f / (float)(t * 0);
    out[k++] = (nan == nan) + 2 * (nan != nan) + 4 * (nan < 1) + 8 * !(nan >= 1);
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
