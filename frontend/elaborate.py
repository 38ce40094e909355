"""The entry to elaboration: kernels and their instances to modules of SIMT IR.

Semantic analysis, template instantiation and lowering are one walk over the syntax, started at the
kernels that are asked for and following calls. Each kernel instance becomes a module of its own
with the functions, variables and records that it reaches; what goes wrong in one is kept with it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ..ir.diagnostics import CompileError, Diagnostic, Reporter, Severity, error
from ..ir.dtypes import MemoryType, Pointer, Record, Space, size_of
from ..ir.nodes import Func, Global, Module, walk
from ..ir.source import Sources, Span
from . import deduction, functions, syntax, templates, type_names
from .cpp_types import VOID
from .default_instances import DefaultInstances
from .entities import Function, Instance, TemplateArg
from .instances import InstanceRequest
from .items import Item, is_kernel
from .limits import check_shared
from .namespaces import Declarations, declare_all, declare_item
from .parser import parse_expression, parse_type
from .scope import Scope
from .state import Program, scratch_body
from .tokens import IDENT, PUNCT, Token, lex
from .values import Ex, RawArg

RECURSION_LIMIT = 16_000 if sys.version_info >= (3, 11) else 3_000
"""Python's limit while elaborating. Before 3.11 every Python call takes C stack too."""


ASKED = "<command line>"
"""The file of requests that somebody made, which a default does not replace."""


@dataclass(frozen=True, slots=True)
class KernelUnit:
    """A kernel, or one instance of a kernel template. `module` None: refused by `diagnostics`.

    `instance` is the name with template arguments as g++'s demangler prints it; `assumed` says
    what was made up to have an instance at all.
    """

    name: str
    instance: str
    span: Span
    module: Module | None
    diagnostics: tuple[Diagnostic, ...] = ()
    template_args: tuple[TemplateArg, ...] = ()
    assumed: tuple[str, ...] = ()


def request_from_text(text: str) -> InstanceRequest:
    """`k<float, 256>` or `ns::k<float>` as a request. Raises CompileError for other text."""
    tokens = [t for chunk in lex(ASKED, text).chunks if isinstance(chunk, list)
              for t in chunk if t.kind != "EOF"]  # fmt: skip
    words: list[str] = []
    at = 0
    while at < len(tokens) and tokens[at].text != "<":
        if tokens[at].kind == IDENT:
            words.append(tokens[at].text)
        at += 1
    if not words:
        raise error("ASC0008", f"'{text}' names no kernel")
    span = tokens[0].span
    args = _split(tokens[at + 1 : -1]) if at < len(tokens) else []
    return InstanceRequest(words[-1], tuple(words[:-1]), args, [], span)


def _split(tokens: list[Token]) -> list[list[Token]]:
    """Template arguments between commas that stand in no brackets."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text in "([{<") - (token.text in ")]}>")
        if token.text == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return [p for p in parts if p]


def elaborate_kernels(
    items: Sequence[Item],
    requests: Sequence[InstanceRequest],
    *,
    reporter: Reporter,
    sources: Sources,
    defaults: DefaultInstances | None = None,
    strict: bool = False,
) -> list[KernelUnit]:
    """A unit for every kernel and every requested instance of a kernel template, in source order.

    `defaults` gives instances to kernel templates that have no request that can be fulfilled.
    `strict`: failures of ours are raised instead of being kept with the kernel.
    """
    sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION_LIMIT))
    program = Program(reporter, sources, Scope("namespace"))
    declarations = declare_all(program, items)
    program.declarations = declarations
    run = _Run(program, declarations, requests, defaults, strict)
    return _distinct([unit for item in items if is_kernel(item) for unit in run.kernel(item)])


def _distinct(units: list[KernelUnit]) -> list[KernelUnit]:
    """Refuses kernels that share a name (overloads, or a second definition): a launch is told
    from others by the kernel's name alone."""
    spans: dict[str, list[Span]] = {}
    for unit in units:
        spans.setdefault(unit.instance, []).append(unit.span)
    return [
        unit if len(spans[unit.instance]) == 1 else _not_distinct(unit, spans[unit.instance])
        for unit in units
    ]


