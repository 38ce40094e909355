"""What can be read off host code without parsing it: declarations in sight, types of arguments.

Host C++ stays text (tokens). This module answers, for a position in a declaration's tokens, which
names are declared around it (parameters, local variables, constants, aliases, parameters of
lambdas), and guesses the type of simple expressions. An answer is None where it is not plain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .brackets import match_brackets
from .items import Item, ItemKind
from .tokens import CHAR, IDENT, NUMBER, PUNCT, STRING, Token

Tokens = list[Token]

_TYPE_WORDS = frozenset(
    "void bool char short int long float double signed unsigned auto wchar_t size_t half "
    "__half __nv_bfloat16 nv_bfloat16 int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t "
    "uint64_t".split()
)
_LONG_WORDS = frozenset("unsigned signed long short int char double".split())
_SPECIFIERS = frozenset(
    "static const constexpr volatile inline extern register thread_local typename struct class "
    "mutable __restrict__ __restrict".split()
)
_NOT_DECLARATIONS = frozenset(
    "return delete new goto else case throw if while for switch do break continue default public "
    "private protected using namespace template operator sizeof try catch".split()
)
_POINTER_WORDS = ("*", "&", "const", "__restrict__", "__restrict", "volatile", "&&")
_OPENERS = ("(", "[", "{")


@dataclass(frozen=True, slots=True)
class Declared:
    """A name in sight: an alias (`is_type`, its type in `type`), or a variable with type and
    initialiser. `constant` where the value may be used in a template argument."""

    name: str
    type: Tokens
    init: Tokens | None = None
    is_type: bool = False
    constant: bool = False


@dataclass(frozen=True, slots=True)
class Lambda:
    """A lambda around a position: its variable's name or "", where its `[` is, its parameters."""

    name: str
    index: int
    parameters: list[Declared]


@dataclass(slots=True)
class Sight:
    """What is declared around a position, the innermost declaration of each name."""

    names: dict[str, Declared] = field(default_factory=dict)
    lambdas: list[Lambda] = field(default_factory=list)


# ---------------------------------------------------------------- pieces of token lists


def angle_end(tokens: Sequence[Token], i: int) -> int:
    """The index after the `>` for the `<` at i, if that can be a template argument list, else i."""
    depth = 0
    nesting = 0
    for j in range(i, len(tokens)):
        text = tokens[j].text
        if text in _OPENERS:
            nesting += 1
        elif text in (")", "]", "}"):
            nesting -= 1
            if nesting < 0:
                return i
        elif nesting == 0:
            if text == "<":
                depth += 1
            elif text == ">":
                depth -= 1
                if depth == 0:
                    return j + 1
            elif text in (";", "&&", "||", "<<<", "=", "?"):
                return i
    return i


def _is_template_list(tokens: Sequence[Token], i: int) -> int:
    """As `angle_end`, and what follows does not continue a comparison."""
    if i == 0 or tokens[i - 1].kind != IDENT:
        return i
    end = angle_end(tokens, i)
    if end == i:
        return i
    after = tokens[end].text if end < len(tokens) else ""
    return end if after in ("(", "{", "::", ",", ")", ">", "", ";", "*", "&", "...") else i


def split_arguments(tokens: Sequence[Token]) -> list[Tokens]:
    """The tokens split at commas outside brackets and template argument lists."""
    if not tokens:
        return []
    parts: list[Tokens] = [[]]
    depth = 0
    skip_until = 0
    for i, token in enumerate(tokens):
        if i < skip_until:
            parts[-1].append(token)
            continue
        text = token.text if token.kind == PUNCT else ""
        if text in _OPENERS:
            depth += 1
        elif text in (")", "]", "}"):
            depth -= 1
        elif text == "<" and depth == 0:
            skip_until = _is_template_list(tokens, i)
        if text == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def text_of(tokens: Sequence[Token]) -> str:
    """The tokens as readable text."""
    out = ""
    for token in tokens:
        word = token.kind == IDENT or token.kind == NUMBER
        if out and word and (out[-1].isalnum() or out[-1] in "_*&>"):
            out += " "
        out += token.text + (" " if token.text == "," else "")
    return out.strip()


