"""Overload resolution: candidates, viability, ranking, and functions named without being called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..ir.diagnostics import CompileError, error
from ..ir.source import Span
from . import (
    builtin_calls,
    conversions,
    deduction,
    functions,
    initialization,
    syntax,
    templates,
)
from .cpp_types import (
    FunctionType,
    QType,
    Reference,
    class_of,
    decay,
    function_of,
    has_auto,
    is_half,
    is_reference,
    spell,
)
from .entities import ClassInfo, Function, FunctionRef, Instance
from .memory import decayed
from .state import Body
from .values import LVALUE, PRVALUE, Ex, RawArg


@dataclass(slots=True)
class Candidate:
    """A function that may be called, with its parameters' types and how the arguments convert."""

    target: Instance | builtin_calls.Overload
    params: tuple[QType, ...]
    function: Function | None = None
    conversions: list[conversions.Conversion] = field(default_factory=list)

    @property
    def is_template(self) -> bool:
        return self.function is not None and self.function.is_template


def plain(fn: Body, function: Function) -> Instance:
    return templates.plain_instance(fn.program, function, fn.span)


# ---------------------------------------------------------------- redeclarations


def redeclarations(function: Function) -> list[Function]:
    """The declarations of the same name with the same number of parameters, itself first."""
    found = [function]
    here = function.scope.names.get(function.name, [])
    for other in [*here, *(function.owner.constructors if function.owner else [])]:
        if (
            isinstance(other, Function)
            and other is not function
            and len(other.signature.parameters) == len(function.signature.parameters)
            and len(other.template) == len(function.template)
        ):
            found.append(other)
    return found


def default_argument(function: Function, index: int) -> tuple[syntax.Expr, Function] | None:
    """The default for parameter `index`, from whichever declaration has one."""
    params = function.signature.parameters
    if index < len(params) and params[index].default is not None:
        return params[index].default, function  # type: ignore[return-value]
    for other in redeclarations(function)[1:]:
        default = other.signature.parameters[index : index + 1]
        if default and default[0].default is not None:
            return default[0].default, other
    return None


def required_count(function: Function) -> int:
    """How many arguments a call must give."""
    count = 0
    for index, param in enumerate(function.signature.parameters):
        if param.declarator.pack or default_argument(function, index) is not None:
            break
        if not _is_void(param):
            count += 1
    return count


def _is_void(param: syntax.Parameter) -> bool:
    return param.specifier.builtin == "void" and not param.declarator.parts


def _accepts(function: Function, count: int) -> bool:
    params = function.signature.parameters
    if count < required_count(function):
        return False
    unbounded = function.signature.variadic or any(p.declarator.pack for p in params)
    return unbounded or count <= len(params)


# ---------------------------------------------------------------- candidates


def resolve(
    fn: Body,
    name: str,
    functions: Sequence[Function],
    args: list[conversions.Arg],
    span: Span,
    *,
    raw: Sequence[RawArg] | None = None,
    rows: Sequence[builtin_calls.Overload] = (),
    object_: Ex | None = None,
    explicit: bool = True,
) -> Candidate:
    """The function that a call means. Raises where none fits, or several fit equally well."""
    viable, reasons = candidates(fn, functions, args, raw, rows, object_, explicit)
    if not viable:
        if len(functions) == 1 and not rows:
            explain(fn, functions[0], args, span, reasons)
        raise _no_match(name, functions, args, span, reasons)
    best = best_of(fn, viable, len(args))
    if best is None:
        raise error(
            "ASC0321",
            f"the call of '{name}' is ambiguous for arguments ({_types_text(args)})",
            span,
            notes=tuple((_span_of(c), f"candidate: {_signature(c)}") for c in viable[:6]),
            help="convert an argument to the type of the parameter that is meant",
        )
    return best


