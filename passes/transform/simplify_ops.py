"""The rules of `canonicalize` for plain operations: one function per operation.

A rule gets the rewriting and the operation (operands already rewritten) and returns the value
that stands for its result, or None to keep it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ...ir.constants import constant, float_of_bits, wrap
from ...ir.dtypes import I1, I32, U8, U32, Pointer, Scalar, Space, Type
from ...ir.nodes import Op, Value
from ...ir.source import Span
from .folding import fold

if TYPE_CHECKING:
    from .canonicalize import CanonicalForm as Form

Rule = Callable[["Form", Op], "Value | None"]

INVERSE = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "le": "gt", "gt": "le"}


def _is_float(type_: Type) -> bool:
    return isinstance(type_, Scalar) and type_.is_float


def _same_number(a: object, b: int | float) -> bool:
    """Equality that tells -0.0 from 0.0."""
    return a is not None and repr(float(a)) == repr(float(b))  # type: ignore[arg-type]


def _const(rw: Form, op: Op, value: int | float | bool) -> Value:
    type_ = op.result.type
    assert isinstance(type_, Scalar), "constants of rules are numbers"
    return rw.constant(constant(value, type_), type_, op.span)


def inverted(rw: Form, condition: Value, span: Span) -> Value:
    """The negation of an i1, as a comparison where that is exact."""
    negated = rw.def_of(condition, "not")
    if negated is not None:
        return negated.operands[0]
    compared = _opposite_comparison(rw, condition, span)
    return compared if compared is not None else rw.emit("not", (condition,), I1, span)


def _opposite_comparison(rw: Form, condition: Value, span: Span) -> Value | None:
    """`!(a < b)` as `a >= b`: for integers, and for (un)equality of anything."""
    compared = rw.def_of(condition, "cmp")
    if compared is None or condition.name:
        return None
    pred = str(compared.attrs["pred"])
    if pred not in ("eq", "ne") and _is_float(compared.operands[0].type):
        return None
    return rw.emit("cmp", compared.operands, I1, span, {"pred": INVERSE[pred]})


def _neutral(number: int | float) -> Rule:
    """`x op number` and `number op x` are x."""

    def rule(rw: Form, op: Op) -> Value | None:
        a, b = op.operands
        # x + 0.0 is not x for x = -0.0, but x + -0.0 is.
        neutral = -0.0 if number == 0 and _is_float(op.result.type) else number
        if _same_number(rw.number(b), neutral):
            return a
        return b if _same_number(rw.number(a), neutral) else None

    return rule


def _add(rw: Form, op: Op) -> Value | None:
    value = _neutral(0)(rw, op)
    if value is None and op.result.type == U32 and _is_thread_linear(rw, op):
        return rw.emit("thread_linear", (), U32, op.span, hint=op.result.name)
    return value


def _is_thread_linear(rw: Form, op: Op) -> bool:
    """`(threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x`"""
    plane = _scaled_by(rw, op, "thread_idx", 0)
    row = rw.def_of(plane, "add") if plane is not None else None
    depth = _scaled_by(rw, row, "thread_idx", 1) if row is not None else None
    return depth is not None and _is_geometry(rw, depth, "thread_idx", 2)


def _scaled_by(rw: Form, op: Op, name: str, dim: int) -> Value | None:
    """`rest` where `op` is `rest * blockDim.dim + name.dim`, in any order."""
    for scaled, index in (op.operands, op.operands[::-1]):
        product = rw.def_of(scaled, "mul")
        if product is None or not _is_geometry(rw, index, name, dim):
            continue
        for rest, size in (product.operands, product.operands[::-1]):
            if _is_geometry(rw, size, "block_dim", dim):
                return rest
    return None


def _is_geometry(rw: Form, value: Value, name: str, dim: int) -> bool:
    op = rw.def_of(value, name)
    return op is not None and op.attrs["dim"] == dim


def _sub(rw: Form, op: Op) -> Value | None:
    a, b = op.operands
    if _same_number(rw.number(b), 0):
        return a
    return _const(rw, op, 0) if a is b and not _is_float(op.result.type) else None


def _mul(rw: Form, op: Op) -> Value | None:
    value = _neutral(1)(rw, op)
    if value is None and not _is_float(op.result.type):
        if any(rw.number(v) == 0 for v in op.operands):
            return _const(rw, op, 0)
    return value


def _div(rw: Form, op: Op) -> Value | None:
    return op.operands[0] if rw.number(op.operands[1]) == 1 else None


def _rem(rw: Form, op: Op) -> Value | None:
    is_one = rw.number(op.operands[1]) == 1 and not _is_float(op.result.type)
    return _const(rw, op, 0) if is_one else None


def _all_ones(op: Op) -> int | bool:
    type_ = op.result.type
    assert isinstance(type_, Scalar), "bit operations are on integers"
    return True if type_ == I1 else wrap(-1, type_)


def _and(rw: Form, op: Op) -> Value | None:
    a, b = op.operands
    for x, y in ((a, b), (b, a)):
        number = rw.number(y)
        if number is not None and number == _all_ones(op):
            return x
        if number is not None and number == 0:
            return _const(rw, op, 0)
    return a if a is b else None


def _or(rw: Form, op: Op) -> Value | None:
    a, b = op.operands
    for x, y in ((a, b), (b, a)):
        number = rw.number(y)
        if number is not None and number == 0:
            return x
        if number is not None and number == _all_ones(op):
            return _const(rw, op, number)
    return a if a is b else None


def _xor(rw: Form, op: Op) -> Value | None:
    a, b = op.operands
    if a is b:
        return _const(rw, op, 0)
    for x, y in ((a, b), (b, a)):
        number = rw.number(y)
        if number is not None and number == 0:
            return x
        if number is not None and op.result.type == I1:
            return inverted(rw, x, op.span)
    return None


def _not(rw: Form, op: Op) -> Value | None:
    inner = rw.def_of(op.operands[0], "not")
    if inner is not None:
        return inner.operands[0]
    return _opposite_comparison(rw, op.operands[0], op.span)


def _neg(rw: Form, op: Op) -> Value | None:
    inner = rw.def_of(op.operands[0], "neg")
    return inner.operands[0] if inner is not None else None


def _shift(rw: Form, op: Op) -> Value | None:
    return op.operands[0] if rw.number(op.operands[1]) == 0 else None


def _same_operands(rw: Form, op: Op) -> Value | None:
    return op.operands[0] if op.operands[0] is op.operands[1] else None


# Comparisons and selections


def _cmp(rw: Form, op: Op) -> Value | None:
    a, b = op.operands
    pred = str(op.attrs["pred"])
    if a is b and not _is_float(a.type):
        return _const(rw, op, pred in ("eq", "le", "ge"))
    number = rw.number(b)
    if number is None or isinstance(a.type, Pointer):
        return None
    source = rw.def_of(a, "cast", "select")
    if source is None:
        return None
    if source.name == "cast" and source.operands[0].type == I1:
        return _of_flag(rw, op, source.operands[0], 1, 0)
    if source.name == "select":
        x, y = rw.number(source.operands[1]), rw.number(source.operands[2])
        if x is not None and y is not None:
            return _of_flag(rw, op, source.operands[0], x, y)
    return None


def _of_flag(
    rw: Form, op: Op, flag: Value, if_true: int | float, if_false: int | float
) -> Value | None:
    """`(flag ? if_true : if_false) pred number` without the detour."""
    number = rw.number(op.operands[1])
    assert number is not None, "compared with a constant"
    type_ = op.operands[0].type
    outcomes = [fold("cmp", (v, number), type_, I1, op.attrs) for v in (if_true, if_false)]
    if None in outcomes:
        return None
    if outcomes[0] == outcomes[1]:
        return _const(rw, op, bool(outcomes[0]))
    return flag if outcomes[0] else inverted(rw, flag, op.span)


def _select(rw: Form, op: Op) -> Value | None:
    c, a, b = op.operands
    if a is b:
        return a
    known = rw.number(c)
    if known is not None:
        return a if known else b
    negated = rw.def_of(c, "not")
    hint = op.result.name
    if negated is not None:
        return rw.emit("select", (negated.operands[0], b, a), op.result.type, op.span, hint=hint)
    if op.result.type != I1:
        x, y = rw.number(a), rw.number(b)
        same = x is not None and y is not None and repr(x) == repr(y)
        return a if same else None
    return _select_flag(rw, op)


def _select_flag(rw: Form, op: Op) -> Value | None:
    """Selections between truth values are logic."""
    c, a, b = op.operands
    x, y = rw.number(a), rw.number(b)
    hint = op.result.name
    if x is not None and y is not None:
        return a if x == y else c if x else inverted(rw, c, op.span)
    if x is not None:
        if x:
            return rw.emit("or", (c, b), I1, op.span, hint=hint)
        return rw.emit("and", (inverted(rw, c, op.span), b), I1, op.span, hint=hint)
    if y is not None:
        if not y:
            return rw.emit("and", (c, a), I1, op.span, hint=hint)
        return rw.emit("or", (inverted(rw, c, op.span), a), I1, op.span, hint=hint)
    return None


# Conversions

_MODULAR = frozenset({"add", "sub", "mul", "and", "or", "xor"})
"""Operations whose low bits depend on the operands' low bits alone."""


