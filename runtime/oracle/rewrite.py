"""The rewriter: what CUDA has and C++ has no syntax for, and nothing else.

- `kernel<<<grid, block, shared, stream>>>(args)` becomes a call of the launch templates of
  ascendify/launch.h. Where the arguments choose the kernel (templates, overloads, default
  arguments) each kernel gets a twin beside it, an ordinary function with the same parameters, and
  the launch calls that: overload resolution does the rest.
- `extern __shared__ T name[];` becomes a reference to the block's dynamic shared memory.
- `asm("...")` in device code becomes C++ (`ptx.py`).
- Kernels that are no templates are registered by name; `main` of a library gets another name.

Lines keep their numbers. Everything is done on tokens, in macro definitions too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .assembly import assembly_statement
from .outline import Conditions, Kernel, Outline, directive_word
from .ptx import NoMeaning
from .tokens import (
    Edit,
    Token,
    apply_edits,
    closing_brackets,
    matching_angle,
    spell,
    split_at_commas,
    tokenize,
)

TWIN = "_ascendify_launch"
LONGEST_CONFIGURATION = 500
NO_MEANING = "inline PTX has no meaning on the CPU"
LIBRARY_MAIN = "ascendify_user_main"


@dataclass(frozen=True, slots=True)
class KernelNames:
    """What the files of a project say about its kernels: which names need a twin, which of these
    have overloads (of host functions too), and which name several kernels."""

    with_twin: frozenset[str]
    overloaded: frozenset[str]
    ambiguous: frozenset[str]


def kernel_names(outlines: Iterable[Outline]) -> KernelNames:
    """Collect the kernels of all files."""
    signatures: dict[str, set[tuple[object, ...]]] = {}
    twins: set[str] = set()
    others: set[str] = set()
    for outline in outlines:
        others |= {item.name for item in outline.items if not item.is_kernel}
        for kernel in outline.kernels:
            signatures.setdefault(kernel.qualified, set()).add(kernel.signature)
            if kernel.template is not None or any(p.default for p in kernel.parameters):
                twins.add(kernel.name)
    ambiguous = {name for name, known in signatures.items() if len(known) > 1}
    overloaded = ambiguous | {n for n in signatures if n.rsplit("::", 1)[-1] in others}
    twins |= {name.rsplit("::", 1)[-1] for name in overloaded}
    return KernelNames(frozenset(twins), frozenset(overloaded), frozenset(ambiguous))


def rewrite(text: str, outline: Outline, names: KernelNames, *, library: bool) -> str:
    """The text as C++. `library`: without a `main`."""
    edits = [
        *_launches(text, outline.tokens, names),
        *_shared_declarations(text, outline),
        *_kernel_companions(outline.kernels, names),
        *_untyped_launches(outline.tokens),
        *_device_assembly(text, outline),
    ]
    for token in outline.tokens:
        if token.kind == "directive" and directive_word(token) == "define" and "<<<" in token.text:
            body = tokenize(text, token.start + 1, token.end)
            edits += _launches(text, body, names)
    if library:
        edits += _library_main(outline)
    return apply_edits(text, edits)


# ---------------------------------------------------------------- launches


def _launches(text: str, tokens: Sequence[Token], names: KernelNames) -> list[Edit]:
    edits: list[Edit] = []
    closing = closing_brackets(tokens)
    opening = {close: start for start, close in closing.items()}
    for i, token in enumerate(tokens):
        if token.text != "<<<" or i == 0 or tokens[i - 1].text == "operator":
            continue
        end = _end_of_configuration(tokens, i, closing)
        if end is None or end + 3 >= len(tokens) or tokens[end + 3].text != "(":
            continue
        start, name = _kernel_expression(tokens, i - 1, opening)
        last = closing.get(end + 3)
        if last is None:
            continue
        if name is not None and _calls_twin(tokens, start, name, i, names):
            kernel = text[tokens[start].start : tokens[name].end] + TWIN
            kernel += text[tokens[name].end : token.start]
            configuration = text[token.end : tokens[end].start]
            call = f"(::ascendify_oracle::configure({configuration}), {kernel}"
            edits.append(Edit(tokens[start].start, tokens[end + 2].end, call))
            edits.append(Edit(tokens[last].end, tokens[last].end, ")"))
        else:
            edits.append(
                Edit(tokens[start].start, tokens[start].start, "::ascendify_oracle::launch(")
            )
            edits.append(Edit(token.start, token.end, ", "))
            edits.append(Edit(tokens[end].start, tokens[end + 2].end, ")"))
    return edits


def _end_of_configuration(tokens: Sequence[Token], at: int, closing: dict[int, int]) -> int | None:
    """The index of the first `>` of the `>>>` that closes the `<<<` at index `at`."""
    i = at + 1
    while i + 2 < min(len(tokens), at + LONGEST_CONFIGURATION):
        if i in closing:
            i = closing[i]
        elif tokens[i].text in (";", "{", "}"):
            return None
        elif [t.text for t in tokens[i : i + 3]] == [">", ">", ">"]:
            if tokens[i].end == tokens[i + 1].start and tokens[i + 1].end == tokens[i + 2].start:
                return i
        i += 1
    return None


def _kernel_expression(
    tokens: Sequence[Token], last: int, opening: dict[int, int]
) -> tuple[int, int | None]:
    """Where the expression that ends at index `last` begins, and its name if it is a plain one."""
    at, name = _primary_before(tokens, last, opening)
    while at > 0 and tokens[at - 1].text in ("::", ".", "->"):
        if tokens[at - 1].text != "::":
            name = None
        if at >= 2 and (tokens[at - 2].kind == "word" or tokens[at - 2].text in (">", ")", "]")):
            at, _ = _primary_before(tokens, at - 2, opening)
        else:
            at -= 1
    return at, name


def _primary_before(
    tokens: Sequence[Token], last: int, opening: dict[int, int]
) -> tuple[int, int | None]:
    token = tokens[last]
    if token.text == ">":
        start = _opening_angle(tokens, last, opening)
        if start is not None and start > 0 and tokens[start - 1].kind == "word":
            return start - 1, start - 1
        return last, None
    if token.text in (")", "]") and last in opening:
        start = opening[last]
        is_call = start > 0 and (
            tokens[start - 1].kind == "word" or tokens[start - 1].text in ">)]"
        )
        if is_call and tokens[start - 1].text not in ("return", "else", "do"):
            return _primary_before(tokens, start - 1, opening)[0], None
        return start, None
    at = last
    while at >= 3 and tokens[at - 1].text == tokens[at - 2].text == "#":
        at -= 3  # pasted from pieces in a macro
    return at, last if token.kind == "word" and at == last else None


def _opening_angle(tokens: Sequence[Token], last: int, opening: dict[int, int]) -> int | None:
    depth, i = 0, last
    while i >= 0:
        text = tokens[i].text
        if i in opening:
            i = opening[i]
        elif text == ">":
            depth += 1
        elif text == "<":
            depth -= 1
            if depth == 0:
                return i
        elif text in (";", "{", "}"):
            return None
        i -= 1
    return None


def _calls_twin(
    tokens: Sequence[Token], start: int, name: int, chevrons: int, names: KernelNames
) -> bool:
    """Whether the launch of the expression at `start` goes to a kernel that has a twin."""
    text = tokens[name].text
    if text not in names.with_twin:
        return False
    is_bare = start == name and name + 1 == chevrons
    return not (is_bare and _is_variable(tokens, text))


_BEFORE_EXPRESSIONS = frozenset({"void", "return", "else", "do", "case", "template"})


def _is_variable(tokens: Sequence[Token], name: str) -> bool:
    """Whether something in these tokens declares a variable or parameter of this name."""
    for i in range(1, len(tokens) - 1):
        if tokens[i].text != name or tokens[i + 1].text not in ("=", ";", ",", ")", "{", "["):
            continue
        before = tokens[i - 1]
        if before.kind == "word" and before.text not in _BEFORE_EXPRESSIONS:
            return True
        if before.text in ("*", "&", "&&") and i >= 2:
            if tokens[i - 2].kind == "word" or tokens[i - 2].text == "(":
                return tokens[i - 2].kind == "word" or tokens[i + 1].text == ")"
    return False


def _untyped_launches(tokens: Sequence[Token]) -> list[Edit]:
    """`cudaLaunchKernel((void*)kernel, ...)`: without the cast, which loses the kernel's type."""
    edits: list[Edit] = []
    for i, token in enumerate(tokens):
        if token.text not in ("cudaLaunchKernel", "cudaLaunchCooperativeKernel"):
            continue
        words = [t.text for t in tokens[i + 1 : i + 8]]
        if words[:2] != ["(", "("] or ")" not in words:
            continue
        closed = words.index(")")
        cast = [word for word in words[2:closed] if word != "const"]
        if cast == ["void", "*"]:
            edits.append(Edit(tokens[i + 2].start, tokens[i + 1 + closed].end, ""))
    return edits


