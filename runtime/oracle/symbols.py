"""The symbols of an ELF file, local ones too, and the names of kernel instances among them.

A reader of its own, because machines without a compiler package have no binutils either. 64-bit
files of this machine's byte order; anything else simply has no symbols.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path

_SECTION = struct.Struct("=IIQQQQIIQQ")
_SYMBOL = struct.Struct("=IBBHQQ")
_SYMBOL_TABLE = 2
_WRITE = 1
_OBJECT, _FUNCTION, _THREAD_LOCAL = 1, 2, 6


@dataclass(frozen=True, slots=True)
class Symbol:
    """`address` is the offset from where the file is loaded, or among a thread's variables;
    `file_offset` that in the file, -1 for memory that the file does not hold."""

    name: str
    address: int
    size: int
    is_function: bool
    file_offset: int
    is_writable: bool = True
    """Whether the program may write there: constants are in sections of their own."""


def read_symbols(path: Path) -> list[Symbol]:
    """All defined functions and variables that exist once."""
    return _read(path, (_FUNCTION, _OBJECT))


def read_thread_locals(path: Path) -> list[Symbol]:
    """All defined variables of which each thread has its own."""
    return _read(path, (_THREAD_LOCAL,))


def _read(path: Path, kinds: tuple[int, ...]) -> list[Symbol]:
    data = path.read_bytes()
    if data[:5] != b"\x7fELF\x02" or len(data) < 64:
        return []
    start, size, count = (
        struct.unpack_from("=Q", data, 40)[0],
        *struct.unpack_from("=HH", data, 58),
    )
    sections = [_SECTION.unpack_from(data, start + i * size) for i in range(count)]
    found: list[Symbol] = []
    for section in sections:
        if section[1] == _SYMBOL_TABLE:
            found += _table(data, section, sections, kinds)
    return found


def _table(
    data: bytes, table: tuple[int, ...], sections: list[tuple[int, ...]], kinds: tuple[int, ...]
) -> Iterator[Symbol]:
    names = sections[table[6]][4]
    relocated = _relocated_constants(data, sections)
    for at in range(table[4], table[4] + table[5], _SYMBOL.size):
        name, info, _, section, address, size = _SYMBOL.unpack_from(data, at)
        kind = info & 15
        if kind not in kinds or not 0 < section < len(sections):
            continue
        begin = names + name
        text = data[begin : data.index(b"\0", begin)].decode("utf-8", "replace")
        home = sections[section]
        in_file = home[1] != 8  # 8: a section of zeros that takes no space in the file
        offset = address - home[3] + home[4] if in_file else -1
        is_writable = bool(home[2] & _WRITE) and section not in relocated
        yield Symbol(text, address, size, kind == _FUNCTION, offset, is_writable)


def _relocated_constants(data: bytes, sections: list[tuple[int, ...]]) -> set[int]:
    """Sections of constants that hold addresses: read-only once the file is loaded."""
    texts = sections[struct.unpack_from("=H", data, 62)[0]][4]
    return {
        index
        for index, section in enumerate(sections)
        if data.startswith(b".data.rel.ro", texts + section[0])
    }


def instance_name(demangled: str) -> str:
    """`ns::name<args>` of a demangled function: no return type, parameters or unnamed scopes."""
    text = re.sub(r" \[(clone|abi:)[^\]]*\]", "", demangled).replace("(anonymous namespace)::", "")
    depth = start = 0
    for i, char in enumerate(text):
        if char in "<(":
            if char == "(" and depth == 0:
                return text[start:i]
            depth += 1
        elif char in ">)":
            depth -= 1
        elif char == " " and depth == 0:
            start = i + 1
    return text[start:]


_SPACES = re.compile(r"\s+")
_SUFFIX = re.compile(r"\b(0[xX][0-9a-fA-F]+|\d+)(?:[uUlL]+)\b")
_CAST = re.compile(r"\((?!anonymous)[\w:\s]+\)(?=-?\d)")
_AROUND_SIGNS = re.compile(r"\s*([^\w\s])\s*")


def canonical_name(name: str) -> str:
    """One spelling for all that name the same instance: no spaces around signs, integers without
    suffix or enumeration, `unsigned` as `unsigned int`, functions without `&` and parameters."""
    text = _SPACES.sub(" ", name.strip())
    text = _CAST.sub("", _SUFFIX.sub(r"\1", text))
    text = _without_function_types(text)
    text = _AROUND_SIGNS.sub(r"\1", text)
    text = re.sub(r"\bunsigned\b(?! (?:int|char|short|long))", "unsigned int", text)
    return text.replace("long unsigned int", "unsigned long").replace("long int", "long")


def _without_function_types(text: str) -> str:
    """Addresses of functions as template arguments, `&(int f<int>(int, float))`, as `f<int>`."""
    while (at := text.find("&(")) >= 0:
        depth = end = 0
        for i in range(at + 1, len(text)):
            depth += (text[i] in "(<") - (text[i] in ")>")
            if depth == 0:
                end = i
                break
        if not end:
            break
        text = text[:at] + instance_name(text[at + 2 : end]) + text[end + 1 :]
    return re.sub(r"&([\w:]+)(?=[,>])", r"\1", text)


def instance_names(
    path: Path, demangle: Callable[[str], str | None], wanted: Callable[[str], bool]
) -> dict[int, str]:
    """Offset to name of the functions whose name without template arguments is `wanted`."""
    return {
        symbol.address: name
        for symbol in read_symbols(path)
        if symbol.is_function
        for name in [instance_name(demangle(symbol.name) or symbol.name)]
        if wanted(name.split("<", 1)[0])
    }


def variable_symbols(path: Path) -> frozenset[str]:
    """The symbols of an object file's variables."""
    return frozenset(s.name for s in read_symbols(path) if not s.is_function and s.size > 0)


def variable_offsets(
    path: Path, demangle: Callable[[str], str | None], wanted: Container[str]
) -> dict[str, int]:
    """Name to offset of those `wanted` symbols that are variables at namespace level, and no
    constants: these are the same wherever the code is."""
    found: dict[str, int] = {}
    for symbol in read_symbols(path):
        if symbol.is_function or not symbol.is_writable or symbol.name not in wanted:
            continue
        name = (demangle(symbol.name) or symbol.name).replace("(anonymous namespace)::", "")
        is_ours = name.startswith(("ascendify_", "std::"))
        if re.fullmatch(r"[\w:]+", name) and not is_ours:
            found.setdefault(name, symbol.address)
    return found
