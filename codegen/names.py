"""C identifiers: from the source's names, unique in their scope, never a reserved word.

Names of the C library's functions and of the support header count as reserved, so that a
generated variable cannot hide what an expression calls.
"""

from __future__ import annotations

import re

KEYWORDS = frozenset(
    "alignas alignof asm auto bool break case char const continue default do double else enum "
    "extern false float for goto if inline int long main nullptr register restrict return short "
    "signed sizeof static static_assert struct switch thread_local true typedef typeof union "
    "unsigned void volatile while errno stdin stdout stderr linux unix NULL NAN INFINITY "
    "EOF".split()
)
_MATH = (
    "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp10 exp2 "
    "expm1 fabs fdim floor fma fmax fmin fmod frexp gamma hypot ilogb j0 j1 jn ldexp lgamma llrint "
    "llround log log10 log1p log2 logb lrint lround modf nan nearbyint nextafter nexttoward pow "
    "remainder remquo rint round scalbln scalbn signbit sin sinh sqrt tan tanh tgamma trunc y0 y1 "
    "yn isnan isinf isfinite drem significand exp1 pow10 sincos"
).split()
LIBRARY = frozenset(
    [f"{name}{suffix}" for name in _MATH for suffix in ("", "f", "l")]
    + "abort abs atexit atof atoi calloc exit free labs llabs malloc memcpy memmove memset printf "
    "putchar puts qsort rand realloc snprintf strlen strcmp strcpy time clock signal index rindex "
    "select read write open close link pipe sleep random div ldiv".split()
)
RESERVED = KEYWORDS | LIBRARY
_TYPES = re.compile(r"u?int(8|16|32|64|ptr|max)_t|size_t|ptrdiff_t|wchar_t")
_BAD = re.compile(r"[^A-Za-z0-9_]+")


def identifier(text: str, fallback: str = "v") -> str:
    """`text` with underscores for what C does not allow; `fallback` where nothing is left."""
    name = _BAD.sub("_", text).strip("_") if _BAD.search(text) else text
    if not name.strip("_"):
        return fallback
    return f"_{name}" if name[0].isdigit() else name


def is_reserved(name: str) -> bool:
    """Whether C, its library or the support header has its own idea of `name`."""
    return (
        name in RESERVED
        or _TYPES.fullmatch(name) is not None
        or name.lower().startswith("ascendify_")
        or name.startswith("__")
        or (name[0] == "_" and name[1:2].isupper())
    )


class Names:
    """The names of one scope; those of `outer` are taken too."""

    def __init__(self, outer: Names | None = None) -> None:
        self.taken: set[str] = set() if outer is None else set(outer.taken)
        self._next: dict[str, int] = {}

    def reserve(self, name: str) -> str:
        """Take exactly `name`."""
        self.taken.add(name)
        return name

    def release(self, name: str) -> None:
        """`name` may be taken again: what had it is out of scope."""
        self.taken.discard(name)
        self._next.pop(name.rstrip("0123456789").rstrip("_"), None)

    def fresh(self, hint: str, fallback: str = "v") -> str:
        """A name like `hint` that nobody has."""
        base = identifier(hint, fallback)
        if is_reserved(base):
            base = f"{base}_"
        if base not in self.taken:
            return self.reserve(base)
        number = self._next.get(base, 2)
        while f"{base}_{number}" in self.taken:
            number += 1
        self._next[base] = number + 1
        return self.reserve(f"{base}_{number}")
