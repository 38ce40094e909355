"""A launch on the oracle that computes with more digits, in the memory of the usual one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..compare import Bytes
from ..prove import Job
from .libraries import Libraries
from .memory import Region, view

if TYPE_CHECKING:
    from .launch_comparison import Launch


def run_precise(libraries: Libraries, job: Job, launch: Launch, regions: Sequence[Region]) -> str:
    """Run `launch` where intermediate results have more digits; the error. That library has module
    variables of its own, which take the contents of the usual ones and give them back."""
    variables = list(_variables(libraries, job, regions))
    for region, theirs in variables:
        theirs[:] = region.data
    error = _launched(libraries, launch)
    for region, theirs in variables:
        region.data[:] = theirs
    return error


def _variables(
    libraries: Libraries, job: Job, regions: Sequence[Region]
) -> Iterator[tuple[Region, Bytes]]:
    """The regions that are module variables, each with the same variable of the other library."""
    names = {libraries.base + offset: name for name, offset in job.variables.items()}
    for region in regions:
        name = names.get(region.address, "")
        if name in job.precise_variables:
            address = libraries.precise_base + job.precise_variables[name]
            yield region, view(libraries, address, region.data.size)


def _launched(libraries: Libraries, launch: Launch) -> str:
    ffi = libraries.ffi
    return libraries.text(
        libraries.precise.ascendify_oracle_launch_instance(
            launch.subject.instance.encode(),
            ffi.new("uint32_t[3]", list(launch.grid)),
            ffi.new("uint32_t[3]", list(launch.block)),
            launch.shared_bytes,
            int("grid_barrier" in launch.subject.uses),
            launch.args,
        )
    )
