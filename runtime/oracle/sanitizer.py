"""The oracle as a judge of the original: which accesses of a launch race, miss their object, read
what nobody wrote, and which places in the source made them.

A watched launch leaves records with addresses in the library; they travel as JSON. `explain` turns
them into findings with lines and words, in whichever process has the time for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .lines import UNKNOWN, Line, LineTable
from .memory_map import MemoryMap
from .uninitialised import UninitialisedLocal

INTERFACE = """
typedef struct {
  const char *kind;
  const char *text;
  const char *object;
  const char *file;
  uint64_t pc;
  uint64_t other_pc;
  uint64_t kernel;
  uint64_t address;
  int64_t offset;
  uint64_t object_bytes;
  uint64_t count;
  uint32_t access;
  uint32_t other_access;
  uint32_t size;
  uint32_t other_size;
  uint32_t line;
  uint32_t other_line;
  uint32_t space;
  int32_t argument;
  uint32_t block_size[3];
  uint32_t thread[3];
  uint32_t block[3];
  uint32_t other_thread[3];
  uint32_t other_block[3];
} ascendify_oracle_finding;
typedef struct {
  uint64_t pc;
  uint64_t kernel;
  const char *object;
  uint64_t start;
  uint64_t object_bytes;
  uint32_t access;
  uint32_t size;
  uint32_t space;
  int32_t argument;
  int64_t lowest;
  int64_t highest;
  uint64_t count;
} ascendify_oracle_site;
void ascendify_oracle_check(uint32_t);
int ascendify_oracle_is_instrumented(void);
void ascendify_oracle_check_region(const char *, const void *, uint64_t, uint32_t);
void ascendify_oracle_check_clear_regions(void);
void ascendify_oracle_shared_variable(const char *, int64_t, uint64_t, uint64_t);
const ascendify_oracle_finding *ascendify_oracle_findings(uint64_t *);
const ascendify_oracle_site *ascendify_oracle_sites(uint64_t *);
void ascendify_oracle_clear_findings(void);
"""
"""What an FFI must know to watch a library."""

OFF, ON, UNDONE = 0, 1, 2
INEXACT, UNINITIALISED, THREAD_LOCAL, VARIABLE = 1, 2, 4, 8
READ, WRITE, ATOMIC = 1, 2, 3
GLOBAL, SHARED, DYNAMIC_SHARED = 1, 2, 3

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """What watched launches left, JSON-able; addresses of code are offsets in the library."""

    findings: tuple[Json, ...] = ()
    sites: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the source does and should not. Lines are 0 where they are not known; the
    other place is the second access or barrier. `kernel` is its offset in the library."""

    kind: str
    message: str
    file: str = ""
    line: int = 0
    other_file: str = ""
    other_line: int = 0
    count: int = 1
    kernel: int = 0


