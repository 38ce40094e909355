"""The grammar of device code as LALR(1) tables, and the loop that runs them.

lark compiles `cuda.lark`; what is kept of its result is plain data (a row of actions per state and
the rules with the names of their callbacks), stored as JSON beside other caches under the hash of
the grammar, so that a later run neither imports lark nor builds tables. Unit rules that only hand
their operand on are taken out of the tables. JSON holds data only: a forged cache cannot run code.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from ..ir.source import Span

STARTS = ("item", "expression", "type", "statement_list")
END = "$END"
FORMAT = 2
MAX_STACK = 2000


class ParserToken(NamedTuple):
    """A terminal of the grammar with the text it stands for."""

    kind: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """`states[s][symbol]` is a state to go to, or `-1 - rule` to reduce; `rules` are
    (left-hand side, callback, length); `starts` the (first, accepting) states per start symbol."""

    states: tuple[dict[str, int], ...]
    rules: tuple[tuple[str, str, int], ...]
    starts: dict[str, tuple[int, int]]


class UnexpectedToken(Exception):
    """The token that no action fits, and where the parser was: its state, the states below, and
    what the symbols so far became."""

    def __init__(self, token: ParserToken, stack: list[int], values: list[Any]) -> None:
        self.token = token
        self.state = stack[-1]
        self.stack = stack
        self.values = values
        super().__init__(f"{token.span}: unexpected {token.kind} {token.text!r}")


class TooDeep(Exception):
    """The parser's stack outgrew its limit at a token."""

    def __init__(self, token: ParserToken) -> None:
        self.token = token
        super().__init__(f"{token.span}: nested too deeply")


def compile_grammar(text: str) -> Tables:
    """The tables of a lark grammar whose every alternative names its callback."""
    from lark import Lark
    from lark.lexer import Lexer

    class NoLexer(Lexer):
        def __init__(self, conf: object) -> None:
            del conf

        def lex(self, *_: object) -> Any:
            return iter(())

    lark = Lark(text, parser="lalr", lexer=NoLexer, start=list(STARTS), maybe_placeholders=False)
    return _plain(lark.parser.parser._parse_table)


def _plain(table: Any) -> Tables:
    """lark's table as data, numbered the same way in every run."""
    order = _reachable(table)
    place = {state: number for number, state in enumerate(order)}
    reduced = {
        id(target): target
        for state in order
        for action, target in table.states[state].values()
        if action.name == "Reduce"
    }
    ordered = sorted(reduced.values(), key=_rule_key)
    numbers = {id(rule): number for number, rule in enumerate(ordered)}
    rules = [(str(r.origin.name), str(r.alias), len(r.expansion)) for r in ordered]
    states: list[dict[str, int]] = []
    for state in order:
        row = table.states[state]
        states.append(
            {
                str(symbol): place[target] if action.name == "Shift" else -1 - numbers[id(target)]
                for symbol, (action, target) in sorted(row.items(), key=lambda item: item[0])
            }
        )
    _skip_units(states, rules)
    starts = {s: (place[table.start_states[s]], place[table.end_states[s]]) for s in STARTS}
    return Tables(tuple(states), tuple(rules), starts)


def _reachable(table: Any) -> list[Any]:
    """The states in the order in which a walk from the start states meets them."""
    order = [table.start_states[start] for start in STARTS]
    seen = set(order)
    for state in order:
        for _, (action, target) in sorted(table.states[state].items(), key=lambda item: item[0]):
            if action.name == "Shift" and target not in seen:
                seen.add(target)
                order.append(target)
    return order


def _rule_key(rule: Any) -> tuple[str, str, list[str]]:
    return str(rule.origin.name), str(rule.alias), [str(s.name) for s in rule.expansion]


