"""Checks that a module keeps the rules of the IR; linear in its size.

The rules come from the tables: `ops.py` (signatures, attributes, regions) and `STAGES` here (what
may remain at which stage). `verify` returns what is wrong; `check` raises with the IR's text and
the message under the offending operation. Does not check meaning: bounds, races, convergence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from operator import eq

from .constants import is_constant
from .diagnostics import Diagnostic, InternalError
from .dtypes import (
    I1,
    SCALARS,
    U32,
    MemoryType,
    Pointer,
    Record,
    Scalar,
    Space,
    Type,
    Void,
)
from .matrix_fragments import PRODUCTS
from .nodes import Func, Module, Op, Region, Value
from .ops import (
    BARRIERS,
    CHOICES,
    OPERAND_CLASSES,
    OPS,
    REGION_LABELS,
    TERMINATORS,
    THREAD_STAGE_OPS,
    WARP_OPS,
    OpDef,
)
from .printer import print_func, type_text
from .source import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Stage:
    """What a stage of the pipeline excludes."""

    name: str
    forbidden: frozenset[str] = frozenset()
    """Operations that may not occur at all."""
    per_thread: frozenset[str] = frozenset()
    """Operations that, in a kernel, may occur inside a `thread_loop` only."""


STAGE_SIMT = Stage("simt", forbidden=THREAD_STAGE_OPS)
STAGE_THREADS = Stage(
    "threads",
    forbidden=BARRIERS | WARP_OPS,
    per_thread=frozenset({"thread_idx", "thread_linear"}),
)
STAGES: Mapping[str, Stage] = {stage.name: stage for stage in (STAGE_SIMT, STAGE_THREADS)}


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule: what, where, and the operation under which it is shown."""

    message: str
    func: Func | None = None
    op: Op | None = None

    @property
    def span(self) -> Span:
        if self.op is not None and self.op.span != NOWHERE:
            return self.op.span
        return self.func.span if self.func is not None else NOWHERE


def verify(module: Module, stage: Stage | None = None) -> list[Diagnostic]:
    """What is wrong with `module`, in order. `stage` None: each function's own `stage` attribute,
    `simt` where it has none."""
    return [
        Diagnostic("ASC0503", violation.message, violation.span)
        for violation in violations(module, stage)
    ]


def check(module: Module, stage: Stage | None = None, after: str = "") -> None:
    """Raise InternalError where a rule is broken; `after` names what made the module."""
    found = violations(module, stage)
    if not found:
        return
    first = found[0]
    lines = [f"the IR{f' after {after}' if after else ''} breaks a rule: {first.message}"]
    lines += [f"also: {v.message}" for v in found[1:6]]
    if first.func is not None:
        notes: dict[Op, list[str]] = {}
        for violation in found:
            if violation.func is first.func and violation.op is not None:
                notes.setdefault(violation.op, []).append(f"error: {violation.message}")
        lines += ["", print_func(first.func, notes=notes)]
    raise InternalError("\n".join(lines), first.span, after)


def violations(module: Module, stage: Stage | None = None) -> list[Violation]:
    """Every broken rule."""
    checker = _Module(module)
    checker.declarations()
    for func in module.funcs:
        _Func(checker, func, stage).run()
    return checker.found


