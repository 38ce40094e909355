"""IR as text. `reader.py` reads it back to an equal module; nothing but expansion chains is lost.

One operation per line: results, name, the attribute that the table demands, operands, further
attributes in braces, result types, source position, regions:

    %sum = add %a, %b : f32 @file.cu:12:9-14
    %r = if %c : f32 {
      yield %a
    } else {
      yield %b
    }

Values are called by their hints, made unique within a function; without a hint they are numbered.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence

from .constants import bits_of
from .dtypes import F64, SCALARS, MemoryType, Pointer, Record
from .nodes import Attr, Func, Global, Module, Op, Region, Value
from .ops import OPS, REGION_LABELS
from .source import NOWHERE, Span

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_BAD_IN_HINT = re.compile(r"[^A-Za-z0-9_]")
_BAD_IN_FILE = re.compile(r"[^A-Za-z0-9_.+]")

RESERVED_WORDS = frozenset({*SCALARS, "ptr", "void", "true", "false", "inf", "nan"})
"""Words that mean themselves as attribute values; a string that reads so is quoted."""
SYMBOL_ATTRS = frozenset({"symbol", "callee"})
"""Attributes that name a global or function; printed `@name`."""


def leading_attr(op_name: str) -> str | None:
    """The attribute that stands right after the name: the only one that the table demands."""
    row = OPS.get(op_name)
    return next(iter(row.attrs)) if row is not None and len(row.attrs) == 1 else None


def print_module(module: Module, *, spans: bool = True) -> str:
    """The whole module; `spans=False` leaves positions out."""
    files = _FileNames(_files(module) if spans else ())
    parts: list[list[str]] = [files.lines()]
    parts.append([_record(record) for record in module.records])
    parts.append([_global(item, files) for item in module.globals])
    parts += [_FuncPrinter(files, {}).lines(func) for func in module.funcs]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def print_func(
    func: Func, *, spans: bool = True, notes: Mapping[Op, Sequence[str]] | None = None
) -> str:
    """One function; `notes` are shown as comments under their operations."""
    files = _FileNames(_func_files(func) if spans else ())
    return "\n".join([*files.lines(), *_FuncPrinter(files, notes or {}).lines(func)]) + "\n"


def print_op(op: Op) -> str:
    """One operation without its surroundings, for messages."""
    printer = _FuncPrinter(_FileNames(()), {})
    printer.op(op)
    return "\n".join(printer.out)


def type_text(type_: MemoryType | None) -> str:
    """A type as the text form writes it."""
    if isinstance(type_, Pointer):
        return f"ptr<{type_text(type_.elem)}, {type_.space.value}>"
    if isinstance(type_, Record):
        return f"!{_name(type_.name)}"
    return str(type_)


def quote(text: str) -> str:
    """A string literal: JSON's escapes, ASCII only."""
    return json.dumps(text)


def _name(text: str) -> str:
    return text if _WORD.fullmatch(text) else quote(text)


def _key(text: str) -> str:
    return text if _KEY.fullmatch(text) and text not in ("inf", "nan") else quote(text)


def number_text(value: int | float) -> str:
    """A number that reads back to the same bits; only a float has a point, exponent or name."""
    if isinstance(value, int):
        return str(value)
    if not math.isnan(value):
        return repr(value)
    bits = bits_of(value, F64)
    return "nan" if bits == 0x7FF8 << 48 else f"nan:{bits:#x}"


