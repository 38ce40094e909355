"""How the files beside a source run its program: arguments in Makefiles, scripts, CMake, READMEs.

Lines that start the program are read (`./$(program) 1000 10`, `./main -n 64`,
`add_test(NAME t COMMAND main 1000)`), plain make and shell variables are put in. Nothing is run.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

MAX_BYTES = 200_000
_FILES = (
    "Makefile", "makefile", "GNUmakefile", "Makefile.*", "run*", "test*.sh", "*.sh",
    "CMakeLists.txt", "README*", "readme*",
)  # fmt: skip
_VARIABLE = re.compile(
    r"^[ \t]*(?:export\s+)?([A-Za-z_]\w*)[ \t]*[:?]?=[ \t]*([^#\n]*)", re.MULTILINE
)
_REFERENCE = re.compile(r"\$[({]([A-Za-z_]\w*)[)}]|\$([A-Za-z_]\w*)|\$([<@^*])")
_ADD_TEST = re.compile(r"add_test\s*\(([^()]*)\)")
_ENDS = frozenset(("&&", "||", ";", "|", ">", ">>", "<", "2>", "2>&1", "&>", "&", "\\"))
_PROGRAM = "<program>"


def run_lines(source: Path) -> list[tuple[str, ...]]:
    """Arguments with which the program of `source` is started by files in its folder."""
    folder = source.parent
    is_alone = len(list(folder.glob("*.cu"))) <= 1
    found: dict[tuple[str, ...], None] = {}
    seen: set[Path] = set()
    for pattern in _FILES:
        for path in sorted(folder.glob(pattern)):
            if path in seen or path.suffix in (".cu", ".cpp", ".py", ".cuh", ".h", ".o", ".txt.in"):
                continue
            seen.add(path)
            for words in _commands(_text(path)):
                if _starts(words[0], source.stem, is_alone):
                    found.setdefault(tuple(_argument(word, folder) for word in words[1:]))
    return list(found)


def _text(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return ""
        return path.read_text(encoding="utf-8", errors="replace").replace("\\\n", " ")
    except OSError:
        return ""


def _starts(program: str, stem: str, is_alone: bool) -> bool:
    """Whether a command's first word can be the program of the source."""
    name = program.rsplit("/", 1)[-1]
    if name == _PROGRAM or name.endswith(_PROGRAM):
        return is_alone
    name = name.removesuffix(".out").removesuffix(".exe")
    if name.endswith((".sh", ".py", ".cu", ".pl")):
        return False
    return name == stem or (is_alone and name in ("main", "a", "program", "prog", "run", "test"))


def _commands(text: str) -> Iterator[list[str]]:
    """The commands of a file that start a program by a path, as words."""
    variables = {name: value.strip() for name, value in _VARIABLE.findall(text)}
    for line in text.split("\n"):
        expanded = _expanded(line, variables)
        at = re.search(r"(?:^|[\s`'\"])(\.{1,2}/(?:[\w.+-]+/)*[\w.+<>-]+)", expanded)
        if at is not None:
            words = _words(expanded[at.start(1) :])
            if words:
                yield words
    for inner in _ADD_TEST.findall(text):
        words = _words(_expanded(inner, variables))
        if "COMMAND" in words[:-1]:
            yield words[words.index("COMMAND") + 1 :]


def _expanded(line: str, variables: Mapping[str, str]) -> str:
    """The line with variables put in; those that are not known are taken for the program."""
    for _ in range(4):
        line = _REFERENCE.sub(
            lambda m: variables.get(m[1] or m[2] or "", _PROGRAM if m.start() else m[0]), line
        )
    return line


def _words(text: str) -> list[str]:
    """The words of one command, to its end or a redirection."""
    text = text.split("`")[0]
    try:
        parts = shlex.split(text, comments=True)
    except ValueError:
        return []
    words: list[str] = []
    for part in parts:
        if part in _ENDS or (part.startswith((">", "<", "2>", "|", "#")) and part != _PROGRAM):
            break
        if part.endswith(";"):
            words.append(part[:-1])
            break
        words.append(part)
    return words


def _argument(word: str, folder: Path) -> str:
    """A path that exists beside the source is made absolute, other words stay."""
    if "/" in word or "." in word:
        try:
            path = folder / word
            if path.is_file():
                return str(path.resolve())
        except OSError:
            return word
    return word