class _Module:
    """What the whole module declares; collects violations."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.found: list[Violation] = []
        self.records = {record.name: record for record in module.records}
        self.funcs = {func.name: func for func in module.funcs}
        self.globals = {item.name: item for item in module.globals}
        self.known_types: set[MemoryType] = set()

    def declarations(self) -> None:
        self._unique("record", [r.name for r in self.module.records])
        self._unique(
            "symbol", [*(g.name for g in self.module.globals), *(f.name for f in self.module.funcs)]
        )
        for record in self.module.records:
            self._record(record)
        for item in self.module.globals:
            self._complain(f"global @{item.name}: ", self.type_fault(item.elem))
            size = item.elem.size * item.count
            if item.count < 0 or item.align < 1 or item.align & (item.align - 1):
                self.found.append(Violation(f"global @{item.name}: bad count or alignment"))
            if item.init and len(item.init) != size:
                text = f"global @{item.name}: {len(item.init)} bytes of init for {size}"
                self.found.append(Violation(text))
            if item.space not in (Space.SHARED, Space.GLOBAL, Space.CONSTANT):
                self.found.append(Violation(f"global @{item.name}: space {item.space.value}"))

    def _unique(self, what: str, names: list[str]) -> None:
        seen: set[str] = set()
        for name in names:
            if name in seen:
                self.found.append(Violation(f"{what} '{name}' is declared twice"))
            seen.add(name)

    def _record(self, record: Record) -> None:
        where = f"record !{record.name}: "
        if record.align < 1 or record.align & (record.align - 1) or record.size < 0:
            self.found.append(Violation(f"{where}bad size or alignment"))
        self._unique(f"member of !{record.name}", [f.name for f in record.fields])
        for member in record.fields:
            self._complain(where, self.type_fault(member.type))
            if member.count != 1 and not member.is_array:
                self.found.append(Violation(f"{where}{member.name} has a count but is no array"))
            end = member.offset + member.type.size * member.count
            if member.offset < 0 or end > record.size:
                self.found.append(Violation(f"{where}{member.name} does not fit"))

    def _complain(self, where: str, fault: str) -> None:
        if fault:
            self.found.append(Violation(where + fault))

    def type_fault(self, type_: MemoryType) -> str:
        """Why `type_` cannot stand in this module, or nothing."""
        if type_ in self.known_types:
            return ""
        inner: MemoryType = type_
        while isinstance(inner, Pointer):
            inner = inner.elem
        if isinstance(inner, Record) and self.records.get(inner.name) != inner:
            return f"record !{inner.name} is not declared so in the module"
        if not isinstance(inner, Record | Scalar | Void):
            return f"{inner!r} is not a type"
        self.known_types.add(type_)
        return ""


@dataclass(frozen=True, slots=True)
class _Place:
    """What surrounds an operation: which terminators it may reach, with which values."""

    yields: tuple[Type, ...] | None
    """Types of the region's `yield`; None where it cannot yield."""
    condition: tuple[Type, ...] | None = None
    """Types that its `condition` passes on besides the flag; None outside cond regions."""
    loop: tuple[Type, ...] | None = None
    """Types that `break` and `continue` carry; None where there is no loop to speak of."""
    returns: tuple[Type, ...] = ()
    top: bool = False
    in_threads: bool = False


def _types(values: Iterable[Value]) -> tuple[Type, ...]:
    return tuple([value.type for value in values])


def _list(types: Iterable[Type]) -> str:
    return "(" + ", ".join(type_text(t) for t in types) + ")"