def _cast(rw: Form, op: Op) -> Value | None:
    (a,) = op.operands
    new = op.result.type
    if a.type == new:
        return a
    inner = rw.def_of(a)
    if inner is None or "rounding" in op.attrs or "rounding" in inner.attrs:
        return None
    assert isinstance(a.type, Scalar), "casts are between scalars"
    assert isinstance(new, Scalar), "casts are between scalars"
    if inner.name == "cast":
        return _cast_of_cast(rw, op, inner.operands[0], a.type, new)
    if inner.name in _MODULAR and not a.name:
        return _signedness_inside(rw, op, inner, a.type, new)
    return None


def _cast_of_cast(rw: Form, op: Op, source: Value, middle: Scalar, new: Scalar) -> Value | None:
    old = source.type
    assert isinstance(old, Scalar), "casts are between scalars"
    if not (_keeps_value(old, middle) or _truncates_only(old, middle, new)):
        return None
    if old == new:
        return source
    return rw.emit("cast", (source,), new, op.span, hint=op.result.name)


def _keeps_value(old: Scalar, new: Scalar) -> bool:
    """Whether every value of `old` is one of `new`."""
    if old.is_float or new.is_float:
        return old.is_float and new.is_float and (old.name, new.name) in _WIDER_FLOATS
    if new == I1:
        return old == I1
    if old == I1:
        return True
    if old.is_signed:
        return new.is_signed and new.bits >= old.bits
    return new.bits > old.bits or (new.bits == old.bits and not new.is_signed)


