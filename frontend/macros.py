"""Macros: their definitions and their expansion.

Expansion is a scan over a stack of token lists: the replacement of a macro is pushed and read
again, and while it is on the stack the macro's own name is not expanded; such a name is painted,
that is, never expanded again. Every token of a replacement points at its spelling (in the
definition or in the argument), and its span carries the chain of uses that put it where it is.

Nesting and the number of tokens made are limited, so that no input can blow up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ..ir.diagnostics import CompileError, Diagnostic, Reporter
from ..ir.source import NOWHERE, Expansion, Span
from .tokens import CHAR, IDENT, PUNCT, STRING, Token, lex_fragment

PAINTED = "PAINTED"
_PLACEMARKER = "PLACEMARKER"
MAX_NESTING = 100
MAX_CHAIN = 200
MAX_PRODUCED = 400_000
MAX_COMPLAINTS = 100

Special = Callable[["Scan", Token], list[Token]]


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro; `parameters` is None for an object-like one. A variadic one's last parameter takes
    the rest of the arguments. A `special` one computes its tokens."""

    name: str
    body: tuple[Token, ...] = ()
    parameters: tuple[str, ...] | None = None
    variadic: bool = False
    span: Span = NOWHERE
    special: Special | None = None
    predefined: bool = False
    index: dict[str, int] = field(default_factory=dict)
    plain: bool = True  # the body has neither # nor ## nor __VA_OPT__


