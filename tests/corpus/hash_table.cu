// Row 98, style H: open-addressing hash table with 32-bit keys, inserted by compare-and-swap, looked up
// and deleted; and a set of 64-bit keys in buckets that may fill up.
#include <algorithm>
#include <cstdint>

#include "check.h"

struct KeyValue {
    uint32_t key;
    uint32_t value;
};

const uint32_t kEmpty = 0xffffffff;

// the finaliser of MurmurHash3
__device__ uint32_t hash(uint32_t k, uint32_t capacity) {
    k ^= k >> 16;
    k *= 0x85ebca6b;
    k ^= k >> 13;
    k *= 0xc2b2ae35;
    k ^= k >> 16;
    return k & (capacity - 1);
}

__global__ void hashtable_clear_kernel(KeyValue* table, uint32_t capacity) {
    uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < capacity) table[i] = {kEmpty, kEmpty};
}

// Values of equal keys are added, so the result does not depend on who comes first.
__global__ void hashtable_insert_kernel(KeyValue* table, const KeyValue* kvs, uint32_t numkvs, uint32_t capacity) {
    uint32_t tid = blockIdx.x * blockDim.x + threadIdx.x;
    if (tid < numkvs) {
        uint32_t key = kvs[tid].key;
        uint32_t slot = hash(key, capacity);
        for (uint32_t probes = 0; probes < capacity; probes++) {
            uint32_t prev = atomicCAS(&table[slot].key, kEmpty, key);
            if (prev == kEmpty || prev == key) {
                atomicAdd(&table[slot].value, kvs[tid].value + (prev == kEmpty ? 1u : 0u));
                return;
            }
            slot = (slot + 1) & (capacity - 1);
        }
    }
}

__global__ void hashtable_lookup_kernel(const KeyValue* table, KeyValue* kvs, uint32_t numkvs, uint32_t capacity) {
    uint32_t tid = blockIdx.x * blockDim.x + threadIdx.x;
    if (tid >= numkvs) return;
    uint32_t key = kvs[tid].key;
    uint32_t slot = hash(key, capacity);
    uint32_t probes = 0;
    while (true) {
        if (table[slot].key == key) {
            kvs[tid].value = table[slot].value;
            return;
        }
        if (table[slot].key == kEmpty || ++probes == capacity) {
            kvs[tid].value = kEmpty;
            return;
        }
        slot = (slot + 1) & (capacity - 1);
    }
}

constexpr int kBucket = 4;

// Each bucket has four places; a key whose bucket is full counts as lost.
__global__ void bucket_insert_kernel(unsigned long long* buckets, unsigned int* lost, const unsigned long long* keys, int n,
                                     int bucket_count) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) {
        const unsigned long long key = keys[i];
        if (key == 0ull) continue;  // marks a free place
        unsigned long long h = key * 0x9E3779B97F4A7C15ull;
        h ^= h >> 32;
        unsigned long long* bucket = buckets + (h % bucket_count) * kBucket;
        int place = 0;
        do {
            const unsigned long long old = atomicCAS(&bucket[place], 0ull, key);
            if (old == 0ull || old == key) break;
        } while (++place < kBucket);
        if (place == kBucket) atomicAdd(lost, 1u);
    }
}

void insert(KeyValue* table, const KeyValue* kvs, int numkvs, int log_capacity) {
    const uint32_t capacity = 1u << log_capacity;
    hashtable_clear_kernel<<<ceil_div((int)capacity, 64), 64>>>(table, capacity);
    hashtable_insert_kernel<<<ceil_div(numkvs, 64), 64>>>(table, kvs, (uint32_t)numkvs, capacity);
}

void lookup(const KeyValue* table, KeyValue* kvs, int numkvs, int log_capacity) {
    hashtable_lookup_kernel<<<ceil_div(numkvs, 64), 64>>>(table, kvs, (uint32_t)numkvs, 1u << log_capacity);
}

void insert_buckets(unsigned long long* buckets, unsigned int* lost, const unsigned long long* keys, int n, int bucket_count) {
    CUDA_CHECK(cudaMemset(buckets, 0, bucket_count * kBucket * sizeof(*buckets)));
    CUDA_CHECK(cudaMemset(lost, 0, sizeof(*lost)));
    bucket_insert_kernel<<<2, 32>>>(buckets, lost, keys, n, bucket_count);
}

int main() {
    const int n = 150, distinct = 60, log_capacity = 7, capacity = 1 << log_capacity;
    std::vector<int> ids = random_ints(n, 860, 0, distinct - 1), values = random_ints(n, 861, 0, 1000);
    std::vector<KeyValue> pairs, queries;
    std::vector<uint32_t> want(distinct + 5, kEmpty);
    for (int i = 0; i < n; i++) {
        pairs.push_back({(uint32_t)ids[i] * 977u, (uint32_t)values[i]});
        want[ids[i]] = (want[ids[i]] == kEmpty ? 0 : want[ids[i]]) + values[i];
    }
    for (int k = 0; k < distinct + 5; k++) queries.push_back({(uint32_t)k * 977u, 0});  // five are missing
    KeyValue *d_table = device_zeros<KeyValue>(capacity), *d_pairs = to_device(pairs), *d_queries = to_device(queries);
    insert(d_table, d_pairs, n, log_capacity);
    lookup(d_table, d_queries, distinct + 5, log_capacity);
    bool ok = true;
    std::vector<uint32_t> got;
    for (KeyValue kv : to_host(d_queries, queries.size())) got.push_back(kv.value);
    ok = all_close(got, want, 0.0, "values") && ok;

    const int buckets = 16;
    std::vector<unsigned long long> keys;
    for (int id : ids) keys.push_back((unsigned long long)id * 0x100000001ull);
    auto *d_keys = to_device(keys), *d_buckets = device_zeros<unsigned long long>(buckets * kBucket);
    unsigned int* d_lost = device_zeros<unsigned int>(1);
    insert_buckets(d_buckets, d_lost, d_keys, n, buckets);
    std::vector<std::vector<unsigned long long>> per_bucket(buckets);
    unsigned int want_stored = 0, stored = 0, lost = to_host(d_lost, 1)[0], want_lost = 0;
    for (int id = 1; id < distinct; id++) {
        unsigned long long key = (unsigned long long)id * 0x100000001ull, h = key * 0x9E3779B97F4A7C15ull;
        int times = 0;
        for (int other : ids) times += other == id;
        if (times) per_bucket[(h ^ h >> 32) % buckets].push_back(key);
    }
    for (auto& b : per_bucket) want_stored += std::min<size_t>(b.size(), kBucket), want_lost += b.size() > kBucket;
    for (auto key : to_host(d_buckets, buckets * kBucket)) stored += key != 0;
    ok = stored == want_stored && (lost > 0) == (want_lost > 0) && ok;
    cudaFree(d_table), cudaFree(d_pairs), cudaFree(d_queries), cudaFree(d_keys), cudaFree(d_buckets), cudaFree(d_lost);
    return report(ok);
}
