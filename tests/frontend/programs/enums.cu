// Enumerations: plain and scoped, underlying types, arithmetic, switch, flags, in templates.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 23;

enum Plain { A, B, C = 10, D, E = D * 2 + 1, LAST = E };
enum Small : unsigned char { LOW = 1, HIGH = 255 };
enum { MAGIC = 0x1234, NEGATIVE = -5 };
enum class Mode { Add, Sub = 4, Mul };
enum class Wide : long long { Huge = 1ll << 36, Tiny = -1 };
enum class Flags : unsigned { None = 0, Read = 1u << 0, Write = 1u << 1, Exec = 1u << 2 };
typedef enum { NORTH, EAST, SOUTH, WEST, DIRECTIONS } Direction;

__host__ __device__ constexpr Flags operator|(Flags a, Flags b) { return Flags((unsigned)a | (unsigned)b); }
__host__ __device__ constexpr bool has(Flags set, Flags bit) {
    return (static_cast<unsigned>(set) & static_cast<unsigned>(bit)) != 0;
}

template <Mode MODE>
__device__ int compute(int a, int b) {
    switch (MODE) {
        case Mode::Add: return a + b;
        case Mode::Sub: return a - b;
        case Mode::Mul: return a * b;
    }
    return -1;
}

__device__ int compute(Mode mode, int a, int b) {
    if (mode == Mode::Add) return compute<Mode::Add>(a, b);
    if (mode == Mode::Sub) return compute<Mode::Sub>(a, b);
    return compute<Mode::Mul>(a, b);
}

__device__ Direction turn(Direction d, int quarters = 1) { return (Direction)((d + quarters) % DIRECTIONS); }

__device__ const int steps[DIRECTIONS][2] = {{0, -1}, {1, 0}, {0, 1}, {-1, 0}};

__device__ int kind(int) { return 1; }
__device__ int kind(unsigned) { return 2; }
__device__ int kind(Plain) { return 3; }
__device__ int kind(Mode) { return 4; }

struct Token {
    enum Type { NUMBER, NAME = 7 } type;
    Mode mode;
};

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;
    out[k++] = A + B + C + D + E;
    out[k++] = LAST - D;
    Plain p = t > 1 ? C : B;
    out[k++] = p + 1;
    p = (Plain)(p + 1);
    out[k++] = p == D;
    out[k++] = HIGH + LOW;
    out[k++] = (Small)(HIGH + LOW + t);
    out[k++] = MAGIC + NEGATIVE;
    Mode mode = static_cast<Mode>(t == 0 ? 0 : t + 3);
    out[k++] = compute(mode, 7, 3);
    out[k++] = (int)mode + int(Mode::Mul);
    out[k++] = mode < Mode::Mul;
    out[k++] = (int)((long long)Wide::Huge >> 30) + (int)Wide::Tiny;
    Flags flags = Flags::Read | (t & 1 ? Flags::Write : Flags::None);
    out[k++] = has(flags, Flags::Read) + 10 * has(flags, Flags::Write) + 100 * has(flags, Flags::Exec);
    out[k++] = (int)(Flags::Write | Flags::Exec);
    Direction d = turn(EAST, t);
    out[k++] = d;
    out[k++] = steps[d][0] * 10 + steps[d][1];
    d = turn(d);
    out[k++] = d == SOUTH ? 1 : d == WEST ? 2 : 3;
    out[k++] = kind(A) * 1000 + kind(A + B) * 100 + kind(Mode::Add) * 10 + kind(1u);
    Token token = {Token::NAME, Mode::Sub};
    if (t == 2) token.type = Token::NUMBER;
    out[k++] = token.type + (int)token.mode;
    out[k++] = sizeof(Small) + sizeof(Mode) * 10 + sizeof(Wide) * 100;
    int table[E] = {};
    table[D] = 5;
    out[k++] = table[C + 1] + (int)(sizeof(table) / sizeof(int));
    switch (p) {
        case A: out[k++] = 1; break;
        case C:
        case D: out[k++] = 2; break;
        default: out[k++] = 3;
    }
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