def candidates(
    fn: Body,
    functions: Sequence[Function],
    args: list[conversions.Arg],
    raw: Sequence[RawArg] | None,
    rows: Sequence[builtin_calls.Overload],
    object_: Ex | None,
    explicit: bool,
) -> tuple[list[Candidate], list[CompileError]]:
    viable: list[Candidate] = []
    reasons: list[CompileError] = []
    for function in functions:
        if not explicit and "explicit" in function.decl.storage:
            continue
        if function.decl.special == "delete" or not _accepts(function, len(args)):
            continue
        try:
            candidate = _candidate(fn, function, args, raw, object_)
        except CompileError as failure:
            reasons.append(failure)
            continue
        if candidate is not None:
            viable.append(candidate)
    if raw is None:
        for row in rows:
            made = _row_candidate(fn, row, args)
            if made is not None:
                viable.append(made)
    return viable, reasons


def explain(
    fn: Body,
    function: Function,
    args: list[conversions.Arg],
    span: Span,
    reasons: list[CompileError],
) -> None:
    """Raise what exactly is wrong where a name means one function only."""
    if reasons:
        first = reasons[0].diagnostics[0]
        where = (function.span, f"'{function.name}' is declared here")
        raise CompileError([replace(first, span=span, notes=(where, *first.notes))])
    if function.is_template or not _accepts(function, len(args)):
        return
    params = plain(fn, function).type.params
    with fn.discarded():
        for arg, param in zip(args, params, strict=False):
            if conversions.rank(fn, arg, param) is not None:
                continue
            where_used = arg.span if arg.span.line else span
            if is_reference(param):
                conversions.bind_reference(fn, arg, param, where_used)
            else:
                conversions.convert(fn, arg, param, where_used)


def _elements(fn: Body, braces: syntax.InitializerList) -> tuple[Ex, ...] | None:
    """The elements of a braced list, where all are expressions."""
    with fn.discarded():
        found = initialization.arguments(fn, braces.items)
    elements = tuple(a for a in found if isinstance(a, Ex))
    return elements if elements and len(elements) == len(found) else None


def _candidate(
    fn: Body,
    function: Function,
    args: list[conversions.Arg],
    raw: Sequence[RawArg] | None,
    object_: Ex | None,
) -> Candidate | None:
    if function.is_template:
        known = [a if isinstance(a, Ex) else _elements(fn, a) for a in args]
        found = deduction.deduce_call(fn.program, function, list(raw or ()), known)
        if found is None:
            return None
        instance = templates.instantiate_function(fn.program, function, *found, fn.span)
    elif raw is not None:
        return None
    else:
        instance = plain(fn, function)
    candidate = Candidate(instance, instance.type.params, function)
    if object_ is not None and function.owner is not None:
        own = _rank_object(function, object_)
        if own is None:
            return None
        candidate.conversions.append(own)
    return candidate if _rank_arguments(fn, candidate, args, instance.type.variadic) else None


def _rank_object(function: Function, object_: Ex) -> conversions.Conversion | None:
    """The implicit object parameter: a non-const method needs an object that is not const."""
    if function.is_static:
        return conversions.Conversion(conversions.EXACT)
    if object_.type.const and not function.signature.const:
        return None
    extra = int(function.signature.const and not object_.type.const)
    return conversions.Conversion(conversions.EXACT, (0, extra))


def _rank_arguments(
    fn: Body, candidate: Candidate, args: list[conversions.Arg], variadic: bool
) -> bool:
    for index, arg in enumerate(args):
        if index >= len(candidate.params):
            if not variadic:
                return False
            candidate.conversions.append(conversions.Conversion(conversions.ELLIPSIS))
            continue
        ranked = conversions.rank(fn, arg, candidate.params[index])
        if ranked is None:
            return False
        candidate.conversions.append(ranked)
    return True


def _row_candidate(
    fn: Body, row: builtin_calls.Overload, args: list[conversions.Arg]
) -> Candidate | None:
    if not len(row.params) - len(row.row.defaults) <= len(args) <= len(row.params):
        return None
    candidate = Candidate(row, row.params)
    return candidate if _rank_arguments(fn, candidate, args, False) else None


# ---------------------------------------------------------------- ranking