_ASSEMBLY = frozenset({"asm", "__asm__", "__asm"})
_PTX_OPCODE = re.compile(r'^".*\b[a-z][a-z0-9_]*\.[a-z]')


def _device_assembly(text: str, outline: Outline) -> list[Edit]:
    """Inline PTX in device code, and in macros that device code may use, as C++. Where it has no
    meaning, a kernel fails when it gets there: most that include it never do."""
    edits: list[Edit] = []
    for item in outline.items:  # macros may hide that a function is the device's
        edits += _assembly(text, outline.tokens_in(item), is_device=item.is_device)
    for token in outline.tokens:
        if token.kind == "directive" and directive_word(token) == "define":
            if "asm" in token.text:
                body = tokenize(text, token.start + 1, token.end)
                edits += _assembly(text, body, is_device=False, ending="\\\n")
    return edits


def _assembly(
    text: str, tokens: Sequence[Token], *, is_device: bool, ending: str = "\n"
) -> list[Edit]:
    """`ending`: what ends a line within these tokens."""
    edits: list[Edit] = []
    closing = closing_brackets(tokens)
    for i, token in enumerate(tokens):
        if token.text not in _ASSEMBLY:
            continue
        start = i + 1
        while start < len(tokens) and tokens[start].kind == "word":
            start += 1
        close = closing.get(start)
        if close is None:
            continue
        end = tokens[close].end
        try:
            made = assembly_statement(text, tokens[start + 1 : close])
        except NoMeaning:
            looks_like_ptx = any(_PTX_OPCODE.search(t.text) for t in tokens[start:close])
            if not is_device and (ending == "\n" or not looks_like_ptx):
                continue
            made = _failing(tokens[start + 1 : close])
        lines = text.count("\n", token.start, end)
        made += ending * lines
        edits.append(Edit(token.start, end, made))
    return edits


