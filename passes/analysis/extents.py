"""Which bytes of each buffer one launch can touch, from the first to the last.

Every access's address is bounded twice, by intervals in its scope and as a linear form under the
guards around it, and the narrower bound counts. The result is sound: no access lies outside,
provided that elements used as indices keep to the bounds stated for them. `exact` says more: a
thread was found that touches the first byte, and one that touches the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...ir.nodes import Func, Module
from .concrete import WIDE, Concrete, Given, Launch, Size3, Unreachable
from .kernel_facts import KernelFacts, Site
from .linear_forms import LinearForms
from .provenance import parameter_names
from .scopes import Scopes
from .witness import Witness

LIMIT = 1 << 31
"""Bytes; an extent beyond is as good as unknown."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Bytes `low_byte` to `high_byte`, both included, from where the pointer points."""

    low_byte: int
    high_byte: int
    exact: bool = False

    @property
    def is_empty(self) -> bool:
        return self.high_byte < self.low_byte

    def join(self, other: Extent) -> Extent:
        if self.is_empty or other.is_empty:
            return other if self.is_empty else self
        low = min(self, other, key=lambda e: (e.low_byte, not e.exact))
        high = max(self, other, key=lambda e: (e.high_byte, e.exact))
        return Extent(low.low_byte, high.high_byte, low.exact and high.exact)


EMPTY = Extent(0, -1, True)


@dataclass(frozen=True, slots=True)
class SiteExtent:
    """What one access touches; `extent` is None where not known."""

    buffer: str
    kind: str
    """`read`, `write` or `atomic`."""
    file: str
    line: int
    extent: Extent | None


class Extents:
    """The extents of a kernel; what does not depend on the launch is worked out once."""

    def __init__(self, module: Module, kernel: Func, known: KernelFacts | None = None) -> None:
        self.known = known or KernelFacts(module, kernel)
        self.scopes = Scopes(kernel, self.known.defs)
        self.names = [
            name
            for name, param in zip(parameter_names(kernel), kernel.params, strict=True)
            if self.known.provenance.params[param].kind == "param"
            and self.known.provenance.scalar(param) is None
        ]

    def at(self, launch: Launch) -> dict[str, Extent | None]:
        """By buffer: parameters (`x`), members (`list.address`), what buffers of pointers point to
        (`x[]`), variables (`@tile`). Buffers that nobody touches have an empty extent."""
        found: dict[str, Extent | None] = {name: EMPTY for name in self.names}
        for item in self.sites(launch):
            before = found.get(item.buffer, EMPTY)
            known = before is not None and item.extent is not None
            found[item.buffer] = before.join(item.extent) if known else None  # type: ignore[union-attr, arg-type]
        return found

    def shared_bytes(self, launch: Launch) -> int | None:
        """How much `extern __shared__` memory a launch needs; None where not known."""
        dynamic = {f"@{item.name}" for item in self.known.module.globals if item.count == 0}
        found = [e for name, e in self.at(launch).items() if name in dynamic]
        sizes = [extent.high_byte + 1 for extent in found if extent is not None]
        return max(sizes, default=0) if len(sizes) == len(found) else None

    def sites(self, launch: Launch) -> Iterator[SiteExtent]:
        """What each access touches, in program order; those that nobody reaches are left out."""
        values = Concrete(self.known, self.scopes, launch)
        forms = LinearForms(values)
        witness = Witness(values)
        for site in self.known.sites:
            named = [m for m in site.memories if m.kind not in ("record", "local")]
            if not named:
                continue
            try:
                extent = self._extent(site, forms, witness)
            except Unreachable:
                continue
            except RecursionError:  # thousands of operations in one address
                extent = None
            span = site.op.span.written()
            for memory in named:
                yield SiteExtent(memory.name, site.kind, span.file, span.line, extent)

    def _extent(self, site: Site, forms: LinearForms, witness: Witness) -> Extent | None:
        values, scope = forms.values, self.scopes.at[site.op]
        interval = values.of(site.pointer, scope)
        form = forms.of(site.pointer, scope)
        if site.index is not None:
            index = values.of(site.index, scope)
            unit = site.size
            low, high = interval.low + unit * index.low, interval.high + unit * index.high
            form = form.plus(forms.of(site.index, scope), unit)
        else:
            low, high = interval
        above = forms.upper(form, scope)
        below = forms.upper(form.times(-1), scope)
        exact_high = above.value <= high and witness.attains(form, above, scope)
        exact_low = -below.value >= low and witness.attains(form.times(-1), below, scope)
        low, high = max(low, -below.value), min(high, above.value)
        if low > high:
            raise Unreachable
        if max(-low, high) > LIMIT or interval == WIDE:
            return None
        return Extent(low, high + site.size - 1, exact_low and exact_high)


def extents(
    module: Module,
    kernel: Func,
    scalars: Mapping[str, Given],
    grid: Size3,
    block: Size3,
    buffers: Mapping[str, tuple[int, int]] | None = None,
) -> dict[str, Extent | None]:
    """Which bytes of each buffer one launch of `kernel` (after the SIMT pipeline) can touch.

    `buffers`: for buffers whose elements are used as indices, the least and largest element. For
    several launches of one kernel make an `Extents` and ask it.
    """
    return Extents(module, kernel).at(Launch(scalars, grid, block, buffers or {}))
