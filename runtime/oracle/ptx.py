"""Inline PTX as C++: what each instruction is in terms of `ascendify/ptx.h`.

The oracle's own reading of PTX (it shares nothing with the frontend's). A register is a C++
variable of 64 bits, an instruction an assignment to it; guards are `if`s. What has no row raises
`NoMeaning`, and the function that contains the statement is left out of the oracle.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


class NoMeaning(Exception):
    """An instruction that has no translation."""


CPP_TYPES = {
    "pred": "bool",
    "b8": "uint8_t", "u8": "uint8_t", "s8": "int8_t",
    "b16": "uint16_t", "u16": "uint16_t", "s16": "int16_t",
    "b32": "uint32_t", "u32": "uint32_t", "s32": "int32_t",
    "b64": "uint64_t", "u64": "uint64_t", "s64": "int64_t",
    "f16": "__half", "bf16": "__nv_bfloat16", "f32": "float", "f64": "double",
}  # fmt: skip
WIDTHS = {"pred": 1, "bf16": 16, **{t: int(t[1:]) for t in CPP_TYPES if t[1:].isdigit()}}
PACKED = {"f16x2": "f16", "bf16x2": "bf16", "f32x2": "f32"}

_HINTS = frozenset(
    "nc ca cg cs lu cv wb wt weak L1::evict_normal L1::evict_unchanged L1::evict_first "
    "L1::evict_last L1::no_allocate L2::evict_first L2::evict_last L2::evict_normal L2::cache_hint "
    "L2::64B L2::128B L2::256B".split()
)


@dataclass(slots=True)
class Code:
    """One instruction: its opcode's parts and operands as text."""

    parts: list[str]
    operands: list[str]
    statement: Assembly

    @property
    def types(self) -> list[str]:
        return [p for p in self.parts if p in CPP_TYPES or p in PACKED or p == "tf32"]

    @property
    def type(self) -> str:
        if not self.types:
            raise NoMeaning(".".join(self.parts))
        return self.types[-1]

    @property
    def cpp(self) -> str:
        return CPP_TYPES[PACKED.get(self.type, self.type)]

    @property
    def lanes(self) -> int:
        return 2 if self.type in PACKED else 1

    def has(self, *words: str) -> str:
        return next((w for w in words if w in self.parts), "")

    def only(self, allowed: str, start: int = 1) -> None:
        """Refuse modifiers that are neither types nor among these."""
        known = {*allowed.split(), *CPP_TYPES, *PACKED, "tf32"}
        for part in self.parts[start:]:
            if part not in known:
                raise NoMeaning(".".join(self.parts))

    def read(self, operand: str, type_: str = "") -> str:
        return self.statement.read(operand, type_ or PACKED.get(self.type, self.type))

    def write(self, operand: str, value: str, width: int = 0) -> str:
        return self.statement.write(operand, value, width)


