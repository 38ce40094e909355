"""How each value operation is spelled in C: one table, operation name -> function.

Plain operators stand where C means the same as the IR; where it does not (division by zero,
shifts beyond the width, conversions out of range, NaN) or has no operator, an inline function of
the support header does. Its functions are called `ascendify_<what>_<type>`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..ir.diagnostics import error
from ..ir.dtypes import BF16, F16, F32, F64, I1, U16, Kind, Pointer, Record, Scalar, Type, Void
from ..ir.nodes import Op, Value
from .c_literals import literal
from .c_types import SCALAR_NAMES, Types, member_name
from .expressions import (
    MEMORY,
    Expr,
    binary,
    call,
    cast,
    conditional,
    element,
    member,
    name,
    offset,
    read,
)
from .expressions import unary as prefix

AXES = "xyz"
HALVES = (F16, BF16)


@dataclass(frozen=True, slots=True)
class Spelling:
    """What spelling an operation may ask about its function."""

    types: Types
    definitions: Mapping[Value, Op]
    read_only: frozenset[Value]
    """Pointers through which nothing is written."""
    symbols: Mapping[str, Expr]
    """Global's IR name -> its address."""
    private: Mapping[Value, str] = field(default_factory=dict)
    """Storage that is only loaded and stored directly -> a name for it."""

    def memory(self, pointer: Value) -> str:
        """The memory that an access through `pointer` touches."""
        return self.private.get(pointer, MEMORY)

    def constant(self, value: Value) -> int | None:
        """The integer that `value` is, where a constant defines it."""
        op = self.definitions.get(value)
        if op is None or op.name != "const" or isinstance(op.attrs["value"], float):
            return None
        return int(op.attrs["value"])  # type: ignore[arg-type]


NULL = "NULL"

Spell = Callable[[Spelling, Op, Sequence[Expr]], Expr]
TABLE: dict[str, Spell] = {}


