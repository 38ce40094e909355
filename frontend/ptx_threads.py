"""Rows of PTX in which threads meet: barriers, shuffles, votes, tensor operations; and the rest."""

from __future__ import annotations

from ..ir.dtypes import I1, I32, U32, Scalar, Space
from ..ir.matrix_fragments import PRODUCTS
from ..ir.nodes import Op, Value
from .ptx_rows import Decoded, Table
from .ptx_state import Ptx
from .ptx_text import Operand, Pair, Vector

TABLE = Table()
row = TABLE.row

FULL = 0xFFFFFFFF

# ---------------------------------------------------------------- barriers


@row("bar.sync barrier.sync barrier.cta.sync bar.cta.sync", "1-2", "", "aligned")
def _barrier(ptx: Ptx, ins: Decoded) -> None:
    if len(ins.operands) > 1:
        raise ptx.fail(
            "inline PTX: a barrier of some threads of the block is not supported",
            "use __syncthreads() of the whole block, or a cooperative group",
        )
    ptx.fn.effect("barrier")


@row("bar.warp.sync", "1")
def _warp_barrier(ptx: Ptx, ins: Decoded) -> None:
    ptx.fn.effect("warp_sync", [ptx.read(ins.operands[0], U32)])


@row("bar.red barrier.red barrier.cta.red", "3", "u32 pred", "popc and or aligned")
def _counting_barrier(ptx: Ptx, ins: Decoded) -> None:
    kind = {"popc": "count"}.get(ins.one_of("popc and or"), ins.one_of("and or"))
    result = ptx.fn.emit("barrier_reduce", [ptx.read(ins.operands[2], I1)], {"op": kind})
    b = ptx.fn.b
    ptx.write(ins.operands[0], result if kind == "count" else b.cmp("ne", result, b.i32(0)))


# ---------------------------------------------------------------- warps


@row("shfl.sync", "5", "b32", "up down bfly idx")
def _shfl(ptx: Ptx, ins: Decoded) -> None:
    target, source, by, clamp, mask = ins.operands
    mode = {"bfly": "xor"}.get(ins.one_of("up down bfly idx"), ins.one_of("up down idx"))
    known = ptx.constant(clamp)
    last = 0 if mode == "up" else 31
    if known is None or known & 31 != last or known >> 8 & 31 not in (0, 16, 24, 28, 30, 31):
        raise ptx.fail("inline PTX: this segment of shfl.sync is not supported")
    width = 32 - (known >> 8 & 31)
    b = ptx.fn.b
    value = ptx.read(source, U32)
    lane = ptx.read(by, I32)
    got = b.op("shuffle", ptx.read(mask, U32), value, lane, b.i32(width), mode=mode)
    if isinstance(target, Pair):
        ptx.write(target.first, got)
        ptx.write(target.second, _in_segment(ptx, mode, lane, width))
    else:
        ptx.write(target, got)


def _in_segment(ptx: Ptx, mode: str, by: Value, width: int) -> Value:
    """Whether the lane that a shuffle names is in the thread's segment."""
    b = ptx.fn.b
    within = b.cast(b.op("rem", b.op("thread_linear"), b.u32(width)), I32)
    by = b.op("and", by, b.i32(31))
    if mode == "idx":
        return b.i1(True)
    if mode == "up":
        return b.cmp("ge", within, by)
    other = b.op("add" if mode == "down" else "xor", within, by)
    return b.cmp("lt", other, b.i32(width))


@row("vote.sync", "3", "pred b32", "any all uni ballot")
def _vote(ptx: Ptx, ins: Decoded) -> None:
    target, source, mask = ins.operands
    fn, b, word = ptx.fn, ptx.fn.b, ins.one_of("any all uni ballot")
    lanes, value = ptx.read(mask, U32), ptx.read(source, I1)
    if word == "uni":
        every = fn.emit("vote", [lanes, value], {"op": "all"}, I1)
        some = fn.emit("vote", [lanes, value], {"op": "any"}, I1)
        ptx.write(target, b.op("or", every, b.op("not", some)))
        return
    type_ = U32 if word == "ballot" else I1
    ptx.write(target, fn.emit("vote", [lanes, value], {"op": word}, type_))


@row("activemask", "1", "b32")
def _activemask(ptx: Ptx, ins: Decoded) -> None:
    ptx.write(ins.operands[0], ptx.fn.b.op("active_mask"))


@row("match.any.sync", "3", "b32 b64")
def _match(ptx: Ptx, ins: Decoded) -> None:
    target, source, mask = ins.operands
    lanes, value = ptx.read(mask, U32), ptx.read(source, ins.type)
    ptx.write(target, ptx.fn.emit("match", [lanes, value], {"op": "any"}))


@row("redux.sync", "3", "b32 u32 s32", "add min max and or xor")
def _redux(ptx: Ptx, ins: Decoded) -> None:
    target, source, mask = ins.operands
    lanes, value = ptx.read(mask, U32), ptx.read(source, ins.type)
    word = ins.one_of("add min max and or xor")
    ptx.write(target, ptx.fn.emit("warp_reduce", [lanes, value], {"op": word}))


# ---------------------------------------------------------------- matrices

_MATRICES = "m8n8 x1 x2 x4 trans shared shared::cta"


