"""Reads the text form that `printer.py` writes: a regular expression makes tokens, one method per
construct takes them.

An operation's name, operands, attributes, types and position stand on one line; otherwise line
breaks do not matter, and `//` starts a comment. Reading does not verify: only what cannot be
represented is an error (ASC0501, ASC0502), with its place in the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from .constants import constant, float_of_bits
from .diagnostics import CompileError, error
from .dtypes import F64, SCALARS, VOID, Field, MemoryType, Pointer, Record, Scalar, Space, Type
from .nodes import Attr, Func, Global, Module, Op, Region, Value
from .ops import REGION_LABELS
from .printer import leading_attr
from .source import NOWHERE, Span

_STRING = r'"(?:[^"\\\n]|\\.)*"'
_TOKEN = re.compile(
    rf"""(?P<space>(?:[ \t\r\n]|//[^\n]*)+)
    |(?P<value>%[A-Za-z0-9_][A-Za-z0-9_.]*)
    |(?P<at>@[A-Za-z0-9_.+]+:\d+:\d+(?:-\d+(?::\d+)?)?)
    |(?P<symbol>@(?:[A-Za-z_][A-Za-z0-9_]*|{_STRING}))
    |(?P<offset>@\d+)
    |(?P<record>!(?:[A-Za-z_][A-Za-z0-9_]*|{_STRING}))
    |(?P<string>{_STRING})
    |(?P<number>-?(?:inf\b|nan\b(?::0x[0-9a-f]+)?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?))
    |(?P<file>file\ [A-Za-z0-9_.+]+(?=\ =\ "))
    |(?P<word>[A-Za-z_][A-Za-z0-9_.]*)
    |(?P<punct>->|[{{}}()\[\]<>,:=])
    |(?P<bad>.)""",
    re.VERBOSE,
)
_AT = re.compile(r"@(.+):(\d+):(\d+)(?:-(?:(\d+):)?(\d+))?")
_SUFFIX = re.compile(r"\.\d+$")

MAX_NESTING = 200
MAX_DIGITS = 400


def read_module(text: str, name: str = "<ir>") -> Module:
    """The module that `text` describes. Raises CompileError; `name` is the file that it blames."""
    return _Reader(text, name).module()


class _Reader:
    """Position in the tokens, what is declared so far, and a method per construct."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.kinds: list[str] = []
        self.texts: list[str] = []
        self.starts: list[int] = []
        self.fresh: list[bool] = []
        self.i = 0
        self.depth = 0
        self.files: dict[str, str] = {}
        self.records: dict[str, Record] = {}
        self.record_places: dict[str, int] = {}
        self.values: dict[str, Value] = {}
        self.scope: list[str] = []
        self._tokenise()

    def _tokenise(self) -> None:
        kinds, texts, starts, fresh = self.kinds, self.texts, self.starts, self.fresh
        new_line = True
        for match in _TOKEN.finditer(self.text):
            kind = match.lastgroup or "bad"
            text = match.group()
            if kind == "space":
                new_line = new_line or "\n" in text
                continue
            if kind == "record" and texts and texts[-1] == "record":
                self.record_places.setdefault(_unquote(text[1:]), len(kinds))
            kinds.append(kind)
            texts.append(text)
            starts.append(match.start())
            fresh.append(new_line)
            new_line = False
        kinds.append("end")
        texts.append("")
        starts.append(len(self.text))
        fresh.append(True)

    # Tokens

    def span(self, i: int) -> Span:
        """Where token `i` stands in the text."""
        start = self.starts[i]
        line = self.text.count("\n", 0, start) + 1
        col = start - (self.text.rfind("\n", 0, start) + 1) + 1
        return Span(self.file, line, col, line, col + max(1, len(self.texts[i])))

    def fail(self, message: str, i: int | None = None, code: str = "ASC0501") -> CompileError:
        return error(code, message, self.span(self.i if i is None else i))

    def expected(self, what: str) -> CompileError:
        found = self.texts[self.i] if self.kinds[self.i] != "end" else "the end"
        return self.fail(f"expected {what}, found {found[:40]}")

    def take(self, kind: str, what: str) -> str:
        """The next token, which must be of `kind`."""
        if self.kinds[self.i] != kind:
            raise self.expected(what)
        self.i += 1
        return self.texts[self.i - 1]

    def accept(self, text: str) -> bool:
        """Whether the next token is `text` (no string literal); takes it."""
        if self.texts[self.i] == text and self.kinds[self.i] != "end":
            self.i += 1
            return True
        return False

    def need(self, text: str) -> None:
        if not self.accept(text):
            raise self.expected(f"'{text}'")

    def integer(self) -> int:
        value = self.number()
        if isinstance(value, float):
            raise self.fail("expected a whole number", self.i - 1)
        return value

    def number(self) -> int | float:
        text = self.take("number", "a number")
        if len(text) > MAX_DIGITS:
            raise self.fail("the number is too long", self.i - 1)
        if text.startswith("nan:"):
            return float_of_bits(int(text[4:], 16) & (1 << 64) - 1, F64)
        return int(text) if text.lstrip("-").isdigit() else float(text)

    def string(self) -> str:
        text = self.take("string", "a string")
        try:
            return _unquote(text)
        except ValueError:
            raise self.fail("the string has a bad escape", self.i - 1) from None

    def name(self, kind: str, what: str) -> str:
        """A symbol or record name without its sigil and quotes."""
        text = self.take(kind, what)
        try:
            return _unquote(text[1:])
        except ValueError:
            raise self.fail("the name has a bad escape", self.i - 1) from None

    def word(self, what: str) -> str:
        """A word, or a string where the name is no word."""
        if self.kinds[self.i] == "string":
            return self.string()
        return self.take("word", what)

    # Declarations

    def module(self) -> Module:
        records: list[Record] = []
        items: list[Global] = []
        funcs: list[Func] = []
        while self.kinds[self.i] != "end":
            if self.kinds[self.i] == "file":
                self.file_name()
            elif self.accept("record"):
                records.append(self.record_declaration())
            elif self.accept("global"):
                items.append(self.global_declaration())
            elif self.texts[self.i] in ("kernel", "func"):
                funcs.append(self.func())
            else:
                raise self.expected("'file', 'record', 'global', 'kernel' or 'func'")
        return Module(tuple(funcs), tuple(items), tuple(records))

    def file_name(self) -> None:
        short = self.take("file", "a file").split(" ")[1]
        self.need("=")
        self.files[short] = self.string()

    def record_declaration(self) -> Record:
        """The declaration at the next token; read once, though it may be used before."""
        name = self.name("record", "a record's name")
        if name in self.records and self.record_places.get(name) != self.i - 1:
            raise self.fail(f"record '{name}' is declared twice", self.i - 1)
        size = self.setting("size")
        align = self.setting("align")
        self.need("{")
        fields: list[Field] = []
        while not self.accept("}"):
            if fields:
                self.need(",")
            fields.append(self.field())
        record = Record(name, size, align, tuple(fields))
        return self.records.setdefault(name, record)

    def setting(self, key: str) -> int:
        self.need(key)
        self.need("=")
        return self.integer()

    def field(self) -> Field:
        name = self.word("a member's name")
        self.need(":")
        type_ = self.type()
        is_array = self.accept("[")
        count = self.integer() if is_array else 1
        if is_array:
            self.need("]")
        offset = int(self.take("offset", "'@' and the member's offset")[1:])
        return Field(name, type_, offset, count, is_array)

    def used_record(self, name: str) -> Record:
        """The record called `name`, wherever in the text its declaration stands."""
        if name in self.records:
            return self.records[name]
        place = self.record_places.pop(name, None)
        if place is None:
            raise self.fail(f"record '{name}' is unknown", self.i - 1, "ASC0502")
        self.deeper()
        back, self.i = self.i, place
        record = self.record_declaration()
        self.i = back
        self.depth -= 1
        self.record_places[name] = place
        return record

    def global_declaration(self) -> Global:
        name = self.name("symbol", "a global's name")
        self.need(":")
        elem = self.type()
        self.need("[")
        count = self.integer()
        self.need("]")
        self.need("space")
        self.need("=")
        space = self.space()
        align = self.setting("align")
        init = b""
        if self.accept("init"):
            self.need("=")
            init = self.hex_bytes()
        source = ""
        if self.accept("source"):
            self.need("=")
            source = self.string()
        return Global(name, elem, count, space, align, init, source, self.position())

    def hex_bytes(self) -> bytes:
        try:
            return bytes.fromhex(self.string())
        except ValueError:
            raise self.fail("expected hexadecimal digits", self.i - 1) from None

    def space(self) -> Space:
        try:
            return Space(self.take("word", "a memory space"))
        except ValueError:
            raise self.fail("expected a memory space", self.i - 1) from None

    def func(self) -> Func:
        is_kernel = self.take("word", "'kernel' or 'func'") == "kernel"
        self.values, self.scope = {}, []
        name = self.name("symbol", "a function's name")
        params = self.arguments()
        result = self.value_type() if self.accept("->") else None
        attrs = self.attrs() if self.accept("attrs") else {}
        span = self.position()
        return Func(name, params, result, self.region(()), is_kernel, span, attrs)

    # Types

    def type(self) -> MemoryType:
        kind, text = self.kinds[self.i], self.texts[self.i]
        scalar = SCALARS.get(text)
        if scalar is not None and kind == "word":
            self.i += 1
            return scalar
        if kind == "record":
            return self.used_record(self.name("record", "a record"))
        if self.accept("void"):
            return VOID
        if not self.accept("ptr"):
            raise self.expected("a type")
        self.need("<")
        self.deeper()
        elem = self.type()
        self.depth -= 1
        self.need(",")
        space = self.space()
        self.need(">")
        return Pointer(elem, space)

    def value_type(self) -> Type:
        start = self.i
        type_ = self.type()
        if not isinstance(type_, Scalar | Pointer):
            raise self.fail("only scalars and pointers are values", start)
        return type_

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.fail("nested too deep")

    # Operations

    def arguments(self) -> tuple[Value, ...]:
        self.need("(")
        values: list[Value] = []
        while not self.accept(")"):
            if values:
                self.need(",")
            place = self.i
            name = self.take("value", "an argument")
            self.need(":")
            values.append(self.define(name, self.value_type(), place))
        return tuple(values)

    def define(self, name: str, type_: Type, place: int) -> Value:
        if name in self.values:
            raise self.fail(f"{name} is defined twice", place)
        value = Value(type_, _hint(name))
        self.values[name] = value
        self.scope.append(name)
        return value

    def leave(self, before: int) -> None:
        """Forget the names defined since the scope held `before` of them."""
        for name in self.scope[before:]:
            del self.values[name]
        del self.scope[before:]

    def operand(self) -> Value:
        name = self.take("value", "a value")
        value = self.values.get(name)
        if value is None:
            raise self.fail(f"{name} is not defined here", self.i - 1, "ASC0502")
        return value

    def region(self, args: tuple[Value, ...]) -> Region:
        """From `{` to `}`; names defined inside end with it."""
        self.need("{")
        self.deeper()
        before = len(self.scope)
        ops: list[Op] = []
        while not self.accept("}"):
            if self.kinds[self.i] == "end":
                raise self.expected("'}'")
            ops.append(self.op())
        self.leave(before)
        self.depth -= 1
        return Region(args, tuple(ops))

    def op(self) -> Op:
        places, names = self.result_names()
        name = self.take("word", "an operation")
        attrs: dict[str, Attr] = {}
        key = leading_attr(name)
        if key is not None and self.at_attr():
            attrs[key] = self.attr(bare_words=True)
        operands: list[Value] = []
        if self.kinds[self.i] == "value" and not self.fresh[self.i]:
            operands.append(self.operand())
            while self.accept(","):
                operands.append(self.operand())
        if self.at_attrs():
            attrs.update(self.attrs())
        types = self.result_types()
        if len(types) != len(names):
            raise self.fail(f"{len(names)} results, {len(types)} types")
        span = self.position()
        regions = tuple(self.regions(name))
        if name == "const" and isinstance(types[0] if types else None, Scalar):
            attrs = _as_float(attrs, types[0])
        results = tuple(self.define(*item) for item in zip(names, types, places, strict=True))
        return Op(name, tuple(operands), attrs, regions, results, span)

    def result_names(self) -> tuple[list[int], list[str]]:
        places: list[int] = []
        names: list[str] = []
        while self.kinds[self.i] == "value":
            places.append(self.i)
            names.append(self.take("value", "a result"))
            if not self.accept(","):
                break
        if names:
            self.need("=")
        return places, names

    def result_types(self) -> list[Type]:
        types: list[Type] = []
        if not self.fresh[self.i] and self.accept(":"):
            types.append(self.value_type())
            while self.accept(","):
                types.append(self.value_type())
        return types

    def at_attr(self) -> bool:
        kind = self.kinds[self.i]
        return not self.fresh[self.i] and kind in ("number", "string", "word", "symbol")

    def at_attrs(self) -> bool:
        """Whether `{` starts attributes rather than a region."""
        i = self.i
        return (
            self.texts[i] == "{"
            and self.kinds[i + 1] in ("word", "string", "number")
            and self.texts[i + 2] == "="
        )

    def attrs(self) -> dict[str, Attr]:
        self.need("{")
        attrs: dict[str, Attr] = {}
        while not self.accept("}"):
            if attrs:
                self.need(",")
            place = self.i
            key = self.word("an attribute's name")
            if key in attrs:
                raise self.fail(f"attribute '{key}' is given twice", place)
            self.need("=")
            attrs[key] = self.attr()
        return attrs

    def attr(self, *, bare_words: bool = False) -> Attr:
        kind, text = self.kinds[self.i], self.texts[self.i]
        if kind == "number":
            return self.number()
        if kind == "string":
            return self.string()
        if kind == "symbol":
            return self.name("symbol", "a symbol")
        if text in ("true", "false"):
            self.i += 1
            return text == "true"
        if bare_words and kind == "word" and text not in SCALARS and text not in ("ptr", "void"):
            self.i += 1
            return text
        return self.type()

    def position(self) -> Span:
        """The `@file:line:col-end` that may stand next."""
        if self.kinds[self.i] != "at" or self.fresh[self.i]:
            return NOWHERE
        match = _AT.fullmatch(self.texts[self.i])
        if match is None or len(self.texts[self.i]) > MAX_DIGITS:
            raise self.fail("the position is malformed")
        self.i += 1
        short, line, col, end_line, end_col = match.groups()
        return Span(
            self.files.get(short, short),
            int(line),
            int(col),
            int(end_line or line),
            int(end_col or col),
        )

    def regions(self, op_name: str) -> list[Region]:
        regions: list[Region] = []
        labels = REGION_LABELS.get(op_name, ())
        while not self.fresh[self.i]:
            label = labels[len(regions)] if len(regions) < len(labels) else "region"
            start = self.i
            before = len(self.scope)
            args: tuple[Value, ...] = ()
            labelled = self.accept(label)
            if self.texts[self.i] == "(":
                args = self.arguments()
            if not labelled and not args and self.texts[self.i] != "{":
                break
            if not labelled and regions and labels:
                raise self.fail(f"expected '{label}'", start)
            regions.append(self.region(args))
            self.leave(before)
        return regions


def _unquote(text: str) -> str:
    """The text of a string literal, or a bare word as it is. Raises ValueError."""
    return str(json.loads(text)) if text.startswith('"') else text


def _hint(name: str) -> str:
    """The hint behind a printed value name: no `%`, no suffix, nothing for a number."""
    hint = _SUFFIX.sub("", name[1:])
    return "" if hint.isdigit() else hint


def _as_float(attrs: Mapping[str, Attr], type_: Type) -> dict[str, Attr]:
    """`const 1 : f32` is as good as `const 1.0 : f32`."""
    value = attrs.get("value")
    if isinstance(type_, Scalar) and type_.is_float and isinstance(value, int):
        return {**attrs, "value": constant(value, type_)}
    return dict(attrs)
