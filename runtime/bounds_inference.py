"""What a kernel's buffers are meant to hold, from runs over several sizes, and where it misses.

Each run says of each access site which elements it touched. The number of elements that a buffer
is meant to have shows as a product of integer parameters (`n`, `rows*cols`, `4*n`) that fits every
run, or every run in which the threads of the launch come out even. Four things are reported:

- `missing-guard`: a site stays inside where sizes are multiples of what a block does, and runs
  over by exactly the rest of the launch where they are not;
- `off-by-one`: a site touches elements 0..M in every run, where others stop at M-1; or it does so
  exactly where the launch has threads to spare;
- `negative-index`: an element before the pointer that was passed;
- `unwritten-tail`: an output is written whole at even sizes, and only up to the last whole vector
  or block at others.

Buffers may well have one element a thread, or one more than there are rows, or a padded pitch.
So a site alone proves nothing: every rule wants all runs to agree to the element, and evidence
from other sites of the kernel (see each rule). Doubt stays silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from math import prod

FACTORS = (1, 2, 3, 4)
WIDTHS = (2, 4, 8, 16, 32, 64)
"""Elements that a thread or a vector access may do at once."""
MAX_NAMES = 8
MAX_DEGREE = 3
DIMENSIONS = "xyz"

Size3 = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Touched:
    """What one access site did to one buffer in one run, in elements from the pointer passed."""

    buffer: str
    file: str
    line: int
    kind: str
    """`read`, `write` or `atomic`."""
    low: int
    high: int
    """The last element touched."""
    count: int = 0
    """Different elements touched; 0 where nobody counted."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One run: a name for reports, the integer parameters, the launch, and all sites."""

    case: str
    scalars: Mapping[str, int]
    grid: Size3
    block: Size3
    sites: tuple[Touched, ...]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something to tell the user, with a run that shows it."""

    kind: str
    buffer: str
    file: str
    line: int
    message: str
    case: str


@dataclass(frozen=True, slots=True)
class Monomial:
    """`factor` times the product of parameters."""

    factor: int
    names: tuple[str, ...]

    def at(self, scalars: Mapping[str, int]) -> int:
        return self.factor * prod(scalars[name] for name in self.names)

    def __str__(self) -> str:
        return "*".join([*([str(self.factor)] if self.factor > 1 else []), *self.names])


@dataclass(frozen=True, slots=True)
class _Cover:
    """What the launch covers along a dimension: `blocks * threads * width`, or `blocks * width`."""

    dim: int
    width: int
    by_thread: bool = True

    def unit(self, run: Observation) -> int:
        """What one block does."""
        return self.width * (run.block[self.dim] if self.by_thread else 1)

    def at(self, run: Observation) -> int:
        return run.grid[self.dim] * self.unit(run)

    def is_tight(self, run: Observation, size: int) -> bool:
        """Whether the launch has the fewest blocks that cover `size`."""
        return self.at(run) - self.unit(run) < size <= self.at(run)


COVERS = (
    *(_Cover(dim, width) for width in (1, 2, 4, 8) for dim in range(3)),
    *(_Cover(dim, width, by_thread=False) for width in (8, 16, 32, 64, 128) for dim in range(3)),
)

_Key = tuple[str, str, int, str]


@dataclass(slots=True)
class _Site:
    """An access site over all runs in which it did something."""

    buffer: str
    file: str
    line: int
    kind: str
    touched: dict[int, Touched] = field(default_factory=dict)
    """By the number of the run."""

    @property
    def verb(self) -> str:
        return "reads" if self.kind == "read" else "writes"


class BoundsInference:
    """Takes runs of one kernel, and says what is suspicious about its bounds."""

    def __init__(self) -> None:
        self.runs: list[Observation] = []
        self._sites: dict[_Key, _Site] = {}

    def add(self, observation: Observation) -> None:
        """Enter a run. Several entries for one site and buffer count as one."""
        number = len(self.runs)
        self.runs.append(observation)
        for item in observation.sites:
            key = (item.buffer, item.file, item.line, item.kind)
            site = self._sites.setdefault(key, _Site(*key))
            before = site.touched.get(number)
            site.touched[number] = item if before is None else _joined(before, item)

    def conclude(self) -> list[Suspicion]:
        """What was found, by place in the source."""
        sites = list(self._sites.values())
        found = list(self._negative(sites))
        if len({tuple(sorted(run.scalars.items())) for run in self.runs}) >= 3:
            sizes = _Sizes(self.runs, sites)
            found += self._missing_guards(sizes)
            found += self._off_by_one(sizes)
            found += self._spare_threads(sizes)
            found += self._unwritten(sizes)
        return sorted(dict.fromkeys(found), key=lambda s: (s.file, s.line, s.kind, s.buffer))

    def extent(self, buffer: str) -> str | None:
        """How many elements `buffer` is meant to have, as text; None where runs do not agree."""
        sizes = _Sizes(self.runs, [s for s in self._sites.values() if s.buffer == buffer])
        ends: dict[int, int] = {}
        for site in sizes.sites:
            for number, item in site.touched.items():
                ends[number] = max(ends.get(number, 0), item.high + 1)
        if len({tuple(sorted(self.runs[n].scalars.items())) for n in ends}) < 3:
            return None
        return next((str(m) for m in sizes.monomials if sizes.fits(m, ends)), None)

    # Rules

    def _negative(self, sites: Iterable[_Site]) -> Iterator[Suspicion]:
        for site in sites:
            for number, item in site.touched.items():
                if item.low < 0:
                    case = self.runs[number].case
                    message = f"{site.verb} element {item.low} of `{site.buffer}`"
                    yield _suspicion("negative-index", site, f"{message}, before its start", case)
                    break

    def _missing_guards(self, sizes: _Sizes) -> Iterator[Suspicion]:
        """A launch that covers more than the size, and a site that goes all the way.

        One element a thread may be what is wanted (states of generators, partial sums), so no
        other buffer of the kernel may stop at the size: then there is a guard. The same buffer
        stopping there elsewhere is proof.
        """
        for site in sizes.sites:
            overrun = sizes.overrun(site)
            if overrun is None:
                continue
            bounded = {other.buffer for other in sizes.sites if sizes.stops_at(other, overrun.size)}
            if bounded - {site.buffer} and site.buffer not in bounded:
                continue
            run = self.runs[overrun.run]
            last = site.touched[overrun.run].high
            unit = overrun.cover.unit(run)
            message = (
                f"{site.verb} past `{site.buffer}` when {overrun.size} is not a multiple of {unit}:"
                f" element {last} with {_numbers(run, overrun.meant.names)}"
            )
            yield _suspicion("missing-guard", site, message, run.case)

    def _off_by_one(self, sizes: _Sizes) -> Iterator[Suspicion]:
        """Elements 0..M in every run.

        M+1 is a natural size for M a single parameter (offsets of rows, edges of bins): then the
        same buffer or two others have to stop at M-1. For a product it is not: then any site that
        keeps to a product will do.
        """
        for site in sizes.sites:
            ends = {n: item.high for n, item in site.touched.items() if item.low == 0}
            if len(ends) < len(self.runs) or not sizes.is_varied(ends):
                continue
            meant = next((m for m in sizes.monomials if sizes.fits(m, ends)), None)
            if meant is None or min(ends.values()) < 1:
                continue
            if not self._has_siblings(sizes, site, meant):
                continue
            number = min(ends, key=lambda n: ends[n])
            message = (
                f"{site.verb} element {meant} of `{site.buffer}`, one past its end:"
                f" element {ends[number]} with {_numbers(self.runs[number], meant.names)}"
            )
            yield _suspicion("off-by-one", site, message, self.runs[number].case)

    def _spare_threads(self, sizes: _Sizes) -> Iterator[Suspicion]:
        """Elements 0..M-1 where the launch has as many threads, a few more where it has threads to
        spare: an extent that was meant would not depend on the launch."""
        for site in sizes.sites:
            ends = {n: item.high + 1 for n, item in site.touched.items()}
            fitting = sizes.spare(ends)
            if fitting is None:
                continue
            meant, number, more = fitting
            message = (
                f"{site.verb} {'an element' if more == 1 else f'{more} elements'} past the "
                f"{meant} of `{site.buffer}`: element {ends[number] - 1} with "
                f"{_numbers(self.runs[number], meant.names)}"
            )
            yield _suspicion("off-by-one", site, message, self.runs[number].case)

    def _has_siblings(self, sizes: _Sizes, site: _Site, meant: Monomial) -> bool:
        others = [other for other in sizes.sites if other is not site]
        stopping = {other.buffer for other in others if sizes.keeps_to(other, meant)}
        if site.buffer in stopping or len(stopping) >= 2:
            return True
        if len(meant.names) < 2:
            return False
        return any(sizes.keeps_to(o, m) for o in others for m in sizes.monomials)

    def _unwritten(self, sizes: _Sizes) -> Iterator[Suspicion]:
        """An output that is whole in some runs and ends with a whole vector or block in others."""
        for buffer in dict.fromkeys(site.buffer for site in sizes.sites):
            writers = [s for s in sizes.sites if s.buffer == buffer and s.kind != "read"]
            if not writers or any(site.kind == "atomic" for site in writers):
                continue
            tail = sizes.tail(writers)
            if tail is None:
                continue
            meant, number, end = tail
            run = self.runs[number]
            last = meant.at(run.scalars) - 1
            message = (
                f"elements {end}..{last} of `{buffer}` are not written"
                f" with {_numbers(run, meant.names)}"
            )
            yield _suspicion("unwritten-tail", writers[-1], message, run.case)


@dataclass(frozen=True, slots=True)
class _Overrun:
    """Over what a site runs: `meant` elements, of which `size` is rounded up by `cover`."""

    meant: Monomial
    size: Monomial
    cover: _Cover
    run: int
    """One that shows it."""


class _Sizes:
    """The candidates for extents, and how sites compare with them."""

    def __init__(self, runs: Sequence[Observation], sites: Sequence[_Site]) -> None:
        self.runs = runs
        self.sites = sites
        self.monomials = list(self._monomials())

    def _monomials(self) -> Iterator[Monomial]:
        """Products of parameters, the simplest first. Small constants are no sizes."""
        if not self.runs:
            return
        shared = set.intersection(*(set(run.scalars) for run in self.runs))
        names = []
        for name in self.runs[0].scalars:
            values = {run.scalars[name] for run in self.runs} if name in shared else {0}
            if min(values) > 0 and (len(values) > 1 or max(values) > max(FACTORS)):
                names.append(name)
        for degree in range(1, MAX_DEGREE + 1):
            for factor in FACTORS:
                for chosen in combinations_with_replacement(names[:MAX_NAMES], degree):
                    yield Monomial(factor, chosen)

    def is_varied(self, numbers: Iterable[int]) -> bool:
        """Whether runs have three different sizes among them."""
        return len({tuple(sorted(self.runs[n].scalars.items())) for n in numbers}) >= 3

    def fits(self, meant: Monomial, ends: Mapping[int, int]) -> bool:
        """Whether `meant` is the number given in every run."""
        return all(meant.at(self.runs[n].scalars) == end for n, end in ends.items())

    def keeps_to(self, site: _Site, meant: Monomial) -> bool:
        """Whether `site` touches exactly elements 0..M-1 in every run."""
        if not self.is_varied(site.touched) or len(site.touched) < len(self.runs):
            return False
        if any(item.low != 0 for item in site.touched.values()):
            return False
        return self.fits(meant, {n: item.high + 1 for n, item in site.touched.items()})

    def stops_at(self, site: _Site, size: Monomial) -> bool:
        """Whether `site` keeps to a product that has the factors of `size`."""
        for meant in self.monomials:
            if _has_factors(meant, size) and self.keeps_to(site, meant):
                return True
        return False

    def overrun(self, site: _Site) -> _Overrun | None:
        """How `site` runs over in the runs that do not come out even, and only in these."""
        if not self.is_varied(site.touched):
            return None
        ends = {n: item.high + 1 for n, item in site.touched.items()}
        if any(self.fits(meant, ends) for meant in self.monomials):
            return None
        for meant in self.monomials:
            sizes = [meant.at(self.runs[n].scalars) for n in ends]
            over = [n for n, size in zip(ends, sizes, strict=True) if ends[n] > size]
            even = [n for n, size in zip(ends, sizes, strict=True) if ends[n] == size]
            if not over or len(even) < 2 or len(over) + len(even) < len(ends):
                continue
            for size in _parts(meant):
                for cover in COVERS:
                    if all(self._is_covered(meant, size, cover, n, e) for n, e in ends.items()):
                        return _Overrun(meant, size, cover, over[0])
        return None

    def spare(self, ends: Mapping[int, int]) -> tuple[Monomial, int, int] | None:
        """What is exceeded by the same few elements in all runs with spare threads and in no
        other; one such run, and by how many."""
        for meant in self.monomials:
            over = {n: end - meant.at(self.runs[n].scalars) for n, end in ends.items()}
            # A run that falls short has sizes that the kernel is not written for.
            over = {n: extra for n, extra in over.items() if extra >= 0}
            more = {extra for extra in over.values() if extra}
            if len(more) != 1 or not more <= set(FACTORS):
                continue
            even = [n for n, extra in over.items() if not extra]
            odd = [n for n, extra in over.items() if extra]
            if not self.is_varied_twice(even) or not self.is_varied(odd):
                continue
            if all(self._divides(meant, n) for n in even) and not any(
                self._divides(meant, n) for n in odd
            ):
                return meant, odd[0], more.pop()
        return None

    def _divides(self, meant: Monomial, number: int) -> bool:
        """Whether a launch's threads are a whole part of `meant`."""
        run = self.runs[number]
        return meant.at(run.scalars) % (prod(run.grid) * prod(run.block)) == 0

    def _is_covered(
        self, meant: Monomial, size: Monomial, cover: _Cover, number: int, end: int
    ) -> bool:
        """Whether a run ends where its launch does, taken for `size`."""
        run = self.runs[number]
        wanted, whole = size.at(run.scalars), meant.at(run.scalars)
        covered = cover.at(run)
        if not cover.is_tight(run, wanted):
            return False
        return end in (whole // wanted * covered, whole + covered - wanted)

    def tail(self, writers: Sequence[_Site]) -> tuple[Monomial, int, int] | None:
        """What an output is meant to have, a run that falls short of it, and where it ends."""
        ends: dict[int, int] = {}
        for site in writers:
            for number, item in site.touched.items():
                if item.low < 0 or (item.count and item.count < item.high - item.low + 1):
                    return None  # with holes: data decide what is written
                ends[number] = max(ends.get(number, 0), item.high + 1)
        if len(ends) < len(self.runs) or not self.is_varied(ends):
            return None
        for meant in self.monomials:
            short = {n: e for n, e in ends.items() if e < meant.at(self.runs[n].scalars)}
            even = {n: e for n, e in ends.items() if e == meant.at(self.runs[n].scalars)}
            if not short or not self.is_varied_twice(even) or len(short) + len(even) < len(ends):
                continue
            if self._ends_with_unit(meant, ends):
                number = min(short)
                return meant, number, short[number]
        return None

    def is_varied_twice(self, numbers: Iterable[int]) -> bool:
        return len({tuple(sorted(self.runs[n].scalars.items())) for n in numbers}) >= 2

    def _ends_with_unit(self, meant: Monomial, ends: Mapping[int, int]) -> bool:
        """Whether one unit explains every end: a factor rounded down to a multiple of it."""

        def is_down(size: Monomial, unit: int, number: int) -> bool:
            scalars = self.runs[number].scalars
            wanted, whole = size.at(scalars), meant.at(scalars)
            return unit > 1 and whole // wanted * (wanted // unit * unit) == ends[number]

        for size in (*_parts(meant), meant):
            if any(all(is_down(size, width, n) for n in ends) for width in WIDTHS):
                return True
            if any(all(is_down(size, c.unit(self.runs[n]), n) for n in ends) for c in COVERS):
                return True
        return False


def _parts(meant: Monomial) -> Iterator[Monomial]:
    """The products of some of a product's factors, single ones first."""
    seen: set[tuple[str, ...]] = set()
    count = len(meant.names)
    for mask in sorted(range(1, 1 << count), key=lambda m: (bin(m).count("1"), m)):
        names = tuple(meant.names[at] for at in range(count) if mask >> at & 1)
        if names not in seen:
            seen.add(names)
            yield Monomial(1, names)


def _has_factors(meant: Monomial, size: Monomial) -> bool:
    left = list(meant.names)
    for name in size.names:
        if name not in left:
            return False
        left.remove(name)
    return True


def _joined(a: Touched, b: Touched) -> Touched:
    """Both together; how many different elements is not known any more."""
    low, high = min(a.low, b.low), max(a.high, b.high)
    count = max(a.count, b.count) if (low, high) in ((a.low, a.high), (b.low, b.high)) else 0
    return Touched(a.buffer, a.file, a.line, a.kind, low, high, count)


def _numbers(run: Observation, names: Sequence[str]) -> str:
    return ", ".join(f"{name}={run.scalars[name]}" for name in dict.fromkeys(names))


def _suspicion(kind: str, site: _Site, message: str, case: str) -> Suspicion:
    return Suspicion(kind, site.buffer, site.file, site.line, message, case)