@row("ldmatrix.sync.aligned", "2", "b16", _MATRICES)
def _ldmatrix(ptx: Ptx, ins: Decoded) -> None:
    target, source = ins.operands
    pointer = ptx.pointer(source, U32, _matrix_space(ins))
    results = tuple(Value(U32) for _ in _registers(ptx, ins, target))
    _append(ptx, "load_matrix", (pointer,), ins, results)
    for item, value in zip(_registers(ptx, ins, target), results, strict=True):
        ptx.write(item, value)


@row("stmatrix.sync.aligned", "2", "b16", _MATRICES)
def _stmatrix(ptx: Ptx, ins: Decoded) -> None:
    pointer = ptx.pointer(ins.operands[0], U32, _matrix_space(ins))
    values = [ptx.read(item, U32) for item in _registers(ptx, ins, ins.operands[1])]
    _append(ptx, "store_matrix", (pointer, *values), ins, ())


def _matrix_space(ins: Decoded) -> Space:
    return Space.SHARED if ins.one_of("shared shared::cta") else Space.GENERIC


def _count(ins: Decoded) -> int:
    return int((ins.one_of("x1 x2 x4") or "x1")[1:])


def _registers(ptx: Ptx, ins: Decoded, operand: Operand) -> tuple[Operand, ...]:
    items = operand.items if isinstance(operand, Vector) else (operand,)
    if len(items) != _count(ins):
        raise ptx.fail(f"inline PTX: {len(items)} registers for {_count(ins)} matrices")
    return items


def _append(
    ptx: Ptx, name: str, operands: tuple[Value, ...], ins: Decoded, results: tuple[Value, ...]
) -> None:
    attrs: dict[str, int | bool] = {"count": _count(ins)}
    if "trans" in ins.modifiers:
        attrs["transpose"] = True
    ptx.fn.b.append(Op(name, operands, attrs, (), results, ptx.fn.b.span))


_SHAPES = "m16n8k4 m16n8k8 m16n8k16 m16n8k32"
_MULTIPLIED = "f16 bf16 tf32 f32 s8 u8 s32 e4m3 e5m2"


@row("mma.sync.aligned", "4", _MULTIPLIED, f"{_SHAPES} row col")
def _mma(ptx: Ptx, ins: Decoded) -> None:
    d, a, b, c = ins.types if len(ins.types) == 4 else ("", "", "", "")
    kind = f"{ins.one_of(_SHAPES)}_{a}_{b}_{d}"
    product = PRODUCTS.get(kind)
    if product is None or c != d or ins.one_of("row") == "" or ins.one_of("col") == "":
        types = ".".join(ins.types)
        raise ptx.fail(f"inline PTX: mma {ins.one_of(_SHAPES)} of {types} is not supported")
    groups: list[tuple[Operand, int, Scalar]] = [
        (ins.operands[1], product.a_registers, U32),
        (ins.operands[2], product.b_registers, U32),
        (ins.operands[3], product.c_registers, product.c_type),
    ]
    values: list[Value] = []
    for operand, count, type_ in groups:
        items = operand.items if isinstance(operand, Vector) else (operand,)
        if len(items) != count:
            raise ptx.fail(f"inline PTX: {len(items)} registers for {count} of mma {kind}")
        values += [ptx.read(item, type_) for item in items]
    target = ins.operands[0]
    items = target.items if isinstance(target, Vector) else (target,)
    if len(items) != product.c_registers:
        raise ptx.fail(f"inline PTX: {len(items)} results for {product.c_registers} of mma {kind}")
    results = tuple(Value(product.c_type) for _ in items)
    ptx.fn.b.append(Op("mma", tuple(values), {"kind": kind}, (), results, ptx.fn.b.span))
    for item, value in zip(items, results, strict=True):
        ptx.write(item, value)


@row("movmatrix.sync.aligned", "2", "b16", "m8n8 trans")
def _movmatrix(ptx: Ptx, ins: Decoded) -> None:
    """Lane 4 g + t gets elements 2 t and 2 t + 1 of column g: from lanes 8 t + g / 2 and 4 on."""
    b = ptx.fn.b
    value, mask = ptx.read(ins.operands[1], U32), b.u32(FULL)
    lane = b.cast(b.op("rem", b.op("thread_linear"), b.u32(32)), I32)
    column, within = b.op("shr", lane, b.i32(2)), b.op("and", lane, b.i32(3))
    first = b.op("add", b.op("shl", within, b.i32(3)), b.op("shr", column, b.i32(1)))
    second = b.op("add", first, b.i32(4))
    shift = b.op("shl", b.op("and", column, b.i32(1)), b.i32(4))
    halves: list[Value] = []
    for source in (first, second):
        got = b.op("shuffle", mask, value, source, b.i32(32), mode="idx")
        halves.append(b.op("and", b.op("shr", got, shift), b.u32(0xFFFF)))
    ptx.write(ins.operands[0], b.op("or", halves[0], b.op("shl", halves[1], b.i32(16))))


# ---------------------------------------------------------------- the world outside


@row("trap brkpt", "0")
def _trap(ptx: Ptx, ins: Decoded) -> None:
    ptx.fn.effect("trap")


@row("nanosleep", "1", "u32")
def _nanosleep(ptx: Ptx, ins: Decoded) -> None:
    """Time is not modelled."""


@row("griddepcontrol.wait griddepcontrol.launch_dependents", "0")
def _grid_dependency(ptx: Ptx, ins: Decoded) -> None:
    """Launches run one after the other."""


@row("setmaxnreg.inc setmaxnreg.dec", "1", "u32", "sync aligned")
def _registers_of_warps(ptx: Ptx, ins: Decoded) -> None:
    """How many registers a warp has changes no value."""
