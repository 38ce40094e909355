"""What a size expression of host code stands for, as far as the text says it.

Names are followed to their initialisers (constants, local variables that are set once), casts are
looked through, functions that only return an expression are put in, and what remains is a name as
it stands: a parameter of the host function, `x.size(0)`, anything that is not understood. A
variable that is set several times has several values: a `Choices` says which one is taken, and
notes that there are others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..ir.launch_shape import Dims
from ..ir.size_expressions import (
    FUNCTIONS,
    OPERATIONS,
    TERNARY,
    UNARY,
    Name,
    Number,
    Size,
    operation,
)
from .host_code import HostCode
from .host_text import (
    POINTER_WORDS,
    SPECIFIERS,
    TYPE_WORDS,
    Declared,
    Tokens,
    angle_end,
    base_type,
    function_parameters,
    skip_bracket,
    split_arguments,
    template_parameters,
    text_of,
)
from .instances import Environment, Substitution
from .items import Item
from .tokens import CHAR, IDENT, NUMBER, Token

MAX_DEPTH = 60
"""How deep expressions may nest, in brackets and through names."""
MAX_OPERANDS = 200
"""How many operands one expression may have."""
MAX_STEPS = 24
"""How many names may be followed one through the other."""

ROUNDED_QUOTIENTS = frozenset(
    "ceil_div div_ceil ceilDiv CeilDiv ceildiv cdiv CEIL_DIV div_up divUp divideUP DivUp DIVUP "
    "ATenCeilDiv div_round_up round_up_div".split()
)
"""Functions of two numbers in headers that are not read: the quotient, rounded up."""
CEILINGS = frozenset(("ceil", "ceilf", "__builtin_ceil"))
_CASTS = frozenset(("static_cast", "reinterpret_cast", "const_cast"))
_FLOATING = frozenset(("float", "double"))
_DIM_TYPES = frozenset(("dim3", "uint3", "int3"))
_ASSIGNING = frozenset(("=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "++", "--", "|=", "&="))
_STATEMENT_START = frozenset((";", "{", "}", ")", "else", ":"))
SIZES_OF = {
    "char": 1, "bool": 1, "int8_t": 1, "uint8_t": 1, "short": 2, "int16_t": 2, "uint16_t": 2,
    "half": 2, "__half": 2, "__nv_bfloat16": 2, "nv_bfloat16": 2, "bfloat16": 2, "half2": 4,
    "__half2": 4, "int": 4, "unsigned": 4, "float": 4, "int32_t": 4, "uint32_t": 4, "float2": 8,
    "int2": 8, "long": 8, "double": 8, "size_t": 8, "int64_t": 8, "uint64_t": 8, "float4": 16,
    "int4": 16, "double2": 16, "uint4": 16, "uint2": 8, "__nv_bfloat162": 4,
}  # fmt: skip
"""Sizes of types that host code takes the `sizeof` of."""


@dataclass(slots=True)
class Choices:
    """Which of several values each ambiguous name has; `open` counts those that were met."""

    picked: dict[str, int] = field(default_factory=dict)
    open: dict[str, int] = field(default_factory=dict)

    def pick(self, name: str, count: int) -> int:
        self.open[name] = count
        return min(self.picked.get(name, 0), count - 1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression stands, and what names mean there beyond the text: `bound` sizes,
    and the template arguments and constants of `environment`. `followed` are the names on the
    way to it; `known` keeps the values of names, which are the same on every way; `touched`
    collects the names that were looked at."""

    item: Item
    position: int
    environment: Environment
    bound: Mapping[str, Size]
    choices: Choices
    touched: set[str]
    followed: tuple[str, ...] = ()
    known: dict[tuple[int, int, str], Size] = field(default_factory=dict)

    def through(self, name: str) -> Place:
        return replace(self, followed=(*self.followed, name))


