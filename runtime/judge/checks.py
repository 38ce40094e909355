"""A run of the oracle with its access checks on, and what that says of the original."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .libraries import Libraries
from .memory import Region
from .outcome import Json


@dataclass(slots=True)
class CheckedRun:
    """`message`: the run's error. `extents`: touched bytes of each region, by its address."""

    message: str
    findings: list[Json] = field(default_factory=list)
    sites: list[Json] = field(default_factory=list)
    extents: dict[int, tuple[int, int]] | None = None

    def undefined(self) -> str:
        return ""


class Checks:
    def __init__(self, libraries: Libraries) -> None:
        self.available = False

    def run(self, run: Callable[[], str], regions: Sequence[Region]) -> CheckedRun:
        return CheckedRun(run())
