"""The oracle's rows of PTX: each gives the C++ statement of one instruction."""

from __future__ import annotations

import re
from collections.abc import Callable

from .ptx import _HINTS, CPP_TYPES, PACKED, WIDTHS, Code, NoMeaning, row, split

P = "ascendify_ptx::"
O = "ascendify_oracle::"  # noqa: E741
_ROUNDED = "rn ftz sat approx full"


def _flags(code: Code) -> str:
    return " | ".join([f"{P}{w}" for w in ("ftz", "sat") if code.has(w)]) or "0u"


def _applied(code: Code, function: str) -> str:
    target, *sources = code.operands
    words = ", ".join(code.read(s, _word(code)) for s in sources)
    value = f"{P}apply<{P}{function}, {code.cpp}, {code.lanes}, {_flags(code)}>({words})"
    return code.write(target, value, _width(code))


def _word(code: Code) -> str:
    """The type that immediates of the instruction have."""
    return f"b{_width(code)}" if code.lanes == 2 else code.type


def _width(code: Code) -> int:
    return WIDTHS[PACKED.get(code.type, code.type)] * code.lanes


def _count(code: Code, *counts: int) -> None:
    if len(code.operands) not in counts:
        raise NoMeaning(".".join(code.parts))


def _is_float(code: Code) -> bool:
    return PACKED.get(code.type, code.type) in ("f16", "bf16", "f32", "f64")


# ---------------------------------------------------------------- arithmetic


@row("mov")
def _mov(code: Code) -> str:
    code.only("")
    _count(code, 2)
    target, source = code.operands
    return code.write(target, code.read(source, _word(code)), _width(code))


def _plain(function: str, allowed: str, operands: int) -> Callable[[Code], str]:
    def make(code: Code) -> str:
        code.only(allowed)
        _count(code, operands)
        if code.has("sat") and not _is_float(code):
            raise NoMeaning(".".join(code.parts))
        return _applied(code, function)

    return make


for _name, _function, _operands, _allowed in (
    ("add", "Add", 3, _ROUNDED),
    ("sub", "Sub", 3, _ROUNDED),
    ("neg", "Neg", 2, "ftz"),
    ("abs", "Abs", 2, "ftz"),
    ("ex2", "Ex2", 2, "approx ftz"),
    ("lg2", "Lg2", 2, "approx ftz"),
    ("rcp", "Rcp", 2, "approx ftz rn"),
    ("rsqrt", "Rsqrt", 2, "approx ftz"),
    ("sqrt", "Sqrt", 2, "approx ftz rn"),
    ("tanh", "Tanh", 2, "approx"),
    ("sin", "Sin", 2, "approx ftz"),
    ("cos", "Cos", 2, "approx ftz"),
    ("div", "Div", 3, "approx ftz full rn"),
    ("rem", "Rem", 3, ""),
    ("sad", "Sad", 4, ""),
    ("copysign", "Copysign", 3, ""),
    ("and", "And", 3, ""),
    ("or", "Or", 3, ""),
    ("xor", "Xor", 3, ""),
    ("not", "Not", 2, ""),
    ("cnot", "Cnot", 2, ""),
):
    row(_name)(_plain(_function, _allowed, _operands))


@row("min", "max")
def _extremum(code: Code) -> str:
    code.only("ftz NaN")
    _count(code, 3)
    return _applied(code, code.parts[0].capitalize() + code.has("NaN"))


@row("mul", "mul24")
def _mul(code: Code) -> str:
    code.only(f"{_ROUNDED} lo hi wide")
    _count(code, 3)
    if code.has("wide"):
        target, a, b = code.operands
        return code.write(target, _wide(code, a, b))
    if code.parts[0] == "mul24":
        return _applied(code, "Mul24")
    return _applied(code, "MulHigh" if code.has("hi") else "Mul")


def _wide(code: Code, a: str, b: str) -> str:
    double = CPP_TYPES[f"{code.type[0]}{2 * _width(code)}"]
    return f"{P}wide<{code.cpp}, {double}>({code.read(a)}, {code.read(b)})"


@row("mad", "fma", "mad24")
def _mad(code: Code) -> str:
    code.only(f"{_ROUNDED} lo hi wide relu")
    _count(code, 4)
    if code.has("wide"):
        target, a, b, c = code.operands
        double = f"{code.type[0]}{2 * _width(code)}"
        return code.write(target, f"({_wide(code, a, b)} + {code.read(c, double)})")
    if code.parts[0] == "mad24":
        return _applied(code, "Mad24")
    if code.has("hi"):
        return _applied(code, "MadHigh")
    return _applied(code, "FmaRelu" if code.has("relu") else "Fma")