class HostValues:
    """Sizes and dimensions of host expressions."""

    def __init__(self, code: HostCode) -> None:
        self.code = code
        self.depth = 0
        self._namespaces = {name for item in code.items for name in item.scope}
        self._template_names: dict[int, frozenset[str]] = {}
        self._substitutions: dict[int, Substitution] = {}

    def substituted(self, tokens: Sequence[Token], place: Place) -> Tokens:
        """The tokens with what the environment binds put in."""
        environment = place.environment
        known = self._substitutions.get(id(environment))
        if known is None or known.environment is not environment:
            known = self._substitutions[id(environment)] = Substitution(environment)
        return known.apply(tokens, note=False)

    def is_namespace(self, tokens: Sequence[Token]) -> bool:
        """Whether `a::b` names a namespace of the file."""
        return tokens[-1].text in self._namespaces

    def _is_template_parameter(self, name: str, item: Item) -> bool:
        if id(item) not in self._template_names:
            names = frozenset(p.name for p in template_parameters(item))
            self._template_names[id(item)] = names
        return name in self._template_names[id(item)]

    def size(self, tokens: Sequence[Token], place: Place) -> Size:
        """The value of an expression; a name with its text where it is not understood."""
        reader = _Reader(self, list(tokens), place)
        self.depth += 1
        try:
            if self.depth > MAX_DEPTH:
                return Name(text_of(tokens))
            found = reader.expression(TERNARY)
        except _NotRead:
            return Name(text_of(tokens))
        finally:
            self.depth -= 1
        return found if reader.at == len(tokens) else Name(text_of(tokens))

    # ------------------------------------------------------------ dimensions

    def dims(self, tokens: Sequence[Token], place: Place) -> Dims:
        """The three sizes of a grid or block expression."""
        words = _without_parentheses(tokens)
        if not words:
            return _dims([])
        parts = _constructed(words)
        if parts is not None:
            return self._components(parts, place)
        if len(words) == 1 and words[0].kind == IDENT:
            found = self._variable_dims(words[0].text, place)
            if found is not None:
                return found
        inlined = self._returned(words, place)
        if inlined is not None and _returns_dims(inlined[0]):
            return self.dims(inlined[1], inlined[2])
        return _dims([self.size(words, place)])

    def _components(self, parts: Sequence[Tokens], place: Place) -> Dims:
        if len(parts) == 1 and parts[0]:
            return self.dims(parts[0], place)  # a copy, or one number
        return _dims([self.size(part, place) for part in parts[:3] if part])

    def _variable_dims(self, name: str, place: Place) -> Dims | None:
        """The value of a variable of type `dim3`; None where it is none."""
        declared = self.declared(name, place)
        if declared is None or name in place.followed or len(place.followed) > MAX_STEPS:
            return None
        words = {token.text for token in declared.type}
        init = declared.init
        is_dims = bool(words & _DIM_TYPES)
        if not is_dims and not ("auto" in words and init and _constructed(init) is not None):
            return None
        inner = place.through(name)
        made = _dims([])
        if init:
            parts = _constructed(init) or split_arguments(init)
            made = self._components(parts, inner)
        sizes = list(made)
        tokens = place.item.tokens
        for at, value in self.code.assigned(place.item, name, place.position):
            member = tokens[at - 1].text
            if member in ("x", "y", "z") and tokens[at - 2].text == ".":
                sizes["xyz".index(member)] = self.size(value, inner)
            elif not init and tokens[at - 1].text == name:
                sizes = list(self.dims(value, inner))
        return sizes[0], sizes[1], sizes[2]

    # ------------------------------------------------------------ names

    def declared(self, name: str, place: Place) -> Declared | None:
        """The declaration that a plain name refers to."""
        found = self.code.sight(place.item, place.position).get(name)
        return found if found is not None else self.code.globals.get(name)

    def named(self, name: str, place: Place) -> Size:
        """The value of a plain name."""
        place.touched.add(name)
        if name in place.bound:
            return place.bound[name]
        if name in place.followed or len(place.followed) > MAX_STEPS:
            return Name(name)
        key = id(place.item), place.position, name
        if key not in place.known:
            place.known[key] = self._followed(name, place)
        return place.known[key]

    def _followed(self, name: str, place: Place) -> Size:
        inner = place.through(name)
        bound = place.environment.get(name)
        if bound is not None:
            local = self.code.sight(place.item, place.position).get(name)
            if local is None or self._is_template_parameter(name, place.item):
                return Name(name) if bound.is_type else self.size(bound.tokens, inner)
        values = self._values(name, place)
        if not values:
            return Name(name)
        chosen = values[0]
        if len(values) > 1:
            key = f"{place.item.qualified_name}:{name}"
            chosen = values[place.choices.pick(key, len(values))]
        return self.size(chosen, inner)

    def _values(self, name: str, place: Place) -> list[Tokens]:
        """What a variable may hold: its initialiser, and what is assigned to it. None where it
        changes in a way that is more than an assignment."""
        declared = self.declared(name, place)
        if declared is None or declared.is_type:
            return []
        init = declared.init or []
        if len(init) > 1 and init[0].text == "{" and init[-1].text == "}":
            init = init[1:-1]
        if declared.constant:
            return [init] if init else []
        found = [init] if init else []
        tokens = place.item.tokens
        for i in self.code.identifiers(place.item).get(name, ()):
            if i >= place.position:
                break
            before, after = tokens[i - 1].text, tokens[i + 1].text if i + 1 < len(tokens) else ""
            if before in ("++", "--", "&") or (after in _ASSIGNING and after != "="):
                if before != "&" or tokens[i - 2].text in ("(", ","):
                    return []
            if after == "=" and before in _STATEMENT_START:
                value = next((v for at, v in self.code.assigned(place.item, name, place.position)
                              if at == i + 1), None)  # fmt: skip
                if value is not None:
                    found.append(value)
        if any(name in (t.text for t in value) for value in found):
            return []
        if declared.init is None and not found:
            return []
        return _distinct(found)

    def elements(self, name: str, place: Place) -> list[Tokens]:
        """The initialisers of an array: `int sizes[] = {32, 64}`."""
        declared = self.declared(name, place)
        init = declared.init if declared is not None and declared.init else []
        if len(init) > 1 and init[0].text == "{" and init[-1].text == "}":
            return split_arguments(init[1:-1])
        return []

    # ------------------------------------------------------------ calls

    def _returned(self, tokens: Tokens, place: Place) -> tuple[Item, Tokens, Place] | None:
        """For a call `f(a, b)`: what `f` returns, and where that stands."""
        opening = next((i for i, t in enumerate(tokens) if t.text == "("), -1)
        if opening < 1 or skip_bracket(tokens, opening) != len(tokens):
            return None
        name, template_args = tokens[opening - 1].text, None
        if name == ">":
            start = next((i for i, t in enumerate(tokens) if t.text == "<"), -1)
            if start < 1:
                return None
            name, template_args = tokens[start - 1].text, tokens[start + 1 : opening - 1]
        return self.call(name, template_args, split_arguments(tokens[opening + 1 : -1]), place)

    def call(
        self, name: str, template_args: Tokens | None, arguments: Sequence[Tokens], place: Place
    ) -> tuple[Item, Tokens, Place] | None:
        """The expression that a function of the file returns for these arguments."""
        key = f"{name}()"
        if key in place.followed or len(place.followed) > MAX_STEPS:
            return None
        for item in self.code.functions.get(name, ()):
            returned = _only_return(item)
            formal = function_parameters(item)
            if returned is None or len(arguments) > len(formal):
                continue
            defaults = _default_arguments(item)
            inner = place.through(key)
            bound: dict[str, Size] = {}
            for at, parameter in enumerate(formal):
                if at < len(arguments):
                    bound[parameter.name] = self.size(arguments[at], inner)
                elif at < len(defaults) and defaults[at]:
                    bound[parameter.name] = self.size(defaults[at], inner)
            parameters = template_parameters(item)
            for template, given in zip(
                parameters, split_arguments(template_args or []), strict=False
            ):
                if not template.is_type:
                    bound[template.name] = self.size(given, inner)
            position, tokens = returned
            there = replace(
                inner, item=item, position=position, environment={}, bound=bound, known={}
            )
            return item, tokens, there
        return None


