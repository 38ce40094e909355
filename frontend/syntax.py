"""The syntax tree of device code: frozen nodes, a span on each.

Shapes only: names are resolved, types computed and templates instantiated by the elaborator. A
name is kept as written (`QualifiedName`); expressions that need type information to be told
apart (a call or a conversion, `a.b` as member or method) are told apart later too.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.source import Span


@dataclass(frozen=True, slots=True)
class Node:
    span: Span


# ---------------------------------------------------------------- names


@dataclass(frozen=True, slots=True)
class NamePart(Node):
    """One component of a name: `f`, `vec<float, 4>`, `~T`, `operator+`, `operator()`,
    `operator float` (conversion: name is "operator", `conversion` its type)."""

    name: str
    template_args: tuple[TypeId | Expr, ...] | None = None
    conversion: TypeId | None = None


@dataclass(frozen=True, slots=True)
class QualifiedName(Node):
    """`a::b<c>::d`; `absolute` with a leading `::`. `decltype(x)::y` has `decltype` set."""

    parts: tuple[NamePart, ...]
    absolute: bool = False
    decltype: Expr | None = None

    @property
    def last(self) -> NamePart:
        return self.parts[-1]

    def __str__(self) -> str:
        return ("::" if self.absolute else "") + "::".join(p.name for p in self.parts)


# ---------------------------------------------------------------- types


@dataclass(frozen=True, slots=True)
class TypeSpecifier(Node):
    """What stands before declarators: exactly one of `builtin`, `name`, `definition`, `decltype`.

    `builtin`: the sorted keywords as one canonical text: `void bool char "signed char"
    "unsigned char" wchar_t short "unsigned short" int "unsigned int" long "unsigned long"
    "long long" "unsigned long long" float double "long double" __int128 auto`.
    """

    builtin: str = ""
    name: QualifiedName | None = None
    definition: ClassDefinition | EnumDefinition | None = None
    decltype: Expr | None = None
    const: bool = False
    volatile: bool = False


@dataclass(frozen=True, slots=True)
class PointerPart(Node):
    """`*`, `&`, `&&` of a declarator, with its qualifiers."""

    kind: str
    const: bool = False
    volatile: bool = False
    restrict: bool = False


@dataclass(frozen=True, slots=True)
class ArrayPart(Node):
    """`[size]`; size None for `[]`."""

    size: Expr | None


@dataclass(frozen=True, slots=True)
class FunctionPart(Node):
    """`(parameters) const -> trailing`."""

    parameters: tuple[Parameter, ...]
    variadic: bool = False
    const: bool = False
    trailing: TypeId | None = None


DeclaratorPart = PointerPart | ArrayPart | FunctionPart


@dataclass(frozen=True, slots=True)
class Declarator(Node):
    """A name (None in abstract ones) and what is applied to it, *innermost first*: `*a[3]` is
    (ArrayPart 3, PointerPart *): an array of 3 pointers; `(*a)[3]` is (PointerPart *,
    ArrayPart 3): a pointer to an array."""

    name: QualifiedName | None
    parts: tuple[DeclaratorPart, ...] = ()
    pack: bool = False
    bit_width: Expr | None = None


@dataclass(frozen=True, slots=True)
class TypeId(Node):
    """A type as written: specifier and abstract declarator. `pack`: followed by `...`."""

    specifier: TypeSpecifier
    declarator: Declarator
    pack: bool = False


# ---------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Expr(Node):
    pass


@dataclass(frozen=True, slots=True)
class Number(Expr):
    """A numeric literal as written, suffix included."""

    text: str


@dataclass(frozen=True, slots=True)
class Character(Expr):
    """A character literal; `value` decoded."""

    value: int


@dataclass(frozen=True, slots=True)
class String(Expr):
    """Adjacent string literals joined and decoded."""

    value: str


@dataclass(frozen=True, slots=True)
class Bool(Expr):
    value: bool


@dataclass(frozen=True, slots=True)
class Nullptr(Expr):
    pass


@dataclass(frozen=True, slots=True)
class This(Expr):
    pass


@dataclass(frozen=True, slots=True)
class Name(Expr):
    name: QualifiedName


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    """`+ - ! ~ * & ++ --` before the operand; `()` around a name, where decltype asks for it."""

    operator: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Postfix(Expr):
    """`++` and `--` after the operand."""

    operator: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """`+ - * / % << >> < > <= >= == != & | ^ && || ,`"""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Assign(Expr):
    """`=` or a compound assignment, operator as written."""

    operator: str
    target: Expr
    value: Expr | InitializerList


@dataclass(frozen=True, slots=True)
class Conditional(Expr):
    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Index(Expr):
    base: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class Member(Expr):
    """`object.name` or (`arrow`) `object->name`."""

    object: Expr
    name: QualifiedName
    arrow: bool


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """`callee(arguments)`: function, method, function object; callee may be a `Name` of a type."""

    callee: Expr
    arguments: tuple[Expr | InitializerList, ...]


@dataclass(frozen=True, slots=True)
class Launch(Expr):
    """`kernel<<<config>>>(arguments)`: only to refuse dynamic parallelism by name."""

    kernel: Expr
    config: tuple[Expr, ...]
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Construct(Expr):
    """`T(arguments)`, or with `braces` `T{arguments}`."""

    type: TypeId
    arguments: tuple[Expr | InitializerList, ...]
    braces: bool


@dataclass(frozen=True, slots=True)
class Cast(Expr):
    """`style`: "c" for `(T)x`, else `static_cast`, `reinterpret_cast`, `const_cast`."""

    style: str
    type: TypeId
    operand: Expr


@dataclass(frozen=True, slots=True)
class SizeOf(Expr):
    """`sizeof` or `alignof` (`keyword`) of a type or expression; "sizeof..." of a pack."""

    keyword: str
    operand: TypeId | Expr


@dataclass(frozen=True, slots=True)
class InitializerList(Expr):
    """`{a, b, .c = d}`; `designators` parallel to `items`, "" where there is none."""

    items: tuple[Expr | InitializerList, ...]
    designators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Capture(Node):
    """`x`, `&x`, `x = init`, `this`, `*this`; defaults are on the lambda."""

    name: str
    by_reference: bool
    init: Expr | None = None


@dataclass(frozen=True, slots=True)
class Lambda(Expr):
    """`default` is "", "=" or "&"."""

    default: str
    captures: tuple[Capture, ...]
    template: tuple[TemplateParameter, ...]
    signature: FunctionPart
    mutable: bool
    body: Compound


@dataclass(frozen=True, slots=True)
class PackExpansion(Expr):
    """`pattern...` in arguments and lists."""

    pattern: Expr


@dataclass(frozen=True, slots=True)
class Fold(Expr):
    """`(pack op ...)`, `(... op pack)`, `(init op ... op pack)`; `init` None where there is none.
    `left`: whether it is a left fold."""

    operator: str
    pack: Expr
    init: Expr | None
    left: bool


@dataclass(frozen=True, slots=True)
class Throw(Expr):
    operand: Expr | None


@dataclass(frozen=True, slots=True)
class New(Expr):
    """`new T(...)`: only to refuse the device heap by name."""

    type: TypeId
    arguments: tuple[Expr | InitializerList, ...]
    count: Expr | None = None


@dataclass(frozen=True, slots=True)
class Delete(Expr):
    operand: Expr


# ---------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class Stmt(Node):
    pass


@dataclass(frozen=True, slots=True)
class Compound(Stmt):
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class ExprStmt(Stmt):
    """`expr;`, or `;` where it is None."""

    expr: Expr | None


@dataclass(frozen=True, slots=True)
class DeclStmt(Stmt):
    """Declarations inside a function: variables, using, typedef, local classes, static_assert."""

    declaration: Decl


@dataclass(frozen=True, slots=True)
class If(Stmt):
    """`condition` is an expression or a declaration (`if (T x = e)`)."""

    init: Stmt | None
    condition: Expr | VariableDecl
    then: Stmt
    otherwise: Stmt | None
    constexpr: bool = False


@dataclass(frozen=True, slots=True)
class For(Stmt):
    """`unroll`: None without a pragma, 0 for full, else the factor (an expression)."""

    init: Stmt | None
    condition: Expr | None
    step: Expr | None
    body: Stmt
    unroll: Pragma | None = None


@dataclass(frozen=True, slots=True)
class RangeFor(Stmt):
    declaration: VariableDecl
    range: Expr | InitializerList
    body: Stmt
    unroll: Pragma | None = None


@dataclass(frozen=True, slots=True)
class While(Stmt):
    condition: Expr | VariableDecl
    body: Stmt
    unroll: Pragma | None = None


@dataclass(frozen=True, slots=True)
class Do(Stmt):
    body: Stmt
    condition: Expr
    unroll: Pragma | None = None


@dataclass(frozen=True, slots=True)
class Switch(Stmt):
    """Case labels stand in the body as `Case` statements."""

    condition: Expr
    body: Stmt


@dataclass(frozen=True, slots=True)
class Case(Stmt):
    """`case value:` (or `default:` with None) and the statement after it."""

    value: Expr | None
    body: Stmt


@dataclass(frozen=True, slots=True)
class Break(Stmt):
    pass


@dataclass(frozen=True, slots=True)
class Continue(Stmt):
    pass


@dataclass(frozen=True, slots=True)
class Return(Stmt):
    value: Expr | InitializerList | None


@dataclass(frozen=True, slots=True)
class Goto(Stmt):
    label: str


@dataclass(frozen=True, slots=True)
class Label(Stmt):
    name: str
    body: Stmt


@dataclass(frozen=True, slots=True)
class Asm(Stmt):
    """`asm [volatile]("text" : outputs : inputs : clobbers)`; operands are (constraint, expression,
    name or nothing)."""

    text: str
    outputs: tuple[tuple[str, Expr, str], ...]
    inputs: tuple[tuple[str, Expr, str], ...]
    volatile: bool


@dataclass(frozen=True, slots=True)
class Pragma(Stmt):
    """A `#pragma` line: its text after the word. `unroll [N]` before a loop hangs on the loop."""

    text: str
    argument: Expr | None = None


# ---------------------------------------------------------------- declarations


@dataclass(frozen=True, slots=True)
class Decl(Node):
    pass


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """`__launch_bounds__(a, b)`, `__align__(n)`, `alignas(n)`, `[[x]]`, `__attribute__((x))`."""

    name: str
    arguments: tuple[Expr | TypeId, ...] = ()


@dataclass(frozen=True, slots=True)
class VariableDecl(Decl):
    """One declarator with its initialiser. `storage` holds the words among `static extern
    constexpr inline thread_local mutable __shared__ __constant__ __device__ __managed__
    register`. `style`: "" none, "=" , "()" , "{}"; `arguments` are the initialisers ("=": one).
    `bindings`: names of a structured binding `auto [a, b] = e`."""

    specifier: TypeSpecifier
    declarator: Declarator
    storage: frozenset[str]
    style: str = ""
    arguments: tuple[Expr | InitializerList, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    bindings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclGroup(Decl):
    """Several declarators of one declaration: `int a, *b;`"""

    declarations: tuple[Decl, ...]


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    specifier: TypeSpecifier
    declarator: Declarator
    default: Expr | InitializerList | None = None
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberInit(Node):
    """`name(arguments)` of a constructor's initialiser list; `name` may be a base class."""

    name: QualifiedName
    arguments: tuple[Expr | InitializerList, ...]
    braces: bool


