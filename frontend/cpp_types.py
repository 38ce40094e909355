"""C++ types of device code, and what each is in the IR.

Types are frozen values, compared by structure; classes and enumerations are compared by identity
of their declaration. `QType` is a type with its const and volatile. `__half` and `__nv_bfloat16`
are arithmetic-like scalars here (the IR's f16 and bf16); the rules that make them behave as CUDA's
classes are in conversions.py and operators.py.
Sizes follow the LP64 model that CUDA shares with Linux.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..ir import dtypes
from ..ir.dtypes import MemoryType, Pointer, Scalar, Space

if TYPE_CHECKING:
    from .entities import ClassInfo, EnumInfo


@dataclass(frozen=True, slots=True)
class CType:
    """A type without qualifiers of its own."""


@dataclass(frozen=True, slots=True)
class QType:
    """A type with qualifiers."""

    type: CType
    const: bool = False
    volatile: bool = False

    @property
    def bare(self) -> QType:
        """The type without its top-level qualifiers."""
        return QType(self.type) if self.const or self.volatile else self

    def with_const(self) -> QType:
        return self.qualified(const=True)

    def qualified(self, *, const: bool = False, volatile: bool = False) -> QType:
        """The type with qualifiers added; they apply to the elements of an array."""
        if isinstance(self.type, Reference | FunctionType) or not (const or volatile):
            return self
        if isinstance(self.type, ArrayType):
            element = self.type.element.qualified(const=const, volatile=volatile)
            return QType(ArrayType(element, self.type.count))
        return QType(self.type, self.const or const, self.volatile or volatile)

    def __str__(self) -> str:
        return spell(self)


@dataclass(frozen=True, slots=True)
class Basic(CType):
    """A fundamental type by its canonical name."""

    name: str


@dataclass(frozen=True, slots=True)
class PointerType(CType):
    target: QType


@dataclass(frozen=True, slots=True)
class Reference(CType):
    target: QType
    rvalue: bool = False


@dataclass(frozen=True, slots=True)
class ArrayType(CType):
    """`count` None: an unknown bound."""

    element: QType
    count: int | None


@dataclass(frozen=True, slots=True)
class FunctionType(CType):
    result: QType
    params: tuple[QType, ...]
    variadic: bool = False


@dataclass(frozen=True, slots=True)
class ClassType(CType):
    info: ClassInfo


@dataclass(frozen=True, slots=True)
class EnumType(CType):
    info: EnumInfo


@dataclass(frozen=True, slots=True)
class AutoType(CType):
    """A placeholder that an initialiser or a return statement replaces: `auto`, or (`exact`)
    `decltype(auto)`, which keeps references."""

    exact: bool = False


@dataclass(frozen=True, slots=True)
class OpaqueType(CType):
    """A type equal to nothing but itself: stands for a template parameter in partial ordering."""

    name: str


@dataclass(frozen=True, slots=True)
class BasicInfo:
    """What is to know of a fundamental number type. `rank` orders the usual conversions."""

    scalar: Scalar
    rank: int
    suffix: str = ""
    """How g++ marks a template argument of this type: `5u`."""


BASIC: dict[str, BasicInfo] = {
    "bool": BasicInfo(dtypes.I1, 0),
    "char": BasicInfo(dtypes.I8, 1),
    "signed char": BasicInfo(dtypes.I8, 1),
    "unsigned char": BasicInfo(dtypes.U8, 1),
    "short": BasicInfo(dtypes.I16, 2),
    "unsigned short": BasicInfo(dtypes.U16, 2),
    "wchar_t": BasicInfo(dtypes.I32, 3),
    "char16_t": BasicInfo(dtypes.U16, 2),
    "char32_t": BasicInfo(dtypes.U32, 3),
    "int": BasicInfo(dtypes.I32, 3),
    "unsigned int": BasicInfo(dtypes.U32, 3, "u"),
    "long": BasicInfo(dtypes.I64, 4, "l"),
    "unsigned long": BasicInfo(dtypes.U64, 4, "ul"),
    "long long": BasicInfo(dtypes.I64, 5, "ll"),
    "unsigned long long": BasicInfo(dtypes.U64, 5, "ull"),
    "__half": BasicInfo(dtypes.F16, 6),
    "__nv_bfloat16": BasicInfo(dtypes.BF16, 6),
    "c10::Half": BasicInfo(dtypes.F16, 6),
    "c10::BFloat16": BasicInfo(dtypes.BF16, 6),
    "float": BasicInfo(dtypes.F32, 7),
    "double": BasicInfo(dtypes.F64, 8),
    "long double": BasicInfo(dtypes.F64, 9),
}
TENSOR_HALF_NAMES = frozenset({"c10::Half", "c10::BFloat16"})
"""PyTorch's 16-bit floats: made of floats only, read as floats only."""
HALF_NAMES = frozenset({"__half", "__nv_bfloat16"}) | TENSOR_HALF_NAMES


def basic(name: str) -> QType:
    return QType(Basic(name))