@row("dp4a")
def _dp4a(code: Code) -> str:
    _count(code, 4)
    target, a, b, c = code.operands
    signs = ", ".join(str(t[0] == "s").lower() for t in (code.types[0], code.types[-1]))
    words = ", ".join(code.read(x, "b32") for x in (a, b, c))
    return code.write(target, f"{P}dot4({words}, {signs})")


# ---------------------------------------------------------------- bits


@row("shl", "shr")
def _shift(code: Code) -> str:
    code.only("")
    target, value, count = code.operands
    function = "shift_left" if code.parts[0] == "shl" else "shift_right"
    words = f"{code.read(value)}, {code.read(count, 'u32')}"
    return code.write(target, f"{P}{function}<{code.cpp}>({words})")


@row("lop3")
def _lop3(code: Code) -> str:
    code.only("")
    _count(code, 5)
    target, *rest = code.operands
    words = ", ".join(code.read(x, "b32") for x in rest)
    return code.write(target, f"{P}lop3({words})")


@row("prmt")
def _prmt(code: Code) -> str:
    code.only("")
    _count(code, 4)
    target, *rest = code.operands
    words = ", ".join(f"static_cast<unsigned>({code.read(x, 'b32')})" for x in rest)
    return code.write(target, f"__byte_perm({words})")


@row("bfe")
def _bfe(code: Code) -> str:
    target, value, at, length = code.operands
    words = f"{code.read(value)}, {code.read(at, 'u32')}, {code.read(length, 'u32')}"
    return code.write(target, f"{P}extract<{code.cpp}>({words})")


@row("bfi")
def _bfi(code: Code) -> str:
    target, a, b, at, length = code.operands
    words = f"{code.read(a)}, {code.read(b)}, {code.read(at, 'u32')}, {code.read(length, 'u32')}"
    return code.write(target, f"{P}insert<{code.cpp}>({words})")


@row("popc", "clz", "brev")
def _count_bits(code: Code) -> str:
    target, value = code.operands
    long_ = "ll" if code.type == "b64" else ""
    cpp = "unsigned long long" if long_ else "unsigned"
    if code.parts[0] == "clz":
        cpp = cpp.replace("unsigned long long", "long long").replace("unsigned", "int")
    call = f"__{code.parts[0]}{long_}(static_cast<{cpp}>({code.read(value)}))"
    return code.write(target, f"static_cast<uint64_t>({call})")


@row("bfind")
def _bfind(code: Code) -> str:
    code.only("shiftamt")
    target, value = code.operands
    shift = str(bool(code.has("shiftamt"))).lower()
    return code.write(target, f"{P}find_top<{code.cpp}>({code.read(value)}, {shift})")


@row("shf")
def _shf(code: Code) -> str:
    code.only("l r wrap clamp")
    target, *rest = code.operands
    name = f"__funnelshift_{code.has('l', 'r')}{'c' if code.has('clamp') else ''}"
    words = ", ".join(f"static_cast<unsigned>({code.read(x, 'b32')})" for x in rest)
    return code.write(target, f"{name}({words})")


# ---------------------------------------------------------------- comparison

_SIGNS = {"lo": "lt", "ls": "le", "hi": "gt", "hs": "ge"}
_WORDS = ("eq", "ne", "lt", "le", "gt", "ge", "num", "nan")


def _compared(code: Code, a: str, b: str) -> str:
    word = next(
        (p for p in code.parts[1:] if p in _WORDS or p in _SIGNS or p[:-1] in _WORDS[:6]), ""
    )
    if not word:
        raise NoMeaning(".".join(code.parts))
    cpp = code.cpp
    if word in _SIGNS:
        cpp, word = cpp.replace("int", "uint").replace("uuint", "uint"), _SIGNS[word]
    unordered = str(word not in _WORDS).lower()
    how = word if word in _WORDS else word[:-1]
    return (
        f"{P}compare<{cpp}, {P}Compare::{how}, {unordered}, {_flags(code)}>"
        f"({code.read(a)}, {code.read(b)})"
    )


def _combined(code: Code, value: str, rest: list[str]) -> str:
    if not rest:
        return value
    sign = {"and": "&", "or": "|", "xor": "^"}[code.has("and", "or", "xor")]
    return f"({value} {sign} ({code.read(rest[0], 'pred')} != 0))"


