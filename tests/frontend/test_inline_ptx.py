"""Inline PTX: what is refused, with its place, and what instructions become where passes care."""

from __future__ import annotations

from pathlib import Path

import pytest

from ascendify.driver import Options, translate_files
from ascendify.ir.diagnostics import render

HEAD = "#include <cstdint>\n"


def translated(tmp_path: Path, text: str, emit: str = "simt"):
    path = tmp_path / "k.cu"
    path.write_text(HEAD + text)
    (translation,) = translate_files([str(path)], Options(write=False, verify=False, emit=emit))
    return translation


REFUSED = [
    pytest.param('asm("wgmma.fence.sync.aligned;");', "warp group", id="wgmma"),
    pytest.param('asm("mbarrier.init.shared.b64 [%0], 1;" :: "r"(x));', "in memory", id="mbarrier"),
    pytest.param('asm("cp.async.bulk.commit_group;");', "bulk copies", id="bulk"),
    pytest.param('asm("add.cc.u32 %0, %0, %0;" : "+r"(x));', "carries", id="carry"),
    pytest.param('asm("bar.sync 1, 64;");', "some threads", id="named-barrier"),
    pytest.param('asm("bar.arrive 1, 64;");', "does not wait", id="arrive"),
    pytest.param('asm("foo.u32 %0, %0;" : "+r"(x));', "'foo.u32'", id="unknown"),
    pytest.param('asm("add.rz.f32 %0, %0, %0;" : "+f"(y));', "'.rz'", id="rounding"),
    pytest.param('asm("add.u32 %0, %0;" : "+r"(x));', "2 operands", id="count"),
    pytest.param('asm("mov.u32 %0, %smid;" : "=r"(x));', "'%smid'", id="smid"),
    pytest.param('asm("mov.u32 %0, t;" : "=r"(x));', "'t' is not declared", id="undeclared"),
    pytest.param('asm("L: bra L;");', "label", id="jump"),
    pytest.param('asm("mov.u32 %0, %1;" : "=r"(x) : "n"(x));', "must be a constant", id="constant"),
    pytest.param('asm("ld.global.u32 %0, [%0];" : "+r"(x));', "32 bits outside", id="address"),
    pytest.param('asm("ld.shared.u32 %0, [%1];" : "=r"(x) : "l"(out));', "generic", id="generic"),
    pytest.param(
        'asm("mma.sync.aligned.m8n8k4.row.col.f32.f16.f16.f32 {%0}, {%0}, {%0}, {%0};" : "+r"(x));',
        "'.m8n8k4'",
        id="shape",
    ),
]


@pytest.mark.parametrize(("statement", "message"), REFUSED)
def test_refused_by_name(tmp_path: Path, statement: str, message: str) -> None:
    text = (
        f"__global__ void k(uint32_t *out, uint32_t x, float y) {{\n  {statement}\n  *out = x; }}"
    )
    found = translated(tmp_path, text).diagnostics
    assert found[0].code == "ASC0430"
    assert message in found[0].message
    assert found[0].span.line == 3


def test_the_place_is_in_the_text(tmp_path: Path) -> None:
    text = """__global__ void k(uint32_t *out, uint32_t x) {
  asm volatile("{ .reg .u32 t;"
      " add.u32 t, %0, 1;"
      " carry.u32 %0, t; }" : "+r"(x));
  *out = x;
}"""
    found = translated(tmp_path, text)
    span = found.diagnostics[0].span
    assert (span.line, span.col, span.end_col) == (5, 9, 18)
    assert "^~~~~~~~~" in render(found.diagnostics[0], found.sources)


def test_a_shared_number_is_an_address_again(tmp_path: Path) -> None:
    text = """__global__ void k(int *out) {
  __shared__ int tile[64];
  tile[threadIdx.x] = threadIdx.x;
  __syncthreads();
  uint32_t at = __cvta_generic_to_shared(tile) + (threadIdx.x ^ 1) * 4;
  int x;
  asm volatile("ld.shared.s32 %0, [%1];" : "=r"(x) : "r"(at));
  out[threadIdx.x] = x;
}"""
    emitted = translated(tmp_path, text).emitted
    assert emitted is not None
    assert "int_to_shared" not in emitted
    assert "ptr<i32, shared>" in emitted


def test_products_keep_their_name(tmp_path: Path) -> None:
    text = """__global__ void k(float *out, const uint32_t *in) {
  uint32_t a[4], b[2];
  float c[4] = {};
  for (int i = 0; i < 4; i++) a[i] = in[threadIdx.x * 4 + i];
  for (int i = 0; i < 2; i++) b[i] = in[threadIdx.x * 2 + i];
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
               "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  for (int i = 0; i < 4; i++) out[threadIdx.x * 4 + i] = c[i];
}"""
    emitted = translated(tmp_path, text).emitted
    assert emitted is not None
    assert "mma m16n8k16_f16_f16_f32" in emitted
