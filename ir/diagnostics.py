"""Messages to the user: one record, one table of codes, one collector, one rendering.

Codes are stable: `ASC` and four digits. 00xx input and command line, 01xx preprocessing, 02xx
syntax, 03xx names and types, 04xx CUDA features, 05xx IR, 06xx targets and code generation,
07xx compilers and building, 08xx proof.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from .source import NOWHERE, Sources, Span, caret_text


class Severity(Enum):
    """How bad it is. An ERROR refuses what it speaks of; a REMARK explains a choice."""

    ERROR = "error"
    WARNING = "warning"
    REMARK = "remark"


@dataclass(frozen=True, slots=True)
class Code:
    """A row of the table: what the code means, why, and an example that gives it."""

    title: str
    explanation: str
    example: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message. `notes` are (span or None, text): macro expansions, template instantiations,
    earlier declarations. `subject` is the kernel (source name) that it refuses, if any."""

    code: str
    message: str
    span: Span = NOWHERE
    severity: Severity = Severity.ERROR
    notes: tuple[tuple[Span | None, str], ...] = ()
    help: str = ""
    subject: str = ""


class CompileError(Exception):
    """User input that cannot be translated; carries the diagnostics that say why."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(f"{d.span}: {d.message} [{d.code}]" for d in self.diagnostics))


class InternalError(Exception):
    """A bug of ours, with where it happened; the driver turns it into ASC0001."""

    def __init__(self, message: str, span: Span = NOWHERE, stage: str = "") -> None:
        self.span = span
        self.stage = stage
        super().__init__(message)


@dataclass(slots=True)
class Reporter:
    """Collects diagnostics; passed in, never global."""

    diagnostics: list[Diagnostic] = field(default_factory=list)

    def report(self, diagnostic: Diagnostic) -> None:
        """Add a message; an exact repetition is dropped."""
        if diagnostic.code not in CODES:
            raise InternalError(f"unknown diagnostic code {diagnostic.code}", diagnostic.span)
        if diagnostic not in self.diagnostics:
            self.diagnostics.append(diagnostic)

    def error(
        self,
        code: str,
        message: str,
        span: Span = NOWHERE,
        *,
        help: str = "",
        notes: tuple[tuple[Span | None, str], ...] = (),
        subject: str = "",
    ) -> None:
        self.report(Diagnostic(code, message, span, Severity.ERROR, notes, help, subject))

    def warning(self, code: str, message: str, span: Span = NOWHERE, *, help: str = "") -> None:
        self.report(Diagnostic(code, message, span, Severity.WARNING, (), help))

    def remark(self, code: str, message: str, span: Span = NOWHERE, *, help: str = "") -> None:
        self.report(Diagnostic(code, message, span, Severity.REMARK, (), help))

    def has_errors(self) -> bool:
        return any(d.severity is Severity.ERROR for d in self.diagnostics)


def error(
    code: str,
    message: str,
    span: Span = NOWHERE,
    *,
    help: str = "",
    notes: tuple[tuple[Span | None, str], ...] = (),
) -> CompileError:
    """A `CompileError` with one diagnostic, to be raised."""
    return CompileError([Diagnostic(code, message, span, Severity.ERROR, notes, help)])


def expansion_notes(span: Span) -> tuple[tuple[Span | None, str], ...]:
    """A note per macro expansion that `span` came through, innermost first."""
    notes: list[tuple[Span | None, str]] = []
    while span.expansion is not None:
        notes.append((span.expansion.use, f"in expansion of macro '{span.expansion.macro}'"))
        span = span.expansion.use
    return tuple(notes)


def render(diagnostic: Diagnostic, sources: Sources) -> str:
    """The message as a C++ compiler prints it: location, text, code, caret, notes, help."""
    lines: list[str] = []
    where = "" if diagnostic.span.file == NOWHERE.file else f"{diagnostic.span}: "
    lines.append(f"{where}{diagnostic.severity.value}: {diagnostic.message} [{diagnostic.code}]")
    lines += _indented(caret_text(sources, diagnostic.span))
    for span, text in (*expansion_notes(diagnostic.span), *diagnostic.notes):
        lines.append(f"{span}: note: {text}" if span is not None else f"note: {text}")
        if span is not None:
            lines += _indented(caret_text(sources, span))
    if diagnostic.help:
        lines.append(f"  help: {diagnostic.help}")
    return "\n".join(lines)


def _indented(caret: str | None) -> list[str]:
    return [f"  {line}" for line in caret.split("\n")] if caret else []


CODES: dict[str, Code] = {
    # 00xx: input and command line
    "ASC0001": Code(
        "internal error",
        "A stage failed in a way that it never should. The kernel is refused; please report it "
        "with the source.",
    ),
    "ASC0002": Code("cannot read file", "The file is missing, a folder, or not readable."),
    "ASC0003": Code("not a text file", "The file holds NUL bytes or is not UTF-8 text."),
    "ASC0004": Code("nothing to translate", "The file defines no __global__ function."),
    "ASC0005": Code("unknown target", "The target's name is not known, or it is not built yet."),
    "ASC0006": Code("output exists", "The output folder holds files that were edited by hand."),
    "ASC0007": Code("input too large", "The file exceeds the limits on size or nesting."),
    "ASC0008": Code("no such kernel", "--kernel or --instantiate names nothing in the file."),
    "ASC0009": Code("cannot write output", "The output folder cannot be written."),
    "ASC0020": Code(
        "configuration malformed",
        "kernel.toml is no TOML, or an `ascendify:` comment is not in the form that it should be.",
        "// ascendify: block=\n__global__ void k(float *x) { x[0] = 0; }",
    ),
    "ASC0021": Code(
        "unknown setting",
        "The configuration has a key or a word that does not exist.",
        "// ascendify: blok=256\n__global__ void k(float *x) { x[0] = 0; }",
    ),
    "ASC0022": Code(
        "setting of the wrong kind",
        "The value of a setting is of another type than the setting takes, or out of its range.",
        "// ascendify: block=4096\n__global__ void k(float *x) { x[0] = 0; }",
    ),
    "ASC0023": Code(
        "malformed size expression",
        "Extents, grids and conditions are expressions of integers and names.",
        "// ascendify: grid=ceil(n/256\n__global__ void k(float *x, int n) { x[0] = n; }",
    ),
    "ASC0024": Code(
        "configuration of something that is not there",
        "The configuration names a kernel or parameter that the file does not have.",
        "// ascendify: m=1..100\n__global__ void k(float *x, int n) { x[0] = n; }",
    ),
    "ASC0025": Code(
        "set twice",
        "Comments of one kernel give the same setting two values.",
        "// ascendify: block=256 block=128\n__global__ void k(float *x) { x[0] = 0; }",
    ),
    # 01xx: preprocessing
    "ASC0101": Code(
        "header not found",
        "A quoted #include names no file beside the source or in the -I folders. It matters only "
        "if device code uses something from it.",
        '#include "missing.cuh"',
    ),
    "ASC0102": Code("#error or #warning", "The directive was reached.", "#error no kernel here"),
    "ASC0103": Code("invalid condition", "#if or #elif cannot evaluate its expression.", "#if 1 +"),
    "ASC0104": Code(
        "invalid directive", "A preprocessing directive is unknown or malformed.", "#define 3"
    ),
    "ASC0105": Code(
        "not closed",
        "A comment, a literal, a conditional or the arguments of a macro have no end.",
        "/* no end",
    ),
    "ASC0106": Code("unbalanced conditional", "#else, #elif or #endif without #if.", "#endif"),
    "ASC0107": Code(
        "invalid macro use",
        "The number of arguments does not fit the macro, or ## does not make a token.",
        "#define F(a, b) a\nF(1)",
    ),
    "ASC0108": Code("stray character", "The character belongs to no C++ token.", "int @;"),
    "ASC0110": Code(
        "macro redefined", "A macro gets a different replacement without #undef.", "#define A 1"
    ),
    "ASC0111": Code(
        "header found in the project",
        "An #include names a file that is neither beside the source nor in the -I folders; the "
        "remark says which file of the project it is taken to be. -I decides otherwise.",
    ),
    # 02xx: syntax
    "ASC0201": Code(
        "unbalanced brackets",
        "A bracket is never closed, or one closes nothing.",
        "__global__ void k() { a[0 = 1; }",
    ),
    "ASC0202": Code(
        "syntax error",
        "The token cannot stand at this place of a declaration, statement or expression.",
        "__global__ void k(int n n) {}",
    ),
    "ASC0203": Code(
        "missing semicolon",
        "A statement or declaration goes on where it should have ended.",
        "__global__ void k() { int a = 1 int b; }",
    ),
    "ASC0204": Code(
        "missing operand",
        "An operator, argument list or condition lacks an expression.",
        "__global__ void k(int *p) { *p = 1 + ; }",
    ),
    "ASC0205": Code(
        "C++ that device code cannot use",
        "Exceptions, run-time type information, concepts, coroutines, pointers to members and "
        "statement expressions are not translated.",
        "__global__ void k() { try { } catch (...) { } }",
    ),
    "ASC0206": Code(
        "malformed declaration",
        "The words of a declaration do not make a type, a name is missing, or a word cannot "
        "stand there.",
        "__device__ long float x;",
    ),
    "ASC0207": Code(
        "malformed literal",
        "A character or string literal holds an unknown escape sequence or the wrong number of "
        "characters.",
        "__device__ char c = 'ab';",
    ),
    # 03xx: names and types; 04xx: CUDA features
    "ASC0300": Code(
        "name of a header that is not read",
        "The name is declared by a toolkit, framework or system header, which is not "
        "read, and the device library has no counterpart.",
        "__global__ void k(float *x) { x[0] = thrust::reduce(x, x + 4); }",
    ),
    "ASC0301": Code(
        "unknown name",
        "Nothing of this name is declared where it is used.",
        "__global__ void k(float *x) { x[0] = y; }",
    ),
    "ASC0302": Code(
        "no such type or member",
        "The name is no type, the type has no members, or not this one.",
        "struct A { int x; }; __global__ void k(int *p) { A a; p[0] = a.y; }",
    ),
    "ASC0303": Code(
        "type cannot be used here",
        "The type is incomplete, has no size, or may not be combined in this way.",
        "struct A; __global__ void k(int *p) { A a; }",
    ),
    "ASC0304": Code(
        "operand of the wrong kind",
        "A type stands where a value is needed, or a value of this type cannot be used so.",
        "__global__ void k(float *p) { p[1.5f] = 0; }",
    ),
    "ASC0305": Code(
        "no address",
        "The address or size of a temporary value or a bit-field is asked for.",
        "__global__ void k(int *p) { int *q = &(p[0] + 1); }",
    ),
    "ASC0306": Code(
        "type not supported",
        "The fundamental type has no counterpart in the IR.",
        "__global__ void k(__int128 *p) { p[0] = 0; }",
    ),
    "ASC0307": Code(
        "malformed number",
        "The text is not a number of C++.",
        "__global__ void k(int *p) { p[0] = 09; }",
    ),
    "ASC0310": Code(
        "no conversion",
        "A value cannot be converted to the type that is needed.",
        "struct A {}; __global__ void k(int *p) { A a; p[0] = a; }",
    ),
    "ASC0311": Code(
        "reference cannot be bound",
        "The reference needs an object of another kind: one of its type, that can be changed.",
        "__device__ void f(int &x); __global__ void k() { f(3); }",
    ),
    "ASC0312": Code(
        "bad initialiser",
        "The initialiser does not fit the type: too many values, or of another kind.",
        "__global__ void k() { int a[2] = {1, 2, 3}; }",
    ),
    "ASC0313": Code(
        "type cannot be deduced",
        "`auto` stands where nothing says what it is.",
        "__global__ void k() { auto x; }",
    ),
    "ASC0314": Code(
        "no such operator",
        "The operator is not defined for operands of these types.",
        "struct A {}; __global__ void k() { A a, b; a + b; }",
    ),
    "ASC0315": Code(
        "not assignable",
        "The left side of an assignment is a constant or a temporary value.",
        "__global__ void k() { const int x = 1; x = 2; }",
    ),
    "ASC0316": Code(
        "variable of another function",
        "A local variable of the function around is used without being captured.",
        "__global__ void k(int n) { auto f = [] { return n; }; f(); }",
    ),
    "ASC0317": Code(
        "initialised with itself",
        "The value of a constant depends on itself.",
        "constexpr int a = a + 1; __global__ void k(int *p) { p[0] = a; }",
    ),
    "ASC0318": Code(
        "return without a value",
        "The function has a result, but the statement returns none.",
        "__device__ int f() { return; } __global__ void k() { f(); }",
    ),
    "ASC0319": Code(
        "function without a body",
        "The function is declared, but no file that is read defines it.",
        "__device__ int f(int); __global__ void k(int *p) { p[0] = f(1); }",
    ),
    "ASC0320": Code(
        "no function fits the call",
        "No function of this name takes these arguments.",
        "__device__ void f(int); __global__ void k() { f(1, 2); }",
    ),
    "ASC0321": Code(
        "ambiguous call",
        "Several functions fit the arguments equally well.",
        "__device__ void f(int, double) {} __device__ void f(double, int) {} __global__ "
        "void k() { f(1, 1); }",
    ),
    "ASC0330": Code(
        "templates nested too deep",
        "Instantiations nest beyond the limit; usually a recursion without an end.",
        "template <int N> struct A { static const int v = A<N + 1>::v; }; __global__ "
        "void k(int *p) { p[0] = A<0>::v; }",
    ),
    "ASC0331": Code(
        "parameter pack misused",
        "A pack is used without `...`, or `...` stands where there is no pack.",
        "template <class... T> __device__ int f(T... t) { return t; }\n"
        "__global__ void k(int *p) { p[0] = f(1, 2); }",
    ),
    "ASC0332": Code(
        "template arguments missing",
        "A class template is named without the arguments that make it a type.",
        "template <class T> struct A {}; __global__ void k() { A a; }",
    ),
    "ASC0333": Code(
        "too many template arguments",
        "More arguments are written than the template has parameters.",
        "template <class T> __device__ void f() {} __global__ void k() { f<int, int>(); }",
    ),
    "ASC0334": Code(
        "template argument unknown",
        "The argument is neither written, nor deducible, nor has it a default.",
        "template <class T> __device__ T f() { return 0; } __global__ void k() { f(); }",
    ),
    "ASC0335": Code(
        "template argument of the wrong kind",
        "A type stands where the parameter is a value, or the other way round.",
        "template <int N> struct A {}; __global__ void k() { A<float> a; }",
    ),
    "ASC0336": Code(
        "template parameter not supported",
        "Value parameters may be integers, enumerations, pointers and functions.",
        "struct S { int x; }; constexpr S c = {1}; template <S s> __device__ void f() {}\n"
        "__global__ void k() { f<c>(); }",
    ),
    "ASC0340": Code(
        "not a constant expression",
        "The value must be known at compile time, and is not.",
        "__global__ void k(int n) { float x[n]; }",
    ),
    "ASC0341": Code(
        "static assertion failed",
        "The condition of a static_assert is false.",
        '__global__ void k() { static_assert(sizeof(int) == 8, "no"); }',
    ),
    "ASC0390": Code(
        "construct not supported",
        "The kind of expression or statement is not supported in device code.",
        "",
    ),
    "ASC0391": Code(
        "jump outside a loop",
        "`break` or `continue` stands where there is nothing to leave.",
        "__global__ void k() { break; }",
    ),
    "ASC0402": Code(
        "host function in device code",
        "A function without __device__ is called from device code.",
        "int f() { return 1; } __global__ void k(int *p) { p[0] = f(); }",
    ),
    "ASC0403": Code(
        "host variable in device code",
        "A variable of the host is used in device code, and is no compile-time constant.",
        "int n = 3; __global__ void k(int *p) { p[0] = n; }",
    ),
    "ASC0410": Code(
        "CUDA function not supported",
        "The function is known, but what it does is not supported (yet).",
        "__global__ void k() { void *p = malloc(4); }",
    ),
    "ASC0411": Code(
        "pointer to member",
        "Pointers to members are not supported.",
        "struct A { int f() { return 1; } }; __global__ void k() { auto p = &A::f; }",
    ),
    "ASC0412": Code(
        "function pointer known at run time only",
        "Functions are called directly; which one must be known at compile time.",
        "__global__ void k(float (*f)(float), float *x) { x[0] = f(1); }",
    ),
    "ASC0413": Code(
        "variable argument list",
        "C's `...` is only supported for printf.",
        "__device__ void f(int n, ...) {} __global__ void k() { f(1, 2); }",
    ),
    "ASC0414": Code(
        "printf not understood",
        "Format and arguments must be known and fit each other.",
        "__global__ void k(const char *s) { printf(s); }",
    ),
    "ASC0420": Code(
        "kernel called as a function",
        "A __global__ function is called from device code without a launch.",
        "__global__ void a() {} __global__ void k() { a(); }",
    ),
    "ASC0421": Code(
        "exceptions",
        "Device code cannot throw.",
        "__global__ void k() { throw 1; }",
    ),
    "ASC0422": Code(
        "device heap",
        "new and delete in device code are not supported.",
        "__global__ void k() { int *p = new int[4]; }",
    ),
    "ASC0423": Code(
        "dynamic parallelism",
        "Launching kernels from device code is not supported.",
        "__global__ void a() {} __global__ void k() { a<<<1, 1>>>(); }",
    ),
    "ASC0424": Code(
        "virtual functions and bases",
        "Calls must be known at compile time.",
        "struct A { __device__ virtual void f() {} }; __global__ void k() { A a; a.f(); }",
    ),
    "ASC0425": Code(
        "destructor that does something",
        "Objects with a destructor of their own are not supported.",
        'struct A { __device__ ~A() { printf("x"); } }; __global__ void k() { A a; }',
    ),
    "ASC0426": Code(
        "initialised shared variable",
        "Shared memory cannot have an initialiser; let one thread assign.",
        "__global__ void k() { __shared__ int n = 0; }",
    ),
    "ASC0427": Code(
        "static variable in a function",
        "Only constants may be static inside a function.",
        "__global__ void k() { static int n; n++; }",
    ),
    "ASC0428": Code(
        "goto",
        "Control flow must be structured.",
        "__global__ void k() { goto end; end:; }",
    ),
    "ASC0429": Code(
        "case label inside another statement",
        "Labels of a switch stand directly in its body.",
        "__global__ void k(int n) { switch (n) { if (n) { case 1: n++; } } }",
    ),
    "ASC0430": Code(
        "inline PTX",
        "Instructions of inline PTX are translated where a table has them: arithmetic, "
        "conversions, memory, warps, `cp.async`, `ldmatrix`, `mma.sync`. Those of warp groups, "
        "bulk copies, clusters, jumps and carries are not.",
        '__global__ void k() { asm volatile("wgmma.fence.sync.aligned;"); }',
    ),
    "ASC0431": Code(
        "kernel parameter of reference type",
        "Arguments of a launch are values.",
        "__global__ void k(int &n) {}",
    ),
    "ASC0432": Code(
        "kernel template without an instance",
        "No launch in the file says which template arguments are meant, and none that could be "
        "made up (`float`, 256 for a block size and the like) fit what the kernel does.",
        "template <class Traits> __global__ void k(typename Traits::T *x) { x[0] = 0; }",
    ),
    "ASC0433": Code(
        "several kernels of one name",
        "Kernels of the same name and template arguments cannot be told apart by their launches.",
        "__global__ void k(int *x) { x[0] = 0; }\n__global__ void k(float *x) { x[0] = 0; }",
    ),
    "ASC0434": Code(
        "object too large",
        "CUDA gives a thread 512 KiB of local memory and a block 48 KiB of static shared memory;"
        " a variable of the module may take 2 GiB, an initialised table 16 MiB.",
        "__global__ void k(int *x) { int a[1 << 20]; a[x[0]] = 1; x[0] = a[x[1]]; }",
    ),
    "ASC0435": Code(
        "kernel with a result",
        "A kernel runs many times at once and returns nothing.",
        "__global__ int k(int *x) { return x[0]; }",
    ),
    "ASC0436": Code(
        "same case twice",
        "Two labels of a switch have the same value.",
        "__global__ void k(int *x) { switch (x[0]) { case 1: case 1: x[1] = 0; } }",
    ),
    "ASC0490": Code(
        "recursive function",
        "A device function calls itself, directly or by way of others. Ascend cores have no call "
        "stack to speak of, so that every call is replaced by the function's body.",
        "__device__ int f(int n) { return n < 2 ? 1 : n * f(n - 1); }",
    ),
    "ASC0491": Code(
        "function too large",
        "With all calls replaced by the functions' bodies the kernel exceeds the size limit.",
    ),
    # 05xx: the IR, its text and its execution
    "ASC0501": Code(
        "IR text malformed",
        "The text is not in the form that --emit ir prints.",
        "kernel @k( {",
    ),
    "ASC0502": Code(
        "IR text names something unknown",
        "A value, record or file name is used that stands nowhere before.",
        "func @f() { return %x }",
    ),
    "ASC0503": Code(
        "IR breaks a rule",
        "Types, attributes, visibility or structure are not as the table of operations demands.",
    ),
    "ASC0510": Code(
        "bad memory access",
        "While the IR was executed, a thread touched memory out of bounds, misaligned, or of no "
        "known buffer.",
    ),
    "ASC0511": Code(
        "threads out of step",
        "While the IR was executed, a barrier or warp operation was not reached by every thread "
        "that it waits for.",
    ),
    "ASC0512": Code("kernel stopped", "While the IR was executed, a thread trapped."),
    "ASC0513": Code("kernel does not end", "The limit on executed operations was reached."),
    # 06xx: targets and code generation
    "ASC0601": Code(
        "barrier of the whole grid",
        "The target runs one block after another, so that blocks cannot wait for each other.",
        "cooperative_groups::this_grid().sync();",
    ),
    "ASC0602": Code(
        "no translation for this target",
        "An operation, or one of its variants, has no counterpart in the target's language.",
        "__fmaf_rz(a, b, c)",
    ),
    "ASC0603": Code(
        "function not inlined",
        "A call remains after inlining: a recursive function or a function pointer.",
        "__device__ int f(int n) { return n ? f(n - 1) : 0; }",
    ),
    # 07xx: compilers and building
    "ASC0701": Code(
        "no C++ compiler",
        "Building needs a C and a C++ compiler. Install one with the system's package manager "
        "(apt-get install g++) or as a wheel (pip install 'ascendify[toolchain]').",
    ),
    "ASC0702": Code(
        "generated code does not compile",
        "The compiler refused code that was generated, or the program around it.",
    ),
    "ASC0703": Code(
        "the source does not compile",
        "The C++ compiler refused the device code of the source itself, so that there is nothing "
        "to compare a translation with.",
        "__global__ void k(float *x) { x[0] = no_such_function(); }",
    ),
    # 08xx: proof
    "ASC0801": Code(
        "the translation computes other numbers",
        "On a generated input the translated kernel and the original source gave different "
        "results. This is a bug of the translation, or the source has undefined behaviour on that "
        "input (a race, an access out of bounds, a read of memory that nothing wrote).",
    ),
    "ASC0802": Code(
        "not verified",
        "The kernel was translated, but no generated input exercised it: the original stopped, "
        "crashed, took too long or wrote nothing. A `main` with small defaults, or a host function "
        "that takes plain pointers and sizes, gives the proof something to call.",
        "#include <cassert>\n"
        "__global__ void k(float *x, int n) { assert(n == 12345678); x[0] = 1.0f; }",
    ),
    "ASC0803": Code(
        "the original's result depends on the order of threads",
        "Two runs of the original that differ only in the order in which threads take turns gave "
        "different results: a race, or a read of shared memory before it is written. Where float "
        "atomics alone are the cause, results differ by rounding and nothing needs to change.",
        "__global__ void k(int *x) { x[0] = threadIdx.x; }",
    ),
    "ASC0804": Code(
        "threads of a block wait at different barriers",
        "Some threads of a block were at one __syncthreads and the others at another one, or had "
        "ended, which CUDA leaves undefined. Move the barrier out of the branch, so that all "
        "threads of the block reach the same one.",
        "__global__ void k(float *x) {\n"
        "    if (threadIdx.x < 16) __syncthreads(); else __syncthreads();\n"
        "    x[threadIdx.x] = 1.0f;\n}",
    ),
    "ASC0805": Code(
        "data race",
        "Two threads access the same memory, at least one of them writes, and nothing orders the "
        "two accesses: which comes first is chance on a GPU. Both places are named. Put a "
        "__syncthreads (or __syncwarp within a warp) between them, or use an atomic operation.",
        "__global__ void k(float *x) {\n"
        "    __shared__ float s[64];\n"
        "    s[threadIdx.x] = x[threadIdx.x];\n"
        "    x[threadIdx.x] = s[63 - threadIdx.x];\n}",
    ),
    "ASC0806": Code(
        "access out of bounds",
        "An access lies outside of the buffer or array that it belongs to. On a GPU it reads or "
        "damages a neighbour's memory, or stops the program. Guard it with the extent.",
        "__global__ void k(float *x) {\n"
        "    __shared__ float s[32];\n"
        "    s[threadIdx.x + 1] = x[threadIdx.x];\n}",
    ),
    "ASC0807": Code(
        "misaligned access",
        "An access needs an address that is a multiple of its size (16 bytes for a float4), and "
        "gets another one, which stops the program on a GPU. Align the pointer or its offset, or "
        "access element by element.",
        "__global__ void k(float *x) { *(float4 *)(x + 1) = make_float4(0, 0, 0, 0); }",
    ),
    "ASC0808": Code(
        "read of uninitialised memory",
        "Memory is read that nothing has written: shared memory holds what an earlier block left "
        "there. Write it on every path before the read, with a barrier between.",
        "__global__ void k(float *x) {\n"
        "    __shared__ float s[64];\n"
        "    if (threadIdx.x > 0) s[threadIdx.x] = 1.0f;\n"
        "    __syncthreads();\n"
        "    x[threadIdx.x] = s[threadIdx.x];\n}",
    ),
    "ASC0809": Code(
        "warp operation names lanes that do not take part",
        "The mask of a shuffle, vote or __syncwarp names lanes that do not execute it, or a "
        "shuffle reads from such a lane; the result is undefined. Compute the mask with "
        "__ballot_sync before the branch, or call the operation where all named lanes reach it.",
        "__global__ void k(int *x) {\n"
        "    if (threadIdx.x < 16) x[threadIdx.x] = __shfl_down_sync(0xffffffff, x[0], 1);\n}",
    ),
    "ASC0810": Code(
        "output that is not written",
        "In a range that the kernel writes, some elements keep what was there before. That may be "
        "meant, or a guard or a stride leaves elements out.",
        "__global__ void k(float *x) { x[2 * threadIdx.x] = 1.0f; }",
    ),
    "ASC0811": Code(
        "undefined arithmetic",
        "The source divides an integer by zero, shifts by the width of the type or more, or "
        "converts a float to an integer type that does not hold it. CPU and GPU give different "
        "results; guard the operands.",
        "__global__ void k(int *x) { x[0] = x[1] << 40; }",
    ),
    "ASC0812": Code(
        "the order of atomics shows in the results",
        "Two runs of the original that differ only in the order of threads gave results that "
        "differ by rounding: floats were added by atomics, whose order is open. Nothing needs to "
        "change where that is meant.",
        "__global__ void k(float *x, const float *y) { atomicAdd(x, y[threadIdx.x]); }",
    ),
    "ASC0813": Code(
        "threads end before a barrier",
        "Some threads of a block return before others wait at __syncthreads. GPUs let the others "
        "pass, CUDA does not promise it. Let all threads reach the barrier and guard the work.",
        "__global__ void k(float *x, int n) {\n"
        "    if (threadIdx.x >= n) return;\n"
        "    __syncthreads();\n"
        "    x[threadIdx.x] = 1.0f;\n}",
    ),
    "ASC0820": Code(
        "damaged reproducer",
        "The folder given to --replay is not one that a failed proof has written, or files in it "
        "are missing, changed beyond reading, or of a newer version of the format.",
    ),
}
