"""Which values may arrive at a region's argument or at the result of an `if` or a loop.

Structured regions have no phi nodes; this is the same information: for each argument and each
result of an operation with regions, the values that may become it. Not flow sensitive: a value
arrives from wherever a terminator could send it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...ir.nodes import Func, Op, Region, Value

Incoming = Mapping[Value, tuple[Value, ...]]
Arrivals = Mapping[Value, tuple[tuple[Value, Op], ...]]


def incoming(func: Func) -> Incoming:
    """The values that may arrive at each argument of a region and each result of one."""
    return {
        value: tuple(dict.fromkeys(source for source, _ in found))
        for value, found in arrivals(func).items()
    }


def arrivals(func: Func) -> Arrivals:
    """The same with the operation that sends each value: a terminator, or the loop itself."""
    walk = _Walk()
    walk.region(func.body, None)
    return {value: tuple(found) for value, found in walk.found.items()}


class _Walk:
    def __init__(self) -> None:
        self.found: dict[Value, list[tuple[Value, Op]]] = {}

    def join(self, targets: Sequence[Value], values: Sequence[Value], sender: Op) -> None:
        for target, value in zip(targets, values, strict=False):
            self.found.setdefault(target, []).append((value, sender))

    def region(self, region: Region, loop: Op | None) -> None:
        """Everything in `region`, whose innermost loop is `loop`."""
        for op in region.ops:
            if op.name == "if":
                for inner in op.regions:
                    self.region(inner, loop)
                    if inner.terminator.name == "yield":
                        self.join(op.results, inner.terminator.operands, inner.terminator)
            elif op.name == "for":
                self._for(op)
            elif op.name == "loop":
                self._loop(op)
            elif op.name == "break" and loop is not None:
                self.join(loop.results, op.operands, op)
            elif op.name == "continue" and loop is not None:
                self._next(loop, op.operands, op)
            else:
                for inner in op.regions:
                    self.region(inner, loop)

    def _for(self, op: Op) -> None:
        body = op.regions[0]
        self.join(body.args[1:], op.operands[3:], op)
        self.join(op.results, op.operands[3:], op)
        self.region(body, op)
        if body.terminator.name == "yield":
            self._next(op, body.terminator.operands, body.terminator)

    def _loop(self, op: Op) -> None:
        cond, body, step = op.regions
        self.join(body.args if op.attrs.get("do_first") else cond.args, op.operands, op)
        for inner in op.regions:
            self.region(inner, op)
        if cond.terminator.name == "condition":
            self.join(body.args, cond.terminator.operands[1:], cond.terminator)
            self.join(op.results, cond.terminator.operands[1:], cond.terminator)
        if body.terminator.name == "yield":
            self._next(op, body.terminator.operands, body.terminator)
        if step.terminator.name == "yield":
            self.join(cond.args, step.terminator.operands, step.terminator)

    def _next(self, loop: Op, values: Sequence[Value], sender: Op) -> None:
        """`values` go on to the loop's next round."""
        if loop.name == "for":
            self.join(loop.regions[0].args[1:], values, sender)
            self.join(loop.results, values, sender)
        else:
            self.join(loop.regions[2].args, values, sender)