class MacroError(Exception):
    """A definition that is not valid, and where."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.span = span


class Complaints:
    """Reports into a `Reporter`, but only so many: one mistake in a macro can repeat for ever."""

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter
        self.count = 0
        self.warnings = 0

    def error(self, code: str, message: str, span: Span, help: str = "") -> None:
        self.count += 1
        if self.count <= MAX_COMPLAINTS:
            self.reporter.error(code, message, span, help=help)

    def warning(self, code: str, message: str, span: Span, help: str = "") -> None:
        self.warnings += 1
        if self.warnings <= MAX_COMPLAINTS:
            self.reporter.warning(code, message, span, help=help)

    def remark(self, code: str, message: str, span: Span, help: str = "") -> None:
        self.reporter.remark(code, message, span, help=help)


def too_large(message: str, span: Span) -> CompileError:
    """What ends the run where a limit is exceeded."""
    return CompileError([Diagnostic("ASC0007", message, span.written())])


# ---------------------------------------------------------------- definitions


def parse_definition(tokens: list[Token], *, predefined: bool = False) -> Macro:
    """The macro of a `#define` line; `tokens` follow the word `define`."""
    if not tokens:
        raise MacroError("macro name missing", NOWHERE)
    name = tokens[0]
    if name.kind != IDENT or name.text in ("defined", "__VA_ARGS__", "__VA_OPT__"):
        raise MacroError(f"'{name.text}' cannot be a macro name", name.span)
    parameters: tuple[str, ...] | None = None
    variadic = False
    body = tokens[1:]
    if body and body[0].text == "(" and body[0].glued:
        parameters, variadic, after = _parameters(body)
        body = body[after:]
    index = {p: i for i, p in enumerate(parameters or ())}
    plain = not any(t.text in ("##", "#", "__VA_OPT__") for t in body)
    _check_body(body, parameters, index)
    return Macro(
        name.text, tuple(body), parameters, variadic, name.span, None, predefined, index, plain
    )


def _parameters(tokens: list[Token]) -> tuple[tuple[str, ...], bool, int]:
    """Parameter names, whether the last is variadic, and the index after `)`."""
    names: list[str] = []
    variadic = False
    i = 1
    while i < len(tokens) and tokens[i].text != ")":
        token = tokens[i]
        if token.text == "...":
            names.append("__VA_ARGS__")
            variadic = True
        elif token.kind == IDENT and token.text not in names:
            names.append(token.text)
            if i + 1 < len(tokens) and tokens[i + 1].text == "...":
                variadic = True
                i += 1
        else:
            raise MacroError(f"'{token.text}' cannot be a macro parameter", token.span)
        i += 1
        if i < len(tokens) and tokens[i].text == "," and not variadic:
            i += 1
            if i < len(tokens) and tokens[i].text == ")":
                raise MacroError("parameter name missing", tokens[i].span)
        elif i < len(tokens) and tokens[i].text != ")":
            raise MacroError(f"expected ',' or ')' before '{tokens[i].text}'", tokens[i].span)
    if i >= len(tokens):
        raise MacroError("')' missing in the macro's parameter list", tokens[-1].span)
    return tuple(names), variadic, i + 1


def _check_body(
    body: list[Token], parameters: tuple[str, ...] | None, index: dict[str, int]
) -> None:
    if body and "##" in (body[0].text, body[-1].text):
        raise MacroError("'##' cannot be at either end of a macro's replacement", body[0].span)
    if parameters is None:
        return
    optional_until = -1
    for i, token in enumerate(body):
        if token.text == "__VA_OPT__":
            if i < optional_until:
                raise MacroError("__VA_OPT__ cannot be inside __VA_OPT__", token.span)
            optional_until = _closing(body, i + 1)
        if token.text == "#" and not (
            i + 1 < len(body) and (body[i + 1].text in index or body[i + 1].text == "__VA_OPT__")
        ):
            raise MacroError("'#' is not followed by a macro parameter", token.span)


def _closing(body: Sequence[Token], i: int) -> int:
    """The index after the `)` that closes the `(` at body[i]."""
    depth = 0
    for after in range(i, len(body)):
        depth += {"(": 1, ")": -1}.get(body[after].text, 0)
        if depth <= 0:
            break
    if depth or i >= len(body) or body[i].text != "(":
        raise MacroError("__VA_OPT__ needs its tokens in parentheses", body[i - 1].span)
    return after + 1


def same_definition(a: Macro, b: Macro) -> bool:
    """Whether a redefinition changes nothing."""
    return (
        a.parameters == b.parameters
        and a.variadic == b.variadic
        and [(t.text, t.glued) for t in a.body[1:]] == [(t.text, t.glued) for t in b.body[1:]]
        and [t.text for t in a.body[:1]] == [t.text for t in b.body[:1]]
    )


# ---------------------------------------------------------------- scanning


class Source:
    """Tokens that come from a file, with room for one to be put back."""

    __slots__ = ("pushed", "tokens")

    def __init__(self, tokens: Iterator[Token]) -> None:
        self.tokens = tokens
        self.pushed: list[Token] = []

    def next(self) -> Token | None:
        return self.pushed.pop() if self.pushed else next(self.tokens, None)


class Scan:
    """A stack of token lists being read; below it, maybe, the rest of the file."""

    __slots__ = ("_active", "_painting", "_source", "_stack", "from_source")

    def __init__(
        self, tokens: list[Token], active: dict[str, int], source: Source | None = None
    ) -> None:
        self._stack: list[tuple[Iterator[Token], str | None]] = [(iter(tokens), None)]
        self._active = active
        self._source = source
        self.from_source = False

    def buffered(self) -> Token | None:
        """The next token of the lists; None where all are read."""
        stack = self._stack
        while stack:
            tokens, macro = stack[-1]
            token = next(tokens, None)
            if token is not None:
                return token
            stack.pop()
            if macro is not None:
                del self._active[macro]
        return None

    def next(self) -> Token | None:
        """The next token, from the file where the lists are read; names of macros that are being
        expanded come painted."""
        token = self.buffered()
        if token is None and self._source is not None:
            token = self._source.next()
        if token is not None and token.kind == IDENT and token.text in self._active:
            token = token._replace(kind=PAINTED)
        return token

    def push(self, tokens: list[Token], macro: str | None = None) -> None:
        """Read `tokens` next; `macro` is not expanded meanwhile."""
        if macro is not None:
            self._active[macro] = 1
        self._stack.append((iter(tokens), macro))


class Expander:
    """The macros in force and the machinery that replaces their uses."""

    def __init__(self, macros: dict[str, Macro], complaints: Complaints) -> None:
        self.macros = macros
        self.complaints = complaints
        self._active: dict[str, int] = {}
        self._nesting = 0
        self._produced = 0

    def expand(self, tokens: list[Token], source: Source | None = None) -> list[Token]:
        """`tokens` fully expanded; a call that they begin may end in `source`.

        Names that must not be expanded again come out with the kind PAINTED.
        """
        scan = Scan(tokens, self._active, source)
        macros, active = self.macros, self._active
        out: list[Token] = []
        while (token := scan.buffered()) is not None:
            if token.kind == IDENT:
                macro = macros.get(token.text)
                if macro is not None:
                    if token.text in active:
                        token = token._replace(kind=PAINTED)
                    elif self._replace(scan, macro, token):
                        continue
            out.append(token)
        return out

    def expand_unpainted(self, tokens: list[Token]) -> list[Token]:
        """As `expand`, for tokens that are not scanned again."""
        return [t._replace(kind=IDENT) if t.kind == PAINTED else t for t in self.expand(tokens)]

    def _replace(self, scan: Scan, macro: Macro, token: Token) -> bool:
        """Push the replacement of `macro`; False where its name stands for itself."""
        if macro.special is not None:
            scan.push(macro.special(scan, token))
            return True
        if macro.parameters is None:
            replacement = self._object_like(macro, token)
        else:
            following = scan.next()
            if following is None or following.text != "(" or following.kind != PUNCT:
                if following is not None:
                    scan.push([following])
                return False
            arguments, read, closed = self._arguments(scan, macro)
            omitted = len(arguments) < len(macro.parameters) or arguments == [[]]
            if not self._fits(macro, arguments, token, closed):
                self.spend(len(read), macro.name, token.span)  # they are all read again
                scan.push([following, *read])
                return False
            use = token.span
            if read[-1].span.expansion is use.expansion:
                use = use.to(read[-1].span)
            expansion = self._expansion(macro, use)
            replacement = _Substitution(self, macro, arguments, expansion, omitted).run()
        self.spend(len(replacement) + 1, macro.name, token.span)
        if replacement and replacement[0].glued != token.glued:
            replacement[0] = replacement[0]._replace(glued=token.glued)
        scan.push(replacement, macro.name)
        return True

    def _arguments(self, scan: Scan, macro: Macro) -> tuple[list[list[Token]], list[Token], bool]:
        """Arguments after the opening parenthesis, all tokens read, and whether `)` was there."""
        limit = len(macro.parameters or ()) if macro.variadic else 1 << 30
        arguments: list[list[Token]] = [[]]
        read: list[Token] = []
        depth = 0
        while (token := scan.next()) is not None:
            read.append(token)
            if token.kind == PUNCT:
                if token.text == "(":
                    depth += 1
                elif token.text == ")":
                    if depth == 0:
                        return arguments, read, True
                    depth -= 1
                elif token.text == "," and depth == 0 and len(arguments) < limit:
                    arguments.append([])
                    continue
            arguments[-1].append(token)
        return arguments, read, False

    def _fits(self, macro: Macro, arguments: list[list[Token]], token: Token, closed: bool) -> bool:
        """Whether the arguments can be bound; reports where not. Fills up missing ones."""
        assert macro.parameters is not None
        if not closed:
            self.complaints.error(
                "ASC0105",
                f"the arguments of macro '{macro.name}' are not closed by ')'",
                token.span,
            )
            return False
        wanted = len(macro.parameters)
        if wanted == 0 and arguments == [[]]:
            arguments.clear()
        if macro.variadic and len(arguments) == wanted - 1:
            arguments.append([])
        if len(arguments) == wanted:
            return True
        least = wanted - 1 if macro.variadic else wanted
        self.complaints.error(
            "ASC0107",
            f"macro '{macro.name}' takes {'at least ' if macro.variadic else ''}{least} "
            f"argument{'' if least == 1 else 's'}, {len(arguments)} given",
            token.span,
        )
        return False

    def spend(self, amount: int, macro: str, span: Span) -> None:
        """Count what expansion makes, in tokens."""
        self._produced += amount
        if self._produced > MAX_PRODUCED:
            raise too_large(
                f"expanding macros makes more than {MAX_PRODUCED} tokens (in '{macro}')", span
            )

    # ------------------------------------------------------------ replacement

    def _expansion(self, macro: Macro, use: Span) -> Expansion:
        depth, at = 0, use.expansion
        while at is not None:
            depth, at = depth + 1, at.use.expansion
        if depth > MAX_CHAIN:
            raise too_large(f"macros nest more than {MAX_CHAIN} deep (in '{macro.name}')", use)
        return Expansion(macro.name, use)

    def _object_like(self, macro: Macro, token: Token) -> list[Token]:
        expansion = self._expansion(macro, token.span)
        if macro.plain:
            return [_moved(t, expansion) for t in macro.body]
        return _Substitution(self, macro, [], expansion).run()

    def expand_argument(self, tokens: list[Token], span: Span) -> list[Token]:
        """An argument as if it were the rest of the file."""
        macros = self.macros
        if not any(t.kind == IDENT and t.text in macros for t in tokens):
            return tokens
        if self._nesting >= MAX_NESTING:
            raise too_large(f"macro calls nest more than {MAX_NESTING} deep", span)
        self._nesting += 1
        try:
            return self.expand(tokens)
        finally:
            self._nesting -= 1


def _moved(token: Token, expansion: Expansion) -> Token:
    """A token of a macro's body, in an expansion."""
    span = token.span
    return Token(
        token.kind,
        token.text,
        Span(span.file, span.line, span.col, span.end_line, span.end_col, expansion),
        token.glued,
    )