@dataclass(frozen=True, slots=True)
class Site:
    """What one line's instruction touched of one object: bytes `lowest` to `highest` (behind the
    last) of `object_bytes`, `count` times. `argument`: the number of the kernel's argument that
    points to the object, or -1; `start`: the object's address."""

    file: str
    line: int
    access: str
    size: int
    object: str
    argument: int
    start: int
    object_bytes: int
    lowest: int
    highest: int
    count: int
    kernel: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer: what was found, and what was touched from where."""

    findings: tuple[Finding, ...] = ()
    sites: tuple[Site, ...] = ()


class Sanitizer:
    """Watches the launches of one loaded library. `base` is where it was loaded; the library must
    have been declared with `INTERFACE`."""

    def __init__(self, ffi: Any, library: Any, memory: MemoryMap, base: int) -> None:
        self._ffi = ffi
        self._library = library
        self._memory = memory
        self._base = base
        for variable in memory.shared:
            library.ascendify_oracle_shared_variable(
                variable.name.encode(), variable.offset, variable.size, variable.kernel
            )
        self._tell_of_variables()

    @property
    def available(self) -> bool:
        """Whether the compiler made the library's accesses known at all."""
        return bool(self._library.ascendify_oracle_is_instrumented())

    def _tell_of_variables(self) -> None:
        for variable in self._memory.variables:
            address = self._base + variable.offset
            self._region(variable.name, address, variable.size, VARIABLE)
        for offset, size in self._memory.thread_locals:
            self._region("", offset & (1 << 64) - 1, size, THREAD_LOCAL)

    def region(
        self,
        name: str,
        address: int,
        size: int,
        *,
        is_exact: bool = True,
        is_initialised: bool = True,
    ) -> None:
        """Memory that kernels may use. Not exact: accesses beside it are no findings."""
        flags = (0 if is_exact else INEXACT) | (0 if is_initialised else UNINITIALISED)
        self._region(name, address, size, flags)

    def _region(self, name: str, address: int, size: int, flags: int) -> None:
        self._library.ascendify_oracle_check_region(
            name.encode(), self._ffi.cast("void *", address), size, flags
        )

    def clear_regions(self) -> None:
        """Forget all regions that were told."""
        self._library.ascendify_oracle_check_clear_regions()
        self._tell_of_variables()

    def start(self) -> None:
        """Watch the launches that follow, and forget what was found before."""
        self._library.ascendify_oracle_clear_findings()
        self._library.ascendify_oracle_check(ON)

    def stop(self, *, undone: bool = False) -> Record:
        """Watch no more. `undone`: whatever is launched from now on will be undone by the caller,
        so that what is initialised stays as it is."""
        self._library.ascendify_oracle_check(UNDONE if undone else OFF)
        return Record(
            tuple(self._records("findings", _FINDING_FIELDS)),
            tuple(self._records("sites", _SITE_FIELDS)),
        )

    def _records(self, what: str, fields: Sequence[str]) -> list[Json]:
        count = self._ffi.new("uint64_t *")
        first = getattr(self._library, f"ascendify_oracle_{what}")(count)
        return [self._as_json(first[i], fields) for i in range(count[0])]

    def _as_json(self, record: Any, fields: Sequence[str]) -> Json:
        return {name: self._value(name, getattr(record, name)) for name in fields}

    def _value(self, name: str, value: Any) -> Any:
        if name in _TEXTS:
            return self._ffi.string(value).decode("utf-8", "replace")
        if name in _CODE:
            return int(value) - self._base if value else 0
        if name in _INDICES:
            return [int(part) for part in value]
        return int(value)


_TEXTS = frozenset({"kind", "text", "object", "file"})
_CODE = frozenset({"pc", "other_pc", "kernel"})
_INDICES = frozenset({"block_size", "thread", "block", "other_thread", "other_block"})


def _fields(structure: str) -> tuple[str, ...]:
    body = re.search(rf"typedef struct {{([^}}]*)}} {structure};", INTERFACE)
    assert body is not None
    return tuple(re.findall(r"(\w+)(?:\[3\])?;", body[1]))


_FINDING_FIELDS = _fields("ascendify_oracle_finding")
_SITE_FIELDS = _fields("ascendify_oracle_site")


# ---------------------------------------------------------------- in words

Parameters = Mapping[int, Sequence[str]]
"""The names of kernels' parameters, by the kernel's offset in the library."""


def explain(record: Record, table: LineTable, parameters: Parameters | None = None) -> Checked:
    """Findings with lines and words, merged by kind and lines, in the order of the source."""
    files = set(table.files.values())
    words = _Words(parameters or {}, {}, files.pop() if len(files) == 1 else "")
    addresses = [
        entry[name] - 1
        for entry in (*record.findings, *record.sites)
        for name in ("pc", "other_pc")
        if entry.get(name)
    ]
    words.lines = table.lines(addresses)
    merged: dict[tuple[object, ...], Finding] = {}
    for entry in record.findings:
        found = words.finding(entry)
        if found is None:
            continue
        places = sorted([(found.file, found.line), (found.other_file, found.other_line)])
        key = (found.kind, *places, "" if found.line else found.message)
        known = merged.get(key)
        if known is not None:
            found = _with_count(known, known.count + found.count)
        merged[key] = found
    findings = sorted(
        (f for f in merged.values() if not _follows(f, merged.values())),
        key=lambda f: (f.file, f.line, f.other_line, f.kind),
    )
    return Checked(tuple(findings), tuple(words.site(entry) for entry in record.sites))


