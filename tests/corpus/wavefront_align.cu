// Row 99, style H: global alignment of two sequences by dynamic programming. Tiles of the score matrix
// are processed along anti-diagonals, inside a tile along anti-diagonals with a barrier each.
#include "check.h"

#define BLOCK_SIZE 16
#define SCORE(r, c) score[(r) * cols + (c)]

#define MAXIMUM(a, b, c) ((a) > (b) ? ((a) > (c) ? (a) : (c)) : ((b) > (c) ? (b) : (c)))

__global__ void init_border_kernel(int* score, int rows, int cols, int penalty) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < cols) SCORE(0, i) = -i * penalty;
    if (i < rows) SCORE(i, 0) = -i * penalty;
}

// Tiles (bx, diagonal - bx); row 0 and column 0 of `tile` come from the neighbours.
__global__ void align_tiles_kernel(int* score, const char* a, const char* b, int rows, int cols, int penalty, int match,
                                   int mismatch, int first_tile, int diagonal) {
    __shared__ int tile[BLOCK_SIZE + 1][BLOCK_SIZE + 1];
    __shared__ char letters[BLOCK_SIZE];
    const int tx = threadIdx.x;
    const int tile_x = first_tile + blockIdx.x, tile_y = diagonal - tile_x;
    const int row0 = tile_y * BLOCK_SIZE, col0 = tile_x * BLOCK_SIZE;  // of the border
    const int col = col0 + tx + 1;

    if (tx == 0) tile[0][0] = SCORE(row0, col0);
    if (col < cols) tile[0][tx + 1] = SCORE(row0, col);
    if (row0 + tx + 1 < rows) {
        tile[tx + 1][0] = SCORE(row0 + tx + 1, col0);
        letters[tx] = a[row0 + tx];
    }
    const char mine = col < cols ? b[col - 1] : 0;
    __syncthreads();

    for (int m = 0; m < 2 * BLOCK_SIZE - 1; m++) {
        const int y = m - tx;  // thread tx owns column tx
        if (y >= 0 && y < BLOCK_SIZE && col < cols && row0 + y + 1 < rows) {
            const int diagonal_score = tile[y][tx] + (letters[y] == mine ? match : -mismatch);
            tile[y + 1][tx + 1] = MAXIMUM(diagonal_score, tile[y + 1][tx] - penalty, tile[y][tx + 1] - penalty);
        }
        __syncthreads();
    }
    if (col < cols) {
        for (int y = 0; y < BLOCK_SIZE; y++) {
            if (row0 + y + 1 < rows) SCORE(row0 + y + 1, col) = tile[y + 1][tx + 1];
        }
    }
}

// One thread follows the path back; ops counts diagonal, left and up moves.
__global__ void traceback_kernel(int* ops, const int* score, int rows, int cols, int penalty) {
    if (threadIdx.x != 0 || blockIdx.x != 0) return;
    int r = rows - 1, c = cols - 1;
    int counts[3] = {0, 0, 0};
    while (r > 0 || c > 0) {
        int move;
        if (c > 0 && SCORE(r, c) == SCORE(r, c - 1) - penalty)
            move = 1;
        else if (r > 0 && SCORE(r, c) == SCORE(r - 1, c) - penalty)
            move = 2;
        else if (r > 0 && c > 0)
            move = 0;
        else
            break;
        counts[move]++;
        switch (move) {
            case 0:
                r--;
                [[fallthrough]];
            case 1:
                c--;
                break;
            default:
                r--;
        }
    }
    for (int i = 0; i < 3; i++) ops[i] = counts[i];
}

void align(int* score, int* ops, const char* a, const char* b, int len_a, int len_b, int penalty) {
    const int rows = len_a + 1, cols = len_b + 1;
    init_border_kernel<<<ceil_div(max(rows, cols), 32), 32>>>(score, rows, cols, penalty);
    const int tiles_x = ceil_div(len_b, BLOCK_SIZE), tiles_y = ceil_div(len_a, BLOCK_SIZE);
    for (int diagonal = 0; diagonal < tiles_x + tiles_y - 1; diagonal++) {
        const int first = max(0, diagonal - tiles_y + 1), last = min(diagonal, tiles_x - 1);
        align_tiles_kernel<<<last - first + 1, BLOCK_SIZE>>>(score, a, b, rows, cols, penalty, 3, 2, first, diagonal);
    }
    traceback_kernel<<<1, 1>>>(ops, score, rows, cols, penalty);
    CUDA_CHECK(cudaGetLastError());
}

int main() {
    bool ok = true;
    const int sizes[][2] = {{1, 1}, {16, 17}, {50, 33}};
    for (auto [len_a, len_b] : sizes) {
        std::vector<char> a, b;
        for (int v : random_ints(len_a, 850, 0, 3)) a.push_back("ACGT"[v]);
        for (int v : random_ints(len_b, 851, 0, 3)) b.push_back("ACGT"[v]);
        const int penalty = 4, cols = len_b + 1, n = (len_a + 1) * cols;
        std::vector<int> want(n);
        for (int r = 0; r <= len_a; r++)
            for (int c = 0; c <= len_b; c++) {
                if (r == 0 || c == 0) {
                    want[r * cols + c] = -(r + c) * penalty;
                } else {
                    int up = want[(r - 1) * cols + c] - penalty, left = want[r * cols + c - 1] - penalty;
                    int both = want[(r - 1) * cols + c - 1] + (a[r - 1] == b[c - 1] ? 3 : -2);
                    want[r * cols + c] = MAXIMUM(up, left, both);
                }
            }
        int *d_score = device_zeros<int>(n), *d_ops = device_zeros<int>(3);
        char *d_a = to_device(a), *d_b = to_device(b);
        align(d_score, d_ops, d_a, d_b, len_a, len_b, penalty);
        ok = all_close(to_host(d_score, n), want, 0.0, "score") && ok;
        std::vector<int> ops = to_host(d_ops, 3);
        ok = ops[0] + ops[1] == len_b && ops[0] + ops[2] == len_a && ok;
        cudaFree(d_score), cudaFree(d_ops), cudaFree(d_a), cudaFree(d_b);
    }
    return report(ok);
}