def _failing(tokens: Sequence[Token]) -> str:
    """A call that ends the launch, and says at which instruction."""
    first = next((t.text for t in tokens if t.text.startswith('"')), '""')
    words = re.sub(r"\\.|[^\w.,; -]", " ", first[1:-1]).split(";")[0].split()
    return f'::ascendify_oracle::fail("{NO_MEANING}: {" ".join(words[:1])}")'


# ---------------------------------------------------------------- beside the kernels


def _kernel_companions(kernels: Sequence[Kernel], names: KernelNames) -> list[Edit]:
    """Twins, and the registration of kernels that are no templates."""
    edits: list[Edit] = []
    made: dict[tuple[object, ...], list[Conditions]] = {}
    for kernel in kernels:
        text = ""
        is_overloaded = kernel.qualified in names.overloaded
        key = (kernel.namespaces, kernel.name, kernel.signature)
        seen = made.setdefault(key, [])
        is_new = not any(kernel.conditions[: len(c)] == c for c in seen)
        if kernel.name in names.with_twin and is_new:
            seen.append(kernel.conditions)
            text += _twin(kernel, is_overloaded)
        is_plain = kernel.is_definition and kernel.template is None
        if is_plain and kernel.qualified not in names.ambiguous:
            function = f"static_cast<void (*)({', '.join(kernel.types)})>(&{kernel.name})"
            text += f' ASCENDIFY_ORACLE_INSTANCE("{kernel.qualified}", {function})'
        if text:
            edits.append(Edit(kernel.end, kernel.end, text))
    return edits


def _twin(kernel: Kernel, is_overloaded: bool) -> str:
    head, arguments = "", ""
    if kernel.template is not None:
        head = f"template <{', '.join(p.declaration for p in kernel.template)}> "
        arguments = f"<{', '.join(p.argument for p in kernel.template)}>"
    parameters = ", ".join(p.declaration for p in kernel.parameters)
    values = "".join(f", {p.argument}" for p in kernel.parameters)
    types = f"<{', '.join(kernel.types)}>" if is_overloaded else ""
    return (
        f" {head}inline {kernel.result} {kernel.name}{TWIN}({parameters}) {{ "
        f"::ascendify_oracle::launch_now{types}(&{kernel.name}{arguments}{values}); }}"
    )


