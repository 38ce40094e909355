"""THE table of CUDA functions that become one IR operation, and of built-in variables.

Everything that can be said in CUDA itself (vector types, `half2` arithmetic, cooperative groups,
`std::` bits) is said there: the files in `prelude/`, which our own frontend compiles on demand.
What remains is this table: a function's name, its signature, the operation it is.

Signatures are C++ types as text; `T` stands for the types listed in `types`. Argument i of the
call becomes operand `operands[i]` names: by default all in order. `T*` pointers become the two
operands (pointer, index 0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..ir.nodes import Attr


@dataclass(frozen=True, slots=True)
class Builtin:
    """One overload (a family of overloads where `types` has several)."""

    name: str
    result: str
    params: tuple[str, ...]
    op: str
    """The operation of `ir/ops.py`; "cast" and "bitcast" go to the result type."""
    attrs: Mapping[str, Attr] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    defaults: tuple[int, ...] = ()
    """Default arguments for the last parameters (integers suffice)."""
