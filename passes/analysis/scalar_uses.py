"""How a kernel uses each number that it is given: as a size, a stride, a mode, a divisor, a value.

A number that bounds an index, or divides one, is part of a shape; one that is only multiplied
into addresses is a stride. Vector accesses say what sizes and strides should be multiples of:
a row of `C` floats read as float4 starts aligned only if `C` is a multiple of 4, and a guard
`i < n` before an access to `i .. i + 3` keeps it inside only if `n` is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import gcd, lcm

from ...ir.dtypes import I1, Pointer, Scalar
from ...ir.nodes import Op, Value
from ..rewriter import constant_of, integer_of
from .affine import Affine, constant_form
from .conditions import facts
from .flows import INDEX
from .kernel_facts import KernelFacts, Site
from .role import Number, ScalarUse

_PRIORITY = (
    ("shape", ("bound", "loop_bound", "divisor", "limit")),
    ("stride", ("stride", "address", "loop_step")),
    ("offset", ("offset", "loop_start")),
    ("shift", ("shift",)),
    ("value", ("value", "label")),
    ("shape", ("related",)),
    ("mode", ("compared", "condition")),
)
"""Which word stands for a set of uses: the first row of which one was seen."""
MAX_MULTIPLE = 64


@dataclass(slots=True)
class _Found:
    uses: dict[str, None] = field(default_factory=dict)
    choices: set[Number] = field(default_factory=set)
    multiple_of: int = 1
    nonzero: bool = False


class ScalarUses:
    """The uses of a kernel's numbers by name."""

    def __init__(self, known: KernelFacts) -> None:
        self.known = known
        self.flows = known.flows
        self.scalars = known.flows.only("scalar")
        self.data = known.flows.only("data")
        self.found: dict[str, _Found] = {}
        for op in known.ops:
            self._operation(op)
        for site in known.sites:
            self._address(site)
        for name, number in _multiples(known):
            item = self._item(name)
            if number <= MAX_MULTIPLE:
                item.multiple_of = lcm(item.multiple_of, number)

    def of(self, name: str, type_: Scalar) -> ScalarUse:
        item = self.found.get(name, _Found())
        uses = tuple(item.uses)
        if type_ == I1 and uses:
            item.choices |= {0, 1}
        return ScalarUse(
            _in_one_word(uses, type_),
            tuple(sorted(uses)),
            tuple(sorted(item.choices)),
            item.multiple_of,
            item.nonzero,
        )

    def _item(self, name: str) -> _Found:
        return self.found.setdefault(name, _Found())

    def _note(self, mask: int, use: str) -> None:
        for name in self.flows.names(mask, "scalar"):
            self._item(name).uses[use] = None

    def _operation(self, op: Op) -> None:
        masks = [self.flows.of(v) for v in op.operands]
        if op.name == "cmp":
            for own, other in (op.operands, op.operands[::-1]):
                self._comparison(own, other, op.attrs["pred"] in ("eq", "ne"))
        elif op.name == "for":
            start, end = masks[:2][:: -1 if op.attrs.get("down") else 1]
            self._note(end, "loop_bound")
            if not start & INDEX:
                self._note(start, "loop_start")
            self._note(masks[2], "loop_step")
        elif op.name == "loop":
            self._loop(op)
        elif op.name in ("div", "rem") and _is_integer(op.operands[1]):
            self._note(masks[1], "divisor")
            for name in self.flows.names(masks[1], "scalar"):
                self._item(name).nonzero = True
        elif op.name in ("shl", "shr"):
            self._note(masks[1], "shift")
        elif op.name in ("min", "max") and _is_integer(op.operands[0]):
            for mask, against in (masks, masks[::-1]):
                if against & INDEX and not mask & INDEX:
                    self._note(mask, "bound")
        elif op.name in ("if", "condition"):
            self._note(masks[0] if not masks[0] & (INDEX | self.data) else 0, "condition")
        elif op.name in ("store", "atomic", "atomic_cas"):
            self._note(self.flows.of(op.operands[2]), "value")
        elif op.results and not op.regions and _makes_float(op):
            for mask in masks:
                self._note(mask, "value")

    def _loop(self, op: Op) -> None:
        """A number from which a value starts that is compared to go on: `hi` of a search."""
        cond = op.regions[0]
        for fact in facts(cond.terminator.operands[0], True, self.known.defs):
            for value in (fact.lhs, fact.rhs):
                if value in cond.args:
                    start = self.flows.of(op.operands[cond.args.index(value)])
                    self._note(0 if start & INDEX else start, "loop_bound")

    def _comparison(self, own: Value, other: Value, is_equality: bool) -> None:
        """What comparing `own` with `other` says of the numbers in `own`."""
        mine, others = self.flows.of(own), self.flows.of(other)
        if not mine & self.scalars or isinstance(own.type, Pointer):
            return
        number = constant_of(other, self.known.defs)
        is_pure = not mine & (INDEX | self.data)
        if number is not None:
            name = self.known.provenance.scalar(own)
            if is_pure:
                self._note(mine, "compared")
            if name is not None:
                self._item(name).choices.add(number)
            return
        if _is_float(own):
            self._note(mine, "value")
        elif is_pure and others & INDEX:
            self._note(mine, "bound")
        elif is_pure and others & self.data:
            self._note(mine, "label" if is_equality else "limit")
        elif is_pure and others & self.scalars:
            self._note(mine, "related")
        elif others & INDEX or not is_pure:
            self._factors(self.known.forms.of(own))

    def _factors(self, form: Affine) -> None:
        """Numbers in a form that indexes something: factors are strides, summands offsets."""
        for monomial, _ in form.terms:
            names = self.known.scalars(monomial)
            for name in names:
                use = "offset" if len(names) == len(monomial) else "stride"
                self._item(name).uses[use] = None

    def _address(self, site: Site) -> None:
        if site.form is None:
            self._note(site.mask, "address")
            return
        self._factors(site.form)
        for symbol in site.form.symbols():
            if isinstance(symbol, Value) and self.known.provenance.scalar(symbol) is None:
                self._note(self.flows.of(symbol), "address")


