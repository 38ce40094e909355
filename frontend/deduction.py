"""Deducing template arguments: patterns as written against types that are known.

A pattern is syntax (`const T*`, `Tile<T, N>&`); what it cannot say anything about (a type behind
`::`, a computed value) is left to the other arguments and to the check that follows.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.diagnostics import CompileError, error
from ..ir.source import NOWHERE
from . import classes, syntax, templates, type_names
from .cpp_types import (
    INT,
    ULONG,
    ArrayType,
    ClassType,
    FunctionType,
    OpaqueType,
    PointerType,
    QType,
    Reference,
    decay,
    reference_to,
)
from .entities import (
    AliasTemplate,
    ClassInfo,
    ClassTemplate,
    Entity,
    Function,
    PackArg,
    TemplateArg,
    TemplateRef,
    ValueArg,
)
from .packs import names_in
from .scope import Scope
from .state import Body, Program, scratch_body
from .values import LVALUE, Ex, RawArg

Parts = tuple[syntax.DeclaratorPart, ...]

Arg = Ex | tuple[Ex, ...] | None
"""An argument that deduction looks at; a tuple has the elements of a braced list."""


class Deduction:
    """What is known of a template's parameters so far."""

    def __init__(
        self,
        program: Program,
        params: tuple[syntax.TemplateParameter, ...],
        scope: Scope,
    ) -> None:
        self.program = program
        self.params = {p.name: p for p in params if p.name}
        self.found: dict[str, TemplateArg] = {}
        self.body = scratch_body(program, Scope("template", scope))
        self.pack_items: dict[str, list[TemplateArg]] | None = None
        self.exact = False
        """Inside template arguments: `const T*` does not fit an `int*`."""

    # -------------------------------------------------- binding

    def record(self, name: str, arg: TemplateArg) -> bool:
        """Note an argument for a parameter; False where it contradicts an earlier one."""
        if self.params[name].pack and self.pack_items is not None:
            self.pack_items.setdefault(name, []).append(arg)
            return True
        known = self.found.get(name)
        if known is None:
            self.found[name] = arg
            self.body.scope.names[name] = [templates.entity_of(name, arg)]
            return True
        if isinstance(known, ValueArg) and isinstance(arg, ValueArg):
            return known.value == arg.value
        return known == arg

    def parameter(self, spec: syntax.TypeSpecifier) -> str | None:
        """The template parameter that a specifier is, if it is just one."""
        name = spec.name
        if name is None or name.absolute or len(name.parts) != 1 or name.decltype is not None:
            return None
        text = name.parts[0].name
        return text if text in self.params and name.parts[0].template_args is None else None

    def mentions(self, node: syntax.Node) -> bool:
        """Whether a pattern names a parameter that is not known yet."""
        return any(n in self.params and n not in self.found for n in names_in(node))

    # -------------------------------------------------- types

    def type(self, spec: syntax.TypeSpecifier, parts: Parts, actual: QType) -> bool:
        """Match a pattern of declarator parts on a specifier; False where it cannot fit."""
        if not parts:
            return self.specifier(spec, actual)
        part, rest = parts[0], parts[1:]
        match part, actual.type:
            case syntax.PointerPart(kind="*"), PointerType(target):
                return self.type(spec, rest, target)
            case syntax.PointerPart(kind="*"), _:
                return False
            case syntax.PointerPart(), Reference(target, rvalue):
                return (part.kind == "&&") == rvalue and self.type(spec, rest, target)
            case syntax.PointerPart(), _:
                return False
            case syntax.ArrayPart(size=size), ArrayType(element, count):
                if size is not None and count is not None:
                    self.value(size, ValueArg(ULONG, count))
                elif size is not None:
                    return False
                return self.type(spec, rest, element)
            case syntax.FunctionPart(), FunctionType():
                return self.function(part, actual.type) and self.type(
                    spec, rest, actual.type.result
                )
        return False

    def function(self, part: syntax.FunctionPart, actual: FunctionType) -> bool:
        patterns = [p for p in part.parameters]
        types = list(actual.params)
        for index, pattern in enumerate(patterns):
            if pattern.declarator.pack:
                return self.pack(pattern, types[index:])
            if index >= len(types):
                return False
            declarator = pattern.declarator
            if self.mentions(pattern) and not self.type(
                pattern.specifier, declarator.parts, types[index]
            ):
                return False
        return len(patterns) == len(types)

    def pack(self, pattern: syntax.Parameter, types: list[QType]) -> bool:
        """Match the rest of the types with a parameter pack."""

        def one(index: int) -> bool:
            return self.type(pattern.specifier, pattern.declarator.parts, types[index])

        return self.each(pattern, len(types), one)

    def each(self, pattern: syntax.Node, count: int, one: object) -> bool:
        """Collect the elements of the packs that `pattern` names, `count` times."""
        assert callable(one)
        outer, self.pack_items = self.pack_items, {}
        ok = all(one(index) for index in range(count))
        items, self.pack_items = self.pack_items, outer
        if not ok:
            return False
        for name in dict.fromkeys(names_in(pattern)):
            if name in self.params and self.params[name].pack:
                if not self.record(name, PackArg(tuple(items.get(name, ())))):
                    return False
        return True

    def specifier(self, spec: syntax.TypeSpecifier, actual: QType) -> bool:
        name = self.parameter(spec)
        inner = actual.type.element if isinstance(actual.type, ArrayType) else actual
        if self.exact and spec.const and not inner.const:
            return False
        if name is not None and self.params[name].kind == "type":
            const = actual.const and not spec.const
            volatile = actual.volatile and not spec.volatile
            if isinstance(actual.type, ArrayType) and spec.const:
                return self.record(name, _without_const(actual))
            return self.record(name, QType(actual.type, const, volatile))
        if spec.name is not None and spec.name.last.template_args is not None:
            return self.class_pattern(spec.name, actual)
        if not self.mentions(spec):
            known = type_names.specified_type(self.body, spec)
            return known.type == actual.type
        return True  # not deducible here

    def class_pattern(self, name: syntax.QualifiedName, actual: QType) -> bool:
        """`Tmpl<patterns>` against a class: itself, or one of its bases."""
        first = name.parts[0].name
        if len(name.parts) > 1 and any(
            n in self.params for part in name.parts[:-1] for n in names_in(part.template_args)
        ):
            return True  # behind `::` of a dependent type: not deducible
        found = type_names.lookup(self.body, name)
        if found and isinstance(found[0], AliasTemplate):
            if not self.mentions(name):
                known = type_names.type_name(self.body, name)
                return not self.exact or known.type == actual.type
            return self.alias(found[0], name, actual)
        if not isinstance(actual.type, ClassType):
            return False
        info = actual.type.info
        if len(name.parts) == 1 and first in self.params:
            if info.template is None:
                return False
            return self.record(first, TemplateRef(info.template)) and self.arguments(
                name.last.template_args or (), info.args
            )
        template = _template_of(found[0]) if found else None
        if template is None:
            return False
        return self.instance_of(template, name.last.template_args or (), info)

    def instance_of(
        self,
        template: ClassTemplate,
        patterns: tuple[syntax.TypeId | syntax.Expr, ...],
        info: ClassInfo,
    ) -> bool:
        saved = self._state()
        if info.template is template and self.arguments(patterns, info.args):
            return True
        self._restore(saved)
        classes.complete(self.program, info, NOWHERE)
        for base in info.bases:
            if self.instance_of(template, patterns, base.info):
                return True
            self._restore(saved)
        return False

    def _state(self) -> tuple[dict[str, TemplateArg], dict[str, list[Entity]]]:
        return dict(self.found), dict(self.body.scope.names)

    def _restore(self, saved: tuple[dict[str, TemplateArg], dict[str, list[Entity]]]) -> None:
        self.found, self.body.scope.names = dict(saved[0]), dict(saved[1])

    def alias(self, alias: AliasTemplate, name: syntax.QualifiedName, actual: QType) -> bool:
        """An alias that only renames (`template<class T> using A = B<T, 3>`) is seen through."""
        params = alias.decl.template or ()
        inner = Deduction(self.program, params, alias.scope)
        target = alias.decl.type
        if not inner.type(target.specifier, target.declarator.parts, actual):
            return False
        written = name.last.template_args or ()
        known = [inner.found.get(p.name) for p in params]
        if any(isinstance(arg, PackArg) for arg in known):
            given = tuple(arg for arg in known if arg is not None)
            return len(given) < len(known) or self.arguments(written, given)
        return all(
            arg is None or self.argument(pattern, arg)
            for pattern, arg in zip(written, known, strict=False)
        )

    # -------------------------------------------------- template arguments

    def arguments(
        self,
        patterns: tuple[syntax.TypeId | syntax.Expr, ...],
        actual: tuple[TemplateArg, ...],
    ) -> bool:
        flat: list[TemplateArg] = []
        for arg in actual:
            flat += arg.items if isinstance(arg, PackArg) else [arg]
        for index, pattern in enumerate(patterns):
            expanded = _expanded(pattern)
            if expanded is not None:
                rest = flat[index:]
                return self.each(
                    expanded, len(rest), lambda i, r=rest, p=expanded: self.argument(p, r[i])
                )
            if index >= len(flat) or not self.argument(pattern, flat[index]):
                return False
        # arguments beyond the pattern come from defaults; those of a pack have none
        packed = len(actual[-1].items) if actual and isinstance(actual[-1], PackArg) else 0
        return packed == 0 or len(flat) == len(patterns)

    def argument(self, pattern: syntax.TypeId | syntax.Expr, actual: TemplateArg) -> bool:
        outer, self.exact = self.exact, True
        try:
            return self._argument(pattern, actual)
        finally:
            self.exact = outer

    def _argument(self, pattern: syntax.TypeId | syntax.Expr, actual: TemplateArg) -> bool:
        if isinstance(pattern, syntax.TypeId):
            spec = pattern.specifier
            name = self.parameter(spec)
            if name is not None and not pattern.declarator.parts:
                if self.params[name].kind == "type" and not isinstance(actual, QType):
                    return False
                if self.params[name].kind != "type":
                    return self.record(name, actual)
            if isinstance(actual, QType):
                if not spec_qualifiers_fit(spec, pattern.declarator.parts, actual):
                    return False
                return self.type(spec, pattern.declarator.parts, actual)
            if self.mentions(pattern):
                return False
            return self._same(type_names.raw_arg(self.body, pattern), actual)
        if isinstance(actual, ValueArg):
            return self.value(pattern, actual)
        if isinstance(pattern, syntax.Name) and len(pattern.name.parts) == 1:
            text = pattern.name.parts[0].name
            if text in self.params and pattern.name.last.template_args is None:
                return self.record(text, actual)
        if self.mentions(pattern):
            if isinstance(pattern, syntax.Name) and isinstance(actual, QType):
                return self.class_pattern(pattern.name, actual)
            return True
        return self._same(type_names.raw_arg(self.body, pattern), actual)

    def value(self, pattern: syntax.Expr, actual: ValueArg) -> bool:
        if isinstance(pattern, syntax.Name) and len(pattern.name.parts) == 1:
            text = pattern.name.parts[0].name
            if text in self.params:
                return self.record(text, actual)
        if self.mentions(pattern):
            return True
        return self._same(type_names.raw_arg(self.body, pattern), actual)

    def _same(self, raw: RawArg, actual: TemplateArg) -> bool:
        if isinstance(raw, Ex):
            return isinstance(actual, ValueArg) and raw.constant == actual.value
        return raw == actual


