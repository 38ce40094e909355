"""What a kernel's code has fixed about the size of its blocks.

Constant strides of loops that start at `threadIdx` and constant tiles `blockIdx.x * 32 +
threadIdx.x` mean one size exactly. Shared arrays of fixed size that are indexed by `threadIdx`
bound it: in the address's form the next larger coefficient, or the array's size, divided by the
coefficient of the index. Halving loops that start from `blockDim` want powers of two, warp
operations whole warps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...ir.dtypes import Space
from ...ir.nodes import Op, Value
from ...ir.ops import WARP_OPS
from ..rewriter import integer_of
from .affine import Affine, Symbol
from .flows import LAUNCH, LOOP
from .kernel_facts import KernelFacts, Site

DIMENSIONS = "xyz"
WARP_SIZE = 32
MAX_THREADS = 1024
_Sizes = tuple[int, int, int]
_USUAL: Mapping[int, tuple[tuple[int, ...], ...]] = {
    1: ((256, 128, 64, 512, 32, 1024), (256, 128, 64, 32), (64, 32)),
    2: ((16, 32, 8, 64), (16, 8, 4, 2, 32), (8, 4, 2)),
    3: ((8, 16, 32, 4), (8, 4, 2), (4, 2, 1)),
}
"""Usual sizes along x, y, z by how many dimensions are used."""


@dataclass(frozen=True, slots=True)
class BlockLimits:
    """0 stands for: nothing said."""

    exact: _Sizes = (0, 0, 0)
    """Sizes that the code assumes."""
    exact_threads: int = 0
    """All threads of the block together, where the code assumes a number of them."""
    largest: _Sizes = (0, 0, 0)
    """Sizes above which a shared array is left."""
    max_threads: int = MAX_THREADS
    """From the launch bounds."""
    power_of_two: bool = False
    whole_warps: bool = False
    ties: tuple[tuple[str, str], ...] = ()
    """Parameters that have to be equal to a size: `("block_size", "blockDim.x")`."""

    def __str__(self) -> str:
        parts = [f"{d} = {n}" for d, n in zip(DIMENSIONS, self.exact, strict=True) if n]
        parts += [f"{d} <= {n}" for d, n in zip(DIMENSIONS, self.largest, strict=True) if n]
        if self.exact_threads:
            parts.append(f"threads = {self.exact_threads}")
        if self.max_threads != MAX_THREADS:
            parts.append(f"threads <= {self.max_threads}")
        parts += [f"{a} = {b}" for a, b in self.ties]
        parts += [f for f in ("power_of_two", "whole_warps") if getattr(self, f)]
        return "".join(f", {part}" for part in parts)

    def blocks(self, threads: Sequence[str]) -> list[_Sizes]:
        """Sizes worth trying, the likeliest first; `threads`: the dimensions that are used."""
        usual = _USUAL[min(3, max(1, len(threads)))]
        options: list[tuple[int, ...]] = []
        for at, dim in enumerate(DIMENSIONS):
            if self.exact[at]:
                options.append((self.exact[at],))
            elif dim not in threads:
                options.append((1,))
            else:
                most = self.largest[at]
                first = (1 << most.bit_length() - 1,) if most else ()
                if at == 0 and self.whole_warps and len(threads) > 1:
                    first = (*first, WARP_SIZE)
                options.append((*first, *usual[at]))
        found = [(x, y, z) for x in options[0] for y in options[1] for z in options[2]]
        if self.exact_threads and len(threads) == 1:
            at = DIMENSIONS.index(threads[0])
            found = [_with(block, at, self.exact_threads) for block in found]
        fitting = [block for block in dict.fromkeys(found) if self.fits(block)]
        return fitting or [(min(self.max_threads, 64), 1, 1)]

    def fits(self, block: _Sizes) -> bool:
        """Whether a block of this size keeps to all of it."""
        threads = block[0] * block[1] * block[2]
        if threads > self.max_threads or (self.exact_threads not in (0, threads)):
            return False
        if self.whole_warps and threads % WARP_SIZE:
            return False
        if self.power_of_two and threads & (threads - 1):
            return False
        pairs = zip(block, self.exact, self.largest, strict=True)
        return all(e in (0, n) and (not most or n <= most) for n, e, most in pairs)


def _with(block: _Sizes, at: int, size: int) -> _Sizes:
    changed = list(block)
    changed[at] = size
    return changed[0], changed[1], changed[2]


def block_limits(known: KernelFacts) -> BlockLimits:
    """What `known`'s kernel has fixed about its blocks."""
    finder = _Finder(known)
    exact, total = finder.exact_sizes()
    bound = known.func.attrs.get("max_threads")
    return BlockLimits(
        exact,
        total,
        finder.largest_sizes(),
        bound if isinstance(bound, int) and bound else MAX_THREADS,
        finder.halves_from_block(),
        any(op.name in WARP_OPS for op in known.ops),
        tuple(dict.fromkeys(finder.ties())),
    )