@row("setp")
def _setp(code: Code) -> str:
    target, a, b, *rest = code.operands
    plain = _compared(code, a, b)
    names = [n.strip() for n in target.split("|")]
    statements = [code.write(names[0], f"static_cast<uint64_t>({_combined(code, plain, rest)})")]
    if len(names) == 2:
        opposite = _combined(code, f"!{plain}", rest)
        statements.insert(0, f"const uint64_t ascendify_q = static_cast<uint64_t>({opposite});")
        statements.append(code.write(names[1], "ascendify_q"))
    return f"{{ {' '.join(statements)} }}"


@row("set")
def _set(code: Code) -> str:
    target, a, b, *rest = code.operands
    made = CPP_TYPES[code.types[0]]
    yes = "1.0f" if code.types[0][0] == "f" else "-1"
    test = _combined(code, _compared(code, a, b), rest)
    value = f"{P}bits(static_cast<{made}>({test} ? {yes} : 0))"
    return code.write(target, value)


@row("selp")
def _selp(code: Code) -> str:
    target, yes, no, condition = code.operands
    test = code.read(condition, "pred")
    return code.write(target, f"({test} ? {code.read(yes)} : {code.read(no)})")


# ---------------------------------------------------------------- conversion

_ROUNDING = {
    "rn": "rn", "rz": "rz", "rm": "rd", "rp": "ru",
    "rni": "rn", "rzi": "rz", "rmi": "rd", "rpi": "ru",
}  # fmt: skip


@row("cvt")
def _cvt(code: Code) -> str:
    if code.types[:1] == ["tf32"]:
        code.only("rn rna rz")
        words = [str(bool(code.has(w))).lower() for w in ("rna", "rz")]
        value = f"{P}to_tf32({code.read(code.operands[1], 'f32')}, {', '.join(words)})"
        return code.write(code.operands[0], value)
    code.only("rn rz rm rp rni rzi rmi rpi ftz sat")
    made, source = code.types
    target, *values = code.operands
    word = code.has(*_ROUNDING)
    from_float, to_float = source[0] in "fb" and source != "b32", made[0] == "f" or made == "bf16"
    rounding = _ROUNDING[word or ("rz" if from_float and not to_float else "rn")]
    to = CPP_TYPES[PACKED.get(made, made)]
    whole = str(word.endswith("i")).lower()
    types = f"{to}, {CPP_TYPES[source]}"
    head = f"{P}convert<{types}, {P}Rounding::{rounding}, {whole}, {_flags(code)}>"
    if made in PACKED:
        high, low = (f"{head}({code.read(v, source)})" for v in values)
        return code.write(target, f"{P}join(32, {low}, {high})", 32)
    _count(code, 2)
    return code.write(target, f"{head}({code.read(values[0], source)})")


# ---------------------------------------------------------------- memory

_SPACES = ("shared::cta", "shared", "global", "const")
_ORDERS = ("volatile", "relaxed", "acquire", "release", "acq_rel", "sc", "cta", "gpu", "sys", "gl")


def _address(code: Code, operand: str, space: str = "") -> str:
    match = re.fullmatch(r"\[\s*([%\w$]+)\s*(?:([-+])\s*(-?\w+))?\s*\]", operand)
    if match is None:
        raise NoMeaning(operand)
    space = space or code.has(*_SPACES)
    function = "shared_at" if space.startswith("shared") else "address_at"
    offset = f" {match[2]} {match[3]}" if match[2] else ""
    return f"({P}{function}({code.statement.name(match[1])}){offset})"


def _element(code: Code) -> str:
    return f"uint{_width(code)}_t" if code.lanes == 2 else code.cpp


def _registers(code: Code, operand: str) -> list[str]:
    items = split(operand[1:-1]) if operand.startswith("{") else [operand]
    if len(items) != int((code.has("v2", "v4", "v8") or "v1")[1:]):
        raise NoMeaning(".".join(code.parts))
    return items


_ACCESS = " ".join((*_HINTS, *_SPACES, *_ORDERS, "v2", "v4", "v8"))
_FENCE = f"{O}fence();"


@row("ld")
def _ld(code: Code) -> str:
    code.only(_ACCESS)
    items = _registers(code, code.operands[0])
    function = "load_volatile" if code.has("volatile", "relaxed", "acquire") else "load"
    address = "ascendify_at"
    loads = [
        f"const uint64_t ascendify_v{i} = "
        f"{P}{function}<{_element(code)}>({address}, {len(items)}, {i});"
        for i in range(len(items))
    ]
    puts = [code.write(item, f"ascendify_v{i}") for i, item in enumerate(items)]
    fence = [_FENCE] if code.has("acquire") else []
    head = f"char *const {address} = {_address(code, code.operands[1])};"
    return f"{{ {' '.join((head, *loads, *puts, *fence))} }}"


