"""`kernel.toml`: the settings of the harness in a file beside the source.

    budget = 30
    [program]
    arguments = ["1000", "10"]
    [kernel.softmax]
    block = 256
    grid = "rows"
    [kernel.softmax.parameters]
    rows = "1..512"
    idx = { role = "index", below = "rows", extent = "n" }

Strings are the texts of comments (`harness_words`); numbers and lists are accepted where they say
the same. `docs/harness.md` lists the keys.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from ..ir.diagnostics import CompileError, Reporter, error
from ..ir.source import Sources, Span
from .harness_config import (
    EVERY,
    FAMILIES,
    ROLES,
    HarnessConfig,
    KernelConfig,
    ParameterConfig,
    ProgramConfig,
    did_you_mean,
)
from .harness_words import (
    MODES,
    SETTINGS,
    Settings,
    Word,
    read_description,
    read_number,
    read_size,
    read_values,
)
from .toml_spans import TomlSpans, toml_spans

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SHARED_NAME = "kernel.toml"
MAX_BYTES = 1 << 20
P = ParamSpec("P")
T = TypeVar("T")
TOP_LEVEL = ("kernel", "program", "budget", "tolerance")
PROGRAM_KEYS = ("arguments", "skip")
KERNEL_KEYS = (*SETTINGS, "parameters", "constraints", "instances", *MODES)
PARAMETER_KEYS = ("role", "values", "range", "choices", "value", "extent", "below", "sorted",
                  "family")  # fmt: skip


def config_file(source: Path) -> Path | None:
    """The file of settings for a source: `<stem>.toml`, else `kernel.toml`, in its folder."""
    for name in (f"{source.stem}.toml", SHARED_NAME):
        path = source.with_name(name)
        if path.is_file():
            return path
    return None


def is_shared(path: Path) -> bool:
    """Whether a file of settings speaks for several sources, whose kernels it may all name."""
    if path.name != SHARED_NAME or path.with_suffix(".cu").exists():
        return False
    return len(list(path.parent.glob("*.cu"))) > 1


def from_toml(path: Path, sources: Sources, reporter: Reporter) -> HarnessConfig:
    """The settings of a file. Mistakes are reported with their place; what is right counts."""
    try:
        return _Reader(path, sources, reporter).config()
    except CompileError as failure:
        for diagnostic in failure.diagnostics:
            reporter.report(diagnostic)
        return HarnessConfig()


@dataclass(frozen=True, slots=True)
class _Value:
    """A value of the file with its place."""

    value: Any
    path: tuple[str | int, ...]
    spans: TomlSpans
    file: str

    @property
    def span(self) -> Span:
        return self.spans.value(self.path) or Span(self.file, 1, 1, 1, 2)

    @property
    def key_span(self) -> Span:
        return self.spans.key(self.path) or self.span

    def child(self, key: str | int) -> _Value:
        return replace(self, value=self.value[key], path=(*self.path, key))

    def wrong(self, wanted: str) -> CompileError:
        kind = _KINDS.get(type(self.value), "date")
        return error(
            "ASC0022", f"'{self.path[-1]}' must be {wanted}, not {kind} {self.shown()}", self.span
        )

    def shown(self) -> str:
        text = str(self.value)
        return f"'{text}'" if len(text) < 40 else "here"

    def word(self, wanted: str) -> Word:
        """A string or number as the text of a setting."""
        if isinstance(self.value, bool) or not isinstance(self.value, str | int | float):
            raise self.wrong(wanted)
        return Word(str(self.value), self.span)

    def table(self) -> Mapping[str, Any]:
        if not isinstance(self.value, dict):
            raise self.wrong("a table")
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def words(self, wanted: str) -> list[Word]:
        """A list of strings or numbers; a single one is a list of it."""
        if not isinstance(self.value, list):
            return [self.word(wanted)]
        return [self.child(at).word(wanted) for at in range(len(self.value))]


_KINDS = {bool: "truth value", int: "number", float: "number", str: "text", list: "list",
          dict: "table"}  # fmt: skip


class _Reader:
    """Reads one file."""

    def __init__(self, path: Path, sources: Sources, reporter: Reporter) -> None:
        self.name = str(path)
        self.reporter = reporter
        text = _text(path)
        sources.add(self.name, text)
        data = _parsed(text, self.name)
        self.root = _Value(data, (), toml_spans(text, self.name), self.name)

    def config(self) -> HarnessConfig:
        root = self.root
        kernels: dict[str, KernelConfig] = {}
        named: dict[str, Span] = {}
        program = ProgramConfig()
        general = Settings()
        for key in root.table():
            value = root.child(key)
            if key == "program":
                program = self.kept(self.program, value) or program
            elif key == "kernel":
                for name in self.kept(value.table) or ():
                    named[name] = value.child(name).key_span
                    found = self.kept(self.kernel, value.child(name))
                    kernels[name] = found or KernelConfig()
            elif key in ("budget", "tolerance"):
                self.kept(self.setting, key, value, general)
            else:
                self.unknown(value, TOP_LEVEL)
        if general.values:
            kernels[EVERY] = kernels.get(EVERY, KernelConfig()).over(general.config())
        return HarnessConfig(tuple(kernels.items()), program, named)

    def kept(self, read: Callable[P, T], *args: P.args, **named: P.kwargs) -> T | None:
        """What `read` gives; None where it finds a mistake, which is reported."""
        try:
            return read(*args, **named)
        except CompileError as failure:
            for diagnostic in failure.diagnostics:
                self.reporter.report(diagnostic)
            return None

    def unknown(self, value: _Value, known: tuple[str, ...]) -> None:
        key = str(value.path[-1])
        self.reporter.error(
            "ASC0021",
            f"there is no setting '{key}'",
            value.key_span,
            help=did_you_mean(key, known, "there are"),
        )

    # ------------------------------------------------------------ tables

    def program(self, table: _Value) -> ProgramConfig:
        arguments: tuple[tuple[str, ...], ...] = ()
        origins: dict[str, Span] = {}
        skip = False
        for key in table.table():
            value = table.child(key)
            if key == "arguments":
                arguments = self.kept(self.argument_lists, value) or ()
            elif key == "skip":
                skip = bool(self.kept(value.flag))
            else:
                self.unknown(value, PROGRAM_KEYS)
            origins[key] = value.span
        return ProgramConfig(arguments, skip, origins)

    def argument_lists(self, value: _Value) -> tuple[tuple[str, ...], ...]:
        """`["1000", "10"]`, `"1000 10"`, or a list of such lists."""
        if isinstance(value.value, str):
            return (tuple(value.value.split()),)
        if not isinstance(value.value, list):
            raise value.wrong("a list of texts")
        if any(isinstance(part, list) for part in value.value):
            lists = [value.child(at) for at in range(len(value.value))]
            return tuple(tuple(w.text for w in part.words("a text")) for part in lists)
        return (tuple(word.text for word in value.words("a text")),)

    def kernel(self, table: _Value) -> KernelConfig:
        settings = Settings()
        for key in table.table():
            value = table.child(key)
            if key == "parameters":
                for name in self.kept(value.table) or ():
                    self.kept(self.parameter, name, value.child(name), settings)
            elif key in KERNEL_KEYS:
                self.kept(self.setting, key, value, settings)
            else:
                self.unknown(value, KERNEL_KEYS)
        return settings.config()

    def setting(self, key: str, value: _Value, settings: Settings) -> None:
        if key in MODES:
            if value.flag():
                settings.mode(Word(key, value.key_span))
        elif key == "constraints":
            for word in value.words("a condition"):
                settings.require(word)
        elif key == "instances":
            for word in value.words("an instance"):
                settings.instantiate(word)
        elif key == "tolerance" and isinstance(value.value, dict):
            for kind in value.value:
                settings.set_tolerance(kind, value.child(kind).word("a number"))
        elif isinstance(value.value, list) and key in ("block", "grid"):
            text = ", ".join(word.text for word in value.words("an expression"))
            settings.set(key, Word(text, value.span))
        else:
            settings.set(key, value.word("a number or a text"))

    def parameter(self, name: str, value: _Value, settings: Settings) -> None:
        if isinstance(value.value, dict):
            settings.describe(name, self.described(value), Word(name, value.key_span))
            return
        if isinstance(value.value, list):
            said = ParameterConfig(choices=_numbers(value))
        elif isinstance(value.value, bool):
            said = ParameterConfig(choices=(int(value.value),))
        else:
            word = value.word("a number or a text")
            is_description = re.match(r"\s*(\[|(\w+)\s*(\(|\[|:|$))", word.text)
            first = is_description[2] if is_description is not None else ""
            described = first is None or first in ROLES or first in FAMILIES
            said = read_description(word) if described and is_description else read_values(word)
        settings.describe(name, said, Word(name, value.span))

    def described(self, table: _Value) -> ParameterConfig:
        """`{ role = "index", below = "rows", extent = "n" }`."""
        found = ParameterConfig()
        for key in table.table():
            value = table.child(key)
            if key not in PARAMETER_KEYS:
                self.unknown(value, PARAMETER_KEYS)
                continue
            said = self.kept(_aspect, key, value)
            for name, content in (said or {}).items():
                found = replace(found, **{name: content})
        return found


def _aspect(key: str, value: _Value) -> dict[str, Any]:
    """One key of a parameter's table, as fields of `ParameterConfig`."""
    if key == "sorted":
        return {"role": "sorted"} if value.flag() else {}
    if key == "range" and isinstance(value.value, list):
        numbers = _numbers(value)
        if len(numbers) != 2 or numbers[0] > numbers[1]:
            raise value.wrong("two numbers, the smaller first")
        return {"low": numbers[0], "high": numbers[1]}
    if key in ("values", "choices") and isinstance(value.value, list):
        return {"choices": _numbers(value)}
    word = value.word("a number or a text")
    if key in ("role", "family"):
        table: Mapping[str, str] = ROLES if key == "role" else FAMILIES
        if word.text not in table:
            help = did_you_mean(word.text, list(table), "there are")
            raise word.fail("ASC0021", f"there is no {key} '{word.text}'", help)
        return {key: word.text if key == "role" else FAMILIES[word.text]}
    if key in ("extent", "below"):
        return {key: read_size(word)}
    said = read_values(word)
    fields = ("choices", "low", "high", "value")
    return {name: getattr(said, name) for name in fields if getattr(said, name) is not None}


def _numbers(value: _Value) -> tuple[int | float, ...]:
    return tuple(read_number(word) for word in value.words("a number"))


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as failure:
        reason = failure.strerror or "it is not readable"
        raise error("ASC0002", f"cannot read '{path}': {reason}") from None
    if len(data) > MAX_BYTES:
        raise error("ASC0007", f"'{path}' has {len(data)} bytes; the limit is {MAX_BYTES}")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise error("ASC0003", f"'{path}' is not UTF-8 text") from None


_POSITION = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as failure:
        message = str(failure) or "it is nested too deeply"
        at = _POSITION.search(message)
        lines = text.split("\n")
        line, column = len(lines), len(lines[-1]) + 1
        if at is not None and at[1]:
            line, column = int(at[1]), int(at[2])
        span = Span(name, line, column, line, column + 1)
        what = _POSITION.sub("", message)
        raise error("ASC0020", f"'{name}' is no TOML: {what}", span) from None