class _Func:
    """Checks one function."""

    def __init__(self, module: _Module, func: Func, stage: Stage | None) -> None:
        self.module = module
        self.func = func
        name = func.attrs.get("stage", STAGE_SIMT.name)
        self.stage = stage or STAGES.get(str(name), STAGE_SIMT)
        self.unknown_stage = "" if stage or name in STAGES else str(name)
        self.visible: set[Value] = set()
        self.defined: set[Value] = set()
        self.op: Op | None = None

    def fail(self, message: str, op: Op | None = None) -> None:
        self.module.found.append(Violation(message, self.func, op or self.op))

    def run(self) -> None:
        func = self.func
        if self.unknown_stage:
            self.fail(f"unknown stage {self.unknown_stage}")
        if func.body.args:
            self.fail("a function's body has no arguments of its own; parameters are visible in it")
        if func.is_kernel and func.result is not None:
            self.fail("a kernel returns nothing")
        returns = () if func.result is None else (func.result,)
        for type_ in (*_types(func.params), *returns):
            fault = self.module.type_fault(type_)
            if fault:
                self.fail(fault)
        self.define(func.params)
        self.region(func.body, _Place(yields=None, returns=returns, top=True))

    def define(self, values: Iterable[Value]) -> None:
        for value in values:
            if value in self.defined:
                self.fail(f"value %{value.name or '?'} is defined twice")
            self.defined.add(value)
            self.visible.add(value)

    def region(self, region: Region, place: _Place) -> None:
        self.define(region.args)
        inner = list(region.args)
        last = len(region.ops) - 1
        if last < 0 or region.ops[last].name not in TERMINATORS:
            self.fail("a region does not end in a terminator")
        for i, op in enumerate(region.ops):
            self.op = op
            self.operation(op, place)
            self.op = op
            if i != last and op.name in TERMINATORS:
                self.fail("an operation follows a terminator", region.ops[i + 1])
            self.define(op.results)
            inner += op.results
        self.visible.difference_update(inner)

    def operation(self, op: Op, place: _Place) -> None:
        row = OPS.get(op.name)
        if row is None:
            self.fail(f"no operation is called '{op.name}'")
            return
        for value in op.operands:
            if value not in self.visible:
                state = "not visible here" if value in self.defined else "not defined before"
                self.fail(f"operand %{value.name or '?'} is {state}")
        self.at_stage(op, place)
        sound = self.attributes(op, row) and self.signature(op, row)
        if len(op.regions) != row.regions:
            self.fail(f"{op.name} has {len(op.regions)} regions, not {row.regions}")
            return
        if sound:
            rule = RULES.get(op.name)
            if rule is not None:
                rule(self, op, place)
        if row.regions:
            self.nested(op, place)

    def at_stage(self, op: Op, place: _Place) -> None:
        if op.name in self.stage.forbidden:
            self.fail(f"{op.name} cannot stand at stage {self.stage.name}")
        if op.name in self.stage.per_thread and self.func.is_kernel and not place.in_threads:
            self.fail(f"{op.name} outside a thread_loop at stage {self.stage.name}")

    def attributes(self, op: Op, row: OpDef) -> bool:
        before = len(self.module.found)
        for key in row.attrs:
            if key not in op.attrs:
                self.fail(f"{op.name} needs attribute '{key}'")
        for key, value in op.attrs.items():
            expected = row.attrs.get(key) or row.optional.get(key)
            if expected is None:
                self.fail(f"{op.name} has no attribute '{key}'")
            elif not _is_attr(value, expected):
                self.fail(f"attribute '{key}' of {op.name} cannot be {value!r}")
            choices = CHOICES.get((op.name, key))
            if choices is not None and value not in choices:
                self.fail(f"attribute '{key}' of {op.name} is none of {', '.join(choices)}")
        return len(self.module.found) == before

    def signature(self, op: Op, row: OpDef) -> bool:
        slots = _slots(row.operands)
        repeat = bool(slots) and slots[-1].repeat
        fixed = slots[:-1] if repeat else slots
        if len(op.operands) < len(fixed) or (len(op.operands) > len(fixed) and not repeat):
            self.fail(
                f"{op.name} takes {' '.join(row.operands) or 'no operands'}, "
                f"not {_list(_types(op.operands))}"
            )
            return False
        bound: dict[str, Type] = {}
        for i, value in enumerate(op.operands):
            slot = slots[min(i, len(slots) - 1)]
            if not slot.admits(value.type, bound):
                self.fail(
                    f"operand {i + 1} of {op.name} is {type_text(value.type)}, "
                    f"its signature is {' '.join(row.operands)}"
                )
                return False
        return self.results(op, row, bound)

    def results(self, op: Op, row: OpDef, bound: Mapping[str, Type]) -> bool:
        for value in op.results:
            fault = self.module.type_fault(value.type)
            if fault:
                self.fail(fault)
        if op.name in MANY_RESULTS:
            return True
        wanted = 1 if row.result else 0
        if len(op.results) != wanted:
            self.fail(f"{op.name} has {len(op.results)} results, not {wanted}")
            return False
        if not row.result or row.result == "explicit":
            return True
        type_ = SCALARS.get(row.result) or bound.get(row.result)
        if op.results[0].type != type_:
            self.fail(
                f"the result of {op.name} is {type_text(op.results[0].type)}, "
                f"not {type_text(type_)}"
            )
            return False
        return True

    def nested(self, op: Op, place: _Place) -> None:
        inside = replace(place, top=False, yields=None, condition=None)
        for label, region in zip(REGION_LABELS[op.name], op.regions, strict=True):
            args, inner = _ENTRIES[op.name, label](op, inside)
            if _types(region.args) != args:
                self.op = op
                self.fail(
                    f"{label} of {op.name} has arguments {_list(_types(region.args))}, "
                    f"not {_list(args)}"
                )
            self.region(region, inner)

    def expect(self, what: str, got: Iterable[Type], wanted: Iterable[Type] | None) -> None:
        """Complain unless the types agree; `wanted` None: not allowed here at all."""
        if wanted is None:
            self.fail(f"{what} cannot stand here")
            return
        got, wanted = tuple(got), tuple(wanted)
        if got != wanted:
            self.fail(f"{what} has {_list(got)}, not {_list(wanted)}")