def _in_one_word(uses: Sequence[str], type_: Scalar) -> str:
    if not uses:
        return "unused"
    if type_.is_float:
        return "value"
    if type_ == I1:
        return "mode"
    return next((word for word, row in _PRIORITY if set(row) & set(uses)), "value")


def _is_integer(value: Value) -> bool:
    return isinstance(value.type, Scalar) and value.type.is_integer


def _is_float(value: Value) -> bool:
    return isinstance(value.type, Scalar) and value.type.is_float


def _makes_float(op: Op) -> bool:
    """Whether an operation computes with floats; a cast to them counts."""
    return any(_is_float(v) for v in op.results) and op.name not in ("load", "select", "shuffle")


# ---------------------------------------------------------------- multiples


def _multiples(known: KernelFacts) -> Iterator[tuple[str, int]]:
    """Which numbers should be multiples of what."""
    yield from _exact_quotients(known)
    wishes: list[tuple[tuple[str, ...], int]] = []
    for site in known.sites:
        wishes += _alignment_wishes(known, site)
        wishes += _guard_wishes(known, site)
    wanted: dict[str, int] = {}
    # Products last: one factor that is wanted anyway may do for them.
    for names, number in sorted(dict.fromkeys(wishes), key=lambda wish: len(wish[0])):
        if not any(wanted.get(name, 1) % number == 0 for name in names):
            wanted[names[-1]] = lcm(wanted.get(names[-1], 1), number)
    yield from wanted.items()


def _exact_quotients(known: KernelFacts) -> Iterator[tuple[str, int]]:
    """`n / 4` where nothing looks at `n % 4`, and `n % 4` that is compared with 0."""
    quotients: dict[tuple[str, int], bool] = {}
    for op in known.ops:
        if op.name not in ("div", "shr", "rem", "and") or not _is_integer(op.operands[0]):
            continue
        name = known.provenance.scalar(op.operands[0])
        number = integer_of(op.operands[1], known.defs)
        if name is None or number is None or number < 1:
            continue
        number = {"shr": 1 << min(number, 62), "and": number + 1}.get(op.name, number)
        if op.name in ("div", "shr"):
            if number > 1 and _bounds_index(known, op.results[0]):
                quotients.setdefault((name, number), True)
        elif _is_required(known, op.results[0]):
            yield name, number
        else:
            quotients[name, number] = False
    yield from (key for key, is_wanted in quotients.items() if is_wanted)


def _bounds_index(known: KernelFacts, value: Value) -> bool:
    """Whether `value` itself bounds an index or a loop."""
    for op in known.ops:
        if op.name == "for" and op.operands[1] is value:
            return True
        if op.name == "cmp" and value in op.operands:
            other = op.operands[0] if op.operands[1] is value else op.operands[1]
            if known.flows.of(other) & INDEX:
                return True
    return False


