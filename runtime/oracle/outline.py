"""The outline of a C++ file: its definitions at namespace level, and its kernels.

Enough of C++ to see where a definition begins and ends and what a kernel's parameters are called;
everything inside is passed over. Conditional parts are read as if all of them were there, with
the brackets of only one branch counted.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from .tokens import (
    Token,
    closing_brackets,
    matching,
    matching_angle,
    spell,
    split_at_commas,
    tokenize,
)

Conditions = tuple[tuple[int, int], ...]
"""The conditional parts around a place: (number of the #if, number of the branch)."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A function or template parameter: its text without default, its name, its default."""

    text: str
    name: str
    default: str = ""
    is_pack: bool = False

    @property
    def declaration(self) -> str:
        return f"{self.text} = {self.default}" if self.default else self.text

    @property
    def argument(self) -> str:
        return f"{self.name}..." if self.is_pack else self.name


@dataclass(frozen=True, slots=True)
class Kernel:
    """A declaration or definition of a `__global__` function. `template` is None where it is no
    template; `end` is the offset behind it."""

    name: str
    namespaces: tuple[str, ...]
    template: tuple[Parameter, ...] | None
    result: str
    parameters: tuple[Parameter, ...]
    types: tuple[str, ...]
    is_definition: bool
    end: int
    conditions: Conditions

    @property
    def qualified(self) -> str:
        """The name as demangled symbols show it: without unnamed namespaces."""
        return "::".join((*(n for n in self.namespaces if n), self.name))

    @property
    def signature(self) -> tuple[object, ...]:
        """Equal for declarations of the same kernel, however its parameters are called."""
        if self.template is None:
            return (None, self.result, *self.types)
        place = {p.name: f"${i}" for i, p in enumerate(self.template)}
        texts = (self.result, *self.types)
        types = (" ".join(place.get(w, w) for w in t.split(" ")) for t in texts)
        return (len(self.template), *types)


@dataclass(frozen=True, slots=True)
class Item:
    """A definition or declaration at namespace level, as a range of offsets."""

    start: int
    end: int
    name: str
    is_device: bool
    is_kernel: bool
    is_main: bool = False


@dataclass(slots=True)
class Outline:
    """What a file holds."""

    tokens: list[Token]
    items: list[Item] = field(default_factory=list)
    kernels: list[Kernel] = field(default_factory=list)

    def item_at(self, offset: int) -> Item | None:
        """The item that the text at `offset` belongs to."""
        return next((i for i in self.items if i.start <= offset < i.end), None)

    def tokens_in(self, item: Item) -> list[Token]:
        """The tokens of an item."""
        first = bisect_left(self.tokens, item.start, key=lambda t: t.start)
        last = bisect_left(self.tokens, item.end, key=lambda t: t.start)
        return self.tokens[first:last]

    def last_item_in(self, start: int, end: int) -> Item | None:
        """The last item that has a part between two offsets."""
        return next((i for i in reversed(self.items) if i.start < end and start < i.end), None)


_DEVICE_WORDS = frozenset({"__global__", "__device__", "__constant__", "__shared__"})
_CLASS_WORDS = frozenset({"struct", "class", "union", "enum"})
_NOT_NAMES = frozenset(
    "int unsigned signed long short char float double bool void auto const volatile typename class "
    "struct size_t".split()
)
_ATTRIBUTES = frozenset(
    "__launch_bounds__ __attribute__ __align__ alignas __maxnreg__ __cluster_dims__ "
    "__declspec".split()
)


def outline(text: str) -> Outline:
    """Read the outline of a file."""
    reader = _Reader(text)
    reader.read()
    return reader.result


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.closing = closing_brackets(self.tokens)
        self.result = Outline(self.tokens)
        self.namespaces: list[str | None] = []  # None: braces that name nothing
        self.conditionals: list[tuple[int, int, int]] = []  # number, branch, namespace depth
        self.count = 0

    def read(self) -> None:
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.kind == "directive":
                self._directive(token)
                at += 1
            elif token.text == "}":
                if self.namespaces:
                    self.namespaces.pop()
                at += 1
            elif token.text == ";":
                at += 1
            else:
                opened = self._namespace(at)
                at = opened if opened is not None else self._item(at)

    def _directive(self, token: Token) -> None:
        word = directive_word(token)
        if word.startswith("if"):
            self.count += 1
            self.conditionals.append((self.count, 0, len(self.namespaces)))
        elif word.startswith("el") and self.conditionals:
            number, branch, depth = self.conditionals[-1]
            self.conditionals[-1] = (number, branch + 1, depth)
            del self.namespaces[depth:]
        elif word == "endif" and self.conditionals:
            self.conditionals.pop()

    def _namespace(self, at: int) -> int | None:
        """The index behind `namespace x {` or `extern "C" {` if that is what stands here."""
        words = [token.text for token in self.tokens[at : at + 12]]
        start = 1 if words[0] == "inline" else 0
        if words[start : start + 1] == ["namespace"] and "{" in words:
            brace = words.index("{")
            head = self.tokens[at + start + 1 : at + brace]
            if any(token.text in (";", "=", "(") for token in head):
                return None
            names = [token.text for token in head if token.kind == "word"]
            self.namespaces.append("::".join(names))
            return at + brace + 1
        if words[0] == "extern" and words[2:3] == ["{"] and words[1].startswith('"'):
            self.namespaces.append(None)
            return at + 3
        return None

    def _item(self, start: int) -> int:
        """Read the item that begins at index `start`; the index behind it."""
        at, assigned = start, False
        bodies: list[int] = []
        if self._is_macro_use(start):
            end = self.closing[start + 1] + 1
            self._add(start, end, bodies)
            return end
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.text == "{":
                closed = self._closing_brace(at)
                bodies.append(at)
                if closed is None:
                    at = len(self.tokens) - 1
                    break
                if not assigned and self._is_function(start, at):
                    at = closed
                    break
                at = closed + 1
                continue
            if token.text in ("(", "["):
                at = self.closing.get(at, at) + 1
                continue
            if token.text == "<" and self.tokens[at - 1].text == "template":
                at = (matching_angle(self.tokens, at) or at) + 1
                continue
            if token.text in (";", "}"):
                break
            if token.kind == "directive":
                self._directive(token)
            assigned = assigned or token.text == "="
            at += 1
        at = min(at, len(self.tokens) - 1)
        end = at if self.tokens[at].text == "}" and not bodies else at + 1
        self._add(start, max(end, start + 1), bodies)
        return max(end, start + 1)

    def _is_macro_use(self, start: int) -> bool:
        """Whether `NAME(...)` stands alone on its lines: a macro that needs no semicolon."""
        closed = self.closing.get(start + 1)
        if (
            not self.tokens[start].text.isupper()
            or closed is None
            or closed + 1 >= len(self.tokens)
        ):
            return False
        following = self.tokens[closed + 1]
        is_new_line = "\n" in self.text[self.tokens[closed].end : following.start]
        return self.tokens[start + 1].text == "(" and is_new_line and following.kind != "sign"

    def _closing_brace(self, at: int) -> int | None:
        depth = 0
        saved: list[int] = []
        for i in range(at, len(self.tokens)):
            token = self.tokens[i]
            if token.kind == "directive":
                word = directive_word(token)
                if word.startswith("if"):
                    saved.append(depth)
                elif word.startswith("el"):
                    depth = saved[-1] if saved else 0  # 0: the other branch opens it again
                elif word == "endif" and saved:
                    saved.pop()
            elif token.text == "{":
                depth += 1
            elif token.text == "}":
                depth -= 1
                if depth == 0:
                    return i
        return None

    def _is_function(self, start: int, brace: int) -> bool:
        last = self.tokens[brace - 1].text if brace > start else ""
        if last in (")", "try", "override", "final"):
            return True
        head = [token.text for token in self.tokens[start:brace]]
        if ")" not in head:
            return False
        behind = head[len(head) - 1 - head[::-1].index(")") :]
        is_class = any(word in _CLASS_WORDS for word in head)
        return "->" in behind or (not is_class and last in ("const", "noexcept"))

    def _add(self, start: int, end: int, bodies: list[int]) -> None:
        tokens = [t for t in self.tokens[start:end] if t.kind != "directive"]
        if not tokens:
            return
        words = {token.text for token in tokens if token.kind == "word"}
        is_kernel = "__global__" in words
        name = _name_of(tokens)
        self.result.items.append(
            Item(
                self.tokens[start].start,
                self.tokens[end - 1].end,
                name,
                bool(words & _DEVICE_WORDS),
                is_kernel,
                name == "main" and bool(bodies) and not self.namespaces,
            )
        )
        if is_kernel:
            kernel = self._kernel(start, end, bool(bodies))
            if kernel is not None:
                self.result.kernels.append(kernel)

    def _kernel(self, start: int, end: int, is_definition: bool) -> Kernel | None:
        tokens = [t for t in self.tokens[start:end] if t.kind != "directive"]
        at = 0
        template: tuple[Parameter, ...] | None = None
        while tokens[at].text == "template":
            closed = matching_angle(tokens, at + 1) if tokens[at + 1].text == "<" else None
            if closed is None or closed == at + 2:
                return None  # explicit instantiation or specialisation: the template has the twin
            template = tuple(
                template_parameter(part, n)
                for n, part in enumerate(split_at_commas(tokens[at + 2 : closed]))
            )
            at = closed + 1
        opening = _parameter_list(tokens, at)
        if opening is None:
            return None
        closing = matching(tokens, opening)
        assert closing is not None
        parts = split_at_commas(tokens[opening + 1 : closing])
        if len(parts) == 1 and spell(parts[0]) == "void":
            parts = []
        parameters = tuple(function_parameter(part, n) for n, part in enumerate(parts))
        return Kernel(
            tokens[opening - 1].text,
            tuple(n for n in self.namespaces if n is not None),
            template,
            _result_text(tokens[at : opening - 1]),
            parameters,
            tuple(_type_text(part) for part in parts),
            is_definition,
            self.tokens[end - 1].end,
            tuple((number, branch) for number, branch, _ in self.conditionals),
        )


def directive_word(token: Token) -> str:
    """`if`, `define`, `include`, ... of a directive."""
    words = token.text[1:].split(None, 1)
    return words[0] if words else ""


def _name_of(tokens: Sequence[Token]) -> str:
    """What an item defines: the word before its first parameter list, else before `{`, `=`, `;`."""
    at = 0
    while at < len(tokens) - 1 and tokens[at].text == "template" and tokens[at + 1].text == "<":
        at = (matching_angle(tokens, at + 1) or at + 1) + 1
    opening = _parameter_list(tokens, at)
    if opening is not None:
        return tokens[opening - 1].text
    word = ""
    for token in tokens[at:]:
        if token.text in ("{", "=", ";", "["):
            break
        if token.kind == "word":
            word = token.text
    if word in _CLASS_WORDS and tokens[-1].text == ";":
        word = tokens[-2].text  # typedef struct { ... } name;
    return word


def _parameter_list(tokens: Sequence[Token], at: int) -> int | None:
    """The index of the `(` that opens a function's parameters, or None."""
    found = None
    while at < len(tokens):
        token = tokens[at]
        if token.text in ("{", ";", "=", ":"):
            break
        if token.text == "(":
            closed = matching(tokens, at)
            if closed is None:
                return found
            before = tokens[at - 1] if at else token
            if before.kind == "word" and before.text not in _ATTRIBUTES:
                found = at
            at = closed
        elif token.text == "[":
            at = matching(tokens, at) or at
        at += 1
    return found


def _split_default(part: Sequence[Token]) -> tuple[list[Token], str]:
    depth = 0
    for i, token in enumerate(part):
        depth += (token.text in "([{<") - (token.text in ")]}>")
        if token.text == "=" and depth <= 0:
            return list(part[:i]), spell(part[i + 1 :])
    return list(part), ""


def _name_index(part: Sequence[Token]) -> int | None:
    """Where a parameter's name stands, or None where it has none."""
    for i in range(len(part) - 3):  # a pointer to a function or an array: (*name)
        if part[i].text == "(" and part[i + 1].text in ("*", "&") and part[i + 3].text == ")":
            return i + 2
    last = len(part) - 1
    while last >= 0 and part[last].text == "]":
        last = next(i for i in range(last, -1, -1) if part[i].text == "[" or i == 0) - 1
    if last < 1 or part[last].kind != "word" or part[last].text in _NOT_NAMES:
        return None
    if part[last - 1].text == "::" or all(t.text in ("const", "volatile") for t in part[:last]):
        return None
    return last


def function_parameter(part: Sequence[Token], number: int) -> Parameter:
    """A function's parameter; one without a name gets one."""
    tokens, default = _split_default(part)
    at = _name_index(tokens)
    is_pack = any(token.text == "." for token in tokens)
    if at is None:
        name = f"ascendify_p{number}"
        return Parameter(f"{spell_pack(tokens)} {name}", name, default, is_pack)
    return Parameter(spell_pack(tokens), tokens[at].text, default, is_pack)


def template_parameter(part: Sequence[Token], number: int) -> Parameter:
    """A template's parameter; one without a name gets one."""
    tokens, default = _split_default(part)
    is_pack = any(token.text == "." for token in tokens)
    last = tokens[-1]
    if last.text == ")" and (at := _name_index(tokens)) is not None:
        return Parameter(spell_pack(tokens), tokens[at].text, default, is_pack)
    if len(tokens) > 1 and last.kind == "word" and last.text not in _NOT_NAMES:
        if tokens[-2].text != "::":
            return Parameter(spell_pack(tokens), last.text, default, is_pack)
    name = f"ascendify_t{number}"
    return Parameter(f"{spell_pack(tokens)} {name}", name, default, is_pack)


def spell_pack(tokens: Sequence[Token]) -> str:
    """Tokens as text, with `...` in one piece."""
    return spell(tokens).replace(". . .", "...")


_SPECIFIERS = frozenset({"__global__", "__host__", "__device__", "static", "inline", "extern"})


def _result_text(tokens: Sequence[Token]) -> str:
    """A kernel's result type: `void`, or something that becomes it."""
    closing = closing_brackets(tokens)
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        if tokens[at].text in _ATTRIBUTES and at + 1 in closing:
            at = closing[at + 1]
        elif tokens[at].text not in _SPECIFIERS and tokens[at].kind != "text":
            kept.append(tokens[at])
        at += 1
    return spell_pack(kept) or "void"


_RESTRICT = frozenset({"__restrict__", "__restrict", "restrict"})


def _type_text(part: Sequence[Token]) -> str:
    """A parameter's type alone, without what does not tell types of functions apart."""
    tokens, _ = _split_default(part)
    at = _name_index(tokens)
    left_out = set(_RESTRICT)
    if not any(t.text in ("*", "&", "<") for t in tokens):
        left_out.add("const")
    text = spell_pack([t for i, t in enumerate(tokens) if i != at and t.text not in left_out])
    return re.sub(r"\[[^\]]*\]$", "*", text)  # an array is passed as a pointer