def _not_distinct(unit: KernelUnit, spans: list[Span]) -> KernelUnit:
    failure = error(
        "ASC0433",
        f"several kernels are called '{unit.instance}'",
        unit.span,
        notes=tuple((span, "another is here") for span in spans if span != unit.span),
        help="rename one of them",
    )
    return replace(unit, module=None, diagnostics=(*unit.diagnostics, *failure.diagnostics))


PATIENCE = 24
"""How many default instances are tried; one that fails for what the kernel does, whatever its
template arguments are, counts as several."""


def _is_of_types(unit: KernelUnit) -> bool:
    """Whether a refusal can be due to template arguments: types that do not fit, constants."""
    codes = {d.code for d in unit.diagnostics if d.severity is Severity.ERROR}
    return all(code.startswith("ASC03") and code not in _NAMES_MISSING for code in codes)


_NAMES_MISSING = frozenset(("ASC0300", "ASC0301", "ASC0319"))


@dataclass(slots=True)
class _Run:
    program: Program
    declarations: Declarations
    requests: Sequence[InstanceRequest]
    defaults: DefaultInstances | None
    strict: bool

    def kernel(self, item: Item) -> Iterator[KernelUnit]:
        """The units of one kernel."""
        if item.body is None and not item.is_definition:
            return
        if item.specialization:
            return  # used by the instances of its template
        try:
            with _guard(self.strict, item):
                declare_item(self.declarations, item)
                function = self.declarations.functions.get(id(item))
        except CompileError as failure:
            yield KernelUnit(item.name, item.qualified_name, item.span, None, failure.diagnostics)
            return
        if function is None:
            return
        if not function.is_template:
            yield self.unit(
                item, lambda: templates.plain_instance(self.program, function, item.span)
            )
            return
        yield from self.template(item, function)

    def template(self, item: Item, function: Function) -> Iterator[KernelUnit]:
        wanted = [r for r in self.requests if self.is_for(r, item)]
        seen: set[str] = set()
        failed: list[KernelUnit] = []
        for request in wanted:
            unit = self.unit(item, partial(self.instance, function, request))
            if unit.module is None and unit.instance == item.qualified_name:
                failed.append(unit)
            elif unit.instance not in seen:
                seen.add(unit.instance)
                yield unit
        if seen:
            return
        tried: tuple[str, ...] = ()
        if not any(r.span.file == ASKED for r in wanted):
            made, tried = self.default_units(item, function)
            if made:
                yield from made
                return
        if failed:
            yield failed[0]
            return
        if all(p.default is not None or p.pack for p in function.template):
            yield self.unit(item, lambda: self.all_defaults(function, item.span))
            return
        names = ", ".join(p.name for p in function.template)
        example = ", ".join("float" if p.kind == "type" else "32" for p in function.template)
        message = f"no instance of the kernel template '{item.qualified_name}<{names}>' is known"
        failure = error(
            "ASC0432",
            message,
            item.span,
            notes=tuple((None, text) for text in tried),
            help=f"launch it in the file, or give --instantiate '{item.qualified_name}<{example}>'",
        )
        yield KernelUnit(item.name, item.qualified_name, item.span, None, failure.diagnostics)

    def default_units(
        self, item: Item, function: Function
    ) -> tuple[list[KernelUnit], tuple[str, ...]]:
        """Units of the first default instances that can be elaborated, or of one that shows what
        every instance would be refused for; else none, and why the likeliest one was not built."""
        refused: list[KernelUnit] = []
        patience = PATIENCE
        reported = self.program.reporter.diagnostics
        for group in self.defaults.of(item) if self.defaults is not None else ():
            mark = len(reported)
            units = []
            for default in group:
                unit = self.unit(item, partial(self.instance, function, default.request))
                units.append(replace(unit, assumed=(default.assumed,)))
                patience -= 1 if unit.module is not None or _is_of_types(unit) else PATIENCE // 4
            built = [unit for unit in units if unit.module is not None]
            if built:
                return built, ()
            del reported[mark:]
            refused += units
            if patience <= 0:
                break
        for unit in refused[:1]:
            if not _is_of_types(unit):
                return [unit], ()
            return [], (f"as '{unit.instance}' it is refused: {unit.diagnostics[0].message}",)
        return [], ()

    def is_for(self, request: InstanceRequest, item: Item) -> bool:
        if request.kernel_name != item.name:
            return False
        path = (*item.scope, *item.qualifier)
        return not request.qualifier or path[-len(request.qualifier) :] == request.qualifier

    def all_defaults(self, function: Function, span: Span) -> Instance:
        return templates.explicit_instance(self.program, function, [], span)

    def instance(self, function: Function, request: InstanceRequest) -> Instance:
        """The instance that a request means: written arguments, the rest deduced or default."""
        body = scratch_body(self.program, function.scope, request.span)
        raw: list[RawArg] = []
        for tokens in request.template_args:
            raw += type_names.raw_args(body, (self.argument(function, tokens),))
        values: list[deduction.Arg] = []
        for types in request.argument_types:
            values.append(None if types is None else self.typed(function, types))
        if not values or len(raw) >= len(function.template):
            return templates.explicit_instance(self.program, function, raw, request.span)
        found = deduction.deduce_call(self.program, function, raw, values)
        if found is None:
            raise error(
                "ASC0334", "the kernel's template arguments cannot be deduced", request.span
            )
        return templates.instantiate_function(self.program, function, *found, request.span)

    def argument(self, function: Function, tokens: list[Token]) -> syntax.TypeId | syntax.Expr:
        """A template argument: parsed between the angle brackets of a name, where the parser tells
        types from values."""
        span = tokens[0].span
        name = Token(IDENT, function.name, span)
        wrapped = [name, Token(PUNCT, "<", span), *tokens, Token(PUNCT, ">", span)]
        scope = tuple(p for p in function.scope.qualifier().split("::") if p)
        made = parse_expression(wrapped, self.declarations.names, scope=scope)
        if isinstance(made, syntax.Name) and made.name.last.template_args:
            return made.name.last.template_args[0]
        raise error(
            "ASC0008", f"'{' '.join(t.text for t in tokens)}' is no template argument", span
        )

    def typed(self, function: Function, tokens: list[Token]) -> Ex | None:
        scope = tuple(p for p in function.scope.qualifier().split("::") if p)
        body = scratch_body(self.program, function.scope, tokens[0].span)
        try:
            return Ex(
                type_names.type_id(body, parse_type(tokens, self.declarations.names, scope=scope))
            )
        except CompileError:
            return None

    # ------------------------------------------------------------ one unit

    def unit(self, item: Item, make: Callable[[], Instance]) -> KernelUnit:
        """Build the instance that `make` gives, and everything that it reaches."""
        name = item.qualified_name
        args: tuple[TemplateArg, ...] = ()
        instance: Instance | None = None
        self.program.instances.clear()
        try:
            with _guard(self.strict, item):
                instance = make()
                name, args = instance.source_name, instance.args
                if instance.result_type.bare != VOID:
                    message = f"the kernel returns '{instance.result_type}'"
                    raise error("ASC0435", message, item.span, help="make its result void")
                self.require(instance)
                functions.build_queued(self.program)
                reached = _reached(instance)
                _refuse_failed(reached)
                _refuse_recursion(instance)
                module = _module(reached)
                check_shared(_shared_bytes(module), item.span)
                return KernelUnit(item.name, name, item.span, module, (), args)
        except CompileError as failure:
            found = tuple(
                replace(d, subject=name) if not d.subject else d for d in failure.diagnostics
            )
            return KernelUnit(item.name, name, item.span, None, found, args)

    def require(self, instance: Instance) -> None:
        if not instance.name:
            from .state import ir_name

            instance.name = self.program.unique_name(ir_name(instance))
        if instance.state == "declared":
            instance.state = "queued"
            self.program.queue.append(instance)