def best_of(fn: Body, viable: list[Candidate], count: int) -> Candidate | None:
    """The candidate better than all others; None where there is no such one."""
    best = viable[0]
    for other in viable[1:]:
        if is_better(fn, other, best, count):
            best = other
    for other in viable:
        if other is not best and not is_better(fn, best, other, count):
            return None
    return best


def is_better(fn: Body, left: Candidate, right: Candidate, count: int) -> bool:
    """Whether `left` is the better function ([over.match.best])."""
    better = False
    for a, b in zip(left.conversions, right.conversions, strict=False):
        order = _compare(a, b)
        if order > 0:
            return False
        better = better or order < 0
    if better:
        return True
    if left.is_template != right.is_template:
        return not left.is_template
    if left.is_template and left.function is not None and right.function is not None:
        if deduction.more_specialized(fn.program, left.function, right.function, count):
            return True
        if deduction.more_specialized(fn.program, right.function, left.function, count):
            return False
    if left.params == right.params:
        return _preferred_declaration(left, right)
    return False


def _compare(a: conversions.Conversion, b: conversions.Conversion) -> int:
    if a.rank != b.rank:
        return -1 if a.rank < b.rank else 1
    if a.user is not None and b.user is not None and a.user is not b.user and a.user != b.user:
        return 0
    length = max(len(a.detail), len(b.detail))
    left = a.detail + (0,) * (length - len(a.detail))
    right = b.detail + (0,) * (length - len(b.detail))
    return (left > right) - (left < right)


def _preferred_declaration(left: Candidate, right: Candidate) -> bool:
    """Of two declarations of the same function, the one with a body; of two functions with the
    same parameters, the user's before the device library's, and that before the table's."""
    return _preference(left) > _preference(right)


def _preference(candidate: Candidate) -> tuple[int, ...]:
    function = candidate.function
    if function is None:
        return (0, 0, 0)
    storage = function.decl.storage
    device = bool(storage & {"__device__", "__global__"}) or function.prelude
    return (1, int(device), int(function.decl.body is not None), int(not function.prelude))


# ---------------------------------------------------------------- messages


def _types_text(args: Sequence[conversions.Arg]) -> str:
    return ", ".join(
        "{...}" if not isinstance(a, Ex) else "function" if a.overloads else spell(a.type)
        for a in args
    )


def _signature(candidate: Candidate) -> str:
    name = candidate.target.name if candidate.function is None else candidate.function.name
    return f"{name}({', '.join(spell(p) for p in candidate.params)})"


def _span_of(candidate: Candidate) -> Span | None:
    return candidate.function.span if candidate.function is not None else None


def _no_match(
    name: str,
    functions: Sequence[Function],
    args: Sequence[conversions.Arg],
    span: Span,
    reasons: list[CompileError],
) -> CompileError:
    notes: list[tuple[Span | None, str]] = []
    for function in functions[:4]:
        count = len(function.signature.parameters)
        notes.append((function.span, f"candidate with {count} parameters is not viable"))
    for reason in reasons[:2]:
        first = reason.diagnostics[0]
        notes.append((first.span, f"a candidate was dropped: {first.message}"))
    return error(
        "ASC0320",
        f"no function '{name}' takes arguments ({_types_text(args)})",
        span,
        notes=tuple(notes),
    )


# ---------------------------------------------------------------- functions as values


def match_function(fn: Body, arg: Ex, target: QType) -> Instance | None:
    """The function of an overload set that has the type of `target` (a function, or a pointer or
    reference to one)."""
    wanted = function_of(target)
    if wanted is None:
        return None
    closure = class_of(arg.type)
    if closure is not None and closure.invoker is not None:
        possible = _possible(fn, closure.invoker, None, wanted)
        return next((i for i in possible if _same_function(fn, i, wanted)), None)
    if isinstance(arg.constant, FunctionRef):
        instance = arg.constant.instance
        return instance if _same_function(fn, instance, wanted) else None
    if arg.overloads is None:
        return None
    for function in arg.overloads.functions:
        for instance in _possible(fn, function, arg.overloads.args, wanted):
            if _same_function(fn, instance, wanted):
                return instance
    return None