def _library_main(outline: Outline) -> list[Edit]:
    """`main` under another name, with the `return 0` that only `main` may leave out."""
    edits: list[Edit] = []
    for item in outline.items:
        if not item.is_main:
            continue
        name = next(t for t in outline.tokens if t.start >= item.start and t.text == "main")
        edits.append(Edit(name.start, name.end, LIBRARY_MAIN))
        edits.append(Edit(item.end - 1, item.end - 1, " return 0; "))
    return edits


# ---------------------------------------------------------------- dynamic shared memory


def _shared_declarations(text: str, outline: Outline) -> list[Edit]:
    edits: list[Edit] = []
    tokens = outline.tokens
    for i, token in enumerate(tokens):
        if token.text != "__shared__":
            continue
        start = i
        while start > 0 and tokens[start - 1].text not in (";", "{", "}", ")", ":"):
            if tokens[start - 1].kind == "directive":
                break
            start -= 1
        end = i
        while end < len(tokens) and tokens[end].text not in (";", "{", "}"):
            end += 1
        statement = tokens[start:end]
        if end == len(tokens) or not any(t.text == "extern" for t in statement):
            continue
        if tokens[end].text != ";":
            continue
        lines = "\n" * text.count("\n", tokens[start].start, tokens[end].end)
        is_local = _is_in_function(outline, start) and not _needs_static(tokens, end)
        references = _shared_references(statement, "" if is_local else "static thread_local ")
        edits.append(Edit(tokens[start].start, tokens[end].end, references + lines))
    return edits


def _is_in_function(outline: Outline, at: int) -> bool:
    """Whether the declaration that begins at a token stands in a body."""
    item = outline.item_at(outline.tokens[at].start)
    if item is None:
        return False
    return any(
        token.text == "{"
        for token in outline.tokens_in(item)
        if token.start < outline.tokens[at].start
    )


_NEED_STATIC = frozenset({"struct", "class", "case", "default", "goto"})


def _needs_static(tokens: Sequence[Token], start: int) -> bool:
    """Whether what follows a declaration, in the same block, may not do with a local reference:
    members of local classes, lambdas that capture nothing or copies, jumps across it."""
    depth = 0
    for i in range(start, len(tokens) - 1):
        token, after = tokens[i], tokens[i + 1]
        depth += (token.text == "{") - (token.text == "}")
        if depth < 0:
            return False
        if token.text in _NEED_STATIC:
            return True
        if token.text == "[" and after.text in ("]", "="):
            before = tokens[i - 1]
            if before.text == "return" or not (before.kind == "word" or before.text in ")]"):
                return True
    return False


_SHARED = "*::ascendify_dynamic_shared"
_WITH_ARGUMENT = frozenset({"__align__", "alignas", "__attribute__"})


def _shared_references(statement: Sequence[Token], storage: str) -> str:
    """The declaration as references to the block's memory, of which each OS thread that runs
    blocks has its own."""
    kept: list[Token] = []
    closing = closing_brackets(statement)
    at = 0
    while at < len(statement):
        token = statement[at]
        if token.text in _WITH_ARGUMENT and at + 1 < len(statement):
            at = closing.get(at + 1, at)
        elif token.text not in ("extern", "__shared__", "static") and token.kind != "directive":
            kept.append(token)
        at += 1
    first, *others = split_at_commas(kept)
    at = _name_before_bounds(first)
    type_text = spell(first[:at])
    declared = [first[at:], *others]
    return " ".join(storage + _shared_reference(type_text, part) for part in declared)


def _name_before_bounds(tokens: Sequence[Token]) -> int:
    at = 0
    while at < len(tokens):
        if tokens[at].text == "<":
            at = matching_angle(tokens, at) or at
        elif tokens[at].text == "[":
            return at - 1
        at += 1
    return len(tokens) - 1


def _shared_reference(type_text: str, declarator: Sequence[Token]) -> str:
    name, bounds = declarator[0].text, spell(declarator[1:])
    reference = f"(&{name}){bounds}" if bounds else f"&{name}"
    target = f"(&){bounds}" if bounds else "&"
    return f"{type_text} {reference} = reinterpret_cast<{type_text} {target}>({_SHARED});"
