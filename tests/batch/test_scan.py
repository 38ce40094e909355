"""`translate --scan`: a verdict for each kernel of a tree."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from ascendify.batch.scan import scan
from ascendify.batch.settings import Settings
from ascendify.runtime.overview import overview
from ascendify.runtime.report_json import to_json

pytestmark = pytest.mark.usefixtures("own_cache")

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = "__global__ void good(float *x) { x[threadIdx.x] += 1.0f; }\n"
BAD = "__global__ void bad(float *x)\n{\n    x[0] = undeclared;\n}\n"


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ascendify", *arguments],
        cwd=cwd, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def scanned(root: Path, **more) -> dict[str, str]:
    """Verdicts by file and kernel, and by file where that was not examined."""
    report = scan(Settings(root, jobs=2, **more))
    found = {f"{d.file}:{d.name}": d.verdict for d in overview(report).definitions}
    return found | {f.name: f.status for f in report.files if f.status != "done"}


def test_verdicts(tree):
    root = tree({"a/k.cu": GOOD, "b/k.cu": GOOD + BAD, "host.cu": "int main() {}\n"})
    assert scanned(root) == {
        "a/k.cu:good": "translates",
        "b/k.cu:good": "translates",
        "b/k.cu:bad": "refused",
        "host.cu": "no kernels",
    }


def test_headers_that_no_source_includes(tree):
    root = tree(
        {
            "k.cu": '#include "used.cuh"\n',
            "used.cuh": GOOD,
            "alone.cuh": GOOD.replace("good", "alone"),
        }
    )
    assert scanned(root) == {"used.cuh:good": "translates", "alone.cuh:alone": "translates"}


def test_a_header_of_several_sources_counts_once_with_its_worst_verdict(tree):
    text = "__global__ void k(float *x) {\n#ifdef WRONG\n    x[0] = undeclared;\n#endif\n}\n"
    include = '#include "k.cuh"\n'
    root = tree({"a.cu": include, "b.cu": f"#define WRONG\n{include}", "k.cuh": text})
    assert scanned(root) == {"k.cuh:k": "refused"}


def test_headers_that_are_found_in_the_project_are_named_like_others(tree):
    header = "far/include/project/k.cuh"
    root = tree(
        {
            ".git/HEAD": "",
            "a.cu": '#include "project/k.cuh"\n',
            "far/b.cu": '#include "include/project/k.cuh"\n',
            header: GOOD + BAD,
        }
    )
    assert scanned(root) == {f"{header}:good": "translates", f"{header}:bad": "refused"}
    report = scan(Settings(root))
    (block,) = [k.blocking for k in report.kernels if k.blocking]
    assert block.file == header
    data = json.loads(to_json(report))
    assert str(root) not in json.dumps({**data, "root": ""})


def test_bad_files(tree):
    root = tree({"nul.cu": b"\0\0", "latin.cu": b"// \xe9\n" + GOOD.encode(), "empty.cu": ""})
    os.symlink(root, root / "loop")
    found = scanned(root)
    assert found["nul.cu"] == "refused"
    assert found["empty.cu"] == "no kernels"
    assert found.get("latin.cu:good") == "translates" or found["latin.cu"] == "refused"


def test_blocking_line_and_effort(tree):
    (kernel,) = scan(Settings(tree({"k.cu": BAD}))).kernels
    block = kernel.blocking
    assert (block.file, block.line, block.text) == ("k.cu", 3, "x[0] = undeclared;")
    assert (block.code, block.effort) == ("ASC0301", "none")
    assert block.suggestion


def test_everything_translates(tree):
    done = command("--scan", ".", cwd=tree({"k.cu": GOOD}))
    assert done.returncode == 0, done.stderr
    assert "1 kernel in 1 file: 1 translates" in done.stdout
    assert "nothing was proved" in done.stdout
    assert not re.search(r"\b[1-9]\d* proved", done.stdout)


def test_reports(tree, tmp_path):
    root = tree({"k.cu": GOOD + BAD, "sub/nul.cu": b"\0"})
    reports = [f"--report={tmp_path}/r{suffix}" for suffix in (".json", ".md", ".html", ".sarif")]
    done = command("--scan", ".", *reports, cwd=root)
    assert done.returncode == 1
    assert "ASC0301" in done.stdout
    assert sorted(p.name for p in root.iterdir()) == ["k.cu", "sub"]
    report = json.loads((tmp_path / "r.json").read_text())
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text())
    jsonschema.validate(report, schema)
    assert report["kind"] == "scan"
    assert [k["verdict"] for k in report["kernels"]] == ["translates", "refused"]
    assert report["total"]["not_examined"] == 1
    assert {row["code"]: row["kernels"] for row in report["codes"]} == {"ASC0301": 1, "ASC0003": 0}
    assert "| `bad` | k.cu:4:12 |" in (tmp_path / "r.md").read_text()
    page = (tmp_path / "r.html").read_text()
    assert "x[0] = undeclared;" in page
    assert not re.search(r"https?://", page)


def test_same_bytes_again_from_the_store_and_for_other_jobs(tree, tmp_path):
    root = tree({f"{name}.cu": GOOD + BAD for name in "abcdef"})
    texts = set()
    for number, more in enumerate((["--jobs=1"], [], ["--no-reuse", "--jobs=4"])):
        command("--scan", ".", *more, f"--report={tmp_path}/{number}.json", cwd=root)
        texts.add((tmp_path / f"{number}.json").read_text())
    assert len(texts) == 1


def test_what_changed_is_examined_again(tree):
    root = tree({"k.cu": '#include "h.h"\n' + GOOD.replace("1.0f", "N"), "h.h": ""})
    assert scanned(root) == {"k.cu:good": "refused"}
    (root / "h.h").write_text("#define N 2\n")
    assert scanned(root) == {"k.cu:good": "translates"}


def test_time_limit(tree):
    report = scan(Settings(tree({"k.cu": GOOD}), limit=0.001))
    assert [(f.status, f.detail) for f in report.files] == [("timeout", "no answer within 0.001 s")]


def test_killed_and_run_again(tree, own_cache):
    root = tree({f"k{n}.cu": GOOD for n in range(40)})
    running = subprocess.Popen(
        [sys.executable, "-m", "ascendify", "--scan", ".", "--jobs", "1"],
        cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    end = time.monotonic() + 120
    while not list(own_cache.glob("*/*/outcome.json")) and time.monotonic() < end:
        time.sleep(0.02)
    (server,) = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    running.send_signal(signal.SIGKILL)
    running.wait()
    while Path(f"/proc/{server}/cmdline").exists() and time.monotonic() < end:
        if not Path(f"/proc/{server}/cmdline").read_bytes():
            break  # it has ended, nobody has asked for its status
        time.sleep(0.02)
    assert len(scanned(root)) == 40


def test_a_damaged_entry_is_made_again(tree, own_cache):
    root = tree({"k.cu": GOOD})
    scanned(root)
    for path in own_cache.glob("*/*/outcome.json"):
        path.write_text("{")
    assert scanned(root) == {"k.cu:good": "translates"}


def test_compilation_database(tree):
    root = tree({"k.cu": GOOD.replace("1.0f", "N"), "other.cu": GOOD})
    entry = {"directory": str(root), "file": "k.cu", "command": "nvcc -DN=3 k.cu"}
    (root / "compile_commands.json").write_text(json.dumps([entry]))
    done = command("--scan", "-p", "compile_commands.json", cwd=root)
    assert done.returncode == 0, done.stderr
    assert "1 .cu file of the compilation database" in done.stdout


def test_empty_folder(tree):
    done = command("--scan", ".", cwd=tree({}))
    assert (done.returncode, "scanned: 0 .cu files" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--scan", "missing"),
        ("--scan",),
        ("--scan", ".", "k.cu"),
        ("--scan", ".", "--corpus", "."),
        ("--scan", ".", "--file-limit", "0"),
        ("--scan", ".", "--baseline", "b.json"),
        ("--scan", ".", "-p", "missing.json"),
        ("--corpus", ".", "--update-baseline"),
        ("k.cu", "--exclude", "x"),
    ],
)
def test_usage(tree, arguments):
    assert command(*arguments, cwd=tree({"k.cu": GOOD})).returncode == 2
