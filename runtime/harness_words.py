"""Settings of the harness as text: `block=256 n=1..4096 idx:index(rows)[n] sizes(n%4==0)`.

Comments of the source hold such texts, and so do the strings of `kernel.toml`. A text is cut into
words outside brackets; each word is a setting (`key=value`), a description of a parameter
(`name:description`), a condition, or a word of its own. Mistakes are reported at their place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from ..ir.diagnostics import CompileError, Reporter, error
from ..ir.size_expressions import Number, Size, constant_value, parse_size
from ..ir.source import Span
from .harness_config import (
    FAMILIES,
    ROLES,
    Dims,
    HarnessConfig,
    KernelConfig,
    ParameterConfig,
    ProgramConfig,
    Tolerance,
    did_you_mean,
)

MAX_THREADS = 1024
MAX_BUDGET = 86400.0


class Comment(Protocol):
    """An `ascendify:` comment: the kernel (or `main`) that it belongs to, the parameter that it
    stands beside or "", and its text, which starts at `span`."""

    @property
    def kernel(self) -> str: ...
    @property
    def parameter(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def span(self) -> Span: ...


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of text on one line, with its place."""

    text: str
    span: Span

    def part(self, start: int, end: int | None = None) -> Word:
        """The characters from `start` to `end`, without blanks around them."""
        piece = self.text[start:end]
        start += len(piece) - len(piece.lstrip())
        piece = piece.strip()
        col = self.span.col + start
        return Word(piece, self.span._replace(col=col, end_col=col + max(1, len(piece))))

    def fail(self, code: str, message: str, help: str = "") -> CompileError:
        return error(code, message, self.span, help=help)


# ---------------------------------------------------------------- cutting


def _end_of(text: str, at: int, stops: str) -> int:
    """The first of `stops` outside brackets from `at` on, or the end."""
    depth = 0
    while at < len(text):
        character = text[at]
        if depth == 0 and character in stops:
            return at
        depth += (character in "([{") - (character in ")]}")
        at += 1
    return at


def split_outside(word: Word, separator: str) -> list[Word]:
    """The parts between separators outside brackets; none for no text."""
    parts: list[Word] = []
    at = 0
    while at <= len(word.text) and word.text.strip():
        end = _end_of(word.text, at, separator)
        parts.append(word.part(at, end))
        at = end + 1
    return parts


_START = re.compile(r"\s*([A-Za-z_]\w*)?[ \t]*")


def words_of(word: Word) -> Iterator[tuple[str, str, Word]]:
    """The words of a text: name, the sign after it (`=`, `:`, `(` or none), what belongs to it.
    A word without a name has the name ""."""
    text, at = word.text, 0
    while at < len(text.rstrip()):
        match = _START.match(text, at)
        assert match is not None, "the pattern matches everywhere"
        name = match[1] or ""
        start = match.start(1) if name else match.end()
        after = match.end() if name else start
        sign = text[after : after + 1]
        if name and sign in ("=", ":") and text[after : after + 2] != "::":
            begin = after + 1
            begin += len(text[begin:]) - len(text[begin:].lstrip())
            end = _end_of(text, begin, " \t")
            yield name, sign, word.part(begin, end)
        elif name and sign == "(" and after == match.end(1):
            end = _end_of(text, after, " \t")
            yield name, "(", word.part(start, end)
        else:
            end = _instance_end(text, start) or max(_end_of(text, start, " \t"), start + 1)
            yield "", "", word.part(start, end)
        at = end


def _instance_end(text: str, start: int) -> int:
    """The end of `k<half, 128>` at `start`; 0 where it is none."""
    match = re.compile(r"[A-Za-z_][\w:]*<").match(text, start)
    depth = 0
    for at in range(match.end() - 1 if match is not None else len(text), len(text)):
        depth += (text[at] == "<") - (text[at] == ">")
        if depth == 0:
            return at + 1
    return 0


# ---------------------------------------------------------------- values


def read_size(word: Word) -> Size:
    """An expression."""
    return parse_size(word.text, word.span)


def read_dims(word: Word) -> Dims:
    """`256`, `16,16`, `(16, 16)`: one to three expressions."""
    inner = word
    if word.text.startswith("(") and _end_of(word.text, 1, ")") == len(word.text) - 1:
        inner = word.part(1, -1)
    parts = split_outside(inner, ",")
    if not 1 <= len(parts) <= 3:
        raise word.fail("ASC0022", f"'{word.text}' are no dimensions", "write 256 or (16, 16)")
    sizes = [read_size(part) for part in parts]
    for size, part in zip(sizes, parts, strict=True):
        value = constant_value(size)
        if value is not None and value < 1:
            raise part.fail("ASC0022", f"a dimension must be at least 1, not {value}")
    x, y, z = (*sizes, Number(1), Number(1))[:3]
    return x, y, z


