"""A launch that differs, as a case that can be saved and run again without the original."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..compare import NUMPY_TYPES, Bytes
from ..evidence import as_worst
from ..prove import Job, Subject
from ..reproducer import FailureCase, Memory
from ..tolerances import floor_ulps
from .checks import CheckedRun
from .libraries import Libraries
from .memory import Region
from .outcome import Outcome

if TYPE_CHECKING:
    from .launch_comparison import Launch, Results

ALIGNMENT = 64
"""What is kept of a buffer begins and ends at multiples of this."""


def failure_case(
    job: Job,
    libraries: Libraries,
    launch: Launch,
    regions: Sequence[Region],
    results: Results,
    outcome: Outcome,
    check: CheckedRun,
) -> FailureCase:
    """The launch with all that the comparison of its results was made from."""
    memories = [
        _memory(launch.subject, region, at, results, _used(launch.subject, region, check))
        for at, region in enumerate(regions)
    ]
    variables = {libraries.base + offset for offset in job.variables.values()}
    ffi = libraries.ffi
    return FailureCase(
        launch.subject.instance,
        outcome.case,
        launch.grid,
        launch.block,
        launch.shared_bytes,
        launch.subject.parameters,
        tuple(
            bytes(ffi.buffer(ffi.cast("char *", launch.args[at]), parameter.size))
            for at, parameter in enumerate(launch.subject.parameters)
        ),
        tuple(m for m in memories if m.address not in variables),
        tuple(m for m in memories if m.address in variables),
        outcome.family,
        job.seed,
        outcome.seconds,
        as_worst({"case": outcome.case, "family": outcome.family, **(outcome.worst or {})}),
    )


def _memory(
    subject: Subject, region: Region, at: int, results: Results, used: tuple[int, int] | None
) -> Memory:
    dtype = region.elem if region.elem in NUMPY_TYPES else "f32"
    floor, reason = floor_ulps(subject.operations, dtype)
    roundings: list[Bytes] = [run[at] for run in results.roundings]
    return Memory(
        region.name or f"memory {at}",
        region.elem,
        region.address,
        results.before[at],
        results.expected[at],
        results.actual[at],
        tuple(run[at] for run in results.schedules),
        tuple(roundings),
        floor,
        reason,
        used,
        subject.has("atomic", "atomic_cas"),
        subject.has("min", "max"),
    )


def _used(subject: Subject, region: Region, check: CheckedRun) -> tuple[int, int] | None:
    """The bytes of `region` that the original touches; None where pointers may hide in memory, so
    that what is reached through them is not known by the region's address."""
    if check.extents is None or check.undefined() or region.is_exact:
        return None
    if any(p.kind == "other" or p.elem == "other" for p in subject.parameters):
        return None
    low, high = check.extents.get(region.address, (0, 0))
    return low // ALIGNMENT * ALIGNMENT, min(region.data.size, -(-high // ALIGNMENT) * ALIGNMENT)
