// Row 23, style T: gradient of token and position embeddings. Tokens repeat, so the token table is updated
// by atomics (their order, and so the last bits, may differ between runs); the position table sums over the
// batch in a fixed order. A bfloat16 table is updated by compare-and-swap.
#include <cuda_bf16.h>

#include "check.h"

__global__ void wte_backward_kernel(float* dwte, const float* dout, const int* ids, int BT, int C) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx >= BT * C) return;
    int bt = idx / C;
    int c = idx % C;
    atomicAdd(dwte + ids[bt] * C + c, dout[idx]);
}

__global__ void wpe_backward_kernel(float* dwpe, const float* dout, int B, int T, int C) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx >= T * C) return;
    float sum = dwpe[idx];
    for (int b = 0; b < B; b++) {
        sum += dout[b * T * C + idx];
    }
    dwpe[idx] = sum;
}

// There is no bfloat16 addition in memory on older devices: compare and swap the 16 bits.
__device__ void atomic_add_bf16(__nv_bfloat16* address, float value) {
    unsigned short* bits = reinterpret_cast<unsigned short*>(address);
    unsigned short seen = atomicCAS(bits, (unsigned short)0, (unsigned short)0);  // an atomic read
    unsigned short expected;
    do {
        expected = seen;
        float sum = __bfloat162float(__ushort_as_bfloat16(expected)) + value;
        seen = atomicCAS(bits, expected, __bfloat16_as_ushort(__float2bfloat16(sum)));
    } while (seen != expected);
}

__global__ void wte_backward_bf16_kernel(__nv_bfloat16* dwte, const float* dout, const int* ids, int BT, int C) {
    for (int bt = blockIdx.x; bt < BT; bt += gridDim.x) {
        __nv_bfloat16* row = dwte + (size_t)ids[bt] * C;
        for (int c = threadIdx.x; c < C; c += blockDim.x) {
            atomic_add_bf16(row + c, dout[(size_t)bt * C + c]);
        }
    }
}

void encoder_backward(float* dwte, float* dwpe, const float* dout, const int* ids, int B, int T, int C,
                      int block_size) {
    wte_backward_kernel<<<ceil_div(B * T * C, block_size), block_size>>>(dwte, dout, ids, B * T, C);
    wpe_backward_kernel<<<ceil_div(T * C, block_size), block_size>>>(dwpe, dout, B, T, C);
    CUDA_CHECK(cudaGetLastError());
}

void wte_backward_bf16(__nv_bfloat16* dwte, const float* dout, const int* ids, int B, int T, int C) {
    const int grid_size = B * T < 16 ? B * T : 16;
    wte_backward_bf16_kernel<<<grid_size, 32>>>(dwte, dout, ids, B * T, C);
}

int main() {
    const int B = 4, T = 9, C = 23, V = 6, n = B * T * C;
    std::vector<int> ids = random_ints(B * T, 150, 0, V - 1), coarse = random_ints(n, 151, -4, 4);
    std::vector<float> dout = random_floats(n, 152), dout_coarse(coarse.begin(), coarse.end());
    std::vector<double> dwte(V * C, 0.0), dwpe(T * C, 0.0), dwte_b(V * C, 0.0);
    for (int i = 0; i < n; i++) {
        dwte[ids[i / C] * C + i % C] += dout[i];
        dwte_b[ids[i / C] * C + i % C] += coarse[i];  // small integers: exact in bfloat16
        dwpe[(i / C) % T * C + i % C] += dout[i];
    }
    int* d_ids = to_device(ids);
    float *d_dout = to_device(dout), *d_coarse = to_device(dout_coarse);
    float *d_dwte = device_zeros<float>(V * C), *d_dwpe = device_zeros<float>(T * C);
    __nv_bfloat16* d_dwteb = device_zeros<__nv_bfloat16>(V * C);
    encoder_backward(d_dwte, d_dwpe, d_dout, d_ids, B, T, C, 128);
    wte_backward_bf16(d_dwteb, d_coarse, d_ids, B, T, C);
    bool ok = all_close(to_host(d_dwte, V * C), dwte, 1e-5, "dwte");
    ok = all_close(to_host(d_dwpe, T * C), dwpe, 1e-5, "dwpe") && ok;
    std::vector<__nv_bfloat16> raw = to_host(d_dwteb, V * C);
    std::vector<float> got;
    for (auto v : raw) got.push_back(__bfloat162float(v));
    ok = all_close(got, dwte_b, 0.0, "dwte bf16") && ok;
    cudaFree(d_ids), cudaFree(d_dout), cudaFree(d_coarse), cudaFree(d_dwte), cudaFree(d_dwpe), cudaFree(d_dwteb);
    return report(ok);
}
