"""Headers that only the place of the file in its project tells of."""

from pathlib import Path

import pytest

from ascendify.driver import Options, translate_files
from ascendify.frontend.preprocess import preprocess
from ascendify.frontend.project_headers import ProjectHeaders
from ascendify.ir.diagnostics import Reporter
from ascendify.ir.source import Sources


def project(root: Path, *files: str) -> Path:
    """A project with files that each hold a macro saying where it is; the last is the source."""
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#define HERE "{name}"\n')
    return root / files[-1]


def taken(source: Path, header: str) -> str | None:
    found = ProjectHeaders(str(source)).find(header, str(source.parent))
    return None if found is None else str(Path(found.path))


@pytest.mark.parametrize(
    ("files", "header", "expected"),
    [
        (["include/a.h", "src/k.cu"], "a.h", "include/a.h"),
        (["utils/a.h", "src/mma/k.cu"], "a.h", "utils/a.h"),
        (["csrc/common/cuda/a.cuh", "csrc/torch/cuda/k.cu"], "a.cuh", "csrc/common/cuda/a.cuh"),
        (["include/lib/a.h", "csrc/k.cu"], "lib/a.h", "include/lib/a.h"),
        (["x/y/a.h", "x/z/b/a.h", "x/z/c/k.cu"], "a.h", "x/z/b/a.h"),
        (["x/other/a.h", "k.cu"], "b/a.h", None),
        ([".hidden/a.h", "build/a.h", "third_party/a.h", "k.cu"], "a.h", None),
        (["third_party/lib/odd/a.h", "third_party/lib/b/k.cu"], "a.h", "third_party/lib/odd/a.h"),
        (["sub/a.h", "sub/.git", "k.cu"], "a.h", None),
        (["a.h", "k.cu"], "../a.h", None),
    ],
)
def test_where_a_header_is_looked_for(tmp_path, files, header, expected):
    source = project(tmp_path, "setup.py", *files)
    expected = None if expected is None else str(tmp_path / expected)
    assert taken(source, header) == expected


def test_the_repository_ends_the_search(tmp_path):
    source = project(tmp_path, "setup.py", "odd/a.h", "inner/.git", "inner/k.cu")
    assert taken(source, "a.h") is None


def test_without_a_project_only_usual_places_nearby(tmp_path):
    source = project(tmp_path, "include/a.h", "odd/b.h", "src/k.cu")
    assert taken(source, "a.h") == str(tmp_path / "include/a.h")
    assert taken(source, "b.h") is None


def read(source: Path, *include_dirs: str):
    reporter = Reporter()
    done = preprocess(
        str(source), None, include_dirs=include_dirs, sources=Sources(), reporter=reporter
    )
    return done, reporter.diagnostics


def test_a_remark_names_the_file_and_the_option(tmp_path, monkeypatch):
    source = project(tmp_path, "setup.py", "odd/one/a.h", "odd/two/a.h", "odd/one/b.h", "k.cu")
    source.write_text('#include "a.h"\n#include "b.h"\nint HERE;\n')
    monkeypatch.chdir(tmp_path)
    done, messages = read(Path("k.cu"))
    assert [m.code for m in messages if m.code != "ASC0110"] == ["ASC0111"]
    assert messages[0].message == "header 'a.h' is taken from 'odd/one/a.h' (1 more of that name)"
    assert "-I odd/one" in messages[0].help
    assert done.found_dirs == [str(tmp_path / "odd/one")]
    assert [t.text for t in done.tokens][:2] == ["int", '"odd/one/b.h"']


def test_include_folders_decide(tmp_path):
    source = project(tmp_path, "setup.py", "include/a.h", "other/a.h", "k.cu")
    source.write_text('#include "a.h"\nint HERE;\n')
    done, messages = read(source, str(tmp_path / "other"))
    assert ([t.text for t in done.tokens][1], messages) == ('"other/a.h"', [])


@pytest.mark.parametrize("kernel", ["src/deep/kernel.cu", "include/lib/kernel.cu"])
def test_the_proof_reads_the_same_headers(tmp_path, kernel):
    """Both include a header of kernels by a path from a folder above, itself with an include."""
    source = project(tmp_path, "setup.py", "include/lib/scale.cuh", "common/factor.h", kernel)
    (tmp_path / "common/factor.h").write_text("#define FACTOR 3.0f\n")
    (tmp_path / "include/lib/scale.cuh").write_text(
        '#pragma once\n#include "factor.h"\n'
        "template <class T> __global__ void scale(T *x, int n) {\n"
        "  int i = blockIdx.x * blockDim.x + threadIdx.x;\n"
        "  if (i < n) x[i] *= FACTOR;\n}\n"
    )
    source.write_text(
        "#include <lib/scale.cuh>\n"
        "void run(float *x, int n) { scale<float><<<(n + 127) / 128, 128>>>(x, n); }\n"
    )
    options = Options(out=tmp_path / "out", budget=2)
    (translation,) = translate_files([str(source)], options)
    codes = [d.code for d in translation.diagnostics]
    assert codes == ["ASC0111", "ASC0111"]
    assert [k.verdict for k in translation.kernels] == ["proved"], translation.kernels[0].reason
