"""The target `cpu`: one readable C11 file per source file.

Every kernel becomes a function that runs one block (`c_family` prints its body), a launch function
with the signature of `cudaLaunchKernel`'s arguments, and a row in the table of kernels. Takes
kernels at stage `threads`. What the C language lacks comes from `ascendify_cpu.h`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from string import Template

from ..ir.constants import float_of_bits
from ..ir.diagnostics import CompileError, Reporter
from ..ir.dtypes import Pointer, Scalar, Space, align_of, size_of
from ..ir.nodes import Func, Global, Module, Op, walk
from ..ir.source import NOWHERE
from .c_family import BodyPrinter
from .c_literals import literal, string_literal
from .c_operations import Spelling
from .c_statements import STATEMENTS
from .c_types import Types
from .emitter import Artifact, Emitter, in_comment
from .expressions import Expr, name
from .names import Names, identifier
from .read_only import private_storage, read_only_pointers

TEMPLATES = Path(__file__).parent / "templates"
AXES = "xyz"
GEOMETRY = {"block_idx": "blockIdx", "block_dim": "blockDim", "grid_dim": "gridDim"}
MAX_LINE = 100
MATRIX_HEADER = '\n#include "ascendify_matrix.h"'


def emit_c(
    modules: Sequence[Module], stem: str, source: str = "", reporter: Reporter | None = None
) -> Artifact:
    """The C file `<stem>.c` with all kernels of `modules`, in order; `source` is the input's name.

    A kernel that cannot be printed is left out and told to `reporter`; without one, CompileError.
    Modules may repeat records and globals of the same name.
    """
    file = _File(modules, Emitter())
    kernels: list[_Kernel] = []
    for module in modules:
        for func in module.kernels():
            try:
                kernels.append(file.kernel(func, module))
            except CompileError as refusal:
                if reporter is None:
                    raise
                subject = str(func.attrs.get("source_name", func.name))
                for diagnostic in refusal.diagnostics:
                    reporter.report(replace(diagnostic, subject=subject))
    out = file.assemble(kernels, stem, source)
    return Artifact({f"{stem}.c": out.text()}, {f"{stem}.c": out.source_map()})


@dataclass(slots=True)
class _Kernel:
    """A printed kernel."""

    c_name: str
    source_name: str
    code: Emitter


def _template(file: str, **values: object) -> list[str]:
    text = Template((TEMPLATES / file).read_text("utf-8")).substitute(values)
    return text.rstrip("\n").split("\n")


@dataclass(slots=True)
class _File:
    """What the kernels of one file share: names, types, module variables."""

    modules: Sequence[Module]
    out: Emitter
    names: Names = field(init=False)
    types: Types = field(init=False)
    globals: dict[str, Global] = field(init=False)
    symbols: dict[str, Expr] = field(init=False)

    def __post_init__(self) -> None:
        self.names = Names()
        self.types = Types(self.names)
        self.globals = {}
        self.symbols = {}
        for module in self.modules:
            for item in module.globals:
                if item.space is not Space.SHARED and item.name not in self.globals:
                    self.globals[item.name] = item
                    c_name = self.names.fresh(item.source_name or item.name, "variable")
                    self.symbols[item.name] = _address(item, c_name, self.types)

    # One kernel

    def kernel(self, func: Func, module: Module) -> _Kernel:
        c_name = self.names.fresh(identifier(func.name, "kernel"))
        code = Emitter()
        _KernelPrinter(self, func, module, c_name, code).print()
        return _Kernel(c_name, str(func.attrs.get("source_name", func.name)), code)

    # The whole file

    def assemble(self, kernels: Sequence[_Kernel], stem: str, source: str) -> Emitter:
        out = self.out
        names = {"source": in_comment(source or f"{stem}.cu"), "stem": in_comment(stem)}
        names["more"] = MATRIX_HEADER if self._uses("warp_matrix") else ""
        for line in _template("plain_c_head.c", **names):
            out.line(line)
        variables = [g for g in self.globals.values() if g.source_name]
        storage = [self._storage(item) for item in self.globals.values()]
        for record, c_name in self.types.records.values():
            out.line()
            for line in self.types.definition(record, c_name):
                out.line(line)
        if storage:
            out.line()
        for line in storage:
            out.line(line)
        for kernel in kernels:
            out.line()
            out.add(kernel.code)
        out.line()
        rows = [
            f"{{{string_literal(k.source_name)}, ascendify_launch_{k.c_name}}}" for k in kernels
        ]
        _table(out, "ascendify_kernel ascendify_kernels", [*rows, "{0, 0}"])
        out.line()
        rows = [self._variable_row(item) for item in variables]
        _table(out, "ascendify_variable ascendify_variables", [*rows, "{0, 0, 0}"])
        return out

    def _uses(self, name: str) -> bool:
        """Whether a kernel has an operation of this name."""
        kernels = (func for module in self.modules for func in module.kernels())
        return any(op.name == name for func in kernels for op in walk(func.body))

    def _storage(self, item: Global) -> str:
        """The definition of a module variable or constant table."""
        c_name = _plain_name(self.symbols[item.name])
        const = "" if item.source_name else "const "
        align = _alignment(item)
        is_scalar = isinstance(item.elem, Scalar)
        if item.init and not is_scalar:
            values = ", ".join(str(byte) for byte in item.init)
            return f"static {const}{align}uint8_t {c_name}[] = {{{values}}};"
        declared = self.types.declare(item.elem, c_name)
        declared += f"[{item.count}]" if item.count != 1 else ""
        text = f"static {const}{align}{declared}"
        if not any(item.init):
            return f"{text};" if not const else f"{text} = {{0}};"
        values = ", ".join(_elements(item))
        values = values if item.count == 1 else f"{{{values}}}"
        return "\n".join(_wrapped(f"{text} = {values};"))

    def _variable_row(self, item: Global) -> str:
        c_name = _plain_name(self.symbols[item.name])
        return f"{{{string_literal(item.source_name)}, (void *)&{c_name}, sizeof {c_name}}}"


def _alignment(item: Global) -> str:
    """The alignment specifier, where the type alone would not give it."""
    is_image = bool(item.init) and not isinstance(item.elem, Scalar)
    natural = 1 if is_image else align_of(item.elem)
    return f"_Alignas({item.align}) " if item.align > natural else ""


def _plain_name(symbol: Expr) -> str:
    return symbol.text.rsplit("&", 1)[-1].rsplit(")", 1)[-1]


def _address(item: Global, c_name: str, types: Types) -> Expr:
    """The address of global `item`, a C object called `c_name`."""
    if item.init and not isinstance(item.elem, Scalar):
        # The image of a record stands in an array of bytes.
        elem = types.text(item.elem)
        return Expr(f"({elem} *){c_name}", 19, cost=1)
    if item.count == 1:
        return Expr(f"&{c_name}", 19, lvalue=c_name)
    return Expr(c_name, is_array=True)


def _elements(item: Global) -> Iterator[str]:
    """The values of a table, as literals."""
    assert isinstance(item.elem, Scalar), "only numbers have literals"
    size = size_of(item.elem)
    for start in range(0, len(item.init), size):
        bits = int.from_bytes(item.init[start : start + size], "little")
        if item.elem.is_float:
            yield literal(float_of_bits(bits, item.elem), item.elem).text
        else:
            signed = item.elem.is_signed
            value = int.from_bytes(item.init[start : start + size], "little", signed=signed)
            yield literal(value if item.elem.bits > 1 else bool(value), item.elem).plain().text


def _wrapped(text: str) -> Iterator[str]:
    """`text` cut at commas into lines of at most MAX_LINE characters."""
    indent = ""
    while len(text) > MAX_LINE:
        cut = max(text.rfind(", ", 0, MAX_LINE), text.find(", ")) + 1
        if cut == 0:
            break
        yield indent + text[:cut]
        text, indent = text[cut + 1 :], "    "
    yield indent + text


def _table(out: Emitter, head: str, rows: Sequence[str]) -> None:
    with out.block(f"const {head}[] =", "};"):
        for row in rows:
            out.line(f"{row},")


@dataclass(slots=True)
class _KernelPrinter:
    """Prints one kernel."""

    file: _File
    func: Func
    module: Module
    c_name: str
    out: Emitter
    names: Names = field(init=False)

    def print(self) -> None:
        func, out = self.func, self.out
        self.names = Names(self.file.names)
        for used in ("threadIdx", "blockIdx", "blockDim", "gridDim"):
            for axis in AXES:
                self.names.reserve(f"{used}_{axis}")
        self.names.reserve("block")
        out.span = func.span
        self._comment()
        read_only = read_only_pointers(func)
        params = [self.names.fresh(p.name, "arg") for p in func.params]
        offsets, lane_bytes = self._lane_offsets()
        symbols = dict(self.file.symbols)
        definitions = {v: op for op in walk(func.body) for v in op.results}
        spelling = Spelling(self.file.types, definitions, read_only, symbols, private_storage(func))
        self._head(params, spelling)
        with out.indented():
            self._geometry()
            self._shared(symbols)
            statements = {**STATEMENTS, "thread_loop": _print_thread_loop}
            printer = BodyPrinter(func, out, self.names, spelling, statements, offsets)
            for param, c_name in zip(func.params, params, strict=True):
                printer.exprs[param] = name(c_name)
            printer.region(func.body)
        out.span = func.span
        out.line("}")
        call = f"{self.c_name}_block({', '.join([*self._arguments(spelling), 'block'])})"
        call = "\n        ".join(_wrapped(call))
        for line in _template(
            "plain_c_launch.c", kernel=self.c_name, call=call, lane_bytes=lane_bytes
        ):
            out.line(line)

    def _comment(self) -> None:
        func = self.func
        source_name = str(func.attrs.get("source_name", func.name))
        where = ""
        if func.span != NOWHERE:
            where = f", {in_comment(PurePosixPath(func.span.file).name)}:{func.span.line}"
        self.out.line(f"// {source_name}{where}")
        count = sum(1 for op in walk(func.body) if op.name == "thread_loop")
        loops = "1 thread loop" if count == 1 else f"{count} thread loops"
        self.out.line(f"// cpu: {loops}")

    def _head(self, params: Sequence[str], spelling: Spelling) -> None:
        types = self.file.types
        texts: list[str] = []
        for i, (param, c_name) in enumerate(zip(self.func.params, params, strict=True)):
            restrict = "restrict " if self.func.attrs.get(f"param{i}.restrict") else ""
            is_const = param in spelling.read_only
            texts.append(types.declare(param.type, restrict + c_name, is_const=is_const))
        texts.append("const ascendify_block *block")
        line = f"static void {self.c_name}_block({', '.join(texts)}) {{"
        for i, part in enumerate(_wrapped(line)):
            self.out.line(part if i == 0 else f"    {part}")

    def _arguments(self, spelling: Spelling) -> Iterator[str]:
        """The kernel's arguments out of the launch's array."""
        for i, param in enumerate(self.func.params):
            if self.func.attrs.get(f"param{i}.record"):
                yield f"args[{i}]"
            else:
                type_ = self.file.types.text(Pointer(param.type))
                yield f"*({type_})args[{i}]"

    def _geometry(self) -> None:
        """Names for the parts of the launch's geometry that the body mentions."""
        used = {("block_dim", dim) for dim in range(3)}
        for op in walk(self.func.body):
            if op.name in GEOMETRY:
                used.add((op.name, int(op.attrs["dim"])))  # type: ignore[arg-type]
        for op_name, dim in sorted(used):
            axis = f"{GEOMETRY[op_name]}_{AXES[dim]}"
            self.out.line(f"const uint32_t {axis} = block->{op_name}[{dim}];")

    def _shared(self, symbols: dict[str, Expr]) -> None:
        """Shared memory: arrays of the block's function; a pointer where the launch gives it."""
        used = {str(op.attrs["symbol"]) for op in walk(self.func.body) if op.name == "global_addr"}
        for item in self.module.globals:
            if item.space is not Space.SHARED or item.name not in used:
                continue
            c_name = self.names.fresh(item.source_name or item.name, "shared")
            declared = self.file.types.declare(item.elem, c_name)
            if item.count == 0:
                pointer = self.file.types.declare(Pointer(item.elem), f"const {c_name}")
                cast = self.file.types.text(Pointer(item.elem))
                self.out.line(f"{pointer} = ({cast})block->shared;")
            else:
                count = f"[{item.count}]" if item.count != 1 else ""
                align = _alignment(item)
                self.out.line(f"{align}{declared}{count};")
            is_object = item.count == 1
            symbols[item.name] = (
                Expr(f"&{c_name}", 19, lvalue=c_name) if is_object else Expr(c_name, is_array=True)
            )

    def _lane_offsets(self) -> tuple[dict[Op, int], int]:
        """Where each lane array begins, in bytes per thread, and how many there are."""
        offsets: dict[Op, int] = {}
        total = 0
        for op in walk(self.func.body):
            if op.name == "lane_array":
                assert isinstance(op.result.type, Pointer), "a lane array is a pointer"
                offsets[op] = total
                total += size_of(op.result.type.elem) * int(op.attrs["count"])  # type: ignore[arg-type]
        return offsets, total


def _print_thread_loop(p: BodyPrinter, op: Op) -> None:
    """One loop per dimension of the block, x innermost, so that threads run in their order."""
    p.before(op)
    (region,) = op.regions
    end = f"goto {p.label_names.fresh('next_thread')}"
    heads = [
        f"for (uint32_t threadIdx_{a} = 0; threadIdx_{a} < blockDim_{a}; ++threadIdx_{a})"
        for a in AXES
    ]
    p.out.line(heads[2])
    p.out.line(heads[1])
    saved = p.thread_exit, p.thread_end
    p.thread_exit, p.thread_end = "continue", end
    with p.inside(region, is_loop=True), p.out.block(heads[0]):
        p.region(region)
        p.label(end)
    p.thread_exit, p.thread_end = saved