def spec_qualifiers_fit(spec: syntax.TypeSpecifier, parts: Parts, actual: QType) -> bool:
    """Whether `const X` patterns of template arguments meet an argument that is const."""
    if parts:
        first = parts[0]
        if isinstance(first, syntax.PointerPart) and first.kind == "*":
            return (not first.const or actual.const) and (first.const or not actual.const)
        return True
    inner = actual.type.element if isinstance(actual.type, ArrayType) else actual
    return (not spec.const or inner.const) and (not spec.volatile or inner.volatile)


def _without_const(type_: QType) -> QType:
    if isinstance(type_.type, ArrayType):
        return QType(ArrayType(_without_const(type_.type.element), type_.type.count))
    return QType(type_.type, False, type_.volatile)


def _expanded(pattern: syntax.TypeId | syntax.Expr) -> syntax.TypeId | syntax.Expr | None:
    """The pattern of a pack expansion among template arguments."""
    if isinstance(pattern, syntax.PackExpansion):
        return pattern.pattern
    if isinstance(pattern, syntax.TypeId) and pattern.pack:
        return syntax.TypeId(pattern.span, pattern.specifier, pattern.declarator)
    return None


def _template_of(entity: object) -> ClassTemplate | None:
    if isinstance(entity, ClassTemplate):
        return entity
    info = getattr(getattr(getattr(entity, "type", None), "type", None), "info", None)
    return info.template if isinstance(info, ClassInfo) else None