def _dims(sizes: Sequence[Size]) -> Dims:
    x, y, z = (*sizes, Number(1), Number(1), Number(1))[:3]
    return x, y, z


def _distinct(values: Sequence[Tokens]) -> list[Tokens]:
    return list({text_of(value): value for value in values}.values())


def _without_parentheses(tokens: Sequence[Token]) -> Tokens:
    words = list(tokens)
    while len(words) > 2 and words[0].text == "(" and skip_bracket(words, 0) == len(words):
        words = words[1:-1]
    return words


def _constructed(tokens: Sequence[Token]) -> list[Tokens] | None:
    """The parts of `dim3(a, b)`, `dim3{a, b}` and `{a, b}`."""
    words = list(tokens)
    if words and words[0].text in _DIM_TYPES:
        words = words[1:]
        opens = "({"
    else:
        opens = "{"
    if len(words) < 2 or words[0].text not in opens or skip_bracket(words, 0) != len(words):
        return None
    return split_arguments(words[1:-1])


def _returns_dims(item: Item) -> bool:
    end = item.name_index or 0
    return any(token.text in _DIM_TYPES for token in item.tokens[:end])


def _only_return(item: Item) -> tuple[int, Tokens] | None:
    """The one `return` of a function that has no other control flow."""
    if item.body is None or item.attributes & {"__global__"}:
        return None
    start, end = item.body
    tokens = item.tokens
    words = [t.text for t in tokens[start:end]]
    if words.count("return") != 1 or {"if", "for", "while", "switch", "do"} & set(words):
        return None
    at = start + words.index("return")
    stop = at + 1
    while stop < end and tokens[stop].text != ";":
        stop += 1
    return at, tokens[at + 1 : stop]


