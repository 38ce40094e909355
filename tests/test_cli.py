"""The command as a user runs it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

SAXPY = """\
__global__ void saxpy(int n, float a, const float *x, float *y)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = a * x[i] + y[i];
}

void run_saxpy(int n, float a, const float *x, float *y)
{
    saxpy<<<(n + 127) / 128, 128>>>(n, a, x, y);
}
"""
BROKEN = """\
__global__ void good(float *y) { y[threadIdx.x] = 1.0f; }
__global__ void bad(float *y) { y[threadIdx.x] = undeclared + 1.0f; }
"""


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ascendify", *arguments],
        cwd=cwd, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture
def saxpy(tmp_path: Path) -> Path:
    (tmp_path / "saxpy.cu").write_text(SAXPY)
    return tmp_path


def test_version(tmp_path):
    done = command("--version", cwd=tmp_path)
    assert done.returncode == 0
    assert re.fullmatch(r"translate \d+\.\d+\.\d+\n", done.stdout)


def test_help_shows_examples_first(tmp_path):
    done = command("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.index("examples:") < done.stdout.index("--target")


def test_usage_without_arguments(tmp_path):
    assert command(cwd=tmp_path).returncode == 2


def test_translates_and_proves(saxpy):
    done = command("saxpy.cu", cwd=saxpy)
    assert done.returncode == 0, done.stderr
    assert "proved" in done.stdout
    assert "\x1b" not in done.stdout
    report = json.loads((saxpy / "saxpy-cpu" / "report.json").read_text())
    assert report["schema"] == 2
    (kernel,) = report["kernels"]
    assert (kernel["name"], kernel["verdict"], kernel["line"]) == ("saxpy", "proved", 1)
    assert (saxpy / "saxpy-cpu" / "saxpy.c").exists()


def test_edited_output_is_kept(saxpy):
    assert command("saxpy.cu", "--no-verify", cwd=saxpy).returncode == 0
    assert command("saxpy.cu", "--no-verify", cwd=saxpy).returncode == 0
    generated = saxpy / "saxpy-cpu" / "saxpy.c"
    generated.write_text("/* mine */\n")
    done = command("saxpy.cu", "--no-verify", cwd=saxpy)
    assert done.returncode == 1
    assert "ASC0006" in done.stderr
    assert generated.read_text() == "/* mine */\n"
    assert command("saxpy.cu", "--no-verify", "--force", cwd=saxpy).returncode == 0
    assert generated.read_text() != "/* mine */\n"


def test_one_bad_kernel_does_not_hide_the_other(tmp_path):
    (tmp_path / "k.cu").write_text(BROKEN)
    done = command("k.cu", "--report", "r.json", cwd=tmp_path)
    assert done.returncode == 1
    assert "k.cu:2:50: error:" in done.stderr
    verdicts = {
        k["name"]: k["verdict"] for k in json.loads((tmp_path / "r.json").read_text())["kernels"]
    }
    assert verdicts == {"good": "proved", "bad": "refused"}


@pytest.mark.parametrize("target", ["ascend950", "ascend910b3", "tpu"])
def test_targets_that_are_not_there(saxpy, target):
    done = command("saxpy.cu", "-t", target, cwd=saxpy)
    assert done.returncode == 1
    assert "ASC0005" in done.stderr


@pytest.mark.parametrize("stage", ["ast", "ir", "simt", "threads", "c"])
def test_emit(saxpy, stage):
    done = command("saxpy.cu", "--emit", stage, cwd=saxpy)
    assert done.returncode == 0, done.stderr
    assert "saxpy" in done.stdout
    assert not (saxpy / "saxpy-cpu").exists()


@pytest.mark.parametrize("stage", ["ir", "simt", "threads"])
def test_every_stage_can_be_entered(saxpy, stage):
    (saxpy / "s.air").write_text(command("saxpy.cu", "--emit", stage, cwd=saxpy).stdout)
    again = command("s.air", "--emit", "c", cwd=saxpy)
    assert again.returncode == 0, again.stderr
    direct = command("saxpy.cu", "--emit", "c", cwd=saxpy)
    assert again.stdout.split("{", 1)[1] == direct.stdout.split("{", 1)[1]


def test_print_after(saxpy):
    done = command("saxpy.cu", "--print-after", "promote", cwd=saxpy)
    assert done.returncode == 0, done.stderr
    assert "// after promote" in done.stdout


SAME_BYTES = [
    "saxpy",
    "block_scan",
    "flash_attention",
    "gemm_register",
    "language_corners",
    "moe_topk_gate",
]


@pytest.mark.parametrize("name", SAME_BYTES)
def test_same_bytes_for_every_hash_seed(saxpy, name):
    in_corpus = Path(__file__).parent / "corpus" / f"{name}.cu"
    path = saxpy / "saxpy.cu" if name == "saxpy" else in_corpus
    texts = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "ascendify", str(path), "--emit", "c"],
            cwd=saxpy, capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        texts.add(done.stdout)
    assert len(texts) == 1
    assert "ascendify_launch" in done.stdout


PROGRAM = (
    SAXPY
    + """