# ---------------------------------------------------------------- calls


def deduce_call(
    program: Program, function: Function, raw: list[RawArg], args: Sequence[Arg]
) -> tuple[tuple[TemplateArg, ...], Scope] | None:
    """Arguments for a call of a function template; None where deduction fails. An argument None
    says nothing."""
    params = function.template
    deduction = Deduction(program, params, function.scope)
    if not _take_explicit(deduction, function, raw):
        return None
    explicit = set(deduction.found)
    patterns = function.signature.parameters
    for index, pattern in enumerate(patterns):
        if pattern.declarator.pack:
            rest = args[index:]

            def one(i: int, p: syntax.Parameter = pattern, r: Sequence[Arg] = rest) -> bool:
                return deduce_parameter(deduction, p, r[i])

            names = [n for n in names_in(pattern) if n in deduction.params]
            if all(n in explicit for n in names) and _covers(deduction, names, len(rest)):
                break
            for name in names:
                deduction.found.pop(name, None)
            if not deduction.each(pattern, len(rest), one):
                return None
            break
        if index >= len(args):
            break
        if deduction.mentions(pattern) or _deduced_before(deduction, pattern, explicit):
            if not deduce_parameter(deduction, pattern, args[index]):
                return None
    for param in params:  # a pack that nothing was deduced for is empty
        if param.pack and param.name not in deduction.found:
            deduction.found[param.name] = PackArg(())
    return templates.bind(program, function.scope, params, raw, function.span, deduction.found)


