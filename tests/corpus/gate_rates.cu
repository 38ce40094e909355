// Row 11, style H: one explicit time step of a two-gate excitable cell model: every thread owns one cell.
// Double precision, many temporaries, parameters by value and a table in constant memory.
#include "check.h"

struct CellParams {
    double capacitance;
    double g_fast, g_slow, g_leak;
    double e_fast, e_slow, e_leak;
    double threshold;
};

enum StateVariable { VOLTAGE = 0, GATE_M, GATE_H, GATE_N, NUM_STATES };

// rows: numerator scale, offset, slope of the opening and closing rates of m, h, n
__constant__ double rate_table[6][3];
__device__ int unstable_cells;

#define STATE(variable) state[(variable) * pitch + cell]

__device__ double linear_rate(double v, const double* row) {
    double x = (v - row[1]) / row[2];
    // x / (1 - exp(-x)) has a removable singularity at zero
    if (fabs(x) < 1e-6) return row[0] * (1.0 + 0.5 * x);
    return row[0] * x / (1.0 - exp(-x));
}

__device__ double exp_rate(double v, const double* row) { return row[0] * exp(-(v - row[1]) / row[2]); }

__device__ double logistic_rate(double v, const double* row) { return row[0] / (1.0 + exp(-(v - row[1]) / row[2])); }

__global__ void cell_step_kernel(double* state, const double* stimulus, CellParams p, double dt, int cells, int pitch) {
    int cell = blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= cells) return;

    const double v = STATE(VOLTAGE);
    const double m = STATE(GATE_M), h = STATE(GATE_H), n = STATE(GATE_N);

    // a quiet cell below threshold only leaks
    if (v < p.threshold && stimulus[cell] == 0.0) {
        STATE(VOLTAGE) = v + dt * p.g_leak * (p.e_leak - v) / p.capacitance;
        return;
    }

    const double am = linear_rate(v, rate_table[0]), bm = exp_rate(v, rate_table[1]);
    const double ah = exp_rate(v, rate_table[2]), bh = logistic_rate(v, rate_table[3]);
    const double an = linear_rate(v, rate_table[4]), bn = exp_rate(v, rate_table[5]);

    const double i_fast = p.g_fast * m * m * m * h * (v - p.e_fast);
    const double i_slow = p.g_slow * pow(n, 4.0) * (v - p.e_slow);
    const double i_leak = p.g_leak * (v - p.e_leak);
    const double dv = (stimulus[cell] - i_fast - i_slow - i_leak) / p.capacitance;

    // gates relax towards their steady state exactly, the voltage by Euler
    const double sum_m = am + bm, sum_h = ah + bh, sum_n = an + bn;
    STATE(GATE_M) = am / sum_m + (m - am / sum_m) * exp(-dt * sum_m);
    STATE(GATE_H) = ah / sum_h + (h - ah / sum_h) * exp(-dt * sum_h);
    STATE(GATE_N) = an / sum_n + (n - an / sum_n) * exp(-dt * sum_n);
    STATE(VOLTAGE) = v + dt * dv;

    if (!isfinite(v + dt * dv) || fabs(dv) > 1e5) atomicAdd(&unstable_cells, 1);
}

static const double RATES[6][3] = {{1.0, -40.0, 10.0}, {4.0, -65.0, 18.0},  {0.07, -65.0, 20.0},
                                   {1.0, -35.0, 10.0}, {0.1, -55.0, 10.0}, {0.125, -65.0, 80.0}};

void cell_step(double* state, const double* stimulus, double dt, int cells, int pitch, int block_size) {
    CellParams p = {1.0, 120.0, 36.0, 0.3, 50.0, -77.0, -54.4, -80.0};
    int grid = (cells + block_size - 1) / block_size;
    CUDA_CHECK(cudaMemcpyToSymbol(rate_table, RATES, sizeof(RATES)));
    cell_step_kernel<<<grid, block_size>>>(state, stimulus, p, dt, cells, pitch);
    CUDA_CHECK(cudaGetLastError());
}

static double linear_cpu(double v, const double* r) {
    double x = (v - r[1]) / r[2];
    return std::fabs(x) < 1e-6 ? r[0] * (1 + 0.5 * x) : r[0] * x / (1 - std::exp(-x));
}
static double exp_cpu(double v, const double* r) { return r[0] * std::exp(-(v - r[1]) / r[2]); }

static void cell_step_cpu(double* s, double stim, double dt, int pitch) {
    double v = s[0], m = s[pitch], h = s[2 * pitch], n = s[3 * pitch];
    if (v < -80.0 && stim == 0.0) {
        s[0] = v + dt * 0.3 * (-54.4 - v);
        return;
    }
    double a[3] = {linear_cpu(v, RATES[0]), exp_cpu(v, RATES[2]), linear_cpu(v, RATES[4])};
    double b[3] = {exp_cpu(v, RATES[1]), RATES[3][0] / (1 + std::exp(-(v - RATES[3][1]) / RATES[3][2])),
                   exp_cpu(v, RATES[5])};
    double dv = stim - 120 * m * m * m * h * (v - 50) - 36 * std::pow(n, 4) * (v + 77) - 0.3 * (v + 54.4);
    for (int k = 0; k < 3; k++) {
        double target = a[k] / (a[k] + b[k]);
        s[(k + 1) * pitch] = target + (s[(k + 1) * pitch] - target) * std::exp(-dt * (a[k] + b[k]));
    }
    s[0] = v + dt * dv;
}

int main() {
    const int cells = 203, pitch = 224, steps = 20;
    const double dt = 0.01;
    std::vector<double> state(NUM_STATES * pitch, 0.0), stimulus(cells);
    for (int i = 0; i < cells; i++) {
        state[i] = i % 5 == 0 ? -40.0 : -90.0 + 0.3 * i;
        state[pitch + i] = 0.05, state[2 * pitch + i] = 0.6, state[3 * pitch + i] = 0.32;
        stimulus[i] = i % 3 == 0 ? 0.0 : 0.05 * i;
    }
    double *d_state = to_device(state), *d_stimulus = to_device(stimulus);
    int zero = 0, unstable = -1;
    CUDA_CHECK(cudaMemcpyToSymbol(unstable_cells, &zero, sizeof(int)));
    for (int step = 0; step < steps; step++) {
        cell_step(d_state, d_stimulus, dt, cells, pitch, 64);
        for (int i = 0; i < cells; i++) cell_step_cpu(&state[i], stimulus[i], dt, pitch);
    }
    CUDA_CHECK(cudaMemcpyFromSymbol(&unstable, unstable_cells, sizeof(int)));
    bool ok = all_close(to_host(d_state, state.size()), state, 1e-10, "cell state") && unstable == 0;
    cudaFree(d_state), cudaFree(d_stimulus);
    return report(ok);
}