#include <cstdio>
#include <cstdlib>
int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 4;
    float *x, *y, out[64];
    cudaMalloc(&x, 64 * sizeof(float));
    cudaMalloc(&y, 64 * sizeof(float));
    for (int i = 0; i < 64; ++i) out[i] = (float)i;
    cudaMemcpy(x, out, sizeof(out), cudaMemcpyHostToDevice);
    cudaMemcpy(y, out, sizeof(out), cudaMemcpyHostToDevice);
    run_saxpy(n, 2.0f, x, y);
    cudaMemcpy(out, y, sizeof(out), cudaMemcpyDeviceToHost);
    for (int i = 0; i < n; ++i) printf("%g ", out[i]);
    printf("\\n");
    return n;
}
"""
)


def test_run_whole_program(tmp_path):
    (tmp_path / "p.cu").write_text(PROGRAM)
    done = command("p.cu", "--run", "--", "5", cwd=tmp_path)
    assert done.stdout == "0 3 6 9 12 \n", done.stderr
    assert done.returncode == 5


TEMPLATE = "template <typename T, int N> __global__ void k(T *p) { p[threadIdx.x] += T(N); }\n"


def test_instances_on_request(tmp_path):
    (tmp_path / "k.cu").write_text(TEMPLATE)
    done = command("k.cu", "--instantiate", "k<float, 3>", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "k<float, 3>  proved" in done.stdout


def test_template_without_instance_gets_a_default_one(tmp_path):
    (tmp_path / "k.cu").write_text(TEMPLATE)
    done = command("k.cu", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "k<float, 4>  proved" in done.stdout


def test_template_that_no_default_fits_is_refused_with_advice(tmp_path):
    (tmp_path / "k.cu").write_text(TEMPLATE.replace("{", '{ static_assert(N == 1000, "");', 1))
    done = command("k.cu", cwd=tmp_path)
    assert done.returncode == 1
    assert "--instantiate 'k<float, 32>'" in done.stderr


@pytest.mark.parametrize("arguments", [("--instantiate", "z<1>"), ("--kernel", "z")])
def test_no_such_kernel(tmp_path, arguments):
    (tmp_path / "k.cu").write_text(TEMPLATE)
    done = command("k.cu", *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert "ASC0008" in done.stderr
    assert "there are: k" in done.stderr


def test_several_files_one_of_them_missing(saxpy):
    done = command("missing.cu", "saxpy.cu", "--no-verify", cwd=saxpy)
    assert done.returncode == 1
    assert "ASC0002" in done.stderr
    assert (saxpy / "saxpy-cpu" / "saxpy.c").exists()


def test_markdown_report(saxpy):
    command("saxpy.cu", "--report", "r.md", cwd=saxpy)
    assert "| `saxpy` | saxpy.cu:1 | proved |" in (saxpy / "r.md").read_text()


def test_compilation_database(tmp_path):
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "f.h").write_text("#define FACTOR 3\n")
    (tmp_path / "k.cu").write_text(
        '#include "f.h"\n__global__ void k(int *p) { p[threadIdx.x] *= FACTOR + EXTRA; }\n'
    )
    entry = {"directory": str(tmp_path), "file": "k.cu", "command": "nvcc -Iinc -DEXTRA=2 k.cu"}
    (tmp_path / "compile_commands.json").write_text(json.dumps([entry]))
    done = command("k.cu", "-p", "compile_commands.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "proved" in done.stdout


BROKEN_SAXPY = SAXPY.replace("a * x[i]", "x[i]")


@pytest.fixture
def wrong_translation(tmp_path, monkeypatch) -> Path:
    """A folder with a source whose proof runs against another original."""
    from ascendify import driver

    (tmp_path / "saxpy.cu").write_text(BROKEN_SAXPY)
    real = driver.build_oracle
    monkeypatch.setattr(driver, "build_oracle", lambda path, text, **o: real(path, SAXPY, **o))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_failure_is_shown_saved_and_replayed(wrong_translation, capsys):
    from ascendify import cli

    reports = [f"--report=r{suffix}" for suffix in (".json", ".md", ".html")]
    assert cli.main(["saxpy.cu", *reports]) == 3
    shown = capsys.readouterr().out
    for title in ("case", "element", "original", "translation", "error", "allowed", "inputs"):
        assert re.search(rf"(?m)^  {title} +\S", shown), title
    command_line = "translate --replay saxpy-cpu/failures/saxpy"
    assert command_line in shown
    assert all(command_line in Path(f"r{suffix}").read_text() for suffix in (".md", ".html"))
    (kernel,) = json.loads(Path("r.json").read_text())["kernels"]
    assert kernel["reproducer"] == "saxpy-cpu/failures/saxpy"
    assert cli.main(["--replay", kernel["reproducer"]]) == 3
    shown = capsys.readouterr().out
    assert "y[" in shown
    assert shown.endswith("saxpy: reproduced\n")
    code = Path(kernel["reproducer"]) / "saxpy.c"
    text = code.read_text()
    assert text.count("x[i] + y[i]") == 1
    code.write_text(text.replace("x[i] + y[i]", "a * x[i] + y[i]"))
    assert cli.main(["--replay", kernel["reproducer"]]) == 0
    assert capsys.readouterr().out == "saxpy: does not differ any more\n"


SCALED = """
__device__ float factor = 1.0f;
__global__ void scale(float *y, const float *x, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = x[i] * factor;
}
void run_scale(float *y, const float *x, int n)
{
    const float three = 3.0f;
    cudaMemcpyToSymbol(factor, &three, sizeof three);
    scale<<<(n + 127) / 128, 128>>>(y, x, n);
}
"""


def test_more_digits_are_asked_for_where_there_are_module_variables(tmp_path, monkeypatch):
    from ascendify import driver
    from ascendify.runtime.oracle.build import has_precision

    if not has_precision():
        pytest.skip("no compiler for more digits")
    real = driver.build_oracle
    monkeypatch.setattr(driver, "build_oracle", lambda path, text, **o: real(path, SCALED, **o))
    wrong = SCALED.replace("x[i] * factor", "x[i] * factor + 0.5f")
    (kernel,) = driver.translate(wrong, name="scale.cu", budget=4.0).kernels
    assert kernel.verdict == "failed", kernel.reason
    assert kernel.worst is not None
    assert kernel.worst["precise"] == pytest.approx(kernel.worst["expected"], rel=1e-6)


def test_replay_of_no_such_folder(tmp_path):
    done = command("--replay", "nothing", cwd=tmp_path)
    assert done.returncode == 1
    assert "error: 'nothing' cannot be replayed" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments", [("--replay", "x", "k.cu"), ("k.cu", "--report", "r.txt"), ("--verbose",)]
)
def test_usage(tmp_path, arguments):
    assert command(*arguments, cwd=tmp_path).returncode == 2


def test_assumptions_are_printed_on_request(capsys, monkeypatch):
    from ascendify import cli
    from ascendify.driver import Translation
    from ascendify.runtime.report import KernelReport

    kernel = KernelReport("k", "k", "k.cu", 1, "proved", assumptions=["block of [64] threads"])
    translation = Translation("k.cu", kernels=[kernel])
    monkeypatch.setattr("ascendify.driver.translate_files", lambda *_: [translation])
    assert cli.main(["k.cu"]) == 0
    assert "block of" not in capsys.readouterr().out
    assert cli.main(["k.cu", "-v"]) == 0
    assert "k assumes\n  block of [64] threads\n" in capsys.readouterr().out
