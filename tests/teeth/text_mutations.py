"""Single-point mutations of generated C: each replaces a few characters inside one kernel's body.

What a mutation may touch: expressions, conditions, initial values and the types of scalar
variables and casts. What it may not: records, signatures, the tables at the end, and the frame
that is the same text in every kernel (reading the launch, storage of arrays and lanes, heads of
thread loops); heads of thread loops have a kind of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from c_text import PRECEDENCE, CText

OPERATORS: Mapping[str, tuple[str, ...]] = {
    "+": ("-", "*"), "-": ("+",), "*": ("+",), "/": ("*",), "%": ("/",),
    "&": ("|",), "|": ("&",), "^": ("|",), "<<": (">>",), ">>": ("<<",),
    "&&": ("||",), "||": ("&&",),
    "+=": ("-=", "="), "-=": ("+=",), "*=": ("+=",), "/=": ("*=",), ">>=": ("<<=",), "|=": ("&=",),
}  # fmt: skip
COMPARISONS: Mapping[str, tuple[str, ...]] = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"),
    "==": ("!=",), "!=": ("==",),
}  # fmt: skip
ORDERED = frozenset({"-", "/", "%", "<<", ">>", "<", "<=", ">", ">="})
"""Operators whose operands cannot be exchanged."""
LOOSER = frozenset({"?", *(sign for sign, level in PRECEDENCE.items() if level < PRECEDENCE["+"])})
"""What an addition behind it would not take as a whole."""

NARROWER: Mapping[str, tuple[str, ...]] = {
    "int64_t": ("int8_t",), "uint64_t": ("uint8_t",), "int32_t": ("int8_t",),
    "uint32_t": ("uint8_t",),
    "int16_t": ("int8_t",), "uint16_t": ("uint8_t",), "int8_t": ("uint8_t",),
    "uint8_t": ("int8_t",), "double": ("float",), "float": ("_Float16", "int32_t"),
}  # fmt: skip
"""Types that cannot hold what they stand for. Integers become bytes: what half
of the width cannot hold needs buffers of billions of elements, or rows of tens of thousands."""

FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "exp": ("exp2", "expm1"), "log": ("log2", "log1p"), "sin": ("cos",), "cos": ("sin",),
    "tanh": ("sinh", "atan"), "sqrt": ("cbrt",), "pow": ("atan2",), "fmax": ("fmin",),
    "fmin": ("fmax",), "fabs": ("sqrt",), "rint": ("floor", "round"), "ceil": ("floor", "rint"),
    "floor": ("ceil", "trunc"), "round": ("trunc", "rint"), "log1p": ("log",), "expm1": ("exp",),
}  # fmt: skip
"""Functions of the C library, in double; a suffix `f` is kept."""
OWN_FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "min": ("max",), "max": ("min",), "div": ("rem",), "rem": ("div",), "add": ("mul",),
    "mul": ("add",), "sub": ("add",), "shl": ("shr",), "shr": ("shl",), "abs": ("neg",),
    "atomic_add": ("atomic_exchange", "atomic_max"), "atomic_or": ("atomic_and",),
    "atomic_max": ("atomic_min", "atomic_exchange"),
    "atomic_min": ("atomic_max", "atomic_exchange"),
    "atomic_inc": ("atomic_add",), "shuffle_xor": ("shuffle_up",),
    "shuffle_down": ("shuffle_up",), "shuffle_up": ("shuffle_down",),
    "shuffle_idx": ("shuffle_xor",), "f32_to_i32": ("f32_to_i32_rn",),
    "f32_to_i32_rn": ("f32_to_i32",), "popc": ("clz",), "ffs": ("popc",),
}  # fmt: skip
"""Functions of the support header, without prefix and type."""
OWN = re.compile(r"ascendify_(.+?)((?:_(?:[iuf]\d+|bf16))?)$")
SWAPPED_CALLS = re.compile(r"ascendify_(div|rem|sub|shl|shr)_\w+|powf?|atan2f?|fmodf?|copysignf?")

ANY_THREAD = re.compile(r"any_thread(_\d+)?( = false;)?$")
"""Says whether a loop over threads can be skipped; to run it nevertheless changes nothing."""
FRAME_DIM = re.compile(r"threadIdx_[xyz]")
INTEGER = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)$")
FLOAT = re.compile(r"(\d+\.\d*(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)(f?)$")
ENTRY = re.compile(r'\{"((?:[^"\\]|\\.)*)", ascendify_launch_(\w+)\}')


@dataclass(frozen=True, slots=True)
class TextMutation:
    """`new` in place of the characters [`start`, `end`) of the generated file."""

    kind: str
    kernel: str
    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Statement:
    """Tokens [`first`, `end`): a simple statement with its semicolon, or the head of `word`."""

    word: str
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Kernel:
    """The function that runs a block of `instance`: its statements outside the frame."""

    instance: str
    statements: tuple[Statement, ...]
    thread_loops: tuple[Statement, ...]


Edit = tuple[int, int, str]
"""Tokens [first, end) and the text in their place."""


def text_mutations(text: str) -> list[TextMutation]:
    """Every mutation of generated C that the tables know, in the order of the text."""
    code = CText(text)
    found = [
        TextMutation(kind, kernel.instance, code.tokens[first].start, code.tokens[end - 1].end, new)
        for kernel in kernels(code)
        for kind, mutate in KINDS.items()
        for first, end, new in mutate(code, kernel)
    ]
    return sorted(found, key=lambda m: (m.start, m.end, m.kind, m.new))


# ---------------------------------------------------------------- statements


def kernels(code: CText) -> list[Kernel]:
    """The kernels of a generated file."""
    instances = {function: name for name, function in ENTRY.findall(code.text)}
    found = []
    for at, token in enumerate(code.tokens):
        instance = instances.get(token.text.removesuffix("_block"))
        if instance is None or not token.text.endswith("_block") or code[at - 1] != "void":
            continue
        opening = code.partner[at + 1] + 1
        statements = list(_statements(code, opening))
        heads = tuple(s for s in statements if _is_thread_loop(code, s))
        kept = tuple(s for s in statements if s not in heads and not _is_frame(code, s))
        found.append(Kernel(instance.replace('\\"', '"'), kept, heads))
    return found


def _statements(code: CText, opening: int) -> Iterator[Statement]:
    """The statements between the brace at `opening` and its partner, heads apart from bodies."""
    at = opening + 1
    while at < code.partner[opening]:
        word = code[at]
        if word in ("{", "}", ";", "else", "do"):
            at += 1
        elif word in ("if", "for", "while", "switch"):
            end = code.partner[at + 1] + 1
            yield Statement(word, at, end)
            at = end
        else:
            end = at
            while code[end] != ";":
                end = code.partner[end] + 1 if code[end] in ("(", "[", "{") else end + 1
            yield Statement("", at, end + 1)
            at = end + 1


def _is_thread_loop(code: CText, statement: Statement) -> bool:
    return statement.word == "for" and bool(FRAME_DIM.fullmatch(code[statement.first + 3]))


def _is_frame(code: CText, statement: Statement) -> bool:
    """Whether a statement belongs to the frame: storage and what the launch says."""
    words = [code[i] for i in range(statement.first, statement.end)]
    if statement.word:
        return False
    if "ascendify_lanes" in words or words[:4] == ["const", "uint32_t", "thread", "="]:
        return True
    return "block" in words or (words[0] in code.types and "=" not in words)


def _is_declaration(code: CText, statement: Statement) -> bool:
    return not statement.word and code[statement.first] in code.types


def _expressions(code: CText, kernel: Kernel) -> Iterator[tuple[int, int]]:
    """Ranges of tokens in which operators, constants and calls are looked for."""
    for statement in kernel.statements:
        first = statement.first
        if _is_declaration(code, statement):
            while code[first] != "=":
                first += 1
        yield first + 1 if statement.word else first, statement.end


def _tokens(code: CText, kernel: Kernel) -> Iterator[int]:
    for first, end in _expressions(code, kernel):
        yield from range(first, end)


# ---------------------------------------------------------------- kinds


def operators(code: CText, kernel: Kernel) -> Iterator[Edit]:
    """Another arithmetic, bitwise or logical operator; a sign that is gone."""
    for at in _tokens(code, kernel):
        word = code[at]
        if word in OPERATORS and (word.endswith("=") or code.is_binary(at)):
            yield from ((at, at + 1, new) for new in OPERATORS[word])
        elif word == "-" and not code.is_binary(at):
            yield at, at + 1, "+"


def comparisons(code: CText, kernel: Kernel) -> Iterator[Edit]:
    """Another comparison."""
    for at in _tokens(code, kernel):
        if code[at] in COMPARISONS and code.is_binary(at):
            yield from ((at, at + 1, new) for new in COMPARISONS[code[at]])


def indices(code: CText, kernel: Kernel) -> Iterator[Edit]:
    """A subscript that is off by one."""
    for at in _tokens(code, kernel):
        if code[at] == "[" and code.ends_value(at - 1):
            last = code.partner[at]
            inside = code.source(at + 1, last)
            if any(code.tokens[i].text in LOOSER for i in range(at + 1, last)):
                inside = f"({inside})"
            yield from ((at + 1, last, f"{inside} {sign} 1") for sign in "+-")


def constants(code: CText, kernel: Kernel) -> Iterator[Edit]:
    """Another number."""
    for at in _tokens(code, kernel):
        word = code[at]
        if match := INTEGER.match(word):
            value, suffix = int(match[1], 0), match[2]
            near = (value + 1, value - 1) if value else (1,)
            yield from ((at, at + 1, f"{new}{suffix}") for new in near)
        elif match := FLOAT.match(word):
            near_by = (float(match[1]) * 2, float(match[1]) / 2) if float(match[1]) else (1.0,)
            yield from ((at, at + 1, f"{new!r}{match[2]}") for new in near_by)
        elif word in ("true", "false"):
            yield at, at + 1, "false" if word == "true" else "true"


def guards(code: CText, kernel: Kernel) -> Iterator[Edit]:
    """A condition that is negated or left out."""
    for statement in kernel.statements:
        if statement.word in ("if", "while"):
            opening = statement.first + 1
            inside = code.source(opening + 1, code.partner[opening])
            yield opening + 1, code.partner[opening], f"!({inside})"
            if statement.word == "if" and not ANY_THREAD.match(inside):
                yield opening + 1, code.partner[opening], "true"
    for at in _tokens(code, kernel):
        if code[at] == "?":
            first = code.left_operand(at)
            yield first, at, f"!({code.source(first, at)})"
        elif code[at] in ("&&", "||") and code.is_binary(at):
            yield at, code.right_operand(at), ""
            yield code.left_operand(at), at + 1, ""


def operands(code: CText, kernel: Kernel) -> Iterator[Edit]:
    """Operands that have changed places."""
    for at in _tokens(code, kernel):
        word = code[at]
        if word in ORDERED and code.is_binary(at):
            first, end = code.left_operand(at), code.right_operand(at)
            left, right = _in_brackets(code, first, at), _in_brackets(code, at + 1, end)
            yield first, end, f"{right} {word} {left}"
        elif SWAPPED_CALLS.fullmatch(word) and code[at + 1] == "(":
            arguments = code.arguments(at + 1)
            if len(arguments) == 2:
                left, right = (code.source(*argument) for argument in arguments)
                yield at + 2, code.partner[at + 1], f"{right}, {left}"


def _in_brackets(code: CText, first: int, end: int) -> str:
    text = code.source(first, end)
    return text if end == first + 1 else f"({text})"


def widths(code: CText, kernel: Kernel) -> Iterator[Edit]:
    """A scalar variable or a cast of a type that is too small."""
    for statement in kernel.statements:
        if _is_declaration(code, statement) or statement.word == "for":
            at = statement.first + (2 if statement.word else 0)
            at += code[at] == "const"
            if code[at + 1] not in ("*", "const"):
                yield from ((at, at + 1, new) for new in NARROWER.get(code[at], ()))
    for at in _tokens(code, kernel):
        if code[at] == "(" and code.partner[at] == at + 2 and not code.ends_value(at - 1):
            yield from ((at + 1, at + 2, new) for new in NARROWER.get(code[at + 1], ()))


def functions(code: CText, kernel: Kernel) -> Iterator[Edit]:
    """Another function of the same shape."""
    for at in _tokens(code, kernel):
        if code[at + 1] == "(" and code.tokens[at].kind == "word":
            yield from ((at, at + 1, new) for new in _other_functions(code[at]))


def _other_functions(name: str) -> list[str]:
    if match := OWN.match(name):
        return [f"ascendify_{new}{match[2]}" for new in OWN_FUNCTIONS.get(match[1], ())]
    if name in FUNCTIONS:
        return list(FUNCTIONS[name])
    return [f"{new}f" for new in FUNCTIONS.get(name.removesuffix("f"), ()) if name[-1] == "f"]


def statements(code: CText, kernel: Kernel) -> Iterator[Edit]:
    """A statement that is gone."""
    for statement in kernel.statements:
        text = code.source(statement.first, statement.end)
        if not (statement.word or _is_declaration(code, statement) or ANY_THREAD.match(text)):
            yield statement.first, statement.end, ";"


def thread_loops(code: CText, kernel: Kernel) -> Iterator[Edit]:
    """A loop over threads that leaves out the first or the last one."""
    used = {
        code[at] for statement in kernel.statements for at in range(statement.first, statement.end)
    }
    for head in kernel.thread_loops:
        counter = code[head.first + 3]
        if counter in used:
            at = head.first + 5
            yield at, at + 1, "1"
            yield at + 2, at + 3, f"{counter} + 1"


Mutator = Callable[[CText, Kernel], Iterator[Edit]]
KINDS: Mapping[str, Mutator] = {
    "operator": operators,
    "comparison": comparisons,
    "index": indices,
    "constant": constants,
    "guard": guards,
    "operands": operands,
    "width": widths,
    "function": functions,
    "statement": statements,
    "thread loop": thread_loops,
}