MANY_RESULTS = frozenset({"call", "if", "for", "loop", "mma", "load_matrix"})
"""Operations whose number of results is their own affair."""


def _is_attr(value: object, expected: type | tuple[type, ...]) -> bool:
    kinds = expected if isinstance(expected, tuple) else (expected,)
    return type(value) in kinds


@dataclass(frozen=True, slots=True)
class _Slot:
    """One operand of a signature, taken apart."""

    variable: str | None
    test: Callable[[Type], bool] | None
    repeat: bool

    def admits(self, type_: Type, bound: dict[str, Type]) -> bool:
        if self.test is not None and not self.test(type_):
            return False
        return self.variable is None or bound.setdefault(self.variable, type_) == type_


@cache
def _slots(signature: tuple[str, ...]) -> tuple[_Slot, ...]:
    return tuple(_slot(text) for text in signature)


def _slot(text: str) -> _Slot:
    repeat = text.endswith("*")
    name, colon, class_ = text.rstrip("*").partition(":")
    if not colon and (name in OPERAND_CLASSES or name in SCALARS):
        name, class_ = "", name
    test = OPERAND_CLASSES.get(class_)
    if class_ in SCALARS:
        test = partial(eq, SCALARS[class_])
    return _Slot(name or None, test, repeat)


# Regions: the arguments that each must have, and what may end it

_Entry = Callable[[Op, _Place], tuple[tuple[Type, ...], _Place]]


def _if_region(op: Op, place: _Place) -> tuple[tuple[Type, ...], _Place]:
    return (), replace(place, yields=_types(op.results))


def _for_body(op: Op, place: _Place) -> tuple[tuple[Type, ...], _Place]:
    carried = _types(op.operands[3:])
    counter = _types(op.operands[:1])
    return counter + carried, replace(place, yields=carried, loop=carried)


def _loop_cond(op: Op, place: _Place) -> tuple[tuple[Type, ...], _Place]:
    carried = _types(op.operands)
    return carried, replace(place, condition=carried, loop=None)


def _loop_body(op: Op, place: _Place) -> tuple[tuple[Type, ...], _Place]:
    carried = _types(op.operands)
    return carried, replace(place, yields=carried, loop=carried)


def _loop_step(op: Op, place: _Place) -> tuple[tuple[Type, ...], _Place]:
    carried = _types(op.operands)
    return carried, replace(place, yields=carried, loop=None)


