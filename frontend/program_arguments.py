"""What a program with `main` can be started with, in order of likelihood.

The text of `main` (and of functions that it hands `argv` to) tells how many arguments it takes,
which of them are numbers, what they are called, and which flags there are; files beside the source
tell how its author starts it. Sizes that are made up are small, because the program runs on a CPU,
and multiples of 16, because kernels often want that; numbers of iterations are as small as they
can be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..ir.diagnostics import CompileError
from ..ir.size_expressions import SizeError, evaluate, parse_size
from .host_code import HostCode
from .host_text import Tokens, function_parameters, skip_bracket, split_arguments, text_of
from .items import Item, ItemKind
from .launchers import switch_choices
from .run_lines import run_lines
from .tokens import CHAR, IDENT, STRING, Token

MAX_CANDIDATES = 16
MAX_ARGUMENTS = 12
LARGEST_SIZE = 256
SLOW_DEFAULT = 1 << 20
"""A default of an optional size beyond which small numbers are tried before none at all."""

INTEGER, REAL, WORD = "integer", "real", "word"
CONVERSIONS = {
    "atoi": INTEGER, "atol": INTEGER, "atoll": INTEGER, "strtol": INTEGER, "strtoul": INTEGER,
    "strtoll": INTEGER, "strtoull": INTEGER, "stoi": INTEGER, "stol": INTEGER, "stoul": INTEGER,
    "stoll": INTEGER, "stoull": INTEGER, "atof": REAL, "strtod": REAL, "strtof": REAL,
    "stof": REAL, "stod": REAL,
}  # fmt: skip
"""Functions from text to numbers."""

NAMED_VALUES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), value)
    for pattern, value in (
        (r"iter|repeat|rep$|reps|loops?|warm|times?$|runs?$|trials?|steps?$|epoch|rounds?", "2"),
        (r"seed|dev(ice)?(_?id)?$|gpu(_?id)?$|verbose|debug|verif|check|print|quiet", "0"),
        (r"kernel|version|algo|method|mode|type|variant|choice|option|which", "1"),
        (r"block_?(size|dim)|threads?", "128"),
        (r"streams?$|gpus$|devices|batch(es)?$|channels?$|layers?$|heads?$", "4"),
    )
)
"""Values of integers that are no sizes, by their names; the first pattern that fits."""
SIZES_BY_COUNT = {1: ("256", "64", "1024"), 2: ("128", "64"), 3: ("64", "32")}
"""Sizes to make up, by how many there are (3: and more); every candidate uses one of them."""


@dataclass(slots=True)
class _Argument:
    """What is known of a position or a flag's value. `words` are texts it is compared with,
    `choices` the cases of a `switch` over it."""

    kind: str = ""
    name: str = ""
    default: int | None = None
    words: list[str] = field(default_factory=list)
    choices: tuple[int, ...] = ()

    def value(self, size: str) -> str | None:
        """A value where sizes are `size`; None where nothing can be made up."""
        if self.kind == WORD:
            return self.words[0] if self.words else None
        if self.kind == REAL:
            return "0.5"
        named = self.named_value()
        return size if named is None else named

    def named_value(self) -> str | None:
        if self.choices:
            return str(self.choices[0])
        return next((value for pattern, value in NAMED_VALUES if pattern.search(self.name)), None)

    @property
    def is_size(self) -> bool:
        return self.kind in ("", INTEGER) and self.named_value() is None


@dataclass(slots=True)
class _Interface:
    """What `main` takes: arguments by position, flags, and numbers of arguments that it refuses."""

    positions: dict[int, _Argument] = field(default_factory=dict)
    flags: dict[str, _Argument] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    usage: list[str] = field(default_factory=list)
    examples: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def needs_arguments(self) -> bool:
        return 0 in self.refused


def argument_candidates(
    items: Sequence[Item], source: Path | None = None, code: HostCode | None = None
) -> list[tuple[str, ...]]:
    """Argument lists worth trying, the most likely first; empty where there is no `main`, or
    where it needs what cannot be made up (files). `source` is the file, whose folder is read."""
    code = code or HostCode(items)
    main = next((f for f in code.functions.get("main", ()) if f.body is not None), None)
    if main is None:
        return []
    parameters = [p.name for p in function_parameters(main)]
    interface = _Interface()
    if len(parameters) >= 2:
        _Reader(code, interface).function(main, parameters[0], parameters[1], 0)
    _add_usage(interface)
    found: dict[tuple[str, ...], None] = {}
    for candidate in _ordered(interface, run_lines(source) if source is not None else []):
        if len(candidate) not in interface.refused:
            found.setdefault(candidate)
    return list(found)[:MAX_CANDIDATES]


# ---------------------------------------------------------------- candidates


def _ordered(interface: _Interface, lines: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    defaults = [a.default or 0 for a in (*interface.positions.values(), *interface.flags.values())]
    is_quick = not interface.needs_arguments and max(defaults, default=0) <= SLOW_DEFAULT
    if is_quick:
        yield ()
    written = [*lines, *interface.examples]
    yield from (_small(line, interface) for line in written)
    yield from written
    yield from _made_up(interface)
    if not is_quick and not interface.needs_arguments:
        yield ()


def _small(line: tuple[str, ...], interface: _Interface) -> tuple[str, ...]:
    """The arguments of a line with smaller numbers."""
    made = []
    for at, word in enumerate(line):
        argument = interface.positions.get(at + 1) or _Argument()
        if at > 0 and line[at - 1] in interface.flags:
            argument = interface.flags[line[at - 1]]
        made.append(_smaller(word, argument))
    return tuple(made)


def _smaller(word: str, argument: _Argument) -> str:
    if not word.isdigit():
        return word
    named = argument.named_value()
    limit = LARGEST_SIZE if named is None else max(int(named), 1)
    return word if int(word) <= limit else str(limit)


def _made_up(interface: _Interface) -> Iterator[tuple[str, ...]]:
    for count in _counts(interface):
        arguments = [interface.positions.get(at + 1) or _Argument() for at in range(count)]
        yield from _with_sizes(arguments)
    valued = {name: a for name, a in interface.flags.items() if a.kind in (INTEGER, REAL)}
    if valued:
        for values in _with_sizes(list(valued.values())):
            yield tuple(part for pair in zip(valued, values, strict=True) for part in pair)
        for name, argument in valued.items():
            if argument.is_size:
                yield name, str(LARGEST_SIZE)


def _counts(interface: _Interface) -> list[int]:
    """Numbers of arguments to try: all that are read, and the fewest that are accepted."""
    allowed = [n for n in range(1, MAX_ARGUMENTS + 1) if n not in interface.refused]
    most = max(interface.positions, default=0)
    counts = [n for n in (most, *allowed[:1]) if n in allowed and (n <= most or n == allowed[0])]
    if not interface.positions and not interface.needs_arguments:
        return []
    return list(dict.fromkeys(counts))


def _with_sizes(arguments: Sequence[_Argument]) -> Iterator[tuple[str, ...]]:
    sizes = sum(argument.is_size for argument in arguments)
    first, *_ = candidates = SIZES_BY_COUNT[min(max(sizes, 1), 3)]
    for size in candidates:
        values = [argument.value(size) for argument in arguments]
        if not values or None in values:
            return
        made = tuple(value for value in values if value is not None)
        yield made
        if size == first:
            for at, argument in enumerate(arguments):
                for choice in argument.choices[1:]:
                    yield (*made[:at], str(choice), *made[at + 1 :])
        if not sizes:
            return


# ---------------------------------------------------------------- usage texts

_USAGE = re.compile(r"(?:%s|\./[\w.]+)((?:\s+(?:<[^<>]+>|\[[^\[\]]+\]|\w[\w./-]*))+)")
_PLACE = re.compile(r"<([^<>]+)>|\[([^\[\]]+)\]|(\S+)")


def _add_usage(interface: _Interface) -> None:
    """Names from `usage: %s <rows> <iterations>`, whole examples from `./main 1024 10`."""
    for text in interface.usage:
        for match in _USAGE.finditer(text):
            places = _PLACE.findall(match[1])
            if all(bare and bare.isdigit() for _, _, bare in places):
                interface.examples.append(tuple(bare for _, _, bare in places))
            elif all(angle or square for angle, square, _ in places):
                for at, (angle, square, _) in enumerate(places):
                    _name_place(interface, at + 1, angle or square)


def _name_place(interface: _Interface, at: int, text: str) -> None:
    if text.startswith("-"):
        return
    argument = interface.positions.get(at)
    if argument is None and not interface.needs_arguments:
        return
    argument = interface.positions.setdefault(at, _Argument())
    if not argument.name:
        argument.name = re.split(r"[\s:=(]", text.strip())[0]
    if not argument.kind and re.search(r"file|path|dir", text, re.IGNORECASE):
        argument.kind = WORD


# ---------------------------------------------------------------- reading `main`


class _Reader:
    """Collects what functions do with `argc` and `argv`."""

    def __init__(self, code: HostCode, interface: _Interface) -> None:
        self.code = code
        self.interface = interface
        self.ending = _ending_functions(code)

    def function(self, item: Item, argc: str, argv: str, depth: int) -> None:
        """Read a function whose parameters `argc` and `argv` are those of `main`."""
        assert item.body is not None, "only definitions are read"
        tokens = item.tokens
        self.interface.usage += [t.text for t in tokens[item.body[0] :] if t.kind == STRING]
        counter = 0
        for i in range(*item.body):
            token = tokens[i]
            if token.kind != IDENT:
                continue
            if token.text == argc and argc:
                self.refusals(item, i, argc, argv)
            elif token.text == argv and tokens[i + 1].text == "[":
                counter = self.use(item, i, counter)
            elif token.text in ("getopt", "getopt_long"):
                self.getopt(item, i)
            elif token.text in self.code.functions and tokens[i + 1].text == "(" and depth < 2:
                self.callee(item, i, argc, argv, depth)

    def callee(self, item: Item, i: int, argc: str, argv: str, depth: int) -> None:
        """A function of the file that gets `argv`."""
        given = split_arguments(item.tokens[i + 2 : skip_bracket(item.tokens, i + 1) - 1])
        names = [text_of(part) for part in given]
        if argv not in names:
            return
        for function in self.code.functions[item.tokens[i].text]:
            formal = [p.name for p in function_parameters(function)]
            if function.body is None or len(formal) != len(names) or function is item:
                continue
            count = formal[names.index(argc)] if argc in names else ""
            self.function(function, count, formal[names.index(argv)], depth + 1)

    # ------------------------------------------------------------ numbers of arguments

    def refusals(self, item: Item, i: int, argc: str, argv: str) -> None:
        """Numbers of arguments for which `if (argc ...)` or `assert(argc ...)` ends it all."""
        tokens, match = item.tokens, self.code.match(item)
        opening = _enclosing_parenthesis(item, i, match)
        if opening < 1 or match[opening] < 0:
            return
        word = tokens[opening - 1].text
        condition = text_of(tokens[opening + 1 : match[opening]])
        if word == "assert":
            self.refuse(condition, argc, False)
        if word != "if":
            return
        body, after = _statement(tokens, match[opening] + 1)
        if self.ends(body, argv):
            self.refuse(condition, argc, True)
        if after < len(tokens) and tokens[after].text == "else":
            other, _ = _statement(tokens, after + 1)
            if self.ends(other, argv):
                self.refuse(condition, argc, False)

    def ends(self, body: Tokens, argv: str) -> bool:
        """Whether a branch gives up: it leaves, and reads no argument."""
        words = [t.text for t in body]
        reads = [words[i + 2] for i, w in enumerate(words[:-2]) if w == argv]
        return bool(set(words) & self.ending) and all(index == "0" for index in reads)

    def refuse(self, condition: str, argc: str, when: bool) -> None:
        try:
            size = parse_size(condition)
            refused = {
                count
                for count in range(MAX_ARGUMENTS + 1)
                if bool(evaluate(size, {argc: count + 1})) == when
            }
        except (CompileError, SizeError):
            return
        if len(refused) <= MAX_ARGUMENTS:  # what refuses everything was not understood
            self.interface.refused |= refused

    # ------------------------------------------------------------ uses of arguments

    def use(self, item: Item, i: int, counter: int) -> int:
        """`argv[...]` at i; returns the number of positions taken by `argv[next++]`."""
        tokens = item.tokens
        closing = skip_bracket(tokens, i + 1)
        index = [t.text for t in tokens[i + 2 : closing - 1]]
        start = _statement_start(tokens, i)
        if len(index) == 1 and index[0].isdigit():
            if int(index[0]) > 0:
                self.position(item, start, i, closing, int(index[0]))
        elif len(index) == 2 and index[1] == "++" and not self.in_loop_over(item, index[0], i):
            counter += 1
            self.position(item, start, i, closing, counter)
        else:
            self.flag_value(item, start, i, closing)
        return counter

    def in_loop_over(self, item: Item, name: str, i: int) -> bool:
        """Whether flags are looked for: `name` runs over the arguments and texts are compared."""
        words = [t.text for t in item.tokens[:i]]
        return "strcmp" in words and "for" in words and name in words

    def position(self, item: Item, start: int, i: int, closing: int, index: int) -> None:
        if index > MAX_ARGUMENTS:
            return
        argument = self.interface.positions.setdefault(index, _Argument())
        self.describe(argument, item, start, i, closing)

    def describe(self, argument: _Argument, item: Item, start: int, i: int, closing: int) -> None:
        """What the statement around a use says of the argument."""
        tokens = item.tokens
        before = tokens[start:i]
        called = [t.text for t in before if t.kind == IDENT]
        kind = next((CONVERSIONS[w] for w in reversed(called) if w in CONVERSIONS), "")
        if "sscanf" in called:
            texts = [t.text for t in tokens[closing : closing + 4] if t.kind == STRING]
            kind = REAL if texts and re.search(r"%l?[fge]", texts[0]) else INTEGER
            argument.name = argument.name or _after_ampersand(tokens[closing:])
        compared = _compared_text(tokens, i, closing)
        if compared and not compared.startswith("-"):
            argument.words.append(compared)
        if kind and argument.kind in ("", WORD):
            argument.kind = kind
        elif not kind and not argument.kind and "printf" not in called:
            argument.kind = WORD
        name = _assigned_name(before)
        if name and kind and not argument.name:
            argument.name = name
            argument.default = self.default_of(name, item, i)
            argument.choices = self.choices_of(name)

    def choices_of(self, name: str) -> tuple[int, ...]:
        """The cases of switches over a variable of this name, in any function."""
        found: dict[int, None] = {}
        for item in self.code.items:
            if item.kind is ItemKind.FUNCTION and name in self.code.identifiers(item):
                found.update(dict.fromkeys(switch_choices(item, [name]).get(name, ())))
        return tuple(found)

    def default_of(self, name: str, item: Item, i: int) -> int | None:
        """The value that a variable starts with."""
        declared = self.code.sight(item, i).get(name) or self.code.globals.get(name)
        init = declared.init if declared is not None and declared.init else []
        if any(t.text == "?" for t in init):
            colon = next((j for j, t in enumerate(init) if t.text == ":"), len(init))
            init = init[colon + 1 :]
        try:
            return evaluate(parse_size(text_of(init)), {}) if init else None
        except (CompileError, SizeError):
            return None

    # ------------------------------------------------------------ flags

    def flag_value(self, item: Item, start: int, i: int, closing: int) -> None:
        """`argv[i + 1]` or `argv[++i]` after `strcmp(argv[i], "-n")`: the value of that flag."""
        tokens = item.tokens
        index = [t.text for t in tokens[i + 2 : closing - 1]]
        if index[:1] != ["++"] and index[1:] not in (["+", "1"], ["++"]):
            return
        flags = _flags_before(tokens, i)
        if not flags:
            return
        argument = self.interface.flags.setdefault(flags[0], _Argument())
        self.describe(argument, item, start, i, closing)

    def getopt(self, item: Item, i: int) -> None:
        """`getopt(argc, argv, "n:h")` with `case 'n': n = atoi(optarg)`."""
        tokens = item.tokens
        given = split_arguments(tokens[i + 2 : skip_bracket(tokens, i + 1) - 1])
        if len(given) < 3 or not given[2] or given[2][0].kind != STRING:
            return
        for letter in re.findall(r"([A-Za-z]):(?!:)", given[2][0].text):
            argument = self.interface.flags.setdefault(f"-{letter}", _Argument())
            for at, token in enumerate(tokens):
                if token.kind == CHAR and token.text == f"'{letter}'":
                    uses = range(at, min(at + 40, len(tokens)))
                    use = next((j for j in uses if tokens[j].text == "optarg"), None)
                    if use is not None:
                        self.describe(argument, item, _statement_start(tokens, use), use, use + 1)


def _ending_functions(code: HostCode) -> set[str]:
    """Words that end a function or the program: `return`, `exit`, functions that always exit."""
    found = {"return", "exit", "abort", "_exit", "throw"}
    for name, functions in code.functions.items():
        for item in functions:
            if item.kind is ItemKind.FUNCTION and item.body is not None and name != "main":
                words = {t.text for t in item.tokens[item.body[0] :]}
                if words & {"exit", "abort", "_exit"} and not words & {"if", "for", "while"}:
                    found.add(name)
    return found


def _enclosing_parenthesis(item: Item, i: int, match: Sequence[int]) -> int:
    """The outermost `(` of the statement's condition around i: the one after a word."""
    depth, found = 0, -1
    for j in range(i - 1, -1, -1):
        text = item.tokens[j].text
        if text in (";", "{", "}"):
            break
        depth += (text == ")") - (text == "(")
        if depth < 0 and j > 0 and item.tokens[j - 1].text in ("if", "assert"):
            found = j
    return found