_WIDER_FLOATS = frozenset(
    {("f16", "f32"), ("f16", "f64"), ("bf16", "f32"), ("bf16", "f64"), ("f32", "f64")}
)


def _truncates_only(old: Scalar, middle: Scalar, new: Scalar) -> bool:
    """Whether the result is the low bits of an integer, whatever `middle` extends with."""
    integers = not (old.is_float or middle.is_float or new.is_float)
    return integers and I1 not in (middle, new) and new.bits <= middle.bits


def _signedness_inside(rw: Form, op: Op, inner: Op, old: Scalar, new: Scalar) -> Value | None:
    """`(int)((unsigned)i + step)` is `i + (int)step`: the low bits are the same."""
    if old.is_float or new.is_float or old.bits != new.bits or I1 in (old, new):
        return None
    stripped: list[Value | None] = []
    for operand in inner.operands:
        source = rw.def_of(operand, "cast")
        is_back = source is not None and source.operands[0].type == new
        stripped.append(source.operands[0] if source is not None and is_back else None)
    if not any(stripped):
        return None
    operands = tuple(
        v if v is not None else _converted(rw, operand, new, op.span)
        for v, operand in zip(stripped, inner.operands, strict=True)
    )
    return rw.emit(inner.name, operands, new, inner.span, hint=op.result.name)