@dataclass(slots=True)
class Assembly:
    """One `asm` statement while it is translated."""

    operands: Sequence[tuple[str, str]]
    """(constraint, C++ expression) of `%0`, `%1`, ...; outputs first."""
    scopes: list[dict[str, str]] = field(default_factory=lambda: [{}])
    count: int = 0
    declared: list[str] = field(default_factory=list)
    predicates: set[str] = field(default_factory=set)

    def is_predicate(self, register: str) -> bool:
        return not register.isdigit() and self.name(register) in self.predicates

    def name(self, register: str) -> str:
        if re.fullmatch(r"%\d+", register):
            if int(register[1:]) >= len(self.operands):
                raise NoMeaning(register)
            return f"ascendify_r{register[1:]}"
        for scope in reversed(self.scopes):
            if register in scope:
                return scope[register]
        raise NoMeaning(register)

    def declare(self, register: str, type_: str) -> None:
        self.count += 1
        name = f"ascendify_t{self.count}"
        if type_ == "pred":
            self.predicates.add(name)
        self.scopes[-1][register] = name
        self.declared.append(name)

    def read(self, operand: str, type_: str) -> str:
        """An operand as a word."""
        if operand.startswith("!"):
            return f"static_cast<uint64_t>(!{self.read(operand[1:], 'pred')})"
        if operand.startswith("{"):
            items = split(operand[1:-1])
            width = WIDTHS[type_]
            parts = ", ".join(self.read(i, f"b{width // len(items)}") for i in items)
            return f"ascendify_ptx::join({width}, {parts})"
        number = immediate(operand, type_)
        if number is not None:
            return number
        special = _special(operand)
        return special if special is not None else self.name(operand)

    def constant(self, operand: str) -> int | None:
        return int(operand, 0) if re.fullmatch(r"-?(0x[0-9a-fA-F]+|\d+)", operand) else None

    def write(self, operand: str, value: str, width: int = 0) -> str:
        if operand == "_":
            return f"static_cast<void>({value});"
        if operand.startswith("{"):
            items = split(operand[1:-1])
            part = f"ascendify_ptx::part(ascendify_whole, {width}, {len(items)}"
            parts = " ".join(
                f"{self.name(item)} = {part}, {i});" for i, item in enumerate(items) if item != "_"
            )
            return f"{{ const uint64_t ascendify_whole = {value}; {parts} }}"
        return f"{self.name(operand)} = {value};"


def immediate(operand: str, type_: str) -> str | None:
    """A number as a word with the bits that `type_` gives it."""
    is_float = type_[0] == "f" or type_ == "bf16"
    if re.fullmatch(r"0[fF][0-9a-fA-F]{8}", operand):
        return f"uint64_t{{0x{operand[2:]}u}}"
    if re.fullmatch(r"0[dD][0-9a-fA-F]{16}", operand):
        return f"uint64_t{{0x{operand[2:]}ull}}"
    if re.fullmatch(r"[-+]?(0[xX][0-9a-fA-F]+|\d+)U?", operand):
        number = operand.rstrip("U")
        cpp = CPP_TYPES.get(type_, "uint64_t")
        if is_float:
            return f"ascendify_ptx::bits(static_cast<{cpp}>({number}.0f))"
        return f"static_cast<uint64_t>({number}ll)" if len(number) < 18 else f"{number}ull"
    if re.fullmatch(r"[-+]?\d+\.\d*([eE][-+]?\d+)?", operand):
        cpp = CPP_TYPES[type_] if is_float else "double" if type_ == "b64" else "float"
        return f"ascendify_ptx::bits(static_cast<{cpp}>({operand}))"
    return None


_GEOMETRY = {"tid": "threadIdx", "ntid": "blockDim", "ctaid": "blockIdx", "nctaid": "gridDim"}
_SPECIAL = {
    "laneid": "ascendify_ptx::rank() % 32",
    "warpid": "ascendify_ptx::rank() / 32",
    "lanemask_eq": "uint64_t{1} << ascendify_ptx::rank() % 32",
    "lanemask_lt": "(uint64_t{1} << ascendify_ptx::rank() % 32) - 1",
    "lanemask_le": "(uint64_t{2} << ascendify_ptx::rank() % 32) - 1",
    "lanemask_gt": "0xffffffffull & ~((uint64_t{2} << ascendify_ptx::rank() % 32) - 1)",
    "lanemask_ge": "0xffffffffull & ~((uint64_t{1} << ascendify_ptx::rank() % 32) - 1)",
    "clock": "static_cast<uint32_t>(clock64())",
    "clock64": "static_cast<uint64_t>(clock64())",
    "globaltimer": "static_cast<uint64_t>(clock64())",
    "globaltimer_lo": "static_cast<uint32_t>(clock64())",
}


def _special(operand: str) -> str | None:
    match = re.fullmatch(r"%%?([a-z_][a-z_0-9]*)(?:\.([xyz]))?", operand)
    if match is None:
        return None
    if match[1] in _GEOMETRY and match[2]:
        return f"static_cast<uint64_t>({_GEOMETRY[match[1]]}.{match[2]})"
    if match[1] in _SPECIAL and not match[2]:
        return f"({_SPECIAL[match[1]]})"
    raise NoMeaning(operand)