def local_findings(uses: Iterable[UninitialisedLocal]) -> tuple[Finding, ...]:
    """What the compiler warned of, as findings."""
    return tuple(
        Finding(
            "uninitialised-local", use.message, use.file, use.line,
            use.file if use.declared else "", use.declared,
        )
        for use in uses
    )  # fmt: skip


def _follows(finding: Finding, others: Iterable[Finding]) -> bool:
    """Whether something else says it better: a read of what nobody has written is the early half of
    a race; an index leaves a shared array, whose accesses are watched."""
    place = (finding.file, finding.line)
    if finding.kind == "array-index":
        return any(o.kind == "out-of-bounds" and place == (o.file, o.line) for o in others)
    return finding.kind == "uninitialised-shared" and any(
        other.kind == "race-shared"
        and place in ((other.file, other.line), (other.other_file, other.other_line))
        for other in others
    )


def _with_count(finding: Finding, count: int) -> Finding:
    f = finding
    return Finding(f.kind, f.message, f.file, f.line, f.other_file, f.other_line, count, f.kernel)


@dataclass(slots=True)
class _Words:
    parameters: Parameters
    lines: Mapping[int, Line]
    only_file: str

    def finding(self, entry: Json) -> Finding | None:
        line = self._line(entry, "pc", "line")
        other = self._line(entry, "other_pc", "other_line")
        if entry["kind"] == "divergent-barrier" and line == other and line != UNKNOWN:
            return None  # one barrier of the source, which the compiler made two of
        message = _MESSAGES[entry["kind"]](self, entry, line, other)
        return Finding(
            entry["kind"], message, line.file, line.number, other.file, other.number,
            entry["count"], entry["kernel"],
        )  # fmt: skip

    def site(self, entry: Json) -> Site:
        line = self.lines.get(entry["pc"] - 1, UNKNOWN)
        return Site(
            line.file, line.number, _VERBS[entry["access"]][1], entry["size"], self.name(entry),
            entry["argument"], entry["start"], entry["object_bytes"], entry["lowest"],
            entry["highest"], entry["count"], entry["kernel"],
        )  # fmt: skip

    def _line(self, entry: Json, pc: str, line: str) -> Line:
        found = self.lines.get(entry[pc] - 1, UNKNOWN)
        if found == UNKNOWN and entry[line]:
            return Line(entry["file"] or self.only_file, entry[line])
        return found

    def name(self, entry: Json) -> str:
        """What the source calls the object, as far as that is known."""
        names = self.parameters.get(entry["kernel"], ())
        at = entry["argument"]
        if 0 <= at < len(names):
            return names[at]
        return str(entry["object"]) or (f"argument {at + 1}" if at >= 0 else "")

    def object(self, entry: Json) -> str:
        """The object with its space."""
        name = self.name(entry)
        if entry["space"] == DYNAMIC_SHARED:
            return "the launch's dynamic shared memory"
        space = _SPACES[entry["space"]]
        if not name:
            return "global memory" if entry["space"] == GLOBAL else "memory"
        quoted = name if name.startswith("argument ") else f"`{name}`"
        return f"{quoted} ({space})" if space else quoted


def _thread(entry: Json, prefix: str = "", *, with_block: bool = False) -> str:
    text = f"thread {_index(entry[prefix + 'thread'])}"
    return f"{text} of block {_index(entry[prefix + 'block'])}" if with_block else text


def _index(parts: Sequence[int]) -> str:
    return f"({', '.join(map(str, parts))})"


_SPACES = {0: "", GLOBAL: "global", SHARED: "shared", DYNAMIC_SHARED: "shared"}
_VERBS = {
    0: ("uses", "use"),
    READ: ("reads", "read"),
    WRITE: ("writes", "write"),
    ATOMIC: ("updates", "atomic"),
}


def _at(line: Line, other: Line) -> str:
    """The place of a line, with its file where the other one lies elsewhere."""
    if not line.number:
        return ""
    is_same = not other.number or line.file == other.file
    return f" at line {line.number}" if is_same else f" at {line.file}:{line.number}"


def _element(entry: Json, size: int) -> str:
    """`element 3` where the offset is that of one."""
    offset = entry["offset"]
    if size > 0 and offset % size == 0:
        return f"element {offset // size}"
    return f"byte {offset}"


