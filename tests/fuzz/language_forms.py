"""Lines of CUDA around one feature of the language each, with random expressions in them."""

from __future__ import annotations

from collections.abc import Sequence


def language_forms(
    name: str, other: str, type_: str, integers: Sequence[str], floats: Sequence[str]
) -> tuple[tuple[str, ...], ...]:
    """Groups of lines, each declaring an int `other`; further names begin with `name`."""
    a, b, c = integers
    x, y = floats
    return (
        (
            f"Vec {name} = {{(int)({a}), (int)({b})}};",
            f"{name} *= (int)({c});",
            f"{name}[{a} & 1] += 3;",
            f"int {other} = ({name} + Vec{{1, 2}}) < {name} ? {name}.x : {name}[1];",
        ),
        (
            f"Vec {name}v = {{(int)({a}), 7}};",
            f"int {name} = {b} & 3;",
            f"turn(&{name}v, &{name}, {c} & 3);",
            f"turn(&{name}v, &{name});",
            f"int {other} = {name} + {name}v.x * 3 + {name}v.y;",
        ),
        (
            f"{type_} {name} = ({type_})({a});",
            f"int {name}s = 3;",
            f"auto {name}f = [&, k = (int)({b})](int z) {{",
            f"    {name}s += z;",
            f"    return {name} * z + k;",
            "};",
            f"int {other} = {name}f((int)({c}));",
            f"{other} += {name}f(2) ^ {name}s;",
        ),
        (
            f"int {name} = (int)({a}), {name}z = (int)({b});",
            f"({c} ? {name} : {name}z) += 9;",
            f"int& {name}r = {name} > {name}z ? {name} : {name}z;",
            f"{name}r -= 4;",
            f"int {other} = {name} = {name}z += 3;",
        ),
        (
            f"int {other} = kind({a}) * 16 + kind({b} + {c});",
            f"{other} = {other} * 16 + kind({x}) + kind({a} ? {b} : {c});",
        ),
        (
            f"auto {name} = blend(({type_})({a}), (short)({b}));",
            f"int {other} = (int){name} + kind({name});",
        ),
        (
            f"Mode {name} = {a} ? Mode::On : Mode::Far;",
            f"Plain {name}p = Plain({b} & 1 ? 40 : 41);",
            f"int {other} = (int){name} * ({name} == Mode::On) + {name}p;",
            f"switch ({name}) {{",
            f"    case Mode::On: {other} += 1; break;",
            f"    case Mode::Far: {other} -= 7;",
            "    default:;",
            "}",
        ),
        (
            f"int4 {name} = make_int4((int)({a}), (int)({b}), 3, (int)({c}));",
            f"uint2 {name}u = {{(unsigned){name}.x, (unsigned)({c})}};",
            f"{name}.z += {name}u.y; {name}.w <<= 1;",
            f"int {other} = {name}.x ^ {name}.y + {name}.z * {name}.w;",
        ),
        (
            f"int {name}[2][4] = {{{{1, 2}}, {{(int)({a}), (int)({b})}}}};",
            f"{name}[{a} & 1][{b} & 3] -= {c};",
            f"int* {name}r = {name}[{c} & 1];",
            f"{name}r[1] += 2;",
            f"int {other} = {name}[0][1] * 3 + {name}[1][{a} & 3];",
        ),
        (
            f"half {name} = __float2half((float)({x}));",
            f"{name} = {name} * __float2half((float)({y})) + {name};",
            f"__nv_bfloat16 {name}b = __float2bfloat16(__half2float({name}));",
            f"int {other} = bits(__half2float({name}));",
            f"{other} += bits(__bfloat162float({name}b));",
            f"{other} += ({name} > __float2half((float)({y})));",
        ),
        (
            f"int {other} = 5;",
            f"for (int {name} = 0, {name}z = (int)({a}) & 15;",
            f"     {name} < {name}z; {name}++, {name}z -= 2)",
            f"    if (int {name}q = {b} & 3; {name}q > 1) {other} += {name}q * {name}z;",
            f"    else {other} ^= {c};",
        ),
        (
            f"union {{ unsigned u; float f; }} {name};",
            f"{name}.f = to_int({x}, -1e4, 1e4) * 0.25f;",
            f"int {other} = (int)({name}.u >> 3);",
        ),
        (
            f"static constexpr int {name} = 3 * sizeof({type_});",
            f"int {other} = {name} ^ {a};",
        ),
        (
            f"unsigned char {name}[8];",
            f"for (auto& e : {name}) e = (unsigned char)({a});",
            f"int {other} = 0;",
            f"for (auto e : {name}) {other} = {other} * 3 + e;",
        ),
        (
            f"Pack {name}[2] = {{make_pack((int)({a}), 1.f), make_pack((int)({b}), 2.f)}};",
            f"{name}[{c} & 1].bump(2).c[1] ^= {a};",
            f"Pack* {name}p = &{name}[{b} & 1];",
            f"{name}p->a += {name}[1].b; {name}[0] = {c} ? {name}[1] : *{name}p;",
            f"int {other} = {name}[0].get(1) + {name}p->get(2) + (int){name}p->f;",
        ),
    )
