// Row 101, styles T and H: European options in closed form (with a polynomial and with erfc), and an
// American put on a binomial tree whose levels shrink in shared memory.
#include "check.h"

#define A1 0.31938153f
#define A2 -0.356563782f
#define A3 1.781477937f
#define A4 -1.821255978f
#define A5 1.330274429f
#define RSQRT2PI 0.39894228040143267793994605993438f

// cumulative normal distribution by a polynomial, good to six digits
__device__ inline float cndGPU(float d) {
    float K = 1.0f / (1.0f + 0.2316419f * fabsf(d));
    float cnd = RSQRT2PI * expf(-0.5f * d * d) * (K * (A1 + K * (A2 + K * (A3 + K * (A4 + K * A5)))));
    return d > 0 ? 1.0f - cnd : cnd;
}

__device__ inline double cndGPU(double d) { return 0.5 * erfc(-d * 0.70710678118654752440); }

template <typename real>
__device__ inline void black_scholes_body(real& call, real& put, real S, real X, real T, real R, real V) {
    real sqrtT = sqrt(T);
    real d1 = (log(S / X) + (R + real(0.5) * V * V) * T) / (V * sqrtT);
    real d2 = d1 - V * sqrtT;
    real CNDD1 = cndGPU(d1);
    real CNDD2 = cndGPU(d2);
    real expRT = exp(-R * T);
    call = S * CNDD1 - X * expRT * CNDD2;
    put = X * expRT * (real(1) - CNDD2) - S * (real(1) - CNDD1);
}

template <typename real>
__global__ void black_scholes_kernel(real* __restrict__ call, real* __restrict__ put, const real* __restrict__ price,
                                     const real* __restrict__ strike, const real* __restrict__ years, real riskfree,
                                     real volatility, int n) {
    for (int opt = blockIdx.x * blockDim.x + threadIdx.x; opt < n; opt += gridDim.x * blockDim.x) {
        real c, p;
        black_scholes_body<real>(c, p, price[opt], strike[opt], years[opt], riskfree, volatility);
        call[opt] = c;
        put[opt] = p;
    }
}

// two options per thread
__global__ void black_scholes_vec2_kernel(float2* call, float2* put, const float2* price, const float2* strike,
                                          const float2* years, float riskfree, float volatility, int pairs) {
    const int opt = blockDim.x * blockIdx.x + threadIdx.x;
    if (opt < pairs) {
        float2 c, p;
        black_scholes_body(c.x, p.x, price[opt].x, strike[opt].x, years[opt].x, riskfree, volatility);
        black_scholes_body(c.y, p.y, price[opt].y, strike[opt].y, years[opt].y, riskfree, volatility);
        call[opt] = c;
        put[opt] = p;
    }
}

struct TreeOption {
    float S, X, vDt, puByDf, pdByDf;
};

constexpr int TREE_THREADS = 64;

// a block per option; the leaves are values at expiry, each step back is one level
__global__ void binomial_put_kernel(float* value, const TreeOption* options, int steps) {
    __shared__ float level[2][TREE_THREADS + 1];
    const TreeOption o = options[blockIdx.x];
    const int i = threadIdx.x;
    for (int leaf = i; leaf <= steps; leaf += TREE_THREADS) {
        level[0][leaf] = fmaxf(o.X - o.S * expf(o.vDt * (2.0f * leaf - steps)), 0.0f);
    }
    int from = 0;
    for (int step = steps - 1; step >= 0; step--, from ^= 1) {
        __syncthreads();
        if (i <= step) {
            const float hold = o.puByDf * level[from][i + 1] + o.pdByDf * level[from][i];
            const float exercise = o.X - o.S * expf(o.vDt * (2.0f * i - step));
            level[from ^ 1][i] = fmaxf(hold, exercise);
        }
    }
    if (i == 0) value[blockIdx.x] = level[from][0];
}

void black_scholes(float* call, float* put, const float* price, const float* strike, const float* years, float r, float v,
                   int n) {
    black_scholes_kernel<float><<<ceil_div(n, 128), 128>>>(call, put, price, strike, years, r, v, n);
}

void black_scholes(double* call, double* put, const double* price, const double* strike, const double* years, double r,
                   double v, int n) {
    black_scholes_kernel<double><<<4, 32>>>(call, put, price, strike, years, r, v, n);
}

