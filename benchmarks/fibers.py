"""How fast the oracle switches between the threads of a block.

    python benchmarks/fibers.py [--threads 32 256 1024] [--rounds 1000]

Two kernels that do nothing else: one waits at barriers, one exchanges values within warps. Prints
context switches per second of processor time, and how many threads a second start and end.
"""

from __future__ import annotations

import argparse
import time

import cffi

from ascendify.runtime.oracle.build import build_oracle

SOURCE = """
__global__ void barriers(int rounds) { for (int i = 0; i < rounds; ++i) __syncthreads(); }
__global__ void shuffles(int rounds) {
  float x = threadIdx.x;
  for (int i = 0; i < rounds; ++i) x += __shfl_xor_sync(0xffffffff, x, 1);
  if (x == -1) printf("never");
}
"""

INTERFACE = """
const char *ascendify_oracle_launch_instance(const char *, const uint32_t *, const uint32_t *,
                                             uint64_t, uint32_t, void **);
uint64_t ascendify_oracle_switches(void);
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[32, 256, 1024])
    parser.add_argument("--rounds", type=int, default=1000)
    arguments = parser.parse_args()
    ffi = cffi.FFI()
    ffi.cdef(INTERFACE)
    library = ffi.dlopen(str(build_oracle("fibers.cu", SOURCE).so_path))

    def run(kernel: str, threads: int, rounds: int, blocks: int) -> tuple[float, int]:
        value = ffi.new("int *", rounds)
        before, start = library.ascendify_oracle_switches(), time.process_time()
        message = library.ascendify_oracle_launch_instance(
            kernel.encode(),
            ffi.new("uint32_t[3]", [blocks, 1, 1]),
            ffi.new("uint32_t[3]", [threads, 1, 1]),
            0,
            0,
            ffi.new("void *[]", [value]),
        )
        assert message == ffi.NULL
        return time.process_time() - start, library.ascendify_oracle_switches() - before

    for kernel in ("barriers", "shuffles"):
        for threads in arguments.threads:
            rounds, blocks = arguments.rounds, max(1, 4096 // threads)
            seconds, switches = min(run(kernel, threads, rounds, blocks) for _ in range(5))
            print(f"{kernel}, {threads:4} threads: {switches / seconds / 1e6:6.1f} M switches/s")
    seconds, _ = min(run("barriers", 1024, 0, 1000) for _ in range(5))
    print(f"start and end: {1024000 / seconds / 1e6:.1f} M threads/s")


if __name__ == "__main__":
    main()
