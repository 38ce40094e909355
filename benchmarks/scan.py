"""How long a scan of many files takes, and how much memory: `translate --scan` on a made-up tree.

    python benchmarks/scan.py [--files 1000] [--jobs 2] [--tree DIR]

The tree has the kernels of tests/corpus again and again, each copy with other names, and headers
that they share. The first scan knows nothing, the second one finds all results of the first. With
--tree a repository of your own is scanned instead. The aim is 1,000 files in 5 minutes on 2 cores,
and less than 1 GiB in all processes together.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

CORPUS = Path(__file__).resolve().parent.parent / "tests" / "corpus"
COMMON = "common.cuh"


def make_tree(root: Path, files: int) -> None:
    """Copies of the corpus that differ in text, in folders of 50."""
    texts = [path.read_text() for path in sorted(CORPUS.glob("*.cu"))]
    for number in range(files):
        folder = root / f"part{number // 50:03}"
        folder.mkdir(parents=True, exist_ok=True)
        text = texts[number % len(texts)]
        for name in set(re.findall(r"__global__ void (\w+)\(", text)):
            text = re.sub(rf"\b{name}\b", f"{name}_{number}", text)
        text += f'\n#include "{COMMON}"\n__global__ void copy_{number}(float *x)\n'
        text += f"{{ x[threadIdx.x] = common(x[threadIdx.x], {number}); }}\n"
        (folder / f"kernels_{number:04}.cu").write_text(text)
        (folder / COMMON).write_text(
            "#pragma once\n__device__ float common(float x, int n) { return x * n + 1.0f; }\n"
        )


class Memory(threading.Thread):
    """Measures the memory of a process and all below it: what each has for itself, and its share
    of what several have (PSS)."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self.most = 0

    def run(self) -> None:
        while Path(f"/proc/{self._pid}").exists():
            self.most = max(self.most, sum(map(proportional, tree_of(self._pid))))
            time.sleep(0.5)


def tree_of(pid: int) -> Iterator[int]:
    yield pid
    try:
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from tree_of(int(child))
    except OSError:
        return


def proportional(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def scan(root: Path, cache: Path, jobs: int) -> None:
    """One scan, with what it took."""
    environment = {**os.environ, "ASCENDIFY_CACHE_DIR": str(cache)}
    command = [sys.executable, "-m", "ascendify", "--scan", str(root), "--jobs", str(jobs)]
    started = time.perf_counter()
    running = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    memory = Memory(running.pid)
    memory.start()
    said, _ = running.communicate()
    seconds = time.perf_counter() - started
    print(f"{seconds:7.1f} s  {memory.most / 2**20:6.0f} MiB  {said.splitlines()[-1]}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tree", type=Path)
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = parsed.tree or Path(scratch) / "tree"
        if parsed.tree is None:
            make_tree(root, parsed.files)
        for _ in range(2):
            scan(root, Path(scratch) / "cache", parsed.jobs)


if __name__ == "__main__":
    main()
