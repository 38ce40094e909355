"""Running IR on known values: the evaluator of constant expressions.

A constexpr function is elaborated like any other; what it computes is found by executing its
operations here, one thread, no clock, no shared memory. So constant evaluation has the semantics
of everything else by construction. Anything that is not pure computation is `NotConstant`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..ir import dtypes
from ..ir.dtypes import Pointer, Scalar
from ..ir.nodes import Func, Global, Op, Region, Value
from . import constants

MAX_STEPS = 1 << 19
MAX_DEPTH = 200


class NotConstant(Exception):
    """The operation cannot be evaluated at compile time."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(eq=False, slots=True)
class Block:
    """Storage: bytes, and the addresses that were stored among them, by offset."""

    data: bytearray
    addresses: dict[int, Address] = field(default_factory=dict)
    writable: bool = True


@dataclass(frozen=True, slots=True)
class Address:
    block: Block | None
    offset: int


Result = int | float | bool | Address
Signal = tuple[str, tuple[Result, ...]]


@dataclass(slots=True)
class Machine:
    """Executes regions. `function` gives a callee's body, `global_` the storage of a symbol."""

    function: Callable[[str], Func]
    global_: Callable[[str], Global]
    steps: int = 0
    depth: int = 0
    blocks: dict[str, Block] = field(default_factory=dict)

    def run(self, ops: Sequence[Op], values: dict[Value, Result]) -> Signal:
        """Execute operations in order; how they ended."""
        for op in ops:
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise NotConstant(f"it takes more than {MAX_STEPS} steps")
            name = op.name
            handler = _OPS.get(name)
            if handler is None:
                if name in ("yield", "break", "continue", "return", "condition"):
                    return name, tuple(self._operands(values, op))
                if name not in ("if", "for", "loop"):
                    raise NotConstant(f"operation '{name}' only happens at run time")
                signal = self._structured(op, values)
                if signal is not None:
                    return signal
                continue
            result = handler(self, op, self._operands(values, op))
            if op.results:
                if result is None:
                    raise NotConstant(f"'{name}' has no value for its operands")
                values[op.results[0]] = result
        return "yield", ()

    def _operands(self, values: dict[Value, Result], op: Op) -> list[Result]:
        try:
            return [values[value] for value in op.operands]
        except KeyError:
            return [self.get(values, value) for value in op.operands]

    def get(self, values: dict[Value, Result], value: Value) -> Result:
        """What `value` is. Raises NotConstant where that is not known."""
        if value not in values:
            raise NotConstant(f"the value of '{value.name or 'a variable'}' is not known")
        return values[value]

    # -------------------------------------------------- structure

    def _structured(self, op: Op, values: dict[Value, Result]) -> Signal | None:
        operands = self._operands(values, op)
        if op.name == "if":
            signal = self._region(op.regions[0 if operands[0] else 1], (), values)
        elif op.name == "for":
            signal = self._for(op, operands, values)
        else:
            signal = self._loop(op, operands, values)
        if signal[0] != "yield":
            return signal
        values.update(zip(op.results, signal[1], strict=True))
        return None

    def _region(
        self, region: Region, args: Sequence[Result], values: dict[Value, Result]
    ) -> Signal:
        values.update(zip(region.args, args, strict=True))
        return self.run(region.ops, values)

    def _for(self, op: Op, operands: list[Result], values: dict[Value, Result]) -> Signal:
        lower, upper, step = (int(_number(o)) for o in operands[:3])
        carried = tuple(operands[3:])
        counter = lower
        while counter < upper if step > 0 else counter > upper:
            kind, carried_now = self._region(op.regions[0], (counter, *carried), values)
            if kind == "break":
                return "yield", carried_now
            if kind == "return":
                return kind, carried_now
            carried = carried_now
            counter += step
        return "yield", carried

    def _loop(self, op: Op, operands: list[Result], values: dict[Value, Result]) -> Signal:
        cond, body, step = op.regions
        carried = tuple(operands)
        skip = bool(op.attrs.get("do_first", False))
        while True:
            if not skip:
                kind, tested = self._region(cond, carried, values)
                if kind != "condition":
                    return kind, tested
                if not tested[0]:
                    return "yield", tested[1:]
                carried = tested[1:]
            skip = False
            kind, carried = self._region(body, carried, values)
            if kind == "break":
                return "yield", carried
            if kind == "return":
                return kind, carried
            kind, carried = self._region(step, carried, values)

    # -------------------------------------------------- calls and memory

    def call(self, func: Func, args: Sequence[Result]) -> Result | None:
        if self.depth >= MAX_DEPTH:
            raise NotConstant("calls are nested too deep")
        self.depth += 1
        signal = self.run(func.body.ops, dict(zip(func.params, args, strict=True)))
        self.depth -= 1
        if func.result is None:
            return None
        if signal[0] != "return" or not signal[1]:
            raise NotConstant(f"'{func.name}' ends without a value")
        return signal[1][0]

    def symbol(self, name: str) -> Block:
        if name not in self.blocks:
            item = self.global_(name)
            if item.space is not dtypes.Space.CONSTANT or item.source_name.startswith(
                "__constant__"
            ):
                raise NotConstant(f"'{item.source_name or name}' is only known at run time")
            data = bytearray(item.init.ljust(dtypes.size_of(item.elem) * item.count, b"\0"))
            self.blocks[name] = Block(data, writable=False)
        return self.blocks[name]


