"""What a proof says of a kernel: the cases that ran, the element that deviates most, findings.

These records travel as JSON from the process that runs compiled code to the reports, so they are
dictionaries whose keys are typed here and described in `docs/report.schema.json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypedDict, cast

Number = int | float | str
"""A value of an element; text where JSON has no number for it ("nan", "-inf")."""


class ProofCase(TypedDict):
    """A compared launch. `label` says how it came about, `launch` its shape, `family` the kind of
    numbers in its buffers; `exact` whether all elements agreed to the bit."""

    label: str
    launch: str
    family: str
    elements: int
    exact: bool
    seconds: float


class WorstElement(TypedDict, total=False):
    """The element that deviates most from the original's, measured against its allowance.

    `family` is the kind of numbers in the buffers, `buffer` the parameter that leads to the
    element, `dtype` its type, `why` how the allowance came about, `inputs` scalar arguments and
    elements of inputs at the same index, `precise` the value in higher precision. With `message`
    the translation stopped instead of giving other numbers.
    """

    case: str
    family: str
    buffer: str
    dtype: str
    element: int
    expected: Number
    actual: Number
    error: Number
    ulps: Number
    allowance: Number
    why: str
    inputs: Mapping[str, Number]
    precise: Number
    message: str


class Finding(TypedDict, total=False):
    """A bug or weakness of the source itself; kinds are the rows of `findings.KINDS`. The other
    place is the second access of a race, or the other barrier. `count` is how often it happened."""

    kind: str
    severity: str
    message: str
    file: str
    line: int
    other_file: str
    other_line: int
    case: str
    count: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which kinds of numbers met which launches: `rows` are a launch's text and, per family, the
    text of its cell: empty where that was not run."""

    families: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def as_case(entry: str | Mapping[str, object]) -> ProofCase:
    """A case from its record, or from its label alone."""
    found = {"label": entry} if isinstance(entry, str) else dict(entry)
    empty = ProofCase(label="", launch="", family="", elements=0, exact=True, seconds=0.0)
    return cast(ProofCase, {**empty, **found})


NUMBERS = ("expected", "actual", "error", "ulps", "allowance", "precise")


def as_worst(entry: Mapping[str, object] | None) -> WorstElement | None:
    """The worst element from its record, whose numbers may be texts; None where there is none."""
    if entry is None:
        return None
    found = {key: _number(value) if key in NUMBERS else value for key, value in entry.items()}
    inputs = entry.get("inputs")
    if isinstance(inputs, Mapping):
        found["inputs"] = {name: _number(value) for name, value in inputs.items()}
    return cast(WorstElement, found)


def _number(value: object) -> object:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def case_text(case: ProofCase) -> str:
    """Label and launch in one text."""
    launch = f"<<<{case['launch']}>>>" if case["launch"] else ""
    return " ".join(text for text in (case["label"], launch) if text)


def coverage(cases: Iterable[ProofCase]) -> Coverage:
    """The cases as a table of launches and families, in the order in which they came."""
    cells: dict[str, dict[str, list[ProofCase]]] = {}
    families: dict[str, None] = {}
    for case in cases:
        families.setdefault(case["family"])
        cells.setdefault(case_text(case), {}).setdefault(case["family"], []).append(case)
    rows = [
        (text, tuple(_cell(row.get(family, ())) for family in families))
        for text, row in cells.items()
    ]
    return Coverage(tuple(families), tuple(rows))


def _cell(cases: Iterable[ProofCase]) -> str:
    found = list(cases)
    if not found:
        return ""
    elements = f"{sum(case['elements'] for case in found):,}"
    return elements if all(case["exact"] for case in found) else f"{elements} \N{ALMOST EQUAL TO}"
