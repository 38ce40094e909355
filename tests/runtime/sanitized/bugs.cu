// One kernel per kind of bug, and beside it one without. A mark `@name` stands on each line that
// the finding in kernel `name` must speak of.
#include <cooperative_groups.h>

namespace cg = cooperative_groups;

__device__ unsigned ticket = 0;
__device__ int table[8];

// ---- races on shared memory

__global__ void race_missing_barrier(float *x) {
  __shared__ float tile[64];
  int t = threadIdx.x;
  tile[t] = x[t];       // @race_missing_barrier
  x[t] = tile[63 - t];  // @race_missing_barrier
}
__global__ void fine_barrier(float *x) {
  __shared__ float tile[64];
  int t = threadIdx.x;
  tile[t] = x[t];
  __syncthreads();
  x[t] = tile[63 - t];
}

__global__ void race_next_round(float *x, int n) {
  __shared__ float tile[64];
  int t = threadIdx.x;
  float sum = 0;
  for (int i = 0; i < n; ++i) {
    tile[t] = x[i * 64 + t];  // @race_next_round
    __syncthreads();
    sum += tile[63 - t];  // @race_next_round
  }
  x[t] = sum;
}
__global__ void fine_rounds(float *x, int n) {
  __shared__ float tile[64];
  int t = threadIdx.x;
  float sum = 0;
  for (int i = 0; i < n; ++i) {
    tile[t] = x[i * 64 + t];
    __syncthreads();
    sum += tile[63 - t];
    __syncthreads();
  }
  x[t] = sum;
}

__global__ void race_reduction(float *x) {
  __shared__ float s[64];
  int t = threadIdx.x;
  s[t] = x[t];
  __syncthreads();
  for (int o = 32; o > 0; o /= 2) {
    if (t < o) s[t] += s[t + o];  // @race_reduction
  }
  if (t == 0) x[0] = s[0];
}
__global__ void fine_reduction(float *x) {
  __shared__ float s[64];
  int t = threadIdx.x;
  s[t] = x[t];
  __syncthreads();
  for (int o = 32; o > 0; o /= 2) {
    if (t < o) s[t] += s[t + o];
    __syncthreads();
  }
  if (t == 0) x[0] = s[0];
}

__global__ void race_in_warp(float *x) {
  __shared__ volatile float s[64];
  int t = threadIdx.x;
  s[t] = x[t];
  __syncthreads();
  if (t < 32) {
    s[t] += s[t + 32];  // @race_in_warp
    s[t] += s[t + 16];  // @race_in_warp
  }
  __syncthreads();
  x[t] = s[t];
}
__global__ void fine_in_warp(float *x) {
  __shared__ float s[64];
  int t = threadIdx.x;
  s[t] = x[t];
  __syncthreads();
  if (t < 32) {
    float v = s[t] + s[t + 32];
    __syncwarp();
    s[t] = v;
    __syncwarp();
    v += s[(t + 16) & 31];
    __syncwarp();
    s[t] = v;
  }
  __syncthreads();
  x[t] = s[t];
}

__global__ void race_counter(int *x) {
  __shared__ int count;
  if (threadIdx.x == 0) count = 0;
  __syncthreads();
  atomicAdd(&count, 1);    // @race_counter
  x[threadIdx.x] = count;  // @race_counter
}
__global__ void fine_counter(int *x) {
  __shared__ int count;
  if (threadIdx.x == 0) count = 0;
  __syncthreads();
  x[threadIdx.x] = atomicAdd(&count, 1) >= 0;
  __syncthreads();
  x[threadIdx.x] += count;
}

__global__ void race_dynamic(float *x) {
  extern __shared__ float s[];
  int t = threadIdx.x;
  s[t] = x[t];              // @race_dynamic
  x[t] = s[(t + 40) % 64];  // @race_dynamic
}
__global__ void fine_dynamic(float *x) {
  extern __shared__ float s[];
  int t = threadIdx.x;
  s[t] = x[t];
  cg::this_thread_block().sync();
  x[t] = s[(t + 40) % 64];
}