# ---------------------------------------------------------------- declarations


def declarations_at(tokens: Sequence[Token], i: int) -> tuple[list[Declared], int]:
    """The variables or the alias that the statement at i declares, and the index after it; no
    declarations and i where it is something else."""
    words = tokens
    first = words[i].text if i < len(words) else ""
    if first == "using" and i + 2 < len(words) and words[i + 2].text == "=":
        end = _statement_end(words, i)
        alias = Declared(words[i + 1].text, list(words[i + 3 : end]), is_type=True)
        return [alias], end + 1
    if first == "typedef":
        end = _statement_end(words, i)
        if end - i < 3 or words[end - 1].kind != IDENT:
            return [], i
        named = Declared(words[end - 1].text, list(words[i + 1 : end - 1]), is_type=True)
        return [named], end + 1
    if i >= len(words) or words[i].kind != IDENT or first in _NOT_DECLARATIONS:
        return [], i
    base, after, constant = _base_type(words, i)
    if not base:
        return [], i
    found: list[Declared] = []
    while True:
        declared, after = _declarator(words, after, base, constant)
        if declared is None:
            return found, after if found else i
        found.append(declared)
        if after < len(words) and words[after].text == ",":
            after += 1
            continue
        return found, after


def _base_type(tokens: Sequence[Token], i: int) -> tuple[Tokens, int, bool]:
    """The type specifiers at i without storage words, the index after them, and whether const."""
    base: Tokens = []
    constant = False
    named = False
    while i < len(tokens):
        token = tokens[i]
        text = token.text
        if text in _SPECIFIERS:
            constant = constant or text in ("const", "constexpr")
            if text == "const":
                base.append(token)
            i += 1
        elif text in _LONG_WORDS or (text in _TYPE_WORDS and not named):
            base.append(token)
            named = True
            i += 1
        elif text == "::" and (not named or tokens[i - 1].kind == IDENT):
            base.append(token)
            named = False
            i += 1
        elif token.kind == IDENT and not named:
            base.append(token)
            named = True
            i += 1
            if i < len(tokens) and tokens[i].text == "<":
                end = angle_end(tokens, i)
                if end == i:
                    return [], i, False
                base += tokens[i:end]
                i = end
        elif text == "::" and tokens[i - 1].text == ">":
            base.append(token)
            named = False
            i += 1
        else:
            break
    return (base, i, constant) if named else ([], i, False)


def _declarator(
    tokens: Sequence[Token], i: int, base: Tokens, constant: bool
) -> tuple[Declared | None, int]:
    type_ = list(base)
    while i < len(tokens) and tokens[i].text in _POINTER_WORDS:
        if tokens[i].text in ("*", "&", "const"):
            type_.append(tokens[i])
        constant = constant and tokens[i].text != "*"
        i += 1
    if i >= len(tokens) or tokens[i].kind != IDENT or tokens[i].text in _NOT_DECLARATIONS:
        return None, i
    name = tokens[i]
    i += 1
    after = tokens[i].text if i < len(tokens) else ";"
    if after not in ("=", ";", "(", "{", "[", ",", ":"):
        return None, i
    while after == "[":
        type_.append(name._replace(kind=PUNCT, text="*"))
        i = _skip(tokens, i)
        after = tokens[i].text if i < len(tokens) else ";"
    init: Tokens | None = None
    if after == "=":
        end = _initializer_end(tokens, i + 1)
        init = list(tokens[i + 1 : end])
        i = end
    elif after in ("(", "{"):
        end = _skip(tokens, i)
        init = list(tokens[i + 1 : end - 1])
        i = end
    return Declared(name.text, type_, init, constant=constant), i


def _skip(tokens: Sequence[Token], i: int) -> int:
    """The index after the bracket that closes the one at i."""
    depth = 0
    for j in range(i, len(tokens)):
        text = tokens[j].text
        if text in _OPENERS:
            depth += 1
        elif text in (")", "]", "}"):
            depth -= 1
            if depth == 0:
                return j + 1
    return len(tokens)


def _statement_end(tokens: Sequence[Token], i: int) -> int:
    while i < len(tokens) and tokens[i].text != ";":
        i = _skip(tokens, i) if tokens[i].text in _OPENERS else i + 1
    return i


