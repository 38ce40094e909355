"""The C++17 preprocessor: directives, conditions, project headers.

`preprocess` turns a file into one list of tokens, each of which knows where it is written and the
macro uses that put it there. Files are read lazily through a stack, so a macro call may go on
over directives and even files, as compilers allow. Headers of the toolkit, of frameworks and of
the system are never read (`known_headers`). Mistakes are reported and survived; only a limit that
is exceeded, or a main file that is no text, ends the run.

Of pragmas only `unroll` and `nounroll` reach the tokens.
"""

from __future__ import annotations

import gc
import os
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

from ..ir.diagnostics import CompileError, Reporter, error
from ..ir.source import NOWHERE, Sources, Span
from . import tokens as lexer
from .conditions import ConditionError, evaluate
from .known_headers import ALWAYS, HeaderUse, is_known, macros_of
from .macros import (
    PAINTED,
    Complaints,
    Expander,
    Macro,
    MacroError,
    Scan,
    Source,
    parse_definition,
    same_definition,
    too_large,
)
from .project_headers import ProjectHeaders
from .tokens import EOF, IDENT, NUMBER, PRAGMA, PUNCT, STRAY, STRING, Chunk, Directive, Token

MAX_INCLUDE_DEPTH = 200
MAX_INCLUDES = 10_000
BUILTIN_FILE = NOWHERE.file
COMMAND_LINE = "<command-line>"

_QUERIES = ("__has_include", "__has_include_next")
_ATTRIBUTE_QUERIES = (
    "__has_attribute", "__has_cpp_attribute", "__has_builtin", "__has_feature", "__has_extension",
)  # fmt: skip
_KEPT_PRAGMAS = ("unroll", "nounroll")


@dataclass(frozen=True, slots=True)
class Preprocessed:
    """The tokens, the last of which is an EOF token; the macros at the end of the file; headers
    that were not read; the names of the files that were, the main one first; and folders in
    which headers were found that the include folders lack, as if they had come last there."""

    tokens: list[Token]
    macros: dict[str, Macro]
    headers: list[HeaderUse]
    files: list[str]
    found_dirs: list[str]


def preprocess(
    path: str,
    text: str | None = None,
    *,
    include_dirs: Sequence[str] = (),
    defines: Mapping[str, str | None] | None = None,
    undefines: Sequence[str] = (),
    force_includes: Sequence[str] = (),
    sources: Sources,
    reporter: Reporter,
) -> Preprocessed:
    """Preprocess the file at `path`, or `text` under that name.

    `defines` are as after -D: `NAME` or `NAME(parameters)` to replacement; None means 1. Raises
    CompileError where the main file cannot be read or a limit is exceeded.
    """
    run = _Preprocessor(include_dirs, sources, reporter)
    run.predefine(defines or {}, undefines)
    with _no_collection():
        return run.run(path, text, force_includes)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Tokens are many, stay, and form no cycles: searching them for garbage again and again takes
    longer than making them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@dataclass(slots=True)
class _Condition:
    """An `#if` that is open: whether its current group is read, and whether one was already."""

    span: Span
    parent: bool
    active: bool
    taken: bool
    has_else: bool = False


@dataclass(slots=True)
class _File:
    name: str
    folder: str
    chunks: Iterator[Chunk]
    end: Span
    conditions: list[_Condition] = field(default_factory=list)
    active: bool = True
    line_offset: int = 0
    presumed: str | None = None


@lru_cache(maxsize=1)
def _predefined() -> dict[str, Macro]:
    """The table of macros that every file has."""
    return _defined_by(ALWAYS)


def _defined_by(table: Mapping[str, str], file: str = BUILTIN_FILE) -> dict[str, Macro]:
    """Macros from a table of `NAME` or `NAME(parameters)` to replacement."""
    text = "".join(f"#define {head} {body}\n" for head, body in table.items())
    macros = {}
    for chunk in lexer.lex(file, text).chunks:
        assert isinstance(chunk, Directive)
        macro = parse_definition(chunk.tokens[1:], predefined=True)
        macros[macro.name] = macro
    return macros


