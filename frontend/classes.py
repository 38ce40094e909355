"""Classes and enumerations: declaring them, completing their members, laying them out.

A class is completed when something needs its size or members: bases and members are declared in
its scope, then laid out as the Itanium C++ ABI does on 64-bit Linux. Bodies of methods wait until
they are called. Access is not checked; virtual functions and virtual bases are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..ir import dtypes
from ..ir.diagnostics import error
from ..ir.dtypes import Field, Record
from ..ir.source import NOWHERE, Span
from . import evaluate, syntax, templates, type_names
from .cpp_types import (
    INT,
    LONG,
    UINT,
    ULONG,
    ArrayType,
    EnumType,
    QType,
    Reference,
    align_of,
    class_of,
    element_count,
    element_type,
    is_bool,
    pointer_to,
    scalar_of,
    size_of,
)
from .entities import (
    AliasTemplate,
    BaseInfo,
    ClassInfo,
    ClassTemplate,
    Constant,
    EnumInfo,
    FieldInfo,
    FieldName,
    Function,
    TypeName,
    Variable,
    VariableTemplate,
)
from .scope import Scope
from .state import Body, Program, scratch_body
from .values import Place

# ---------------------------------------------------------------- declaring


def declare_class(fn: Body, definition: syntax.ClassDefinition) -> ClassInfo:
    """The class that a definition or elaborated type specifier means in the current scope."""
    key = (id(fn.scope), id(definition))
    known = fn.program.local_classes.get(key)
    if known is not None:
        return known
    if not definition.body and definition.name is not None:
        found = type_names.lookup(fn, definition.name)
        if found and isinstance(found[0], TypeName | ClassTemplate):
            info = class_of(type_names.named_type(fn, found, definition.name.last))
            if info is not None:
                return info
    info = new_class(fn.program, fn.scope, definition)
    fn.program.local_classes[key] = info
    return info


def new_class(program: Program, scope: Scope, definition: syntax.ClassDefinition) -> ClassInfo:
    """Declare a class in a scope; a forward declaration is filled in by the definition."""
    name = definition.name.last.name if definition.name is not None else ""
    if name:
        known = scope.names.get(name)
        info = class_of(known[0].type) if known and isinstance(known[0], TypeName) else None
        if info is not None and info.definition is not None and not info.definition.body:
            info.definition = definition
            return info
    own = Scope("class", scope, name)
    info = ClassInfo(
        name or "unnamed", definition, scope, own, definition.key, qualifier=scope.qualifier()
    )
    own.owner = info
    if name:
        own.names[name] = [TypeName(info.type)]
        scope.declare(name, TypeName(info.type))
    return info


def declare_enum(fn: Body, definition: syntax.EnumDefinition) -> QType:
    """Declare an enumeration and its enumerators in the current scope."""
    name = definition.name.last.name if definition.name is not None else ""
    known = fn.scope.names.get(name) if name else None
    if known and isinstance(known[0], TypeName) and not definition.enumerators:
        return known[0].type
    underlying = INT
    if definition.underlying is not None:
        underlying = type_names.type_id(fn, definition.underlying).bare
    own = Scope("enum", fn.scope, name)
    info = EnumInfo(
        name or "unnamed",
        f"{fn.scope.qualifier()}{name or 'unnamed'}",
        definition.scoped,
        underlying,
        own,
        definition.underlying is not None,
    )
    type_ = QType(EnumType(info))
    if name:
        fn.scope.declare(name, TypeName(type_))
    _enumerators(fn, definition, info, type_, own)
    return type_


def _enumerators(
    fn: Body, definition: syntax.EnumDefinition, info: EnumInfo, type_: QType, own: Scope
) -> None:
    value = -1
    values: list[int] = []
    body = fn.scratch(own)
    for item in definition.enumerators:
        if item.value is None:
            value += 1
        else:
            value = evaluate.integer_constant(body, item.value, "the value of an enumerator")
        values.append(value)
        constant = Constant(item.name, type_, value)
        own.names[item.name] = [constant]
        if not definition.scoped:
            fn.scope.declare(item.name, constant)
    if definition.underlying is None and values:
        low, high = min(values), max(values)
        info.underlying = _fitting_type(low, high)
        info.promoted = INT if low >= -(1 << 31) and high < 1 << 31 else info.underlying


def _fitting_type(low: int, high: int) -> QType:
    if low < 0:
        return INT if low >= -(1 << 31) and high < 1 << 31 else LONG
    return UINT if high < 1 << 32 else ULONG


# ---------------------------------------------------------------- completing


def complete(program: Program, info: ClassInfo, span: Span) -> None:
    """Declare the members of a class and lay it out. Raises where it is not defined."""
    if info.state != "declared":
        return
    definition = info.definition
    if definition is None or not definition.body:
        raise error("ASC0303", f"'{info.spelled()}' is declared but not defined", span)
    info.state = "running"
    done = False
    try:
        with program.instantiating(info.spelled(), span) if info.template else _nothing():
            body = scratch_body(program, info.scope, definition.span)
            body.this_class = info
            later = _Later()
            _bases(body, info, definition)
            for member in definition.members:
                _member(body, info, member, later)
            lay_out(program, info, definition, body)
            info.state = "complete"
            done = True
            for check in later.asserts:
                evaluate.static_assert(body, check)
    finally:
        if not done:
            info.state = "declared"
            info.bases, info.fields = [], []
            info.constructors, info.inherited, info.conversions = [], [], []


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@dataclass(slots=True)
class _Later:
    asserts: list[syntax.StaticAssert] = field(default_factory=list)


def _bases(body: Body, info: ClassInfo, definition: syntax.ClassDefinition) -> None:
    for base in definition.bases:
        if base.virtual:
            raise error("ASC0424", "virtual base classes are not supported", base.span)
        type_ = type_names.type_name(body, base.name)
        base_info = class_of(type_)
        if base_info is None:
            raise error("ASC0302", f"'{type_}' is not a class", base.span)
        complete(body.program, base_info, base.span)
        _refuse_incomplete(info, base_info, base.span)
        info.bases.append(BaseInfo(base_info))


def _member(body: Body, info: ClassInfo, member: syntax.Decl, later: _Later) -> None:
    match member:
        case syntax.DeclGroup(declarations=group):
            for inner in group:
                _member(body, info, inner, later)
        case syntax.FunctionDecl():
            _method(body, info, member)
        case syntax.VariableDecl():
            _data_member(body, info, member)
        case syntax.ClassDecl():
            _nested_class(body, info, member)
        case syntax.EnumDecl(definition=definition):
            declare_enum(body, definition)
        case syntax.Friend(function=function):
            if function is not None:
                _friend(info, function)
        case syntax.StaticAssert():
            later.asserts.append(member)
        case syntax.UsingDecl(namespace=False, name=using) if _inherits(info, using):
            base = class_of(type_names.type_name(body, _qualifier(using)))
            assert base is not None
            info.inherited += [*base.constructors, *base.inherited]
        case _:
            declare_member_name(body, info.scope, member)


def _qualifier(name: syntax.QualifiedName) -> syntax.QualifiedName:
    return syntax.QualifiedName(name.span, name.parts[:-1], name.absolute, name.decltype)


def _inherits(info: ClassInfo, using: syntax.QualifiedName) -> bool:
    """`using Base::Base;`"""
    if len(using.parts) < 2:
        return False
    last, before = using.parts[-1], using.parts[-2]
    return last.name == before.name or any(b.info.name == last.name for b in info.bases)


def declare_member_name(body: Body, scope: Scope, member: syntax.Decl) -> None:
    """Declarations that mean the same in a class, a function and a namespace."""
    match member:
        case syntax.AliasDecl(name=name, template=None):
            scope.declare(name, TypeName(type_names.type_id(body, member.type)))
        case syntax.AliasDecl(name=name):
            scope.declare(name, AliasTemplate(name, scope, member))
        case syntax.UsingDecl(namespace=False, name=using):
            for entity in type_names.lookup(body, using):
                scope.declare(using.last.name, entity)
        case syntax.TemplateVariable():
            declare_variable_template(scope, member)


def declare_variable_template(scope: Scope, decl: syntax.TemplateVariable) -> None:
    declared = decl.variable.declarator.name
    assert declared is not None
    name = declared.last.name
    known = scope.names.get(name)
    if known and isinstance(known[0], VariableTemplate):
        if decl not in known[0].specializations:
            known[0].specializations.append(decl)
        return
    scope.declare(name, VariableTemplate(name, scope, decl))


def declare_class_template(
    program: Program, scope: Scope, decl: syntax.ClassDecl, prelude: bool = False
) -> None:
    """A class template, or a specialisation of one that is known."""
    assert decl.definition.name is not None, "a class template has a name"
    name = decl.definition.name.last.name
    special = decl.specialization or decl.definition.name.last.template_args is not None
    known = scope.names.get(name)
    if known and isinstance(known[0], ClassTemplate):
        template = known[0]
        if special:
            entry = (decl, scope)
            (template.partial if decl.template else template.full).append(entry)
        elif decl.definition.body:
            template.primary = _with_defaults(decl, template.primary)
        return
    if not special:
        made = ClassTemplate(name, scope, decl, qualifier=scope.qualifier(), prelude=prelude)
        scope.declare(name, made)


def _with_defaults(decl: syntax.ClassDecl, earlier: syntax.ClassDecl) -> syntax.ClassDecl:
    """A definition with the default arguments of the declaration before it."""
    params = list(decl.template or ())
    for index, old in enumerate(earlier.template or ()):
        if index < len(params) and params[index].default is None and old.default is not None:
            new = params[index]
            params[index] = syntax.TemplateParameter(
                new.span, new.kind, new.name, new.pack, new.type, old.default, new.inner
            )
    return syntax.ClassDecl(decl.span, decl.definition, tuple(params), decl.specialization)


def _nested_class(body: Body, info: ClassInfo, decl: syntax.ClassDecl) -> None:
    if decl.template is not None or decl.specialization:
        declare_class_template(body.program, info.scope, decl)
        return
    inner = declare_class(body, decl.definition)
    if decl.definition.name is None:
        complete(body.program, inner, decl.span)
        member = FieldInfo("", inner.type, None, f"anon{len(info.fields)}", anonymous=inner)
        info.fields.append(member)
        _inject(info, inner)


def _inject(info: ClassInfo, inner: ClassInfo) -> None:
    """Members of an anonymous struct or union are named as members of the class around it."""
    for member in inner.fields:
        if member.anonymous is not None:
            _inject(info, member.anonymous)
        elif member.name:
            info.scope.declare(member.name, FieldName(member, info))


def _method(body: Body, info: ClassInfo, decl: syntax.FunctionDecl) -> None:
    if "virtual" in decl.storage:
        raise error(
            "ASC0424",
            "virtual functions are not supported",
            decl.span,
            help="a template parameter instead of a base class makes the call direct",
        )
    if "friend" in decl.storage:
        _friend(info, decl)
        return
    name = decl.name
    function = Function(name, decl, info.scope, info, prelude=info.prelude)
    declared = decl.declarator.name
    if name == info.name and decl.specifier is None:
        info.constructors.append(function)
    elif name.startswith("~"):
        info.destructor = function
    elif declared is not None and declared.last.conversion is not None:
        info.conversions.append(function)
    else:
        info.scope.declare(name, function)


def _friend(info: ClassInfo, decl: syntax.FunctionDecl) -> None:
    if decl.body is not None:
        function = Function(decl.name, decl, info.scope, None, prelude=info.prelude)
        info.scope.hidden.setdefault(decl.name, []).append(function)


def _data_member(body: Body, info: ClassInfo, decl: syntax.VariableDecl) -> None:
    name = str(decl.declarator.name) if decl.declarator.name is not None else ""
    if "static" in decl.storage:
        variable = Variable(
            name, INT, decl.span, declaration=decl, scope=info.scope, resolved=False
        )
        info.scope.declare(name, variable)
        return
    if decl.specifier.definition is not None and isinstance(
        decl.specifier.definition, syntax.ClassDefinition
    ):
        declare_class(body, decl.specifier.definition)
    type_ = type_names.declared_type(body, decl.specifier, decl.declarator)
    _require_complete(body, info, type_, decl.span)
    member = FieldInfo(name, type_, decl, name or f"unnamed{len(info.fields)}")
    member.mutable = "mutable" in decl.storage
    info.fields.append(member)
    if name:
        info.scope.declare(name, FieldName(member, info))


def _require_complete(body: Body, owner: ClassInfo, type_: QType, span: Span) -> None:
    inner = type_
    while isinstance(inner.type, ArrayType):
        if inner.type.count is None:
            raise error("ASC0303", "a member of array type needs a size", span)
        inner = inner.type.element
    info = class_of(inner)
    if info is not None:
        complete(body.program, info, span)
        _refuse_incomplete(owner, info, span)


def _refuse_incomplete(owner: ClassInfo, part: ClassInfo, span: Span) -> None:
    """A class whose members are being declared cannot be a part of itself."""
    if part.state == "running":
        message = f"'{part.spelled()}' is not complete here: it cannot be a part of "
        inside = "itself" if part is owner else f"'{owner.spelled()}', which is a part of it"
        raise error("ASC0303", message + inside, span)


# ---------------------------------------------------------------- layout


@dataclass(slots=True)
class _Layout:
    size: int = 0
    align: int = 1
    bit: int = 0
    """The next free bit, for bit-fields; byte offsets are rounded up from it."""
    fields: list[Field] = field(default_factory=list)

    def place(self, size: int, align: int, union: bool) -> int:
        self.align = max(self.align, align)
        if union:
            self.size = max(self.size, size)
            return 0
        offset = -(-self.size // align) * align
        self.size = offset + size
        self.bit = self.size * 8
        return offset


def lay_out(
    program: Program, info: ClassInfo, definition: syntax.ClassDefinition, body: Body
) -> None:
    """Offsets of bases and members, size and alignment, and the IR record."""
    layout = _Layout()
    taken: set[str] = set()
    for base in info.bases:
        _lay_out_base(info, base, layout, taken)
    for member in info.fields:
        _lay_out_member(body, info, member, layout, taken)
    for attribute in definition.attributes:
        layout.align = max(layout.align, alignment(body, attribute))
    info.fields = [m for m in info.fields if m.name or m.anonymous is not None]
    info.empty = not info.fields and all(b.info.empty for b in info.bases)
    size = max(1, -(-layout.size // layout.align) * layout.align)
    name = program.unique_name(info.spelled())
    info.record = Record(name, size, layout.align, tuple(layout.fields))


def _unique(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _lay_out_base(info: ClassInfo, base: BaseInfo, layout: _Layout, taken: set[str]) -> None:
    record = base.info.record
    assert record is not None, "bases are complete"
    if base.info.empty:
        layout.align = max(layout.align, record.align)
        return
    base.offset = layout.place(record.size, record.align, False)
    base.ir_name = _unique(f"base_{base.info.name}", taken)
    layout.fields.append(Field(base.ir_name, record, base.offset))


def _lay_out_member(
    body: Body, info: ClassInfo, member: FieldInfo, layout: _Layout, taken: set[str]
) -> None:
    width = member.decl.declarator.bit_width if member.decl is not None else None
    if width is not None:
        bits = evaluate.integer_constant(body, width, "the width of a bit-field")
        _lay_out_bits(info, member, bits, layout, taken)
        return
    type_ = member.type
    if isinstance(type_.type, Reference):
        type_ = pointer_to(type_.type.target)
    align = align_of(type_)
    for attribute in member.decl.attributes if member.decl is not None else ():
        align = max(align, alignment(body, attribute))
    member.offset = layout.place(size_of(type_), align, info.is_union)
    member.ir_name = _unique(member.ir_name, taken)
    layout.fields.append(
        Field(
            member.ir_name,
            element_type(type_),
            member.offset,
            element_count(type_),
            isinstance(type_.type, ArrayType),
        )
    )


def _lay_out_bits(
    info: ClassInfo, member: FieldInfo, width: int, layout: _Layout, taken: set[str]
) -> None:
    """A bit-field: in the next free bits, unless it would cross a unit of its type."""
    scalar = scalar_of(member.type)
    if scalar is None or not scalar.is_integer or width > scalar.size * 8:
        raise error("ASC0303", f"bit-field '{member.name}' of type '{member.type}'",
                    info.definition.span if info.definition else NOWHERE)  # fmt: skip
    unit = scalar.size * 8
    start = 0 if info.is_union else layout.bit
    if width == 0:
        layout.bit = -(-start // unit) * unit
        layout.size = max(layout.size, layout.bit // 8)
        return
    if start % unit + width > unit:
        start = -(-start // unit) * unit
    layout.bit = start + width
    layout.size = max(layout.size, -(-layout.bit // 8))
    layout.align = max(layout.align, scalar.size)
    member.offset = start // unit * scalar.size
    member.bits = (start % unit, width)
    member.ir_name = _unique(member.ir_name, taken)
    storage = dtypes.U8 if is_bool(member.type) else scalar
    layout.fields.append(Field(member.ir_name, storage, member.offset))


def alignment(body: Body, attribute: syntax.Attribute) -> int:
    """The alignment that `alignas`, `__align__` or `aligned` asks for; 1 for other attributes."""
    if attribute.name not in ("alignas", "__align__", "aligned", "__aligned__"):
        return 1
    if not attribute.arguments:
        return 16
    argument = attribute.arguments[0]
    if isinstance(argument, syntax.TypeId):
        return align_of(type_names.type_id(body, argument))
    return evaluate.integer_constant(body, argument, "an alignment")


# ---------------------------------------------------------------- questions


Step = BaseInfo | FieldInfo


def find_field(info: ClassInfo, name: str) -> list[Step] | None:
    """The way from an object of class `info` to its member: bases and anonymous members first."""
    for member in info.fields:
        if member.name == name and member.anonymous is None:
            return [member]
        if member.anonymous is not None:
            inner = find_field(member.anonymous, name)
            if inner is not None:
                return [member, *inner]
    for base in info.bases:
        found = find_field(base.info, name)
        if found is not None:
            return [base, *found]
    return None


def copy_constructor(program: Program, info: ClassInfo, rvalue: bool) -> Function | None:
    """The user's copy or move constructor."""
    chosen: Function | None = None
    for function in info.constructors:
        params = function.signature.parameters
        if function.is_template or function.decl.special or not params:
            continue
        if len(params) > 1 and params[1].default is None:
            continue
        first = templates.plain_instance(program, function, function.span).type.params[0]
        if isinstance(first.type, Reference) and class_of(first.type.target) is info:
            if first.type.rvalue and not rvalue:
                continue
            if chosen is None or first.type.rvalue:
                chosen = function
    return chosen


def copies_bytes(program: Program, info: ClassInfo) -> bool:
    """Whether an implicit copy is a copy of the bytes."""
    parts = [b.info for b in info.bases]
    for member in info.fields:
        inner = member.type
        while isinstance(inner.type, ArrayType):
            inner = inner.type.element
        part = class_of(inner)
        if part is not None:
            parts.append(part)
    return all(
        copy_constructor(program, p, False) is None and copies_bytes(program, p) for p in parts
    )


@contextmanager
def member_context(fn: Body, info: ClassInfo, place: Place) -> Iterator[None]:
    """Inside: names are looked up in the class, and `this` is the object at `place`."""
    saved = (fn.scope, fn.this, fn.this_class, fn.this_const)
    fn.scope, fn.this, fn.this_class, fn.this_const = info.scope, place, info, False
    try:
        yield
    finally:
        fn.scope, fn.this, fn.this_class, fn.this_const = saved