def read_block(word: Word) -> Dims:
    """Dimensions of a block, which has at most 1024 threads."""
    dims = read_dims(word)
    threads = 1
    for size in dims:
        threads *= constant_value(size) or 1
    if threads > MAX_THREADS:
        message = f"a block has at most {MAX_THREADS} threads, not {threads}"
        raise word.fail("ASC0022", message)
    return dims


_NUMBER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
_RANGE = re.compile(rf"({_NUMBER.pattern})\s*\.\.\s*({_NUMBER.pattern})")
_BAD_RANGE = re.compile(r"\.\.")


def read_number(word: Word) -> int | float:
    """An integer or floating-point number."""
    if _NUMBER.fullmatch(word.text) is None:
        raise word.fail("ASC0022", f"'{word.text}' is no number")
    return _number(word.text)


def _number(text: str) -> int | float:
    try:
        return int(text, 0) if text.lstrip("-+0") else 0
    except ValueError:
        return float(text) if not text.isdigit() else int(text)


def read_values(word: Word) -> ParameterConfig:
    """What a parameter is: `1..4096`, `{1, 7, 64}`, `0.5`, or an expression of others."""
    text = word.text.replace("..", " .. ", 1) if _BAD_RANGE.search(word.text) else word.text
    ranged = _RANGE.fullmatch(text.strip())
    if ranged is not None:
        low, high = _number(ranged[1]), _number(ranged[2])
        if low > high:
            raise word.fail("ASC0022", f"the range {word.text} is empty: it goes downwards")
        return ParameterConfig(low=low, high=high)
    if _BAD_RANGE.search(word.text):
        raise word.fail("ASC0022", f"'{word.text}' is no range of numbers", "write 1..4096")
    if word.text.startswith("{"):
        if not word.text.endswith("}"):
            raise word.fail("ASC0020", f"'{word.text}' is not closed by '}}'")
        parts = split_outside(word.part(1, -1), ",")
        if not parts:
            raise word.fail("ASC0022", "no value to choose from")
        return ParameterConfig(choices=tuple(read_number(part) for part in parts))
    if word.text in ("true", "false"):
        return ParameterConfig(choices=(int(word.text == "true"),))
    if _NUMBER.fullmatch(word.text) is not None:
        return ParameterConfig(choices=(_number(word.text),))
    return ParameterConfig(value=read_size(word))


_DESCRIPTION = re.compile(r"([A-Za-z_]\w*)?\s*(\(.*?\))?\s*(\[.*\])?", re.DOTALL)


def read_description(word: Word) -> ParameterConfig:
    """What a pointer leads to: `in[n]`, `index(rows)[n]`, `out[n]:normal`, `[n]`."""
    found = ParameterConfig()
    for part in split_outside(word, ":"):
        match = _DESCRIPTION.fullmatch(part.text)
        if match is None or not part.text:
            raise part.fail("ASC0020", f"'{part.text}' describes no parameter", _DESCRIPTIONS)
        name, _, extent = match.groups()
        if name in FAMILIES and match[2] is None:
            found = replace(found, family=FAMILIES[name])
        elif name is not None:
            role, below = _role(part, match)
            found = replace(found, role=role, below=below)
        if extent is not None:
            inside = part.part(match.start(3) + 1, match.end(3) - 1)
            found = replace(found, extent=read_size(inside))
    return found


def _role(part: Word, match: re.Match[str]) -> tuple[str, Size | None]:
    name = match[1]
    if name not in ROLES:
        known = [*ROLES, *FAMILIES]
        message = f"there is no role or kind of data '{name}'"
        here = part.part(match.start(1), match.end(1))
        raise here.fail("ASC0021", message, did_you_mean(name, known, "there are"))
    if match[2] is None:
        return name, None
    if name not in ("index", "sorted"):
        raise part.fail("ASC0020", f"'{name}' takes no bound", "index(rows) and sorted(nnz) do")
    return name, read_size(part.part(match.start(2) + 1, match.end(2) - 1))


_DESCRIPTIONS = "for example in[n], out[rows * cols], index(rows)[n], sorted(nnz)[rows + 1]"