@row("st")
def _st(code: Code) -> str:
    code.only(_ACCESS)
    items = _registers(code, code.operands[1])
    function = "store_volatile" if code.has("volatile", "relaxed", "release") else "store"
    fence = [_FENCE] if code.has("release") else []
    head = f"char *const ascendify_at = {_address(code, code.operands[0])};"
    stores = [
        f"{P}{function}<{_element(code)}>(ascendify_at, {len(items)}, {i}, "
        f"{code.read(item, _word(code))});"
        for i, item in enumerate(items)
    ]
    return f"{{ {' '.join((*fence, head, *stores))} }}"


_ATOMICS = {
    "add": "atomicAdd", "min": "atomicMin", "max": "atomicMax", "and": "atomicAnd",
    "or": "atomicOr", "xor": "atomicXor", "exch": "atomicExch", "inc": "atomicInc",
    "dec": "atomicDec", "cas": "atomicCAS",
}  # fmt: skip
_ATOMIC_TYPES = {
    "b32": "unsigned", "u32": "unsigned", "s32": "int", "b64": "unsigned long long",
    "u64": "unsigned long long", "s64": "long long", "f32": "float", "f64": "double",
    "f16": "__half", "bf16": "__nv_bfloat16",
}  # fmt: skip


def _update(code: Code, rest: list[str]) -> str:
    code.only(" ".join((*_SPACES, *_ORDERS, *_ATOMICS, "noftz")))
    word = code.has(*_ATOMICS)
    cpp = _ATOMIC_TYPES[PACKED.get(code.type, code.type)]
    if code.type == "s64" and word == "add":
        cpp = "unsigned long long"
    address = f"{P}aligned<{cpp}>({_address(code, rest[0])}, 1)"
    if code.lanes == 1:
        values = ", ".join(f"{P}as<{cpp}>({code.read(v)})" for v in rest[1:])
        return f"{P}bits({_ATOMICS[word]}({address}, {values}))"
    value = code.read(rest[1], _word(code))
    size = WIDTHS[PACKED[code.type]]
    parts = [
        f"{P}bits({_ATOMICS[word]}({address} + {i}, "
        f"{P}as<{cpp}>({P}part({value}, {2 * size}, 2, {i}))))"
        for i in range(2)
    ]
    return f"{P}join({2 * size}, {', '.join(parts)})"


def _ordered(code: Code, statement: str) -> str:
    before = _FENCE if code.has("release", "acq_rel", "sc") else ""
    after = _FENCE if code.has("acquire", "acq_rel", "sc") else ""
    return f"{{ {before} {statement} {after} }}"


@row("atom")
def _atom(code: Code) -> str:
    target, *rest = code.operands
    return _ordered(code, code.write(target, _update(code, rest), _width(code)))


@row("red")
def _red(code: Code) -> str:
    return _ordered(code, f"static_cast<void>({_update(code, code.operands)});")


@row("membar", "fence")
def _fence(code: Code) -> str:
    code.only("cta gl gpu sys acq_rel sc acquire release")
    return _FENCE


@row("cvta")
def _cvta(code: Code) -> str:
    code.only("to shared global const shared::cta")
    target, source = code.operands
    value = code.read(source, "u64")
    if code.has("shared", "shared::cta") and not code.has("to"):
        value = f"reinterpret_cast<uint64_t>({P}shared_at({value}))"
    return code.write(target, value)


@row("cp.async")
def _cp_async(code: Code) -> str:
    code.only(" ".join((*_HINTS, *_SPACES)), start=2)
    to, source, size, *rest = code.operands
    if code.has("L2::cache_hint"):
        rest = rest[:-1]
    bytes_ = f"static_cast<uint32_t>({code.read(size, 'u32')})"
    valid = bytes_
    if rest:
        register = rest[0].lstrip("!")
        is_predicate = code.statement.is_predicate(register)
        word = code.read(rest[0], "pred" if is_predicate else "u32")
        valid = f"({word} ? 0u : {bytes_})" if is_predicate else f"static_cast<uint32_t>({word})"
    addresses = f"{_address(code, to, 'shared')}, {_address(code, source, 'global')}"
    return f"{O}copy_async({addresses}, {bytes_}, {valid});"


