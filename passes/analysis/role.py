"""What is said of a kernel's parameter (`roles.py` finds it out): plain data, free of IR."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Number = int | float


@dataclass(frozen=True, slots=True)
class IndexUse:
    """The elements of a buffer are indices into `buffer`."""

    buffer: str
    scale: str
    """How many elements of `buffer` one step is: `1`, `C`, `4*C`; `?` where not known."""
    guarded: bool
    """Whether values out of range do no harm: a comparison, clamp or remainder is before."""
    limit: str = ""
    """What the value is compared with to be below it, where that is plain."""


@dataclass(frozen=True, slots=True)
class Member:
    """A scalar or pointer in a buffer's element of class type."""

    name: str
    offset: int
    type: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class PointerUse:
    """How a kernel uses a buffer."""

    direction: str
    """`in`, `out` (written, and read only where the same thread has written), `inout`, `unused`."""
    element: str
    """The scalar type of the elements as they are used; `record` (see `layout`), `ptr`, `other`."""
    element_size: int
    widths: tuple[int, ...] = ()
    """Bytes of the accesses."""
    align: int = 1
    """What addresses have to be a multiple of."""
    atomics: tuple[str, ...] = ()
    nullable: bool = False
    """Whether the kernel compares the pointer with null."""
    layout: tuple[Member, ...] = ()
    index_into: tuple[IndexUse, ...] = ()
    bounds_loop: bool = False
    """Elements bound loops."""
    monotone: bool = False
    """Neighbours bound loops from below and above: the elements have to ascend."""
    controls: bool = False
    """Elements decide about branches."""
    choices: tuple[Number, ...] = ()
    """Constants that elements are compared with."""


@dataclass(frozen=True, slots=True)
class ScalarUse:
    """How a kernel uses a number."""

    use: str
    """In one word: `shape`, `stride`, `offset`, `mode`, `shift`, `value`, `unused`."""
    uses: tuple[str, ...] = ()
    """All that was seen: `bound` (of an index), `loop_bound`, `loop_start`, `loop_step`, `stride`
    (multiplied into an address), `offset` (added to one), `address` (in another way), `divisor`,
    `shift`, `compared` (with constants), `related` (compared with other parameters), `label`
    (equal to elements or not), `limit` (of elements), `condition`, `value` (goes into results)."""
    choices: tuple[Number, ...] = ()
    """Constants that it is compared with."""
    multiple_of: int = 1
    """What it should be a multiple of, so that vector accesses stay aligned and inside."""
    nonzero: bool = False


@dataclass(frozen=True, slots=True)
class Role:
    """A parameter, or a member of a record parameter (`list.size`, `count` of them in a row)."""

    name: str
    kind: str
    """`pointer`, `scalar` or `record`."""
    type: str
    position: int
    offset: int = 0
    """Bytes from the start of the parameter."""
    count: int = 1
    stride: int = 0
    """Bytes between members of an array."""
    pointer: PointerUse | None = None
    scalar: ScalarUse | None = None
    fields: tuple[Role, ...] = field(default=())
    """Of a record: its members. Of a buffer of pointers: what they point to, as `name[]`."""

    def flat(self) -> Iterator[Role]:
        """This one and everything in it."""
        yield self
        for inner in self.fields:
            yield from inner.flat()