def _statement(tokens: Sequence[Token], start: int) -> tuple[Tokens, int]:
    """The statement at `start`, and the index after it."""
    if start < len(tokens) and tokens[start].text == "{":
        end = skip_bracket(tokens, start)
        return list(tokens[start:end]), end
    end = start
    while end < len(tokens) and tokens[end].text != ";":
        end = skip_bracket(tokens, end) if tokens[end].text in "([{" else end + 1
    return list(tokens[start : end + 1]), end + 1


def _statement_start(tokens: Sequence[Token], i: int) -> int:
    while i > 0 and tokens[i - 1].text not in (";", "{", "}"):
        i -= 1
    return i


def _assigned_name(before: Sequence[Token]) -> str:
    """The variable that a statement sets: the last `name =` in it."""
    for at in range(len(before) - 1, 0, -1):
        if before[at].text == "=":
            name = before[at - 1]
            return name.text if name.kind == IDENT else _indexed_name(before[:at])
    return ""


def _indexed_name(tokens: Sequence[Token]) -> str:
    """`sizes` in `sizes[0] =`."""
    depth = 0
    for token in reversed(tokens):
        depth += (token.text == "]") - (token.text == "[")
        if depth == 0 and token.kind == IDENT:
            return token.text
    return ""


def _after_ampersand(tokens: Sequence[Token]) -> str:
    for at, token in enumerate(tokens[:8]):
        if token.text == "&" and tokens[at + 1].kind == IDENT:
            return tokens[at + 1].text
    return ""