def _is_required(known: KernelFacts, remainder: Value) -> bool:
    """Whether the kernel asserts that a remainder is 0."""
    zero = [
        op.results[0]
        for op in known.ops
        if op.name == "cmp"
        and remainder in op.operands
        and op.attrs["pred"] == "eq"
        and any(integer_of(v, known.defs) == 0 for v in op.operands)
    ]
    return any(op.name == "assert" and op.operands[0] in zero for op in known.ops)


def _assured(known: KernelFacts, site: Site) -> set[str]:
    """The numbers whose remainder is known to be 0 at an access."""
    found: set[str] = set()
    for fact in known.facts(site.access):
        op = known.defs.get(fact.lhs)
        if fact.pred == "eq" and op is not None and op.name in ("rem", "and"):
            if integer_of(fact.rhs, known.defs) == 0:
                found |= set(known.flows.names(known.flows.of(op.operands[0]), "scalar"))
    return found


def _alignment_wishes(known: KernelFacts, site: Site) -> Iterator[tuple[tuple[str, ...], int]]:
    """What keeps a wide access aligned: every stride times its factor."""
    if site.form is None or site.align <= site.unit:
        return
    assured = _assured(known, site)
    for monomial, number in site.form.terms:
        names = known.scalars(monomial)
        lacking = site.align // gcd(site.align, number)
        if names and lacking > 1 and assured.isdisjoint(names):
            yield names, lacking


def _guard_wishes(known: KernelFacts, site: Site) -> Iterator[tuple[tuple[str, ...], int]]:
    """What keeps a wide access inside where its guard looks at its first element alone."""
    if site.width <= site.size and site.size <= site.unit:
        return
    assured = _assured(known, site)
    guards = list(_guards(known, site))
    for guard in guards:
        names = _only_product(known, guard.limit)
        count = site.width // (_bytes_per_step(guard.index, site) or site.width)
        if not names or count <= 1 or not guard.steps_by(count):
            continue
        if assured.isdisjoint(names) and not any(_covers(one, guard, count) for one in guards):
            yield names, count


@dataclass(frozen=True, slots=True)
class _Guard:
    """`index < limit`; `steps`: what the index is made of besides multiples of itself."""

    index: Affine
    limit: Affine
    steps: tuple[Affine, ...]

    def steps_by(self, count: int) -> bool:
        return all(number % count == 0 for form in self.steps for _, number in form.terms)


def _guards(known: KernelFacts, site: Site) -> Iterator[_Guard]:
    """Every guard and loop around an access."""
    forms = known.forms
    for item in known.facts(site.access):
        fact = item.swapped() if item.pred in ("gt", "ge") else item
        if fact.pred in ("lt", "le") and _is_integer(fact.lhs):
            index = forms.of(fact.lhs)
            less = constant_form(int(fact.pred == "le"))
            index = forms.plus(index, less, -1)
            yield _Guard(index, forms.of(fact.rhs), (index,))
    for loop in site.access.loops:
        if loop.name == "for" and not loop.attrs.get("down"):
            lower, upper, step = (forms.of(v) for v in loop.operands[:3])
            yield _Guard(forms.symbol(loop.regions[0].args[0]), upper, (lower, step))


def _bytes_per_step(index: Affine, site: Site) -> int:
    """How far one step of the index moves the address; 0 where that is not plain."""
    address = dict(site.form.terms) if site.form is not None else {}
    found = {address.get(m, 0) // c for m, c in index.terms if m and c and m in address}
    moving = [m for m, _ in index.terms if m]
    if len(found) != 1 or any(m not in address for m in moving):
        return 0
    return abs(found.pop())


def _covers(other: _Guard, guard: _Guard, count: int) -> bool:
    """Whether `other` looks at the last of `count` elements of which `guard` sees the first."""
    own, theirs = dict(guard.index.terms), dict(other.index.terms)
    first, last = own.pop((), 0), theirs.pop((), 0)
    return own == theirs and guard.limit.terms == other.limit.terms and last >= first + count - 1


def _only_product(known: KernelFacts, limit: Affine) -> tuple[str, ...]:
    """The factors of a limit that is one product of numbers."""
    if len(limit.terms) != 1 or limit.terms[0][1] != 1:
        return ()
    monomial = limit.terms[0][0]
    names = known.scalars(monomial)
    return names if len(names) == len(monomial) else ()
