"""Every call is replaced by the callee's body; afterwards only kernels remain.

Callees first, so that each body is inlined into before it is copied, and promoted on the way:
that keeps the copies small. Device functions must have a single `return` (`single-exit`). The
caller of a function has made the copy of a record passed by value; promotion takes it away again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from ...ir.constants import constant
from ...ir.diagnostics import InternalError, error
from ...ir.nodes import Func, Module, Op, Region, walk
from ..pipeline import PassContext
from ..rewriter import Cloner, Rewriter
from .promote import promote

MAX_OPS = 200_000
"""Operations of one function after inlining beyond which it is refused."""


@dataclass(frozen=True)
class Inline:
    """Replace calls by bodies and drop the device functions."""

    name: ClassVar[str] = "inline"

    def run(self, module: Module, ctx: PassContext) -> Module:
        inliner = _Inliner(module)
        kernels = tuple(inliner.inlined(f.name) for f in module.funcs if f.is_kernel)
        addressed = {
            str(op.attrs["symbol"])
            for f in kernels
            for op in walk(f.body)
            if op.name == "func_addr"
        }
        if kernels == module.funcs:
            return module
        others = tuple(f for f in module.funcs if not f.is_kernel and f.name in addressed)
        return replace(module, funcs=others + kernels)


class _Inliner:
    """Inlined functions by name; `active` is the chain of calls being followed."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.done: dict[str, Func] = {}
        self.active: list[str] = []

    def inlined(self, name: str) -> Func:
        if name not in self.done:
            func = self.module.func(name)
            self.active.append(name)
            new = _Caller(self, func).rewritten() if _calls(func) else func
            self.active.pop()
            self.done[name] = new if func.is_kernel else promote(new)
        return self.done[name]

    def callee(self, op: Op) -> Func:
        name = str(op.attrs["callee"])
        if name in self.active:
            chain = [*self.active[self.active.index(name) :], name]
            shown = " calls ".join(_shown(self.module.func(n)) for n in chain)
            raise error(
                "ASC0490",
                f"recursive call: {shown}",
                op.span,
                help="write the recursion as a loop with a stack of its own",
            )
        return self.inlined(name)


def _calls(func: Func) -> bool:
    return any(op.name == "call" for op in walk(func.body))


def _shown(func: Func) -> str:
    return f"'{func.attrs.get('source_name', func.name)}'"


class _Caller(Rewriter):
    """Rewrites one function; allocas of inlined bodies move to its top region."""

    def __init__(self, inliner: _Inliner, func: Func) -> None:
        super().__init__()
        self.inliner = inliner
        self.caller = func
        self.allocas: list[Op] = []
        self.count = 0

    def rewritten(self) -> Func:
        body = self.region(self.caller.body)
        return self.caller.with_body(Region(body.args, (*self.allocas, *body.ops)))

    def visit(self, op: Op) -> None:
        if op.name == "call":
            self._inline(op, self.inliner.callee(op))
        else:
            self.out.append(self.rebuilt(op))

    def _inline(self, op: Op, callee: Func) -> None:
        cloner = Cloner()
        for param, argument in zip(callee.params, self.operands(op), strict=True):
            if argument.type != param.type:
                argument = self.emit("ptr_cast", (argument,), param.type, op.span)
            cloner.replace(param, argument)
        copy = cloner.region(callee.body)
        last = copy.terminator
        for inner in copy.ops[:-1]:
            (self.allocas if inner.name == "alloca" else self.out).append(inner)
        self._count(copy, op)
        if last.name == "return":
            self.values.update(zip(op.results, last.operands, strict=True))
        elif last.name == "unreachable":
            for value in op.results:  # never reached: any value will do
                zero = constant(0, value.type)
                self.replace(value, self.emit("const", (), value.type, op.span, {"value": zero}))
        else:
            raise InternalError(f"{callee.name} does not end in a return", op.span, "inline")

    def _count(self, copy: Region, op: Op) -> None:
        self.count += sum(1 for _ in walk(copy))
        if self.count > MAX_OPS:
            raise error(
                "ASC0491",
                f"{_shown(self.caller)} has more than {MAX_OPS} operations with its calls inlined",
                op.span,
            )