VOID = basic("void")
BOOL = basic("bool")
CHAR = basic("char")
INT = basic("int")
UINT = basic("unsigned int")
LONG = basic("long")
ULONG = basic("unsigned long")
FLOAT = basic("float")
DOUBLE = basic("double")
NULLPTR = basic("decltype(nullptr)")
AUTO = QType(AutoType())


def pointer_to(target: QType) -> QType:
    return QType(PointerType(target))


def reference_to(target: QType, rvalue: bool = False) -> QType:
    """`T&` or `T&&`, with reference collapsing."""
    if isinstance(target.type, Reference):
        return QType(Reference(target.type.target, rvalue and target.type.rvalue))
    return QType(Reference(target, rvalue))


# ---------------------------------------------------------------- questions


def info(type_: QType) -> BasicInfo | None:
    """The number type's row; None for what is not a number."""
    return BASIC.get(type_.type.name) if isinstance(type_.type, Basic) else None


def is_void(type_: QType) -> bool:
    return type_.type == VOID.type


def is_bool(type_: QType) -> bool:
    return type_.type == BOOL.type


def is_half(type_: QType) -> bool:
    """A 16-bit float: a number, but a class to overload resolution."""
    return isinstance(type_.type, Basic) and type_.type.name in HALF_NAMES


def is_tensor_half(type_: QType) -> bool:
    """`c10::Half` or `c10::BFloat16`."""
    return isinstance(type_.type, Basic) and type_.type.name in TENSOR_HALF_NAMES


def is_number(type_: QType) -> bool:
    """A number type, the 16-bit floats included, enumerations not."""
    return info(type_) is not None


def is_arithmetic(type_: QType) -> bool:
    """Arithmetic in C++'s sense: without the 16-bit floats."""
    return info(type_) is not None and not is_half(type_)


def is_integral(type_: QType) -> bool:
    row = info(type_)
    return row is not None and row.scalar.is_integer


def is_floating(type_: QType) -> bool:
    """`float`, `double`, `long double`."""
    row = info(type_)
    return row is not None and row.scalar.is_float and not is_half(type_)


def is_unsigned(type_: QType) -> bool:
    row = info(type_)
    return row is not None and not row.scalar.is_signed


def is_pointer(type_: QType) -> bool:
    return isinstance(type_.type, PointerType)


def is_object_pointer(type_: QType) -> bool:
    return isinstance(type_.type, PointerType) and not isinstance(
        type_.type.target.type, FunctionType
    )


def is_function_pointer(type_: QType) -> bool:
    return isinstance(type_.type, PointerType) and isinstance(type_.type.target.type, FunctionType)


def is_enum(type_: QType) -> bool:
    return isinstance(type_.type, EnumType)


def is_unscoped_enum(type_: QType) -> bool:
    return isinstance(type_.type, EnumType) and not type_.type.info.scoped


def is_class(type_: QType) -> bool:
    return isinstance(type_.type, ClassType)


def is_array(type_: QType) -> bool:
    return isinstance(type_.type, ArrayType)


def is_reference(type_: QType) -> bool:
    return isinstance(type_.type, Reference)


def is_nullptr(type_: QType) -> bool:
    return type_.type == NULLPTR.type


def is_scalar(type_: QType) -> bool:
    """What one IR value can hold."""
    return is_number(type_) or is_pointer(type_) or is_enum(type_) or is_nullptr(type_)


def class_of(type_: QType) -> ClassInfo | None:
    return type_.type.info if isinstance(type_.type, ClassType) else None


def strip_reference(type_: QType) -> QType:
    return type_.type.target if isinstance(type_.type, Reference) else type_


def has_auto(type_: QType) -> bool:
    """Whether a placeholder is anywhere in the type."""
    match type_.type:
        case AutoType():
            return True
        case PointerType(target) | Reference(target):
            return has_auto(target)
        case ArrayType(element, _):
            return has_auto(element)
        case _:
            return False


def decay(type_: QType) -> QType:
    """Array to pointer, function to pointer, otherwise unqualified."""
    if isinstance(type_.type, ArrayType):
        return pointer_to(type_.type.element)
    if isinstance(type_.type, FunctionType):
        return pointer_to(type_)
    return type_.bare


# ---------------------------------------------------------------- promotions


def promote(type_: QType) -> QType:
    """Integral promotion: small integers and unscoped enumerations become int (or wider)."""
    if isinstance(type_.type, EnumType) and not type_.type.info.scoped:
        return type_.type.info.promoted or promote(type_.type.info.underlying)
    row = info(type_)
    if row is None or row.scalar.is_float:
        return type_.bare
    if row.rank < 3:
        return INT
    if isinstance(type_.type, Basic) and type_.type.name in ("wchar_t", "char32_t"):
        return UINT if type_.type.name == "char32_t" else INT
    return type_.bare