class _Substitution:
    """One replacement of a macro by its body, with arguments put in."""

    def __init__(
        self,
        expander: Expander,
        macro: Macro,
        arguments: list[list[Token]],
        expansion: Expansion,
        rest_omitted: bool = False,
    ) -> None:
        self.expander = expander
        self.macro = macro
        self.arguments = arguments
        self.expansion = expansion
        self.rest_omitted = rest_omitted
        self._expanded: dict[int, list[Token]] = {}
        self._raw: dict[int, list[Token]] = {}
        self._chains: dict[int, Expansion] = {}

    def run(self) -> list[Token]:
        out = self._body(self.macro.body)
        return [t for t in out if t.kind != _PLACEMARKER] if not self.macro.plain else out

    def _body(self, body: tuple[Token, ...]) -> list[Token]:
        out: list[Token] = []
        index = self.macro.index
        i = 0
        while i < len(body):
            token = body[i]
            if token.text == "##" and token.kind == PUNCT and 0 < i < len(body) - 1:
                operand, i = self._operand(body, i + 1, raw=True)
                self._paste(out, operand, body[i - 1])
                continue
            raw = i + 1 < len(body) and body[i + 1].text == "##"
            if token.text in index or token.text in ("#", "__VA_OPT__"):
                operand, i = self._operand(body, i, raw=raw)
                out += operand
            else:
                out.append(_moved(token, self.expansion))
                i += 1
        return out

    def _operand(self, body: tuple[Token, ...], i: int, *, raw: bool) -> tuple[list[Token], int]:
        """What body[i] stands for, and the index after it."""
        token = body[i]
        index = self.macro.index
        if token.text == "#" and self.macro.parameters is not None and i + 1 < len(body):
            if body[i + 1].text == "__VA_OPT__":
                inner, after = self._optional(body, i + 1)
                return [self._stringized([t for t in inner if t.text], token)], after
            return [self._stringized(self._argument(body[i + 1], raw=True), token)], i + 2
        if token.text == "__VA_OPT__" and self.macro.variadic:
            return self._optional(body, i)
        if token.text not in index:
            return [_moved(token, self.expansion)], i + 1
        argument = self._argument(token, raw=raw)
        if not argument:
            return [Token(_PLACEMARKER, "", token.span)] if not self.macro.plain else [], i + 1
        first = argument[0]
        if first.glued != token.glued:
            argument = [first._replace(glued=token.glued), *argument[1:]]
        return argument, i + 1

    def _argument(self, parameter: Token, *, raw: bool) -> list[Token]:
        i = self.macro.index[parameter.text]
        known = self._raw if raw else self._expanded
        if i not in known:
            tokens = self.arguments[i]
            if not raw:
                tokens = self.expander.expand_argument(tokens, self.expansion.use)
            known[i] = [self._rebased(t) for t in tokens]
        return known[i]

    def _rebased(self, token: Token) -> Token:
        """A token of an argument: its own expansions inside, this one around them."""
        chain = token.span.expansion
        outer = self.expansion.use.expansion
        if chain is None or chain is outer:
            return _moved(token, self.expansion)
        if id(chain) not in self._chains:
            links = []
            at: Expansion | None = chain
            while at is not None and at is not outer:
                links.append(at)
                at = at.use.expansion
            rebuilt = self.expansion
            for link in reversed(links):
                rebuilt = Expansion(link.macro, link.use._replace(expansion=rebuilt))
            self._chains[id(chain)] = rebuilt
        return _moved(token, self._chains[id(chain)])

    def _optional(self, body: tuple[Token, ...], i: int) -> tuple[list[Token], int]:
        """`__VA_OPT__(...)` at body[i]."""
        after = _closing(body, i + 1)
        rest = Token(IDENT, (self.macro.parameters or ("",))[-1], body[i].span)
        if self._argument(rest, raw=False):
            return self._body(body[i + 2 : after - 1]), after
        return [Token(_PLACEMARKER, "", body[i].span)], after

    def _stringized(self, tokens: list[Token], sharp: Token) -> Token:
        text = "".join(
            re.sub(r'(["\\])', r"\\\1", piece) if kind in (STRING, CHAR) else piece
            for kind, piece in _pieces(tokens)
        )
        self._spend_text(text)
        return _moved(Token(STRING, f'"{text}"', sharp.span, sharp.glued), self.expansion)

    def _spend_text(self, text: str) -> None:
        """A long text counts as many tokens: # and ## can double its length each time."""
        self.expander.spend(len(text) >> 2, self.macro.name, self.expansion.use)

    def _paste(self, out: list[Token], operand: list[Token], at: Token) -> None:
        """Join the last token of `out` and the first of `operand`."""
        if not out or not operand:
            out += operand
            return
        left, right = out[-1], operand[0]
        if left.text == "," and left.kind == PUNCT and self._is_rest(at):
            if right.kind == _PLACEMARKER and self.rest_omitted:
                out.pop()
            out += operand
            return
        if right.kind == _PLACEMARKER:
            out += operand[1:]
            return
        if left.kind == _PLACEMARKER:
            out.pop()
            out += [right._replace(glued=left.glued), *operand[1:]]
            return
        self._spend_text(left.text + right.text)
        pasted = lex_fragment(left.text + right.text)
        if len(pasted) == 1 or all(text in (">", "=") for _, text in pasted):
            out.pop()
            out += [
                Token(kind, text, left.span, left.glued if i == 0 else True)
                for i, (kind, text) in enumerate(pasted)
            ]
            out += operand[1:]
            return
        self.expander.complaints.error(
            "ASC0107",
            f"pasting '{left.text}' and '{right.text}' does not give a valid token",
            _moved(at, self.expansion).span,
        )
        out += operand

    def _is_rest(self, token: Token) -> bool:
        """Whether `token` names the variadic parameter."""
        parameters = self.macro.parameters
        return bool(self.macro.variadic and parameters and token.text == parameters[-1])


def _pieces(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    for i, token in enumerate(tokens):
        if i and not token.glued:
            yield "", " "
        yield token.kind, token.text