class _guard:
    """Failures of ours become a diagnostic of the kernel that shows them."""

    def __init__(self, strict: bool, item: Item) -> None:
        self.strict = strict
        self.item = item

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, value: BaseException | None, trace: object) -> None:
        if value is None or isinstance(value, CompileError) or not isinstance(value, Exception):
            return
        if isinstance(value, MemoryError):
            raise error("ASC0007", f"'{self.item.name}' is too large", self.item.span) from None
        if isinstance(value, RecursionError):
            raise error(
                "ASC0330",
                f"'{self.item.name}' is nested too deeply to be translated",
                self.item.span,
                help="check that the recursion of templates ends",
            ) from None
        if self.strict:
            return
        text = f"{type(value).__name__}: {value}" if str(value) else type(value).__name__
        raise error(
            "ASC0001",
            f"internal error while elaborating '{self.item.name}' ({text})",
            self.item.span,
            help="please report it with the source",
        ) from value


# ---------------------------------------------------------------- modules


def _reached(kernel: Instance) -> list[Instance]:
    """The kernel and every function that it calls, callees after callers."""
    order: list[Instance] = []
    seen: set[int] = set()
    pending = [kernel]
    while pending:
        instance = pending.pop(0)
        if id(instance) in seen:
            continue
        seen.add(id(instance))
        order.append(instance)
        pending += list(instance.callees)
    return order


