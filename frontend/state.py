"""The state of elaboration: one `Program` per file, one `Body` per function being built.

Everything else in the elaborator is functions over these two. A `Body` collects the operations of
one IR function: the current region's builder, the allocas (which must stand at the start), the
current scope, and where `break`, `continue` and `return` go.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..ir.builder import Builder, result_type
from ..ir.diagnostics import CompileError, Reporter, error
from ..ir.dtypes import MemoryType, Pointer, Space, Type
from ..ir.nodes import Attr, Global, Op, Value
from ..ir.source import NOWHERE, Sources, Span
from .cpp_types import (
    ArrayType,
    QType,
    align_of,
    class_of,
    element_count,
    element_type,
)
from .entities import ClassInfo, Instance, spell_args
from .limits import IMAGE_BYTES, LOCAL_BYTES, check_object
from .scope import Scope
from .values import Place

if TYPE_CHECKING:
    from .namespaces import Declarations

MAX_INSTANTIATION_DEPTH = 256
MAX_CALL_DEPTH = 300
MAX_INSTANCES = 4096
MAX_INSTANCES_OF_ONE = 1024
MAX_NAME = 1 << 15
MAX_NOTES = 8


@dataclass(slots=True)
class Jump:
    """Where `break` and `continue` lead. A switch that runs as a loop passes `continue` on to the
    loop around it through the variable `continues`."""

    kind: str
    continues: Place | None = None


@dataclass(eq=False, slots=True)
class Program:
    """What all functions of one file share."""

    reporter: Reporter
    sources: Sources
    global_scope: Scope
    queue: list[Instance] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    depth: int = 0
    instances: Counter[int] = field(default_factory=Counter)
    """Made for the current kernel, by the identity of what they are instances of."""
    local_classes: dict[tuple[int, int], ClassInfo] = field(default_factory=dict)
    closures: dict[tuple[object, ...], ClassInfo] = field(default_factory=dict)
    static_storage: dict[tuple[Instance | None, int], Global] = field(default_factory=dict)
    """Storage of variables inside functions, by instance and declaration."""
    string_tables: dict[bytes, Global] = field(default_factory=dict)
    declared: set[int] = field(default_factory=set)
    """Items that have been declared, by identity."""
    declarations: Declarations | None = None

    def complete(self, type_: QType, span: Span) -> None:
        """Complete the class of an object, or of the elements of an array, if it is defined."""
        from .classes import complete  # the layers above this one complete classes

        while isinstance(type_.type, ArrayType):
            type_ = type_.type.element
        info = class_of(type_)
        if info is not None and info.state == "declared":
            if info.definition is not None and info.definition.body:
                complete(self, info, span)

    def request(self, instance: Instance, fn: Body) -> None:
        """A call of `instance` from `fn`: it gets a name and a place in the queue."""
        if fn.evaluated:
            fn.callees.setdefault(instance, fn.span)
        if not instance.name:
            instance.name = self.unique_name(ir_name(instance))
            instance.origin = (fn.instance, fn.span)
            instance.depth = (fn.instance.depth if fn.instance is not None else 0) + 1
            if instance.depth > MAX_CALL_DEPTH:
                raise error(
                    "ASC0330",
                    f"more than {MAX_CALL_DEPTH} functions call each other in a row, last "
                    f"'{instance.source_name}'",
                    fn.span,
                    help="check that the recursion of templates ends",
                )
        if instance.state == "declared" and fn.evaluated:
            instance.state = "queued"
            self.queue.append(instance)

    @property
    def has_too_many_instances(self) -> bool:
        """Whether `count_instance` has refused one of the current kernel."""
        return (
            self.instances.total() > MAX_INSTANCES
            or max(self.instances.values(), default=0) > MAX_INSTANCES_OF_ONE
        )

    def count_instance(self, of: object, name: str, span: Span) -> None:
        """An instance of a function or class is about to be made: refuses what would never end,
        or double its names at each step."""
        self.instances[id(of)] += 1
        if len(name) > MAX_NAME:
            name = f"{name[:60]}..."
            message = f"the template arguments of '{name}' take more than {MAX_NAME} characters"
        elif self.instances[id(of)] > MAX_INSTANCES_OF_ONE:
            message = f"a template has more than {MAX_INSTANCES_OF_ONE} instances, last '{name}'"
        elif self.instances.total() > MAX_INSTANCES:
            message = f"more than {MAX_INSTANCES} functions and classes are used, last '{name}'"
        else:
            return
        help_ = "check that the recursion of templates ends"
        raise error("ASC0330", message, span, help=help_)

    def unique_name(self, text: str) -> str:
        """An identifier made from `text` that no other function, record or global has."""
        name = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_") or "anonymous"
        name = f"_{name}" if name[0].isdigit() else name
        count = self.names.get(name, 0)
        self.names[name] = count + 1
        return name if count == 0 else self.unique_name(f"{name}_{count}")

    @contextmanager
    def instantiating(self, what: str, span: Span) -> Iterator[None]:
        """Errors inside get a note that names the template, and depth is limited."""
        if self.depth >= MAX_INSTANTIATION_DEPTH:
            raise error(
                "ASC0330",
                f"templates are nested more than {MAX_INSTANTIATION_DEPTH} levels deep at {what}",
                span,
                help="check that the recursion of templates ends",
            )
        self.depth += 1
        try:
            yield
        except CompileError as failure:
            raise with_note(failure, f"in instantiation of '{what}' here", span) from None
        finally:
            self.depth -= 1


_OPERATORS = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "rem", "=": "assign", "==": "eq",
    "!=": "ne", "<": "lt", ">": "gt", "<=": "le", ">=": "ge", "[]": "index", "()": "call",
    "!": "not", "~": "compl", "&": "and", "|": "or", "^": "xor", "<<": "shl", ">>": "shr",
    "++": "increment", "--": "decrement", "->": "arrow", "&&": "and_also", "||": "or_else",
}  # fmt: skip


def ir_name(instance: Instance) -> str:
    """What a function is called in the IR, before it is made unique."""
    function = instance.function
    name = function.name
    if name.startswith("operator") and not name[8:9].isalnum():
        symbol = name[8:].strip()
        plain = _OPERATORS.get(symbol) or f"{_OPERATORS.get(symbol[:-1], 'op')}_assign"
        name = f"operator_{plain}"
    elif name == "operator":
        name = f"to_{instance.result_type}"
    args = spell_args(instance.args) if instance.args else ""
    owner = function.owner
    if owner is None:
        return f"{name}{args}"
    if function.closure is not None and owner is not None:
        return owner.name
    prefix = f"{owner.name}{spell_args(owner.args) if owner.template else ''}"
    return f"{prefix}_{'init' if function.is_constructor else name}{args}"


def with_note(failure: CompileError, text: str, span: Span) -> CompileError:
    """The same error with a note after those that it has."""
    return CompileError(
        [
            replace(d, notes=(*d.notes, (span, text))) if len(d.notes) < MAX_NOTES else d
            for d in failure.diagnostics
        ]
    )


@dataclass(eq=False, slots=True)
class Body:
    """A function being built, or (`instance` None) an expression outside any function."""

    program: Program
    scope: Scope
    instance: Instance | None = None
    b: Builder = field(default_factory=Builder)
    allocas: list[Op] = field(default_factory=list)
    result: QType | None = None
    hidden_result: Value | None = None
    jumps: list[Jump] = field(default_factory=list)
    this: Place | None = None
    this_class: ClassInfo | None = None
    this_const: bool = False
    evaluated: bool = True
    """False in operands of sizeof and decltype: nothing made there stays."""
    globals: dict[str, Global] = field(default_factory=dict)
    callees: dict[Instance, Span] = field(default_factory=dict)
    return_types: list[QType] = field(default_factory=list)
    pack_depth: int = 0
    constant_only: bool = False
    """In a constant expression: a name's constant value is asked for."""

    @property
    def span(self) -> Span:
        return self.b.span

    @contextmanager
    def at(self, span: Span) -> Iterator[None]:
        """Operations made inside get `span`, in whatever region they are."""
        saved = self.b.span
        self.b.span = span
        try:
            yield
        finally:
            self.b.span = saved

    @contextmanager
    def region(self) -> Iterator[Builder]:
        """A nested region: what is built inside goes to the builder given."""
        outer = self.b
        self.b = outer.nested()
        try:
            yield self.b
        finally:
            self.b = outer

    @contextmanager
    def scoped(self, kind: str = "block") -> Iterator[Scope]:
        """A nested scope of names."""
        outer = self.scope
        self.scope = Scope(kind, outer)
        try:
            yield self.scope
        finally:
            self.scope = outer

    @contextmanager
    def in_scope(self, scope: Scope) -> Iterator[None]:
        outer = self.scope
        self.scope = scope
        try:
            yield
        finally:
            self.scope = outer

    @contextmanager
    def discarded(self) -> Iterator[None]:
        """An unevaluated operand: types are found, nothing is kept."""
        saved = (self.b, self.allocas, self.evaluated, self.globals, self.callees)
        self.b, self.allocas, self.evaluated = Builder(self.b.span), [], False
        self.globals, self.callees = {}, {}
        try:
            yield
        finally:
            self.b, self.allocas, self.evaluated, self.globals, self.callees = saved

    def scratch(self, scope: Scope | None = None) -> Body:
        """A body of its own for a constant expression in `scope` (default: the current one)."""
        body = Body(self.program, scope or self.scope, b=Builder(self.b.span))
        body.this_class = self.this_class
        return body

    def emit(
        self,
        name: str,
        operands: Sequence[Value] = (),
        attrs: Mapping[str, Attr] | None = None,
        type_: Type | None = None,
        hint: str = "",
    ) -> Value:
        """An operation with one result, whatever its attributes are called."""
        result = result_type(name, operands, type_)
        assert result is not None, f"operation {name} has no result"
        value = Value(result, hint)
        self.b.append(Op(name, tuple(operands), attrs or {}, (), (value,), self.b.span))
        return value

    def effect(
        self, name: str, operands: Sequence[Value] = (), attrs: Mapping[str, Attr] | None = None
    ) -> None:
        """An operation without results, whatever its attributes are called."""
        self.b.append(Op(name, tuple(operands), attrs or {}, (), (), self.b.span))

    def alloca(self, elem: MemoryType, count: int, name: str, align: int = 0) -> Value:
        """Storage in the function's top region."""
        value = Value(Pointer(elem, Space.LOCAL), name)
        attrs: dict[str, Attr] = {"count": count}
        if align:
            attrs["align"] = align
        self.allocas.append(Op("alloca", (), attrs, (), (value,), self.b.span))
        return value

    def variable(self, type_: QType, name: str, align: int = 0) -> Place:
        """Storage for an object of `type_`."""
        self.program.complete(type_, self.b.span)
        check_object(type_, name, IMAGE_BYTES if self.constant_only else LOCAL_BYTES, self.b.span)
        elem = element_type(type_)
        wanted = align if align > align_of(type_) else 0
        pointer = self.alloca(elem, element_count(type_), name, wanted)
        return Place(pointer, volatile=type_.volatile, name=name)

    def temporary(self, type_: QType) -> Place:
        return self.variable(type_, "")


def scratch_body(program: Program, scope: Scope, span: Span = NOWHERE) -> Body:
    """A body for expressions at namespace or class scope."""
    return Body(program, scope, b=Builder(span))