def _compared_text(tokens: Sequence[Token], i: int, closing: int) -> str:
    """`"x"` in `strcmp(argv[1], "x")` and `argv[1] == "x"`."""
    compares = i > 1 and tokens[i - 2].text in ("strcmp", "strncmp", "strcasecmp")
    following = tokens[closing].text if closing + 1 < len(tokens) else ""
    if following == "==" or (following == "," and compares):
        other = tokens[closing + 1]
        if other.kind == STRING:
            return other.text.strip('"')
    return ""


def _flags_before(tokens: Sequence[Token], i: int) -> list[str]:
    """The flags of the nearest comparison before i: `"-n"` and maybe `"--size"`, or letters as in
    `argv[i][1] == 'n'`."""
    flags: list[str] = []
    letters = ""
    for j in range(i - 1, max(i - 60, 0), -1):
        token = tokens[j]
        if token.kind == STRING and re.fullmatch(r'"--?[A-Za-z][\w-]*"', token.text):
            flags.insert(0, token.text.strip('"'))
        elif token.kind == CHAR and token.text[1].isalnum() and tokens[j - 1].text == "==":
            letters = token.text[1] + letters
        elif (flags or letters) and token.text in (";", "{", "}"):
            break
    return flags or ([f"-{letters}"] if letters else [])
