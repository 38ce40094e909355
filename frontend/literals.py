"""The values of character and string literals."""

from __future__ import annotations

import re

from ..ir.diagnostics import error
from ..ir.source import Span

SIMPLE = {
    "n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]+)|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")
_RAW = re.compile(r'(?:u8|[uUL])?R"([^ ()\\\t\v\f\n]{0,16})\((.*)\)\1"', re.DOTALL)
_QUOTED = re.compile(r"""(u8|[uUL])?(["'])(.*)\2""", re.DOTALL)


def string_value(text: str, span: Span) -> str:
    """The characters of a string literal as written."""
    raw = _RAW.fullmatch(text)
    if raw:
        return raw[2]
    quoted = _QUOTED.fullmatch(text)
    if quoted is None:
        raise error("ASC0207", "malformed string literal", span)
    return _unescape(quoted[3], span)


def character_value(text: str, span: Span) -> int:
    """The number that a character literal is; characters beyond ASCII need a wide literal."""
    quoted = _QUOTED.fullmatch(text)
    value = _unescape(quoted[3], span) if quoted else ""
    if quoted is None or len(value) != 1:
        raise error("ASC0207", "a character literal holds exactly one character", span)
    number = ord(value)
    if quoted[1] is None and number > 127:
        if number > 255 or not text.startswith("'\\"):
            raise error("ASC0207", "the character does not fit a 'char'", span)
        return number - 256
    return number


def _unescape(text: str, span: Span) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda match: _escape(match, span), text)


def _escape(match: re.Match[str], span: Span) -> str:
    octal, hexadecimal, short, long, simple = match.groups()
    if octal:
        return chr(int(octal, 8))
    digits = hexadecimal or short or long
    if digits:
        number = int(digits, 16)
        if number > 0x10FFFF:
            raise error("ASC0207", f"'{match[0]}' is too large", span)
        return chr(number)
    if simple not in SIMPLE:
        raise error("ASC0207", f"unknown escape sequence '{match[0]}'", span)
    return SIMPLE[simple]