def _converted(rw: Form, value: Value, type_: Scalar, span: Span) -> Value:
    number = rw.number(value)
    if number is not None:
        return rw.constant(constant(number, type_), type_, span)
    return rw.emit("cast", (value,), type_, span, hint=value.name)


def _bitcast(rw: Form, op: Op) -> Value | None:
    (a,) = op.operands
    if a.type == op.result.type:
        return a
    inner = rw.def_of(a, "bitcast")
    if inner is None:
        return None
    if inner.operands[0].type == op.result.type:
        return inner.operands[0]
    return rw.emit("bitcast", inner.operands, op.result.type, op.span, hint=op.result.name)


def _shuffle(rw: Form, op: Op) -> Value | None:
    """Bits exchanged as another type go as what they are."""
    mask, value, lane, width = op.operands
    inner = rw.def_of(value, "bitcast")
    if inner is None:
        return None
    operands = (mask, inner.operands[0], lane, width)
    hint = op.result.name
    result = rw.emit("shuffle", operands, inner.operands[0].type, op.span, op.attrs, hint)
    return rw.emit("bitcast", (result,), op.result.type, op.span)


# Addresses and memory


def _through_select(rw: Form, op: Op) -> Value | None:
    """An access by way of the choice between two local variables: both, then the choice.

    Reading a variable never faults; once no address is chosen any more, it can become a value.
    """
    chosen = rw.def_of(op.operands[0], "select")
    if chosen is None or op.attrs.get("volatile"):
        return None
    condition, *pointers = chosen.operands
    if not all(_is_local(rw, p) for p in pointers):
        return None
    sides = tuple(
        rw.emit(op.name, (p, *op.operands[1:]), op.result.type, op.span, op.attrs) for p in pointers
    )
    return rw.emit("select", (condition, *sides), op.result.type, op.span, hint=op.result.name)


def _is_local(rw: Form, pointer: Value) -> bool:
    """Whether `pointer` points at a fixed place in a local variable (or chooses between such)."""
    op = rw.def_of(pointer)
    while op is not None and op.name in ("field", "ptr_cast"):
        op = rw.def_of(op.operands[0])
    if op is not None and op.name == "select":
        return all(_is_local(rw, p) for p in op.operands[1:])
    return op is not None and op.name == "alloca"


def _ptr_cast(rw: Form, op: Op) -> Value | None:
    (a,) = op.operands
    if a.type == op.result.type:
        return a
    chosen = _through_select(rw, op)
    if chosen is not None:
        return chosen
    inner = rw.def_of(a, "ptr_cast")
    if inner is None:
        return None
    if inner.operands[0].type == op.result.type:
        return inner.operands[0]
    if not _keeps_space(inner):
        return None
    return rw.emit("ptr_cast", inner.operands, op.result.type, op.span, hint=op.result.name)


def _keeps_space(op: Op) -> bool:
    """Whether a cast does not learn or forget the space (nothing to lose by dropping it)."""
    old, new = op.operands[0].type, op.result.type
    assert isinstance(old, Pointer), "ptr_cast takes a pointer"
    assert isinstance(new, Pointer), "ptr_cast gives a pointer"
    return old.space == new.space or new.space is Space.GENERIC


def _offset(rw: Form, op: Op) -> Value | None:
    return op.operands[0] if rw.number(op.operands[1]) == 0 else None


def _through_offset(rw: Form, op: Op) -> Op:
    """`(p + i)[0]` is `p[i]`, unless the address has a name of its own."""
    pointer, index = op.operands[:2]
    inner = rw.def_of(pointer, "offset")
    if inner is None or pointer.name or rw.number(index) != 0:
        return op
    return op.with_(operands=(*inner.operands, *op.operands[2:]))


