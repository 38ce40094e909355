// Row 83, style X: non-maximum suppression. Blocks of the upper triangle compare 64 x 64 boxes and
// leave one bit per pair; a second kernel walks the boxes in order of their scores.
#include <algorithm>
#include <cstdint>

#include "check.h"

constexpr int THREADS_PER_BLOCK = sizeof(unsigned long long) * 8;

#define DIVUP(m, n) ((m) / (n) + ((m) % (n) > 0))

__device__ inline bool device_iou(float const* const a, float const* const b, const int offset, const float threshold) {
    float left = fmaxf(a[0], b[0]), right = fminf(a[2], b[2]);
    float top = fmaxf(a[1], b[1]), bottom = fminf(a[3], b[3]);
    float width = fmaxf(right - left + offset, 0.f), height = fmaxf(bottom - top + offset, 0.f);
    float inter = width * height;
    float area_a = (a[2] - a[0] + offset) * (a[3] - a[1] + offset);
    float area_b = (b[2] - b[0] + offset) * (b[3] - b[1] + offset);
    return inter > threshold * (area_a + area_b - inter);
}

__global__ void nms_mask_kernel(const int n_boxes, const float iou_threshold, const int offset, const float* dev_boxes,
                                unsigned long long* dev_mask) {
    const int row_start = blockIdx.y;
    const int col_start = blockIdx.x;
    if (row_start > col_start) return;  // pairs are unordered: the upper triangle is enough

    const int row_size = fminf(n_boxes - row_start * THREADS_PER_BLOCK, THREADS_PER_BLOCK);
    const int col_size = fminf(n_boxes - col_start * THREADS_PER_BLOCK, THREADS_PER_BLOCK);
    __shared__ float block_boxes[THREADS_PER_BLOCK * 4];
    const int tid = threadIdx.x;
    if (tid < col_size) {
        const int col = THREADS_PER_BLOCK * col_start + tid;
        block_boxes[tid * 4 + 0] = dev_boxes[col * 4 + 0];
        block_boxes[tid * 4 + 1] = dev_boxes[col * 4 + 1];
        block_boxes[tid * 4 + 2] = dev_boxes[col * 4 + 2];
        block_boxes[tid * 4 + 3] = dev_boxes[col * 4 + 3];
    }
    __syncthreads();

    if (tid < row_size) {
        const int cur_box_idx = THREADS_PER_BLOCK * row_start + tid;
        const float* cur_box = dev_boxes + cur_box_idx * 4;
        unsigned long long int t = 0;
        int start = 0;
        if (row_start == col_start) start = tid + 1;
        for (int i = start; i < col_size; i++) {
            if (device_iou(cur_box, block_boxes + i * 4, offset, iou_threshold)) t |= 1ULL << i;
        }
        dev_mask[(int64_t)cur_box_idx * gridDim.y + col_start] = t;
    }
}

// one block: `remove` holds a bit per box that an earlier, kept box suppresses
__global__ void gather_keep_from_mask(bool* keep, const unsigned long long* dev_mask, const int n_boxes,
                                      const int col_blocks) {
    extern __shared__ unsigned long long removed[];
    for (int i = threadIdx.x; i < col_blocks; i += blockDim.x) removed[i] = 0;
    __syncthreads();
    for (int nblock = 0; nblock < col_blocks; ++nblock) {
        auto removed_val = removed[nblock];
        __syncthreads();
        const int base = nblock * THREADS_PER_BLOCK;
        for (int inblock = 0; inblock < THREADS_PER_BLOCK; ++inblock) {
            const int i = base + inblock;
            if (i >= n_boxes) break;
            if (!(removed_val & (1ULL << inblock))) {
                if (threadIdx.x == 0) keep[i] = true;
                auto p = dev_mask + (int64_t)i * col_blocks;
                for (int j = threadIdx.x; j < col_blocks; j += blockDim.x) {
                    if (j >= nblock) removed[j] |= p[j];
                }
                __syncthreads();
                removed_val = removed[nblock];
            }
        }
    }
}

// boxes [n, 4] by descending score; mask [n, ceil(n / 64)]
void nms(bool* keep, unsigned long long* mask, const float* boxes, int n_boxes, float iou_threshold, int offset) {
    const int col_blocks = DIVUP(n_boxes, THREADS_PER_BLOCK);
    dim3 blocks(col_blocks, col_blocks);
    dim3 threads(THREADS_PER_BLOCK);
    nms_mask_kernel<<<blocks, threads>>>(n_boxes, iou_threshold, offset, boxes, mask);
    gather_keep_from_mask<<<1, std::min(col_blocks, THREADS_PER_BLOCK), col_blocks * sizeof(unsigned long long)>>>(
        keep, mask, n_boxes, col_blocks);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    for (int n : {1, 63, 64, 65, 200}) {
        const float threshold = 0.4f;
        std::vector<float> boxes, x = random_floats(4 * n, 820 + n, 0.0f, 20.0f);
        for (int i = 0; i < n; i++) {
            boxes.insert(boxes.end(), {x[4 * i], x[4 * i + 1], x[4 * i] + x[4 * i + 2], x[4 * i + 1] + x[4 * i + 3]});
        }
        if (n > 2) std::copy(boxes.begin(), boxes.begin() + 4, boxes.begin() + 8);  // a box twice
        std::vector<int> want;
        for (int i = 0; i < n; i++) {
            bool kept = true;
            for (int j = 0; j < i && kept; j++) {
                const float *a = &boxes[4 * j], *b = &boxes[4 * i];
                double w = std::fmax(0.0, std::fmin(a[2], b[2]) - std::fmax(a[0], b[0]));
                double h = std::fmax(0.0, std::fmin(a[3], b[3]) - std::fmax(a[1], b[1]));
                double both = w * h, all = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both;
                kept = !(want[j] && both > threshold * all);
            }
            want.push_back(kept);
        }
        float* d_boxes = to_device(boxes);
        bool* d_keep = device_zeros<bool>(n);
        auto* d_mask = device_zeros<unsigned long long>(n * ceil_div(n, 64));
        nms(d_keep, d_mask, d_boxes, n, threshold, 0);
        std::vector<unsigned char> got(n);
        CUDA_CHECK(cudaMemcpy(got.data(), d_keep, n, cudaMemcpyDeviceToHost));
        ok = all_close(got, want, 0.0, "keep") && ok;
        cudaFree(d_boxes), cudaFree(d_keep), cudaFree(d_mask);
    }
    return report(ok);
}
