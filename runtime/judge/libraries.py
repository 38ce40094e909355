"""Both sides of a proof as loaded libraries: the oracle and the candidate."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import cffi

from ..build import LAUNCH_INTERFACE
from ..oracle.sanitizer import INTERFACE as CHECK_INTERFACE
from ..prove import Job

DECLARATIONS = """
typedef struct {
  const void *kernel;
  void (*invoke)(const void *, void **);
  uint32_t grid[3];
  uint32_t block[3];
  uint64_t shared_bytes;
  uint32_t cooperative;
  uint32_t arg_count;
  void **args;
  const uint64_t *arg_sizes;
} ascendify_oracle_launch;
void ascendify_oracle_set_dispatcher(void (*)(const ascendify_oracle_launch *));
const char *ascendify_oracle_run(const ascendify_oracle_launch *);
void ascendify_oracle_fail_launch(const char *);
const char *ascendify_oracle_launch_instance(const char *, const uint32_t *, const uint32_t *,
                                             uint64_t, uint32_t, void **);
int ascendify_oracle_find_allocation(const void *, void **, uint64_t *);
void ascendify_oracle_set_schedule(uint32_t);
void ascendify_oracle_set_rounding(uint32_t);
void ascendify_oracle_set_workers(uint32_t);
void ascendify_oracle_set_poison(uint32_t);
void ascendify_oracle_fill_stack(uint32_t);
int ascendify_oracle_barrier_lines(uint32_t *, uint32_t *);

void *mmap(void *, size_t, int, int, int, long);
int mprotect(void *, size_t, int);
int munmap(void *, size_t);
int mallopt(int, int);
void *dlopen(const char *, int);
void *dlsym(void *, const char *);
"""


@dataclass(slots=True)
class Libraries:
    """Both libraries and what is known of their contents. `base`: where the oracle was loaded."""

    ffi: Any
    oracle: Any
    candidate: Any
    libc: Any
    path: str
    handle: Any
    base: int
    precise: Any = None
    """The oracle that computes with more digits, if there is one."""
    precise_base: int = 0
    kernels: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, tuple[int, int]] = field(default_factory=dict)

    def text(self, message: Any) -> str:
        """A C string; "" for null."""
        if message == self.ffi.NULL:
            return ""
        text: str = self.ffi.string(message).decode(errors="replace")
        return text

    def address(self, pointer: Any) -> int:
        return int(self.ffi.cast("uintptr_t", pointer))

    def control(self, name: str, value: int) -> None:
        """Set one of the oracle's switches: `schedule`, `rounding`, `workers`, `poison`."""
        getattr(self.oracle, f"ascendify_oracle_set_{name}")(value)

    def function(self, name: str, type_: str) -> Any:
        """The oracle's function `name` as a pointer of `type_`; AttributeError without one."""
        address = self.libc.dlsym(self.handle, name.encode())
        if address == self.ffi.NULL:
            raise AttributeError(name)
        return self.ffi.cast(type_, address)


def load(job: Job) -> Libraries:
    """Open the two shared objects and read the candidate's tables."""
    ffi = cffi.FFI()
    ffi.cdef(DECLARATIONS + LAUNCH_INTERFACE + CHECK_INTERFACE)
    # Host functions that were left out may still be called by others: bind as they are called.
    oracle = ffi.dlopen(job.oracle, ffi.RTLD_LAZY | ffi.RTLD_LOCAL)
    candidate = ffi.dlopen(job.candidate, ffi.RTLD_NOW | ffi.RTLD_LOCAL)
    libc = ffi.dlopen(None)
    handle = libc.dlopen(job.oracle.encode(), ffi.RTLD_LAZY)
    libraries = Libraries(ffi, oracle, candidate, libc, job.oracle, handle, _base_of(job.oracle))
    if job.precise:
        libraries.precise = ffi.dlopen(job.precise, ffi.RTLD_LAZY | ffi.RTLD_LOCAL)
        libraries.precise_base = _base_of(job.precise)
    at = 0
    while candidate.ascendify_kernels[at].name != ffi.NULL:
        row = candidate.ascendify_kernels[at]
        libraries.kernels[ffi.string(row.name).decode()] = row.launch
        at += 1
    at = 0
    while candidate.ascendify_variables[at].name != ffi.NULL:
        item = candidate.ascendify_variables[at]
        name = ffi.string(item.name).decode()
        libraries.variables[name] = (int(ffi.cast("uintptr_t", item.address)), int(item.bytes))
        at += 1
    return libraries


def _base_of(path: str) -> int:
    """Where the shared object at `path` was loaded."""
    real = os.path.realpath(path)
    with open("/proc/self/maps", encoding="utf-8") as maps:
        for line in maps:
            fields = line.split(maxsplit=5)
            if len(fields) == 6 and os.path.realpath(fields[5].strip()) == real:
                return int(fields[0].split("-")[0], 16) - int(fields[2], 16)
    return 0
