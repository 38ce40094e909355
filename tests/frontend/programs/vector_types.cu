// Built-in vector types: members, constructors, copies, own operators, arrays, index variables.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 25;

__device__ float2 operator+(float2 a, float2 b) { return make_float2(a.x + b.x, a.y + b.y); }
__device__ float4 operator*(float s, const float4& v) { return make_float4(s * v.x, s * v.y, s * v.z, s * v.w); }
__device__ int3& operator+=(int3& a, const int3& b) {
    a.x += b.x;
    a.y += b.y;
    a.z += b.z;
    return a;
}
__device__ float dot(float3 a, float3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
__device__ float sum(const float4& v) { return (v.x + v.y) + (v.z + v.w); }

struct Ray {
    float3 origin, direction;
    __device__ float3 at(float s) const {
        return {origin.x + s * direction.x, origin.y + s * direction.y, origin.z + s * direction.z};
    }
};

template <typename V>
struct Elements;
template <>
struct Elements<float4> {
    static constexpr int count = 4;
    using type = float;
};
template <>
struct Elements<int2> {
    static constexpr int count = 2;
    using type = int;
};

__global__ void test(float* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    float4 a = make_float4(1.0f, 2.0f, 3.0f, (float)t);
    float4 b = {0.5f, 0.5f};
    out[k++] = sum(a);
    out[k++] = sum(b);
    b = 2.0f * a;
    out[k++] = b.y * 10 + b.w;
    b.z = a.x;
    out[k++] = sum(b);
    float2 p = make_float2(t, 2), q{0.25f, -1.0f};
    float2 r = p + q + p;
    out[k++] = r.x + r.y;
    float3 u = make_float3(1, 2, 3), v = make_float3(t, 0.5f, -1);
    out[k++] = dot(u, v);
    Ray ray = {u, v};
    out[k++] = ray.at(2.0f).x + ray.at(0.5f).z;
    int3 i = make_int3(1, 2, 3);
    i += make_int3(t, t, t);
    (i += i).z++;
    out[k++] = i.x * 100 + i.y * 10 + i.z;
    uchar4 pixel = make_uchar4(255, 128, 0, 300 & 0xff);
    pixel.x += 2;
    out[k++] = pixel.x + pixel.y + pixel.w;
    char2 small = {-1, (signed char)(100 + t)};
    out[k++] = small.x * small.y;
    ushort4 words = make_ushort4(1, 2, 3, 65535);
    words.w++;
    out[k++] = words.w + words.z;
    double2 d = make_double2(0.1, 0.2 * t);
    out[k++] = (float)(d.x + d.y);
    longlong2 wide = {1ll << 40, -1};
    out[k++] = (float)(wide.x >> 35) + wide.y;
    uint2 unsigned_pair = make_uint2(0u - 1u, 7u);
    out[k++] = (float)(unsigned_pair.x >> 16) + unsigned_pair.y;
    float1 single = make_float1(t * 0.5f);
    out[k++] = single.x;
    float4 lanes[2] = {a, b};
    float* flat = &lanes[0].x;
    out[k++] = reinterpret_cast<float*>(lanes)[5] + flat[2];
    lanes[1] = lanes[0];
    lanes[1].w = -1.0f;
    out[k++] = sum(lanes[0]) + sum(lanes[1]);
    float* member = &a.x;
    *member = 9.0f;
    float& reference = a.y;
    reference += 1.0f;
    out[k++] = a.x * a.y;
    out[k++] = Elements<float4>::count + Elements<int2>::count * 10 + sizeof(Elements<int2>::type);
    const float4* pointer = lanes;
    out[k++] = pointer->z + (pointer + 1)->w + (*pointer).x;
    float4 zero = {};
    zero.x = t & 1 ? a.x : b.x;
    out[k++] = sum(zero);
    float4 swapped = make_float4(a.w, a.z, a.y, a.x);
    out[k++] = swapped.x * 1000 + swapped.y * 100 + swapped.z * 10 + swapped.w;
    dim3 d1(5), d2(2, 3), d3(2, 3, 4);
    out[k++] = d1.x + d1.y + d1.z + d2.x * d2.y * d2.z + d3.z * 100;
    out[k++] = threadIdx.x + threadIdx.y + threadIdx.z + blockIdx.x + blockDim.x * 10 + blockDim.y + gridDim.x * 1000;
    uint3 index = threadIdx;
    out[k++] = index.x + blockIdx.y * gridDim.z + warpSize;
}

int main() {
    float* device = nullptr;
    float host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    cudaFree(device);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%.9g%c", host[i], (i + 1) % VALUES == 0 ? '\n' : ' ');
    return status == cudaSuccess ? 0 : 1;
}