def _same_function(fn: Body, instance: Instance, wanted: FunctionType) -> bool:
    if has_auto(instance.result_type):
        functions.deduce_result(fn.program, instance, fn, fn.span)
    return instance.type.params == wanted.params and instance.result_type == wanted.result


def _possible(
    fn: Body, function: Function, raw: Sequence[RawArg] | None, wanted: FunctionType
) -> list[Instance]:
    try:
        if not function.is_template:
            return [plain(fn, function)]
        values = [Ex(p.type.target, LVALUE) if isinstance(p.type, Reference) else Ex(p, PRVALUE)
                  for p in wanted.params]  # fmt: skip
        found = deduction.deduce_call(fn.program, function, list(raw or ()), list(values))
        if found is None:
            return []
        return [templates.instantiate_function(fn.program, function, *found, fn.span)]
    except CompileError:
        return []


def as_function(fn: Body, arg: Ex, target: QType, span: Span) -> Ex:
    """A function named without a call, as a known constant of type `target`."""
    found = match_function(fn, arg, target)
    if found is not None:
        return Ex(target.bare, PRVALUE, constant=FunctionRef(found), span=arg.span)
    if function_of(arg.type) is not None and decay(arg.type).type == decay(target).type:
        return replace(decayed(fn, arg), type=target.bare)
    raise error("ASC0310", f"no function here has the type '{target}'", span)


def function_constant(fn: Body, raw: Ex, wanted: QType, span: Span) -> FunctionRef:
    """The function that a template argument names."""
    ex = as_function(fn, raw, wanted, span)
    if not isinstance(ex.constant, FunctionRef):
        raise error("ASC0340", "a template argument must be a constant expression", span)
    return ex.constant


def only_function(fn: Body, arg: Ex, span: Span) -> Ex:
    """A name of functions as a pointer where it can only mean one."""
    assert arg.overloads is not None
    found = arg.overloads
    if len(found.functions) == 1:
        function = found.functions[0]
        if not function.is_template:
            instance = plain(fn, function)
        else:
            instance = templates.explicit_instance(
                fn.program, function, list(found.args or ()), span
            )
        return Ex(decay(QType(instance.type)), PRVALUE, constant=FunctionRef(instance), span=span)
    raise error("ASC0321", f"'{found.name}' names several functions; which one is not known", span)


# ---------------------------------------------------------------- converting constructors


def converting_constructor(
    fn: Body, info: ClassInfo, arg: Ex, explicit: bool
) -> tuple[Instance, int] | None:
    """The constructor that makes an `info` of one argument, without user conversions of its own."""
    viable: list[Candidate] = []
    for function in info.constructors:
        if function.decl.special == "delete" or not _accepts(function, 1):
            continue
        if "explicit" in function.decl.storage and not explicit:
            continue
        candidate = _converting(fn, info, function, arg)
        if candidate is not None:
            viable.append(candidate)
    if not viable:
        return None
    best = best_of(fn, viable, 1) or viable[0]
    assert isinstance(best.target, Instance)
    first = best.conversions[0]
    return best.target, first.rank * 10 + sum(first.detail)


def _converting(fn: Body, info: ClassInfo, function: Function, arg: Ex) -> Candidate | None:
    try:
        if function.is_template:
            found = deduction.deduce_call(fn.program, function, [], [arg])
            if found is None:
                return None
            instance = templates.instantiate_function(fn.program, function, *found, fn.span)
        else:
            instance = plain(fn, function)
    except CompileError:
        return None
    if not instance.type.params:
        return None
    param = instance.type.params[0]
    inner = param.type.target if is_reference(param) else param  # type: ignore[attr-defined]
    if class_of(inner) is info and class_of(arg.type) is not info:
        return None
    ranked = conversions.rank(fn, arg, param, user=is_half(inner))
    return None if ranked is None else Candidate(instance, instance.type.params, function, [ranked])