def split(text: str) -> list[str]:
    """Operands between commas that stand in no bracket."""
    items, depth, current = [], 0, ""
    for char in text:
        depth += (char in "{[(") - (char in "}])")
        if char == "," and depth == 0:
            items.append(current.strip())
            current = ""
        else:
            current += char
    items.append(current.strip())
    return [item for item in items if item]


# ---------------------------------------------------------------- statements


def translate(text: str, operands: Sequence[tuple[str, str]], outputs: int) -> str:
    """The C++ statement for an `asm` with this text. Raises NoMeaning."""
    assembly = Assembly(operands)
    body: list[str] = []
    text = re.sub(r"//[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL).replace("%%", "%")
    for piece in _pieces(text):
        if piece == "{":
            assembly.scopes.append({})
        elif piece == "}":
            if len(assembly.scopes) > 1:
                assembly.scopes.pop()
        elif piece.startswith(".reg"):
            _declare(assembly, piece)
        else:
            body.append(_guarded(assembly, piece))
    head = [f"uint64_t {name} = 0;" for name in assembly.declared]
    tail = []
    for i, (constraint, expression) in enumerate(operands):
        letter = constraint.strip("=+& ")
        is_output = i < outputs
        reads = not is_output or "+" in constraint
        start = f"ascendify_ptx::input({expression})" if reads else "0"
        if letter not in ("r", "l", "h", "f", "d", "n", "b"):
            raise NoMeaning(constraint)
        head.append(f"uint64_t ascendify_r{i} = {start};")
        if is_output:
            tail.append(f"ascendify_ptx::output({expression}, ascendify_r{i});")
    return f"do {{ {' '.join((*head, *body, *tail))} }} while (0)"


def _pieces(text: str) -> list[str]:
    """Statements and braces of scopes; braces of vectors stay inside their statement."""
    pieces: list[str] = []
    current, depth = "", 0
    for char in text:
        if depth == 0 and char in "{}" and not current.strip():
            pieces.append(char)
        elif depth == 0 and (char == ";" or (char == "}" and current.strip())):
            pieces.append(current.strip())
            if char == "}":
                pieces.append(char)
            current = ""
        else:
            depth += (char == "{") - (char == "}")
            current += char
    return [p for p in (*pieces, current.strip()) if p]


def _declare(assembly: Assembly, piece: str) -> None:
    match = re.fullmatch(r"\.reg\s+\.(\w+)\s+(.*)", piece, re.DOTALL)
    if match is None or (match[1] not in CPP_TYPES and match[1] not in PACKED):
        raise NoMeaning(piece)
    for item in match[2].split(","):
        many = re.fullmatch(r"\s*([\w$%]+)\s*<\s*(\d+)\s*>\s*", item)
        if many is None:
            assembly.declare(item.strip(), match[1])
        else:
            for i in range(int(many[2])):
                assembly.declare(f"{many[1]}{i}", match[1])


def _guarded(assembly: Assembly, piece: str) -> str:
    match = re.fullmatch(r"(?:@(!?)\s*([%\w$]+)\s+)?([a-z][\w.:]*)\s*(.*)", piece, re.DOTALL)
    if match is None or match[3].endswith(":"):
        raise NoMeaning(piece)
    operands = split(" ".join(match[4].split()))
    code = Code(match[3].split("."), operands, assembly)
    text = _meaning(code)(code)
    if match[2]:
        return f"if ({match[1]}{assembly.name(match[2])}) {{ {text} }}"
    return text


def _meaning(code: Code) -> Callable[[Code], str]:
    for count in range(len(code.parts), 0, -1):
        found = ROWS.get(".".join(code.parts[:count]))
        if found is not None:
            return found
    raise NoMeaning(".".join(code.parts))


ROWS: dict[str, Callable[[Code], str]] = {}


def row(*names: str) -> Callable[[Callable[[Code], str]], Callable[[Code], str]]:
    def enter(function: Callable[[Code], str]) -> Callable[[Code], str]:
        for name in names:
            ROWS[name] = function
        return function

    return enter
