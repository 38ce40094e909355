"""What a name can mean: types, templates, functions, variables, constants, packs.

Declarations stay syntax until something needs them: a `Function` is a declaration and the scope it
stands in, an `Instance` is one set of template arguments for it with its signature, and only a
called instance gets a body. Everything here is compared by identity, template arguments by value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..ir.diagnostics import CompileError
from ..ir.dtypes import Record
from ..ir.nodes import Func, Global
from ..ir.source import NOWHERE, Span
from . import syntax
from .cpp_types import BASIC, Basic, ClassType, EnumType, FunctionType, QType, demangle, spell

if TYPE_CHECKING:
    from .scope import Scope
    from .values import Place


# ---------------------------------------------------------------- constants and template arguments


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A function whose identity is known at compile time."""

    instance: Instance


@dataclass(frozen=True, slots=True)
class GlobalRef:
    """The address of an element of storage with static duration."""

    entity: Variable
    offset: int = 0


ConstantValue = int | float | bool | FunctionRef | GlobalRef
"""A value known at compile time; a null pointer is the integer 0."""


@dataclass(frozen=True, slots=True)
class ValueArg:
    """A template argument for a value parameter."""

    type: QType
    value: ConstantValue

    def __str__(self) -> str:
        return spell_value(self.type, self.value)


@dataclass(frozen=True, slots=True)
class PackArg:
    """The arguments of a parameter pack."""

    items: tuple[TemplateArg, ...]


@dataclass(frozen=True, slots=True)
class TemplateRef:
    """A class template as an argument for a template template parameter."""

    template: ClassTemplate | AliasTemplate


TemplateArg = QType | ValueArg | PackArg | TemplateRef


def spell_value(type_: QType, value: ConstantValue) -> str:
    """A value argument as g++'s demangler prints it, functions by their name alone."""
    if isinstance(value, FunctionRef):
        return value.instance.source_name
    if isinstance(value, GlobalRef):
        return f"&{value.entity.name}"
    if isinstance(type_.type, EnumType):
        return f"({demangle(type_.bare)}){int(value)}"
    if isinstance(value, bool) or type_.type == Basic("bool"):
        return "true" if value else "false"
    if isinstance(type_.type, Basic) and type_.type.name in BASIC:
        if type_.type.name in ("int", "unsigned int") or BASIC[type_.type.name].suffix:
            return f"{value}{BASIC[type_.type.name].suffix}"
        return f"({type_.type.name}){value}"
    return str(value)


def spell_args(args: tuple[TemplateArg, ...], east: bool = False) -> str:
    """`<float, 256>`; `east` as g++'s demangler prints it."""
    texts = [_spell_arg(a, east) for a in args]
    text = ", ".join(t for t in texts if t)
    return f"<{text}{' ' if east and text.endswith('>') else ''}>"


def _spell_arg(arg: TemplateArg, east: bool) -> str:
    match arg:
        case QType():
            return demangle(arg) if east else spell(arg)
        case ValueArg():
            return str(arg)
        case PackArg(items):
            return ", ".join(_spell_arg(i, east) for i in items)
        case TemplateRef(template):
            return template.name


# ---------------------------------------------------------------- entities


@dataclass(eq=False, slots=True)
class Namespace:
    name: str
    scope: Scope


@dataclass(eq=False, slots=True)
class TypeName:
    type: QType


@dataclass(eq=False, slots=True)
class Constant:
    """An enumerator or the value of a template parameter."""

    name: str
    type: QType
    value: ConstantValue


@dataclass(eq=False, slots=True)
class Pack:
    """A parameter pack, of template or function parameters; `items` are what each stands for."""

    name: str
    items: list[Entity]


@dataclass(eq=False, slots=True)
class IndexVariable:
    """`threadIdx` and the like: `op` gives a component."""

    name: str
    op: str