def _initializer_end(tokens: Sequence[Token], i: int) -> int:
    while i < len(tokens) and tokens[i].text not in (";", ",", ")"):
        if tokens[i].text in _OPENERS:
            i = _skip(tokens, i)
        elif tokens[i].text == "<":
            i = max(i + 1, _is_template_list(tokens, i))
        else:
            i += 1
    return i


def parameter(tokens: Sequence[Token]) -> Declared:
    """A function's parameter; the name is "" where it has none."""
    default = next((i for i, t in enumerate(tokens) if t.text == "="), len(tokens))
    tokens = tokens[:default]
    pointer = _function_pointer(tokens)
    if pointer is not None:
        return pointer
    base, i, _ = _base_type(tokens, 0)
    type_ = list(base)
    while i < len(tokens) and (tokens[i].text in _POINTER_WORDS or tokens[i].text == "..."):
        if tokens[i].text in ("*", "&", "&&", "const"):
            type_.append(tokens[i])
        i += 1
    name = tokens[i].text if i < len(tokens) and tokens[i].kind == IDENT else ""
    i += 1
    while i < len(tokens) and tokens[i].text == "[":
        type_.append(tokens[i]._replace(text="*"))
        i = _skip(tokens, i)
    return Declared(name, type_ or list(tokens), constant=False)


def _function_pointer(tokens: Sequence[Token]) -> Declared | None:
    """`void (*name)(int)`."""
    for i, token in enumerate(tokens[:-2]):
        if token.text == "(" and tokens[i + 1].text in ("*", "&") and tokens[i + 2].kind == IDENT:
            type_ = [*tokens[: i + 2], *tokens[i + 3 :]]
            return Declared(tokens[i + 2].text, type_)
    return None


def function_parameters(item: Item) -> list[Declared]:
    """The parameters of a function's declaration."""
    if item.parameters is None:
        return []
    start, end = item.parameters
    inner = item.tokens[start + 1 : end - 1]
    if len(inner) == 1 and inner[0].text == "void":
        return []
    return [parameter(p) for p in split_arguments(inner) if p]


@dataclass(frozen=True, slots=True)
class TemplateParameter:
    """`is_type` for `typename T`; `pack` for `...`."""

    name: str
    is_type: bool
    pack: bool = False
    default: Tokens | None = None


def template_parameters(item: Item) -> list[TemplateParameter]:
    """The parameters of the item's innermost template header."""
    if item.template_range is None:
        return []
    start, end = item.template_range
    header = item.tokens[start:end]
    opening = max((i for i, t in enumerate(header) if t.text == "template"), default=0) + 1
    closing = angle_end(header, opening)
    if closing == opening:  # defaults with operators: take all of it
        closing = len(header)
    return [_template_parameter(p) for p in _split_template(header[opening + 1 : closing - 1])]


def _split_template(tokens: Sequence[Token]) -> list[Tokens]:
    parts: list[Tokens] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text in ("(", "[", "{", "<")) - (token.text in (")", "]", "}", ">"))
        if token.text == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return [p for p in parts if p]


def _template_parameter(tokens: Tokens) -> TemplateParameter:
    equals = next((i for i, t in enumerate(tokens) if t.text == "="), len(tokens))
    head = tokens[:equals]
    is_type = bool(head) and (head[0].text in ("typename", "class") and len(head) <= 3)
    is_type = is_type or (bool(head) and head[0].text == "template")
    name = head[-1].text if head and head[-1].kind == IDENT else ""
    if name in ("typename", "class") or (not is_type and len(head) < 2):
        name = ""
    pack = any(t.text == "..." for t in head)
    return TemplateParameter(name, is_type, pack, tokens[equals + 1 :] or None)


# ---------------------------------------------------------------- names in sight