__global__ void race_bytes(unsigned char *x) {
  __shared__ unsigned char s[64];
  int t = threadIdx.x;
  s[t] = x[t];              // @race_bytes
  x[t] = s[(t + 1) % 64];  // @race_bytes
}
__global__ void fine_bytes(unsigned char *x) {
  __shared__ unsigned char s[64];
  int t = threadIdx.x;
  s[t] = x[t];
  x[t] = s[t] + 1;
}

// ---- races on global memory

__global__ void race_histogram(int *bins, const int *x) {
  bins[x[threadIdx.x] % 4]++;  // @race_histogram
}
__global__ void fine_histogram(int *bins, const int *x) { atomicAdd(&bins[x[threadIdx.x] % 4], 1); }

__global__ void race_blocks(float *x) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  x[i] = x[i] + x[127 - i];  // @race_blocks
}
__global__ void fine_blocks(float *x, const float *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  x[i] = y[i] + y[127 - i];
}

__global__ void race_last_block(float *out, float *partial, const float *x) {
  __shared__ bool is_last;
  int t = threadIdx.x;
  partial[blockIdx.x * 64 + t] = x[blockIdx.x * 64 + t];  // @race_last_block
  __syncthreads();
  if (t == 0) is_last = atomicInc(&ticket, gridDim.x - 1) == gridDim.x - 1;
  __syncthreads();
  if (!is_last) return;
  float sum = 0;
  for (int i = t; i < gridDim.x * 64; i += 64) sum += partial[i];  // @race_last_block
  out[t] = sum;
}
__global__ void fine_last_block(float *out, float *partial, const float *x) {
  __shared__ bool is_last;
  int t = threadIdx.x;
  partial[blockIdx.x * 64 + t] = x[blockIdx.x * 64 + t];
  __threadfence();
  __syncthreads();
  if (t == 0) is_last = atomicInc(&ticket, gridDim.x - 1) == gridDim.x - 1;
  __syncthreads();
  if (!is_last) return;
  float sum = 0;
  for (int i = t; i < gridDim.x * 64; i += 64) sum += partial[i];
  out[t] = sum;
}

__global__ void race_lookback(float *out, volatile int *flag, float *value, const float *x) {
  if (threadIdx.x > 0) return;
  int b = blockIdx.x;
  float before = 0;
  if (b > 0) {
    while (flag[b - 1] == 0) __threadfence();
    before = value[b - 1];  // @race_lookback
  }
  flag[b] = 1;
  value[b] = before + x[b];  // @race_lookback
  out[b] = before;
}
__global__ void fine_lookback(float *out, volatile int *flag, float *value, const float *x) {
  if (threadIdx.x > 0) return;
  int b = blockIdx.x;
  float before = 0;
  if (b > 0) {
    while (flag[b - 1] == 0) __threadfence();
    before = value[b - 1];
  }
  value[b] = before + x[b];
  __threadfence();
  flag[b] = 1;
  out[b] = before;
}

__global__ void race_grid(float *x) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  x[i] = i + 0.5f;               // @race_grid
  float v = x[(i + 80) % 128];  // @race_grid
  cg::this_grid().sync();
  x[i] = v;
}
__global__ void fine_grid(float *x) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  x[i] = i + 0.5f;
  cg::this_grid().sync();
  float v = x[(i + 80) % 128];
  cg::this_grid().sync();
  x[i] = v;
}

