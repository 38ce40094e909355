"""Sources whose code does terrible things when it runs: the proof ends in time, says what happened,
and kernels that can be launched without their host code are proved all the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ascendify.driver import translate

BUDGET = 1.5
SECONDS = 15.0
"""Within which a proof with that budget is over, on a machine with other things to do."""

GOOD = """\
__global__ void k(int *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = i;
}
"""
NEVER = GOOD.replace("i < n", "i < n && n < -5")
"""Writes nothing for any size, so that what happens to its launcher is all there is to say."""


@dataclass(frozen=True)
class Bad:
    """A source, the verdict for its kernel, and what the reason has to say."""

    source: str
    verdict: str
    reason: str = ""
    finding: str = ""


def kernel(body: str, before: str = "") -> str:
    return f"{before}\n__global__ void k(int *y, int n)\n{{\n    {body}\n}}\n"


def host(body: str, of: str = GOOD, before: str = "") -> str:
    headers = "\n".join(
        f"#include <{name}>" for name in ("cstdio", "cstdlib", "cstring", "stdexcept", "unistd.h")
    )
    launch = "k<<<(n + 255) / 256, 256>>>(y, n);"
    return f"{headers}\n{before}\n{of}\nvoid run(int *y, int n)\n{{\n    {body}\n    {launch}\n}}\n"


ENDLESS = r"the original does not end within \d+ s: direct\(n=1000\)"
INVALID = "the original stops: block .* out-of-bounds write to address 0x"
ABORTS = r"run\(n=1000\) aborts"

KERNELS = {
    "endless": Bad(kernel("while (true) y[threadIdx.x] += n;"), "unverified", ENDLESS),
    "endless wait": Bad(
        kernel("volatile int *p = y; while (p[0] != n + 1) ; y[1] = 1;"), "unverified", ENDLESS
    ),
    "endless barrier": Bad(kernel("while (true) __syncthreads();"), "unverified", ENDLESS),
    "lock that nobody gives back": Bad(
        kernel("while (atomicCAS(y, 0, 1) != 0) ; y[1] = n;"), "unverified", ENDLESS
    ),
    "division by zero": Bad(
        kernel("y[threadIdx.x] = 7 / (n - n);"), "unverified",
        "the original stops: block .* division by zero", "arithmetic",
    ),
    "invalid address": Bad(
        kernel("int *p = (int *)(size_t)0x10; p[threadIdx.x] = n;"), "unverified", INVALID,
        "out-of-bounds",
    ),
    "far away": Bad(
        kernel("y[(1l << 40) + threadIdx.x] = n;"), "unverified", INVALID, "out-of-bounds"
    ),
    "null": Bad(kernel("int *p = 0; p[n] = 1;"), "unverified", "out-of-bounds write to address",
                "out-of-bounds"),
    "assertion": Bad(
        kernel("assert(n < 0); y[0] = 1;", "#include <cassert>"), "unverified",
        "the original stops: block .* assertion 'n < 0' failed",
    ),
    "trap": Bad(kernel("__trap(); y[0] = 1;"), "unverified", "the original stops: block .* __trap"),
    "flood of printf": Bad(
        kernel('for (int i = 0; i < 100000000; ++i) printf("%d\\n", i); y[0] = n;',
               "#include <cstdio>"), "unverified", ENDLESS,
    ),
    "arrays as large as CUDA allows": Bad(
        kernel("int a[125000]; for (int i = 0; i < 125000; i += 999) a[i] = i + n;\n"
               "    __syncthreads();\n    y[threadIdx.x] = a[999];"), "proved",
    ),
    "larger arrays": Bad(
        kernel("int a[1 << 22]; a[n] = n; y[threadIdx.x] = a[n & 1023];"), "refused", "ASC0434"
    ),
}  # fmt: skip

HOSTS = {
    "endless": Bad(
        host("for (;;) usleep(100);", NEVER), "unverified", r"run\(n=1000\) does not end within"
    ),
    "exit": Bad(
        host("exit(3);", NEVER), "unverified", r"run\(n=1000\) ends the program with status 3"
    ),
    "abort": Bad(host("abort();", NEVER), "unverified", ABORTS),
    "exception": Bad(host('throw std::runtime_error("no");', NEVER), "unverified", ABORTS),
    "a terabyte from new": Bad(
        host("int *p = new int[1ull << 38]; p[n] = 1;", NEVER), "unverified", ABORTS
    ),
    "a terabyte from malloc": Bad(
        host("volatile char *p = (char *)malloc(1ull << 40); p[1ull << 39] = 1;", NEVER),
        "unverified", r"run\(n=1000\) accesses invalid memory",
    ),
    "division by zero": Bad(
        host("volatile int z = 0; n = 7 / z;", NEVER), "unverified", "run.* divides by zero"
    ),
    "null": Bad(
        host("*(volatile int *)0 = n;", NEVER), "unverified", "run.* accesses invalid memory"
    ),
    "recursion": Bad(
        host("n = deep(n);", NEVER,
             "int deep(int n) { volatile int a[999]; a[0] = n; return deep(n + 1) + a[0]; }"),
        "unverified", "run.* accesses invalid memory",
    ),
    "killed": Bad(
        host("kill(getpid(), SIGKILL);", NEVER, "#include <csignal>"), "unverified", "run.* killed"
    ),
    "all of cudaMalloc": Bad(
        host("void *p; while (cudaMalloc(&p, 1 << 28) == cudaSuccess) ;"), "proved"
    ),
    "a terabyte from cudaMalloc": Bad(
        host("int *p; if (cudaMalloc(&p, 1ull << 40) != cudaSuccess) exit(1);"), "proved"
    ),
    "exit, but the kernel is good": Bad(host("exit(3);"), "proved"),
    "writes to all handles": Bad(
        host('for (int i = 3; i < 99; ++i) if (write(i, "x\\n", 2) < 0) continue;'), "proved"
    ),
    "closes all handles": Bad(host("for (int i = 3; i < 99; ++i) close(i);"), "proved"),
    "launch of too many threads": Bad(
        kernel("y[0] = n;") + "void run(int *y, int n) { k<<<1, 4096>>>(y, n); }\n", "proved"
    ),
    "main that does not end": Bad(GOOD + "int main() { for (;;) ; }\n", "proved"),
    "aborting initialiser": Bad(
        "#include <cstdlib>\nint f() { abort(); return 1; }\nint x = f();\n" + GOOD, "unverified",
        "the initialisation of the source's variables ends by SIGABRT",
    ),
    "endless initialiser": Bad(
        "int f() { for (volatile int i = 0;; ++i) ; return 1; }\nint x = f();\n" + GOOD,
        "unverified", "the initialisation of the source's variables does not end",
    ),
}  # fmt: skip


def check(bad: Bad) -> None:
    translation = translate(bad.source, name="bad.cu", budget=BUDGET)
    assert "ASC0001" not in [d.code for d in translation.diagnostics]
    (found,) = translation.kernels
    assert found.verdict == bad.verdict, found.reason
    assert re.search(bad.reason, found.reason), found.reason
    if bad.finding:
        assert bad.finding in {finding["kind"] for finding in found.findings}
    assert found.seconds.get("prove", 0.0) < SECONDS


@pytest.mark.parametrize("name", KERNELS)
def test_kernel(name):
    check(KERNELS[name])


@pytest.mark.parametrize("name", HOSTS)
def test_host(name):
    check(HOSTS[name])


def test_the_command_itself(tmp_path):
    """No traceback, an exit status of its own, and nothing left running."""
    sleep = 'execlp("sleep", "sleep-of-bad", "77", (char *)0);'
    source = host(f"if (fork() == 0) {{ setsid(); {sleep} }}") + "int main() { abort(); }\n"
    (tmp_path / "bad.cu").write_text(source)
    done = subprocess.run(
        [sys.executable, "-m", "ascendify", "bad.cu", "--budget", "2"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert re.match(r"k +proved", done.stdout)
    assert not [name for name in commands() if "sleep-of-bad" in name]


def commands() -> list[str]:
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            found.append(Path(f"/proc/{process}/cmdline").read_text(errors="replace"))
        except OSError:
            continue
    return found
