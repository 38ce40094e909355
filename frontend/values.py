"""What elaborating an expression gives: a typed value, a place in memory, or a name of functions.

Nothing is emitted before it is needed: constants stay Python values, the address of `p[i]` stays
pointer and index, reading an lvalue happens where the value is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..ir.nodes import Value
from ..ir.source import NOWHERE, Span
from .cpp_types import QType
from .entities import ConstantValue, Function, TemplateRef

LVALUE = "lvalue"
XVALUE = "xvalue"
PRVALUE = "prvalue"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object is: element `index` (None: 0) from `pointer`. `bits` is a bit-field's offset
    and width in the unit that the place names."""

    pointer: Value
    index: Value | None = None
    volatile: bool = False
    bits: tuple[int, int] | None = None
    name: str = ""


@dataclass(eq=False, slots=True)
class Maker:
    """How an object of class type is built: where it is wanted, or once into a temporary."""

    build: Callable[[Place], None]
    made: Place | None = None
    find: Callable[[], Place] | None = None
    """Where the object is already (a string literal), found when it is asked for."""


@dataclass(frozen=True, slots=True)
class Overloads:
    """A name of functions; `args` template arguments as written, `object` what the dot follows."""

    functions: tuple[Function, ...]
    args: tuple[QType | Ex | TemplateRef, ...] | None = None
    object: Ex | None = None
    name: str = ""
    adl: bool = True


@dataclass(eq=False, slots=True)
class Ex:
    """An elaborated expression. `type` is never a reference. Only `span` is ever changed: it moves
    outwards to the whole expression.

    `value`: the SSA value of a scalar prvalue. `constant`: its value where known at compile time.
    `place`: where an lvalue is; `maker` builds a prvalue of class type where it is wanted.
    `address`: the place that a pointer value is the address of. `string`: a literal's text.
    """

    type: QType
    category: str = PRVALUE
    value: Value | None = None
    constant: ConstantValue | None = None
    place: Place | None = None
    maker: Maker | None = None
    address: Place | None = None
    overloads: Overloads | None = None
    string: str | None = None
    component: Callable[[str], Ex] | None = None
    """For index variables: a member by name."""
    literal_zero: bool = False
    span: Span = NOWHERE

    @property
    def is_glvalue(self) -> bool:
        return self.category != PRVALUE

    def at(self, span: Span) -> Ex:
        return replace(self, span=span)


def constant(type_: QType, value: ConstantValue, *, literal_zero: bool = False) -> Ex:
    """A prvalue known at compile time."""
    return Ex(type_.bare, constant=value, literal_zero=literal_zero)


RawArg = QType | Ex | TemplateRef
"""A template argument before its parameter is known."""
