"""Decides which parts of a kernel run per thread and which once per block.

The walk goes over everything that contains a synchronisation. What does not becomes thread code
(`Segment`) or, where it is the same for all threads, block code. Control flow around a
synchronisation stays block code where its condition is the same for all threads; otherwise
threads take part by masks: a mask per loop (still in it), per iteration (not `continue`d) and for
the kernel (not returned), conditions for the arms of an `if`. This follows the threads in lock
step, so it is right for any nesting.

What is uniform is found by assuming the best and starting again with what turned out wrong
(`Facts`); the facts only grow, so that ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ...ir.diagnostics import error
from ...ir.dtypes import I1
from ...ir.nodes import Func, Op, Region, Value
from ...ir.ops import WARP_OPS
from ...ir.source import Span
from .block_plan import Block, Guard, Item, Plan, Segment, Setup, lanes
from .synchronisation import (
    LOOPS,
    SYNC_OPS,
    THREAD_GEOMETRY,
    Structure,
    batched,
    free_values,
    reads_memory,
    tree,
    writes_memory,
)
from .warp_exchange import WarpExchange

MAX_ROUNDS = 10_000


@dataclass(slots=True)
class Facts:
    """What is known not to be uniform."""

    varying: set[tuple[Op, int]] = field(default_factory=set)
    """Carried values and results of split operations, by position."""
    masked: set[Op] = field(default_factory=set)
    """Loops that threads leave at different times."""
    continued: set[Op] = field(default_factory=set)
    """Loops whose iterations threads end at different places."""
    returned: bool = False
    """Whether some threads may return before others."""

    def size(self) -> int:
        return len(self.varying) + len(self.masked) + len(self.continued) + self.returned


@dataclass(eq=False, slots=True)
class LoopState:
    """A split loop while it is planned. A slot is None where the block carries the value."""

    op: Op
    masked: bool
    slots: list[Value | None] = field(default_factory=list)
    results: list[Value | None] = field(default_factory=list)
    nexts: list[tuple[Value, ...]] = field(default_factory=list)
    """What the ends of the body hand on."""
    diverges: bool = False
    """Whether only some threads take one of those ends."""

    def carried(self) -> range:
        return range(len(self.slots))


@dataclass(eq=False, slots=True)
class Scope:
    """What surrounds the current position: `kernel`, `loop`, `iteration` or `arm`."""

    kind: str
    parent: Scope | None = None
    loop: LoopState | None = None
    mask: Value | None = None
    partial: bool = False
    """Whether the mask may have been cleared for some threads."""
    condition: tuple[Value, bool] | None = None

    def outwards(self) -> Iterator[Scope]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent


def plan_blocks(func: Func, structure: Structure) -> Plan:
    """The plan for kernel `func`. Raises CompileError where there is none."""
    facts = Facts()
    for _ in range(MAX_ROUNDS):
        before = facts.size()
        plan = Planner(func, structure, facts).plan()
        if facts.size() == before:
            return plan
    raise AssertionError("facts grow in every round and are finite")


class Planner:
    """One round: a walk over the kernel under the assumption that `facts` are complete."""

    def __init__(self, func: Func, structure: Structure, facts: Facts) -> None:
        self.func = func
        self.structure = structure
        self.facts = facts
        self.setup = Setup()
        self.block: set[Value] = set(func.params)
        self.slots: dict[Value, Value] = {}
        self.allocas: dict[Value, Op] = {}
        self.items: list[Item] = []
        self.open: Segment | None = None
        self.scope = Scope("kernel")
        self.exchange = WarpExchange(self.setup, structure.definitions)

    def plan(self) -> Plan:
        if self.facts.returned:
            self.scope.mask = self.setup.lane_array(I1, "running")
            self.start_mask(self.scope.mask)
        self.ops(self.func.body.ops[:-1])
        self.flush()
        self.exchange.settle()
        return Plan(
            self.setup,
            self.items,
            self.block | self.setup.values,
            self.slots,
            self.allocas,
            self.structure.definitions,
        )

    # Segments

    def guard(self) -> Guard:
        """Which threads run at the current position."""
        conditions: list[tuple[Value, bool]] = []
        for scope in self.scope.outwards():
            if scope.condition is not None:
                conditions.insert(0, scope.condition)
            if scope.mask is not None and scope.partial:
                return Guard(scope.mask, tuple(conditions))
        return Guard(None, tuple(conditions))

    def segment(self) -> Segment:
        """The segment that thread code goes to."""
        if self.open is None:
            self.open = Segment(self.guard())
        return self.open

    def flush(self) -> None:
        """End the current segment."""
        if self.open is not None and (self.open.ops or self.open.reset):
            self.items.append(self.open)
        self.open = None

    def is_block_value(self, value: Value) -> bool:
        return value in self.block or value in self.setup.values

    def assign(self, slot: Value | None, value: Value, span: Span) -> None:
        """Each thread keeps `value` in `slot`."""
        if slot is None or self.slots.get(value) is slot:
            return
        segment = self.segment()
        segment.builder(span).do("store", slot, segment.linear, value)

    def start_mask(self, mask: Value) -> None:
        """Set `mask` for the threads that run here, clear it for the others."""
        segment = self.segment()
        if segment.guard or segment.escapes:
            off = self.setup.constant(False, I1)
            segment.reset.append(Op("store", (mask, segment.linear, off)))
        on = self.setup.constant(True, I1)
        segment.ops.append(Op("store", (mask, segment.linear, on)))

    @contextmanager
    def body(self, scope: Scope | None = None) -> Iterator[list[Item]]:
        """Plan into a new list of items, inside `scope`."""
        self.flush()
        saved, self.items = self.items, []
        outer, self.scope = self.scope, scope or self.scope
        yield self.items
        self.flush()
        self.items, self.scope = saved, outer

    # Operations

    def ops(self, ops: Sequence[Op]) -> None:
        for group in batched(ops):
            if group[0].name in WARP_OPS and group[0].name != "warp_sync":
                self.warp_ops(group)
            else:
                self.op(group[0])

    def op(self, op: Op) -> None:
        if op.name == "alloca":
            self.allocas[op.result] = op
        elif op.name in THREAD_GEOMETRY:
            pass  # computed wherever it is needed
        elif op.name in SYNC_OPS:
            self.barrier(op)
        elif op in self.structure.synced and op.name in LOOPS:
            self.loop(op)
        elif op in self.structure.synced or self.is_common_exit(op):
            self.branch(op)
        elif self.is_block_level(op):
            self.items.append(op)
            self.block.update(op.results)
        else:
            self.thread_op(op)

    def is_common_exit(self, op: Op) -> bool:
        """Whether `op` is an `if` that the block takes as a whole to leave something."""
        return (
            op.name == "if"
            and self.is_block_value(op.operands[0])
            and self.structure.escapes(op)
            and not self.guard()
        )

    def is_block_level(self, op: Op) -> bool:
        """Whether `op` gives the same for all threads and can be computed once, here."""
        if not all(self.is_block_value(v) for v in op.operands):
            return False
        if op.name in THREAD_GEOMETRY or writes_memory(op) or self.structure.escapes(op):
            return False
        if op.regions:
            if any(part.name in THREAD_GEOMETRY for part in tree(op)):
                return False
            if not all(self.is_block_value(v) for v in free_values([op])):
                return False
        return not reads_memory(op) or self.can_read_here(op)

    def can_read_here(self, op: Op) -> bool:
        """Whether memory can be read once for the block at this place."""
        if self.guard() or any(part.attrs.get("volatile") for part in tree(op)):
            return False
        if self.open is None or not self.open.writes:
            return True
        if not any(value in self.structure.demanded for value in op.results):
            return False
        self.flush()  # the threads' writes come first
        return True

    def thread_op(self, op: Op) -> None:
        segment = self.segment()
        segment.writes = segment.writes or writes_memory(op)
        segment.ops.append(self.with_exits(op, segment))

    # Leaving early

    def with_exits(self, op: Op, segment: Segment, in_loop: bool = False) -> Op:
        """Thread code `op` in which leaving a split operation clears masks instead."""
        if not self.structure.escapes(op):
            return op
        inner = in_loop or op.name in LOOPS
        regions: list[Region] = []
        for region in op.regions:
            ops = [self.with_exits(o, segment, inner) for o in region.ops[:-1]]
            last = region.terminator
            if last.name == "return" or (last.name in ("break", "continue") and not inner):
                ops += [*self.exit_ops(last, segment), Op("return", span=last.span)]
            else:
                ops.append(last)
            regions.append(Region(region.args, tuple(ops)))
        return op.with_(regions=tuple(regions))

    def exit_ops(self, last: Op, segment: Segment) -> list[Op]:
        """What a thread does that leaves by terminator `last` while others stay."""
        ops: list[Op] = []
        segment.escapes = True
        kinds = {"return": "kernel", "break": "loop", "continue": "iteration"}
        off = self.setup.constant(False, I1)
        for scope in self.scope.outwards():
            if scope.kind == "loop" and scope.loop is not None and last.name != "continue":
                self.facts.masked.add(scope.loop.op)
            if scope.mask is not None:
                ops.append(Op("store", (scope.mask, segment.linear, off), span=last.span))
                scope.partial = True
            if scope.kind == kinds[last.name]:
                break
        if last.name == "return":
            self.facts.returned = True
            return ops
        loop = self.innermost_loop()
        slots = loop.results if last.name == "break" else loop.slots
        if last.name == "continue":
            self.facts.continued.add(loop.op)
            loop.nexts.append(last.operands)
            loop.diverges = True
        stores = [
            Op("store", (slot, segment.linear, value), span=last.span)
            for slot, value in zip(slots, last.operands, strict=True)
            if slot is not None and self.slots.get(value) is not slot
        ]
        return stores + ops

    def innermost_loop(self) -> LoopState:
        for scope in self.scope.outwards():
            if scope.loop is not None:
                return scope.loop
        raise AssertionError("break and continue stand inside a loop")

    def leaves_together(self, last: Op) -> bool:
        """Whether all threads that have not yet left the target are here."""
        target = {"return": "kernel", "break": "loop", "continue": "iteration"}[last.name]
        for scope in self.scope.outwards():
            if scope.kind == target:
                return True
            if scope.kind == "arm" or (scope.mask is not None and scope.partial):
                return False
        raise AssertionError("every terminator has a target")

    def leave(self, last: Op) -> bool:
        """Plan terminator `last` of a region; whether the block as a whole leaves by it."""
        if not self.leaves_together(last):
            segment = self.segment()
            segment.ops += self.exit_ops(last, segment)
            self.flush()
            return False
        values: list[Value] = []
        if last.name != "return":
            loop = self.innermost_loop()
            slots = loop.results if last.name == "break" else loop.slots
            if last.name == "continue":
                loop.nexts.append(last.operands)
            for slot, value in zip(slots, last.operands, strict=True):
                self.assign(slot, value, last.span)
            values = self.carried(loop, last.operands, exit_=last.name == "break")
        self.flush()
        self.items.append(Op(last.name, tuple(values), span=last.span))
        return True

    def carried(self, loop: LoopState, values: Sequence[Value], *, exit_: bool) -> list[Value]:
        """Those of `values` that the block carries; what is not uniform becomes a fact."""
        kept: list[Value] = []
        for k in loop.carried():
            if loop.slots[k] is not None:
                continue
            if not self.is_block_value(values[k]) and not (exit_ and loop.masked):
                self.facts.varying.add((loop.op, k))
            kept.append(values[k])
        if exit_ and loop.masked:  # the results are in lane arrays; these are never read
            region = loop.op.regions[1]
            kept = [region.args[k] for k in loop.carried() if loop.slots[k] is None]
        return kept

    # If

    def branch(self, op: Op) -> None:
        if self.is_block_value(op.operands[0]):
            self.common_branch(op)
        else:
            self.divergent_branch(op)

    def result_slots(self, op: Op, divergent: bool) -> list[Value | None]:
        slots: list[Value | None] = []
        for k, result in enumerate(op.results):
            varying = divergent or (op, k) in self.facts.varying
            slots.append(
                self.setup.lane_array(result.type, lanes(result.name)) if varying else None
            )
        return slots

    def bind(self, values: Sequence[Value], slots: Sequence[Value | None]) -> list[Value]:
        """Make `values` known as kept in `slots`; those without are the block's, and returned."""
        common: list[Value] = []
        for value, slot in zip(values, slots, strict=True):
            if slot is None:
                self.block.add(value)
                common.append(value)
            else:
                self.slots[value] = slot
        return common

    def common_branch(self, op: Op) -> None:
        slots = self.result_slots(op, divergent=False)
        block = Block(op)
        for region in op.regions:
            with self.body() as items:
                self.ops(region.ops[:-1])
                last = region.terminator
                if last.name == "unreachable":
                    self.flush()
                    self.items.append(last)
                elif last.name != "yield":
                    if not self.leave(last):
                        self.facts.varying.update((op, k) for k in range(len(slots)))
                        self.items.append(Op("yield", span=last.span))
                else:
                    self.end_common_arm(op, slots, last)
            block.bodies.append(((), items))
        block.op = op.with_(regions=(), results=tuple(self.bind(op.results, slots)))
        self.items.append(block)

    def end_common_arm(self, op: Op, slots: Sequence[Value | None], last: Op) -> None:
        kept: list[Value] = []
        for k, (slot, value) in enumerate(zip(slots, last.operands, strict=True)):
            self.assign(slot, value, last.span)
            if slot is None:
                kept.append(value)
                if not self.is_block_value(value):
                    self.facts.varying.add((op, k))
        self.flush()
        self.items.append(Op("yield", tuple(kept), span=last.span))

    def divergent_branch(self, op: Op) -> None:
        slots = self.result_slots(op, divergent=True)
        condition = op.operands[0]
        wrapped = [self.structure.has_split_loop(region) for region in op.regions]
        flags = [self.any_thread(op, negated) if wrapped[negated] else None for negated in (0, 1)]
        self.flush()
        for negated, (region, flag) in enumerate(zip(op.regions, flags, strict=True)):
            scope = Scope("arm", self.scope, condition=(condition, bool(negated)))
            with self.body(scope) as items:
                self.ops(region.ops[:-1])
                last = region.terminator
                if last.name == "yield":
                    for slot, value in zip(slots, last.operands, strict=True):
                        self.assign(slot, value, last.span)
                elif last.name != "unreachable":
                    self.leave(last)
            self.add_arm(op, items, flag)
        self.bind(op.results, slots)

    def any_thread(self, op: Op, negated: int) -> Value:
        """A flag that says whether some thread takes an arm of `op`. Arms with loops need it:
        the block's own loop control may only be asked where a thread is there to ask it."""
        flag = self.setup.flag("any_thread")
        zero = self.setup.constant(0)
        self.items.append(Op("store", (flag, zero, self.setup.constant(False, I1)), span=op.span))
        segment = self.segment()
        self.raise_flag(segment, flag, op.operands[0], bool(negated), op.span)
        return flag

    def raise_flag(
        self, segment: Segment, flag: Value, condition: Value | None, negated: bool, span: Span
    ) -> None:
        """Set `flag` where the thread's `condition` holds (None: always)."""
        b = segment.builder(span)
        on = self.setup.constant(True, I1)
        zero = self.setup.constant(0)
        if condition is None:
            b.do("store", flag, zero, on)
            return
        taken, other = b.nested(), b.nested()
        (other if negated else taken).do("store", flag, zero, on)
        b.structured("if", [condition], [taken.finish(), other.finish()])

    def add_arm(self, op: Op, items: list[Item], flag: Value | None) -> None:
        if flag is None:
            self.items += items
            return
        load = Op("load", (flag, self.setup.constant(0)), results=(Value(I1),), span=op.span)
        self.items.append(load)
        inner = [*items, Op("yield", span=op.span)]
        block = Block(Op("if", load.results, span=op.span))
        block.bodies = [((), inner), ((), [Op("yield", span=op.span)])]
        self.items.append(block)

    # Loops

    def loop(self, op: Op) -> None:
        if op.name == "for":
            bounds = op.operands[:3]
            if op in self.facts.masked or not all(self.is_block_value(v) for v in bounds):
                op = self.structure.as_loop(op)
        state = LoopState(op, op in self.facts.masked)
        inits = op.operands[3:] if op.name == "for" else op.operands
        self.enter_loop(state, inits)
        scope = Scope("loop", self.scope, loop=state)
        flag = None
        if state.masked:
            scope.mask = self.setup.lane_array(I1, "active")
            scope.partial = True
            self.start_mask(scope.mask)
            flag = self.setup.flag("any_active")
        self.flush()
        block = Block(op)
        if op.name == "for":
            counter = op.regions[0].args[0]
            self.block.add(counter)
            args, items = self.loop_body(state, scope, op.regions[0], skip=1)
            block.bodies = [((counter, *args), items)]
        else:
            cond, body, step = op.regions
            block.bodies = [
                self.loop_cond(state, scope, cond, flag),
                self.loop_body(state, scope, body),
                self.loop_step(state, scope, step),
            ]
        self.leave_loop(state, block, inits)

    def enter_loop(self, state: LoopState, inits: Sequence[Value]) -> None:
        """Choose where each carried value lives, and put the initial ones there."""
        op = state.op
        for k, (init, result) in enumerate(zip(inits, op.results, strict=True)):
            if not self.is_block_value(init):
                self.facts.varying.add((op, k))
            slot = None
            if (op, k) in self.facts.varying:
                slot = self.setup.lane_array(init.type, lanes(result.name or init.name))
                self.assign(slot, init, op.span)
            state.slots.append(slot)
            if slot is None and state.masked:
                slot = self.setup.lane_array(result.type, lanes(result.name))
            state.results.append(slot)

    def leave_loop(self, state: LoopState, block: Block, inits: Sequence[Value]) -> None:
        op = state.op
        if state.diverges and state.nexts:
            first = state.nexts[0]
            for k in state.carried():
                if state.slots[k] is None and any(n[k] is not first[k] for n in state.nexts):
                    self.facts.varying.add((op, k))
        common = [k for k in state.carried() if state.slots[k] is None]
        bounds = op.operands[:3] if op.name == "for" else ()
        operands = (*bounds, *(inits[k] for k in common))
        if state.masked:
            results = [Value(op.results[k].type, op.results[k].name) for k in common]
            self.bind(op.results, state.results)
        else:
            results = self.bind(op.results, state.slots)
        block.op = op.with_(operands=operands, regions=(), results=tuple(results))
        self.items.append(block)

    def loop_cond(
        self, state: LoopState, scope: Scope, region: Region, flag: Value | None
    ) -> tuple[tuple[Value, ...], list[Item]]:
        with self.body(scope) as items:
            args = self.bind(region.args, state.slots)
            if flag is not None:
                off = self.setup.constant(False, I1)
                self.items.append(Op("store", (flag, self.setup.constant(0), off)))
            self.ops(region.ops[:-1])
            last = region.terminator
            condition, *values = last.operands
            for slot, value in zip(state.slots, values, strict=True):
                self.assign(slot, value, last.span)
            kept = self.carried(state, values, exit_=False)
            if flag is not None:
                condition = self.masked_condition(state, scope, flag, last)
            elif not self.is_block_value(condition):
                self.facts.masked.add(state.op)
            self.flush()
            self.items.append(Op("condition", (condition, *kept), span=last.span))
        return tuple(args), items

    def masked_condition(self, state: LoopState, scope: Scope, flag: Value, last: Op) -> Value:
        """Each thread asks its condition; returns whether one is left in the loop."""
        condition, *values = last.operands
        for slot, result, value in zip(state.slots, state.results, values, strict=True):
            if slot is None:
                self.assign(result, value, last.span)
        source = self.structure.definitions.get(condition)
        segment = self.segment()
        if source is not None and source.name == "const" and source.attrs["value"]:
            self.raise_flag(segment, flag, None, False, last.span)
        else:
            assert scope.mask is not None, "a masked loop has a mask"
            segment.builder(last.span).do("store", scope.mask, segment.linear, condition)
            self.raise_flag(segment, flag, condition, False, last.span)
        self.flush()
        load = Op("load", (flag, self.setup.constant(0)), results=(Value(I1),), span=last.span)
        self.items.append(load)
        return load.result

    def loop_body(
        self, state: LoopState, scope: Scope, region: Region, skip: int = 0
    ) -> tuple[tuple[Value, ...], list[Item]]:
        inner = Scope("iteration", scope, loop=state)
        with self.body(inner) as items:
            args = self.bind(region.args[skip:], state.slots)
            if state.op in self.facts.continued:
                inner.mask = self.setup.lane_array(I1, "iterating")
                self.start_mask(inner.mask)
            self.ops(region.ops[:-1])
            last = region.terminator
            if last.name == "yield":
                state.nexts.append(last.operands)
                self.end_body(state, last)
            elif last.name == "unreachable":
                self.flush()
                self.items.append(last)
            elif not self.leave(last):
                self.items.append(Op("yield", tuple(args), span=last.span))
        return tuple(args), items

    def loop_step(
        self, state: LoopState, scope: Scope, region: Region
    ) -> tuple[tuple[Value, ...], list[Item]]:
        with self.body(scope) as items:
            args = self.bind(region.args, state.slots)
            self.ops(region.ops[:-1])
            self.end_body(state, region.terminator)
        return tuple(args), items

    def end_body(self, state: LoopState, last: Op) -> None:
        for slot, value in zip(state.slots, last.operands, strict=True):
            self.assign(slot, value, last.span)
        kept = self.carried(state, last.operands, exit_=False)
        self.flush()
        self.items.append(Op("yield", tuple(kept), span=last.span))

    # Threads together

    def barrier(self, op: Op) -> None:
        if op.name == "grid_barrier":
            raise error(
                "ASC0601",
                "a barrier of the whole grid has no translation for this target",
                op.span,
                help="split the kernel in two at the barrier and launch them one after the other",
            )
        if op.name == "barrier_reduce":
            acc = self.exchange.count_before(op, self.items, self.segment())
            self.flush()
            self.items += self.exchange.count_after(op, acc)
            self.block.update(
                v for item in self.items if isinstance(item, Op) for v in item.results
            )
        self.flush()

    def warp_ops(self, group: Sequence[Op]) -> None:
        """A group of warp operations: each lane leaves its operand, then reads the others'."""
        before = self.segment()
        sent = self.exchange.send(group, before)
        self.flush()
        after = self.segment()
        self.exchange.receive(sent, before, after)
