"""The part of the token pass that reads expressions, types and template argument lists.

An expression is read in one loop that knows only whether an operand or an operator comes next;
that decides casts, lambdas, unary signs and the `>` of operators.
"""

from __future__ import annotations

from .grammar import ParserToken
from .names import Kind
from .token_pass import CLOSER, MAX_ANGLES, Resolved, TokenPass
from .token_words import (
    BUILTIN_TYPES,
    CLASS_KEYS,
    CV_WORDS,
    DECLTYPE_WORDS,
    DROPPED_WORDS,
    NAMED_CASTS,
    SIGNS,
    SIZE_WORDS,
    STATEMENT_WORDS,
    VALUE_WORDS,
)
from .tokens import IDENT

ARGUMENT_END = frozenset({",", ">"})
TYPE_TAIL = frozenset({"*", "&", "&&", "[", ",", ">", ")", "...", *CV_WORDS})
LITERALS = {"NUMBER": "NUMBER", "CHAR": "CHAR", "STRING": "STRING"}


class ExpressionPass(TokenPass):
    """Expressions and types; declarations and statements are in the classes derived from it."""

    # ---- what derived classes read

    def parameters(self) -> None:
        raise AssertionError("defined by DeclarationPass")

    def declarator(self, kind: Kind | None, named: bool = True) -> object:
        raise AssertionError("defined by DeclarationPass")

    def type_specifiers(self) -> bool:
        raise AssertionError("defined by DeclarationPass")

    def conversion_type(self) -> None:
        raise AssertionError("defined by DeclarationPass")

    def lambda_expression(self) -> None:
        raise AssertionError("defined by StatementPass")

    # ---- names

    def emit_name(self, name: Resolved, last: str = "") -> None:
        """Emit a resolved name; `last` replaces the terminal of its last component."""
        if name.absolute:
            self.emit("GLOBAL_SCOPE")
        count = len(name.parts)
        for number, part in enumerate(name.parts):
            if self.texts[self.i] == "template":
                self.i += 1
            terminal = last if last and number == count - 1 else part.terminal
            if part.text:
                self.emit_as(terminal, part.text, name.end)
                return
            if self.i != part.at:
                return
            self.emit(terminal)
            if part.has_args:
                self.template_args()
            if number < count - 1 and not self.emit_if("::", "SCOPE"):
                return

    def template_args(self) -> None:
        """`<...>` after the name of a template."""
        self.angles += 1
        if self.angles > MAX_ANGLES:
            self.fail("ASC0007", f"template lists nested more than {MAX_ANGLES} deep", self.i)
        self.emit("LANGLE")
        while self.texts[self.i] != ">" and self.i < self.count:
            before = self.i
            if self.is_type(self.i):
                self.mark("TYPE_ARG")
                self.type_id()
            else:
                self.expression(ARGUMENT_END)
            if not self.emit_if(",", "COMMA") and (self.i == before or self.texts[self.i] != ">"):
                break
        self.emit_if(">", "RANGLE")
        self.angles -= 1

    # ---- types

    def skip_type(self, i: int, force: bool = False) -> int:
        """The index after the type specifiers at `i`; 0 where none stand there.

        `force`: a name there is a type, known or not.
        """
        texts = self.texts
        start = i
        seen = False
        while True:
            word = texts[i]
            if word in CV_WORDS or word in DROPPED_WORDS or word == "__grid_constant__":
                force = force or word in CV_WORDS
                i += 1
            elif word in BUILTIN_TYPES:
                seen = True
                i += 1
            elif seen:
                break
            elif word == "typename" and not self.is_decltype(i + 1):
                i = self.resolve(i + 1, True).end
                seen = True
            elif self.is_decltype(i) or word == "typename":
                typename = word == "typename"
                i = self.match[i + 1 + typename] + 1
                if texts[i] == "::":
                    name = self.resolve(i + 1, typename)
                    if name.kind != "type":
                        return 0
                    i = name.end
                seen = True
            elif word in CLASS_KEYS or word == "enum":
                i = self.resolve(i + 1, True).end
                seen = True
            elif word == "::" or self.is_word(i):
                name = self.resolve(i, force)
                if name.kind != "type":
                    break
                i = name.end
                seen = True
            else:
                break
        return i if seen and i > start else 0

    def is_type(self, i: int) -> bool:
        """Whether a type, not an expression, stands at `i` in a list."""
        end = self.skip_type(i)
        if not end:
            return self._is_unknown_pointer(i)
        after = self.texts[end]
        if after == "(":
            inside = self.texts[end + 1]
            return (
                inside in ("*", "&", "&&")
                or (inside == ")" and self.angles > 0)
                or (self.angles > 0 and self.is_type(end + 1))
            )
        return after in TYPE_TAIL or end >= self.count

    def _is_unknown_pointer(self, i: int) -> bool:
        """`unknown*` before the end of an argument."""
        if not (self.is_word(i) or self.texts[i] == "::"):
            return False
        name = self.resolve(i, False)
        if name.kind != "unknown" or self.texts[name.end] not in ("*", "&", "&&"):
            return False
        end = name.end
        while self.texts[end] in ("*", "&", "&&") or self.texts[end] in CV_WORDS:
            end += 1
        return self.texts[end] in (",", ">", ")", "...")

    def type_id(self) -> None:
        """A type with its abstract declarator."""
        self.type_specifiers()
        self.declarator(None, named=False)

    def is_cast(self, i: int) -> bool:
        """Whether the `(` at `i`, where an operand stands, is a cast's."""
        close = self.match[i]
        end = self.skip_type(i + 1)
        if end:
            return end == close or self._is_abstract(end, close)
        if not (self.is_word(i + 1) or self.texts[i + 1] == "::"):
            return False
        name = self.resolve(i + 1, False)
        if name.kind != "unknown" or name.end > close:
            return False
        if name.end == close:
            return self._starts_operand(close + 1)
        return self.texts[close - 1] in ("*", "&", "&&", *CV_WORDS) and self._is_abstract(
            name.end, close
        )

    def _is_abstract(self, i: int, close: int) -> bool:
        """Whether only a declarator without a name stands from `i` to `close`."""
        while i < close:
            text = self.texts[i]
            if text in ("*", "&", "&&", "...") or text in CV_WORDS:
                i += 1
            elif text == "[":
                i = self.match[i] + 1
            elif text == "(":
                after_group = self.texts[i - 1] == ")"
                if self.texts[i + 1] not in ("*", "&", "&&") and not after_group:
                    return False
                i = self.match[i] + 1
            else:
                return False
        return True

    def _starts_operand(self, i: int) -> bool:
        """Whether what stands at `i` can only be an operand."""
        token = self.tokens[i]
        if token.kind in LITERALS:
            return True
        if token.kind == IDENT:
            return token.text not in STATEMENT_WORDS
        return token.text in ("(", "!", "~")

    def parenthesised_type(self, terminal: str) -> None:
        """`(type)` at the cursor; `terminal` is its parenthesis."""
        close = self.match[self.i]
        self.emit(terminal)
        self.type_id()
        if self.i == close:
            self.emit("RPAREN")

    def decltype(self) -> None:
        """`decltype(expression)`; `decltype(auto)` is one word."""
        if self.texts[self.i + 1 : self.i + 4] == ["(", "auto", ")"]:
            self.emit_as("BUILTIN", "decltype(auto)", self.i + 4)
            return
        word = "decltype(())" if self._in_two_parentheses(self.i + 1) else "decltype"
        self.emit_as("DECLTYPE", word, self.i + 1)
        self.parentheses()

    def _in_two_parentheses(self, i: int) -> bool:
        """Whether `((...))` starts at i: decltype tells a name from a name in parentheses."""
        if self.texts[i : i + 2] != ["(", "("]:
            return False
        depth, at = 0, i + 1
        while at < len(self.texts):
            depth += (self.texts[at] == "(") - (self.texts[at] == ")")
            if depth == 0:
                return self.texts[at + 1 : at + 2] == [")"]
            at += 1
        return False

    def parentheses(self) -> None:
        """`(expressions)` that are no cast."""
        if self.emit_if("(", "LPAREN"):
            self.expression(frozenset())
            self.emit_if(")", "RPAREN")

    # ---- expressions

    def expression(self, stops: frozenset[str]) -> None:
        """Read until a text of `stops`, a bracket that was opened before, or a statement's word.

        `stops` count outside of brackets only; a `:` that belongs to a `?` does not.
        """
        texts = self.texts
        open_ = 0
        questions = 0
        operand = True
        while True:
            i = self.i
            token = self.tokens[i]
            text = texts[i]
            if not open_ and text in stops:
                if text != ":" or not questions:
                    return
            kind = token.kind
            if kind == IDENT:
                self.in_list = open_ > 0 or ";" not in stops
                if not self.word(operand):
                    return
                operand = self.wants_operand
                continue
            if kind in LITERALS:
                self.emit(LITERALS[kind])
                operand = False
                continue
            if kind != "PUNCT":
                if kind == "PRAGMA":
                    self.i += 1
                    continue
                if kind != "EOF":
                    self.emit(kind)
                return
            if text in CLOSER:
                if text == "(":
                    cast = operand and self.is_cast(i)
                    if cast:
                        self.parenthesised_type("LCAST")
                        operand = True
                        continue
                    self.emit("LPAREN")
                elif text == "[":
                    if operand:
                        self.lambda_expression()
                        operand = False
                        continue
                    self.emit("LBRACK")
                else:
                    self.emit("LBRACE")
                open_ += 1
                operand = True
                continue
            if text in (")", "]", "}"):
                if not open_:
                    return
                open_ -= 1
                self.emit(SIGNS[text])
                operand = False
                continue
            if text == ";":
                return
            operand = self.sign(text, operand)
            if text == "?":
                questions += 1
            elif text == ":" and questions:
                questions -= 1

    def sign(self, text: str, operand: bool) -> bool:
        """Emit an operator; whether an operand comes next."""
        if text == ">":
            return self._greater()
        if text == "...":
            self.emit("DOTS" if operand else "ELLIPSIS")
            return False
        if text in ("++", "--"):
            self.emit("INCREMENT")
            return operand
        if text == "<<<":
            self._launch()
            return False
        if text == "::":
            self.emit_name(self.resolve(self.i, False))
            return False
        if text == "~" and self.out and self.out[-1].kind in ("DOT", "ARROW"):
            self._member_destructor()
            return False
        self.emit(SIGNS.get(text, "STRAY"))
        return True

    def _greater(self) -> bool:
        """`>`, `>=`, `>>` or `>>=` from adjacent tokens."""
        end = self.i + 1
        text = ">"
        if self.is_glued(end, ">"):
            text += ">"
            end += 1
        if self.is_glued(end, "=") or self.is_glued(end, "=="):
            text += "="
            end += 1
        self.emit_as("ASSIGN_OP" if text == ">>=" else "BINOP", text, end)
        return True

    def _launch(self) -> None:
        """`<<<configuration>>>`."""
        self.emit("LAUNCH")
        while self.i < self.count:
            self.expression(frozenset({">"}))
            if self.texts[self.i] != ">":
                return
            if self.is_glued(self.i + 1, ">") and self.is_glued(self.i + 2, ">"):
                self.emit_as("RLAUNCH", ">>>", self.i + 3)
                return
            self._greater()

    def _member_destructor(self) -> None:
        if self.is_word(self.i + 1):
            self.emit_as("DESTRUCTOR", "~" + self.texts[self.i + 1], self.i + 2)
        else:
            self.emit("NOT")

    # ---- words in expressions

    wants_operand = False
    """Whether an operand comes after the word that `word` read last."""

    def word(self, operand: bool) -> bool:
        """Read the word at the cursor; False where it cannot be part of an expression."""
        text = self.texts[self.i]
        self.wants_operand = False
        if self.is_word(self.i):
            self._name(text)
            return True
        if text in VALUE_WORDS:
            self.emit(VALUE_WORDS[text])
            return True
        if text in BUILTIN_TYPES:
            self.emit("BUILTIN")
            return True
        if text in SIZE_WORDS:
            self._size_of(SIZE_WORDS[text])
            return True
        if text in NAMED_CASTS:
            self._named_cast()
            return True
        before = self.texts[self.i - 1] if self.i else ""
        if text in DROPPED_WORDS or (text == "template" and before in (".", "->", "::")):
            self.i += 1
            self.wants_operand = operand
            return True
        return self._rare_word(text)

    def _rare_word(self, text: str) -> bool:
        typename = text == "typename"
        if typename and (self.is_word(self.i + 1) or self.texts[self.i + 1] == "::"):
            self.i += 1
            self.emit_name(self.resolve(self.i, True))
        elif (typename and self.is_decltype(self.i + 1)) or text in DECLTYPE_WORDS:
            self.i += typename
            self.decltype()
            if self.emit_if("::", "SCOPE"):
                self.emit_name(self.resolve(self.i, typename))
        elif text == "operator":
            end, name = self.operator_end(self.i)
            template = self.texts[self.i - 1] == "template" and self.texts[end] == "<"
            terminal = "TEMPLATE_VALUE" if template else "OPERATOR_NAME" if name else "CONVERSION"
            self.emit_as(terminal, name or "operator", end)
            if template:
                self.template_args()
            if not name:
                self.conversion_type()
                self.mark("END_TYPE")
        elif text == "new":
            self._new()
        elif text == "delete":
            if self.texts[self.i + 1] == "[" and self.texts[self.i + 2] == "]":
                self.emit_as("DELETE_ARRAY", "delete[]", self.i + 3)
            else:
                self.emit("DELETE")
            self.wants_operand = True
        elif text == "throw":
            self.emit("THROW")
            self.wants_operand = True
        else:
            return False
        return True

    def _name(self, text: str) -> None:
        """A name that is no keyword."""
        i = self.i
        after = self.texts[i + 1]
        if self.out and self.out[-1].kind in ("DOT", "ARROW"):
            self._member(after)
            return
        if after != "::" and after != "<":
            entry = self.scope.lookup(text)
            if entry is None:
                self.emit("TYPE_NAME" if after == "{" else "IDENT")
            elif entry.kind not in (Kind.TYPE, Kind.TYPE_TEMPLATE):
                self.emit("IDENT")
            elif after in ("(", "{"):
                self.emit("TYPE_NAME")
            else:
                self.emit("IDENT")
            return
        name = self.resolve(i, False)
        if name.kind == "type" and self.texts[name.end] not in ("(", "{"):
            last = name.parts[-1]
            if not last.has_args:
                self.emit_name(name, "IDENT")
                return
        unknown_type = name.kind == "unknown" and self.texts[name.end] == "{"
        self.emit_name(name, "TYPE_NAME" if unknown_type else "")

    def _member(self, after: str) -> None:
        """What stands after `.` or `->`."""
        i = self.i
        if after == "::":
            self.emit_name(self.resolve(i, False))
            return
        if after == "<" and self._is_member_template(i):
            self.emit("TEMPLATE_VALUE")
            self.template_args()
        else:
            self.emit("IDENT")

    def _is_member_template(self, i: int) -> bool:
        """Whether the `<` after the member at `i` opens a list: after `template`, where some class
        has a member template of this name, or where `x.m < a > (b)` would else be a comparison
        with the result of a comparison. Only in `f(x.m < a, b > (c))` it does not."""
        if self.texts[i - 1] == "template":
            return bool(self.close_angle(i + 1))
        close = self.close_angle(i + 1, strict=True)
        if not close or self.texts[close + 1] != "(":
            return False
        if self.texts[close + 2] == ")":
            return True
        return (
            not self.in_list
            or self._commas(i + 2, close) == 0
            or self.table.is_member_template(self.texts[i])
            or bool(self.skip_type(i + 2))
        )

    in_list = False
    """Whether a comma at the word that is read would separate arguments."""

    def _commas(self, i: int, end: int) -> int:
        """How many commas outside of brackets stand from `i` to `end`."""
        count = 0
        while i < end:
            text = self.texts[i]
            count += text == ","
            i = self.match[i] + 1 if text in CLOSER else i + 1
        return count

    def _size_of(self, word: str) -> None:
        if self.texts[self.i + 1] == "...":
            self.emit_as("SIZEOF_PACK", "sizeof...", self.i + 2)
            if self.emit_if("(", "LPAREN"):
                entry = self.scope.lookup(self.texts[self.i])
                is_type = entry is not None and entry.kind is Kind.TYPE
                if self.is_word(self.i):
                    self.emit("TYPE_NAME" if is_type else "IDENT")
                self.emit_if(")", "RPAREN")
            return
        token = self.tokens[self.i]
        self.out.append(ParserToken("SIZEOF", word, token.span))
        self.i += 1
        if self.texts[self.i] == "(" and self._is_type_in_parentheses(self.i, word):
            self.parenthesised_type("LTYPE")
        else:
            self.wants_operand = True

    def _is_type_in_parentheses(self, i: int, word: str) -> bool:
        close = self.match[i]
        end = self.skip_type(i + 1)
        if end:
            return end == close or self._is_abstract(end, close)
        return word == "alignof" or (
            self._is_unknown_pointer(i + 1) and self.texts[close - 1] in ("*", "&", "&&")
        )

    def _named_cast(self) -> None:
        self.emit("NAMED_CAST")
        if self.texts[self.i] == "<":
            self.emit("LANGLE")
            self.angles += 1
            self.type_id()
            self.angles -= 1
            self.emit_if(">", "RANGLE")

    def _new(self) -> None:
        self.emit("NEW")
        if self.texts[self.i] == "(":
            self.parentheses()
        self.type_specifiers()
        while self.texts[self.i] in ("*", "&") or self.texts[self.i] in CV_WORDS:
            self.emit(SIGNS.get(self.texts[self.i], "CV"))
        while self.emit_if("[", "LBRACK"):
            self.expression(frozenset())
            self.emit_if("]", "RBRACK")
        self.mark("END_TYPE")