@row("cp.async.commit_group")
def _commit(code: Code) -> str:
    return f"{O}commit_async_copies();"


@row("cp.async.wait_group")
def _wait(code: Code) -> str:
    groups = code.read(code.operands[0], "u32")
    return f"{O}wait_for_async_copies(static_cast<uint32_t>({groups}), false);"


@row("cp.async.wait_all")
def _wait_all(code: Code) -> str:
    return f"{O}wait_for_async_copies(0, true);"


def _refused(code: Code) -> str:
    raise NoMeaning(".".join(code.parts))


for _name in (
    "cp.async.bulk cp.async.mbarrier fence.proxy fence.mbarrier_init prefetch.tensormap bar.arrive "
    "barrier.arrive barrier.cta.arrive"
).split():
    row(_name)(_refused)


@row("createpolicy")
def _policy(code: Code) -> str:
    return code.write(code.operands[0], "uint64_t{0}")


@row(
    "prefetch", "prefetchu", "applypriority", "nanosleep", "griddepcontrol.wait",
    "griddepcontrol.launch_dependents", "setmaxnreg.inc", "setmaxnreg.dec",
)  # fmt: skip
def _nothing(code: Code) -> str:
    return f"{O}yield();" if code.parts[0] == "nanosleep" else ";"


# ---------------------------------------------------------------- threads together


@row("bar.sync", "barrier.sync", "barrier.cta.sync", "bar.cta.sync")
def _barrier(code: Code) -> str:
    _count(code, 1)
    return "__syncthreads();"


@row("bar.warp.sync")
def _warp_barrier(code: Code) -> str:
    return f"__syncwarp(static_cast<unsigned>({code.read(code.operands[0], 'u32')}));"


@row("bar.red", "barrier.red", "barrier.cta.red")
def _counting_barrier(code: Code) -> str:
    _count(code, 3)
    word = {"popc": "count"}.get(code.has("popc", "and", "or"), code.has("and", "or"))
    value = f"__syncthreads_{word}({code.read(code.operands[2], 'pred')} != 0)"
    return code.write(code.operands[0], f"static_cast<uint64_t>({value})")


_MODES = {"idx": "idx", "up": "up", "down": "down", "bfly": "exclusive_or"}


@row("shfl.sync")
def _shfl(code: Code) -> str:
    target, source, by, clamp, mask = code.operands
    mode = f"{O}Shuffle::{_MODES[code.has(*_MODES)]}"
    words = [code.read(x, "b32") for x in (source, by, clamp, mask)]
    names = [n.strip() for n in target.split("|")]
    statements = [f"const uint64_t ascendify_by = {words[1]}, ascendify_c = {words[2]};"]
    value = f"{P}shuffle({mode}, {words[0]}, ascendify_by, ascendify_c, {words[3]})"
    statements.append(code.write(names[0], value))
    if len(names) == 2:
        width = "32 - static_cast<int>(ascendify_c >> 8 & 31)"
        statements.append(code.write(names[1], f"{P}in_segment({mode}, ascendify_by, {width})"))
    return f"{{ {' '.join(statements)} }}"


@row("vote.sync")
def _vote(code: Code) -> str:
    target, source, mask = code.operands
    word = code.has("any", "all", "uni", "ballot")
    lanes = f"static_cast<unsigned>({code.read(mask, 'u32')})"
    value = f"__{word}_sync({lanes}, {code.read(source, 'pred')} != 0)"
    return code.write(target, f"static_cast<uint64_t>({value})")


@row("activemask")
def _activemask(code: Code) -> str:
    return code.write(code.operands[0], "__activemask()")


@row("match.any.sync")
def _match(code: Code) -> str:
    target, source, mask = code.operands
    cpp = "unsigned long long" if code.type == "b64" else "unsigned"
    lanes = f"static_cast<unsigned>({code.read(mask, 'u32')})"
    return code.write(target, f"__match_any_sync({lanes}, static_cast<{cpp}>({code.read(source)}))")


@row("redux.sync")
def _redux(code: Code) -> str:
    target, source, mask = code.operands
    word = code.has("add", "min", "max", "and", "or", "xor")
    cpp = "int" if code.type == "s32" else "unsigned"
    lanes = f"static_cast<unsigned>({code.read(mask, 'u32')})"
    value = f"__reduce_{word}_sync({lanes}, static_cast<{cpp}>({code.read(source)}))"
    return code.write(target, f"static_cast<uint64_t>({value})")


# ---------------------------------------------------------------- matrices


