// Records: copies, assignment, nesting, arrays of records, parameters and results by value.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 20;

struct Vec {
    float x, y, z;
};

struct Particle {
    Vec position;
    Vec velocity;
    int id;
    bool alive;
};

struct Table {
    int values[4];
    int count;
};

struct Mixed {
    char tag;
    double weight;
    short code;
    unsigned long long bits;
};

__device__ Vec add(Vec a, Vec b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }

__device__ Particle step(Particle p, float dt) {
    p.position = add(p.position, Vec{p.velocity.x * dt, p.velocity.y * dt, p.velocity.z * dt});
    p.alive = p.position.x < 10.0f;
    return p;
}

__device__ void push(Table& table, int value) { table.values[table.count++] = value; }

__device__ int total(const Table* table) {
    int sum = 0;
    for (int i = 0; i < table->count; i++) sum += table->values[i];
    return sum;
}

__device__ int modified_copy(Table table) {
    table.values[0] = 1000;
    table.count = 1;
    return total(&table);
}

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;

    Vec a = {1.0f + t, 2.0f, 3.0f};
    Vec b = a;
    b.y = 20.0f;
    out[k++] = (int)(a.y + b.y);
    Vec sum = add(a, b);
    out[k++] = (int)(sum.x + sum.y + sum.z);
    out[k++] = (int)add(b, {0.5f, 0.5f, 0.5f}).x;

    Particle p = {{0, 0, 0}, {1.0f, 2.0f * t, 0.25f}, 42, true};
    Particle q = step(p, 2.0f);
    out[k++] = (int)(q.position.y * 4) + q.id;
    out[k++] = (int)p.position.x + p.alive;        // p itself did not move
    q = step(q, 100.0f);
    out[k++] = q.alive;
    p.velocity = q.position;
    out[k++] = (int)p.velocity.x;

    Particle crowd[3] = {};
    for (int i = 0; i < 3; i++) crowd[i].id = i + t;
    crowd[1] = crowd[2];
    crowd[2].id = -1;
    out[k++] = crowd[0].id * 100 + crowd[1].id * 10 + crowd[2].id;
    out[k++] = crowd[t % 3].alive + (int)crowd[2].position.z;

    Table table = {};
    push(table, 5);
    push(table, t);
    push(table, 7);
    out[k++] = total(&table);
    out[k++] = modified_copy(table);
    out[k++] = total(&table) * 10 + table.count;
    Table copy = table;                             // the array is copied too
    copy.values[1] = 50;
    out[k++] = table.values[1] - copy.values[1];
    Table tables[2] = {table, copy};
    Table* second = tables + 1;
    second->values[t % 3]++;
    out[k++] = total(second) - total(tables);

    Mixed m = {'m', 0.5 * t, (short)-3, 1ull << 40};
    Mixed n;
    n = m;
    n.bits >>= 38;
    out[k++] = n.tag + (int)(n.weight * 10) + n.code + (int)n.bits + (int)(m.bits >> 40);
    Mixed rest = {'r'};                             // the others are zero
    out[k++] = rest.tag + (int)rest.weight + rest.code + (int)rest.bits;

    struct {
        int left, right;
    } anonymous = {t, -t};
    out[k++] = anonymous.left - anonymous.right;
    struct Local {
        int v;
        __device__ int twice() const { return 2 * v; }
    };
    Local local = {t + 1};
    out[k++] = local.twice();
    const Particle& alias = crowd[0];
    crowd[0].id = 9;
    out[k++] = alias.id;
    (t & 1 ? a : b).x = -5.0f;
    out[k++] = (int)(a.x * 10 + b.x);
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
