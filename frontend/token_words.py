"""The words and signs of C++ and CUDA, and which terminal of the grammar each one is."""

from __future__ import annotations

BUILTIN_TYPES = frozenset(
    """void bool char wchar_t char8_t char16_t char32_t short int long float double signed unsigned
    auto __int128 __int128_t __uint128_t __signed__""".split()
)
CV_WORDS = {
    "const": "const",
    "volatile": "volatile",
    "__const": "const",
    "__volatile__": "volatile",
    "__volatile": "volatile",
    "__restrict__": "__restrict__",
    "__restrict": "__restrict__",
    "restrict": "__restrict__",
}
STORAGE_WORDS = {
    word: word
    for word in """static extern constexpr inline explicit virtual friend typedef thread_local
    mutable register constinit consteval __shared__ __constant__ __device__ __managed__ __global__
    __host__ __forceinline__ __noinline__ __grid_constant__ __tile__""".split()
} | {
    "__inline__": "inline",
    "__inline": "inline",
    "__thread": "thread_local",
    "_Thread_local": "thread_local",
    "__inline_hint__": "inline",
}
ATTRIBUTE_WORDS = frozenset(
    """__launch_bounds__ __align__ alignas _Alignas __attribute__ __attribute __maxnreg__
    __cluster_dims__ __block_size__ __declspec __builtin_align__""".split()
)
CLASS_KEYS = frozenset({"struct", "class", "union"})
NAMED_CASTS = frozenset({"static_cast", "reinterpret_cast", "const_cast", "dynamic_cast"})
SIZE_WORDS = {"sizeof": "sizeof", "alignof": "alignof"} | dict.fromkeys(
    ("_Alignof", "__alignof__", "__alignof"), "alignof"
)
DECLTYPE_WORDS = frozenset({"decltype", "typeof", "__typeof__", "__typeof"})
ASM_WORDS = frozenset({"asm", "__asm__", "__asm"})
STATIC_ASSERT_WORDS = frozenset({"static_assert", "_Static_assert"})
DROPPED_WORDS = frozenset({"__extension__"})
"""Words without a meaning for us."""
STATEMENT_WORDS = {
    "if": "IF",
    "else": "ELSE",
    "for": "FOR",
    "while": "WHILE",
    "do": "DO",
    "switch": "SWITCH",
    "case": "CASE",
    "default": "DEFAULT",
    "return": "RETURN",
    "break": "BREAK",
    "continue": "CONTINUE",
    "goto": "GOTO",
}
VALUE_WORDS = {
    "true": "BOOL",
    "false": "BOOL",
    "nullptr": "NULLPTR",
    "this": "THIS",
}
OTHER_WORDS = frozenset(
    """class struct union enum typename template using namespace operator new delete throw try catch
    noexcept public private protected decltype typeid requires concept co_await co_return
    co_yield""".split()
)
KEYWORDS = frozenset().union(
    BUILTIN_TYPES,
    CV_WORDS,
    STORAGE_WORDS,
    ATTRIBUTE_WORDS,
    NAMED_CASTS,
    SIZE_WORDS,
    DECLTYPE_WORDS,
    ASM_WORDS,
    STATIC_ASSERT_WORDS,
    DROPPED_WORDS,
    STATEMENT_WORDS,
    VALUE_WORDS,
    OTHER_WORDS,
)

SIGNS = {
    ";": "SEMI",
    ",": "COMMA",
    "(": "LPAREN",
    ")": "RPAREN",
    "[": "LBRACK",
    "]": "RBRACK",
    "{": "LBRACE",
    "}": "RBRACE",
    ":": "COLON",
    "::": "SCOPE",
    "?": "QUESTION",
    ".": "DOT",
    "->": "ARROW",
    "...": "ELLIPSIS",
    "*": "STAR",
    "&": "AMP",
    "&&": "ANDAND",
    "+": "SIGN",
    "-": "SIGN",
    "!": "NOT",
    "~": "NOT",
    "++": "INCREMENT",
    "--": "INCREMENT",
    "=": "ASSIGN",
    ">": "BINOP",
    "<<<": "LAUNCH",
    ".*": "MEMBER_POINTER",
    "->*": "MEMBER_POINTER",
}
SIGNS |= dict.fromkeys("/ % << < == != <= >= >> ^ | ||".split(), "BINOP")
SIGNS |= dict.fromkeys("+= -= *= /= %= &= |= ^= <<= >>=".split(), "ASSIGN_OP")

BINDING = {
    ",": 0,
    "||": 1,
    "&&": 2,
    "|": 3,
    "^": 4,
    "&": 5,
    "==": 6,
    "!=": 6,
    "<": 7,
    ">": 7,
    "<=": 7,
    ">=": 7,
    "<<": 8,
    ">>": 8,
    "+": 9,
    "-": 9,
    "*": 10,
    "/": 10,
    "%": 10,
}
"""How tightly binary operators bind: the higher, the tighter."""