def usual_conversions(left: QType, right: QType) -> QType:
    """The common type of an arithmetic operator's operands."""
    left, right = promote(left), promote(right)
    if left == right:
        return left
    a, b = info(left), info(right)
    assert a is not None, "usual conversions need numbers"
    assert b is not None, "usual conversions need numbers"
    if a.scalar.is_float or b.scalar.is_float:
        if a.scalar.is_float and b.scalar.is_float:
            return left if a.rank >= b.rank else right
        return left if a.scalar.is_float else right
    if a.scalar.is_signed == b.scalar.is_signed:
        return left if a.rank >= b.rank else right
    signed, unsigned = (left, right) if a.scalar.is_signed else (right, left)
    s, u = (a, b) if a.scalar.is_signed else (b, a)
    if u.rank >= s.rank:
        return unsigned
    if s.scalar.bits > u.scalar.bits:
        return signed
    assert isinstance(signed.type, Basic)
    return basic(f"unsigned {signed.type.name}")


# ---------------------------------------------------------------- memory and IR


def scalar_of(type_: QType) -> Scalar | None:
    """The IR scalar of a number or enumeration."""
    if isinstance(type_.type, EnumType):
        return scalar_of(type_.type.info.underlying)
    row = info(type_)
    return row.scalar if row else None


def ir_type(type_: QType, space: Space = Space.GENERIC) -> dtypes.Type:
    """The type of the SSA value that holds a scalar of this C++ type."""
    scalar = scalar_of(type_)
    if scalar is not None:
        return scalar
    if isinstance(type_.type, PointerType):
        return Pointer(element_type(type_.type.target), space)
    if isinstance(type_.type, Reference):
        return Pointer(element_type(type_.type.target), space)
    assert is_nullptr(type_), f"{type_} is no scalar"
    return Pointer(dtypes.VOID, space)


def element_type(type_: QType) -> MemoryType:
    """What a pointer to this type points at in the IR: arrays are flattened, incomplete types
    and functions are bytes."""
    while isinstance(type_.type, ArrayType):
        type_ = type_.type.element
    if isinstance(type_.type, ClassType):
        record = type_.type.info.record
        return record if record is not None else dtypes.VOID
    if is_void(type_) or isinstance(type_.type, FunctionType | AutoType | OpaqueType):
        return dtypes.VOID
    return ir_type(type_)


def element_count(type_: QType) -> int:
    """How many elements of `element_type` an object takes (1 unless it is an array)."""
    count = 1
    while isinstance(type_.type, ArrayType):
        count *= type_.type.count or 0
        type_ = type_.type.element
    return count


def size_of(type_: QType) -> int:
    """`sizeof` in bytes."""
    if isinstance(type_.type, Reference):
        return size_of(type_.type.target)
    return dtypes.size_of(element_type(type_)) * element_count(type_)


def align_of(type_: QType) -> int:
    if isinstance(type_.type, Reference):
        return align_of(type_.type.target)
    return dtypes.align_of(element_type(type_)) if not is_void(type_) else 1


def same_ignoring_cv(left: QType, right: QType) -> bool:
    return left.type == right.type


def function_of(type_: QType) -> FunctionType | None:
    """The function type of a function, a pointer or a reference to one."""
    inner = type_.type
    if isinstance(inner, PointerType | Reference):
        inner = inner.target.type
    return inner if isinstance(inner, FunctionType) else None


def replace_auto(pattern: QType, actual: QType) -> QType:
    """`pattern` with its placeholder replaced."""
    match pattern.type:
        case AutoType():
            return actual.qualified(const=pattern.const, volatile=pattern.volatile)
        case PointerType(target):
            return replace(pattern, type=PointerType(replace_auto(target, actual)))
        case Reference(target, rvalue):
            return reference_to(replace_auto(target, actual), rvalue)
        case ArrayType(element, count):
            return replace(pattern, type=ArrayType(replace_auto(element, actual), count))
        case _:
            return pattern


# ---------------------------------------------------------------- spelling


def spell(type_: QType) -> str:
    """The type as one writes it: `const float*`."""
    return _spell(type_, "", east=False)


def demangle(type_: QType) -> str:
    """The type as g++'s demangler prints it: `float const*`."""
    return _spell(type_, "", east=True)


def _spell(type_: QType, inner: str, east: bool) -> str:
    cv = " ".join(w for w, on in (("const", type_.const), ("volatile", type_.volatile)) if on)
    match type_.type:
        case PointerType(target) | Reference(target):
            if isinstance(type_.type, PointerType):
                mark = "*"
            else:
                mark = "&&" if type_.type.rvalue else "&"
            text = f"{mark}{' ' + cv if cv else ''}{inner}"
            if isinstance(target.type, ArrayType | FunctionType):
                text = f" ({text})"
            return _spell(target, text, east)
        case ArrayType(element, count):
            return _spell(element, f"{inner}[{'' if count is None else count}]", east)
        case FunctionType(result, params, variadic):
            names = [_spell(p, "", east) for p in params] + (["..."] if variadic else [])
            gap = "" if inner.startswith(" ") else " "
            return _spell(result, f"{gap if inner else ''}{inner}({', '.join(names)})", east)
    name = _base_name(type_.type, east)
    if cv:
        name = f"{name} {cv}" if east else f"{cv} {name}"
    return name + inner


def _base_name(type_: CType, east: bool) -> str:
    match type_:
        case Basic(name) | OpaqueType(name):
            return name
        case ClassType(info_):
            return info_.demangled() if east else info_.spelled()
        case EnumType(info_):
            return info_.qualified_name
        case _:
            return "auto"