def _matrices(code: Code) -> tuple[int, str]:
    code.only("sync aligned m8n8 x1 x2 x4 trans shared shared::cta")
    if code.type != "b16":
        raise NoMeaning(".".join(code.parts))
    return int((code.has("x1", "x2", "x4") or "x1")[1:]), str(bool(code.has("trans"))).lower()


def _listed(operand: str, count: int) -> list[str]:
    items = split(operand[1:-1]) if operand.startswith("{") else [operand]
    if len(items) != count:
        raise NoMeaning(operand)
    return items


@row("ldmatrix")
def _ldmatrix(code: Code) -> str:
    count, transpose = _matrices(code)
    target, source = code.operands
    head = (
        f"const auto ascendify_m = "
        f"{O}load_matrices({_address(code, source)}, {count}, {transpose});"
    )
    items = _listed(target, count)
    puts = [code.write(item, f"ascendify_m.words[{i}]") for i, item in enumerate(items)]
    return f"{{ {' '.join((head, *puts))} }}"


@row("stmatrix")
def _stmatrix(code: Code) -> str:
    count, transpose = _matrices(code)
    target, source = code.operands
    words = ", ".join(
        f"static_cast<uint32_t>({code.read(item, 'b32')})" for item in _listed(source, count)
    )
    head = f"const uint32_t ascendify_m[] = {{{words}}};"
    address = _address(code, target)
    return f"{{ {head} {O}store_matrices({address}, {count}, {transpose}, ascendify_m); }}"


_ELEMENT_BITS = {"f16": 16, "bf16": 16, "tf32": 32, "e4m3": 8, "e5m2": 8, "s8": 8, "u8": 8}
_ALLOWED = {
    "f16": ("f32", "f16"), "bf16": ("f32",), "tf32": ("f32",), "e4m3": ("f32", "f16"),
    "e5m2": ("f32", "f16"), "s8": ("s32",), "u8": ("s32",),
}  # fmt: skip


@row("mma.sync.aligned")
def _mma(code: Code) -> str:
    match = re.fullmatch(
        r"mma\.sync\.aligned\.m16n8k(\d+)\.row\.col\.(\w+)\.(\w+)\.(\w+)\.(\w+)",
        ".".join(code.parts),
    )
    if match is None:
        raise NoMeaning(".".join(code.parts))
    k, (d, a, b, c) = int(match[1]), match.groups()[1:]
    bits = _ELEMENT_BITS.get(a, 0)
    if not bits or _ELEMENT_BITS.get(b) != bits or c != d or d not in _ALLOWED[a]:
        raise NoMeaning(".".join(code.parts))
    if k * bits not in (128, 256) or (bits != 8 and a != b) or (a[0] == "e") != (b[0] == "e"):
        raise NoMeaning(".".join(code.parts))
    pieces = k * bits // 128
    accumulators = 2 if d == "f16" else 4
    operands = [
        _listed(code.operands[1], 2 * pieces),
        _listed(code.operands[2], pieces),
        _listed(code.operands[3], accumulators),
    ]
    kinds = ("b32", "b32", "f32" if d == "f32" else "b32")
    lists = ", ".join(
        "{" + ", ".join(f"static_cast<uint32_t>({code.read(x, kind)})" for x in items) + "}"
        for items, kind in zip(operands, kinds, strict=True)
    )
    types = f"{O}TensorElement::{a}, {O}TensorElement::{b}, {O}TensorSum::{d}"
    head = (
        f"{O}LaneProduct ascendify_p = {{{k}, {types}, {lists}, {{}}}}; "
        f"{O}multiply_tensors(ascendify_p);"
    )
    results = _listed(code.operands[0], accumulators)
    puts = [code.write(item, f"ascendify_p.d[{i}]") for i, item in enumerate(results)]
    return f"{{ {' '.join((head, *puts))} }}"


@row("movmatrix.sync.aligned")
def _movmatrix(code: Code) -> str:
    code.only("sync aligned m8n8 trans")
    target, source = code.operands
    head = f"{O}TensorMatrices ascendify_m = {{1, true, {{}}, {{}}}};"
    return (
        f"{{ {head} {O}transpose_matrix(ascendify_m, static_cast<uint32_t>({code.read(source)})); "
        f"{code.write(target, 'ascendify_m.words[0]')} }}"
    )


@row("trap")
def _trap(code: Code) -> str:
    return "__trap();"


@row("brkpt")
def _brkpt(code: Code) -> str:
    return "__brkpt();"