@dataclass(frozen=True, slots=True)
class FunctionDecl(Decl):
    """A function or method. `specifier` None for constructors, destructors and conversions.
    `storage` holds words among `static inline constexpr explicit virtual friend __global__
    __device__ __host__ __forceinline__ __noinline__ extern`. The first FunctionPart of the
    declarator is the signature. `body` None: a declaration, or `special` says how it is defined:
    "default", "delete", "pure"."""

    specifier: TypeSpecifier | None
    declarator: Declarator
    storage: frozenset[str]
    attributes: tuple[Attribute, ...] = ()
    template: tuple[TemplateParameter, ...] | None = None
    specialization: bool = False
    member_inits: tuple[MemberInit, ...] = ()
    body: Compound | None = None
    special: str = ""

    @property
    def name(self) -> str:
        assert self.declarator.name is not None
        return self.declarator.name.last.name


@dataclass(frozen=True, slots=True)
class TemplateParameter(Node):
    """`kind`: "type", "value", "template". `default` a TypeId, expression or name."""

    kind: str
    name: str
    pack: bool = False
    type: Parameter | None = None
    default: TypeId | Expr | None = None
    inner: tuple[TemplateParameter, ...] = ()


@dataclass(frozen=True, slots=True)
class BaseClass(Node):
    name: QualifiedName
    access: str
    virtual: bool = False
    pack: bool = False