def _thread_body(op: Op, place: _Place) -> tuple[tuple[Type, ...], _Place]:
    return (), _Place(yields=(), returns=(), top=True, in_threads=True)


_ENTRIES: Mapping[tuple[str, str], _Entry] = {
    ("if", "then"): _if_region,
    ("if", "else"): _if_region,
    ("for", "body"): _for_body,
    ("loop", "cond"): _loop_cond,
    ("loop", "body"): _loop_body,
    ("loop", "step"): _loop_step,
    ("thread_loop", "body"): _thread_body,
}


# Rules that a signature cannot say, one function per operation

_Rule = Callable[[_Func, Op, _Place], None]


def _const(check: _Func, op: Op, place: _Place) -> None:
    if not is_constant(op.attrs["value"], op.result.type):
        check.fail(f"{op.attrs['value']!r} is not a constant of {type_text(op.result.type)}")


def _dimension(check: _Func, op: Op, place: _Place) -> None:
    if op.attrs["dim"] not in (0, 1, 2):
        check.fail(f"{op.name}: dimension {op.attrs['dim']}")


def _cast(check: _Func, op: Op, place: _Place) -> None:
    if not isinstance(op.result.type, Scalar):
        check.fail("cast gives a scalar")


def _bitcast(check: _Func, op: Op, place: _Place) -> None:
    source, target = op.operands[0].type, op.result.type
    if not isinstance(source, Scalar) or not isinstance(target, Scalar):
        check.fail("bitcast is between scalars")
    elif source.bits != target.bits:
        check.fail(f"bitcast from {source} to {target}: sizes differ")


def _storage(check: _Func, op: Op, place: _Place) -> None:
    pointer = op.result.type
    if not isinstance(pointer, Pointer) or pointer.space is not Space.LOCAL:
        check.fail(f"{op.name} gives a pointer to local memory")
    elif isinstance(pointer.elem, Void):
        check.fail(f"{op.name} of void")
    count = op.attrs["count"]
    if isinstance(count, int) and count < 0:
        check.fail(f"{op.name} of {count} elements")
    if not place.top:
        check.fail(f"{op.name} below the top region of the function's body")
    if op.name == "lane_array" and place.in_threads:
        check.fail("lane_array inside a thread_loop")


def _global_addr(check: _Func, op: Op, place: _Place) -> None:
    item = check.module.globals.get(str(op.attrs["symbol"]))
    if item is None:
        check.fail(f"no global is called @{op.attrs['symbol']}")
        return
    wanted = Pointer(item.elem, item.space)
    if op.result.type != wanted:
        check.fail(f"@{item.name} is a {type_text(wanted)}, not {type_text(op.result.type)}")


def _func_addr(check: _Func, op: Op, place: _Place) -> None:
    if str(op.attrs["symbol"]) not in check.module.funcs:
        check.fail(f"no function is called @{op.attrs['symbol']}")
    if not isinstance(op.result.type, Pointer):
        check.fail("func_addr gives a pointer")


def _field(check: _Func, op: Op, place: _Place) -> None:
    pointer = op.operands[0].type
    if not isinstance(pointer, Pointer) or not isinstance(pointer.elem, Record):
        check.fail(f"field of {type_text(pointer)}, which is no record")
        return
    name = str(op.attrs["name"])
    member = next((f for f in pointer.elem.fields if f.name == name), None)
    if member is None:
        check.fail(f"{type_text(pointer.elem)} has no member '{name}'")
        return
    wanted = Pointer(member.type, pointer.space)
    if op.result.type != wanted:
        check.fail(f"member '{name}' is a {type_text(wanted)}, not {type_text(op.result.type)}")


def _gives_pointer(check: _Func, op: Op, place: _Place) -> None:
    if not isinstance(op.result.type, Pointer):
        check.fail(f"{op.name} gives a pointer")


