"""Special registers of PTX: where the thread is, and clocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..ir.dtypes import U32, U64
from ..ir.nodes import Value
from .ptx_state import Ptx

_GEOMETRY = {"tid": "thread_idx", "ntid": "block_dim", "ctaid": "block_idx", "nctaid": "grid_dim"}


def special_register(ptx: Ptx, name: str) -> Value:
    """The value of `%name`. Raises CompileError where it has no meaning here."""
    word, _, axis = name.lstrip("%").partition(".")
    if word in _GEOMETRY and axis in ("x", "y", "z"):
        return ptx.fn.b.op(_GEOMETRY[word], dim="xyz".index(axis))
    made = _REGISTERS.get(word)
    if made is None:
        raise ptx.fail(f"inline PTX: the special register '{name}' is not supported")
    return made(ptx)


def _lane(ptx: Ptx) -> Value:
    b = ptx.fn.b
    return b.op("rem", b.op("thread_linear"), b.u32(32))


def _warp(ptx: Ptx) -> Value:
    b = ptx.fn.b
    return b.op("div", b.op("thread_linear"), b.u32(32))


def _mask(below: bool, own: bool, *, above: bool = False) -> Callable[[Ptx], Value]:
    def make(ptx: Ptx) -> Value:
        b = ptx.fn.b
        bit = b.op("shl", b.u32(1), _lane(ptx))
        lower = b.op("sub", bit, b.u32(1))
        if below or above:
            mask = b.op("or", lower, bit) if own == below else lower
            return b.op("not", mask) if above else mask
        return bit

    return make


def _clock(ptx: Ptx) -> Value:
    return ptx.fn.b.cast(ptx.fn.b.op("clock"), U64)


_REGISTERS: Mapping[str, Callable[[Ptx], Value]] = {
    "laneid": _lane,
    "warpid": _warp,
    "lanemask_lt": _mask(True, False),
    "lanemask_le": _mask(True, True),
    "lanemask_eq": _mask(False, True),
    "lanemask_gt": _mask(False, False, above=True),
    "lanemask_ge": _mask(False, True, above=True),
    "clock64": _clock,
    "globaltimer": _clock,
    "clock": lambda ptx: ptx.fn.b.cast(_clock(ptx), U32),
    "globaltimer_lo": lambda ptx: ptx.fn.b.cast(_clock(ptx), U32),
}
"""`%warpid` is the warp of the block, as hardware numbers them where nothing disturbs it."""
