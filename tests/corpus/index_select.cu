// Row 24, style E: out[i, :] = table[ids[i], :]; an id outside the table gives a row of zeros. The element
// is an opaque 16-byte vector when rows allow it, otherwise a single float.
#include <cstdint>

#include "check.h"

template <typename V>
__device__ __forceinline__ V zero_value() {
    return V{};
}

template <typename index_t, typename vec_t>
__global__ void index_select_kernel(vec_t* __restrict__ out, const vec_t* __restrict__ table,
                                    const index_t* __restrict__ ids, int64_t table_rows, int vecs_per_row,
                                    int64_t num_ids) {
    const int lane = threadIdx.x;
    const int64_t row = (int64_t)blockIdx.x * blockDim.y + threadIdx.y;
    if (row >= num_ids) return;

    const index_t id = ids[row];
    vec_t* dst = out + row * vecs_per_row;
    if (id < 0 || static_cast<int64_t>(id) >= table_rows) {
        for (int i = lane; i < vecs_per_row; i += blockDim.x) dst[i] = zero_value<vec_t>();
        return;
    }
    const vec_t* src = table + static_cast<int64_t>(id) * vecs_per_row;
    for (int i = lane; i < vecs_per_row; i += blockDim.x) {
        dst[i] = src[i];
    }
}

template <typename index_t>
void index_select(float* out, const float* table, const index_t* ids, int table_rows, int cols, int num_ids) {
    dim3 block(16, 4);
    dim3 grid(ceil_div(num_ids, 4));
    const bool aligned = cols % 4 == 0 && (uintptr_t)out % 16 == 0 && (uintptr_t)table % 16 == 0;
    if (aligned) {
        index_select_kernel<index_t, uint4><<<grid, block>>>(reinterpret_cast<uint4*>(out),
                                                             reinterpret_cast<const uint4*>(table), ids, table_rows,
                                                             cols / 4, num_ids);
    } else {
        index_select_kernel<index_t, float><<<grid, block>>>(out, table, ids, table_rows, cols, num_ids);
    }
    CUDA_CHECK(cudaGetLastError());
}

void index_select_i32(float* out, const float* table, const int32_t* ids, int table_rows, int cols, int num_ids) {
    index_select<int32_t>(out, table, ids, table_rows, cols, num_ids);
}

void index_select_i64(float* out, const float* table, const int64_t* ids, int table_rows, int cols, int num_ids) {
    index_select(out, table, ids, table_rows, cols, num_ids);
}

int main() {
    bool ok = true;
    const int table_rows = 31, num_ids = 50;
    std::vector<int32_t> ids = random_ints(num_ids, 160, -3, table_rows + 3);
    std::vector<int64_t> ids64(ids.begin(), ids.end());
    ids64[0] = INT64_C(1) << 40;  // must not be cut to 32 bits
    ids[0] = -1;
    int32_t* d_ids = to_device(ids);
    int64_t* d_ids64 = to_device(ids64);
    for (int cols : {1, 33, 72}) {
        std::vector<float> table = random_floats(table_rows * cols, 161), want(num_ids * cols, 0.0f);
        for (int i = 0; i < num_ids; i++)
            for (int c = 0; c < cols; c++)
                if (ids[i] >= 0 && ids[i] < table_rows) want[i * cols + c] = table[ids[i] * cols + c];
        float *d_table = to_device(table), *d_out = to_device(std::vector<float>(want.size(), 9.0f));
        index_select_i32(d_out, d_table, d_ids, table_rows, cols, num_ids);
        ok = all_close(to_host(d_out, want.size()), want, 0.0, "index_select i32") && ok;
        CUDA_CHECK(cudaMemset(d_out, 0xff, want.size() * sizeof(float)));
        index_select_i64(d_out, d_table, d_ids64, table_rows, cols, num_ids);
        ok = all_close(to_host(d_out, want.size()), want, 0.0, "index_select i64") && ok;
        cudaFree(d_table), cudaFree(d_out);
    }
    cudaFree(d_ids), cudaFree(d_ids64);
    return report(ok);
}
