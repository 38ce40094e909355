// cuBLAS on the CPU. Sums run in float (double for double matrices), in the order of k.

#include <cmath>
#include <cstring>
#include <vector>

#include "ascendify/bfloat16.h"
#include "ascendify/half.h"
#include "cublasLt.h"

#pragma GCC optimize("O3")

namespace ascendify_oracle {
namespace {

bool is_known(cudaDataType type) {
  return type == CUDA_R_32F || type == CUDA_R_64F || type == CUDA_R_16F || type == CUDA_R_16BF;
}

template <class S>
S load(const Matrix &matrix, long long at) {
  switch (matrix.type) {
    case CUDA_R_64F:
      return static_cast<S>(static_cast<const double *>(matrix.data)[at]);
    case CUDA_R_16F:
      return static_cast<S>(__half2float(static_cast<const __half *>(matrix.data)[at]));
    case CUDA_R_16BF:
      return static_cast<S>(__bfloat162float(static_cast<const __nv_bfloat16 *>(matrix.data)[at]));
    default:
      return static_cast<S>(static_cast<const float *>(matrix.data)[at]);
  }
}

template <class S>
void store(const Matrix &matrix, long long at, S value) {
  void *data = const_cast<void *>(matrix.data);
  switch (matrix.type) {
    case CUDA_R_64F:
      static_cast<double *>(data)[at] = value;
      break;
    case CUDA_R_16F:
      static_cast<__half *>(data)[at] = __half(static_cast<float>(value));
      break;
    case CUDA_R_16BF:
      static_cast<__nv_bfloat16 *>(data)[at] = __nv_bfloat16(static_cast<float>(value));
      break;
    default:
      static_cast<float *>(data)[at] = static_cast<float>(value);
  }
}

// The matrix as op(matrix), rows x columns, by columns without gaps.
template <class S>
std::vector<S> dense(const Matrix &matrix, long long batch, long long rows, long long columns) {
  std::vector<S> result(static_cast<size_t>(rows * columns));
  long long start = batch * matrix.stride;
  for (long long j = 0; j < columns; ++j) {
    for (long long i = 0; i < rows; ++i) {
      long long at = matrix.transposed ? i * matrix.leading + j : j * matrix.leading + i;
      result[static_cast<size_t>(j * rows + i)] = load<S>(matrix, start + at);
    }
  }
  return result;
}

void note_columns_written(const MatrixProduct &p, long long batch) {
  size_t size = p.c.type == CUDA_R_64F ? 8 : p.c.type == CUDA_R_32F ? 4 : 2;
  const char *start = static_cast<const char *>(p.c.data) + batch * p.c.stride * size;
  for (long long j = 0; j < p.n; ++j) {
    note_written(start + j * p.c.leading * size, static_cast<size_t>(p.m) * size);
  }
}

template <class S>
void multiply_as(const MatrixProduct &p) {
  S alpha = *static_cast<const S *>(p.alpha), beta = *static_cast<const S *>(p.beta);
  std::vector<S> column(static_cast<size_t>(p.m));
  for (long long batch = 0; batch < p.batches; ++batch) {
    std::vector<S> a = dense<S>(p.a, batch, p.m, p.k);
    std::vector<S> b = dense<S>(p.b, batch, p.k, p.n);
    for (long long j = 0; j < p.n; ++j) {
      std::fill(column.begin(), column.end(), S(0));
      for (long long l = 0; l < p.k; ++l) {
        S factor = b[static_cast<size_t>(j * p.k + l)];
        const S *from = a.data() + l * p.m;
        for (long long i = 0; i < p.m; ++i) column[static_cast<size_t>(i)] += from[i] * factor;
      }
      for (long long i = 0; i < p.m; ++i) {
        long long at = batch * p.c.stride + j * p.c.leading + i;
        S value = alpha * column[static_cast<size_t>(i)];
        if (beta != 0) value += beta * load<S>(p.c, at);
        store(p.c, at, value);
      }
    }
    note_columns_written(p, batch);
  }
}

}  // namespace

cublasStatus_t multiply(const MatrixProduct &p) {
  if (p.m < 0 || p.n < 0 || p.k < 0 || p.batches < 0) return CUBLAS_STATUS_INVALID_VALUE;
  if (!is_known(p.a.type) || !is_known(p.b.type) || !is_known(p.c.type)) {
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  if (p.is_double) {
    multiply_as<double>(p);
  } else {
    multiply_as<float>(p);
  }
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace ascendify_oracle

using ascendify_oracle::Matrix;
using ascendify_oracle::MatrixProduct;

struct cublasContext {
  cublasMath_t math = CUBLAS_DEFAULT_MATH;
  cudaStream_t stream = nullptr;
};

cublasStatus_t cublasCreate(cublasHandle_t *handle) {
  *handle = new cublasContext;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy(cublasHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
  handle->math = mode;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetMathMode(cublasHandle_t handle, cublasMath_t *mode) {
  *mode = handle->math;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetStream(cublasHandle_t handle, cudaStream_t *stream) {
  *stream = handle->stream;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetWorkspace(cublasHandle_t, void *, size_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasSetPointerMode(cublasHandle_t, cublasPointerMode_t) {
  return CUBLAS_STATUS_SUCCESS;  // host and device memory are the same
}
cublasStatus_t cublasSetAtomicsMode(cublasHandle_t, cublasAtomicsMode_t) {
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetVersion(cublasHandle_t, int *version) {
  *version = CUBLAS_VERSION;
  return CUBLAS_STATUS_SUCCESS;
}
const char *cublasGetStatusName(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS:
      return "CUBLAS_STATUS_SUCCESS";
    case CUBLAS_STATUS_INVALID_VALUE:
      return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_NOT_SUPPORTED:
      return "CUBLAS_STATUS_NOT_SUPPORTED";
    default:
      return "CUBLAS_STATUS_EXECUTION_FAILED";
  }
}
const char *cublasGetStatusString(cublasStatus_t status) { return cublasGetStatusName(status); }

cublasStatus_t cublasGemmStridedBatchedEx(
    cublasHandle_t, cublasOperation_t transa, cublasOperation_t transb, int m, int n, int k,
    const void *alpha, const void *a, cudaDataType type_a, int lda, long long stride_a,
    const void *b, cudaDataType type_b, int ldb, long long stride_b, const void *beta, void *c,
    cudaDataType type_c, int ldc, long long stride_c, int batches,
    ascendify_oracle::ComputeType compute, cublasGemmAlgo_t) {
  return ascendify_oracle::multiply({m,
                                     n,
                                     k,
                                     batches,
                                     {a, type_a, lda, stride_a, transa != CUBLAS_OP_N},
                                     {b, type_b, ldb, stride_b, transb != CUBLAS_OP_N},
                                     {c, type_c, ldc, stride_c, false},
                                     alpha,
                                     beta,
                                     compute.is_double});
}
cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t transa,
                            cublasOperation_t transb, int m, int n, int k, const void *alpha,
                            const void *a, cudaDataType type_a, int lda, const void *b,
                            cudaDataType type_b, int ldb, const void *beta, void *c,
                            cudaDataType type_c, int ldc, ascendify_oracle::ComputeType compute,
                            cublasGemmAlgo_t algorithm) {
  return cublasGemmStridedBatchedEx(handle, transa, transb, m, n, k, alpha, a, type_a, lda, 0, b,
                                    type_b, ldb, 0, beta, c, type_c, ldc, 0, 1, compute, algorithm);
}
cublasStatus_t cublasSgemm(cublasHandle_t handle, cublasOperation_t transa,
                           cublasOperation_t transb, int m, int n, int k, const float *alpha,
                           const float *a, int lda, const float *b, int ldb, const float *beta,
                           float *c, int ldc) {
  return cublasGemmEx(handle, transa, transb, m, n, k, alpha, a, CUDA_R_32F, lda, b, CUDA_R_32F,
                      ldb, beta, c, CUDA_R_32F, ldc, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
}
cublasStatus_t cublasDgemm(cublasHandle_t handle, cublasOperation_t transa,
                           cublasOperation_t transb, int m, int n, int k, const double *alpha,
                           const double *a, int lda, const double *b, int ldb, const double *beta,
                           double *c, int ldc) {
  return cublasGemmEx(handle, transa, transb, m, n, k, alpha, a, CUDA_R_64F, lda, b, CUDA_R_64F,
                      ldb, beta, c, CUDA_R_64F, ldc, CUBLAS_COMPUTE_64F, CUBLAS_GEMM_DEFAULT);
}
cublasStatus_t cublasSgemmStridedBatched(cublasHandle_t handle, cublasOperation_t transa,
                                         cublasOperation_t transb, int m, int n, int k,
                                         const float *alpha, const float *a, int lda,
                                         long long stride_a, const float *b, int ldb,
                                         long long stride_b, const float *beta, float *c, int ldc,
                                         long long stride_c, int batches) {
  return cublasGemmStridedBatchedEx(handle, transa, transb, m, n, k, alpha, a, CUDA_R_32F, lda,
                                    stride_a, b, CUDA_R_32F, ldb, stride_b, beta, c, CUDA_R_32F,
                                    ldc, stride_c, batches, CUBLAS_COMPUTE_32F,
                                    CUBLAS_GEMM_DEFAULT);
}
cublasStatus_t cublasSgemv(cublasHandle_t, cublasOperation_t trans, int m, int n,
                           const float *alpha, const float *a, int lda, const float *x, int incx,
                           const float *beta, float *y, int incy) {
  bool transposed = trans != CUBLAS_OP_N;
  int rows = transposed ? n : m, columns = transposed ? m : n;
  for (int i = 0; i < rows; ++i) {
    float sum = 0;
    for (int j = 0; j < columns; ++j) {
      sum += a[transposed ? static_cast<long long>(i) * lda + j
                          : static_cast<long long>(j) * lda + i] *
             x[static_cast<long long>(j) * incx];
    }
    float &out = y[static_cast<long long>(i) * incy];
    out = *alpha * sum + (*beta != 0 ? *beta * out : 0.0f);
    ascendify_oracle::note_written(&out, sizeof out);
  }
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSaxpy(cublasHandle_t, int n, const float *alpha, const float *x, int incx,
                           float *y, int incy) {
  for (long long i = 0; i < n; ++i) y[i * incy] += *alpha * x[i * incx];
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSscal(cublasHandle_t, int n, const float *alpha, float *x, int incx) {
  for (long long i = 0; i < n; ++i) x[i * incx] *= *alpha;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSdot(cublasHandle_t, int n, const float *x, int incx, const float *y, int incy,
                          float *result) {
  float sum = 0;
  for (long long i = 0; i < n; ++i) sum += x[i * incx] * y[i * incy];
  *result = sum;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSnrm2(cublasHandle_t, int n, const float *x, int incx, float *result) {
  double sum = 0;
  for (long long i = 0; i < n; ++i) sum += static_cast<double>(x[i * incx]) * x[i * incx];
  *result = static_cast<float>(std::sqrt(sum));
  return CUBLAS_STATUS_SUCCESS;
}

// ---- cublasLt

struct cublasLtContext {};

cublasStatus_t cublasLtCreate(cublasLtHandle_t *handle) {
  *handle = new cublasLtContext;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *description,
                                        cublasComputeType_t compute, cudaDataType) {
  *description = new cublasLtMatmulDescOpaque_t{compute == CUBLAS_COMPUTE_64F,
                                                CUBLAS_OP_N,
                                                CUBLAS_OP_N,
                                                CUBLASLT_EPILOGUE_DEFAULT,
                                                nullptr,
                                                -1};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t description) {
  delete description;
  return CUBLAS_STATUS_SUCCESS;
}

namespace {

template <class T>
cublasStatus_t take(T &field, const void *value, size_t bytes) {
  if (bytes != sizeof(T)) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(&field, value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

float gelu(float x) {
  return 0.5f * x * (1.0f + tanhf(0.7978845608f * (x + 0.044715f * x * x * x)));
}

// The epilogue: the bias of each row, then the activation.
void finish(const cublasLtMatmulDescOpaque_t &description, const MatrixProduct &product) {
  bool with_bias = description.epilogue & 4;
  bool with_relu = description.epilogue & 2, with_gelu = description.epilogue & 32;
  if (!with_bias && !with_relu && !with_gelu) return;
  cudaDataType bias_type =
      description.bias_type < 0 ? product.c.type : static_cast<cudaDataType>(description.bias_type);
  Matrix bias{description.bias, bias_type, 0, 0, false};
  for (long long batch = 0; batch < product.batches; ++batch) {
    for (long long j = 0; j < product.n; ++j) {
      for (long long i = 0; i < product.m; ++i) {
        long long at = batch * product.c.stride + j * product.c.leading + i;
        float value = ascendify_oracle::load<float>(product.c, at);
        if (with_bias) value += ascendify_oracle::load<float>(bias, i);
        if (with_relu) value = value > 0 ? value : 0;
        if (with_gelu) value = gelu(value);
        ascendify_oracle::store(product.c, at, value);
      }
    }
  }
}

bool is_supported(cublasLtEpilogue_t epilogue) {
  return (epilogue & ~(1 | 2 | 4 | 32)) == 0;
}

}  // namespace

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t description,
                                              cublasLtMatmulDescAttributes_t attribute,
                                              const void *value, size_t bytes) {
  switch (attribute) {
    case CUBLASLT_MATMUL_DESC_TRANSA:
      return take(description->transa, value, bytes);
    case CUBLASLT_MATMUL_DESC_TRANSB:
      return take(description->transb, value, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE:
      return take(description->epilogue, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
      return take(description->bias, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE:
      return take(description->bias_type, value, bytes);
    case CUBLASLT_MATMUL_DESC_SCALE_TYPE:
    case CUBLASLT_MATMUL_DESC_POINTER_MODE:
      return CUBLAS_STATUS_SUCCESS;
    default:
      return CUBLAS_STATUS_NOT_SUPPORTED;
  }
}
cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *layout, cudaDataType type,
                                          uint64_t rows, uint64_t columns, int64_t leading) {
  *layout = new cublasLtMatrixLayoutOpaque_t{type, CUBLASLT_ORDER_COL, rows, columns, leading, 1, 0};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  delete layout;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute,
                                                const void *value, size_t bytes) {
  switch (attribute) {
    case CUBLASLT_MATRIX_LAYOUT_TYPE:
      return take(layout->type, value, bytes);
    case CUBLASLT_MATRIX_LAYOUT_ORDER:
      return take(layout->order, value, bytes);
    case CUBLASLT_MATRIX_LAYOUT_ROWS:
      return take(layout->rows, value, bytes);
    case CUBLASLT_MATRIX_LAYOUT_COLS:
      return take(layout->columns, value, bytes);
    case CUBLASLT_MATRIX_LAYOUT_LD:
      return take(layout->leading, value, bytes);
    case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT:
      return take(layout->batches, value, bytes);
    default:
      return take(layout->stride, value, bytes);
  }
}
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *preference) {
  *preference = new cublasLtMatmulPreferenceOpaque_t{0};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  delete preference;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t,
                                                    cublasLtMatmulPreferenceAttributes_t,
                                                    const void *, size_t) {
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t description,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                              cublasLtMatmulPreference_t, int wanted,
                                              cublasLtMatmulHeuristicResult_t *results,
                                              int *found) {
  bool supported = wanted > 0 && is_supported(description->epilogue);
  *found = supported ? 1 : 0;
  if (supported) results[0] = {};
  return supported ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_SUPPORTED;
}
cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t description,
                              const void *alpha, const void *a, cublasLtMatrixLayout_t layout_a,
                              const void *b, cublasLtMatrixLayout_t layout_b, const void *beta,
                              const void *c, cublasLtMatrixLayout_t layout_c, void *d,
                              cublasLtMatrixLayout_t layout_d, const cublasLtMatmulAlgo_t *, void *,
                              size_t, cudaStream_t) {
  bool by_columns = layout_a->order == CUBLASLT_ORDER_COL && layout_b->order == CUBLASLT_ORDER_COL &&
                    layout_d->order == CUBLASLT_ORDER_COL;
  bool in_place = c == d || *static_cast<const float *>(beta) == 0;
  if (!by_columns || !in_place || !is_supported(description->epilogue)) {
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  (void)layout_c;
  bool transa = description->transa != CUBLAS_OP_N, transb = description->transb != CUBLAS_OP_N;
  uint64_t depth = transa ? layout_a->rows : layout_a->columns;
  MatrixProduct product{static_cast<long long>(layout_d->rows),
                  static_cast<long long>(layout_d->columns),
                  static_cast<long long>(depth),
                  layout_d->batches,
                  {a, layout_a->type, layout_a->leading, layout_a->stride, transa},
                  {b, layout_b->type, layout_b->leading, layout_b->stride, transb},
                  {d, layout_d->type, layout_d->leading, layout_d->stride, false},
                  alpha,
                  beta,
                  description->is_double};
  cublasStatus_t status = ascendify_oracle::multiply(product);
  if (status == CUBLAS_STATUS_SUCCESS) finish(*description, product);
  return status;
}
