"""A run of the oracle with its access checks on, and what that says of the original."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..oracle.memory_map import MemoryMap
from ..oracle.sanitizer import OFF, Sanitizer
from .libraries import Libraries
from .memory import Region
from .outcome import Json

UNDEFINED = {
    "race-shared": "it has a race on shared memory",
    "race-global": "it has a race on global memory",
    "out-of-bounds": "it leaves the bounds of its memory",
    "array-index": "it leaves the bounds of an array",
    "misaligned": "it accesses a misaligned address",
    "uninitialised-shared": "it reads shared memory that nothing wrote",
    "uninitialised-global": "it reads memory that nothing wrote",
    "divergent-barrier": "threads of a block wait at different barriers",
    "inactive-lanes": "a warp operation names lanes that do not take part",
    "undefined": "its arithmetic has no defined result",
}
"""Findings after which CUDA says nothing about the results."""


@dataclass(slots=True)
class CheckedRun:
    """`message`: the run's error. Findings and sites are records of the oracle, with addresses for
    lines; `extents` the touched bytes of each region, by its address."""

    message: str
    findings: list[Json] = field(default_factory=list)
    sites: list[Json] = field(default_factory=list)
    extents: dict[int, tuple[int, int]] | None = None

    def undefined(self) -> str:
        """Why the results are open, as text; "" where they are not."""
        for found in self.findings:
            if found["kind"] in UNDEFINED:
                return UNDEFINED[found["kind"]]
        return ""


class Checks:
    """Checked runs on the oracle of `libraries`, where it was built for them."""

    def __init__(self, libraries: Libraries, memory: MemoryMap) -> None:
        self._library = libraries.oracle
        self._sanitizer = Sanitizer(libraries.ffi, libraries.oracle, memory, libraries.base)
        self.available = self._sanitizer.available

    def run(self, run: Callable[[], str], regions: Sequence[Region]) -> CheckedRun:
        """`run` with checks on; `regions` are the memory that it may reach. Runs that follow count
        as undone until `finish`."""
        sanitizer = self._sanitizer
        sanitizer.clear_regions()
        for region in regions:
            if region.is_made:
                sanitizer.region(
                    region.name, region.address, region.data.size, is_exact=region.is_exact
                )
        sanitizer.start()
        try:
            message = run()
        finally:
            record = sanitizer.stop(undone=True)
        guessed = {region.address for region in regions if not region.is_exact}
        return CheckedRun(
            message,
            list(record.findings),
            [site for site in record.sites if site["start"] in guessed],
            _extents(record.sites),
        )

    def finish(self) -> None:
        """Runs count again."""
        self._library.ascendify_oracle_check(OFF)


def _extents(sites: Sequence[Json]) -> dict[int, tuple[int, int]]:
    extents: dict[int, tuple[int, int]] = {}
    for site in sites:
        low, high = extents.get(site["start"], (site["lowest"], site["highest"]))
        extents[site["start"]] = min(low, site["lowest"]), max(high, site["highest"])
    return extents