class _Preprocessor:
    def __init__(self, include_dirs: Sequence[str], sources: Sources, reporter: Reporter) -> None:
        self.include_dirs = list(include_dirs)
        self.found_dirs: list[str] = []
        self.project: ProjectHeaders | None = None
        self.sources = sources
        self.complaints = Complaints(reporter)
        self.macros: dict[str, Macro] = dict(_predefined())
        self.expander = Expander(self.macros, self.complaints)
        # Directives inside the arguments of a macro call are evaluated while it is being read.
        self.line_expander = Expander(self.macros, self.complaints)
        self.headers: list[HeaderUse] = []
        self.files: list[str] = []
        self.stack: list[_File] = []
        self.once: set[str] = set()
        self.counter = 0
        self.token_count = 0
        self.include_count = 0
        self.pushed_macros: dict[str, list[Macro | None]] = {}
        self._add_special()

    # ------------------------------------------------------------ set-up

    def _add_special(self) -> None:
        specials: dict[str, Callable[[Scan, Token], list[Token]]] = {
            "__LINE__": self._line_macro,
            "__FILE__": self._file_macro,
            "__COUNTER__": self._counter_macro,
            "__INCLUDE_LEVEL__": self._level_macro,
            "_Pragma": self._pragma_operator,
        }
        for name, special in specials.items():
            self.macros[name] = Macro(name, special=special, predefined=True)
        self.queries = {"defined": Macro("defined", special=self._defined_operator)}
        for name in _QUERIES:
            self.queries[name] = Macro(name, special=self._has_include)
        for name in _ATTRIBUTE_QUERIES:
            self.queries[name] = Macro(name, special=self._has_attribute)

    def predefine(self, defines: Mapping[str, str | None], undefines: Sequence[str]) -> None:
        table = {k: "1" if v is None else v for k, v in defines.items()}
        try:
            self.macros.update(_defined_by(table, COMMAND_LINE))
        except MacroError as failure:
            raise error("ASC0104", f"-D: {failure}") from None
        for name in undefines:
            self.macros.pop(name, None)

    def run(self, path: str, text: str | None, force_includes: Sequence[str]) -> Preprocessed:
        if text is None:
            text = read_source(path)
        elif "\0" in text:
            raise error("ASC0003", f"'{path}' holds a NUL character", NOWHERE)
        if os.path.isfile(path):
            self.project = ProjectHeaders(path)
        self._enter(path, os.path.dirname(path), text)
        end = self.stack[-1].end
        for name in reversed(force_includes):
            span = Span(COMMAND_LINE, 1, 1, 1, 1)
            self._include(name, span, angled=False, folder="")
        out = self._expanded()
        out.append(Token(EOF, "", end))
        return Preprocessed(out, self.macros, self.headers, self.files, self.found_dirs)

    def _expanded(self) -> list[Token]:
        """All tokens of all files, macros expanded."""
        source = Source(self._file_tokens())
        macros, pushed, next_token = self.macros, source.pushed, source.tokens.__next__
        out: list[Token] = []
        append = out.append
        try:
            while True:
                token = pushed.pop() if pushed else next_token()
                if token.kind == IDENT:
                    if token.text in macros:
                        for made in self.expander.expand([token], source):
                            append(_final(made))
                        continue
                    if token.text in lexer.ALTERNATIVE_SPELLINGS:
                        token = _final(token)
                elif token.kind == STRAY:
                    self._stray(token)
                    continue
                append(token)
        except StopIteration:
            return [t for t in out if t.kind != STRAY or self._stray(t)]

    def _stray(self, token: Token) -> bool:
        """Report what is no token; false: it is left out."""
        text = token.text
        if text == "/*":
            self.complaints.error("ASC0105", "this comment is not closed by '*/'", token.span)
        elif text.lstrip("uULR8")[:1] in ("'", '"'):
            kind = "string" if '"' in text[:4] else "character"
            self.complaints.error("ASC0105", f"this {kind} literal is not closed", token.span)
        else:
            shown = text if text.isprintable() else f"U+{ord(text[0]):04X}"
            self.complaints.error("ASC0108", f"stray '{shown}' in the program", token.span)
        return False

    # ------------------------------------------------------------ files

    def _file_tokens(self) -> Iterator[Token]:
        """Tokens of active text, in order, directives carried out."""
        while self.stack:
            file = self.stack[-1]
            chunk = next(file.chunks, None)
            if chunk is None:
                self._leave()
            elif isinstance(chunk, Directive):
                token = self._directive(file, chunk)
                if token is not None:
                    yield token
            elif file.active:
                self.token_count += len(chunk)
                if self.token_count > lexer.MAX_TOKENS:
                    raise too_large(
                        f"the file and its headers have more than {lexer.MAX_TOKENS} tokens",
                        chunk[0].span,
                    )
                yield from chunk

    def _enter(self, name: str, folder: str, text: str) -> None:
        self.sources.add(name, text)
        if name not in self.files:
            self.files.append(name)
        lexed = lexer.lex(name, text)
        self.stack.append(_File(name, folder, iter(lexed.chunks), lexed.end))

    def _leave(self) -> None:
        file = self.stack.pop()
        for condition in file.conditions:
            self.complaints.error(
                "ASC0105", "this conditional is not closed by #endif", condition.span
            )

    # ------------------------------------------------------------ directives

    def _directive(self, file: _File, directive: Directive) -> Token | None:
        """Carry out a directive; the token that it leaves, if any."""
        if not directive.tokens:
            return None
        name, rest = directive.tokens[0], directive.tokens[1:]
        conditional = _CONDITIONALS.get(name.text)
        if conditional is not None:
            conditional(self, file, name, rest)
            return None
        if not file.active:
            return None
        if name.text == "pragma":
            return self._pragma(rest, directive.hash.span)
        action = _ACTIONS.get(name.text)
        if action is not None:
            action(self, file, name, rest)
        elif name.text not in _IGNORED and name.kind != NUMBER:
            self.complaints.error("ASC0104", f"unknown directive '#{name.text}'", name.span)
        return None

    def _if(self, file: _File, name: Token, rest: list[Token]) -> None:
        active = file.active and self._holds(name, rest)
        file.conditions.append(_Condition(name.span, file.active, active, active))
        file.active = active

    def _elif(self, file: _File, name: Token, rest: list[Token]) -> None:
        condition = self._open(file, name)
        if condition is None:
            return
        active = condition.parent and not condition.taken and self._holds(name, rest)
        condition.taken = condition.taken or active
        file.active = condition.active = active

    def _else(self, file: _File, name: Token, rest: list[Token]) -> None:
        condition = self._open(file, name)
        if condition is not None:
            condition.has_else = True
            file.active = condition.active = condition.parent and not condition.taken
            condition.taken = True

    def _endif(self, file: _File, name: Token, rest: list[Token]) -> None:
        if not file.conditions:
            self.complaints.error("ASC0106", "#endif without #if", name.span)
            return
        file.active = file.conditions.pop().parent

    def _open(self, file: _File, name: Token) -> _Condition | None:
        """The innermost conditional, where another group may follow."""
        if not file.conditions:
            self.complaints.error("ASC0106", f"#{name.text} without #if", name.span)
            return None
        if file.conditions[-1].has_else:
            self.complaints.error("ASC0106", f"#{name.text} after #else", name.span)
            return None
        return file.conditions[-1]

    def _holds(self, name: Token, rest: list[Token]) -> bool:
        """Whether the group after `#if`, `#ifdef`, `#elifndef` ... is read."""
        if name.text.endswith("def"):
            if not rest or rest[0].kind != IDENT:
                self.complaints.error("ASC0104", f"#{name.text} needs a macro name", name.span)
                return False
            return self._is_defined(rest[0].text) != name.text.endswith("ndef")
        try:
            condition = [_final(t) for t in self._expanded_condition(rest)]
            return evaluate(condition, name.span) != 0
        except ConditionError as failure:
            self.complaints.error("ASC0103", str(failure), failure.span)
            return False

    def _expanded_condition(self, tokens: list[Token]) -> list[Token]:
        self.macros.update(self.queries)
        try:
            return self.line_expander.expand_unpainted(tokens)
        finally:
            for name in self.queries:
                self.macros.pop(name, None)

    def _is_defined(self, name: str) -> bool:
        return name in self.macros or (name in self.queries and name != "defined")

    def _define(self, file: _File, name: Token, rest: list[Token]) -> None:
        try:
            macro = parse_definition(rest)
        except MacroError as failure:
            span = name.span if failure.span is NOWHERE else failure.span
            self.complaints.error("ASC0104", str(failure), span)
            return
        old = self.macros.get(macro.name)
        if old is not None and not old.predefined and not same_definition(old, macro):
            self.complaints.warning("ASC0110", f"macro '{macro.name}' is redefined", macro.span)
        self.macros[macro.name] = macro

    def _undef(self, file: _File, name: Token, rest: list[Token]) -> None:
        if not rest or rest[0].kind != IDENT:
            self.complaints.error("ASC0104", "#undef needs a macro name", name.span)
            return
        self.macros.pop(rest[0].text, None)

    def _message(self, file: _File, name: Token, rest: list[Token]) -> None:
        """#error and #warning: the text as written."""
        line = self.sources.line(name.span.file, name.span.line) or ""
        message = line[name.span.end_col - 1 :].strip() or "(no text)"
        if name.text == "error":
            self.complaints.error("ASC0102", f"#error {message}", name.span)
        else:
            self.complaints.warning("ASC0102", f"#warning {message}", name.span)

    def _line(self, file: _File, name: Token, rest: list[Token]) -> None:
        expanded = self.line_expander.expand_unpainted(rest)
        if not expanded or not expanded[0].text.isdecimal() or len(expanded[0].text) > 10:
            self.complaints.error("ASC0104", "#line needs a line number", name.span)
            return
        file.line_offset = int(expanded[0].text) - name.span.line - 1
        if len(expanded) > 1 and expanded[1].kind == STRING:
            file.presumed = expanded[1].text[1:-1]

    # ------------------------------------------------------------ includes

    def _include_directive(self, file: _File, name: Token, rest: list[Token]) -> None:
        if rest and rest[0].kind == IDENT:
            rest = self.line_expander.expand_unpainted(rest)
        header = _header_name(rest)
        if header is None:
            self.complaints.error("ASC0104", f'#{name.text} needs "FILE" or <FILE>', name.span)
            return
        span = rest[0].span.to(rest[-1].span) if rest[0].span.expansion is None else rest[0].span
        self._include(header[0], span, angled=header[1], folder=file.folder)

    def _include(self, header: str, span: Span, *, angled: bool, folder: str) -> None:
        path = self._find(header, angled, folder) or self._find_in_project(header, span, folder)
        if path is None:
            self._not_read(header, span, angled)
            return
        real = os.path.realpath(path)
        if real in self.once:
            return
        self.include_count += 1
        if len(self.stack) > MAX_INCLUDE_DEPTH:
            raise too_large(f"#include nests more than {MAX_INCLUDE_DEPTH} deep", span)
        if self.include_count > MAX_INCLUDES:
            raise too_large(f"more than {MAX_INCLUDES} #include directives", span)
        try:
            text = read_source(path)
            self._enter(path, os.path.dirname(path), text)
        except CompileError as failure:
            for diagnostic in failure.diagnostics:
                at = span if diagnostic.span == NOWHERE else diagnostic.span
                self.complaints.error(diagnostic.code, diagnostic.message, at, diagnostic.help)

    def _find(self, header: str, angled: bool, folder: str) -> str | None:
        """The path of a header that is to be read."""
        known = is_known(header)
        if os.path.isabs(header):
            return header if os.path.isfile(header) else None
        folders = [] if angled else [folder]
        if not known:
            folders += self.include_dirs
        for candidate in folders:
            path = os.path.normpath(os.path.join(candidate, header))
            if os.path.isfile(path):
                return path
        return None

    def _find_in_project(self, header: str, span: Span, folder: str) -> str | None:
        """A header that only the place of the file tells of; its folder is searched from now on."""
        if self.project is None or is_known(header) or os.path.isabs(header):
            return None
        found = self.project.find(header, folder or os.curdir)
        if found is None:
            return None
        chosen = os.path.relpath(found.folder)
        chosen = found.folder if chosen.count(f"{os.pardir}/") > 3 else chosen
        self.include_dirs.append(found.folder)
        self.found_dirs.append(found.folder)
        others = f" ({found.others} more of that name)" if found.others else ""
        self.complaints.remark(
            "ASC0111",
            f"header '{header}' is taken from '{os.path.join(chosen, header)}'{others}",
            span,
            help=f"-I {shlex.quote(chosen)} says so too; another folder with -I comes first",
        )
        return os.path.join(found.folder, header)

    def _not_read(self, header: str, span: Span, angled: bool) -> None:
        known = is_known(header)
        self.headers.append(HeaderUse(header, span, known, angled))
        if known:
            for name, macro in _framework_macros(header).items():
                self.macros.setdefault(name, macro)
        elif not angled:
            self.complaints.warning(
                "ASC0101",
                f"header '{header}' is not found",
                span,
                help="give its folder with -I if device code needs it",
            )

    # ------------------------------------------------------------ pragmas

    def _pragma(self, rest: list[Token], span: Span) -> Token | None:
        """`#pragma ...`: the token to keep, if any."""
        name = rest[0].text if rest else ""
        if name == "once":
            self.once.add(os.path.realpath(self.stack[-1].name))
        elif name in ("push_macro", "pop_macro") and len(rest) > 2 and rest[2].kind == STRING:
            self._push_or_pop(name, rest[2].text[1:-1])
        elif name in _KEPT_PRAGMAS:
            arguments = self.line_expander.expand_unpainted(rest[1:])
            text = " ".join(["#pragma", lexer.spelling([rest[0], *arguments])])
            return Token(PRAGMA, text, span.to(rest[-1].span))
        return None

    def _push_or_pop(self, action: str, name: str) -> None:
        saved = self.pushed_macros.setdefault(name, [])
        if action == "push_macro":
            saved.append(self.macros.get(name))
        elif saved:
            macro = saved.pop()
            if macro is None:
                self.macros.pop(name, None)
            else:
                self.macros[name] = macro

    def _pragma_operator(self, scan: Scan, token: Token) -> list[Token]:
        """`_Pragma("unroll 4")`."""
        read = [t for t in (scan.next(), scan.next(), scan.next()) if t is not None]
        if [t.text for t in read[::2]] != ["(", ")"] or read[1].kind != STRING:
            self.complaints.error("ASC0104", "_Pragma needs a string in parentheses", token.span)
            return []
        literal = read[1].text
        text = literal[literal.index('"') + 1 : -1].replace('\\"', '"').replace("\\\\", "\\")
        rest = [
            Token(kind, word, token.span, i > 0)
            for i, (kind, word) in enumerate(lexer.lex_fragment(text))
        ]
        rest = [t if i < 1 else t._replace(glued=False) for i, t in enumerate(rest)]
        kept = self._pragma(rest, token.span)
        return [] if kept is None else [kept]

    # ------------------------------------------------------------ special macros

    def _line_macro(self, scan: Scan, token: Token) -> list[Token]:
        offset = self.stack[-1].line_offset if self.stack else 0
        return [Token(NUMBER, str(token.span.written().line + offset), token.span, token.glued)]

    def _file_macro(self, scan: Scan, token: Token) -> list[Token]:
        presumed = self.stack[-1].presumed if self.stack else None
        name = (presumed or token.span.written().file).replace("\\", "\\\\").replace('"', '\\"')
        return [Token(STRING, f'"{name}"', token.span, token.glued)]

    def _counter_macro(self, scan: Scan, token: Token) -> list[Token]:
        self.counter += 1
        return [Token(NUMBER, str(self.counter - 1), token.span, token.glued)]

    def _level_macro(self, scan: Scan, token: Token) -> list[Token]:
        return [Token(NUMBER, str(max(0, len(self.stack) - 1)), token.span, token.glued)]

    def _defined_operator(self, scan: Scan, token: Token) -> list[Token]:
        name = scan.next()
        parenthesised = name is not None and name.text == "("
        if parenthesised:
            name = scan.next()
        closing = scan.next() if parenthesised else None
        if name is None or name.kind not in (IDENT, PAINTED):
            raise ConditionError("'defined' needs a macro name", token.span)
        if parenthesised and (closing is None or closing.text != ")"):
            raise ConditionError("')' missing after 'defined'", token.span)
        return [Token(NUMBER, str(int(self._is_defined(name.text))), token.span)]

    def _has_include(self, scan: Scan, token: Token) -> list[Token]:
        inner = _parenthesised(scan, token)
        if inner and inner[0].kind == IDENT:
            inner = self.line_expander.expand_unpainted(inner)
        header = _header_name(inner)
        if header is None:
            raise ConditionError(f'{token.text} needs "FILE" or <FILE>', token.span)
        found = is_known(header[0]) or self._find(*header, self.stack[-1].folder) is not None
        return [Token(NUMBER, str(int(found)), token.span)]

    def _has_attribute(self, scan: Scan, token: Token) -> list[Token]:
        _parenthesised(scan, token)
        return [Token(NUMBER, "0", token.span)]