def _number(value: Result | None) -> int | float | bool:
    if not isinstance(value, int | float):
        raise NotConstant("an address is used as a number")
    return value


def _scalar(value: Value) -> Scalar:
    if not isinstance(value.type, Scalar):
        raise NotConstant("arithmetic on addresses")
    return value.type


def _at(pointer: Result, index: Result, type_: object) -> tuple[Block, int]:
    if not isinstance(pointer, Address) or pointer.block is None:
        raise NotConstant("memory is reached through an unknown or null pointer")
    assert isinstance(type_, Pointer)
    return pointer.block, pointer.offset + int(_number(index)) * type_.elem.size


def _load(machine: Machine, op: Op, args: list[Result]) -> Result:
    block, offset = _at(args[0], args[1], op.operands[0].type)
    type_ = op.results[0].type
    if isinstance(type_, Pointer):
        found = block.addresses.get(offset)
        if found is None:
            raise NotConstant("a pointer is read that was not stored")
        return found
    data = block.data[offset : offset + type_.size]
    if offset < 0 or len(data) < type_.size:
        raise NotConstant("an access is out of bounds")
    return constants.decode(data, type_)


def _store(machine: Machine, op: Op, args: list[Result]) -> None:
    block, offset = _at(args[0], args[1], op.operands[0].type)
    value, type_ = args[2], op.operands[2].type
    if not block.writable or offset < 0 or offset + type_.size > len(block.data):
        raise NotConstant("an access is out of bounds, or to constant memory")
    if isinstance(value, Address):
        block.addresses[offset] = value
    elif isinstance(type_, Pointer):
        block.addresses[offset] = Address(None, int(value))
    else:
        block.data[offset : offset + type_.size] = constants.encode(value, type_)


def _copy(machine: Machine, op: Op, args: list[Result]) -> None:
    target, source = args
    size = op.attrs["bytes"]
    assert isinstance(size, int)
    if not isinstance(target, Address) or not isinstance(source, Address):
        raise NotConstant("memory is copied through an unknown pointer")
    if target.block is None or source.block is None or not target.block.writable:
        raise NotConstant("memory is copied through an unknown pointer")
    data = source.block.data[source.offset : source.offset + size]
    target.block.data[target.offset : target.offset + size] = data
    for offset, address in list(source.block.addresses.items()):
        if source.offset <= offset < source.offset + size:
            target.block.addresses[offset - source.offset + target.offset] = address


def _alloca(machine: Machine, op: Op, args: list[Result]) -> Result:
    type_ = op.result.type
    assert isinstance(type_, Pointer)
    count = op.attrs["count"]
    assert isinstance(count, int)
    return Address(Block(bytearray(dtypes.size_of(type_.elem) * count)), 0)


def _field(machine: Machine, op: Op, args: list[Result]) -> Result:
    base, type_ = args[0], op.operands[0].type
    assert isinstance(type_, Pointer)
    assert isinstance(type_.elem, dtypes.Record)
    if not isinstance(base, Address):
        raise NotConstant("a member of an unknown object")
    return Address(base.block, base.offset + type_.elem.field(str(op.attrs["name"])).offset)