@dataclass(eq=False, slots=True)
class Variable:
    """A variable. Local ones have a `place`; global ones get theirs from their `Global`.

    `constant`: known at compile time and not changeable. `reference`: the place is the object
    referred to. `declaration` waits until the variable is used (`resolved`).
    """

    name: str
    type: QType
    span: Span = NOWHERE
    place: Place | None = None
    constant: ConstantValue | None = None
    global_: Global | None = None
    declaration: syntax.VariableDecl | None = None
    scope: Scope | None = None
    template_suffix: str = ""
    resolved: bool = True
    resolving: bool = False
    error: CompileError | None = None
    is_local: bool = False
    rebuilt: bool = False
    """A constant without an image of bytes: built anew where it is used."""
    home: object = None
    """The body whose operations made the place of a local variable."""


@dataclass(eq=False, slots=True)
class FieldName:
    """A non-static data member, named inside its class."""

    field: FieldInfo
    owner: ClassInfo


@dataclass(eq=False, slots=True)
class Function:
    """A function or function template as declared. `owner` is the class of a member."""

    name: str
    decl: syntax.FunctionDecl
    scope: Scope
    owner: ClassInfo | None = None
    specializations: list[Function] = field(default_factory=list)
    instances: dict[tuple[TemplateArg, ...], Instance] = field(default_factory=dict)
    definition: Function | None = None
    """Where the body is, when this is only a declaration."""
    prelude: bool = False
    closure: Closure | None = None

    @property
    def template(self) -> tuple[syntax.TemplateParameter, ...]:
        return self.decl.template or ()

    @property
    def is_template(self) -> bool:
        return bool(self.decl.template)

    @property
    def is_static(self) -> bool:
        return "static" in self.decl.storage

    @property
    def is_method(self) -> bool:
        return self.owner is not None and not self.is_static

    @property
    def is_constructor(self) -> bool:
        return self.owner is not None and self.name == self.owner.name and self.is_method

    @property
    def signature(self) -> syntax.FunctionPart:
        for part in self.decl.declarator.parts:
            if isinstance(part, syntax.FunctionPart):
                return part
        raise AssertionError(f"{self.name} has no parameter list")

    @property
    def span(self) -> Span:
        name = self.decl.declarator.name
        return name.span if name is not None else self.decl.span


@dataclass(eq=False, slots=True)
class Closure:
    """What a lambda's call operator needs: the syntax and how captured names are found."""

    expr: syntax.Lambda
    captures: list[CaptureInfo] = field(default_factory=list)
    outer: Scope | None = None


@dataclass(eq=False, slots=True)
class CaptureInfo:
    name: str
    field: str
    by_reference: bool
    variable: Variable


@dataclass(slots=True)
class ParamInfo:
    """A parameter of an instance, packs expanded. `pack`: the name belongs to a pack."""

    name: str
    type: QType
    decl: syntax.Parameter
    pack: bool = False


@dataclass(eq=False, slots=True)
class Instance:
    """A function with its template arguments: a signature, and once called, a body."""

    function: Function
    args: tuple[TemplateArg, ...]
    scope: Scope
    type: FunctionType
    params: list[ParamInfo]
    name: str
    source_name: str
    state: str = "declared"
    """declared, queued, running, done, failed"""
    func: Func | None = None
    error: CompileError | None = None
    result: QType | None = None
    """The result type once a placeholder has been replaced."""
    callees: dict[Instance, Span] = field(default_factory=dict)
    globals: dict[str, Global] = field(default_factory=dict)
    origin: tuple[Instance | None, Span] = (None, NOWHERE)
    """Who asked for this instance, and where."""
    bound: tuple[tuple[int, FunctionRef], ...] = ()
    """Parameters of function pointer type whose value is fixed for this instance."""
    variants: dict[tuple[tuple[int, FunctionRef], ...], Instance] = field(default_factory=dict)
    const_this: bool = False
    depth: int = 0
    """How many calls away from a kernel it was first asked for."""

    @property
    def owner(self) -> ClassInfo | None:
        return self.function.owner

    @property
    def result_type(self) -> QType:
        return self.result if self.result is not None else self.type.result