def _load(rw: Form, op: Op) -> Value | None:
    if rw.number(op.operands[1]) == 0:
        value = _through_select(rw, op)
        if value is not None:
            return value
    return _element(rw, op)


def _element(rw: Form, op: Op) -> Value | None:
    new = _through_offset(rw, op)
    value = _table_entry(rw, new)
    if value is not None:
        return value
    if new is op:
        return None
    rw.put(new)
    return new.result


def _table_entry(rw: Form, op: Op) -> Value | None:
    """An element of a constant table at a constant index."""
    address = rw.def_of(op.operands[0], "global_addr")
    index = rw.number(op.operands[1])
    if address is None or index is None:
        return None
    table = rw.tables.get(str(address.attrs["symbol"]))
    type_ = op.result.type
    if table is None or table.elem != type_ or not isinstance(type_, Scalar):
        return None
    if table.space is not Space.CONSTANT or table.source_name or not table.init:
        return None  # a variable with a name is the host's to change
    at = int(index) * type_.size
    if not 0 <= at < len(table.init):
        return None
    bits = int.from_bytes(table.init[at : at + type_.size], "little")
    number = float_of_bits(bits, type_) if type_.is_float else bits
    return rw.constant(constant(number, type_), type_, op.span)


MAX_NUMBER_STEPS = 16


def _int_to_shared(rw: Form, op: Op) -> Value | None:
    """A number that was a shared address, plus something: the address, moved by that many bytes.
    So it is known which variable is meant."""
    terms: list[Value] = []
    number = op.operands[0]
    for _ in range(MAX_NUMBER_STEPS):
        source = rw.def_of(number, "shared_to_int")
        if source is not None:
            return _moved(rw, op, source.operands[0], terms)
        added = rw.def_of(number, "add")
        if added is not None:
            one, other = added.operands
            if not _leads_to_shared(rw, one):
                one, other = other, one
            terms.append(other)
            number = one
            continue
        cast = rw.def_of(number, "cast")
        if cast is None or not _keeps_word(cast):
            return None
        number = cast.operands[0]
    return None


def _keeps_word(cast: Op) -> bool:
    """Whether a cast between integers keeps the lower 32 bits."""
    types = (cast.operands[0].type, cast.result.type)
    return all(isinstance(t, Scalar) and t.is_integer and t.bits >= 32 for t in types)


def _leads_to_shared(rw: Form, number: Value) -> bool:
    for _ in range(MAX_NUMBER_STEPS):
        if rw.def_of(number, "shared_to_int") is not None:
            return True
        step = rw.def_of(number, "cast") or rw.def_of(number, "add")
        if step is None:
            return False
        number = step.operands[0]
    return False


def _moved(rw: Form, op: Op, pointer: Value, terms: list[Value]) -> Value:
    wanted = op.result.type
    assert isinstance(wanted, Pointer), "an address is a pointer"
    if terms:
        pointer = rw.emit("ptr_cast", (pointer,), Pointer(U8, Space.SHARED), op.span)
        for term in terms:
            step = rw.emit("cast", (term,), I32, op.span) if term.type != I32 else term
            pointer = rw.emit("offset", (pointer, step), pointer.type, op.span)
    return rw.emit("ptr_cast", (pointer,), wanted, op.span) if pointer.type != wanted else pointer


def _memory(rw: Form, op: Op) -> None:
    rw.put(_through_offset(rw, op))


RULES: Mapping[str, Rule] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
    "rem": _rem,
    "and": _and,
    "or": _or,
    "xor": _xor,
    "not": _not,
    "neg": _neg,
    "shl": _shift,
    "shr": _shift,
    "min": _same_operands,
    "max": _same_operands,
    "cmp": _cmp,
    "select": _select,
    "cast": _cast,
    "bitcast": _bitcast,
    "ptr_cast": _ptr_cast,
    "int_to_shared": _int_to_shared,
    "offset": _offset,
    "field": _through_select,
    "shuffle": _shuffle,
    "load": _load,
    "atomic": _element,
    "atomic_cas": _element,
    "store": _memory,
}