def spell(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    """The expression for `op` with operands `args`. Raises CompileError: no spelling."""
    function = TABLE.get(op.name)
    if function is None:
        raise unsupported(op)
    return function(ctx, op, args)


def unsupported(op: Op, what: str = "") -> Exception:
    """The refusal of an operation without a C counterpart."""
    return error("ASC0602", f"{what or op.name} has no translation to C", op.span)


def _spelled(*names: str) -> Callable[[Spell], Spell]:
    def enter(function: Spell) -> Spell:
        for item in names:
            TABLE[item] = function
        return function

    return enter


def scalar(type_: Type) -> Scalar:
    assert isinstance(type_, Scalar), "a scalar is expected"
    return type_


def _same_type_call(function: str, op: Op, args: Sequence[Expr]) -> Expr:
    return call(f"ascendify_{function}_{scalar(op.operands[0].type)}", *args)


# Constants and geometry


@_spelled("const")
def _const(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    if isinstance(op.result.type, Pointer):
        return name(NULL)
    value = op.attrs["value"]
    assert isinstance(value, int | float), "a constant is a number"
    return literal(value, op.result.type)


def _axis(prefix_text: str) -> Spell:
    def spelling(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
        return name(f"{prefix_text}_{AXES[int(op.attrs['dim'])]}")  # type: ignore[arg-type]

    return spelling


TABLE["thread_idx"] = _axis("threadIdx")
TABLE["block_idx"] = _axis("blockIdx")
TABLE["block_dim"] = _axis("blockDim")
TABLE["grid_dim"] = _axis("gridDim")
TABLE["block_threads"] = lambda ctx, op, args: name("block->threads")


@_spelled("thread_linear")
def _thread_linear(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    z, y, x = name("threadIdx_z"), name("threadIdx_y"), name("threadIdx_x")
    rows = binary("+", binary("*", z, name("blockDim_y")), y)
    return binary("+", binary("*", rows, name("blockDim_x")), x)


@_spelled("shuffle_source")
def _shuffle_source(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    return call(f"ascendify_shuffle_{op.attrs['mode']}", *args)


# Arithmetic


def wrapped(type_: Scalar, result: Expr) -> Expr:
    """C computes narrow integers as int; cut the result back."""
    return cast(SCALAR_NAMES[type_.name], result) if type_.bits < 32 else result


def _operands(args: Sequence[Expr]) -> tuple[Expr, Expr]:
    """Two operands of one type: of two literals one keeps its suffix."""
    a, b = args
    return (a, b.plain()) if not b.bare or not a.bare else (a, b)


def _arithmetic(operator: str, word: str) -> Spell:
    def spelling(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
        type_ = scalar(op.result.type)
        if type_ in HALVES:
            return _same_type_call(word, op, args)
        a, b = _operands(args)
        if type_.is_integer and a.bare:
            a = a.plain() if not b.bare else a
        if operator == "+" and type_.is_integer and b.text[0] == "-" and b.text[1:].isdigit():
            return wrapped(type_, binary("-", a, replace(b, text=b.text[1:], precedence=20)))
        return wrapped(type_, binary(operator, a, b))

    return spelling


TABLE["add"] = _arithmetic("+", "add")
TABLE["sub"] = _arithmetic("-", "sub")
TABLE["mul"] = _arithmetic("*", "mul")


def _is_safe_divisor(ctx: Spelling, value: Value) -> bool:
    """Whether `value` is surely neither 0 nor -1."""
    number = ctx.constant(value)
    if number is not None:
        return number not in (0, -1)
    op = ctx.definitions.get(value)
    if op is None:
        return False
    if op.name in ("block_dim", "grid_dim", "block_threads"):
        return True
    if op.name == "cast" and scalar(op.result.type).is_integer and op.result.type.size >= 4:
        source = ctx.definitions.get(op.operands[0])
        # gridDim.x may be as large as 2**31 - 1; both fit in an int32_t
        return source is not None and source.name in ("block_dim", "grid_dim", "block_threads")
    return False


def _division(operator: str, word: str) -> Spell:
    def spelling(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
        type_ = scalar(op.result.type)
        if type_ in HALVES:
            return _same_type_call(word, op, args)
        if type_.is_float:
            if operator == "%":
                return call("fmodf" if type_ == F32 else "fmod", *args)
            return binary(operator, *args)
        if _is_safe_divisor(ctx, op.operands[1]):
            return wrapped(type_, binary(operator, *_operands(args)))
        return _same_type_call(word, op, args)

    return spelling


TABLE["div"] = _division("/", "div")
TABLE["rem"] = _division("%", "rem")


@_spelled("neg")
def _neg(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    type_ = scalar(op.result.type)
    if type_ in HALVES:
        return _same_type_call("neg", op, args)
    return wrapped(type_, prefix("-", args[0]))


@_spelled("abs")
def _abs(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    type_ = scalar(op.result.type)
    if type_ in (F32, F64):
        return call("fabsf" if type_ == F32 else "fabs", *args)
    if type_.kind in (Kind.UNSIGNED, Kind.BOOL):
        return args[0]
    return _same_type_call("abs", op, args)


def _extremum(word: str) -> Spell:
    def spelling(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
        type_ = scalar(op.result.type)
        if type_ in (F32, F64):
            return call(f"f{word}{'f' if type_ == F32 else ''}", *args)
        if type_ == I1:
            return binary("&&" if word == "min" else "||", *args)
        return _same_type_call(word, op, args)

    return spelling


TABLE["min"] = _extremum("min")
TABLE["max"] = _extremum("max")


@_spelled("fma")
def _fma(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    type_ = scalar(op.result.type)
    if op.attrs.get("rounding", "rn") != "rn":
        raise unsupported(op, f"fma rounded by {op.attrs['rounding']}")
    if type_ in HALVES:
        return _same_type_call("fma", op, args)
    return call("fmaf" if type_ == F32 else "fma", *args)


def _by_header(word: str) -> Spell:
    return lambda ctx, op, args: _same_type_call(word, op, args)


for _word in ("mul_high", "popc", "clz", "ffs", "brev"):
    TABLE[_word] = _by_header(_word)
TABLE["byte_perm"] = lambda ctx, op, args: call("ascendify_byte_perm", *args)
TABLE["funnel_shift"] = lambda ctx, op, args: call(f"ascendify_funnel_{op.attrs['mode']}", *args)


# Bits and logic


def _bitwise(operator: str, logical: str) -> Spell:
    def spelling(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
        type_ = scalar(op.result.type)
        if type_ == I1:
            return binary(logical, *args)
        return wrapped(type_, binary(operator, *_operands(args)))

    return spelling


TABLE["and"] = _bitwise("&", "&&")
TABLE["or"] = _bitwise("|", "||")
TABLE["xor"] = _bitwise("^", "!=")


@_spelled("not")
def _not(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    type_ = scalar(op.result.type)
    return prefix("!", args[0]) if type_ == I1 else wrapped(type_, prefix("~", args[0]))


def _shift(operator: str, word: str) -> Spell:
    def spelling(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
        type_ = scalar(op.result.type)
        if _is_count_below(ctx, op.operands[1], type_.bits):
            return wrapped(type_, binary(operator, args[0], args[1].plain()))
        count = scalar(op.operands[1].type)
        # The header's functions take an int64_t count: every count but huge unsigned ones fits.
        if count.bits == 64 and count.kind is Kind.UNSIGNED:
            return call(f"ascendify_{word}_{type_}", args[0], call("ascendify_count_u64", args[1]))
        return call(f"ascendify_{word}_{type_}", *args)

    return spelling


def _is_count_below(ctx: Spelling, value: Value, width: int) -> bool:
    number = ctx.constant(value)
    if number is not None:
        return 0 <= number < width
    op = ctx.definitions.get(value)
    if op is not None and op.name == "and":
        masks = [ctx.constant(v) for v in op.operands]
        return any(m is not None and 0 <= m < width for m in masks)
    if op is not None and op.name == "rem" and scalar(op.result.type).kind is Kind.UNSIGNED:
        divisor = ctx.constant(op.operands[1])
        return divisor is not None and 0 < divisor <= width
    return False


TABLE["shl"] = _shift("<<", "shl")
TABLE["shr"] = _shift(">>", "shr")

PREDICATES = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


@_spelled("cmp")
def _cmp(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    type_ = op.operands[0].type
    operator = PREDICATES[str(op.attrs["pred"])]
    if type_ in HALVES:
        widened = [call(f"ascendify_{type_}_to_f32", a) for a in args]
        return binary(operator, *widened)
    a, b = _operands(args)
    return binary(operator, a.plain() if a.bare and not b.bare else a, b)


@_spelled("select")
def _select(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    return conditional(*args)


# Conversions


@_spelled("cast")
def _cast(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    source, target = scalar(op.operands[0].type), scalar(op.result.type)
    value = args[0]
    rounding = str(op.attrs.get("rounding", "rn" if target.is_float else "rz"))
    if source == target and not (source.is_float and target.is_float and rounding != "rn"):
        return value
    if target == I1:
        return _to_bool(source, value)
    if source.is_float and target.is_integer:
        suffix = "" if rounding == "rz" else f"_{rounding}"
        return call(f"ascendify_{source}_to_{target}{suffix}", value)
    if source.is_integer and target.is_integer:
        return cast(SCALAR_NAMES[target.name], value)
    if rounding != "rn":
        return _directed(source, target, rounding, value)
    if target in HALVES or source in HALVES:
        return _half_cast(source, target, value)
    return cast(SCALAR_NAMES[target.name], value)


def _to_bool(source: Scalar, value: Expr) -> Expr:
    if source in HALVES:
        return binary("!=", call(f"ascendify_{source}_to_f32", value), name("0.0f"))
    zero = literal(0.0 if source.is_float else 0, source)
    return binary("!=", value, zero.plain())


def _half_cast(source: Scalar, target: Scalar, value: Expr) -> Expr:
    if source == F32 or target == F32:
        return call(f"ascendify_{source}_to_{target}", value)
    if source in HALVES:
        single = call(f"ascendify_{source}_to_f32", value)
        return (
            cast("double", single) if target == F64 else call(f"ascendify_f32_to_{target}", single)
        )
    if source == F64 or source.bits < 64:
        wide = value if source == F64 else cast("double", value)
        return call(f"ascendify_f64_to_{target}", wide)
    return _directed(source, target, "rn", value)


def _directed(source: Scalar, target: Scalar, rounding: str, value: Expr) -> Expr:
    if source in HALVES:
        value = call(f"ascendify_{source}_to_f32", value)
    if target == F64 and (source.is_float or source.bits < 64):
        return cast("double", value)
    return call(f"ascendify_round_to_{target}", value, name(f"ASCENDIFY_{rounding.upper()}"))


@_spelled("bitcast")
def _bitcast(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    source, target = scalar(op.operands[0].type), scalar(op.result.type)
    in_bits = source.is_integer or source in HALVES
    out_bits = target.is_integer or target in HALVES
    if source == target or {source, target} <= {U16, *HALVES}:
        return args[0]
    if in_bits and out_bits:
        return cast(SCALAR_NAMES[target.name], args[0])
    if in_bits:
        return call(f"ascendify_bits_to_{target}", args[0])
    bits = call(f"ascendify_{source}_to_bits", args[0])
    return bits if target.kind is Kind.UNSIGNED else cast(SCALAR_NAMES[target.name], bits)


# Mathematics: C's function where there is one (float's with its suffix), else the header's

C_MATH: Mapping[str, str] = {
    **{n: n for n in (
        "sqrt cbrt exp exp2 exp10 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh "
        "tanh asinh acosh atanh erf erfc tgamma lgamma floor ceil trunc round rint j0 j1 pow atan2 "
        "copysign hypot fdim nextafter ldexp").split()},
    "fmod_ieee": "remainder",
}  # fmt: skip
HEADER_MATH = "rcbrt erfinv erfcinv normcdf sinpi cospi".split()


def _math(op_name: str) -> Spell:
    def spelling(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
        type_ = scalar(op.result.type)
        if op.attrs.get("rounding", "rn") != "rn":
            raise unsupported(op, f"{op_name} rounded by {op.attrs['rounding']}")
        if type_ not in HALVES:
            return _math_call(op_name, type_, args)
        if op_name in ("nextafter", "copysign"):
            return _same_type_call(op_name, op, args)
        widened = [
            call(f"ascendify_{type_}_to_f32", a) if v.type == type_ else a
            for a, v in zip(args, op.operands, strict=True)
        ]
        return call(f"ascendify_f32_to_{type_}", _math_call(op_name, F32, widened))

    return spelling


def _math_call(op_name: str, type_: Scalar, args: Sequence[Expr]) -> Expr:
    suffix = "f" if type_ == F32 else ""
    one = name(f"1.0{suffix}")
    if op_name == "rcp":
        return binary("/", one, args[0])
    if op_name == "rsqrt":
        return binary("/", one, call(f"sqrt{suffix}", args[0]))
    if op_name in C_MATH:
        return call(f"{C_MATH[op_name]}{suffix}", *args, cost=10)
    return call(f"ascendify_{op_name}_{type_}", *args, cost=10)


for _word in (*C_MATH, *HEADER_MATH, "rcp", "rsqrt"):
    TABLE[_word] = _math(_word)


def _classify(op_name: str) -> Spell:
    function = {"is_nan": "isnan", "is_inf": "isinf", "is_finite": "isfinite"}

    def spelling(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
        type_ = scalar(op.operands[0].type)
        value = call(f"ascendify_{type_}_to_f32", args[0]) if type_ in HALVES else args[0]
        made = call(function.get(op_name, "signbit"), value)
        return binary("!=", made, name("0"))

    return spelling


for _word in ("is_nan", "is_inf", "is_finite", "sign_bit"):
    TABLE[_word] = _classify(_word)


# Memory


@_spelled("global_addr")
def _global_addr(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    return ctx.symbols[str(op.attrs["symbol"])]


@_spelled("offset")
def _offset(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    type_ = op.result.type
    assert isinstance(type_, Pointer), "offset gives a pointer"
    if ctx.constant(op.operands[1]) == 0:
        return args[0]
    if isinstance(type_.elem, Void):
        const = "const " if op.result in ctx.read_only else ""
        moved = offset(cast(f"{const}uint8_t *", args[0]), args[1])
        return cast(f"{const}void *", moved)
    return offset(_typed(ctx, op, args[0]), args[1])


@_spelled("ptr_diff")
def _ptr_diff(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    return cast("int64_t", binary("-", *(_typed(ctx, op, arg) for arg in args)))


@_spelled("field")
def _field(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    pointer = op.operands[0].type
    assert isinstance(pointer, Pointer), "field of a pointer"
    assert isinstance(pointer.elem, Record), "field of a record"
    item = pointer.elem.field(str(op.attrs["name"]))
    return member(_typed(ctx, op, args[0]), member_name(item.name), item.is_array)


@_spelled("ptr_cast")
def _ptr_cast(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    source, target = op.operands[0].type, op.result.type
    assert isinstance(source, Pointer), "ptr_cast of a pointer"
    assert isinstance(target, Pointer), "ptr_cast gives a pointer"
    if source.elem == target.elem:
        return args[0]
    return cast(ctx.types.pointer(target.elem, is_const=op.result in ctx.read_only), args[0])


@_spelled("ptr_to_int")
def _ptr_to_int(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    return cast("uint64_t", cast("uintptr_t", args[0]))


@_spelled("int_to_ptr")
def _int_to_ptr(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    return cast(ctx.types.text(op.result.type), cast("uintptr_t", args[0]))


@_spelled("shared_to_int")
def _shared_to_int(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    return cast("uint32_t", cast("uintptr_t", args[0]))


@_spelled("int_to_shared")
def _int_to_shared(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    return cast(ctx.types.text(op.result.type), call("ascendify_shared_at", name("block"), args[0]))


def _typed(ctx: Spelling, op: Op, pointer: Expr) -> Expr:
    """The first operand, where C has to know what it points at; `NULL` does not say it."""
    return cast(ctx.types.text(op.operands[0].type), pointer) if pointer.text == NULL else pointer


def place(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    """The object that a load or store speaks of."""
    pointer = _typed(ctx, op, args[0])
    if op.attrs.get("volatile"):
        type_ = op.operands[0].type
        assert isinstance(type_, Pointer), "memory is reached by pointers"
        const = op.name == "load" and op.operands[0] in ctx.read_only
        pointer = cast(ctx.types.pointer(type_.elem, is_const=const, volatile=True), pointer)
    return element(pointer, args[1])


@_spelled("load")
def _load(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    return read(place(ctx, op, args), ctx.memory(op.operands[0]))


@_spelled("atomic")
def _atomic(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    type_ = scalar(op.result.type)
    function = f"ascendify_atomic_{op.attrs['op']}_{type_}"
    return call(function, _address(_typed(ctx, op, args[0]), args[1]), args[2])


@_spelled("atomic_cas")
def _atomic_cas(ctx: Spelling, op: Op, args: Sequence[Expr]) -> Expr:
    function = f"ascendify_atomic_cas_{scalar(op.result.type)}"
    return call(function, _address(_typed(ctx, op, args[0]), args[1]), args[2], args[3])


def _address(pointer: Expr, index: Expr) -> Expr:
    """The address of element `index`."""
    if index.text == "0" or index.bare == "0":
        return pointer
    return prefix("&", element(pointer, index))


TABLE["clock"] = lambda ctx, op, args: call("ascendify_clock")
