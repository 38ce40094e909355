// Member functions: const, static, chained, inherited, operators, members of members.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 21;

class Counter {
  public:
    static constexpr int step = 3;
    __device__ void reset() { value_ = 0; }
    __device__ Counter& bump(int times = 1) {
        for (int i = 0; i < times; i++) value_ += step;
        return *this;
    }
    __device__ int value() const { return value_; }
    __device__ int& value() { return value_; }
    __device__ static int doubled(int x) { return 2 * x; }

  private:
    int value_ = 0;
};

struct Complex {
    float re, im;
    __device__ Complex operator+(const Complex& o) const { return {re + o.re, im + o.im}; }
    __device__ Complex operator*(const Complex& o) const { return {re * o.re - im * o.im, re * o.im + im * o.re}; }
    __device__ Complex operator-() const { return {-re, -im}; }
    __device__ Complex& operator+=(const Complex& o) {
        re += o.re;
        im += o.im;
        return *this;
    }
    __device__ bool operator==(const Complex& o) const { return re == o.re && im == o.im; }
    __device__ explicit operator bool() const { return re != 0 || im != 0; }
    __device__ float norm2() const;
};

__device__ float Complex::norm2() const { return re * re + im * im; }

__device__ Complex operator*(float s, const Complex& c) { return Complex{s * c.re, s * c.im}; }

struct Matrix {
    int data[6];
    int cols;
    __device__ int& operator()(int r, int c) { return data[r * cols + c]; }
    __device__ int operator()(int r, int c) const { return data[r * cols + c]; }
    __device__ int* operator[](int r) { return data + r * cols; }
};

struct Shape {
    int w, h;
    __device__ int area() const { return w * h; }
    __device__ int perimeter() const { return 2 * (w + h); }
};

struct Box : Shape {
    int depth;
    __device__ int area() const { return 2 * (Shape::area() + depth * (w + h)); }
    __device__ int volume() const { return this->w * h * depth; }
};

struct Accumulator {
    Counter counter;
    Complex sum;
    __device__ void add(const Complex& c) {
        sum += c;
        counter.bump();
    }
};

__device__ int read_only(const Matrix& m) { return m(1, 2); }

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;

    Counter c;
    out[k++] = c.value();
    out[k++] = c.bump().bump(t).value();
    c.value() += 100;
    out[k++] = c.value();
    const Counter frozen = c;
    c.reset();
    out[k++] = frozen.value() + c.value();
    out[k++] = Counter::doubled(t) + c.doubled(1) + Counter::step;

    Complex x = {1.0f, (float)t}, y = {2.0f, -1.0f};
    Complex z = x * y + x;
    out[k++] = (int)z.re;
    out[k++] = (int)z.im;
    z += y += x;
    out[k++] = (int)(z.re * 100 + y.im);
    out[k++] = (int)(2.0f * -x).im;
    out[k++] = (x == Complex{1, 2}) + 2 * (x == x);
    out[k++] = (int)z.norm2();
    Complex zero{};
    out[k++] = (zero ? 1 : 2) + (x ? 10 : 20) + (!zero ? 100 : 200);

    Matrix m = {{1, 2, 3, 4, 5, 6}, 3};
    m(0, 1) = 20 + t;
    m[1][2] = 60;
    out[k++] = m(0, 1) + m[0][0];
    out[k++] = read_only(m);
    m(1, 0)++;
    out[k++] = m.data[3];

    Box box;
    box.w = 2;
    box.h = 3 + t;
    box.depth = 4;
    out[k++] = box.area();
    out[k++] = box.Shape::area() + box.perimeter();
    out[k++] = box.volume();
    const Shape& base = box;
    out[k++] = base.area();

    Accumulator acc = {};
    acc.add(x);
    acc.add({0.5f, 0.5f});
    out[k++] = acc.counter.value() * 10 + (int)(acc.sum.re * 2);
    Counter* pointer = &acc.counter;
    pointer->bump(2);
    out[k++] = (*pointer).value();
}

int main() {
    int* device = nullptr;
    int host[THREADS * VALUES];
    cudaMalloc((void**)&device, sizeof(host));
    cudaMemset(device, 0, sizeof(host));
    test<<<1, THREADS>>>(device);
    cudaError_t status = cudaDeviceSynchronize();
    cudaMemcpy(host, device, sizeof(host), cudaMemcpyDeviceToHost);
    cudaFree(device);
    for (int i = 0; i < THREADS * VALUES; i++) printf("%d%c", host[i], (i + 1) % VALUES == 0 ? '\n' : ' ');
    return status == cudaSuccess ? 0 : 1;
}
