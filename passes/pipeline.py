"""Passes and how they are run.

A pass turns a module into a module. Contract: verified IR in, verified IR out; the same input
gives the same output; nothing is changed in place, printed, or read from the environment; where
nothing is to be done the *same object* comes back, which is how fixpoints and the analysis cache
notice. Passes are frozen dataclasses whose fields are their options, so that a pipeline is a
plain tuple that can be compared and printed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeVar

from ..ir.diagnostics import Reporter
from ..ir.nodes import Func, Module
from ..ir.source import NOWHERE, Span
from ..ir.verifier import check

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Remark:
    """Why a pass did, or did not do, something that the user may care about."""

    pass_name: str
    message: str
    span: Span = NOWHERE


@dataclass(slots=True)
class PassContext:
    """What a run of passes shares: messages, remarks, analysis results."""

    reporter: Reporter = field(default_factory=Reporter)
    remarks: list[Remark] = field(default_factory=list)
    _cache: dict[tuple[Any, int], tuple[object, Any]] = field(default_factory=dict)

    def analysis(self, compute: Callable[[Func], T], func: Func) -> T:
        """`compute(func)`, computed once for each function object (nodes are frozen)."""
        key = (compute, id(func))
        if key not in self._cache:
            # The entry holds `func` itself: its id cannot be given to another object meanwhile.
            self._cache[key] = (func, compute(func))
        result: T = self._cache[key][1]
        return result

    def remark(self, pass_name: str, message: str, span: Span = NOWHERE) -> None:
        item = Remark(pass_name, message, span)
        if item not in self.remarks:
            self.remarks.append(item)


class Pass(Protocol):
    """One step of a pipeline."""

    @property
    def name(self) -> str:
        """The name for `--print-after`, tests and documentation: the file's, with dashes."""

    def run(self, module: Module, ctx: PassContext) -> Module:
        """The rewritten module; raises CompileError for what the user's code may not do."""


@dataclass(frozen=True)
class FuncPass(ABC):
    """A pass that looks at one function at a time."""

    name: ClassVar[str]

    def run(self, module: Module, ctx: PassContext) -> Module:
        for func in module.funcs:
            new = self.rewrite(func, module, ctx)
            if new is not func:
                module = module.with_func(new)
        return module

    @abstractmethod
    def rewrite(self, func: Func, module: Module, ctx: PassContext) -> Func:
        """The rewritten function, or `func` itself where nothing is to be done."""


@dataclass(frozen=True)
class Repeat:
    """Its passes in turn until none of them finds anything, at most `limit` times."""

    name: str
    passes: tuple[Pass, ...]
    limit: int = 6

    def run(self, module: Module, ctx: PassContext) -> Module:
        for _ in range(self.limit):
            before = module
            for item in self.passes:
                module = item.run(module, ctx)
            if module is before:
                break
        return module


def run_pipeline(
    module: Module,
    passes: Iterable[Pass],
    ctx: PassContext | None = None,
    *,
    verify: bool = False,
    print_after: Callable[[str, Module], None] | None = None,
    stop_after: str | None = None,
) -> Module:
    """Run `passes` in order.

    `verify`: check the module after each pass that changed something; a broken rule is a bug of
    that pass and raises InternalError naming it. `print_after(name, module)` is called after every
    pass. `stop_after` names the pass after which (its first time) the run ends.
    """
    context = ctx if ctx is not None else PassContext()
    for item in passes:
        before = module
        module = item.run(module, context)
        if verify and module is not before:
            check(module, after=item.name)
        if print_after is not None:
            print_after(item.name, module)
        if item.name == stop_after:
            break
    return module