def _covers(deduction: Deduction, names: list[str], count: int) -> bool:
    found = [deduction.found[n] for n in names if deduction.params[n].pack]
    return all(isinstance(f, PackArg) and len(f.items) == count for f in found)


def _deduced_before(deduction: Deduction, pattern: syntax.Parameter, explicit: set[str]) -> bool:
    """Whether a pattern names a parameter that an earlier argument gave: it must agree."""
    return any(
        n in deduction.params and n in deduction.found and n not in explicit
        for n in names_in(pattern)
    )


def _take_explicit(deduction: Deduction, function: Function, raw: list[RawArg]) -> bool:
    rest = list(raw)
    scope = Scope("template", function.scope)
    body = scratch_body(deduction.program, scope, function.span)
    for param in function.template:
        if not rest:
            return True
        if param.pack:
            items = [templates.convert_argument(body, param, r, function.span) for r in rest]
            deduction.found[param.name] = PackArg(tuple(items))
            return True
        arg = templates.convert_argument(body, param, rest.pop(0), function.span)
        deduction.found[param.name] = arg
        if param.name:
            deduction.body.scope.names[param.name] = [templates.entity_of(param.name, arg)]
            scope.names[param.name] = [templates.entity_of(param.name, arg)]
    if rest:
        raise error(
            "ASC0333",
            f"'{function.name}' has {len(function.template)} template parameters, "
            f"and {len(raw)} arguments are given",
            function.span,
        )
    return True