class _Finder:
    def __init__(self, known: KernelFacts) -> None:
        self.known = known
        self.forms = known.forms
        self.loops = [op for op in known.ops if op.name == "for"]

    # Exact sizes

    def exact_sizes(self) -> tuple[_Sizes, int]:
        found: dict[str, int] = {}
        for dim, size in (*self._compared(), *self._strides(), *self._tiles()):
            if 0 < size <= MAX_THREADS:
                found.setdefault(dim, size)
        sizes = [found.get(dim, 0) for dim in DIMENSIONS]
        return (sizes[0], sizes[1], sizes[2]), found.get("all", 0)

    def _compared(self) -> Iterator[tuple[str, int]]:
        """`blockDim.x == 256` in an assertion."""
        for op in self.known.ops:
            condition = self.known.defs.get(op.operands[0]) if op.name == "assert" else None
            if condition is None or condition.name != "cmp" or condition.attrs["pred"] != "eq":
                continue
            for own, other in (condition.operands, condition.operands[::-1]):
                number = integer_of(other, self.known.defs)
                symbols = self.forms.of(own).symbols()
                if number is not None and len(symbols) == 1 and str(symbols[0])[:8] == "blockDim":
                    yield str(symbols[0])[-1], number

    def _strides(self) -> Iterator[tuple[str, int]]:
        """Loops from `c * threadIdx` by a constant take `stride / c` threads."""
        for op in self.loops:
            step = self.forms.of(op.operands[2])
            start = self.forms.of(op.operands[0])
            if step.is_constant and not op.attrs.get("down"):
                yield from self._covering(start, step.constant)
            counter = op.regions[0].args[0]
            if step.is_constant and step.constant > 1 and start.is_constant:
                for index in self._sums_with(counter):
                    yield from self._covering(index, step.constant)

    def _covering(self, start: Affine, stride: int) -> Iterator[tuple[str, int]]:
        """How many threads, starting where `start` says, cover `stride`."""
        if _is_linear_index(start):
            yield "all", stride
            return
        threads = [s for s in start.symbols() if str(s)[:9] == "threadIdx"]
        if len(threads) == 1:
            factor = start.coefficient(threads[0])
            if factor.is_constant and 0 < factor.constant < stride:
                if stride % factor.constant == 0:
                    yield str(threads[0])[-1], stride // factor.constant

    def _sums_with(self, counter: Value) -> Iterator[Affine]:
        """The forms in guards that add a counter to a thread's index."""
        for op in self.known.ops:
            if op.name == "cmp":
                for value in op.operands:
                    form = self.forms.of(value)
                    step = form.coefficient(counter)
                    if step.is_constant and step.constant == 1:
                        yield form

    def _tiles(self) -> Iterator[tuple[str, int]]:
        """`blockIdx.x * 32 + threadIdx.x`: 32 threads."""
        covered = {dim for dim, _ in self._strides()}
        for op in self.known.ops:
            if op.name not in ("cmp", "for"):
                continue
            for value in op.operands[:2]:
                form = self.forms.of(value)
                if any(
                    isinstance(s, Value) and self.known.flows.of(s) & LOOP for s in form.symbols()
                ):
                    continue
                for dim in DIMENSIONS:
                    block = form.coefficient(f"blockIdx.{dim}")
                    thread = form.coefficient(f"threadIdx.{dim}")
                    if dim not in covered and block.terms and thread.terms:
                        yield from self._tile(dim, block, thread)

    def _tile(self, dim: str, block: Affine, thread: Affine) -> Iterator[tuple[str, int]]:
        if block.is_constant and thread.is_constant and thread.constant > 0:
            if block.constant % thread.constant == 0:
                yield dim, block.constant // thread.constant

    # Largest sizes

    def largest_sizes(self) -> _Sizes:
        found: dict[str, int] = {}
        for site in self.known.sites:
            size = self._array_size(site)
            if size and site.form is not None:
                for dim, most in self._limits(site, site.form, size):
                    found[dim] = min(most, found.get(dim, most))
        sizes = [found.get(dim, 0) for dim in DIMENSIONS]
        return sizes[0], sizes[1], sizes[2]

    def _array_size(self, site: Site) -> int:
        """Bytes of the shared array of fixed size that is accessed; 0 for other memory."""
        if len(site.memories) != 1 or site.memories[0].kind != "global":
            return 0
        item = self.known.module.global_(site.memories[0].name[1:])
        return item.count * item.elem.size if item.space is Space.SHARED else 0

    def _limits(self, site: Site, form: Affine, size: int) -> Iterator[tuple[str, int]]:
        guarded = {
            symbol
            for fact in self.known.facts(site.access)
            for value in (fact.lhs, fact.rhs)
            for symbol in self.forms.of(value).symbols()
        }
        steps: dict[Symbol, int] = {}
        for symbol in form.symbols():
            factor = form.coefficient(symbol)
            if factor.is_constant and factor.constant > 0:
                steps[symbol] = factor.constant
        for symbol, step in steps.items():
            if str(symbol)[:9] != "threadIdx" or symbol in guarded:
                continue
            above = [other for other in steps.values() if other > step]
            left = size - max(0, form.constant) - site.size
            most = min(above) // step if above else left // step + 1
            if 0 < most <= MAX_THREADS:
                yield str(symbol)[-1], most

    # Shapes of loops

    def halves_from_block(self) -> bool:
        """Whether a loop halves a count that starts from the block's size, or doubles up to it.

        A parameter that has to be equal to the block's size counts as it.
        """
        flows = self.known.flows
        size = LAUNCH
        for scalar, _ in self.ties():
            size |= flows.bit("scalar", scalar)
        for op in self.known.ops:
            if op.name != "loop":
                continue
            from_block = any(flows.of(v) & size for v in op.operands)
            condition = self.known.defs.get(op.regions[0].terminator.operands[0])
            compared = condition.operands if condition is not None else ()
            to_block = any(flows.of(v) & size for v in compared)
            for value in op.regions[2].terminator.operands:
                step = self.known.defs.get(value)
                if step is None or not _is_by_two(step, self.known):
                    continue
                if from_block or (to_block and step.name in ("mul", "shl", "add")):
                    return True
        return False

    def ties(self) -> Iterator[tuple[str, str]]:
        """Parameters that are the stride of loops from `threadIdx`."""
        for start, step in self._starts_and_steps():
            if len(step.terms) != 1 or step.terms[0][1] != 1 or len(step.terms[0][0]) != 1:
                continue
            scalar = self.known.symbol_name(step.terms[0][0][0])
            if scalar is None or scalar.startswith(("blockDim", "gridDim")):
                continue
            for dim in DIMENSIONS:
                if start.terms == (((f"threadIdx.{dim}",), 1),):
                    yield scalar, f"blockDim.{dim}"

    def _starts_and_steps(self) -> Iterator[tuple[Affine, Affine]]:
        """Of every counter, also those of general loops that add to what they carry."""
        for op in self.loops:
            yield self.forms.of(op.operands[0]), self.forms.of(op.operands[2])
        for op in self.known.ops:
            if op.name != "loop" or op.regions[2].terminator.name != "yield":
                continue
            after = op.regions[2]
            for start, arg, value in zip(
                op.operands, after.args, after.terminator.operands, strict=False
            ):
                following = self.forms.of(value)
                if value is not arg and arg in following.symbols():
                    yield self.forms.of(start), self.forms.plus(following, self.forms.of(arg), -1)


def _is_linear_index(form: Affine) -> bool:
    """Whether a form counts threads over several dimensions."""
    for monomial, number in form.terms:
        names = [str(symbol) for symbol in monomial]
        if number == 1 and any(n[:9] == "threadIdx" for n in names):
            if any(n[:8] == "blockDim" for n in names):
                return True
    return False


def _is_by_two(op: Op, known: KernelFacts) -> bool:
    if op.name == "add":
        return op.operands[0] is op.operands[1]
    if op.name not in ("div", "shr", "mul", "shl"):
        return False
    numbers = [integer_of(v, known.defs) for v in op.operands]
    return (1 if op.name in ("shr", "shl") else 2) in numbers