__global__ void fine_lock(int *lock, int *sum) {
  for (bool done = false; !done;) {
    if (atomicCAS(lock, 0, 1) != 0) continue;
    __threadfence();
    *sum += threadIdx.x;
    __threadfence();
    atomicExch(lock, 0);
    done = true;
  }
}
__global__ void fine_same_value(int *changed, const int *x) {
  if (x[threadIdx.x] >= 0) *changed = 1;
}
__global__ void fine_compare_and_swap(float *largest, const float *x) {
  int *bits = reinterpret_cast<int *>(largest);
  int old = *bits, assumed;
  do {
    assumed = old;
    old = atomicCAS(bits, assumed, __float_as_int(fmaxf(x[threadIdx.x], __int_as_float(assumed))));
  } while (old != assumed);
}
__global__ void fine_look_before_atomic(int *least, const int *x) {
  int v = x[threadIdx.x];
  if (v < *least) atomicMin(least, v);
}
__global__ void fine_warp_scan(float *x) {
  float v = x[threadIdx.x];
  for (int d = 1; d < 32; d *= 2) {
    float other = __shfl_up_sync(~0u, v, d);
    if (threadIdx.x % 32 >= d) v += other;
  }
  x[threadIdx.x] = v;
}

// ---- bounds and alignment

__global__ void bounds_global(float *x, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i <= n) x[i] = 1;  // @bounds_global
}
__global__ void fine_bounds(float *x, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] = 1;
}
__global__ void bounds_before(float *x, const float *y, int n) {
  int i = threadIdx.x;
  if (i < n) x[i] = y[i - 1];  // @bounds_before
}
__global__ void bounds_shared(float *x) {
  __shared__ float s[34];
  int t = threadIdx.x;
  s[t + 1] = x[t];
  if (t == 0) s[0] = 0;
  if (t == 31) s[t + 3] = 0;  // @bounds_shared
  __syncthreads();
  x[t] = s[t];
}
__global__ void fine_rows(float *x) {
  __shared__ float s[4][8];
  s[0][threadIdx.x] = x[threadIdx.x];  // all rows with one index
  __syncthreads();
  x[threadIdx.x] = s[0][31 - threadIdx.x];
}
__device__ void put(float *s, int i, float v) {
  s[i] = v;  // @bounds_pointer
}
__global__ void bounds_pointer(float *x) {
  __shared__ float s[31];
  put(s, threadIdx.x, 1);
  __syncthreads();
  x[threadIdx.x] = s[0];
}
__global__ void bounds_dynamic(float *x) {
  extern __shared__ float s[];
  s[threadIdx.x] = x[threadIdx.x];  // @bounds_dynamic
  __syncthreads();
  x[threadIdx.x] = s[0];
}
__global__ void bounds_table(int *x, int n) {
  for (int i = 0; i <= n; ++i) x[i] = table[i];  // @bounds_table
}
__device__ __noinline__ float sum_of(float2 pair) { return pair.x + pair.y; }
__global__ void bounds_by_value(float *out, const float2 *pairs) {
  out[threadIdx.x] = sum_of(pairs[threadIdx.x + 1]);  // @bounds_by_value
}
__global__ void fine_by_value(float *out, const float2 *pairs) {
  out[threadIdx.x] = sum_of(pairs[threadIdx.x]);
}
__global__ void bounds_local(int *x, int n) {
  int a[8];
  for (int i = 0; i < 8; ++i) a[i] = x[i];
  x[0] = a[n];  // @bounds_local
}
struct LastArray {
  int count;
  int values[8];
};
__global__ void bounds_member(int *x, int n) {
  LastArray a;
  a.count = n;
  for (int i = 0; i <= a.count; ++i) a.values[i] = x[i];  // @bounds_member
  x[0] = a.values[0];
}
__global__ void bounds_null(int *, int *y) {
  y[threadIdx.x] = 1;  // @bounds_null
}
__global__ void bounds_far(int *x, int n) {
  x[static_cast<long long>(threadIdx.x) * n * 1000] = 1;  // @bounds_far
}
__global__ void misaligned(float *x) {
  x[0] = *reinterpret_cast<double *>(x + 1);  // @misaligned
}
__global__ void misaligned_vector(float *x, float *y) {
  *reinterpret_cast<float4 *>(y) = *reinterpret_cast<float4 *>(x + 1);  // @misaligned_vector
}
__global__ void fine_vectors(float *x) {
  float4 v = *reinterpret_cast<float4 *>(x + 4);
  x[0] = v.x + v.w;
}