def deduce_parameter(deduction: Deduction, pattern: syntax.Parameter, arg: Arg) -> bool:
    """Match one function parameter with its argument."""
    if arg is None:
        return True
    if isinstance(arg, tuple):
        return _deduce_from_list(deduction, pattern, arg)
    if arg.overloads is not None:
        return _deduce_from_function(deduction, pattern, arg)
    parts = pattern.declarator.parts
    spec = pattern.specifier
    if parts and isinstance(parts[0], syntax.PointerPart) and parts[0].kind != "*":
        forwarding = (
            parts[0].kind == "&&"
            and len(parts) == 1
            and not spec.const
            and deduction.parameter(spec) is not None
        )
        actual = arg.type
        if forwarding and arg.category == LVALUE:
            name = deduction.parameter(spec)
            assert name is not None
            return deduction.record(name, reference_to(actual))
        return deduction.type(spec, parts[1:], actual)
    if parts and isinstance(parts[0], syntax.ArrayPart):
        parts = (syntax.PointerPart(parts[0].span, "*"), *parts[1:])
    actual = decay(arg.type)
    if isinstance(spec.name, syntax.QualifiedName) or parts:
        return deduction.type(spec, parts, actual.bare)
    return True


def _deduce_from_list(
    deduction: Deduction, pattern: syntax.Parameter, elements: tuple[Ex, ...]
) -> bool:
    """`std::initializer_list<P>` from a braced list: P from each of its elements."""
    name = pattern.specifier.name
    if name is None or name.last.name != "initializer_list" or not name.last.template_args:
        return True
    inner = name.last.template_args[0]
    if not isinstance(inner, syntax.TypeId):
        return True
    spec, parts = inner.specifier, inner.declarator.parts
    return all(deduction.type(spec, parts, decay(element.type).bare) for element in elements)


def _deduce_from_function(deduction: Deduction, pattern: syntax.Parameter, arg: Ex) -> bool:
    """A name of functions as an argument: usable for deduction where it is exactly one."""
    assert arg.overloads is not None
    functions = arg.overloads.functions
    if len(functions) != 1 or (functions[0].is_template and arg.overloads.args is None):
        return True
    function = functions[0]
    if function.is_template:
        instance = templates.explicit_instance(
            deduction.program, function, list(arg.overloads.args or ()), arg.span
        )
    else:
        instance = templates.plain_instance(deduction.program, function, arg.span)
    actual = QType(instance.type)
    parts = pattern.declarator.parts
    if parts and isinstance(parts[0], syntax.PointerPart) and parts[0].kind != "*":
        if parts[0].kind == "&&" and deduction.parameter(pattern.specifier) and len(parts) == 1:
            name = deduction.parameter(pattern.specifier)
            assert name is not None
            return deduction.record(name, reference_to(actual))
        return deduction.type(pattern.specifier, parts[1:], actual)
    return deduction.type(pattern.specifier, parts, decay(actual))


# ---------------------------------------------------------------- specialisations and ordering


def match_arguments(
    program: Program,
    params: tuple[syntax.TemplateParameter, ...],
    scope: Scope,
    patterns: tuple[syntax.TypeId | syntax.Expr, ...],
    args: tuple[TemplateArg, ...],
) -> dict[str, TemplateArg] | None:
    """The parameters for which `patterns` become `args`; None where there are none."""
    deduction = Deduction(program, params, scope)
    try:
        return deduction.found if deduction.arguments(patterns, args) else None
    except CompileError:
        return None