@dataclass(frozen=True, slots=True)
class ClassDefinition(Node):
    """`struct|class|union name { members }`; `body` False for a forward declaration. Access is not
    checked. `specialization_args` for `template<> struct A<int>`."""

    key: str
    name: QualifiedName | None
    bases: tuple[BaseClass, ...] = ()
    members: tuple[Decl, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    body: bool = True


@dataclass(frozen=True, slots=True)
class ClassDecl(Decl):
    """A class (template) definition standing alone or as member; variables after `}` make a
    DeclGroup with this first."""

    definition: ClassDefinition
    template: tuple[TemplateParameter, ...] | None = None
    specialization: bool = False


@dataclass(frozen=True, slots=True)
class Enumerator(Node):
    name: str
    value: Expr | None


@dataclass(frozen=True, slots=True)
class EnumDefinition(Node):
    name: QualifiedName | None
    scoped: bool
    underlying: TypeId | None
    enumerators: tuple[Enumerator, ...]


@dataclass(frozen=True, slots=True)
class EnumDecl(Decl):
    definition: EnumDefinition


@dataclass(frozen=True, slots=True)
class AliasDecl(Decl):
    """`typedef T name;` and `using name = T;` (also as a template)."""

    name: str
    type: TypeId
    template: tuple[TemplateParameter, ...] | None = None


@dataclass(frozen=True, slots=True)
class UsingDecl(Decl):
    """`using a::b;` or (`namespace`) `using namespace a;`"""

    name: QualifiedName
    namespace: bool


@dataclass(frozen=True, slots=True)
class NamespaceAlias(Decl):
    name: str
    target: QualifiedName


@dataclass(frozen=True, slots=True)
class StaticAssert(Decl):
    condition: Expr
    message: str


@dataclass(frozen=True, slots=True)
class Friend(Decl):
    """A friend declaration: ignored, except that a friend function defined here is found."""

    function: FunctionDecl | None


@dataclass(frozen=True, slots=True)
class TemplateVariable(Decl):
    """`template<...> constexpr T name = e;`"""

    template: tuple[TemplateParameter, ...]
    variable: VariableDecl
    specialization: bool = False