class HostCode:
    """The declarations of a file, by what host code needs to know about them."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.kernels: dict[str, list[Item]] = {}
        self.functions: dict[str, list[Item]] = {}
        self.globals: dict[str, Declared] = {}
        self.types: set[str] = set()
        self.classes: dict[str, Item] = {}
        self._members: dict[str, dict[str, Tokens]] = {}
        self._matches: dict[int, list[int]] = {}
        for item in items:
            self._add(item)

    def _add(self, item: Item) -> None:
        if item.kind is ItemKind.FUNCTION and "__global__" in item.attributes:
            self.kernels.setdefault(item.name, []).append(item)
        elif item.kind is ItemKind.FUNCTION:
            self.functions.setdefault(item.name, []).append(item)
        elif item.kind is ItemKind.VARIABLE:
            found, _ = declarations_at(item.tokens, 0)
            self.globals.update((d.name, d) for d in found)
        elif item.kind in (ItemKind.CLASS, ItemKind.TYPEDEF, ItemKind.ENUM):
            self.types.update(item.names)
            if item.kind is ItemKind.CLASS and item.body is not None and not item.template:
                self.classes.update((name, item) for name in item.names)

    def match(self, item: Item) -> list[int]:
        """Partners of the item's brackets."""
        if id(item) not in self._matches:
            self._matches[id(item)] = match_brackets(item.tokens)
        return self._matches[id(item)]

    def sight(self, item: Item, position: int) -> Sight:
        """What is declared around `position` in the item."""
        sight = Sight()
        for declared in function_parameters(item):
            sight.names[declared.name] = declared
        tokens, match = item.tokens, self.match(item)
        i = item.body[0] if item.body else 0
        statement = True
        while i < position:
            if statement:
                found, _ = declarations_at(tokens, i)
                for declared in found:
                    sight.names[declared.name] = declared
            text = tokens[i].text
            statement = text in (";", "{", "}") or (
                text == "(" and i > 0 and tokens[i - 1].text in ("for", "if")
            )
            if text == "{" and match[i] < position and match[i] > i:
                i = match[i]
                statement = True
            elif text == "{":
                self._enter_lambda(tokens, match, i, sight)
            i += 1
        return sight

    def _enter_lambda(
        self, tokens: Sequence[Token], match: list[int], brace: int, sight: Sight
    ) -> None:
        """Note the lambda whose body starts at `brace`, if it is one."""
        j = brace - 1
        while j > 0 and tokens[j].text in ("mutable", "noexcept", "constexpr"):
            j -= 1
        parameters: list[Declared] = []
        if tokens[j].text == ")" and match[j] > 0:
            opening = match[j]
            inner = list(tokens[opening + 1 : j])
            parameters = [parameter(p) for p in split_arguments(inner) if p]
            j = opening - 1
        if j < 0 or tokens[j].text != "]" or match[j] < 0:
            return
        start = match[j]
        if start > 0 and (tokens[start - 1].kind == IDENT or tokens[start - 1].text in ")]"):
            return
        name = ""
        if start > 1 and tokens[start - 1].text == "=":
            name = tokens[start - 2].text
        sight.lambdas.append(Lambda(name, start, parameters))
        for declared in parameters:
            sight.names[declared.name] = declared

    def calls(self, item: Item, name: str) -> Iterator[tuple[int, Tokens | None, list[Tokens]]]:
        """Calls `name(...)` and `name<...>(...)`: position, template arguments, arguments."""
        tokens, match = item.tokens, self.match(item)
        start = item.body[0] if item.body else 0
        for i in range(start, len(tokens)):
            if tokens[i].text != name or tokens[i].kind != IDENT:
                continue
            if i > 0 and tokens[i - 1].text in (".", "->"):
                continue
            j = i + 1
            template: Tokens | None = None
            if j < len(tokens) and tokens[j].text == "<":
                j = angle_end(tokens, j)
                template = tokens[i + 2 : j - 1]
            if j < len(tokens) and tokens[j].text == "(" and j > i and match[j] > j:
                yield i, template, split_arguments(tokens[j + 1 : match[j]])

    # ------------------------------------------------------------ types of expressions

    def type_of(self, tokens: Sequence[Token], sight: Sight, depth: int = 0) -> Tokens | None:
        """The type of a plain expression, as it is written where it comes from."""
        expression = list(tokens)
        while (
            len(expression) > 2
            and expression[0].text == "("
            and _skip(expression, 0) == len(expression)
        ):
            expression = expression[1:-1]
        if not expression or depth > 8:
            return None
        for rule in (self._operator_type, self._prefix_type, self._primary_type):
            found = rule(expression, sight, depth + 1)
            if found is not None:
                return found
        return None

    def _operator_type(self, tokens: Tokens, sight: Sight, depth: int) -> Tokens | None:
        """`a + b`, `a * b` and so on, at the loosest operator."""
        for operators in (("+", "-"), ("*", "/", "%")):
            for i in range(len(tokens) - 1, 0, -1):
                if tokens[i].text not in operators or not _is_binary(tokens, i):
                    continue
                left = self.type_of(tokens[:i], sight, depth)
                right = self.type_of(tokens[i + 1 :], sight, depth)
                return _common_type(left, right)
        return None

    def _prefix_type(self, tokens: Tokens, sight: Sight, depth: int) -> Tokens | None:
        first = tokens[0]
        if first.text == "&":
            inner = self.type_of(tokens[1:], sight, depth)
            return None if inner is None else [*inner, first._replace(text="*")]
        if first.text == "*":
            return _pointee(self.type_of(tokens[1:], sight, depth))
        if first.text in ("-", "+"):
            return self.type_of(tokens[1:], sight, depth)
        if first.text == "(":
            end = _skip(tokens, 0)
            inner = tokens[1 : end - 1]
            if end < len(tokens) and self._is_type(inner, tokens[end]):
                return inner
        if first.text in ("static_cast", "reinterpret_cast", "const_cast") and len(tokens) > 2:
            end = angle_end(tokens, 1)
            return tokens[2 : end - 1] if end > 1 else None
        return None

    def _is_type(self, tokens: Tokens, following: Token) -> bool:
        """Whether `(tokens) following` is a cast."""
        base, after, _ = _base_type(tokens, 0)
        if not base or any(t.text not in _POINTER_WORDS for t in tokens[after:]):
            return False
        named = base[-1].text in _TYPE_WORDS or base[-1].text in self.types
        operand = following.kind in (IDENT, NUMBER) or following.text in ("(", "&")
        return (after < len(tokens) or named) and operand

    def _primary_type(self, tokens: Tokens, sight: Sight, depth: int) -> Tokens | None:
        first = tokens[0]
        if len(tokens) == 1:
            if first.kind in (NUMBER, CHAR, STRING):
                return _literal_type(first)
            if first.text in ("true", "false"):
                return [first._replace(text="bool")]
            return self._name_type(first.text, sight, depth)
        if tokens[-1].text == "]" and first.kind == IDENT and tokens[1].text == "[":
            if _skip(tokens, 1) == len(tokens):
                return _pointee(self._name_type(first.text, sight, depth))
            return None
        if tokens[-2].text in (".", "->") and tokens[-1].kind == IDENT:
            return self._member_type(tokens[-1].text, self.type_of(tokens[:-2], sight, depth))
        return self._call_type(tokens, sight)

    def _member_type(self, member: str, owner: Tokens | None) -> Tokens | None:
        """The type of a data member of a class that the file defines."""
        words = [t.text for t in owner or [] if t.text in self.classes]
        if not words:
            return None
        item = self.classes[words[-1]]
        if words[-1] not in self._members:
            self._members[words[-1]] = _data_members(item)
        return self._members[words[-1]].get(member)

    def _name_type(self, name: str, sight: Sight, depth: int) -> Tokens | None:
        declared = sight.names.get(name) or self.globals.get(name)
        if declared is None or declared.is_type:
            return None
        if any(t.text == "auto" for t in declared.type):
            return self.type_of(declared.init, sight, depth) if declared.init else None
        return declared.type

    def _call_type(self, tokens: Tokens, sight: Sight) -> Tokens | None:
        """`T{...}`, `T(...)`, `f(...)`, `x.data_ptr<T>()`."""
        data = next((i for i, t in enumerate(tokens) if t.text == "data_ptr"), None)
        if data is not None and data + 1 < len(tokens) and tokens[data + 1].text == "<":
            end = angle_end(tokens, data + 1)
            star = tokens[data]._replace(kind=PUNCT, text="*")
            return [*tokens[data + 2 : end - 1], star]
        base, after, _ = _base_type(tokens, 0)
        if not base or after >= len(tokens) or _skip(tokens, after) != len(tokens):
            return None
        if tokens[after].text == "{":
            return base
        if tokens[after].text != "(":
            return None
        name = base[-1].text
        if name in self.functions:
            return return_type(self.functions[name][0])
        return base if name in self.types or name in _TYPE_WORDS or name == ">" else None