def match_specialization(
    program: Program, decl: syntax.ClassDecl, scope: Scope, args: tuple[TemplateArg, ...]
) -> dict[str, TemplateArg] | None:
    name = decl.definition.name
    assert name is not None, "a specialisation has a name"
    params = decl.template or ()
    patterns = name.last.template_args or ()
    found = match_arguments(program, params, scope, patterns, args)
    if found is None:
        return None
    for param in params:
        if param.pack and param.name not in found:
            found[param.name] = PackArg(())
    # What could not be deduced (a computed argument) must come out the same.
    try:
        _, bound = templates.bind(program, scope, params, [], decl.span, dict(found))
        body = scratch_body(program, bound, decl.span)
        again = type_names.raw_args(body, patterns)
    except CompileError:
        return None
    flat: list[TemplateArg] = []
    for arg in args:
        flat += arg.items if isinstance(arg, PackArg) else [arg]
    if len(again) > len(flat):
        return None
    same = Deduction(program, (), scope)
    return found if all(same._same(r, a) for r, a in zip(again, flat, strict=False)) else None


def specialization_beats(
    program: Program, left: syntax.ClassDecl, right: syntax.ClassDecl, scope: Scope
) -> bool:
    """Whether partial specialisation `left` is more specialised than `right`."""

    def fits(general: syntax.ClassDecl, special: syntax.ClassDecl) -> bool:
        bound = opaque_scope(special.template or (), scope)
        body = scratch_body(program, bound, special.span)
        name, wanted = special.definition.name, general.definition.name
        assert name is not None
        assert wanted is not None
        try:
            raw = type_names.raw_args(body, name.last.template_args or ())
        except CompileError:
            return False
        args = tuple(_as_argument(r) for r in raw)
        patterns = wanted.last.template_args or ()
        return match_arguments(program, general.template or (), scope, patterns, args) is not None

    return fits(right, left) and not fits(left, right)


def _as_argument(raw: RawArg) -> TemplateArg:
    if isinstance(raw, Ex):
        return ValueArg(raw.type, raw.constant if raw.constant is not None else 0)
    return raw


def opaque_scope(params: tuple[syntax.TemplateParameter, ...], parent: Scope) -> Scope:
    """Parameters bound to things equal to nothing else."""
    scope = Scope("template", parent)
    for index, param in enumerate(params):
        arg: TemplateArg
        if param.kind == "value":
            arg = ValueArg(INT, 1_000_003 + index)
        elif param.kind == "type":
            arg = QType(OpaqueType(f"{param.name}#{index}"))
        else:
            continue
        bound = PackArg((arg,)) if param.pack else arg
        if param.name:
            scope.names[param.name] = [templates.entity_of(param.name, bound)]
    return scope


def more_specialized(program: Program, left: Function, right: Function, count: int) -> bool:
    """Partial ordering of function templates over their first `count` parameters."""
    forth = _at_least(program, left, right, count)
    back = _at_least(program, right, left, count)
    if forth and back:  # alike as far as the arguments go: no pack at the end is more special
        return _ends_in_pack(right) and not _ends_in_pack(left)
    return forth and not back


def _ends_in_pack(function: Function) -> bool:
    params = function.signature.parameters
    return bool(params) and params[-1].declarator.pack


def _at_least(program: Program, special: Function, general: Function, count: int) -> bool:
    """Whether `general`'s parameters can be deduced from `special`'s types."""
    body: Body = scratch_body(program, opaque_scope(special.template, special.scope))
    deduction = Deduction(program, general.template, general.scope)
    ours = _first(special.signature.parameters, count)
    theirs = _first(general.signature.parameters, count)
    try:
        for pattern, actual in zip(theirs, ours, strict=False):
            if actual.declarator.pack and not pattern.declarator.pack:
                return False
            if pattern.declarator.pack and not actual.declarator.pack:
                return True
            type_ = _ordering_type(type_names.parameter_type(body, actual))
            parts = pattern.declarator.parts
            if parts and isinstance(parts[0], syntax.PointerPart) and parts[0].kind != "*":
                parts = parts[1:]
            if not deduction.type(pattern.specifier, parts, type_):
                return False
    except CompileError:
        return False
    return True


def _first(params: tuple[syntax.Parameter, ...], count: int) -> tuple[syntax.Parameter, ...]:
    return params[: max(count, 1)]


def _ordering_type(type_: QType) -> QType:
    inner = type_.type.target if isinstance(type_.type, Reference) else type_
    return inner.bare