_Action = Callable[[_Preprocessor, _File, Token, list[Token]], None]

_CONDITIONALS: dict[str, _Action] = {
    "if": _Preprocessor._if,
    "ifdef": _Preprocessor._if,
    "ifndef": _Preprocessor._if,
    "elif": _Preprocessor._elif,
    "elifdef": _Preprocessor._elif,
    "elifndef": _Preprocessor._elif,
    "else": _Preprocessor._else,
    "endif": _Preprocessor._endif,
}
_ACTIONS: dict[str, _Action] = {
    "define": _Preprocessor._define,
    "undef": _Preprocessor._undef,
    "include": _Preprocessor._include_directive,
    "include_next": _Preprocessor._include_directive,
    "import": _Preprocessor._include_directive,
    "error": _Preprocessor._message,
    "warning": _Preprocessor._message,
    "line": _Preprocessor._line,
}
_IGNORED = ("ident", "sccs", "assert", "unassert")


@lru_cache(maxsize=32)
def _framework_macros(header: str) -> dict[str, Macro]:
    return _defined_by(macros_of(header))


def _final(token: Token) -> Token:
    """A token as the parser takes it: painted names are names, `and` is `&&`."""
    if token.text in lexer.ALTERNATIVE_SPELLINGS and token.kind in (IDENT, PAINTED):
        return token._replace(kind=PUNCT, text=lexer.ALTERNATIVE_SPELLINGS[token.text])
    return token._replace(kind=IDENT) if token.kind == PAINTED else token


