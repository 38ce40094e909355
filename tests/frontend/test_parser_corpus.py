"""Every declaration of the corpus and of the prelude parses, host functions too, and prints."""

from __future__ import annotations

from pathlib import Path

import pytest

import ascendify
from ascendify.frontend.declarations import Item, ItemKind, index_declarations
from ascendify.frontend.names import NameTable
from ascendify.frontend.parser import parse_declaration
from ascendify.frontend.preprocess import preprocess
from ascendify.frontend.print_syntax import syntax_text
from ascendify.ir.diagnostics import Reporter
from ascendify.ir.source import Sources

CORPUS = sorted((Path(__file__).parent.parent / "corpus").glob("*.cu"))
PRELUDE = sorted((Path(ascendify.__file__).parent / "frontend" / "prelude").glob("*.cuh"))


def items(path: Path) -> list[Item]:
    reporter = Reporter()
    found = preprocess(str(path), sources=Sources(), reporter=reporter)
    made = index_declarations(found.tokens, reporter)
    assert not reporter.has_errors()
    return made


@pytest.fixture(scope="module")
def prelude() -> list[Item]:
    return [item for path in PRELUDE for item in items(path)]


@pytest.mark.parametrize("path", PRELUDE, ids=lambda p: p.stem)
def test_the_prelude_parses(path: Path, prelude: list[Item]) -> None:
    table = NameTable(prelude)
    for item in items(path):
        assert syntax_text(parse_declaration(item.tokens, table, scope=item.scope))


@pytest.mark.parametrize("path", CORPUS, ids=lambda p: p.stem)
def test_the_corpus_parses(path: Path, prelude: list[Item]) -> None:
    table = NameTable(prelude)
    own = items(path)
    for item in own:
        table.add(item)
    for item in own:
        if item.kind is not ItemKind.UNKNOWN:
            assert syntax_text(
                parse_declaration(item.tokens, table, scope=item.scope), positions=True
            )