def attr_text(value: Attr) -> str:
    """An attribute's value; strings quoted."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quote(value)
    return number_text(value) if isinstance(value, int | float) else type_text(value)


def _attr(key: str, value: Attr, *, leading: bool = False) -> str:
    if isinstance(value, str) and key in SYMBOL_ATTRS:
        return f"@{_name(value)}"
    if leading and isinstance(value, str) and _WORD.fullmatch(value):
        return quote(value) if value in RESERVED_WORDS else value
    return attr_text(value)


def _attrs(attrs: Mapping[str, Attr], skip: str | None = None) -> str:
    items = [
        f"{_key(key)} = {_attr(key, value)}" for key, value in sorted(attrs.items()) if key != skip
    ]
    return "{" + ", ".join(items) + "}" if items else ""


def _record(record: Record) -> str:
    fields = ", ".join(
        f"{_key(f.name)}: {type_text(f.type)}{f'[{f.count}]' if f.is_array else ''} @{f.offset}"
        for f in record.fields
    )
    body = f"{{ {fields} }}" if fields else "{ }"
    return f"record !{_name(record.name)} size={record.size} align={record.align} {body}"


def _global(item: Global, files: _FileNames) -> str:
    text = f"global @{_name(item.name)} : {type_text(item.elem)}[{item.count}]"
    text += f" space={item.space.value} align={item.align}"
    if item.init:
        text += f' init="{item.init.hex()}"'
    if item.source_name:
        text += f" source={quote(item.source_name)}"
    return text + files.at(item.span)


def _files(module: Module) -> Iterable[str]:
    for item in module.globals:
        yield item.span.file
    for func in module.funcs:
        yield from _func_files(func)


def _func_files(func: Func) -> Iterable[str]:
    yield func.span.file
    stack = [func.body]
    while stack:
        for op in stack.pop().ops:
            yield op.span.file
            stack += op.regions


class _FileNames:
    """Short names for source files: the last part of the path, made unique."""

    def __init__(self, files: Iterable[str]) -> None:
        self.short: dict[str, str] = {}
        taken: set[str] = set()
        for file in sorted({f for f in files if f != NOWHERE.file}):
            stem = _BAD_IN_FILE.sub("_", file.replace("\\", "/").rsplit("/", 1)[-1]) or "_"
            name, count = stem, 0
            while name in taken:
                count += 1
                name = f"{stem}+{count}"
            taken.add(name)
            self.short[file] = name

    def lines(self) -> list[str]:
        return [
            f"file {short} = {quote(file)}" for file, short in self.short.items() if short != file
        ]

    def at(self, span: Span) -> str:
        """` @file:line:col-end`, where the end is a column or, on another line, `line:col`."""
        if span.file not in self.short:
            return ""
        end = f"{span.end_line}:{span.end_col}" if span.end_line != span.line else span.end_col
        return f" @{self.short[span.file]}:{span.line}:{span.col}-{end}"


class _FuncPrinter:
    """Prints one function; value names are unique within it."""

    def __init__(self, files: _FileNames, notes: Mapping[Op, Sequence[str]]) -> None:
        self.out: list[str] = []
        self.files = files
        self.notes = notes
        self.names: dict[Value, str] = {}
        self.used: dict[str, int] = {}
        self.next_number = 0
        self.depth = 0

    def lines(self, func: Func) -> list[str]:
        kind = "kernel" if func.is_kernel else "func"
        text = f"{kind} @{_name(func.name)}({self.arguments(func.params)})"
        if func.result is not None:
            text += f" -> {type_text(func.result)}"
        attrs = _attrs(func.attrs)
        text += f" attrs {attrs}" if attrs else ""
        self.out.append(f"{text}{self.files.at(func.span)} {{")
        self.region(func.body)
        self.out.append("}")
        return self.out

    def name(self, value: Value) -> str:
        """The name of `value`; its first mention makes it."""
        known = self.names.get(value)
        if known is not None:
            return known
        hint = _BAD_IN_HINT.sub("_", value.name)
        if not hint:
            name = f"%{self.next_number}"
            self.next_number += 1
        else:
            hint = f"_{hint}" if hint[0].isdigit() else hint
            count = self.used.get(hint, 0)
            self.used[hint] = count + 1
            name = f"%{hint}.{count}" if count else f"%{hint}"
        self.names[value] = name
        return name

    def arguments(self, values: Sequence[Value]) -> str:
        return ", ".join(f"{self.name(v)}: {type_text(v.type)}" for v in values)

    def region(self, region: Region) -> None:
        self.depth += 1
        for op in region.ops:
            self.op(op)
        self.depth -= 1

    def op(self, op: Op) -> None:
        indent = "  " * self.depth
        text = indent + self._head(op)
        if not op.regions:
            self.out.append(text)
        labels = REGION_LABELS.get(op.name, ())
        for i, region in enumerate(op.regions):
            text = text if i == 0 else f"{indent}}}"
            if i > 0 or region.args or len(op.regions) > 2:
                text += f" {labels[i] if i < len(labels) else 'region'}"
            if region.args:
                text += f" ({self.arguments(region.args)})"
            self.out.append(f"{text} {{")
            self.region(region)
        if op.regions:
            self.out.append(f"{indent}}}")
        self.out += [f"{indent}// ^ {note}" for note in self.notes.get(op, ())]

    def _head(self, op: Op) -> str:
        key = leading_attr(op.name)
        parts = [op.name]
        if key is not None and key in op.attrs:
            parts.append(_attr(key, op.attrs[key], leading=True))
        if op.operands:
            parts.append(", ".join([self.name(v) for v in op.operands]))
        attrs = _attrs(op.attrs, key)
        if attrs:
            parts.append(attrs)
        if op.results:
            parts.append(": " + ", ".join([type_text(v.type) for v in op.results]))
            results = ", ".join([self.name(v) for v in op.results])
            return f"{results} = {' '.join(parts)}{self.files.at(op.span)}"
        return f"{' '.join(parts)}{self.files.at(op.span)}"
