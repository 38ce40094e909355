"""Which parts of a kernel hold barriers or warp operations, and what leaves them early.

Questions about structure only, answered once per kernel: `to_thread_loops` splits the operations
that contain a synchronisation and leaves everything else to one thread at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...ir.builder import Builder
from ...ir.nodes import Func, Op, Region, Value, walk
from ...ir.ops import BARRIERS, OPS, TERMINATORS, WARP_OPS, Effect

SYNC_OPS = BARRIERS | WARP_OPS
LOOPS = frozenset({"for", "loop"})
THREAD_GEOMETRY = frozenset({"thread_idx", "thread_linear"})

_QUIET = frozenset({Effect.PURE, Effect.READ, Effect.CONTROL})


class Structure:
    """The structured operations of `func` that need more than one thread at a time."""

    def __init__(self, func: Func) -> None:
        self.synced: set[Op] = set()
        """Structured operations that contain a synchronisation."""
        self.definitions: dict[Value, Op] = {}
        self._escapes: dict[Op, bool] = {}
        self._loops: dict[Op, Op] = {}
        self.is_synced = self._scan(func.body)
        self.demanded = self._demanded(func.body)
        """Values that control of split operations, or what they carry, may depend on."""

    def _scan(self, region: Region) -> bool:
        found = False
        for op in region.ops:
            for value in op.results:
                self.definitions[value] = op
            inner = [self._scan(r) for r in op.regions]
            if any(inner):
                self.synced.add(op)
            found = found or op in self.synced or op.name in SYNC_OPS
        return found

    def escapes(self, op: Op) -> bool:
        """Whether control can leave `op` otherwise than by its end: `return`, or `break` and
        `continue` of a loop around it."""
        known = self._escapes.get(op)
        if known is None:
            in_loop = op.name in LOOPS
            known = any(self._region_escapes(r, in_loop) for r in op.regions)
            self._escapes[op] = known
        return known

    def _region_escapes(self, region: Region, in_loop: bool) -> bool:
        if region.terminator.name == "return":
            return True
        if region.terminator.name in ("break", "continue") and not in_loop:
            return True
        for op in region.ops:
            if op.regions and (
                any(self._region_escapes(r, in_loop or op.name in LOOPS) for r in op.regions)
            ):
                return True
        return False

    def _demanded(self, body: Region) -> set[Value]:
        demanded: set[Value] = set()
        stack: list[Value] = []
        for op in walk(body):
            if op in self.synced or (op.name == "if" and self.escapes(op)):
                stack += op.operands
                for region in op.regions:
                    stack += region.terminator.operands
        while stack:
            value = stack.pop()
            if value in demanded:
                continue
            demanded.add(value)
            source = self.definitions.get(value)
            if source is not None:
                stack += [v for part in tree(source) for v in part.operands]
        return demanded

    def as_loop(self, op: Op) -> Op:
        """The `for` operation `op` as a `loop`; the same object each time."""
        if op not in self._loops:
            loop = for_to_loop(op)
            self._loops[op] = loop
            self._scan(Region((), (loop,)))
        return self._loops[op]

    def has_split_loop(self, region: Region) -> bool:
        """Whether a loop in `region` contains a synchronisation."""
        return any(op.name in LOOPS and op in self.synced for op in walk(region))


def tree(op: Op) -> Iterator[Op]:
    """`op` and everything inside it."""
    yield op
    for region in op.regions:
        yield from walk(region)


def writes_memory(op: Op) -> bool:
    """Whether `op` does anything but compute and read."""
    return any(OPS[part.name].effect not in _QUIET for part in tree(op))


def reads_memory(op: Op) -> bool:
    """Whether `op` loads from memory."""
    return any(OPS[part.name].effect is Effect.READ for part in tree(op))


def free_values(ops: Sequence[Op]) -> list[Value]:
    """The values that `ops` use and do not define, in order of first use."""
    inside: set[Value] = set()
    used: dict[Value, None] = {}
    for op in ops:
        for part in tree(op):
            used.update(dict.fromkeys(part.operands))
            inside.update(part.results)
            for region in part.regions:
                inside.update(region.args)
    return [value for value in used if value not in inside]


def for_to_loop(op: Op) -> Op:
    """The counted loop `op` as a general one whose first carried value is the counter."""
    lower, upper, step, *initial = op.operands
    (body,) = op.regions
    counter = body.args[0]

    def fresh() -> tuple[Value, ...]:
        return tuple(Value(v.type, v.name) for v in body.args)

    cond_args, step_args = fresh(), fresh()
    cond = Builder(op.span)
    more = cond.cmp("gt" if op.attrs.get("down") else "lt", cond_args[0], upper)
    cond_region = cond.finish(cond_args, more, *cond_args, terminator="condition")
    advance = Builder(op.span)
    following = advance.op("add", step_args[0], step, hint=counter.name)
    step_region = advance.finish(step_args, following, *step_args[1:])
    results = (Value(counter.type, counter.name), *op.results)
    attrs = {key: value for key, value in op.attrs.items() if key == "unroll"}
    regions = (cond_region, _with_counter(body, counter), step_region)
    return Op("loop", (lower, *initial), attrs, regions, results, op.span)


def _with_counter(region: Region, counter: Value, top: bool = True) -> Region:
    """`region` with `counter` put before what its loop's terminators carry."""
    ops: list[Op] = []
    for op in region.ops:
        if op.name in ("break", "continue") or (top and op.name == "yield"):
            op = op.with_(operands=(counter, *op.operands))
        elif op.regions and op.name not in LOOPS and op.name not in TERMINATORS:
            op = op.with_(regions=tuple(_with_counter(r, counter, top=False) for r in op.regions))
        ops.append(op)
    return Region(region.args, tuple(ops))


def batched(ops: Sequence[Op]) -> list[tuple[Op, ...]]:
    """`ops` in groups: warp operations that do not depend on each other share a group.

    Only pure operations are moved, from between the members of a group to before or after it.
    """
    groups: list[tuple[Op, ...]] = []
    i = 0
    while i < len(ops):
        if ops[i].name not in WARP_OPS or ops[i].name == "warp_sync":
            groups.append((ops[i],))
            i += 1
            continue
        before, batch, after, i = _batch(ops, i)
        groups += [(op,) for op in before]
        groups.append(tuple(batch))
        groups += [(op,) for op in after]
    return groups


def _batch(ops: Sequence[Op], start: int) -> tuple[list[Op], list[Op], list[Op], int]:
    """The group that begins at `start`: what goes before, the group, what goes after, the end."""
    tainted = set(ops[start].results)
    end, members = start + 1, {start}
    late: set[int] = set()
    for i in range(start + 1, len(ops)):
        op = ops[i]
        depends = any(value in tainted for value in op.operands)
        if op.name in WARP_OPS and op.name != "warp_sync" and not depends:
            members.add(i)
            end = i + 1
        elif OPS[op.name].effect is Effect.PURE and op.name != "alloca":
            if not depends:
                continue
            late.add(i)
        else:
            break
        tainted.update(op.results)
    span = range(start, end)
    before = [ops[i] for i in span if i not in members and i not in late]
    batch = [ops[i] for i in span if i in members]
    return before, batch, [ops[i] for i in span if i in late], end