def _skip_units(states: list[dict[str, int]], rules: list[tuple[str, str, int]]) -> None:
    """Where a state can only reduce by a unit rule that hands its operand on, go directly to
    where that reduction leads."""
    unit: dict[int, str] = {}
    for number, row in enumerate(states):
        actions = set(row.values())
        if len(actions) == 1 and min(actions) < 0:
            left, callback, length = rules[-1 - min(actions)]
            if callback == "same" and length == 1:
                unit[number] = left
    changed = True
    while changed:
        changed = False
        for row in states:
            for symbol, target in row.items():
                if target >= 0 and target in unit:
                    row[symbol] = row[unit[target]]
                    changed = True


def cache_folder() -> Path:
    """Where tables are kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "ascendify"


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The tables of `cuda.lark`: from the cache where it has them."""
    text = Path(__file__).with_name("cuda.lark").read_text(encoding="utf-8")
    key = hashlib.sha256(f"{FORMAT}\n{text}".encode()).hexdigest()[:24]
    path = cache_folder() / f"grammar-{key}.json"
    found = _load(path)
    if found is None:
        found = compile_grammar(text)
        _store(path, found)
    return found


def _load(path: Path) -> Tables | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(dict(row) for row in data["states"])
        rules = tuple((str(a), str(b), int(c)) for a, b, c in data["rules"])
        starts = {name: (int(a), int(b)) for name, (a, b) in data["starts"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return Tables(rows, rules, starts) if set(starts) == set(STARTS) else None


def _store(path: Path, found: Tables) -> None:
    """Write beside and rename, so that a reader never sees half a file; a cache that cannot be
    written is no error."""
    data = {"states": found.states, "rules": found.rules, "starts": found.starts}
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(data, file, separators=(",", ":"))
            os.replace(name, path)
        except OSError:
            os.unlink(name)


def accepts(found: Tables, stack: Sequence[int], kind: str) -> bool:
    """Whether a parser with this stack of states can take a token of `kind`."""
    states = list(stack)
    while True:
        action = found.states[states[-1]].get(kind)
        if action is None:
            return False
        if action >= 0:
            return True
        left, _, length = found.rules[-1 - action]
        if length:
            del states[-length:]
        states.append(found.states[states[-1]][left])


def settled(found: Tables, stack: Sequence[int]) -> int:
    """The state after all reductions that do not depend on the next token: where in the grammar
    the parser is, whatever it read last."""
    states = list(stack)
    while True:
        reductions = {a for a in found.states[states[-1]].values() if a < 0}
        if len(reductions) != 1:
            return states[-1]
        left, _, length = found.rules[-1 - reductions.pop()]
        if not length:
            return states[-1]
        del states[-length:]
        states.append(found.states[states[-1]][left])


Callback = Callable[..., Any]
Reductions = Sequence[tuple[str, int, Callback | None]]
"""Per rule its left-hand side, its length, and what to call; None hands the one operand on."""


def bind(found: Tables, method: Callable[[str], Callback]) -> Reductions:
    """The rules with the callbacks that `method` finds for their names."""
    return [
        (left, length, None if name == "same" and length == 1 else method(name))
        for left, name, length in found.rules
    ]


def run(found: Tables, start: str, tokens: Iterable[ParserToken], reductions: Reductions) -> Any:
    """Parse `tokens` (the last one of kind `$END`); callbacks get what their rule's symbols became.

    Raises `UnexpectedToken` and `TooDeep`.
    """
    states = found.states
    first, accepting = found.starts[start]
    state = first
    stack = [first]
    values: list[Any] = []
    for token in tokens:
        kind = token[0]
        while True:
            action = states[state].get(kind)
            if action is None:
                if kind == END and state == accepting:
                    return values[0]
                raise UnexpectedToken(token, stack, values)
            if action >= 0:
                state = action
                stack.append(state)
                values.append(token)
                if len(stack) > MAX_STACK:
                    raise TooDeep(token)
                break
            left, length, call = reductions[-1 - action]
            if length:
                if call is not None:
                    value = call(*values[-length:])
                    del values[-length:]
                    values.append(value)
                del stack[-length:]
            else:
                assert call is not None
                values.append(call())
            state = states[stack[-1]][left]
            stack.append(state)
    raise AssertionError("the tokens do not end with $END")
