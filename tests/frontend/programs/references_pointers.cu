// References as parameters, results and members; pointers to pointers; const.
#include <cstdio>

constexpr int THREADS = 4;
constexpr int VALUES = 22;

struct Node {
    int value;
    Node* next;
};

struct View {
    int& target;
    const int* limit;
};

__device__ void swap_values(int& a, int& b) {
    int tmp = a;
    a = b;
    b = tmp;
}

__device__ void swap_pointers(int*& a, int*& b) {
    int* tmp = a;
    a = b;
    b = tmp;
}

__device__ int& largest(int& a, int& b) { return a > b ? a : b; }

__device__ void out_params(int x, int* quotient, int& remainder, bool& exact) {
    *quotient = x / 3;
    remainder = x % 3;
    exact = remainder == 0;
}

__device__ void set_through(int** handle, int value) { **handle = value; }

__device__ int sum_list(const Node* head) {
    int sum = 0;
    for (const Node* n = head; n; n = n->next) sum += n->value;
    return sum;
}

__device__ int by_value(int x) {
    x += 100;
    return x;
}

__device__ const int& clamp_ref(const int& x, const int& lo, const int& hi) { return x < lo ? lo : hi < x ? hi : x; }

__global__ void test(int* out) {
    const int t = threadIdx.x;
    out += t * VALUES;
    int k = 0;

    int a = t + 1, b = 10 * t;
    int& alias = a;
    alias += 5;
    out[k++] = a;
    swap_values(a, b);
    out[k++] = a;
    out[k++] = alias - b;
    largest(a, b) = -7;
    out[k++] = a;
    out[k++] = b;

    int *p = &a, *q = &b;
    swap_pointers(p, q);
    *p = 77;
    out[k++] = b;
    set_through(&q, 88);
    out[k++] = a;
    int** handle = t & 1 ? &p : &q;
    **handle += t;
    out[k++] = a * 1000 + b;

    int quotient, remainder;
    bool exact;
    out_params(10 + t, &quotient, remainder, exact);
    out[k++] = quotient * 100 + remainder * 10 + exact;

    Node third = {3 + t, nullptr}, second = {20, &third}, first = {100, &second};
    out[k++] = sum_list(&first);
    first.next = first.next->next;
    first.next->value *= 2;
    out[k++] = sum_list(&first);
    out[k++] = sum_list(nullptr);

    const int limit = 9;
    View view{a, &limit};
    view.target = *view.limit * 2;
    out[k++] = a;

    out[k++] = by_value(b) - b;
    out[k++] = clamp_ref(t, 1, 2);
    const int* cp = &b;
    b = 5;
    out[k++] = *cp;
    int* const fixed = &a;
    *fixed = 6;
    out[k++] = a + (cp == &b) + (fixed != p);
    int local[4] = {1, 2, 3, 4};
    int(&array)[4] = local;
    array[t] = -1;
    out[k++] = local[0] + local[1] * 10 + local[2] * 100 + local[3] * 1000;
    const float& temporary = t * 0.5f;
    out[k++] = (int)(temporary * 4);
    int* none = nullptr;
    out[k++] = none ? *none : !none;
    auto& same = out[k];
    same = 1234;
    k++;
    *&out[k++] = t;
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
