"""What it takes to get a refused kernel through, by the code of its refusal.

An estimate for planning, of the work on the *source*: `none` (an option, a missing file, or a bug
that is ours), `small` (a few lines, the algorithm stays), `medium` (a part of the kernel is written
anew), `large` (the kernel is designed around what has no counterpart).
"""

from __future__ import annotations

from dataclasses import dataclass

LEVELS = ("none", "small", "medium", "large")
"""From the least to the most."""


@dataclass(frozen=True, slots=True)
class Effort:
    """A row of the table: how much work, and why, in a sentence that also says what to do."""

    level: str
    reason: str


_OURS = Effort("none", "a gap or bug of the translator; the source may stay, report it")
_TYPING = Effort("small", "CUDA's compiler does not take it either: correct the line")
_FOLDER = Effort("none", "the declaration is in a header that was not found: give its folder (-I)")
_C_PLUS_PLUS = Effort("small", "a corner of C++: say the same in plainer words")

EFFORTS: dict[str, Effort] = {
    "ASC0001": _OURS,
    "ASC0002": Effort("none", "the file cannot be read: give access, or leave it out"),
    "ASC0003": Effort("small", "save the file as UTF-8 text"),
    "ASC0007": Effort("medium", "split the file or the expression"),
    "ASC0101": _FOLDER,
    "ASC0102": Effort("none", "the configuration is not one that the source takes: give -D"),
    "ASC0103": _TYPING,
    "ASC0104": _TYPING,
    "ASC0105": _TYPING,
    "ASC0106": _TYPING,
    "ASC0107": _TYPING,
    "ASC0108": _TYPING,
    "ASC0201": _TYPING,
    "ASC0202": Effort("small", "a form of C++ that the parser does not know: write it plainer"),
    "ASC0203": _TYPING,
    "ASC0204": _TYPING,
    "ASC0205": Effort("medium", "express it without that feature of C++"),
    "ASC0206": _TYPING,
    "ASC0207": _TYPING,
    "ASC0300": Effort("medium", "a library's device function: write it out, or use a plain one"),
    "ASC0301": Effort("none", "declared in no file that was read: give the folder (-I) or -D"),
    "ASC0302": _FOLDER,
    "ASC0303": _C_PLUS_PLUS,
    "ASC0304": _C_PLUS_PLUS,
    "ASC0305": _C_PLUS_PLUS,
    "ASC0306": Effort("medium", "choose a type that the device has"),
    "ASC0307": _TYPING,
    "ASC0310": Effort("small", "write the conversion out"),
    "ASC0311": _C_PLUS_PLUS,
    "ASC0312": _C_PLUS_PLUS,
    "ASC0313": Effort("small", "name the type in place of auto"),
    "ASC0314": Effort("small", "write the operator out for the type"),
    "ASC0315": _TYPING,
    "ASC0316": Effort("small", "capture the variable, or pass it"),
    "ASC0317": _TYPING,
    "ASC0318": _TYPING,
    "ASC0319": Effort("none", "the body is in a file that was not read: include it, or give -I"),
    "ASC0320": Effort("small", "convert the arguments to what the function takes"),
    "ASC0321": Effort("small", "convert an argument, so that one function fits best"),
    "ASC0330": Effort("medium", "shorten the recursion of templates"),
    "ASC0331": _C_PLUS_PLUS,
    "ASC0332": Effort("small", "write the template arguments"),
    "ASC0333": _TYPING,
    "ASC0334": Effort("small", "write the template argument"),
    "ASC0335": _TYPING,
    "ASC0336": Effort("small", "pass the value by another kind of template parameter"),
    "ASC0340": Effort("small", "make the value a constant, or a kernel argument"),
    "ASC0341": Effort("none", "the template arguments do not fit: ask for others (--instantiate)"),
    "ASC0390": Effort("small", "say the same in constructs that are supported"),
    "ASC0391": _TYPING,
    "ASC0402": Effort("small", "mark the function __device__"),
    "ASC0403": Effort("small", "pass the value as an argument"),
    "ASC0410": Effort("medium", "do without the function, or write out what it does"),
    "ASC0411": Effort("medium", "choose by a template argument instead of a pointer"),
    "ASC0412": Effort("medium", "choose the function by a template argument or a switch"),
    "ASC0413": Effort("small", "pass the arguments one by one"),
    "ASC0414": Effort("small", "write the format as a literal that fits its arguments"),
    "ASC0420": _TYPING,
    "ASC0421": Effort("small", "report errors by a value instead of an exception"),
    "ASC0422": Effort("large", "allocate before the launch: sizes have to be known on the host"),
    "ASC0423": Effort("large", "the host has to make the launches, in rounds"),
    "ASC0424": Effort("medium", "choose by a template argument instead of virtual calls"),
    "ASC0425": Effort("small", "call what the destructor does where it is due"),
    "ASC0426": Effort("small", "let one thread assign, then synchronise"),
    "ASC0427": Effort("small", "make the variable a __device__ variable or an argument"),
    "ASC0428": Effort("medium", "write the jumps as loops and conditions"),
    "ASC0429": Effort("medium", "write the jump into the statement as a loop and a condition"),
    "ASC0430": Effort("large", "the instruction has to be replaced by CUDA C++ that does the same"),
    "ASC0431": _TYPING,
    "ASC0432": Effort("none", "nothing names an instance: ask for one (--instantiate)"),
    "ASC0433": Effort("small", "rename one of the kernels"),
    "ASC0434": Effort("medium", "split the array, or move it to global memory"),
    "ASC0435": _TYPING,
    "ASC0436": _TYPING,
    "ASC0490": Effort("medium", "write the recursion as a loop with a stack of its own"),
    "ASC0491": Effort("medium", "split the kernel"),
    "ASC0501": _TYPING,
    "ASC0502": _TYPING,
    "ASC0503": _TYPING,
    "ASC0601": Effort("large", "end the kernel at the barrier and launch a second one"),
    "ASC0602": Effort("medium", "express the operation by others that the target has"),
    "ASC0603": Effort("medium", "write the recursion as a loop, choose functions when compiling"),
    "ASC0702": _OURS,
}
"""A row for each code that can refuse a kernel or a file."""

UNKNOWN = Effort("medium", "no estimate for this code")


def effort_of(code: str) -> Effort:
    """The row of a code."""
    return EFFORTS.get(code, UNKNOWN)
