"""Namespace scopes over an index of declarations: a name's declarations are parsed when it is first
looked up.

The user's file and the device library (`prelude/`) are two indexes over one set of scopes; what
the user declares comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from .. import cuda_library
from ..ir.diagnostics import CompileError, Reporter
from ..ir.source import Sources, Span
from . import builtin_calls, classes, syntax, type_names
from .cpp_types import INT
from .cuda_builtins import TYPE_NAMES
from .declarations import index_declarations
from .entities import (
    AliasTemplate,
    ClassInfo,
    Function,
    Namespace,
    TypeName,
    Variable,
)
from .items import Item, ItemKind, is_device
from .names import NameTable
from .parser import parse_declaration
from .preprocess import preprocess
from .scope import Scope
from .state import Program, scratch_body
from .tokens import IDENT

PRELUDE = (
    "vector_types",
    "type_traits",
    "limits",
    "tuple",
    "standard",
    "math",
    "complex",
    "rounded",
    "integers",
    "half",
    "fp8",
    "tensor_types",
    "tensor_accessors",
    "tensor_utilities",
    "tensor_complex",
    "cooperative_groups",
    "opaque_types",
    "fast_division",
    "wmma",
    "pipeline",
)


@dataclass(frozen=True, slots=True)
class Prelude:
    """The device library: its declarations, parsed on demand and kept for all files."""

    items: tuple[Item, ...]
    names: NameTable
    parsed: dict[int, syntax.Decl] = field(default_factory=dict)
    sources: Sources = field(default_factory=Sources)


def prelude_for(items: Sequence[Item]) -> Prelude:
    """The device library with the parts of CUDA's libraries that a file's words ask for."""
    words = {token.text for item in items for token in item.tokens if token.kind == IDENT}
    return prelude(cuda_library.files_for(words))


@lru_cache(maxsize=16)
def prelude(libraries: tuple[str, ...] = ()) -> Prelude:
    """The files of `prelude/` and of `cuda_library/`, each indexed once per process."""
    files = [_indexed(f"prelude/{name}.cuh") for name in PRELUDE]
    files += [_indexed(name) for name in libraries]
    items = tuple(item for file in files for item in file.items)
    sources = Sources({k: v for file in files for k, v in file.sources.files.items()})
    return Prelude(items, NameTable(items), sources=sources)


@dataclass(frozen=True, slots=True)
class _IndexedFile:
    items: tuple[Item, ...]
    sources: Sources


@cache
def _indexed(name: str) -> _IndexedFile:
    """The declarations of a file of the device library."""
    sources, reporter = Sources(), Reporter()
    is_own = name.startswith("prelude/")
    path = Path(__file__).with_name("prelude") / Path(name).name
    text = path.read_text(encoding="utf-8") if is_own else cuda_library.text(name)
    shown = f"<{path.name}>" if is_own else f"<{name}>"
    done = preprocess(shown, text, sources=sources, reporter=reporter)
    return _IndexedFile(tuple(index_declarations(done.tokens, reporter)), sources)


@dataclass(eq=False, slots=True)
class Declarations:
    """Which declarations give meaning to which name in which namespace."""

    program: Program
    items: Sequence[Item]
    names: NameTable
    pending: dict[tuple[str, ...], dict[str, list[Item]]] = field(default_factory=dict)
    scopes: dict[tuple[str, ...], Scope] = field(default_factory=dict)
    members: dict[tuple[str, str], list[Item]] = field(default_factory=dict)
    """Definitions of members outside their class, by class and member name."""
    functions: dict[int, Function] = field(default_factory=dict)
    """The function that an item declares."""
    device_library: Prelude = field(default_factory=prelude)
    library: set[int] = field(default_factory=set)
    failures: dict[int, CompileError] = field(default_factory=dict)


def declare_all(program: Program, items: Sequence[Item]) -> Declarations:
    """Set up the scopes for a file and the device library."""
    library = prelude_for(items)
    program.sources.files.update(
        {k: v for k, v in library.sources.files.items() if k not in program.sources.files}
    )
    names = NameTable((*library.items, *items))
    declarations = Declarations(program, items, names, device_library=library)
    declarations.scopes[()] = program.global_scope
    program.global_scope.loader = _loader(declarations, ())
    for item in items:
        _add(declarations, item)
    for item in library.items:
        declarations.library.add(id(item))
        _add(declarations, item)
    _directives(declarations)
    return declarations


def _scope(declarations: Declarations, path: tuple[str, ...]) -> Scope:
    if path not in declarations.scopes:
        parent = _scope(declarations, path[:-1])
        scope = Scope("namespace", parent, path[-1], loader=_loader(declarations, path))
        declarations.scopes[path] = scope
        parent.names[path[-1]] = [Namespace(path[-1], scope)]
    return declarations.scopes[path]


def _add(declarations: Declarations, item: Item) -> None:
    _scope(declarations, item.scope)
    if item.qualifier and item.kind in (ItemKind.FUNCTION, ItemKind.VARIABLE):
        key = (item.qualifier[-1], item.name)
        declarations.members.setdefault(key, []).append(item)
        return
    here = declarations.pending.setdefault(item.scope, {})
    for name in dict.fromkeys((item.name, *item.names, *_enumerators(item))):
        if name:
            here.setdefault(name, []).append(item)


def _enumerators(item: Item) -> list[str]:
    """Names that an enumeration brings into its namespace."""
    if item.kind is not ItemKind.ENUM or item.body is None:
        return []
    found: list[str] = []
    start, end = item.body
    expect, depth = True, 0
    for token in item.tokens[start + 1 : end]:
        if token.text in "([{":
            depth += 1
        elif token.text in ")]}":
            depth -= 1
        elif depth == 0 and token.text == ",":
            expect = True
        elif expect and token.kind == IDENT:
            found.append(token.text)
            expect = False
    return found


def _directives(declarations: Declarations) -> None:
    """`using namespace` at namespace level, and aliases of namespaces."""
    for item in (*declarations.items, *declarations.device_library.items):
        scope = declarations.scopes[item.scope]
        if item.kind is ItemKind.USING_DIRECTIVE:
            around = () if item.tokens[2].text == "::" else item.scope
            target = _find(declarations, around, (*item.qualifier, item.name))
            if target is not None and target is not scope:
                scope.directives.append(target)
        elif item.kind is ItemKind.NAMESPACE_ALIAS:
            words = [t.text for t in item.tokens[3:] if t.kind == IDENT]
            target = _find(declarations, item.scope, tuple(words))
            if target is not None:
                scope.names[item.name] = [Namespace(item.name, target)]


def _find(
    declarations: Declarations, around: tuple[str, ...], path: tuple[str, ...]
) -> Scope | None:
    """The namespace that a path means, seen from another."""
    for depth in range(len(around), -1, -1):
        found = declarations.scopes.get((*around[:depth], *path))
        if found is not None:
            return found
        scope = declarations.scopes.get(around[:depth])
        aliased = scope.names.get(path[0]) if scope is not None and path else None
        if aliased and isinstance(aliased[0], Namespace):
            inner: Scope | None = aliased[0].scope
            for name in path[1:]:
                entity = inner.names.get(name) if inner is not None else None
                inner = entity[0].scope if entity and isinstance(entity[0], Namespace) else None
            if inner is not None:
                return inner
    return None


# ---------------------------------------------------------------- on demand


class _loader:
    """Declares what a name means in one namespace, the first time it is asked for."""

    def __init__(self, declarations: Declarations, path: tuple[str, ...]) -> None:
        self.declarations = declarations
        self.path = path

    def __call__(self, name: str) -> None:
        items = self.declarations.pending.get(self.path, {}).pop(name, None)
        scope = self.declarations.scopes[self.path]
        if items is None:
            if name in TYPE_NAMES and name not in scope.names and _builtin_here(self.path, name):
                scope.names[name] = [TypeName(builtin_calls.parse_type(TYPE_NAMES[name]))]
            return
        if self.path[:1] == ("std",):  # specialisations of the user's follow what they specialise
            items.sort(key=lambda item: id(item) not in self.declarations.library)
        failure: CompileError | None = None
        for item in items:
            try:
                declare_item(self.declarations, item)
            except CompileError as problem:
                failure = failure or problem
        if failure is not None and not scope.names.get(name):
            raise failure


def _builtin_here(path: tuple[str, ...], name: str) -> bool:
    return path == () or (path[-1:] == ("std",) and name.endswith("_t"))


def parse_item(declarations: Declarations, item: Item) -> syntax.Decl:
    """The syntax of an item, parsed once."""
    if id(item) in declarations.library:
        library = declarations.device_library
        if id(item) not in library.parsed:
            library.parsed[id(item)] = parse_declaration(
                item.tokens, library.names, scope=item.scope
            )
        return library.parsed[id(item)]
    return parse_declaration(item.tokens, declarations.names, scope=item.scope)


def declare_item(declarations: Declarations, item: Item) -> None:
    """Parse an item and declare its names, once."""
    key = id(item)
    if key in declarations.failures:
        raise declarations.failures[key]
    if key in declarations.functions or key in _done(declarations):
        return
    _done(declarations).add(key)
    if item.kind in (
        ItemKind.UNKNOWN,
        ItemKind.USING_DIRECTIVE,
        ItemKind.NAMESPACE_ALIAS,
        ItemKind.STATIC_ASSERT,
        ItemKind.EXPLICIT_INSTANTIATION,
    ):
        return
    try:
        decl = parse_item(declarations, item)
        _declare(declarations, item, decl, declarations.scopes[item.scope])
    except CompileError as problem:
        declarations.failures[key] = problem
        if is_device(item) or item.kind is not ItemKind.FUNCTION:
            raise


def _done(declarations: Declarations) -> set[int]:
    return declarations.program.declared


def _declare(declarations: Declarations, item: Item, decl: syntax.Decl, scope: Scope) -> None:
    program = declarations.program
    library = id(item) in declarations.library
    match decl:
        case syntax.DeclGroup(declarations=group):
            for inner in group:
                _declare(declarations, item, inner, scope)
        case syntax.FunctionDecl():
            _declare_function(declarations, item, decl, scope, library)
        case syntax.VariableDecl():
            _declare_variable(program, decl, scope)
        case syntax.ClassDecl():
            _declare_class(program, decl, scope, library)
        case syntax.EnumDecl(definition=definition):
            classes.declare_enum(scratch_body(program, scope, decl.span), definition)
        case syntax.AliasDecl(template=None):
            _declare_alias(program, decl, scope)
        case syntax.AliasDecl(name=name):
            scope.declare(name, AliasTemplate(name, scope, decl))
        case syntax.UsingDecl(namespace=False, name=using):
            body = scratch_body(program, scope, decl.span)
            for entity in type_names.lookup(body, using):
                scope.declare(using.last.name, entity)
        case syntax.TemplateVariable():
            classes.declare_variable_template(scope, decl)


def _declare_function(
    declarations: Declarations,
    item: Item,
    decl: syntax.FunctionDecl,
    scope: Scope,
    library: bool,
) -> None:
    function = Function(decl.name, decl, scope, prelude=library)
    declarations.functions[id(item)] = function
    if decl.specialization:
        for known in scope.names.get(decl.name, []):
            if isinstance(known, Function) and known.is_template:
                known.specializations.append(function)
        return
    scope.declare(decl.name, function)


def _declare_variable(program: Program, decl: syntax.VariableDecl, scope: Scope) -> None:
    if decl.declarator.name is None:
        return
    name = decl.declarator.name.last.name
    known = scope.names.get(name)
    if known and isinstance(known[0], Variable) and "extern" in decl.storage and not decl.style:
        return  # a further declaration of what is known
    scope.names[name] = [
        Variable(name, INT, decl.span, declaration=decl, scope=scope, resolved=False)
    ]


def _declare_class(program: Program, decl: syntax.ClassDecl, scope: Scope, library: bool) -> None:
    if decl.template is not None or decl.specialization:
        classes.declare_class_template(program, scope, decl, library)
        return
    name = decl.definition.name
    known = scope.names.get(name.last.name) if name is not None else None
    info = _class_named(known)
    if library and info is not None:
        return  # the user's own class of that name stands before the library's
    if info is None or (info.definition is not None and not info.definition.body):
        made = classes.new_class(program, scope, decl.definition)
        made.prelude = library
        program.local_classes[(id(scope), id(decl.definition))] = made


def _class_named(known: Sequence[object] | None) -> ClassInfo | None:
    if not known or not isinstance(known[0], TypeName):
        return None
    return getattr(known[0].type.type, "info", None)


def _declare_alias(program: Program, decl: syntax.AliasDecl, scope: Scope) -> None:
    definition = decl.type.specifier.definition
    body = scratch_body(program, scope, decl.span)
    type_ = type_names.type_id(body, decl.type)
    info = getattr(type_.type, "info", None)
    if definition is not None and definition.name is None and isinstance(info, ClassInfo):
        if info.name == "unnamed":
            info.name = decl.name  # `typedef struct {...} A;` gives the class its name
    known = scope.names.get(decl.name)
    if known and isinstance(known[0], TypeName) and known[0].type.type == type_.type:
        return
    scope.declare(decl.name, TypeName(type_))


# ---------------------------------------------------------------- members defined outside


def member_definitions(declarations: Declarations, function: Function) -> list[Function]:
    """Definitions of a member function that stand outside its class; where it has one inside,
    explicit specialisations only."""
    owner = function.owner
    if owner is None:
        return []
    found: list[Function] = []
    for item in declarations.members.get((owner.name, function.name), []):
        if function.decl.body is not None and not _is_specialization(item):
            continue
        decl = parse_item(declarations, item)
        if not isinstance(decl, syntax.FunctionDecl) or decl.body is None:
            continue
        scope = Scope("template", owner.scope)
        name = decl.declarator.name
        own_args = (
            name.parts[-2].template_args if name is not None and len(name.parts) > 1 else None
        )
        params = decl.template or ()
        if own_args is not None and _is_specialization(item):
            if not _names_class(declarations.program, scope, own_args, owner, decl.span):
                continue
        elif own_args is not None:
            _bind_class_parameters(scope, params, owner)
            params = params[len(owner.template.parameters) :] if owner.template else params
        made = syntax.FunctionDecl(
            decl.span, decl.specifier, decl.declarator,
            decl.storage | (function.decl.storage & {"static", "__device__", "constexpr"}),
            decl.attributes, params or None, False, decl.member_inits, decl.body, decl.special,
        )  # fmt: skip
        found.append(Function(function.name, made, scope, owner, prelude=function.prelude))
    return found


def _is_specialization(item: Item) -> bool:
    """Whether the definition begins with `template <>`: it belongs to one instance of its class."""
    start = item.template_range[0] if item.template_range is not None else 0
    return [t.text for t in item.tokens[start : start + 3]] == ["template", "<", ">"]


def _names_class(
    program: Program,
    scope: Scope,
    written: tuple[syntax.TypeId | syntax.Expr, ...],
    owner: ClassInfo,
    span: Span,
) -> bool:
    from .templates import bind

    if owner.template is None:
        return False
    raw = type_names.raw_args(scratch_body(program, scope, span), written)
    return bind(program, scope, owner.template.parameters, raw, span)[0] == owner.args


def _bind_class_parameters(
    scope: Scope, params: tuple[syntax.TemplateParameter, ...], owner: ClassInfo
) -> None:
    from .templates import entity_of

    for param, arg in zip(params, owner.args, strict=False):
        if param.name:
            scope.names[param.name] = [entity_of(param.name, arg)]
