// Row 72, style T: causal attention in three passes - scores, softmax, weighted values - on
// inp [B, T, 3, NH, HS]; later versions of the first two passes follow as separate kernels.
#include <cfloat>

#include "check.h"

// preatt[b, h, t, t2] = q . k / sqrt(hs), a thread per score; the future stays -inf
__global__ void attention_query_key_kernel1(float* preatt, const float* inp, int B, int T, int C, int NH) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    int total_threads = B * NH * T * T;
    if (idx < total_threads) {
        int t2 = idx % T;
        int t = (idx / T) % T;
        if (t2 > t) {
            preatt[idx] = -INFINITY;
            return;
        }
        int h = (idx / (T * T)) % NH;
        int b = idx / (NH * T * T);
        int C3 = C * 3;
        int hs = C / NH;
        const float* query_t = inp + b * T * C3 + t * C3 + h * hs;
        const float* key_t2 = inp + b * T * C3 + t2 * C3 + h * hs + C;  // + C: the keys
        float val = 0.0f;
        for (int i = 0; i < hs; i++) {
            val += query_t[i] * key_t2[i];
        }
        val *= 1.0 / sqrtf(hs);
        preatt[idx] = val;
    }
}

// a thread per row, three walks
__global__ void attention_softmax_kernel1(float* att, const float* preatt, int B, int T, int NH) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    int total_threads = B * T * NH;
    if (idx < total_threads) {
        int h = idx % NH;
        int t = (idx / NH) % T;
        int b = idx / (NH * T);
        const float* preatt_bth = preatt + b * NH * T * T + h * T * T + t * T;
        float* att_bth = att + b * NH * T * T + h * T * T + t * T;

        float maxval = -FLT_MAX;
        for (int t2 = 0; t2 <= t; t2++) {
            if (preatt_bth[t2] > maxval) maxval = preatt_bth[t2];
        }
        float expsum = 0.0f;
        for (int t2 = 0; t2 <= t; t2++) {
            float expv = expf(preatt_bth[t2] - maxval);
            expsum += expv;
            att_bth[t2] = expv;
        }
        float expsum_inv = expsum == 0.0f ? 0.0f : 1.0f / expsum;
        for (int t2 = 0; t2 < T; t2++) {
            if (t2 <= t) {
                att_bth[t2] *= expsum_inv;
            } else {
                att_bth[t2] = 0.0f;  // the causal mask, for whoever reads the matrix
            }
        }
    }
}

// a block per row: lanes keep partial maxima and sums, thread 0 finishes them
__global__ void attention_softmax_kernel2(float* att, const float* preatt, int T) {
    extern __shared__ float shared[];
    int row = blockIdx.x;
    int t = row % T, tid = threadIdx.x;
    const float* x = preatt + (size_t)row * T;
    float* y = att + (size_t)row * T;
    float maxval = -INFINITY;
    for (int i = tid; i <= t; i += blockDim.x) maxval = fmaxf(maxval, x[i]);
    shared[tid] = maxval;
    __syncthreads();
    if (tid == 0) {
        for (int j = 1; j < blockDim.x; j++) shared[0] = fmaxf(shared[0], shared[j]);
    }
    __syncthreads();
    float offset = shared[0];
    __syncthreads();
    float sumval = 0.0f;
    for (int i = tid; i < T; i += blockDim.x) {
        float e = i <= t ? expf(x[i] - offset) : 0.0f;
        y[i] = e;
        sumval += e;
    }
    shared[tid] = sumval;
    __syncthreads();
    float sum = 0.0f;
    for (int j = 0; j < blockDim.x; j++) sum += shared[j];
    for (int i = tid; i < T; i += blockDim.x) y[i] /= sum;
}

__global__ void attention_value_kernel1(float* out, const float* att, const float* inp, int B, int T, int C, int NH) {
    int idx = blockIdx.x * blockDim.x + threadIdx.x;
    if (idx < B * T * NH) {
        int h = idx % NH;
        int t = (idx / NH) % T;
        int b = idx / (NH * T);
        int C3 = C * 3;
        int hs = C / NH;
        float* out_bth = out + b * T * C + t * C + h * hs;
        const float* att_bth = att + b * NH * T * T + h * T * T + t * T;
        for (int i = 0; i < hs; i++) out_bth[i] = 0.0f;
        for (int t2 = 0; t2 <= t; t2++) {
            const float* value_t2 = inp + b * T * C3 + t2 * C3 + h * hs + C * 2;
            float att_btht2 = att_bth[t2];
            for (int i = 0; i < hs; i++) out_bth[i] += att_btht2 * value_t2[i];
        }
    }
}

void attention_forward(int version, float* out, float* preatt, float* att, const float* inp, int B, int T, int C, int NH,
                       const int block_size) {
    int total_threads = B * NH * T * T;
    int num_blocks = ceil_div(total_threads, block_size);
    attention_query_key_kernel1<<<num_blocks, block_size>>>(preatt, inp, B, T, C, NH);
    if (version == 1) {
        attention_softmax_kernel1<<<ceil_div(B * T * NH, block_size), block_size>>>(att, preatt, B, T, NH);
    } else {
        attention_softmax_kernel2<<<B * NH * T, block_size, block_size * sizeof(float)>>>(att, preatt, T);
    }
    attention_value_kernel1<<<ceil_div(B * T * NH, block_size), block_size>>>(out, att, inp, B, T, C, NH);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const int B = 2, NH = 3, hs = 5, C = NH * hs;
    for (int T : {1, 17, 33}) {
        std::vector<float> inp = random_floats(B * T * 3 * C, 800 + T);
        std::vector<double> want(B * T * C, 0.0), p(T);
        for (int b = 0; b < B; b++)
            for (int h = 0; h < NH; h++)
                for (int t = 0; t < T; t++) {
                    auto at = [&](int t2, int part, int i) { return (double)inp[((b * T + t2) * 3 + part) * C + h * hs + i]; };
                    double sum = 0;
                    for (int t2 = 0; t2 <= t; t2++) {
                        double dot = 0;
                        for (int i = 0; i < hs; i++) dot += at(t, 0, i) * at(t2, 1, i);
                        sum += p[t2] = std::exp(dot / std::sqrt((double)hs));
                    }
                    for (int t2 = 0; t2 <= t; t2++)
                        for (int i = 0; i < hs; i++) want[(b * T + t) * C + h * hs + i] += p[t2] / sum * at(t2, 2, i);
                }
        float *d_inp = to_device(inp), *d_out = device_zeros<float>(B * T * C);
        float *d_pre = device_zeros<float>(B * NH * T * T), *d_att = device_zeros<float>(B * NH * T * T);
        for (int version = 1; version <= 2; version++) {
            attention_forward(version, d_out, d_pre, d_att, d_inp, B, T, C, NH, 64);
            ok = all_close(to_host(d_out, want.size()), want, 1e-5, "attention") && ok;
        }
        cudaFree(d_inp), cudaFree(d_out), cudaFree(d_pre), cudaFree(d_att);
    }
    return report(ok);
}