def _header_name(tokens: list[Token]) -> tuple[str, bool] | None:
    """The name in `"..."` or `<...>`, and whether it is the latter."""
    if not tokens:
        return None
    if tokens[0].kind == STRING and tokens[0].text[0] == '"':
        return tokens[0].text[1:-1], False
    closing = next((i for i, t in enumerate(tokens) if t.text == ">"), -1)
    if tokens[0].text != "<" or closing < 2:
        return None
    return lexer.spelling(tokens[1:closing]), True


def _parenthesised(scan: Scan, token: Token) -> list[Token]:
    """The tokens in parentheses after an operator of `#if`."""
    following = scan.next()
    if following is None or following.text != "(":
        raise ConditionError(f"'(' missing after '{token.text}'", token.span)
    inner: list[Token] = []
    depth = 1
    while (following := scan.next()) is not None:
        depth += {"(": 1, ")": -1}.get(following.text, 0)
        if depth == 0:
            return inner
        inner.append(following)
    raise ConditionError(f"')' missing after '{token.text}'", token.span)


def read_source(path: str | os.PathLike[str]) -> str:
    """A file's text; raises ASC0002, ASC0003 or ASC0007."""
    try:
        with open(path, "rb") as file:
            data = file.read(lexer.MAX_CHARACTERS + 1)
    except OSError as failure:
        reason = failure.strerror or "it is not readable"
        raise error("ASC0002", f"cannot read '{path}': {reason}", NOWHERE) from None
    except ValueError:
        raise error("ASC0002", f"cannot read {path!r}: not a file name", NOWHERE) from None
    return lexer.decode(os.fspath(path), data)
