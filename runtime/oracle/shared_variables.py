"""The `__shared__` variables of a built library: where they are for the OS thread that runs a
block. The engine fills them with a pattern before a block starts, and checks accesses to them.

In the library they are thread-local variables, and so is little else: what the source itself
declares thread-local, the references that dynamic shared memory becomes in places, and the
compiler's own bookkeeping. These are recognised by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .symbols import read_symbols, read_thread_locals
from .tokens import Token

ANCHOR = "ascendify_dynamic_shared"
"""The engine's thread-local variable that offsets count from."""

_POINTER_BYTES = 8
_BOOKKEEPING = ("_ZGV", "_ZTH", "_ZTW", "__")


@dataclass(frozen=True, slots=True)
class SharedVariable:
    """`offset` counts from the anchor; `kernel` is the offset in the file of the kernel that the
    variable is local to, 0 where other kernels may use it too."""

    name: str
    offset: int
    size: int
    kernel: int


@dataclass(frozen=True, slots=True)
class OtherNames:
    """Names of thread-local variables that are not `__shared__`: those that the source declares
    so, and references to dynamic shared memory."""

    thread_locals: frozenset[str]
    references: frozenset[str]


def other_names(files: Iterable[Sequence[Token]]) -> OtherNames:
    """Collect them from the tokens of a project's files."""
    thread_locals: set[str] = set()
    references: set[str] = set()
    for tokens in files:
        for at, token in enumerate(tokens):
            if token.text in ("thread_local", "__thread"):
                thread_locals |= _declared(tokens, at)
            elif token.text == "__shared__":
                before = at
                while before > 0 and tokens[before - 1].text not in (";", "{", "}", ")"):
                    before -= 1
                names = _declared(tokens, at)
                if any(t.text == "extern" for t in tokens[before : at + 3]):
                    references |= names
    return OtherNames(frozenset(thread_locals), frozenset(references))


def _declared(tokens: Sequence[Token], at: int) -> set[str]:
    """The names that the declaration around a token may declare."""
    found: set[str] = set()
    for token, after in zip(tokens[at:], tokens[at + 1 :], strict=False):
        if token.text in (";", "}"):
            break
        if token.kind == "word" and after.text in (";", ",", "=", "[", "{", "("):
            found.add(token.text)
    return found


def shared_variables(
    path: Path,
    demangle: Callable[[str], str | None],
    in_source: Container[str],
    others: OtherNames,
    kernels: Mapping[int, str],
) -> tuple[SharedVariable, ...]:
    """The variables of the library at `path`, by offset. `in_source`: the symbols that came from
    the source's object file; `kernels`: the offsets of kernels."""
    symbols = read_thread_locals(path)
    anchor = next((s.address for s in symbols if s.name == ANCHOR), None)
    if anchor is None:
        return ()
    owners = {
        s.name.removeprefix("_Z") + "E": s.address
        for s in read_symbols(path)
        if s.is_function and s.address in kernels
    }
    found: list[SharedVariable] = []
    for symbol in symbols:
        if symbol.name not in in_source or symbol.name.startswith(_BOOKKEEPING):
            continue
        name = (demangle(symbol.name) or symbol.name).rsplit("::", 1)[-1]
        is_reference = name in others.references and symbol.size == _POINTER_BYTES
        if is_reference or name in others.thread_locals or symbol.size == 0:
            continue
        scope = re.sub("^_Z+", "", symbol.name)
        kernel = next((at for start, at in owners.items() if scope.startswith(start)), 0)
        found.append(SharedVariable(name, symbol.address - anchor, symbol.size, kernel))
    return tuple(sorted(found, key=lambda v: v.offset))
