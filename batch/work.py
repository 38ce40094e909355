"""A file to be examined and what came of it, as plain data that any process can be given.

`Work` travels to the process that does it as a dictionary, an `Outcome` back as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ..driver import Options
from ..ir.diagnostics import Diagnostic, Severity, expansion_notes
from ..ir.source import Span
from ..runtime.report import Blocking, KernelReport

DONE, NO_KERNELS, REFUSED = "done", "no kernels", "refused"
TIMEOUT, CRASHED = "timeout", "crashed"
STATUSES = (DONE, NO_KERNELS, REFUSED, TIMEOUT, CRASHED)
"""What can come of a file. `refused` is one of which nothing can be said kernel by kernel."""

LASTING = (DONE, NO_KERNELS, REFUSED)
"""Outcomes that the same input has again."""

_TUPLES = ("include_dirs", "defines", "undefines", "force_includes", "kernels", "instances")


@dataclass(frozen=True, slots=True)
class Work:
    """One file. It is read as `file` from within `root`, so that no absolute path is in what is
    said of it; `options` are fields of `driver.Options`, `limit` is in seconds."""

    root: str
    file: str
    options: Mapping[str, Any] = field(default_factory=dict)
    limit: float = 0.0

    def to_plain(self) -> dict[str, Any]:
        return asdict(self)

    def driver_options(self) -> Options:
        """The options as the driver takes them: nothing is written."""
        given: dict[str, Any] = {
            k: tuple(v) if k in _TUPLES else v for k, v in self.options.items()
        }
        return Options(**{**given, "write": False})


@dataclass(slots=True)
class Outcome:
    """What came of a file. `detail` says more of a status; `read` are the files that were read,
    as they are named in the messages."""

    file: str
    status: str = DONE
    detail: str = ""
    kernels: list[KernelReport] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    blocking: Blocking | None = None
    read: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def to_plain(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "status": self.status,
            "detail": self.detail,
            "kernels": [asdict(kernel) for kernel in self.kernels],
            "diagnostics": [_plain_diagnostic(d) for d in self.diagnostics],
            "blocking": asdict(self.blocking) if self.blocking else None,
            "read": self.read,
            "seconds": self.seconds,
        }


def outcome_from(plain: Mapping[str, Any]) -> Outcome:
    """The outcome that `to_plain` has made plain. Raises ValueError where it is none."""
    try:
        return Outcome(
            plain["file"],
            plain["status"],
            plain["detail"],
            [_kernel(entry) for entry in plain["kernels"]],
            [_diagnostic(entry) for entry in plain["diagnostics"]],
            Blocking(**plain["blocking"]) if plain["blocking"] else None,
            list(plain["read"]),
            float(plain["seconds"]),
        )
    except (KeyError, TypeError, AttributeError) as failure:
        raise ValueError(f"no outcome: {failure}") from failure


def _kernel(entry: Mapping[str, Any]) -> KernelReport:
    known = {f.name for f in fields(KernelReport)}
    report = KernelReport(**{k: v for k, v in entry.items() if k in known})
    if entry.get("blocking"):
        report.blocking = Blocking(**entry["blocking"])
    return report


def _plain_span(span: Span | None) -> list[Any] | None:
    return None if span is None else list(span[:5])


def _span(entry: list[Any]) -> Span:
    return Span(*entry)


def _plain_diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    """Macro expansions become notes, which is how they are shown."""
    notes = (*expansion_notes(diagnostic.span), *diagnostic.notes)
    return {
        "code": diagnostic.code,
        "message": diagnostic.message,
        "span": _plain_span(diagnostic.span),
        "severity": diagnostic.severity.value,
        "notes": [[_plain_span(span), text] for span, text in notes],
        "help": diagnostic.help,
        "subject": diagnostic.subject,
    }


def _diagnostic(entry: Mapping[str, Any]) -> Diagnostic:
    return Diagnostic(
        entry["code"],
        entry["message"],
        _span(entry["span"]),
        Severity(entry["severity"]),
        tuple((None if span is None else _span(span), text) for span, text in entry["notes"]),
        entry["help"],
        entry["subject"],
    )


def same_place(path: str, root: str) -> str:
    """`path` relative to `root` with `/`, where it lies below; else as it is."""
    try:
        return Path(path).relative_to(root).as_posix()
    except ValueError:
        return path
