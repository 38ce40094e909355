// Types that may be named, as template arguments say, but not used: nothing is known of them.
struct __nv_fp8_e4m3;
struct __nv_fp8_e5m2;
struct __nv_fp8_e8m0;
struct __nv_fp8x2_e4m3;
struct __nv_fp8x2_e5m2;
struct __nv_fp8x4_e4m3;
struct __nv_fp8x4_e5m2;
struct __nv_fp4_e2m1;
struct __nv_fp4x2_e2m1;
struct __nv_fp4x4_e2m1;