def read_tolerance(word: Word, kind: str = "") -> Tolerance:
    """`8ulp`, `rel 1e-4`, `abs 1e-6`."""
    match = re.fullmatch(rf"(rel|abs)?\s*[=:]?\s*({_NUMBER.pattern})\s*(ulps?)?", word.text.strip())
    if match is None or (match[1] and match[3]) or not (kind or match[1] or match[3]):
        raise word.fail(
            "ASC0022", f"'{word.text}' is no tolerance", "write 8ulp, rel 1e-4 or abs 1e-6"
        )
    amount = float(_number(match[2]))
    if amount < 0:
        raise word.fail("ASC0022", "a tolerance is not negative")
    return Tolerance(kind or match[1] or "ulp", amount)


def read_budget(word: Word) -> float:
    """Seconds: `30`, `0.5s`."""
    number = read_number(word.part(0, -1) if word.text.endswith("s") else word)
    if not 0 < number <= MAX_BUDGET:
        raise word.fail("ASC0022", f"a budget of {number:g} seconds cannot be kept")
    return float(number)


# ---------------------------------------------------------------- settings of a kernel

SETTINGS: Mapping[str, tuple[str, Callable[[Word], object]]] = {
    "block": ("block", read_block),
    "grid": ("grid", read_dims),
    "shared": ("shared", read_size),
    "tolerance": ("tolerance", read_tolerance),
    "rel": ("tolerance", lambda word: read_tolerance(word, "rel")),
    "abs": ("tolerance", lambda word: read_tolerance(word, "abs")),
    "budget": ("budget", read_budget),
}
"""Keys of settings that have a value: the field, and what reads it."""
TOLERANCES = ("ulp", "rel", "abs")
MODES = ("unverified", "skip")
CONDITIONS = ("sizes", "require")
ARGUMENTS, INSTANTIATE = "arguments", "instantiate"
WORDS = (*SETTINGS, *CONDITIONS, *MODES, INSTANTIATE)


