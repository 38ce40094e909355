"""The token pass: one declaration's tokens become the terminals of the grammar.

Everything in C++ that cannot be parsed without knowing what names mean is decided here, in one
walk that follows scopes: which names are types, templates or values, which `<` opens a list, which
statements are declarations, which parentheses are casts, parameters or initialisers. The grammar
then never guesses.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.diagnostics import CompileError, Diagnostic
from ..ir.source import NOWHERE
from .classify_declarations import POINTERS, DeclarationPass
from .grammar import END, ParserToken
from .names import VALUE, Kind, NameScope, NameTable
from .token_words import (
    ASM_WORDS,
    ATTRIBUTE_WORDS,
    BUILTIN_TYPES,
    CLASS_KEYS,
    CV_WORDS,
    DECLTYPE_WORDS,
    SIGNS,
    STATEMENT_WORDS,
    STATIC_ASSERT_WORDS,
    STORAGE_WORDS,
)
from .tokens import Token, lex_fragment

STATEMENT_END = frozenset({";"})
LOOP_WORDS = frozenset({"for", "while", "do"})
DECLARATION_WORDS = frozenset(
    {"using", "enum", "typename", "namespace"}.union(
        STORAGE_WORDS, CV_WORDS, CLASS_KEYS, ATTRIBUTE_WORDS, STATIC_ASSERT_WORDS
    )
)
MAX_BLOCKS = 100
MAX_HEADERS = 200


class StatementPass(DeclarationPass):
    """Statements and lambda expressions."""

    blocks = 0
    headers = 0
    """How many blocks, and how many headers of statements, are open."""

    def compound(self) -> None:
        """`{ statements }` with a scope of its own."""
        self.blocks += 1
        if self.blocks > MAX_BLOCKS:
            self.fail("ASC0007", f"blocks nested more than {MAX_BLOCKS} deep", self.i)
        saved, self.scope = self.scope, NameScope(self.scope)
        angles, self.angles = self.angles, 0
        self.emit("LBODY")
        while self.texts[self.i] != "}" and self.i < self.count:
            self.statement()
        self.emit_if("}", "RBRACE")
        self.angles = angles
        self.scope = saved
        self.blocks -= 1

    def statements(self) -> None:
        """Statements up to the end."""
        while self.i < self.count:
            self.statement()

    def statement(self) -> None:
        """One statement with all that belongs to it; the scopes of its headers end with it."""
        saved = self.scope
        headers = self.headers
        ifs: list[tuple[NameScope, int]] = []
        while True:
            before = self.i
            more = self._step(ifs)
            if more and self.i > before:
                continue
            if self.i == before:
                self.emit(_stray(self.tokens[self.i]))
            if self.texts[self.i] != "else" or not ifs:
                break
            self.scope, self.headers = ifs.pop()
            self.emit("ELSE")
        self.scope = saved
        self.headers = headers

    def _step(self, ifs: list[tuple[NameScope, int]]) -> bool:
        """The next piece of a statement; True where a statement must follow it."""
        text = self.texts[self.i]
        token = self.tokens[self.i]
        if text == "{":
            self.compound()
            return False
        if text in STATEMENT_WORDS:
            return self._keyword(text, ifs)
        if token.kind == "PRAGMA":
            self._pragma(token)
            return self.texts[self.i] != "}"
        if self.is_attribute_list(self.i):
            self.i = self.match[self.i] + 1
            return True
        if text in ASM_WORDS:
            self._asm()
        elif self.texts[self.i + 1] == ":" and self.is_word(self.i):
            self.emit("LABEL")
            self.emit("COLON")
            return True
        elif self.is_declaration(self.i):
            self.mark("DECL")
            self.declaration(local=True)
        else:
            self.expression(STATEMENT_END)
            self.emit_if(";", "SEMI")
        return False

    def _keyword(self, text: str, ifs: list[tuple[NameScope, int]]) -> bool:
        self.emit(STATEMENT_WORDS[text])
        if text == "if":
            ifs.append((self.scope, self.headers))
            self._open_header()
            if self.texts[self.i] == "constexpr":
                token = self.out.pop()
                self.out.append(token._replace(text="if constexpr"))
                self.i += 1
            self._header()
            return True
        if text in ("while", "switch"):
            self._open_header()
            self._header()
            return True
        if text == "for":
            self._open_header()
            self._for_header()
            return True
        if text == "do":
            self._do()
        elif text in ("case", "default"):
            if text == "case":
                self.expression(frozenset({":"}))
            return self.emit_if(":", "COLON")
        elif text == "goto":
            if self.is_word(self.i):
                self.emit("IDENT")
            self.emit_if(";", "SEMI")
        else:
            self.expression(STATEMENT_END)
            self.emit_if(";", "SEMI")
        return False

    def _open_header(self) -> None:
        """A scope for what the header of a statement declares."""
        self.headers += 1
        if self.headers > MAX_HEADERS:
            self.fail("ASC0007", f"statements nested more than {MAX_HEADERS} deep", self.i)
        self.scope = NameScope(self.scope)

    def _do(self) -> None:
        self.blocks += 1
        if self.blocks > MAX_BLOCKS:
            self.fail("ASC0007", f"blocks nested more than {MAX_BLOCKS} deep", self.i)
        self.statement()
        self.blocks -= 1
        if self.texts[self.i] == "while":
            self.emit("WHILE")
            self._header()
            self.emit_if(";", "SEMI")

    def _header(self) -> None:
        """`(condition)`, perhaps with a declaration and an initial statement."""
        if not self.emit_if("(", "LPAREN"):
            return
        self._header_part()
        if self.texts[self.i - 1] == ";":
            self._header_part()
        self.emit_if(")", "RPAREN")

    def _header_part(self) -> None:
        if self.is_declaration(self.i):
            self.mark("DECL")
            self.declaration(local=True)
        else:
            self.expression(STATEMENT_END)
            self.emit_if(";", "SEMI")

    def _for_header(self) -> None:
        if self.texts[self.i] != "(":
            return
        close = self.match[self.i]
        self.emit("LPAREN")
        if self._is_range(self.i, close):
            self._range_header()
        else:
            self._header_part()
            self.expression(STATEMENT_END)
            self.emit_if(";", "SEMI")
            self.expression(frozenset())
        if self.i == close:
            self.emit("RPAREN")

    def _is_range(self, i: int, close: int) -> bool:
        """Whether a `:` but no `;` stands between the parentheses of a for."""
        colon = False
        while i < close:
            text = self.texts[i]
            if text == ";":
                return False
            if text == "?":
                return False
            colon = colon or text == ":"
            i = self.match[i] + 1 if text in ("(", "[", "{") else i + 1
        return colon

    def _range_header(self) -> None:
        self.mark("DECL")
        self.in_range = True
        self.specifiers()
        self.in_range = False
        if self.texts[self.i] in ("&", "&&") and self.texts[self.i + 1] == "[":
            self.emit(POINTERS[self.texts[self.i]])
        if self.texts[self.i] == "[":
            self._binding()
        else:
            self.declarator(Kind.VALUE)
        self.emit_if(":", "RANGE_COLON")
        self.expression(frozenset())

    def _pragma(self, token: Token) -> None:
        """`#pragma unroll` before a loop; others say nothing to us."""
        self.i += 1
        words = lex_fragment(token.text.partition("pragma")[2])
        if words and words[0][1] == "GCC":
            words = words[1:]
        following = self.i
        while self.tokens[following].kind == "PRAGMA":
            following += 1
        if not words or words[0][1] != "unroll" or self.texts[following] not in LOOP_WORDS:
            return
        self.i = following
        self.out.append(ParserToken("UNROLL", token.text, token.span))
        fragment = [Token(kind, text, token.span) for kind, text in words[1:]]
        if fragment:
            inner = StatementPass(fragment, self.table, self.scope)
            inner.expression(frozenset())
            self.out += inner.out
        self.out.append(ParserToken("END_PRAGMA", "", token.span))

    def _asm(self) -> None:
        """`asm volatile("..." : outputs : inputs : clobbers);`"""
        self.emit("ASM")
        while self.texts[self.i] in CV_WORDS or self.texts[self.i] in ("inline", "goto"):
            self.emit("ASM_WORD")
        if self.texts[self.i] != "(":
            return
        close = self.match[self.i]
        self.emit("LPAREN")
        while self.i < close:
            text = self.texts[self.i]
            token = self.tokens[self.i]
            if token.kind == "STRING":
                self.emit("STRING")
            elif text == "::":
                self.out.append(ParserToken("COLON", ":", token.span))
                self.emit("COLON")
            elif text == "(":
                self.parentheses()
            elif self.is_word(self.i):
                self.emit("IDENT")
            elif text in (":", ",", "[", "]"):
                self.emit(SIGNS[text])
            else:
                self.emit("STRAY")
        self.emit("RPAREN")
        self.emit_if(";", "SEMI")

    # ---- declarations against expressions

    def is_declaration(self, i: int) -> bool:
        """Whether a declaration, not an expression, starts at `i` in a block."""
        text = self.texts[i]
        if text in DECLARATION_WORDS:
            return text != "typename" or self._declares_after(self.resolve(i + 1, True).end)
        if text in BUILTIN_TYPES or text in DECLTYPE_WORDS:
            return self._declares_after(self.skip_type(i))
        if text == "template" or text == "__extension__":
            return True
        if text != "::" and not self.is_word(i):
            return False
        if text != "::" and self.texts[i + 1] not in ("::", "<"):
            entry = self.scope.lookup(text)
            if entry is None:
                return self._looks_declared(i + 1)
            if entry.kind in (Kind.TYPE, Kind.TYPE_TEMPLATE):
                return self._declares_after(i + 1)
            return self.is_word(i + 1) and entry.known
        name = self.resolve(i, False)
        if name.kind == "type":
            return self._declares_after(name.end)
        return name.kind == "unknown" and self._looks_declared(name.end)

    def _declares_after(self, i: int) -> bool:
        """Whether what follows a type at the start of a statement makes it a declaration."""
        text = self.texts[i]
        if self.is_word(i) or text in POINTERS or text in CV_WORDS or text in STORAGE_WORDS:
            return True
        if text == "(":
            return self.texts[i + 1] in POINTERS
        if text in ATTRIBUTE_WORDS or text in BUILTIN_TYPES:
            return True
        return text == "[" or text == "..."

    def _looks_declared(self, i: int) -> bool:
        """The same after a name that was never declared."""
        if self.is_word(i):
            return True
        start = i
        while self.texts[i] in POINTERS or self.texts[i] in CV_WORDS:
            i += 1
        after = self.texts[i + 1]
        return i > start and self.is_word(i) and after in ("=", ";", ",", "[", "{", ":")

    # ---- lambdas

    def lambda_expression(self) -> None:
        """`[captures](parameters) { body }` at the cursor."""
        close = self.match[self.i]
        self.emit("LLAMBDA")
        saved, self.scope = self.scope, NameScope(self.scope)
        angles, self.angles = self.angles, 0
        in_class, self.in_class = self.in_class, False
        while self.i < close:
            before = self.i
            self._capture()
            if self.i == before:
                self.emit(_stray(self.tokens[self.i]))
        self.emit("RBRACK")
        self.template_parameters()
        self._lambda_words()
        if self.texts[self.i] == "(":
            parameters = self.parameters_in_scope()
            self.scope.used.append(parameters)
            self._lambda_words()
        if self.emit_if("->", "ARROW"):
            self.type_id()
        if self.texts[self.i] == "{":
            self.compound()
        self.scope = saved
        self.angles = angles
        self.in_class = in_class

    def _capture(self) -> None:
        text = self.texts[self.i]
        if text == "this":
            self.emit("THIS")
        elif text in ("&", "*", "=", ",", "..."):
            self.emit(SIGNS[text])
        elif self.is_word(self.i):
            self.scope.declare(text, VALUE)
            self.emit("IDENT")
            if self.emit_if("=", "ASSIGN"):
                self.expression(frozenset({","}))

    def _lambda_words(self) -> None:
        while True:
            text = self.texts[self.i]
            if text in STORAGE_WORDS:
                self.emit_as("STORAGE", STORAGE_WORDS[text], self.i + 1)
            elif text in ATTRIBUTE_WORDS:
                self.attribute()
            elif self.is_attribute_list(self.i):
                self.i = self.match[self.i] + 1
            elif text == "noexcept":
                self.i += 1
                if self.texts[self.i] == "(":
                    self.i = self.match[self.i] + 1
            else:
                return


def _stray(token: Token) -> str:
    """The terminal of a token that fits nowhere, for the parser to complain about."""
    if token.kind == "PUNCT":
        return SIGNS.get(token.text, "STRAY")
    return "KEYWORD" if token.kind == "IDENT" else token.kind


def classify(
    tokens: Sequence[Token],
    names: NameTable,
    scope: Sequence[str] = (),
    what: str = "item",
) -> list[ParserToken]:
    """The parser tokens of one declaration (`what` = "item"), expression, type or list of
    statements that stands in the namespace `scope`; last an end token.

    Raises `CompileError` for unbalanced brackets and too deep nesting.
    """
    place = NameScope(names.scope(scope))
    reader = StatementPass(tokens, names, place)
    try:
        if what == "item":
            reader.declaration()
        elif what == "expression":
            reader.expression(frozenset())
        elif what == "type":
            reader.type_id()
        else:
            reader.statements()
    except RecursionError:
        span = tokens[0].span if tokens else NOWHERE
        raise CompileError(
            [Diagnostic("ASC0007", "the declaration is nested too deeply", span)]
        ) from None
    while reader.i < reader.count:
        reader.emit(_stray(reader.tokens[reader.i]))
    reader.mark(END)
    return reader.out