def _default_arguments(item: Item) -> list[Tokens]:
    if item.parameters is None:
        return []
    start, end = item.parameters
    found: list[Tokens] = []
    for part in split_arguments(item.tokens[start + 1 : end - 1]):
        equals = next((i for i, t in enumerate(part) if t.text == "="), len(part))
        found.append(part[equals + 1 :])
    return found


# ---------------------------------------------------------------- reading expressions


class _NotRead(Exception):
    """The tokens are no expression that sizes are made of."""


class _Reader:
    """Precedence climbing over the tokens of a C++ expression."""

    def __init__(self, values: HostValues, tokens: Tokens, place: Place) -> None:
        self.values = values
        self.tokens = tokens
        self.place = place
        self.at = 0
        self.depth = 0

    def word(self, ahead: int = 0) -> str:
        i = self.at + ahead
        return self.tokens[i].text if i < len(self.tokens) else ""

    def operator(self) -> str:
        """The binary operator here; `>` `>` without space is one."""
        word = self.word()
        if word == ">" and self.word(1) in (">", ">=") and self.tokens[self.at + 1].glued:
            return ">>" if self.word(1) == ">" else ""
        return word

    def expression(self, strength: int) -> Size:
        left = self.operand()
        while True:
            word = self.operator()
            if word == "?" and strength <= TERNARY:
                self.at += 1
                yes = self.expression(TERNARY)
                self.need(":")
                left = operation("?:", left, yes, self.expression(TERNARY))
                continue
            precedence = OPERATIONS[word].precedence if word in OPERATIONS else 0
            if word in FUNCTIONS or precedence < max(strength, 2) or precedence >= UNARY:
                return left
            self.at += 2 if word == ">>" else 1
            left = operation(word, left, self.expression(precedence + 1))

    def need(self, text: str) -> None:
        if self.word() != text:
            raise _NotRead
        self.at += 1

    def operand(self) -> Size:
        self.depth += 1
        if self.at >= len(self.tokens) or self.depth > MAX_OPERANDS:
            raise _NotRead
        token = self.tokens[self.at]
        if token.text == "(":
            return self.parenthesised()
        if token.text in ("-", "+", "!"):
            self.at += 1
            inner = self.expression(UNARY)
            kind = {"-": "negative", "!": "not"}.get(token.text)
            return inner if kind is None else operation(kind, inner)
        if token.kind == NUMBER:
            self.at += 1
            return _number(token.text)
        if token.kind == CHAR:
            raise _NotRead
        if token.text in ("true", "false"):
            self.at += 1
            return Number(int(token.text == "true"))
        if token.kind == IDENT or token.text == "::":
            return self.path()
        raise _NotRead

    def parenthesised(self) -> Size:
        end = skip_bracket(self.tokens, self.at)
        inner = self.tokens[self.at + 1 : end - 1]
        if end < len(self.tokens) and self.is_cast(inner, self.tokens[end]):
            self.at = end
            return self.expression(UNARY)
        start, self.at = self.at, end
        return self.postfix(start, self.values.size(inner, self.place))

    def is_cast(self, inner: Tokens, following: Token) -> bool:
        operand = following.kind in (IDENT, NUMBER) or following.text in ("(", "-")
        base, after, _ = base_type(inner, 0)
        if not operand or not base or any(t.text not in POINTER_WORDS for t in inner[after:]):
            return False
        known = base[-1].text in TYPE_WORDS or base[-1].text in self.values.code.types
        return known or (base[0].text in ("std", "const") and following.text != "-")

    # ------------------------------------------------------------ names and calls

    def path(self) -> Size:
        """`a::b<c>`, then calls, members and subscripts."""
        start = self.at
        template_args: Tokens | None = None
        name = ""
        while True:
            if self.word() == "::":
                self.at += 1
            if self.at >= len(self.tokens) or self.tokens[self.at].kind != IDENT:
                raise _NotRead
            name, template_args = self.word(), None
            self.at += 1
            if self.word() == "<":
                end = angle_end(self.tokens, self.at)
                following = self.tokens[end].text if end < len(self.tokens) else ""
                if end > self.at and following in ("(", "::", "{"):
                    template_args = self.tokens[self.at + 1 : end - 1]
                    self.at = end
            if self.word() != "::":
                break
        owner = self.tokens[start : self.at - 2] if self.at - start > 1 else []
        qualified = bool(owner) and not self.values.is_namespace(owner)
        if name in ("sizeof", "alignof"):
            return self.size_of()
        if name in _CASTS and template_args is not None:
            return self.arguments_of(self.at)[0]
        if self.word() in ("(", "{"):
            found = self.call(name, template_args)
            if found is not None:
                return self.postfix(start, found)
        elif not qualified and template_args is None and self.word() not in (".", "->", "["):
            return self.values.named(name, self.place)
        elif self.word() == "[":
            element = self.element(name)
            if element is not None:
                return element
        elif self.word() == "." and self.word(1) in ("x", "y", "z"):
            component = self.component(name, self.word(1))
            if component is not None:
                return component
        return self.postfix(start, None)

    def postfix(self, start: int, value: Size | None) -> Size:
        """What follows an operand: where anything does, all of it is one unknown name."""
        while self.word() in (".", "->", "[", "(", "::", "{"):
            value = None
            if self.word() in (".", "->", "::"):
                self.at += 1
                if self.word() == "template":
                    self.at += 1
                if self.at >= len(self.tokens) or self.tokens[self.at].kind != IDENT:
                    raise _NotRead
                self.at += 1
                if self.word() == "<":
                    end = angle_end(self.tokens, self.at)
                    following = self.tokens[end].text if end < len(self.tokens) else ""
                    self.at = end if following == "(" else self.at
            else:
                self.at = skip_bracket(self.tokens, self.at)
        if value is not None:
            return value
        words = self.values.substituted(self.tokens[start : self.at], self.place)
        return Name(text_of(words))

    def arguments_of(self, opening: int) -> list[Size]:
        """The arguments in the brackets at `opening`; goes on after them."""
        end = skip_bracket(self.tokens, opening)
        inner = self.tokens[opening + 1 : end - 1]
        self.at = end
        found = [self.values.size(part, self.place) for part in split_arguments(inner)]
        if not found:
            raise _NotRead
        return found

    def call(self, name: str, template_args: Tokens | None) -> Size | None:
        """The value of a call that is understood; the position stays before others."""
        opening = self.at
        end = skip_bracket(self.tokens, opening)
        given = split_arguments(self.tokens[opening + 1 : end - 1])
        if name in ("min", "max") and len(given) >= 2:
            return operation(name, *self.arguments_of(opening))
        if name in TYPE_WORDS and len(given) == 1:
            return self.arguments_of(opening)[0]
        if name in CEILINGS and len(given) == 1:
            return self.ceiling(given[0], opening)
        found = self.values.call(name, template_args, given, self.place)
        if found is not None:
            self.at = end
            return self.values.size(found[1], found[2])
        if name in ROUNDED_QUOTIENTS and len(given) == 2:
            return operation("ceil", *self.arguments_of(opening))
        return None

    def ceiling(self, inner: Tokens, opening: int) -> Size | None:
        """`ceil(a / b)`: the quotient is exact only where one side is a floating-point number."""
        floating = any(t.text in _FLOATING or _is_floating(t) for t in inner)
        quotient = self.values.size(inner, self.place)
        self.at = skip_bracket(self.tokens, opening)
        if floating and not isinstance(quotient, Name | Number) and quotient.kind == "/":
            return operation("ceil", *quotient.operands)
        if floating and not isinstance(quotient, Number):
            self.at = opening
            return None
        if floating:
            return self.exact_ceiling(inner)
        return quotient

    def exact_ceiling(self, inner: Tokens) -> Size:
        """A quotient of constants, which was rounded when it was folded."""
        for i in range(len(inner) - 1, 0, -1):
            if inner[i].text == "/" and skip_outside(inner, i):
                parts = (
                    self.values.size(inner[:i], self.place),
                    self.values.size(inner[i + 1 :], self.place),
                )
                return operation("ceil", *parts)
        return self.values.size(inner, self.place)

    def size_of(self) -> Size:
        start = self.at
        if self.word() != "(":
            raise _NotRead
        end = skip_bracket(self.tokens, start)
        inner = self.values.substituted(self.tokens[start + 1 : end - 1], self.place)
        self.at = end
        words = [t.text for t in inner if t.text not in (*SPECIFIERS, "std", "::", "at", "c10")]
        if words and words[-1] == "*":
            return Number(8)
        known = [SIZES_OF[word] for word in words if word in SIZES_OF]
        if not known or len(known) != len(words):
            return Name(f"sizeof({text_of(inner)})")
        return Number(max(known))

    def element(self, name: str) -> Size | None:
        """`sizes[i]` of an array with an initialiser: one of its values."""
        values = self.values.elements(name, self.place)
        end = skip_bracket(self.tokens, self.at)
        if not values or (end < len(self.tokens) and self.tokens[end].text == "["):
            return None
        index = self.values.size(self.tokens[self.at + 1 : end - 1], self.place)
        self.place.touched.add(name)
        self.at = end
        if isinstance(index, Number) and 0 <= index.value < len(values):
            return self.values.size(values[index.value], self.place)
        key = f"{self.place.item.qualified_name}:{name}[]"
        chosen = values[self.place.choices.pick(key, len(values))]
        return self.values.size(chosen, self.place)

    def component(self, name: str, member: str) -> Size | None:
        """`block.x`."""
        dims = self.values._variable_dims(name, self.place)
        if dims is None or self.word(2) in ("(", "[", "."):
            return None
        self.at += 2
        return dims["xyz".index(member)]


def skip_outside(tokens: Sequence[Token], i: int) -> bool:
    """Whether the token at i stands in no brackets."""
    depth = 0
    for token in tokens[:i]:
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
    return depth == 0


def _is_floating(token: Token) -> bool:
    if token.kind != NUMBER or token.text[:2] in ("0x", "0X"):
        return False
    return "." in token.text or "e" in token.text.lower()


def _number(text: str) -> Size:
    """An integer literal, or a floating-point one without a fraction."""
    plain = text.replace("'", "").lower()
    try:
        if plain.startswith("0x"):
            return Number(int(plain.rstrip("ul"), 16))
        if plain.startswith("0b"):
            return Number(int(plain.rstrip("ul"), 2))
        digits = plain.rstrip("ul")
        if digits.isdigit():
            return Number(int(digits, 8 if len(digits) > 1 and digits[0] == "0" else 10))
        value = float(plain.rstrip("fl"))
    except ValueError:
        raise _NotRead from None
    if value != int(value):
        raise _NotRead
    return Number(int(value))