// ---- reading what nobody wrote

__global__ void uninitialised_shared(float *x) {
  __shared__ float s[64];
  if (threadIdx.x < 31) s[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = s[threadIdx.x];  // @uninitialised_shared
}
__global__ void uninitialised_global(float *x, const float *y) {
  x[threadIdx.x] = y[threadIdx.x];  // @uninitialised_global
}
__global__ void fine_written_before(float *x, float *y) {
  y[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = y[threadIdx.x ^ 1];
}
struct Padded {
  char tag;
  int value;
};
__global__ void fine_padding(int *x) {
  __shared__ Padded s[32];
  s[threadIdx.x].tag = 1;
  s[threadIdx.x].value = x[threadIdx.x];
  __syncthreads();
  Padded p = s[31 - threadIdx.x];
  x[threadIdx.x] = p.value + p.tag;
}

// ---- barriers and warps

__global__ void divergent_barrier(float *x) {
  if (threadIdx.x < 40) {
    x[threadIdx.x] = 1;
    __syncthreads();  // @divergent_barrier
  } else {
    x[threadIdx.x] = 2;
    __syncthreads();  // @divergent_barrier
  }
}
__global__ void inactive_deadlock(float *x) {
  if (threadIdx.x < 16) {
    __syncthreads();  // @inactive_deadlock
  } else {
    x[0] = 1;
    __syncwarp();  // @inactive_deadlock
  }
}
__global__ void inactive_returned(int *x, int n) {
  if (threadIdx.x >= n) return;
  int v = x[threadIdx.x];
  for (int o = 16; o > 0; o /= 2) {
    v += __shfl_down_sync(0xffffffff, v, o);  // @inactive_returned
  }
  if (threadIdx.x == 0) x[0] = v;
}
__global__ void fine_returned(int *x, int n) {
  unsigned taking_part = __ballot_sync(0xffffffff, threadIdx.x < n);
  if (threadIdx.x >= n) return;
  int v = x[threadIdx.x];
  for (int o = 8; o > 0; o /= 2) v += __shfl_xor_sync(taking_part, v, o);
  unsigned left = __ballot_sync(0xffffffff, v > 0);
  x[threadIdx.x] = v + __shfl_sync(0xffffffff, v, 0) + (int)left;
}
__global__ void inactive_self(int *x) {
  x[threadIdx.x] = __ballot_sync(0xff, 1);  // @inactive_self
}
__global__ void exited_early(int *x, int n) {
  if (threadIdx.x >= n) return;
  __syncthreads();  // @exited_early
  x[threadIdx.x] = 1;
}
__global__ void fine_branch_of_warps(float *x) {
  __shared__ float s[64];
  if (threadIdx.x < 32) {
    s[threadIdx.x] = x[threadIdx.x];
    __syncwarp();
    x[threadIdx.x] = s[31 - threadIdx.x];
  }
  __syncthreads();
}

// ---- undefined operations

__global__ void undefined_shift(int *x, int n) {
  x[threadIdx.x] = 1 << (n + threadIdx.x);  // @undefined_shift
}
__global__ void undefined_division(int *x) {
  x[threadIdx.x] = 100 / x[threadIdx.x];  // @undefined_division
}
__global__ void undefined_conversion(int *x, const float *y) {
  x[threadIdx.x] = (int)(y[threadIdx.x] * 1e30f);  // @undefined_conversion
}
__global__ void fine_arithmetic(int *x, const float *y) {
  int n = x[threadIdx.x] % 31;
  x[threadIdx.x] = (1 << n) / (n + 1) + (int)y[threadIdx.x];
}
