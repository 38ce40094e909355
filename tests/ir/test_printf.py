"""printf's conversions, against what a C library prints."""

from __future__ import annotations

import pytest

from ascendify.ir.printf import format_text

CASES = [
    ("%d", [-1], "-1"),
    ("%d", [2**32 - 1], "-1"),
    ("%u", [-1], "4294967295"),
    ("%llu", [-1], "18446744073709551615"),
    ("%zu|%ld", [7, -7], "7|-7"),
    ("%hhd", [300], "44"),
    ("%5d|%-5d|%05d|%+d", [1, 2, 3, 4], "    1|2    |00003|+4"),
    ("%*d|%.*f", [4, 1, 2, 0.125], "   1|0.12"),
    ("%-*d|", [3, 1], "1  |"),
    ("%x|%X|%#x|%#o|%o", [255, 255, 255, 8, 8], "ff|FF|0xff|010|10"),
    ("%f|%.2e|%g|%G", [1.5, 12345.678, 1e-5, 1e20], "1.500000|1.23e+04|1e-05|1E+20"),
    ("%f|%f", [float("inf"), float("-inf")], "inf|-inf"),
    ("%a|%A", [1.5, 1.0], "0x1.8p+0|0X1P+0"),
    ("%c%c", [72, 105], "Hi"),
    ("%s!", [64], "text!"),
    ("%p", [0], "(nil)"),
    ("%5.1f%%", [99.44], " 99.4%"),
    ("100% sure", [], "100% sure"),
    ("%d %d", [1], "1 %d"),
]


@pytest.mark.parametrize(("format_", "values", "expected"), CASES)
def test_format(format_, values, expected):
    assert format_text(format_, values, lambda address: "text") == expected