def _refuse_failed(reached: list[Instance]) -> None:
    failures: list[Diagnostic] = []
    for instance in reached:
        if instance.error is not None:
            failures += [d for d in instance.error.diagnostics if d not in failures]
    if failures:
        raise CompileError(failures)


def _refuse_recursion(kernel: Instance) -> None:
    """A function that can reach itself by calls is refused by name."""
    done: set[int] = set()
    path: list[Instance] = []

    def visit(instance: Instance) -> None:
        if id(instance) in done:
            return
        path.append(instance)
        for callee, span in instance.callees.items():
            if callee in path:
                raise error(
                    "ASC0490",
                    f"'{callee.source_name}' calls itself (recursion), which is not supported",
                    span,
                    help="rewrite it as a loop with its own stack",
                )
            visit(callee)
        path.pop()
        done.add(id(instance))

    visit(kernel)


def _shared_bytes(module: Module) -> int:
    return sum(g.count * size_of(g.elem) for g in module.globals if g.space is Space.SHARED)


def _module(reached: list[Instance]) -> Module:
    funcs: list[Func] = []
    variables: dict[str, Global] = {}
    for instance in reached:
        assert instance.func is not None, "a built function"
        funcs.append(instance.func)
        variables.update(instance.globals)
    records: dict[str, Record] = {}
    for func in funcs:
        _collect_from_func(func, records)
    for item in variables.values():
        _collect(item.elem, records)
    return Module(tuple(funcs), tuple(variables.values()), tuple(records.values()))


def _collect_from_func(func: Func, records: dict[str, Record]) -> None:
    for param in func.params:
        _collect(param.type, records)
    for attr in func.attrs.values():
        if isinstance(attr, Record):
            _collect(attr, records)
    for op in walk(func.body):
        for result in op.results:
            _collect(result.type, records)


def _collect(type_: MemoryType, records: dict[str, Record]) -> None:
    """A record and the records inside it, the inner ones first."""
    if isinstance(type_, Pointer):
        _collect(type_.elem, records)
    elif isinstance(type_, Record) and type_.name not in records:
        for member in type_.fields:
            _collect(member.type, records)
        records[type_.name] = type_
