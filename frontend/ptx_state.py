"""What instructions of inline PTX work on: registers as IR values, addresses, guards.

A PTX register is bits of some width. Here it is the value last written to it, of whatever type,
and seen as another type of that width where an instruction wants one. So a pointer that comes in
as `"l"(p)` stays a pointer up to the load.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..ir.diagnostics import error
from ..ir.dtypes import F16, I1, U8, U16, U32, U64, MemoryType, Pointer, Scalar, Space
from ..ir.nodes import Value
from ..ir.source import Span
from .memory import cast_pointer
from .ptx_text import Address, Immediate, Operand, Register, Vector
from .state import Body

WORDS = {1: I1, 8: U8, 16: U16, 32: U32, 64: U64}
"""The plain type of each width."""


@dataclass(eq=False, slots=True)
class Ptx:
    """The state of one `asm` statement."""

    fn: Body
    registers: dict[str, Value] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)
    """Bits of declared registers and of operands."""
    constants: dict[str, int] = field(default_factory=dict)
    """Operands of constraint `n`."""
    scopes: list[dict[str, str]] = field(default_factory=list)
    """Names declared in braces, and what each is called in `registers`."""
    span: Span = field(default_factory=lambda: Span("", 0, 0, 0, 0))
    """Of the current instruction."""
    count: int = 0

    # Names

    def declare(self, name: str, bits: int) -> None:
        self.count += 1
        key = f"{name}#{self.count}"
        self.widths[key] = bits
        (self.scopes[-1] if self.scopes else self._outermost())[name] = key

    def _outermost(self) -> dict[str, str]:
        self.scopes.append({})
        return self.scopes[0]

    def key(self, name: str) -> str:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return name

    def fail(self, message: str, help_: str = "") -> Exception:
        return error("ASC0430", message, self.span, help=help_)

    # Values

    def width(self, operand: Operand) -> int:
        """The bits of a register."""
        assert isinstance(operand, Register)
        key = self.key(operand.name)
        if key not in self.widths:
            raise self.fail(f"inline PTX: '{operand.name}' is not declared")
        return self.widths[key]

    def raw(self, operand: Operand) -> Value:
        """A register's value as it is."""
        if not isinstance(operand, Register):
            raise self.fail("inline PTX: a register should stand here")
        key = self.key(operand.name)
        if key in self.constants:
            return self.fn.b.const(self.constants[key], U64)
        if key not in self.registers:
            bits = self.width(operand)
            return self.fn.b.const(False if bits == 1 else 0, WORDS[bits])
        return self.registers[key]

    def constant(self, operand: Operand) -> int | None:
        """The integer that an operand is known to be."""
        if isinstance(operand, Immediate) and isinstance(operand.value, int):
            return operand.value
        if isinstance(operand, Register):
            key = self.key(operand.name)
            if key in self.constants:
                return self.constants[key]
            value = self.registers.get(key)
            made = next((o for o in reversed(self.fn.b.ops) if value in o.results), None)
            if made is not None and made.name == "const":
                return int(made.attrs["value"])  # type: ignore[arg-type]
        return None

    def read(self, operand: Operand, type_: Scalar) -> Value:
        """An operand as a value of `type_`."""
        if isinstance(operand, Immediate):
            return self._number(operand, type_)
        if isinstance(operand, Vector):
            return self.view(self.pack(operand, type_.bits), type_)
        if isinstance(operand, Register) and self.key(operand.name) in self.constants:
            return self._number(Immediate(self.constants[self.key(operand.name)]), type_)
        value = self.view(self.raw(operand), type_)
        if isinstance(operand, Register) and operand.negated:
            return self.fn.b.op("not", value)
        return value

    def _number(self, operand: Immediate, type_: Scalar) -> Value:
        if type_ == I1:
            return self.fn.b.const(bool(operand.value), type_)
        if type_.is_float:
            return self.fn.b.const(float(operand.value), type_)
        if isinstance(operand.value, float):
            float_ = Scalar(f"f{type_.bits}", F16.kind, type_.bits)
            return self.fn.b.op("bitcast", self.fn.b.const(operand.value, float_), type=type_)
        return self.fn.b.const(operand.value, type_)

    def view(self, value: Value, type_: Scalar) -> Value:
        """The bits of `value` as `type_`; the lower ones where it has more."""
        b = self.fn.b
        if isinstance(value.type, Pointer):
            value = b.op("ptr_to_int", value)
        have = value.type
        assert isinstance(have, Scalar)
        if have == type_:
            return value
        if have.bits == type_.bits:
            return b.op("bitcast", value, type=type_)
        if (have == I1) != (type_ == I1):
            raise self.fail("inline PTX: a predicate and a number are not the same")
        if have.is_float:
            value = b.op("bitcast", value, type=WORDS[have.bits])
        if type_.is_float:
            return b.op("bitcast", b.cast(value, WORDS[type_.bits]), type=type_)
        return b.cast(value, type_)

    def write(self, operand: Operand, value: Value) -> None:
        """Set a register; a narrower number is extended by its sign, as its type says."""
        if isinstance(operand, Vector):
            self.unpack(operand, value)
            return
        if not isinstance(operand, Register):
            raise self.fail("inline PTX: a register should stand here")
        if operand.name == "_":
            return
        bits = self.width(operand)
        if isinstance(value.type, Scalar) and value.type.bits != bits:
            if value.type.is_float:
                value = self.fn.b.op("bitcast", value, type=WORDS[value.type.bits])
            if (value.type == I1) != (bits == 1):
                raise self.fail("inline PTX: a predicate and a number are not the same")
            value = self.fn.b.cast(value, WORDS[bits])
        self.registers[self.key(operand.name)] = value

    # Packed values

    def pack(self, vector: Vector, bits: int) -> Value:
        """The items of a vector as one number, the first lowest."""
        part = bits // len(vector.items)
        b = self.fn.b
        total: Value | None = None
        for i, item in enumerate(vector.items):
            value = b.cast(self.read(item, WORDS[part]), WORDS[bits])
            if i:
                value = b.op("shl", value, b.i32(part * i))
            total = value if total is None else b.op("or", total, value)
        assert total is not None
        return total

    def unpack(self, vector: Vector, value: Value) -> None:
        type_ = value.type
        assert isinstance(type_, Scalar | Pointer)
        whole = self.view(value, WORDS[8 * type_.size])
        for item, part in zip(vector.items, self.parts(whole, len(vector.items)), strict=True):
            self.write(item, part)

    def parts(self, value: Value, count: int) -> list[Value]:
        """Equal parts of a number, the lowest first."""
        b = self.fn.b
        assert isinstance(value.type, Scalar)
        word = WORDS[value.type.bits]
        part = word.bits // count
        whole = self.view(value, word)
        return [
            b.cast(whole if i == 0 else b.op("shr", whole, b.i32(part * i)), WORDS[part])
            for i in range(count)
        ]

    def joined(self, parts: Sequence[Value]) -> Value:
        """The reverse of `parts`."""
        b = self.fn.b
        first = parts[0].type
        assert isinstance(first, Scalar)
        word = WORDS[first.bits * len(parts)]
        total: Value | None = None
        for i, part in enumerate(parts):
            value = b.cast(self.view(part, WORDS[first.bits]), word)
            value = b.op("shl", value, b.i32(first.bits * i)) if i else value
            total = value if total is None else b.op("or", total, value)
        assert total is not None
        return total

    # Addresses

    def pointer(self, operand: Operand, elem: MemoryType, space: Space) -> Value:
        """The address that an operand in brackets means."""
        if not isinstance(operand, Address):
            raise self.fail("inline PTX: an address in brackets should stand here")
        base = self.raw(operand.base) if isinstance(operand.base, Register) else None
        if base is None:
            raise self.fail("inline PTX: an address must be in a register")
        pointer = self.as_pointer(base, U8, space)
        if operand.offset:
            pointer = self.fn.b.op("offset", pointer, self.fn.b.i64(operand.offset))
        return cast_pointer(self.fn, pointer, elem)

    def as_pointer(self, value: Value, elem: MemoryType, space: Space) -> Value:
        """An address in a register as a pointer: of shared memory by its number, else as it is."""
        b = self.fn.b
        if isinstance(value.type, Pointer):
            if space is Space.SHARED:
                raise self.fail(
                    "inline PTX: a generic address where one of shared memory should stand",
                    "convert it with __cvta_generic_to_shared",
                )
            return cast_pointer(self.fn, value, elem)
        if space is Space.SHARED:
            return b.op("int_to_shared", self.view(value, U32), type=Pointer(elem, space))
        if isinstance(value.type, Scalar) and value.type.bits != 64:
            raise self.fail(
                "inline PTX: an address of 32 bits outside shared memory",
                'say .shared, or give a pointer with the constraint "l"',
            )
        return b.op("int_to_ptr", self.view(value, U64), type=Pointer(elem, Space.GENERIC))