class Settings:
    """Collects the settings of one kernel."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.parameters: dict[str, ParameterConfig] = {}
        self.constraints: list[Size] = []
        self.instances: list[str] = []
        self.origins: dict[str, Span] = {}

    def set(self, key: str, word: Word) -> None:
        """`key=value` of the table."""
        field, read = SETTINGS[key]
        self.put(field, read(word), word)

    def set_tolerance(self, kind: str, word: Word) -> None:
        """A tolerance of a kind: `rel`, `abs` or `ulp`."""
        if kind not in TOLERANCES:
            help = did_you_mean(kind, TOLERANCES, "there are")
            raise word.fail("ASC0021", f"there is no tolerance '{kind}'", help)
        self.put("tolerance", read_tolerance(word, kind), word)

    def put(self, field: str, value: object, word: Word) -> None:
        if field in self.values and self.values[field] != value:
            raise word.fail("ASC0025", f"'{field}' is set twice", _first(self.origins[field]))
        self.values[field] = value
        self.origins[field] = word.span

    def describe(self, name: str, said: ParameterConfig, word: Word) -> None:
        """Add what is said of a parameter."""
        known = self.parameters.get(name, ParameterConfig())
        for field in ParameterConfig.__slots__:
            value, old = getattr(said, field), getattr(known, field)
            if value is not None and old is not None and old != value:
                first = _first(self.origins[f"parameters.{name}"])
                raise word.fail("ASC0025", f"'{name}' is described twice", first)
            if value is not None:
                known = replace(known, **{field: value})
        if known.choices is not None and known.low is not None:
            first = _first(self.origins[f"parameters.{name}"])
            raise word.fail("ASC0025", f"'{name}' is described twice", first)
        self.parameters[name] = known
        self.origins.setdefault(f"parameters.{name}", word.span)

    def require(self, word: Word) -> None:
        for part in split_outside(word, ","):
            self.constraints.append(read_size(part))
        self.origins.setdefault("constraints", word.span)

    def instantiate(self, word: Word) -> None:
        if re.fullmatch(r"[\w:]+\s*<.*>", word.text) is None:
            raise word.fail("ASC0020", f"'{word.text}' is no instance", "write k<float, 256>")
        self.instances.append(word.text)
        self.origins.setdefault("instances", word.span)

    def mode(self, word: Word) -> None:
        if self.values.get("mode", word.text) != word.text:
            raise word.fail("ASC0025", "'unverified' and 'skip' exclude each other")
        self.values["mode"] = word.text
        self.origins["mode"] = word.span

    def config(self) -> KernelConfig:
        return KernelConfig(
            **self.values,  # type: ignore[arg-type]
            parameters=dict(self.parameters),
            constraints=tuple(self.constraints),
            instances=tuple(self.instances),
            origins=dict(self.origins),
        )


def _first(span: Span) -> str:
    return f"it is set first at {span.file}:{span.line}"


# ---------------------------------------------------------------- comments


def from_comments(comments: Sequence[Comment], reporter: Reporter) -> HarnessConfig:
    """The settings of all comments; a comment with a mistake is reported, the others count."""
    settings: dict[str, Settings] = {}
    arguments: list[tuple[str, ...]] = []
    origins: dict[str, Span] = {}
    named: dict[str, Span] = {}
    skip = False
    for comment in comments:
        word = Word(comment.text, comment.span)
        try:
            if comment.kernel == "main":
                words = _program_words(word)
                skip = skip or words is None
                origins["skip" if words is None else "arguments"] = comment.span
                arguments += [words] if words is not None else []
                continue
            named.setdefault(comment.kernel, comment.span)
            read_comment(word, comment.parameter, settings.setdefault(comment.kernel, Settings()))
        except CompileError as failure:
            for diagnostic in failure.diagnostics:
                reporter.report(diagnostic)
    program = ProgramConfig(tuple(arguments), skip, origins)
    kernels = tuple((name, found.config()) for name, found in settings.items())
    return HarnessConfig(kernels, program, named)


def _program_words(word: Word) -> tuple[str, ...] | None:
    """The words of `arguments 1000 10` above `main`; None for `skip`."""
    first, *rest = word.text.split() or [""]
    if first == "skip" and not rest:
        return None
    if first != ARGUMENTS:
        message = f"'{first}' says nothing about a program"
        raise word.fail("ASC0021", message, "write 'arguments 1000 10' or 'skip'")
    return tuple(rest)


def read_comment(word: Word, parameter: str, settings: Settings) -> None:
    """The words of a comment above a kernel, or beside its `parameter`."""
    if parameter and not _names_something(word, parameter):
        _read_beside(word, parameter, settings)
        return
    instances = False
    if not word.text.strip():
        raise word.fail("ASC0020", "the comment says nothing", f"words: {', '.join(WORDS)}")
    for name, sign, value in words_of(word):
        if instances and sign == "" and "<" in value.text:
            settings.instantiate(value)
            continue
        instances = sign == "" and value.text == INSTANTIATE
        if not instances:
            _read_word(name, sign, value, settings)


def _read_word(name: str, sign: str, value: Word, settings: Settings) -> None:
    if sign == "=" and not value.text:
        raise value.fail("ASC0020", f"'{name}=' lacks a value")
    if sign == "=" and name in SETTINGS:
        settings.set(name, value)
    elif sign == "=" and name in WORDS:
        raise value.fail("ASC0020", f"'{name}' takes no value")
    elif sign == "=":
        settings.describe(name, read_values(value), value)
    elif sign == ":":
        settings.describe(name, read_description(value), value)
    elif sign == "(" and name in CONDITIONS:
        opening = value.text.index("(")
        if not value.text.endswith(")"):
            raise value.fail("ASC0020", f"'{value.text}' is not closed by ')'")
        settings.require(value.part(opening + 1, -1))
    elif value.text in MODES:
        settings.mode(value)
    else:
        raise _unknown_word(value)


def _unknown_word(word: Word) -> CompileError:
    if word.text in SETTINGS:
        return word.fail("ASC0020", f"'{word.text}' lacks a value", f"write {word.text}=...")
    name = re.match(r"\w*", word.text)
    if name is None or not name[0]:
        help = "an expression with blanks stands in parentheses"
        return word.fail("ASC0020", f"'{word.text}' is not expected here", help)
    help = did_you_mean(name[0], WORDS, "words")
    return word.fail("ASC0021", f"there is no setting '{word.text}'", help)


def _names_something(word: Word, parameter: str) -> bool:
    """Whether a comment beside a parameter is written like one above the kernel."""
    first = next(words_of(word), ("", "", word))
    name, sign, value = first
    if sign == ":":
        return name == parameter or (name not in ROLES and name not in FAMILIES)
    return sign == "=" or name in CONDITIONS or value.text in (*MODES, INSTANTIATE)


def _read_beside(word: Word, parameter: str, settings: Settings) -> None:
    """`in[n]`, `1..4096`, `{1, 7}`: what the parameter is."""
    whole = word.part(0)
    first = whole.text[:1]
    is_values = first in "{-+." or first.isdigit() or whole.text in ("true", "false")
    said = read_values(whole) if first and is_values else read_description(whole)
    settings.describe(parameter, said, whole)
