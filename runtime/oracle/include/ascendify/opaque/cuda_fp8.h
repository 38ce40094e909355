// Floating numbers of 8 bits, as types that have a size and no meaning: sources that mention them
// compile, and a kernel that converts one ends with a message. A real header comes before this one.
#ifndef ASCENDIFY_OPAQUE_CUDA_FP8_H
#define ASCENDIFY_OPAQUE_CUDA_FP8_H

typedef unsigned char __nv_fp8_storage_t;
typedef unsigned short __nv_fp8x2_storage_t;
typedef unsigned int __nv_fp8x4_storage_t;
enum __nv_saturation_t { __NV_NOSAT, __NV_SATFINITE };
enum __nv_fp8_interpretation_t { __NV_E4M3, __NV_E5M2 };

namespace ascendify_oracle {

template <class To> [[noreturn]] To no_fp8() { fail("8-bit floating numbers have no meaning here"); }

template <class Storage, int Kind> struct OpaqueFloat {
  Storage __x;
  OpaqueFloat() = default;
  template <class From> explicit OpaqueFloat(const From &) { no_fp8<int>(); }
  template <class To> explicit operator To() const { return no_fp8<To>(); }
};

}  // namespace ascendify_oracle

#define ASCENDIFY_OPAQUE(name, storage, kind)                                      \
  struct name : ::ascendify_oracle::OpaqueFloat<storage, kind> {                   \
    using ::ascendify_oracle::OpaqueFloat<storage, kind>::OpaqueFloat;             \
  }

ASCENDIFY_OPAQUE(__nv_fp8_e4m3, __nv_fp8_storage_t, 0);
ASCENDIFY_OPAQUE(__nv_fp8_e5m2, __nv_fp8_storage_t, 1);
ASCENDIFY_OPAQUE(__nv_fp8_e8m0, __nv_fp8_storage_t, 2);
ASCENDIFY_OPAQUE(__nv_fp8x2_e4m3, __nv_fp8x2_storage_t, 3);
ASCENDIFY_OPAQUE(__nv_fp8x2_e5m2, __nv_fp8x2_storage_t, 4);
ASCENDIFY_OPAQUE(__nv_fp8x4_e4m3, __nv_fp8x4_storage_t, 5);
ASCENDIFY_OPAQUE(__nv_fp8x4_e5m2, __nv_fp8x4_storage_t, 6);

#define ASCENDIFY_OPAQUE_FUNCTION(result, name) \
  template <class... A> result name(A...) { return ::ascendify_oracle::no_fp8<result>(); }

ASCENDIFY_OPAQUE_FUNCTION(__nv_fp8_storage_t, __nv_cvt_float_to_fp8)
ASCENDIFY_OPAQUE_FUNCTION(__nv_fp8_storage_t, __nv_cvt_halfraw_to_fp8)
ASCENDIFY_OPAQUE_FUNCTION(__nv_fp8_storage_t, __nv_cvt_bfloat16raw_to_fp8)
ASCENDIFY_OPAQUE_FUNCTION(__nv_fp8x2_storage_t, __nv_cvt_float2_to_fp8x2)
ASCENDIFY_OPAQUE_FUNCTION(__nv_fp8x2_storage_t, __nv_cvt_halfraw2_to_fp8x2)
ASCENDIFY_OPAQUE_FUNCTION(__nv_fp8x2_storage_t, __nv_cvt_bfloat16raw2_to_fp8x2)
ASCENDIFY_OPAQUE_FUNCTION(__half_raw, __nv_cvt_fp8_to_halfraw)
ASCENDIFY_OPAQUE_FUNCTION(__half2_raw, __nv_cvt_fp8x2_to_halfraw2)

#endif
