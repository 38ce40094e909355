"""The form of the table of PTX instructions: a row per instruction, found by its opcode.

An opcode is a name, then modifiers and types in any order (`ld.global.nc.v2.f32`). A row says
which of them there are; whatever it does not name is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..ir.dtypes import BF16, F16, F32, F64, I1, I8, I16, I32, I64, U8, U16, U32, U64, Scalar
from .ptx_state import Ptx
from .ptx_text import Instruction, Operand

TYPES: Mapping[str, tuple[Scalar, int]] = {
    "pred": (I1, 1),
    "b8": (U8, 1), "u8": (U8, 1), "s8": (I8, 1),
    "b16": (U16, 1), "u16": (U16, 1), "s16": (I16, 1),
    "b32": (U32, 1), "u32": (U32, 1), "s32": (I32, 1),
    "b64": (U64, 1), "u64": (U64, 1), "s64": (I64, 1),
    "f16": (F16, 1), "bf16": (BF16, 1), "f32": (F32, 1), "f64": (F64, 1),
    "f16x2": (F16, 2), "bf16x2": (BF16, 2), "f32x2": (F32, 2),
    "tf32": (U32, 1), "e4m3": (U8, 1), "e5m2": (U8, 1), "e4m3x2": (U8, 2), "e5m2x2": (U8, 2),
}  # fmt: skip
"""Types of PTX: the scalar, and how many of them a register packs."""

WORDS = "b8 u8 s8 b16 u16 s16 b32 u32 s32 b64 u64 s64"
INTEGERS = "u16 s16 u32 s32 u64 s64"
FLOATS = "f16 bf16 f16x2 bf16x2 f32 f64 f32x2"


@dataclass(frozen=True, slots=True)
class Decoded:
    """An instruction with its opcode taken apart."""

    name: str
    modifiers: frozenset[str]
    types: tuple[str, ...]
    operands: tuple[Operand, ...]

    @property
    def type(self) -> Scalar:
        """The scalar of the last type."""
        return TYPES[self.types[-1]][0]

    @property
    def lanes(self) -> int:
        """How many values a register of the last type packs."""
        return TYPES[self.types[-1]][1]

    def one_of(self, choices: str) -> str:
        """The modifier of these that is there, or nothing."""
        return next((word for word in choices.split() if word in self.modifiers), "")


Build = Callable[[Ptx, Decoded], None]


@dataclass(frozen=True, slots=True)
class Row:
    """An instruction: what its opcode may say, how many operands it has, what it becomes."""

    name: str
    modifiers: frozenset[str]
    types: frozenset[str]
    operands: tuple[int, int]
    build: Build


@dataclass(slots=True)
class Table:
    """Rows by name; names may have several parts (`cp.async.commit_group`)."""

    rows: dict[str, Row] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    """Instructions that are known and have no translation, by their first parts: what they are."""

    def row(
        self, names: str, operands: str, types: str = "", modifiers: str = ""
    ) -> Callable[[Build], Build]:
        """Enter a function for some instructions; `operands`: a count or a range `2-4`."""
        least, _, most = operands.partition("-")
        counts = int(least), int(most or least)

        def enter(build: Build) -> Build:
            for name in names.split():
                self.rows[name] = Row(
                    name, frozenset(modifiers.split()), frozenset(types.split()), counts, build
                )
            return build

        return enter

    def decode(self, ptx: Ptx, instruction: Instruction) -> tuple[Row, Decoded]:
        """The row of an instruction. Raises CompileError where there is none."""
        opcode = instruction.opcode
        for known, what in self.refused.items():
            if opcode == known or opcode.startswith((f"{known}.", f"{known}::")):
                raise ptx.fail(f"inline PTX '{opcode}' ({what}) is not supported", HELP)
        row = self._row(opcode)
        if row is None:
            raise ptx.fail(f"inline PTX '{opcode}' is not supported", HELP)
        rest = opcode[len(row.name) :].removeprefix(".")
        modifiers: set[str] = set()
        types: list[str] = []
        for part in rest.split(".") if rest else ():
            if part in row.types:
                types.append(part)
            elif part in row.modifiers:
                modifiers.add(part)
            else:
                raise ptx.fail(f"inline PTX: '.{part}' of '{opcode}' is not supported", HELP)
        given, (least, most) = len(instruction.operands), row.operands
        if not least <= given <= most or (row.types and not types):
            raise ptx.fail(f"inline PTX: '{opcode}' with {given} operands is not supported", HELP)
        return row, Decoded(row.name, frozenset(modifiers), tuple(types), instruction.operands)

    def _row(self, opcode: str) -> Row | None:
        parts = opcode.split(".")
        for count in range(len(parts), 0, -1):
            row = self.rows.get(".".join(parts[:count]))
            if row is not None:
                return row
        return None


HELP = "write it in CUDA C++, or with an intrinsic function"
