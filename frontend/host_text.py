"""Reading host code as tokens, without a grammar: arguments, declarations, parameters.

Host C++ is far more than we parse. The few patterns that launches need (lists of arguments,
simple declarations of variables and aliases, parameters of functions and templates) are read
where they stand; what does not fit them is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .items import Item
from .tokens import IDENT, NUMBER, PUNCT, Token

Tokens = list[Token]
MAX_TEMPLATE_LIST = 100

TYPE_WORDS = frozenset(
    "void bool char short int long float double signed unsigned auto wchar_t size_t half "
    "__half __nv_bfloat16 nv_bfloat16 int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t "
    "uint64_t".split()
)
_LONG_WORDS = frozenset("unsigned signed long short int char double".split())
SPECIFIERS = frozenset(
    "static const constexpr volatile inline extern register thread_local typename struct class "
    "mutable __restrict__ __restrict".split()
)
_NOT_DECLARATIONS = frozenset(
    "return delete new goto else case throw if while for switch do break continue default public "
    "private protected using namespace template operator sizeof try catch".split()
)
POINTER_WORDS = ("*", "&", "const", "__restrict__", "__restrict", "volatile", "&&")
OPENERS = ("(", "[", "{")


@dataclass(frozen=True, slots=True)
class Declared:
    """A name in sight: an alias (`is_type`, its type in `type`), or a variable with type and
    initialiser. `constant` where the value may be used in a template argument."""

    name: str
    type: Tokens
    init: Tokens | None = None
    is_type: bool = False
    constant: bool = False


# ---------------------------------------------------------------- pieces of token lists


def angle_end(tokens: Sequence[Token], i: int) -> int:
    """The index after the `>` for the `<` at i, if that can be a template argument list, else i."""
    depth = 0
    nesting = 0
    for j in range(i, min(len(tokens), i + MAX_TEMPLATE_LIST)):
        text = tokens[j].text
        if text in OPENERS:
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
    return end if after in ("(", "{", "::", ",", ")", ">", "", ";", "*", "&", "...", ":") else i


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
        if text in OPENERS:
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
    """The tokens as text with the least white space: `const float*`, `4*n`, `f(a, b)`."""
    out = ""
    before = ""
    for token in tokens:
        word = token.kind in (IDENT, NUMBER)
        qualifier = token.text in ("const", "volatile") and before in ("*", "&", ">")
        if qualifier or (word and before and (before[-1].isalnum() or before[-1] == "_")):
            out += " "
        before = token.text
        out += before + (" " if before == "," else "")
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
    base, after, constant = base_type(words, i)
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


def base_type(tokens: Sequence[Token], i: int) -> tuple[Tokens, int, bool]:
    """The type specifiers at i without storage words, the index after them, and whether const."""
    base: Tokens = []
    constant = False
    named = False
    while i < len(tokens):
        token = tokens[i]
        text = token.text
        if text in SPECIFIERS:
            constant = constant or text in ("const", "constexpr")
            if text == "const":
                base.append(token)
            i += 1
        elif text in _LONG_WORDS or (text in TYPE_WORDS and not named):
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
    while i < len(tokens) and tokens[i].text in POINTER_WORDS:
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
        i = skip_bracket(tokens, i)
        after = tokens[i].text if i < len(tokens) else ";"
    init: Tokens | None = None
    if after == "=":
        end = initializer_end(tokens, i + 1)
        init = list(tokens[i + 1 : end])
        i = end
    elif after in ("(", "{"):
        end = skip_bracket(tokens, i)
        init = list(tokens[i + 1 : end - 1])
        i = end
    return Declared(name.text, type_, init, constant=constant), i


def skip_bracket(tokens: Sequence[Token], i: int) -> int:
    """The index after the bracket that closes the one at i."""
    depth = 0
    for j in range(i, len(tokens)):
        text = tokens[j].text
        if text in OPENERS:
            depth += 1
        elif text in (")", "]", "}"):
            depth -= 1
            if depth == 0:
                return j + 1
    return len(tokens)


def _statement_end(tokens: Sequence[Token], i: int) -> int:
    while i < len(tokens) and tokens[i].text != ";":
        i = skip_bracket(tokens, i) if tokens[i].text in OPENERS else i + 1
    return i


def initializer_end(tokens: Sequence[Token], i: int) -> int:
    """The index after the expression at i: at `;`, `,` or a closing bracket."""
    while i < len(tokens) and tokens[i].text not in (";", ",", ")", "}", "]"):
        if tokens[i].text in OPENERS:
            i = skip_bracket(tokens, i)
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
    base, i, _ = base_type(tokens, 0)
    type_ = list(base)
    while i < len(tokens) and (tokens[i].text in POINTER_WORDS or tokens[i].text == "..."):
        if tokens[i].text in ("*", "&", "&&", "const"):
            type_.append(tokens[i])
        i += 1
    name = tokens[i].text if i < len(tokens) and tokens[i].kind == IDENT else ""
    i += 1
    while i < len(tokens) and tokens[i].text == "[":
        type_.append(tokens[i]._replace(text="*"))
        i = skip_bracket(tokens, i)
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
    """`is_type` for `typename T`; `pack` for `...`; `type` is what stands before the name."""

    name: str
    is_type: bool
    pack: bool = False
    default: Tokens | None = None
    type: tuple[Token, ...] = ()


def template_parameters(item: Item) -> list[TemplateParameter]:
    """The parameters of the item's innermost template header."""
    if item.template_range is None:
        return []
    start, end = item.template_range
    header = item.tokens[start:end]
    opening = 1
    closing = angle_end(header, opening)
    while opening < closing < len(header) - 1 and header[closing].text == "template":
        opening = closing + 1
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
    pointer = None if is_type else _function_pointer(head)
    if pointer is not None:
        return TemplateParameter(
            pointer.name, False, False, tokens[equals + 1 :] or None, tuple(pointer.type)
        )
    if name in ("typename", "class") or (not is_type and len(head) < 2):
        name = ""
    pack = any(t.text == "..." for t in head)
    type_ = tuple(head[:-1] if name else head)
    return TemplateParameter(name, is_type, pack, tokens[equals + 1 :] or None, type_)
