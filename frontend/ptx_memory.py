"""Rows of PTX that touch memory: loads, stores, atomics, fences, asynchronous copies, hints.

Cache operators and eviction priorities change no value. An asynchronous copy is done at once,
which is one of the executions that PTX allows; the oracle does it as late as it may
(`runtime/oracle/support/async_copies.cpp`), so a missing wait shows as a difference.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.dtypes import I1, I32, U8, U64, Scalar, Space
from ..ir.nodes import Attr, Value
from .ptx_rows import FLOATS, TYPES, WORDS, Decoded, Table
from .ptx_state import WORDS as WORD_TYPES
from .ptx_state import Ptx
from .ptx_text import Operand, Register, Vector

TABLE = Table()
row = TABLE.row

_SPACES = {
    "shared": Space.SHARED,
    "shared::cta": Space.SHARED,
    "global": Space.GLOBAL,
    "const": Space.CONSTANT,
}
_SCOPES = {"cta": "block", "gpu": "device", "gl": "device", "sys": "system"}
_ORDER = "weak volatile relaxed acquire release acq_rel sc cta gpu sys"
_CACHE = (
    "ca cg cs lu cv wb wt nc L1::evict_normal L1::evict_unchanged L1::evict_first L1::evict_last "
    "L1::no_allocate L2::evict_first L2::evict_last L2::evict_normal L2::cache_hint L2::64B "
    "L2::128B L2::256B"
)
_PLACES = " ".join(_SPACES)


def _space(ins: Decoded) -> Space:
    return _SPACES.get(ins.one_of(_PLACES), Space.GENERIC)


def _fence(ptx: Ptx, ins: Decoded) -> None:
    scope = _SCOPES[ins.one_of("cta gpu sys gl") or "gpu"]
    ptx.fn.effect("fence", (), {"scope": scope})


def _attrs(ins: Decoded) -> dict[str, Attr]:
    return {"volatile": True} if ins.one_of("volatile relaxed acquire release") else {}


def _items(ptx: Ptx, ins: Decoded, operand: Operand) -> tuple[Operand, ...]:
    """The registers of an access: several where the opcode says `.v2`, `.v4`, `.v8`."""
    count = int((ins.one_of("v2 v4 v8") or "v1")[1:])
    items = operand.items if isinstance(operand, Vector) else (operand,)
    if len(items) != count:
        raise ptx.fail(f"inline PTX: {len(items)} registers for {count}")
    return items


def _element(ins: Decoded) -> Scalar:
    """What one register takes in memory: a packed pair as one number."""
    scalar, lanes = TYPES[ins.types[-1]]
    return WORD_TYPES[scalar.bits * lanes] if lanes > 1 else scalar


@row("ld", "2-3", f"{WORDS} {FLOATS}", f"{_ORDER} {_CACHE} {_PLACES} v2 v4 v8")
def _ld(ptx: Ptx, ins: Decoded) -> None:
    elem = _element(ins)
    pointer = ptx.pointer(ins.operands[1], elem, _space(ins))
    items = _items(ptx, ins, ins.operands[0])
    index = [ptx.fn.b.i32(i) for i in range(len(items))]
    values = [ptx.fn.emit("load", [pointer, i], _attrs(ins), elem) for i in index]
    for item, value in zip(items, values, strict=True):
        ptx.write(item, value)
    if "acquire" in ins.modifiers:
        _fence(ptx, ins)


@row("st", "2-3", f"{WORDS} {FLOATS}", f"{_ORDER} {_CACHE} {_PLACES} v2 v4 v8")
def _st(ptx: Ptx, ins: Decoded) -> None:
    if "release" in ins.modifiers:
        _fence(ptx, ins)
    elem = _element(ins)
    pointer = ptx.pointer(ins.operands[0], elem, _space(ins))
    items = _items(ptx, ins, ins.operands[1])
    values = [ptx.read(item, elem) for item in items]
    for i, value in enumerate(values):
        ptx.fn.effect("store", [pointer, ptx.fn.b.i32(i), value], _attrs(ins))


# ---------------------------------------------------------------- atomics

_ATOMICS = {
    "add": "add", "min": "min", "max": "max", "and": "and", "or": "or", "xor": "xor",
    "exch": "exchange", "inc": "inc", "dec": "dec", "cas": "cas",
}  # fmt: skip
_UPDATED = f"{_ORDER} {_PLACES} noftz {' '.join(_ATOMICS)}"


def _update(ptx: Ptx, ins: Decoded, target: Operand | None, rest: Sequence[Operand]) -> None:
    word = ins.one_of(" ".join(_ATOMICS))
    if not word:
        raise ptx.fail(f"inline PTX: '{ins.name}' without an operation is not supported")
    if ins.one_of("release acq_rel sc"):
        _fence(ptx, ins)
    scalar, lanes = TYPES[ins.types[-1]]
    pointer = ptx.pointer(rest[0], scalar, _space(ins))
    b = ptx.fn.b
    attrs: dict[str, Attr] = {"scope": _SCOPES[ins.one_of("cta gpu sys") or "gpu"]}
    old: list[Value] = []
    sources = [_lanes(ptx, operand, scalar, lanes) for operand in rest[1:]]
    for lane in range(lanes):
        values = [source[lane] for source in sources]
        operands = [pointer, b.i32(lane), *values]
        if word == "cas":
            old.append(ptx.fn.emit("atomic_cas", operands, attrs))
        else:
            old.append(ptx.fn.emit("atomic", operands, {"op": _ATOMICS[word], **attrs}))
    if target is not None:
        ptx.write(target, old[0] if lanes == 1 else ptx.joined(old))
    if ins.one_of("acquire acq_rel sc"):
        _fence(ptx, ins)


def _lanes(ptx: Ptx, operand: Operand, scalar: Scalar, lanes: int) -> list[Value]:
    if lanes == 1:
        return [ptx.read(operand, scalar)]
    whole = ptx.read(operand, WORD_TYPES[scalar.bits * lanes])
    return [ptx.view(part, scalar) for part in ptx.parts(whole, lanes)]


@row("atom", "3-4", "b32 u32 s32 b64 u64 s64 f32 f64 f16 bf16 f16x2 bf16x2", _UPDATED)
def _atom(ptx: Ptx, ins: Decoded) -> None:
    _update(ptx, ins, ins.operands[0], ins.operands[1:])


@row("red", "2", "b32 u32 s32 b64 u64 s64 f32 f64 f16 bf16 f16x2 bf16x2", _UPDATED)
def _red(ptx: Ptx, ins: Decoded) -> None:
    _update(ptx, ins, None, ins.operands)


@row("membar fence", "0", "", "cta gl gpu sys acq_rel sc acquire release")
def _membar(ptx: Ptx, ins: Decoded) -> None:
    _fence(ptx, ins)


# ---------------------------------------------------------------- addresses


@row("cvta", "2", "u64 u32", "to shared global local const shared::cta")
def _cvta(ptx: Ptx, ins: Decoded) -> None:
    target, source = ins.operands
    b, value = ptx.fn.b, ptx.raw(source)
    if ins.one_of("shared shared::cta"):
        if "to" in ins.modifiers:
            pointer = ptx.as_pointer(value, U8, Space.GENERIC)
            ptx.write(target, b.cast(b.op("shared_to_int", pointer), U64))
        else:
            ptx.write(target, ptx.as_pointer(value, U8, Space.SHARED))
    elif ins.one_of("global const"):
        ptx.write(target, value)
    else:
        raise ptx.fail("inline PTX: addresses of local memory are not supported")


# ---------------------------------------------------------------- asynchronous copies


@row("cp.async", "3-5", "", f"ca cg global {_CACHE} {_PLACES}")
def _cp_async(ptx: Ptx, ins: Decoded) -> None:
    to, source, size, *rest = ins.operands
    bytes_ = ptx.constant(size)
    if bytes_ not in (4, 8, 16):
        raise ptx.fail("inline PTX: cp.async copies 4, 8 or 16 bytes, a constant")
    if "L2::cache_hint" in ins.modifiers:
        rest = rest[:-1]
    target = ptx.pointer(to, U8, Space.SHARED)
    origin = ptx.pointer(source, U8, Space.GLOBAL)
    whole: Value | None = None
    limit: Value | None = None
    if rest and isinstance(rest[0], Register) and _is_predicate(ptx, rest[0]):
        whole = ptx.fn.b.op("not", ptx.read(rest[0], I1))
        limit = ptx.fn.b.i32(0)
    elif rest:
        known = ptx.constant(rest[0])
        if known is not None and known >= bytes_:
            rest = []
        else:
            limit = ptx.read(rest[0], I32)
            whole = ptx.fn.b.cmp("ge", limit, ptx.fn.b.i32(bytes_))
    _copy(ptx, target, origin, bytes_, whole, limit)


def _is_predicate(ptx: Ptx, operand: Register) -> bool:
    return ptx.widths.get(ptx.key(operand.name)) == 1


def _copy(
    ptx: Ptx,
    target: Value,
    origin: Value,
    count: int,
    whole: Value | None,
    limit: Value | None,
) -> None:
    """Copy `count` bytes; unless `whole`, only the first `limit`, and zeros after them."""
    fn = ptx.fn
    attrs: dict[str, Attr] = {"bytes": count, "align": count}
    if whole is None or limit is None:
        fn.effect("copy", [target, origin], attrs)
        return
    with fn.region() as complete:
        fn.effect("copy", [target, origin], attrs)
        then = complete.finish()
    with fn.region() as partial:
        index = Value(I32, "i")
        with fn.region() as body:
            with fn.region() as inside:
                byte = fn.b.load(origin, index)
                copied = inside.finish((), byte)
            with fn.region() as outside:
                cleared = outside.finish((), outside.const(0, U8))
            value = Value(U8)
            is_inside = body.cmp("lt", index, limit)
            body.structured("if", [is_inside], [copied, cleared], [value])
            body.store(target, index, value)
            step = body.finish((index,))
        partial.structured("for", [partial.i32(0), partial.i32(count), partial.i32(1)], [step])
        other = partial.finish()
    fn.b.structured("if", [whole], [then, other])


@row("cp.async.commit_group cp.async.wait_all", "0")
def _nothing(ptx: Ptx, ins: Decoded) -> None:
    """What was copied is there."""


@row("cp.async.wait_group", "1")
def _wait(ptx: Ptx, ins: Decoded) -> None:
    if ptx.constant(ins.operands[0]) is None:
        raise ptx.fail("inline PTX: cp.async.wait_group takes a constant")


# ---------------------------------------------------------------- hints


@row("createpolicy", "2-4", "b64", f"fractional range {_CACHE} global L2::evict_unchanged")
def _policy(ptx: Ptx, ins: Decoded) -> None:
    ptx.write(ins.operands[0], ptx.fn.b.const(0, U64))


@row(
    "prefetch prefetchu applypriority",
    "1-2",
    "",
    f"{_CACHE} {_PLACES} local L1 L2 L2::evict_last L2::evict_normal",
)
def _hint(ptx: Ptx, ins: Decoded) -> None:
    """Changes no value."""
