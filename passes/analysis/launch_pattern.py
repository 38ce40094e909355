"""How a kernel wants to be launched: which dimensions, how large a block, how many blocks.

The blocks along a dimension follow from guards: where `blockIdx.x * c + ... < limit` guards an
access, `ceil(limit / c)` blocks do all of the work. `i / K < rows` counts as `i < rows * K`. A
dimension that only addresses memory enumerates rows that the kernel does not know the number of;
parameters that it does not use otherwise are then taken for that number. The block's size follows
from what the code has fixed: strides of loops that start at `threadIdx`, constant tiles, the
extents of shared arrays, comparisons with constants. What remains free is chosen by the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field

from ...ir.dtypes import Scalar
from ...ir.nodes import Func, Module, Op, Value
from ...ir.sizes import ONE, Size, const, largest, name, product, quotient, total
from .affine import Affine
from .block_limits import BlockLimits, block_limits
from .conditions import Fact, facts
from .kernel_facts import KernelFacts, Site
from .uniform_sizes import UniformSizes

DIMENSIONS = "xyz"
_GLOBAL = ("param", "pointee")


@dataclass(frozen=True, slots=True)
class GridDimension:
    """What the blocks along one dimension enumerate.

    `kind`: `unused`, `elements` (`blockIdx * blockDim + threadIdx`), `tiles` (a fixed number a
    block), `rows` (one a block), `grid_stride` (any number of blocks does all of the work),
    `unbounded` (rows without a guard).
    """

    kind: str
    count: Size | None
    """The number of blocks that does all of the work; None where the kernel does not say."""
    limit: str = ""
    """What is enumerated, as text: `n`, `rows*cols`."""
    is_guess: bool = False
    """Whether `count` comes from parameters that the kernel does not use."""


@dataclass(frozen=True, slots=True)
class LaunchPattern:
    """How a kernel wants to be launched."""

    threads: tuple[str, ...]
    """The dimensions of threadIdx that are used: `x`, `y`, `z`."""
    blocks: tuple[str, ...]
    grid: tuple[GridDimension, GridDimension, GridDimension]
    limits: BlockLimits
    dynamic_shared: bool = False
    cooperative: bool = False
    """Whether the whole grid waits at barriers."""
    unused_scalars: tuple[str, ...] = field(default=())

    def as_data(self) -> dict[str, object]:
        """All of it as what JSON can hold; sizes as text (`ir.sizes.read_size` reads it back)."""
        data = asdict(self)
        data["grid"] = [
            {
                "kind": item.kind,
                "count": None if item.count is None else str(item.count),
                "limit": item.limit,
                "is_guess": item.is_guess,
            }
            for item in self.grid
        ]
        return data | {"blocks_to_try": [list(block) for block in self.blocks_to_try()]}

    def blocks_to_try(self) -> list[tuple[int, int, int]]:
        """Sizes of blocks that keep to the limits, the likeliest first."""
        return self.limits.blocks(self.threads)

    def grid_size(
        self, scalars: Mapping[str, int], block: tuple[int, int, int], fallback: int = 2
    ) -> tuple[int, int, int]:
        """The blocks to launch; `fallback` along dimensions of which nothing is known."""
        names = dict(scalars)
        names |= {f"blockDim.{d}": n for d, n in zip(DIMENSIONS, block, strict=True)}
        names |= {f"gridDim.{d}": 1 for d in DIMENSIONS}
        counts = []
        for item in self.grid:
            count = fallback if item.count is None else item.count.evaluate(names)
            counts.append(max(1, count) if item.kind != "unused" else 1)
        return counts[0], counts[1], counts[2]


def launch_pattern(module: Module, kernel: Func, known: KernelFacts | None = None) -> LaunchPattern:
    """How `kernel` (after the SIMT pipeline) wants to be launched."""
    return _Finder(known or KernelFacts(module, kernel)).pattern()


@dataclass(frozen=True, slots=True)
class _Bound:
    """`index < limit` guards an access; `step`: of the loop whose counter it is."""

    index: Affine
    limit: Size
    writes: bool
    step: Affine | None = None


class _Finder:
    def __init__(self, known: KernelFacts) -> None:
        self.known = known
        self.sizes = UniformSizes(known)
        self.bounds = [bound for site in self._global_sites() for bound in self._bounds(site)]

    def pattern(self) -> LaunchPattern:
        known = self.known
        used = {
            (op.name, DIMENSIONS[int(str(op.attrs["dim"]))])
            for op in known.ops
            if op.name in ("thread_idx", "block_idx")
        }
        threads = {d for n, d in used if n == "thread_idx"}
        if any(op.name == "thread_linear" for op in known.ops):
            threads.add("x")
        unused = self._unused_scalars()
        grid = self._with_guesses([self._dimension(d, used) for d in DIMENSIONS], unused)
        return LaunchPattern(
            tuple(sorted(threads)),
            tuple(sorted(d for n, d in used if n == "block_idx")),
            grid,
            block_limits(known),
            any(g.count == 0 for g in known.module.globals),
            any(op.name == "grid_barrier" for op in known.ops),
            unused,
        )

    # Guards

    def _global_sites(self) -> Iterator[Site]:
        for site in self.known.sites:
            if any(memory.kind in _GLOBAL for memory in site.memories):
                yield site

    def _compared(self) -> Iterator[_Bound]:
        """What any comparison of the kernel would say as a guard."""
        for op in self.known.ops:
            if op.name == "cmp":
                for bound in self._bounds_of(facts(op.results[0], True, self.known.defs), False):
                    if any("Dim." not in text for text in bound.limit.names()):
                        yield bound

    def _bounds(self, site: Site) -> Iterator[_Bound]:
        forms, writes = self.known.forms, site.kind != "read"
        yield from self._bounds_of(self.known.facts(site.access), writes)
        for loop in site.access.loops:
            for start, limit, step in self._loop_bounds(loop):
                for index, scaled in self._undivided(start, limit):
                    yield _Bound(forms.of(index), scaled, writes, step)

    def _bounds_of(self, found: Iterable[Fact], writes: bool) -> Iterator[_Bound]:
        for item in found:
            fact = item.swapped() if item.pred in ("gt", "ge") else item
            yield from self._downwards(fact, writes)
            if fact.pred not in ("lt", "le") or not isinstance(fact.lhs.type, Scalar):
                continue
            limit = self._limit(fact.rhs)
            if limit is not None and fact.lhs.type.is_integer:
                for index, scaled in self._undivided(fact.lhs, limit):
                    yield _Bound(self.known.forms.of(index), scaled, writes)

    def _downwards(self, fact: Fact, writes: bool) -> Iterator[_Bound]:
        """`0 <= n - 1 - 4 * blockIdx.x - j` bounds `4 * blockIdx.x + j` by `n`."""
        if fact.pred not in ("lt", "le") or not isinstance(fact.rhs.type, Scalar):
            return
        if not fact.rhs.type.is_integer:
            return
        forms = self.known.forms
        gap = forms.plus(forms.of(fact.rhs), forms.of(fact.lhs), -1)
        known = [(m, c) for m, c in gap.terms if self.known.is_uniform(Affine(((m, c),)))]
        index = Affine(tuple((m, -c) for m, c in gap.terms if (m, c) not in known))
        above = forms.of(fact.rhs).terms
        falls = any(c < 0 and any(str(s)[:8] == "blockIdx" for s in m) for m, c in above)
        limit = self.sizes.of_form(Affine(tuple(known))) if falls else None
        if limit is not None and any("Dim." not in text for text in limit.names()):
            yield _Bound(index, total(limit, const(int(fact.pred == "le"))), writes)

    def _loop_bounds(self, loop: Op) -> Iterator[tuple[Value, Size, Affine]]:
        """Where counters of a loop start, what they stay below, and their steps."""
        forms = self.known.forms
        if loop.name == "for":
            limit = self._limit(loop.operands[1])
            if limit is not None and not loop.attrs.get("down"):
                yield loop.operands[0], limit, forms.of(loop.operands[2])
            return
        cond, _, step = loop.regions
        for item in facts(cond.terminator.operands[0], True, self.known.defs):
            fact = item.swapped() if item.pred in ("gt", "ge") else item
            counter = self._uncast(fact.lhs)
            limit = self._limit(fact.rhs) if fact.pred in ("lt", "le") else None
            if limit is None or counter not in cond.args or step.terminator.name != "yield":
                continue
            at = cond.args.index(counter)
            following = forms.of(step.terminator.operands[at])
            if step.args[at] in following.symbols():
                moved = forms.plus(following, forms.of(step.args[at]), -1)
                yield loop.operands[at], limit, moved

    def _uncast(self, value: Value) -> Value:
        op = self.known.defs.get(value)
        while op is not None and op.name == "cast":
            value = op.operands[0]
            op = self.known.defs.get(value)
        return value

    def _limit(self, value: Value) -> Size | None:
        """The size that `value` is, or is at most: `min(n, ...)` counts as `n`."""
        size = self.sizes.of(value)
        if size is None:
            size = self.sizes.of_form(self.known.forms.of(value))
        op = self._through_casts(value)
        if size is None and op is not None and op.name == "min":
            found = [s for s in map(self._limit, op.operands) if s is not None]
            return found[0] if found else None
        return size

    def _undivided(self, value: Value, limit: Size) -> Iterator[tuple[Value, Size]]:
        """`value < limit`, and for a quotient the same of what is divided."""
        yield value, limit
        op = self._through_casts(value)
        while op is not None and op.name in ("div", "shr"):
            divisor = self.sizes.of(op.operands[1])
            if divisor is None or (op.name == "shr" and divisor.op != "const"):
                return
            if op.name == "shr":
                divisor = const(1 << min(divisor.number, 31))
            limit = product(limit, divisor)
            yield op.operands[0], limit
            op = self._through_casts(op.operands[0])

    def _through_casts(self, value: Value) -> Op | None:
        return self.known.defs.get(self._uncast(value))

    # Dimensions

    def _dimension(self, dim: str, used: set[tuple[str, str]]) -> GridDimension:
        if ("block_idx", dim) not in used:
            return GridDimension("unused", ONE)
        symbol = f"blockIdx.{dim}"
        found = [b for b in self.bounds if symbol in b.index.symbols()]
        if not found:  # what is compared may choose a value instead of guarding an access
            found = [b for b in self._compared() if symbol in b.index.symbols()]
        if any(b.writes for b in found):
            found = [b for b in found if b.writes]
        counts: dict[str, tuple[Size, str, str]] = {}
        for bound in found:
            step = bound.index.coefficient(symbol)
            covered = self.sizes.of_form(step)
            if covered is None or not bound.index.is_linear_in(symbol):
                continue
            if any(s.startswith("gridDim") for s in covered.names()):
                covered, count = ONE, ONE  # the dimensions make one index: the first does the work
            else:
                count = quotient(bound.limit, covered, up=True)
            kind = _kind(covered, bound, dim)
            counts.setdefault(str(count), (count, kind, str(bound.limit)))
        if not counts:
            return GridDimension("unbounded", None)
        chosen = list(counts.values())[:3]
        _, kind, limit = chosen[0]
        return GridDimension(kind, largest(*(c for c, _, _ in chosen)), limit)

    def _unused_scalars(self) -> tuple[str, ...]:
        """Integer parameters that the kernel does not look at, in order."""
        provenance = self.known.provenance
        seen = {provenance.scalar(v) for op in self.known.ops for v in op.operands}
        found = []
        for param in self.known.func.params:
            scalar = provenance.scalar(param)
            if scalar is not None and scalar not in seen and isinstance(param.type, Scalar):
                if param.type.is_integer and param.type.bits >= 32:
                    found.append(scalar)
        return tuple(found)

    def _with_guesses(
        self, grid: list[GridDimension], unused: tuple[str, ...]
    ) -> tuple[GridDimension, GridDimension, GridDimension]:
        """Unguarded rows get the parameters that nothing else uses: `N` of `(N, C)`."""
        open_ = [at for at, item in enumerate(grid) if item.kind == "unbounded"]
        groups: list[tuple[str, ...]] = []
        if len(open_) == 1 and unused:
            groups = [unused]
        elif len(open_) == len(unused):
            groups = [(scalar,) for scalar in reversed(unused)]
        for at, group in zip(open_, groups, strict=False):
            limit = product(*map(name, group))
            count = quotient(limit, self._covered(DIMENSIONS[at]), up=True)
            grid[at] = GridDimension("unbounded", count, str(limit), is_guess=True)
        return grid[0], grid[1], grid[2]

    def _covered(self, dim: str) -> Size:
        """What one block does along a dimension that only addresses memory."""
        for site in self._global_sites():
            block = site.form.coefficient(f"blockIdx.{dim}") if site.form is not None else None
            if block is not None and f"blockDim.{dim}" in block.symbols():
                return name(f"blockDim.{dim}")
        return ONE


def _kind(covered: Size, bound: _Bound, dim: str) -> str:
    if bound.step is not None and f"gridDim.{dim}" in bound.step.symbols():
        return "grid_stride"
    if f"blockDim.{dim}" in covered.names():
        return "elements"
    return "rows" if covered == ONE else "tiles"


def text(pattern: LaunchPattern) -> str:
    """One line a dimension and one for the block, for people and tests."""
    lines = []
    for dim, item in zip(DIMENSIONS, pattern.grid, strict=True):
        if item.kind != "unused":
            guess = " (guess)" if item.is_guess else ""
            of = f" of {item.limit}" if item.limit else ""
            lines.append(f"grid.{dim}: {item.kind}{of}, {item.count or '?'} blocks{guess}")
    lines.append(f"block: threads {' '.join(pattern.threads) or '-'}{pattern.limits}")
    flags = [flag for flag in ("dynamic_shared", "cooperative") if getattr(pattern, flag)]
    return "\n".join(lines + flags) + "\n"
