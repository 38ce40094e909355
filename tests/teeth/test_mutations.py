"""The mutators change one place and nothing else; a sample of mutants is caught."""

from __future__ import annotations

import json
from pathlib import Path

import mutation_run
import mutations
import pytest
from c_text import CText
from ir_mutations import IrMutation
from text_mutations import TextMutation, text_mutations

CORPUS = Path(__file__).parents[1] / "corpus"
SAMPLED = [CORPUS / f"{name}.cu" for name in ("transpose_tiled", "adamw", "argmax_rows")]


@pytest.fixture(scope="module")
def generated() -> mutations.Generated:
    return mutations.Generated(SAMPLED[2])


@pytest.mark.parametrize(
    ("text", "operator", "left", "right"),
    [
        ("x = a + b * c;", "+", "a", "b * c"),
        ("x = a + b * c;", "*", "b", "c"),
        ("x = a - b - c;", "-", "a", "b"),
        ("x = f(a, b[i]) / (double)-c;", "/", "f(a, b[i])", "(double)-c"),
        ("for (i = 0; i < n - 1; ++i)", "<", "i", "n - 1"),
        ("x = p->y > 0.0f ? -p->y : *q;", ">", "p->y", "0.0f"),
        ("return a << 2 & m;", "<<", "a", "2"),
    ],
)
def test_operands(text: str, operator: str, left: str, right: str):
    code = CText(text)
    at = next(i for i, t in enumerate(code.tokens) if t.text == operator and code.is_binary(i))
    assert code.source(code.left_operand(at), at) == left
    assert code.source(at + 1, code.right_operand(at)) == right


def test_signs_casts_and_pointers_are_no_binary_operators():
    code = CText("const float *const p = -x + (uint8_t *)*q;")
    assert [t.text for i, t in enumerate(code.tokens) if code.is_binary(i)] == ["+"]


def test_text_mutations_stay_inside_kernels(generated: mutations.Generated):
    text = generated.files[generated.main_file]
    found = text_mutations(text)
    assert {m.kind for m in found} == set(mutations.WEIGHTS) - {
        "barrier", "shuffle", "mask", "narrow",
    }  # fmt: skip
    for mutation in found:
        assert text[mutation.start : mutation.end] != mutation.new
        line = text[text.rfind("\n", 0, mutation.start) + 1 : mutation.end]
        assert not line.startswith(("static", "void", "const", "typedef", "}", "#", "//"))
        assert "ascendify_lanes" not in line
        assert "block->block" not in line


def test_every_ir_mutation_gives_other_code(generated: mutations.Generated):
    of_ir = [m for m in generated.mutants() if isinstance(m.mutation, IrMutation)]
    assert {m.kind for m in of_ir} == {"barrier", "shuffle", "mask", "narrow"}
    for mutant in of_ir[::5]:
        files = generated.files_of(mutant)
        assert files.keys() == generated.files.keys()
        assert files[generated.main_file] != generated.files[generated.main_file]


def test_a_seed_gives_the_same_mutants(generated: mutations.Generated):
    first = [m.key for m in mutations.draw(generated.mutants(), 7)]
    again = [m.key for m in mutations.draw(mutations.Generated(SAMPLED[2]).mutants(), 7)]
    assert first == again
    assert len(set(first)) == len(first)
    assert first != [m.key for m in mutations.draw(generated.mutants(), 8)]


def test_reasons_of_the_table_belong_to_mutants():
    rows = mutation_run.equivalent_rows()
    assert len({row["key"] for row in rows}) == len(rows)
    assert all(len(row["reason"].split()) > 5 for row in rows)


def test_report_counts(generated: mutations.Generated):
    mutants = list(mutations.draw(generated.mutants(), 1))[:4]
    outcomes = ("failed", "crash", "proved", "same code")
    page = mutation_run.report(
        [
            mutation_run.Result(m, outcome, "why")
            for m, outcome in zip(mutants, outcomes, strict=True)
        ],
        "command",
    )
    assert "**2 of 3 mutants are caught (66.7 %)**, of 4 that were judged" in page
    assert mutants[2].after in page
    assert isinstance(mutants[0].mutation, TextMutation | IrMutation)


def test_a_sample_is_caught():
    results = mutation_run.run(SAMPLED[:2], count=12, seed=1)
    assert mutation_run.counted(results) == 12
    survivors = [r for r in results if r.outcome in mutation_run.SURVIVED]
    assert not survivors, mutation_run.report(survivors, "")


def test_a_run_goes_on_from_its_log(generated: mutations.Generated, tmp_path: Path):
    log = tmp_path / "log"
    known = list(mutations.draw(generated.mutants(), 1))[:3]
    results = [mutation_run.Result(mutant, "failed", "why", 1.0) for mutant in known]
    lines = [json.dumps(mutation_run._logged(result)) for result in results]
    log.write_text("\n".join([*lines, lines[0][:20]]))
    found = mutation_run.known_results(log)
    assert list(found) == [mutant.key for mutant in known]
    assert mutation_run.report(list(found.values()), "x") == mutation_run.report(results, "x")
    again = mutation_run.run([SAMPLED[2]], count=3, seed=1, log=log, processes=1)
    assert [result.mutant.key for result in again] == list(found)


@pytest.mark.slow
def test_nearly_all_are_caught():
    results = mutation_run.run(sorted(CORPUS.glob("*.cu")), count=300, seed=1)
    caught = sum(result.outcome in mutation_run.CAUGHT for result in results)
    assert caught >= 0.99 * mutation_run.counted(results)