def _data_members(item: Item) -> dict[str, Tokens]:
    """Types of a class's data members."""
    members: dict[str, Tokens] = {}
    if item.body is None:
        return members
    tokens = item.tokens[: item.body[1] - 1]
    i = item.body[0] + 1
    while i < len(tokens):
        found, _ = declarations_at(tokens, i)
        members.update((d.name, d.type) for d in found if not d.is_type)
        while i < len(tokens) and tokens[i].text not in (";", "{", ":"):
            i = _skip(tokens, i) if tokens[i].text == "(" else i + 1
        i = _skip(tokens, i) if i < len(tokens) and tokens[i].text == "{" else i + 1
    return members


def return_type(item: Item) -> Tokens | None:
    """The type in front of a function's name; None where it depends on template parameters."""
    if item.name_index is None or item.template:
        return None
    start = item.template_range[1] if item.template_range else 0
    end = item.name_index - 2 * len(item.qualifier)
    while start < end and item.tokens[start].text in (*_SPECIFIERS, "__host__", "__device__"):
        start += 1
    base, after, _ = _base_type(item.tokens[:end], start)
    if not base or any(t.text == "auto" for t in base):
        return None
    return [*base, *(t for t in item.tokens[after:end] if t.text in _POINTER_WORDS)]


def _is_binary(tokens: Tokens, i: int) -> bool:
    """Whether the operator at i has a left operand and is outside brackets."""
    depth = 0
    for token in tokens[:i]:
        depth += (token.text in _OPENERS) - (token.text in (")", "]", "}"))
    before = tokens[i - 1]
    if depth != 0 or (before.kind == PUNCT and before.text not in (")", "]")):
        return False
    angles = sum((t.text == "<") - (t.text == ">") for t in tokens[:i])
    if before.text == ")" and tokens[i].text in ("*", "-", "+", "&"):  # maybe a cast: `(T)*p`
        opening = next((j for j in range(i - 1) if _skip(tokens, j) == i), -1)
        inner = tokens[opening + 1 : i - 1]
        if inner and inner[-1].text in ("*", *_TYPE_WORDS):
            return False
    return angles == 0