def _offset(machine: Machine, op: Op, args: list[Result]) -> Result:
    return Address(*_at(args[0], args[1], op.operands[0].type))


def _ptr_diff(machine: Machine, op: Op, args: list[Result]) -> Result:
    a, b = args
    if not isinstance(a, Address) or not isinstance(b, Address) or a.block is not b.block:
        raise NotConstant("a difference of pointers into different objects")
    type_ = op.operands[0].type
    assert isinstance(type_, Pointer)
    return (a.offset - b.offset) // dtypes.size_of(type_.elem)


def _binary(machine: Machine, op: Op, args: list[Result]) -> Result | None:
    return constants.binary(op.name, _number(args[0]), _number(args[1]), _scalar(op.result))


def _compare(machine: Machine, op: Op, args: list[Result]) -> Result:
    pred = str(op.attrs["pred"])
    a, b = args
    if isinstance(a, Address) or isinstance(b, Address):
        a, b = _null(a), _null(b)
        if not isinstance(a, Address) or not isinstance(b, Address):
            raise NotConstant("a comparison of pointers")
        if a.block is b.block:
            return constants.COMPARE[pred](a.offset, b.offset)
        if pred not in ("eq", "ne"):
            raise NotConstant("an order of pointers into different objects")
        return pred == "ne"
    return constants.COMPARE[pred](a, b)


def _null(value: Result) -> Result:
    return Address(None, 0) if value == 0 and not isinstance(value, Address) else value


def _minmax(machine: Machine, op: Op, args: list[Result]) -> Result:
    a, b = _number(args[0]), _number(args[1])
    if isinstance(a, float) and math.isnan(a):
        return b
    if isinstance(b, float) and math.isnan(b):
        return a
    return min(a, b) if op.name == "min" else max(a, b)


def _bitcast(machine: Machine, op: Op, args: list[Result]) -> Result:
    data = constants.encode(_number(args[0]), _scalar(op.operands[0]))
    return constants.decode(data, _scalar(op.result))


def _call(machine: Machine, op: Op, args: list[Result]) -> Result | None:
    return machine.call(machine.function(str(op.attrs["callee"])), args)


def _const(machine: Machine, op: Op, args: list[Result]) -> Result:
    value = op.attrs["value"]
    assert isinstance(value, int | float)
    return Address(None, 0) if isinstance(op.result.type, Pointer) else value


def _unary_float(function: Callable[[float], float]) -> Callable[..., Result]:
    def handler(machine: Machine, op: Op, args: list[Result]) -> Result:
        try:
            value = function(float(_number(args[0])))
        except (ValueError, OverflowError):
            raise NotConstant(f"'{op.name}' of this value") from None
        return constants.fit(value, _scalar(op.result))

    return handler


_OPS: dict[str, Callable[[Machine, Op, list[Result]], Result | None]] = {
    "const": _const,
    "alloca": _alloca,
    "load": _load,
    "store": _store,
    "copy": _copy,
    "field": _field,
    "offset": _offset,
    "ptr_diff": _ptr_diff,
    "ptr_cast": lambda m, op, a: a[0],
    "global_addr": lambda m, op, a: Address(m.symbol(str(op.attrs["symbol"])), 0),
    "call": _call,
    "cmp": _compare,
    "min": _minmax,
    "max": _minmax,
    "select": lambda m, op, a: a[1] if a[0] else a[2],
    "cast": lambda m, op, a: constants.convert(_number(a[0]), _scalar(op.result)),
    "bitcast": _bitcast,
    "neg": lambda m, op, a: constants.fit(-_number(a[0]), _scalar(op.result)),
    "abs": lambda m, op, a: constants.fit(abs(_number(a[0])), _scalar(op.result)),
    "not": lambda m, op, a: constants.wrap(
        (not a[0]) if _scalar(op.result) is dtypes.I1 else ~int(_number(a[0])), _scalar(op.result)
    ),
    "popc": lambda m, op, a: bin(
        int(_number(a[0])) & ((1 << _scalar(op.operands[0]).bits) - 1)
    ).count("1"),
    "sqrt": _unary_float(math.sqrt),
    "floor": _unary_float(math.floor),
    "ceil": _unary_float(math.ceil),
    "trunc": _unary_float(math.trunc),
    **dict.fromkeys(("add", "sub", "mul", "div", "rem", "and", "or", "xor", "shl", "shr"), _binary),
}
