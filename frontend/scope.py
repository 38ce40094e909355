"""Scopes and the lookup of names: unqualified, in one scope, and by the types of arguments.

A scope maps names to entities. Namespace scopes are filled on demand by a loader, so that a
declaration nobody asks for is never parsed; class scopes are filled when the class is completed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from .cpp_types import (
    ArrayType,
    ClassType,
    EnumType,
    FunctionType,
    PointerType,
    QType,
    Reference,
)
from .entities import ClassInfo, Entity, Function, PackArg, TemplateArg, TypeName


@dataclass(eq=False, slots=True)
class Scope:
    """One region of names. `kind`: namespace, class, template, function, block."""

    kind: str
    parent: Scope | None = None
    name: str = ""
    names: dict[str, list[Entity]] = field(default_factory=dict)
    directives: list[Scope] = field(default_factory=list)
    """Scopes whose names are visible here: `using namespace`, inline namespaces."""
    loader: Callable[[str], None] | None = None
    """Declares what a name means here, the first time it is asked for."""
    owner: ClassInfo | None = None
    hidden: dict[str, list[Function]] = field(default_factory=dict)
    """Friend functions defined in a class: found by their arguments' types only."""

    def declare(self, name: str, entity: Entity) -> None:
        """Add a meaning of `name`; only functions accumulate."""
        known = self.names.get(name)
        if known and isinstance(entity, Function):
            if all(isinstance(k, Function) for k in known):
                known.append(entity)
                return
        if known and isinstance(entity, TypeName) and not isinstance(known[0], TypeName):
            return  # a class name hidden by a function or variable of the same name
        self.names[name] = [entity]

    def find_here(self, name: str) -> list[Entity]:
        """What `name` means in this scope itself, its bases and its directives."""
        return list(self._find(name, set()))

    def _find(self, name: str, seen: set[int]) -> list[Entity]:
        if id(self) in seen:
            return []
        seen.add(id(self))
        if self.loader is not None:
            self.loader(name)
        found = self.names.get(name)
        if found:
            return found
        if self.owner is not None:
            for base in self.owner.bases:
                inherited = base.info.scope._find(name, seen)
                if inherited:
                    return inherited
        merged: list[Entity] = []
        for scope in self.directives:
            merged += [e for e in scope._find(name, seen) if e not in merged]
        return merged

    def lookup(self, name: str) -> list[Entity]:
        """Unqualified lookup: the innermost scope that knows the name."""
        scope: Scope | None = self
        while scope is not None:
            found = scope._find(name, set())
            if found:
                return found
            scope = scope.parent
        return []

    def enclosing(self, kind: str) -> Scope | None:
        """The nearest scope of a kind, this one included."""
        scope: Scope | None = self
        while scope is not None and scope.kind != kind:
            scope = scope.parent
        return scope

    def qualifier(self) -> str:
        """`a::b::` for a scope inside namespaces and classes."""
        if self.parent is None:
            return ""
        if self.kind == "class" and self.owner is not None:
            return f"{self.owner.spelled()}::"
        if self.kind == "namespace" and self.name:
            return f"{self.parent.qualifier()}{self.name}::"
        return self.parent.qualifier()


def associated_scopes(types: Iterable[QType]) -> Iterator[Scope]:
    """The namespaces and classes that argument-dependent lookup searches."""
    seen: set[int] = set()
    for type_ in types:
        for scope in _associated(type_):
            if id(scope) not in seen:
                seen.add(id(scope))
                yield scope


def _associated(type_: QType) -> Iterator[Scope]:
    match type_.type:
        case PointerType(target) | Reference(target):
            yield from _associated(target)
        case ArrayType(element, _):
            yield from _associated(element)
        case FunctionType(result, params, _):
            for part in (result, *params):
                yield from _associated(part)
        case EnumType(info):
            namespace = info.scope.enclosing("namespace")
            if namespace is not None:
                yield namespace
        case ClassType(info):
            yield from _associated_with_class(info)


def _associated_with_class(info: ClassInfo) -> Iterator[Scope]:
    yield info.scope
    namespace = info.parent.enclosing("namespace")
    if namespace is not None:
        yield namespace
    for base in info.bases:
        yield from _associated_with_class(base.info)
    for arg in info.args:
        yield from _associated_with_arg(arg)


def _associated_with_arg(arg: TemplateArg) -> Iterator[Scope]:
    if isinstance(arg, QType):
        yield from _associated(arg)
    elif isinstance(arg, PackArg):
        for item in arg.items:
            yield from _associated_with_arg(item)


def argument_dependent(name: str, types: Iterable[QType]) -> list[Function]:
    """Functions called `name` that the types of the arguments bring in."""
    found: list[Function] = []
    for scope in associated_scopes(types):
        here = scope.hidden.get(name, [])
        if scope.kind == "namespace":
            here = [*here, *(e for e in scope.find_here(name) if isinstance(e, Function))]
        found += [f for f in here if f not in found]
    return found