def _pointee(type_: Tokens | None) -> Tokens | None:
    if type_ is None:
        return None
    trimmed = list(type_)
    while trimmed and trimmed[-1].text in ("const", "&", "&&"):
        trimmed.pop()
    return trimmed[:-1] if trimmed and trimmed[-1].text == "*" else None


_RANKS = ("bool", "char", "short", "int", "unsigned", "long", "size_t", "float", "double")


def _rank(type_: Tokens) -> int:
    return max((_RANKS.index(t.text) for t in type_ if t.text in _RANKS), default=-1)


def _common_type(left: Tokens | None, right: Tokens | None) -> Tokens | None:
    """The type of an arithmetic operation, or of pointer arithmetic."""
    for type_ in (left, right):
        if type_ and type_[-1].text == "*":
            return type_
    if not left or not right:
        return None
    if [t.text for t in left] == [t.text for t in right]:
        return left
    if _rank(left) < 0 or _rank(right) < 0:
        return None
    return left if _rank(left) >= _rank(right) else right


def _literal_type(token: Token) -> Tokens | None:
    text = token.text.lower()
    if token.kind == CHAR:
        return [token._replace(kind=IDENT, text="char")]
    if token.kind == STRING:
        return None
    hexadecimal = text.startswith("0x")
    if not hexadecimal and ("." in text or "e" in text):
        return [token._replace(kind=IDENT, text="float" if text[-1] == "f" else "double")]
    suffix = text.lstrip("0123456789abcdefx'.") if hexadecimal else text.lstrip("0123456789'")
    words = ["unsigned"] if "u" in suffix else []
    words += ["long"] * suffix.count("l") or (["int"])
    return [token._replace(kind=IDENT, text=w) for w in words]