def _race(words: _Words, entry: Json, line: Line, other: Line) -> str:
    in_block = entry["block"] == entry["other_block"]
    size = entry["size"]
    verb, other_verb = _VERBS[entry["access"]][0], _VERBS[entry["other_access"]][0]
    first = _thread(entry, "other_", with_block=not in_block)
    second = _thread(entry, with_block=not in_block)
    return (
        f"race on {words.object(entry)}: {first} {other_verb} {_element(entry, size)}"
        f"{_at(other, line)}, {second} {verb} it{_at(line, other)}, {_missing(entry, in_block)}"
    )


def _missing(entry: Json, in_block: bool) -> str:
    if not in_block:
        return "and blocks are ordered by a fence before an atomic only"
    same_warp = _warp(entry["thread"], entry) == _warp(entry["other_thread"], entry)
    return "no __syncwarp or barrier between" if same_warp else "no barrier between"


def _warp(thread: Sequence[int], entry: Json) -> int:
    x, y = int(entry["block_size"][0]), int(entry["block_size"][1])
    return (thread[0] + x * (thread[1] + y * thread[2])) // 32


def _array_index(words: _Words, entry: Json, line: Line, other: Line) -> str:
    return f"{entry['text']} is out of bounds"


def _out_of_bounds(words: _Words, entry: Json, line: Line, other: Line) -> str:
    size = entry["size"]
    verb = _VERBS[entry["access"]][0]
    who = _thread(entry, with_block=True)
    if not entry["object_bytes"] and not entry["space"]:
        address = entry["address"]
        target = "through a null pointer" if address < 4096 else "memory that is no object's"
        return f"{who} {verb} {target} (address {address:#x})"
    extent = entry["object_bytes"]
    whole = f"{extent // size} elements" if size and extent % size == 0 else f"{extent} bytes"
    return f"{who} {verb} {_element(entry, size)} of {words.object(entry)}, which has {whole}"


def _misaligned(words: _Words, entry: Json, line: Line, other: Line) -> str:
    verb = _VERBS[entry["access"]][0]
    if entry["text"]:
        return f"misaligned access at address {entry['address']:#x}: {entry['text']}"
    return (
        f"{_thread(entry, with_block=True)} {verb} {entry['size']} bytes at byte {entry['offset']} "
        f"of {words.object(entry)}, an address that is no multiple of {entry['size']}"
    )


def _uninitialised(words: _Words, entry: Json, line: Line, other: Line) -> str:
    return (
        f"{_thread(entry, with_block=True)} reads {_element(entry, entry['size'])} of "
        f"{words.object(entry)}, which nobody has written"
        + (" in this block" if entry["space"] != GLOBAL else "")
    )


def _divergent(words: _Words, entry: Json, line: Line, other: Line) -> str:
    if not (entry["other_pc"] or entry["other_line"]):
        return "some threads of the block come to this barrier, others have gone past it to the end"
    return (
        "threads of one block wait at different barriers: "
        f"{_thread(entry, 'other_')}{_at(other, line)}, {_thread(entry)}{_at(line, other)}"
    )


def _exited(words: _Words, entry: Json, line: Line, other: Line) -> str:
    return "threads of the block have returned before this barrier"


def _lanes(words: _Words, entry: Json, line: Line, other: Line) -> str:
    elsewhere = f" ({_thread(entry, 'other_')}{_at(other, line)})" if entry["other_pc"] else ""
    return f"warp operation of {_thread(entry, with_block=True)}: {entry['text']}{elsewhere}"


def _undefined(words: _Words, entry: Json, line: Line, other: Line) -> str:
    return f"{entry['text']} ({_thread(entry, with_block=True)})"


_Message = Callable[[_Words, Json, Line, Line], str]
_MESSAGES: Mapping[str, _Message] = {
    "race-shared": _race,
    "race-global": _race,
    "out-of-bounds": _out_of_bounds,
    "array-index": _array_index,
    "misaligned": _misaligned,
    "uninitialised-shared": _uninitialised,
    "uninitialised-global": _uninitialised,
    "divergent-barrier": _divergent,
    "exited-before-barrier": _exited,
    "inactive-lanes": _lanes,
    "undefined": _undefined,
}
"""Every kind of finding, and how it is put."""