@dataclass(slots=True)
class FieldInfo:
    """A data member of a class. `ir_name` names the IR record's field; `path` are the anonymous
    members that lead to it. `bits`: offset in the storage unit and width of a bit-field."""

    name: str
    type: QType
    decl: syntax.VariableDecl | None
    ir_name: str
    offset: int = 0
    bits: tuple[int, int] | None = None
    mutable: bool = False
    anonymous: ClassInfo | None = None


@dataclass(slots=True)
class BaseInfo:
    info: ClassInfo
    offset: int = 0
    ir_name: str = ""
    """Empty where the base has no members: it shares the address of the object."""


@dataclass(eq=False, slots=True)
class ClassInfo:
    """A class or union, or one instance of a class template."""

    name: str
    definition: syntax.ClassDefinition | None
    parent: Scope
    scope: Scope
    key: str = "struct"
    template: ClassTemplate | None = None
    args: tuple[TemplateArg, ...] = ()
    state: str = "declared"
    """declared, running, complete"""
    bases: list[BaseInfo] = field(default_factory=list)
    fields: list[FieldInfo] = field(default_factory=list)
    constructors: list[Function] = field(default_factory=list)
    inherited: list[Function] = field(default_factory=list)
    """Constructors of bases that a using-declaration brings in."""
    conversions: list[Function] = field(default_factory=list)
    destructor: Function | None = None
    record: Record | None = None
    empty: bool = True
    qualifier: str = ""
    prelude: bool = False
    invoker: Function | None = None
    """Of a closure without captures: the function that it converts to."""

    @property
    def is_union(self) -> bool:
        return self.key == "union"

    @property
    def type(self) -> QType:
        return QType(ClassType(self))

    @property
    def is_aggregate(self) -> bool:
        """No constructors of the user's: braces initialise the members."""
        own = any(c.decl.special != "default" for c in self.constructors)
        return not own and not self.inherited

    def spelled(self) -> str:
        return f"{self.qualifier}{self.name}{spell_args(self.args) if self.template else ''}"

    def demangled(self) -> str:
        return f"{self.qualifier}{self.name}{spell_args(self.args, True) if self.template else ''}"


@dataclass(eq=False, slots=True)
class EnumInfo:
    name: str
    qualified_name: str
    scoped: bool
    underlying: QType
    scope: Scope
    fixed: bool = False
    """Whether the declaration names the underlying type."""
    promoted: QType | None = None
    """What an unscoped enumeration without one promotes to: int where that holds all values."""


@dataclass(eq=False, slots=True)
class ClassTemplate:
    """A class template: its primary declaration, partial and full specialisations (with the
    scope each stands in), and its instances."""

    name: str
    scope: Scope
    primary: syntax.ClassDecl
    partial: list[tuple[syntax.ClassDecl, Scope]] = field(default_factory=list)
    full: list[tuple[syntax.ClassDecl, Scope]] = field(default_factory=list)
    instances: dict[tuple[TemplateArg, ...], ClassInfo] = field(default_factory=dict)
    qualifier: str = ""
    prelude: bool = False

    @property
    def parameters(self) -> tuple[syntax.TemplateParameter, ...]:
        return self.primary.template or ()


@dataclass(eq=False, slots=True)
class AliasTemplate:
    name: str
    scope: Scope
    decl: syntax.AliasDecl
    instances: dict[tuple[TemplateArg, ...], QType] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class VariableTemplate:
    name: str
    scope: Scope
    decl: syntax.TemplateVariable
    specializations: list[syntax.TemplateVariable] = field(default_factory=list)
    instances: dict[tuple[TemplateArg, ...], Variable] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Unknown:
    """A name that a header we do not read would declare; `header` says which."""

    name: str
    header: str


Entity = (
    Namespace
    | TypeName
    | Constant
    | Pack
    | IndexVariable
    | Variable
    | FieldName
    | Function
    | ClassTemplate
    | AliasTemplate
    | VariableTemplate
    | Unknown
)
