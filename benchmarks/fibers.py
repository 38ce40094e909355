"""How fast the oracle's engine is: switches between the threads of a block, launches, workers.

    python benchmarks/fibers.py [--threads 32 256 1024] [--rounds 1000] [--workers 2]

Two kernels do nothing but switch: one waits at barriers, one exchanges values within warps. Prints
context switches per second of processor time, how many threads a second start and end, how long a
small launch takes, and how much faster several workers are with a kernel that computes.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import cffi

from ascendify.runtime.oracle.build import build_oracle

SOURCE = """
__global__ void barriers(int rounds) { for (int i = 0; i < rounds; ++i) __syncthreads(); }
__global__ void shuffles(int rounds) {
  float x = threadIdx.x;
  for (int i = 0; i < rounds; ++i) x += __shfl_xor_sync(0xffffffff, x, 1);
  if (x == -1) printf("never");
}
__global__ void computes(float *out, int rounds) {
  __shared__ float s[256];
  float x = blockIdx.x + threadIdx.x;
  for (int i = 0; i < rounds; ++i) {
    s[threadIdx.x] = x;
    __syncthreads();
    for (int j = 0; j < 50; ++j) x = x * 0.5f + s[(threadIdx.x + j) % 256];
    __syncthreads();
  }
  out[blockIdx.x * 256 + threadIdx.x] = x;
}
"""

INTERFACE = """
const char *ascendify_oracle_launch_instance(const char *, const uint32_t *, const uint32_t *,
                                             uint64_t, uint32_t, void **);
uint64_t ascendify_oracle_switches(void);
void ascendify_oracle_set_workers(uint32_t);
void ascendify_oracle_set_poison(uint32_t);
"""


REPEATS = 5
BLOCKS = 200


class Engine:
    """The library of the kernels above."""

    def __init__(self) -> None:
        self.ffi = cffi.FFI()
        self.ffi.cdef(INTERFACE)
        self.library = self.ffi.dlopen(str(build_oracle("fibers.cu", SOURCE).so_path))
        self.out = self.ffi.new("float[]", BLOCKS * 256)

    def launch(self, kernel: str, threads: int, rounds: int, blocks: int) -> None:
        """Run one launch."""
        ffi = self.ffi
        value = ffi.new("int *", rounds)
        values = [ffi.new("float **", self.out), value] if kernel == "computes" else [value]
        message = self.library.ascendify_oracle_launch_instance(
            kernel.encode(),
            ffi.new("uint32_t[3]", [blocks, 1, 1]),
            ffi.new("uint32_t[3]", [threads, 1, 1]),
            0,
            0,
            ffi.new("void *[]", values),
        )
        assert message == ffi.NULL

    def switching(self, kernel: str, threads: int, rounds: int, blocks: int) -> tuple[float, int]:
        """Seconds of processor time and switches of a launch."""
        before, start = self.library.ascendify_oracle_switches(), time.process_time()
        self.launch(kernel, threads, rounds, blocks)
        return time.process_time() - start, self.library.ascendify_oracle_switches() - before

    def small(self) -> float:
        """Seconds of a launch of one warp that does nothing."""
        start = time.process_time()
        for _ in range(1000):
            self.launch("barriers", 32, 0, 1)
        return (time.process_time() - start) / 1000

    def computing(self, workers: int) -> tuple[float, float]:
        """Seconds of launches that compute: real time, and processor time of the busiest worker,
        which is what they would take on cores that nothing else uses."""
        self.library.ascendify_oracle_set_workers(workers)
        before, start = processor_times(), time.perf_counter()
        for _ in range(4):
            self.launch("computes", 256, 40, BLOCKS)
        seconds, after = time.perf_counter() - start, processor_times()
        self.library.ascendify_oracle_set_workers(1)
        return seconds, max(after[task] - before.get(task, 0) for task in after)


def processor_times() -> dict[str, float]:
    """Seconds that each OS thread of this process has run."""
    tick = os.sysconf("SC_CLK_TCK")
    times: dict[str, float] = {}
    for task in Path("/proc/self/task").iterdir():
        fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
        times[task.name] = (int(fields[11]) + int(fields[12])) / tick
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[32, 256, 1024])
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--workers", type=int, nargs="+", default=[2])
    arguments = parser.parse_args()
    engine = Engine()
    for kernel in ("barriers", "shuffles"):
        for threads in arguments.threads:
            rounds, blocks = arguments.rounds, max(1, 4096 // threads)
            seconds, switches = min(
                engine.switching(kernel, threads, rounds, blocks) for _ in range(REPEATS)
            )
            print(f"{kernel}, {threads:4} threads: {switches / seconds / 1e6:6.1f} M switches/s")
    for poison in (0, 1):
        engine.library.ascendify_oracle_set_poison(poison)
        seconds, _ = min(engine.switching("barriers", 1024, 0, 1000) for _ in range(REPEATS))
        how = ", memory filled first" if poison else ""
        print(f"start and end: {1024000 / seconds / 1e6:.1f} M threads/s{how}")
    engine.library.ascendify_oracle_set_poison(0)
    print(f"a launch of one warp: {min(engine.small() for _ in range(REPEATS)) * 1e6:.1f} us")
    for workers in arguments.workers:
        # In turns, because other programs may take the cores for a while.
        pairs = [(engine.computing(1), engine.computing(workers)) for _ in range(3)]
        alone, together = (
            tuple(map(min, zip(*runs, strict=True))) for runs in zip(*pairs, strict=True)
        )
        print(
            f"{workers} workers: {alone[0] / together[0]:.2f} times as fast as one, "
            f"{alone[1] / together[1]:.2f} times on idle cores"
        )


if __name__ == "__main__":
    main()
