"""Every code that can refuse something has an estimate."""

from __future__ import annotations

from ascendify.ir.diagnostics import CODES
from ascendify.ir.efforts import EFFORTS, LEVELS, UNKNOWN, effort_of

NEVER_IN_THE_WAY = {
    # of the command line, the output, settings, execution of the IR; warnings
    "ASC0004", "ASC0005", "ASC0006", "ASC0008", "ASC0009", "ASC0020", "ASC0021", "ASC0022",
    "ASC0023", "ASC0024", "ASC0025", "ASC0110", "ASC0111", "ASC0510", "ASC0511", "ASC0512",
    "ASC0513",
}  # fmt: skip


def test_every_refusal_has_a_row():
    refusing = {code for code in CODES if code < "ASC0700"} - NEVER_IN_THE_WAY
    assert refusing - EFFORTS.keys() == set()
    assert EFFORTS.keys() - CODES.keys() == set()


def test_rows():
    assert {row.level for row in EFFORTS.values()} == set(LEVELS)
    assert effort_of("ASC0430").level == "large"
    assert effort_of("timeout") == UNKNOWN