def _access(check: _Func, op: Op, value: Type) -> None:
    pointer = op.operands[0].type
    if isinstance(pointer, Pointer) and pointer.elem != value:
        check.fail(f"{op.name} of {type_text(value)} through {type_text(pointer)}")


def _load(check: _Func, op: Op, place: _Place) -> None:
    _access(check, op, op.result.type)


def _store(check: _Func, op: Op, place: _Place) -> None:
    _access(check, op, op.operands[2].type)


def _vote(check: _Func, op: Op, place: _Place) -> None:
    wanted = U32 if op.attrs["op"] == "ballot" else I1
    check.expect("vote", [op.result.type], [wanted])


def _mma(check: _Func, op: Op, place: _Place) -> None:
    product = PRODUCTS.get(str(op.attrs["kind"]))
    if product is None:
        return  # the choices of the attribute say so
    registers = [U32] * (product.a_registers + product.b_registers)
    accumulators = [product.c_type] * product.c_registers
    check.expect(f"mma {product.name}", _types(op.operands), [*registers, *accumulators])
    check.expect(f"result of mma {product.name}", _types(op.results), accumulators)


def _matrices(check: _Func, op: Op, place: _Place) -> None:
    count = op.attrs["count"]
    if count not in (1, 2, 4):
        check.fail(f"{op.name} of {count} matrices")
    elif op.name == "load_matrix":
        check.expect("result of load_matrix", _types(op.results), [U32] * int(str(count)))
    else:
        check.expect("store_matrix", _types(op.operands[1:]), [U32] * int(str(count)))


def _call(check: _Func, op: Op, place: _Place) -> None:
    callee = check.module.funcs.get(str(op.attrs["callee"]))
    if callee is None:
        check.fail(f"no function is called @{op.attrs['callee']}")
        return
    check.expect(f"call of @{callee.name}", _types(op.operands), _types(callee.params))
    result = () if callee.result is None else (callee.result,)
    check.expect(f"result of @{callee.name}", _types(op.results), result)


def _carried_results(check: _Func, op: Op, place: _Place) -> None:
    carried = op.operands[3:] if op.name == "for" else op.operands
    check.expect(f"result of {op.name}", _types(op.results), _types(carried))


def _thread_loop(check: _Func, op: Op, place: _Place) -> None:
    if not check.func.is_kernel:
        check.fail("thread_loop outside a kernel")
    if place.in_threads:
        check.fail("thread_loop inside a thread_loop")


def _yield(check: _Func, op: Op, place: _Place) -> None:
    check.expect("yield", _types(op.operands), place.yields)


def _condition(check: _Func, op: Op, place: _Place) -> None:
    check.expect("condition", _types(op.operands[1:]), place.condition)


def _leave_loop(check: _Func, op: Op, place: _Place) -> None:
    check.expect(op.name, _types(op.operands), place.loop)


def _return(check: _Func, op: Op, place: _Place) -> None:
    check.expect("return", _types(op.operands), place.returns)


RULES: Mapping[str, _Rule] = {
    "const": _const,
    "thread_idx": _dimension,
    "block_idx": _dimension,
    "block_dim": _dimension,
    "grid_dim": _dimension,
    "cast": _cast,
    "bitcast": _bitcast,
    "alloca": _storage,
    "lane_array": _storage,
    "global_addr": _global_addr,
    "func_addr": _func_addr,
    "field": _field,
    "ptr_cast": _gives_pointer,
    "int_to_ptr": _gives_pointer,
    "int_to_shared": _gives_pointer,
    "load": _load,
    "store": _store,
    "vote": _vote,
    "mma": _mma,
    "load_matrix": _matrices,
    "store_matrix": _matrices,
    "call": _call,
    "for": _carried_results,
    "loop": _carried_results,
    "thread_loop": _thread_loop,
    "yield": _yield,
    "condition": _condition,
    "break": _leave_loop,
    "continue": _leave_loop,
    "return": _return,
}