void black_scholes_pairs(float* call, float* put, const float* price, const float* strike, const float* years, float r,
                         float v, int n) {
    black_scholes_vec2_kernel<<<ceil_div(n / 2, 64), 64>>>((float2*)call, (float2*)put, (const float2*)price,
                                                           (const float2*)strike, (const float2*)years, r, v, n / 2);
}

void binomial_put(float* value, const TreeOption* options, int count, int steps) {
    if (steps < 0 || steps > TREE_THREADS) return;
    binomial_put_kernel<<<count, TREE_THREADS>>>(value, options, steps);
}

int main() {
    const int n = 334;
    const float r = 0.02f, v = 0.30f;
    std::vector<float> s = random_floats(n, 840, 5, 30), x = random_floats(n, 841, 1, 100), t = random_floats(n, 842, 0.25f, 10);
    std::vector<double> call(n), put(n), sd(s.begin(), s.end()), xd(x.begin(), x.end()), td(t.begin(), t.end());
    for (int i = 0; i < n; i++) {
        auto cnd = [](double d) { return 0.5 * std::erfc(-d / std::sqrt(2.0)); };
        double d1 = (std::log(sd[i] / xd[i]) + (r + 0.5 * v * v) * td[i]) / (v * std::sqrt(td[i]));
        double d2 = d1 - v * std::sqrt(td[i]), df = std::exp(-r * td[i]);
        call[i] = sd[i] * cnd(d1) - xd[i] * df * cnd(d2);
        put[i] = xd[i] * df * cnd(-d2) - sd[i] * cnd(-d1);
    }
    float *d_s = to_device(s), *d_x = to_device(x), *d_t = to_device(t), *d_c = device_zeros<float>(n), *d_p = device_zeros<float>(n);
    double *d_sd = to_device(sd), *d_xd = to_device(xd), *d_td = to_device(td);
    double *d_cd = device_zeros<double>(n), *d_pd = device_zeros<double>(n);
    black_scholes(d_c, d_p, d_s, d_x, d_t, r, v, n);
    bool ok = all_close(to_host(d_c, n), call, 1e-4, "call") && all_close(to_host(d_p, n), put, 1e-4, "put");
    black_scholes_pairs(d_c, d_p, d_s, d_x, d_t, r, v, n);
    ok = all_close(to_host(d_c, n), call, 1e-4, "call, pairs") && all_close(to_host(d_p, n), put, 1e-4, "put, pairs") && ok;
    black_scholes(d_cd, d_pd, d_sd, d_xd, d_td, (double)r, (double)v, n);
    ok = all_close(to_host(d_cd, n), call, 1e-12, "call, double") && all_close(to_host(d_pd, n), put, 1e-12, "put, double") && ok;

    const int count = 7, steps = 40;
    std::vector<TreeOption> options;
    std::vector<double> want;
    for (int i = 0; i < count; i++) {
        double dt = td[i] / steps, vdt = v * std::sqrt(dt), df = std::exp(-r * dt);
        double pu = (std::exp(r * dt) - std::exp(-vdt)) / (std::exp(vdt) - std::exp(-vdt));
        options.push_back({s[i], x[i], (float)vdt, (float)(pu * df), (float)((1 - pu) * df)});
        std::vector<double> level(steps + 1);
        for (int j = 0; j <= steps; j++) level[j] = std::fmax(xd[i] - sd[i] * std::exp(vdt * (2 * j - steps)), 0.0);
        for (int step = steps - 1; step >= 0; step--)
            for (int j = 0; j <= step; j++)
                level[j] = std::fmax(df * (pu * level[j + 1] + (1 - pu) * level[j]), xd[i] - sd[i] * std::exp(vdt * (2 * j - step)));
        want.push_back(level[0]);
    }
    TreeOption* d_o = to_device(options);
    binomial_put(d_c, d_o, count, steps);
    ok = all_close(to_host(d_c, count), want, 1e-4, "binomial") && ok;
    cudaFree(d_s), cudaFree(d_x), cudaFree(d_t), cudaFree(d_c), cudaFree(d_p), cudaFree(d_o);
    cudaFree(d_sd), cudaFree(d_xd), cudaFree(d_td), cudaFree(d_cd), cudaFree(d_pd);
    return report(ok);
}
