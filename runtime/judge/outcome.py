"""What a forked case tells its parent: one JSON object per line.

`begin` and `end` frame the inputs of one family; `stage` says which side runs now, so that the
parent knows what it means when nothing more comes; `outcome` is a compared launch.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Json = dict[str, Any]

ORDER_NOTE = "the original's result depends on the order in which threads run"
BARRIER_NOTE = "threads of a block wait at different barriers"
UNDEFINED_NOTE = "the original is undefined on this input"
GUESS_NOTE = "the results differ on a guessed launch, which the kernel may not be written for"
TRANSLATION = "the translation"
"""How notes begin that tell against the translation."""


@dataclass(slots=True)
class Outcome:
    """One compared launch. `note` says why it counts neither way."""

    instance: str
    label: str
    launch: str = ""
    family: str = ""
    elements: int = 0
    different: int = 0
    exact: bool = True
    worst: Json | None = None
    note: str = ""
    order: bool = False
    """The oracle's schedules differ by more than rounding, whatever the candidate did."""
    spread: float = 0.0
    """Largest relative difference between the oracle's schedules, where it is only rounding."""
    checked: bool = False
    is_own: bool = False
    """All memory that the kernel was given is the program's own, with the bounds it chose."""
    findings: list[Json] = field(default_factory=list)
    sites: list[Json] = field(default_factory=list)
    scalars: dict[str, float] = field(default_factory=dict)
    grid: list[int] = field(default_factory=list)
    block: list[int] = field(default_factory=list)
    seconds: float = 0.0
    saved: str = ""
    """Folder of the saved case, where it differs."""

    @property
    def case(self) -> str:
        """Label and launch in one text."""
        return f"{self.label} <<<{self.launch}>>>" if self.launch else self.label


class Channel:
    """The writing end, in the fork."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def tell(self, **entry: object) -> None:
        data = json.dumps(entry).encode() + b"\n"
        while data:
            data = data[os.write(self._handle, data) :]

    def outcome(self, outcome: Outcome) -> None:
        self.tell(outcome=asdict(outcome))


def outcome_of(entry: Mapping[str, object]) -> Outcome | None:
    """The outcome in a line, if it is one."""
    found = entry.get("outcome") if "stage" not in entry else None
    return Outcome(**found) if isinstance(found, dict) else None
