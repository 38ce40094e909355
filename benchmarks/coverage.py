"""How much of a public repository translates and is proved, as a table for docs/coverage.md.

    python benchmarks/coverage.py NAME CHECKOUT 'dev/cuda/*.cu' [-- translate options]

Every matching file is given to `translate`, unmodified, one process per file. A kernel (one
`__global__` definition) counts as proved when it has an instance and all of its instances are
proved; as refused, failed or unverified when one instance is. The section NAME of the page is
replaced; others stay.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "coverage.md"
WORST_FIRST = ("failed", "refused", "unverified", "proved")
TITLE = "# Coverage of public repositories\n\nMade by `benchmarks/coverage.py`; target `cpu`.\n"


@dataclass
class FileResult:
    """What `translate` said about one file: a verdict per kernel definition."""

    name: str
    verdicts: dict[tuple[str, int], str] = field(default_factory=dict)
    codes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    note: str = ""

    def count(self, verdict: str) -> int:
        return sum(v == verdict for v in self.verdicts.values())


def examine(root: Path, path: Path, options: list[str], limit: float) -> FileResult:
    """Run `translate` on one file in a scratch folder."""
    result = FileResult(str(path.relative_to(root)))
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = [sys.executable, "-m", "ascendify", str(path), "--out", f"{scratch}/out"]
        try:
            subprocess.run(
                [*command, "--report", str(report), *options],
                cwd=scratch, capture_output=True, timeout=limit, check=False,
            )  # fmt: skip
            data = json.loads(report.read_text())
        except subprocess.TimeoutExpired:
            result.note = f"no answer within {limit:.0f} s"
            return result
        except (OSError, ValueError):
            result.note = "no report"
            return result
    result.seconds = time.perf_counter() - started
    for kernel in data["kernels"]:
        key = (kernel["name"], kernel["line"])
        verdicts = (result.verdicts.get(key, "proved"), kernel["verdict"])
        result.verdicts[key] = min(verdicts, key=WORST_FIRST.index)
        if kernel["verdict"] != "proved":
            result.codes.update(kernel["codes"][:1] or ["?"])
    return result


def section(name: str, commit: str, results: list[FileResult]) -> str:
    """The page's section for a repository."""
    total = sum(len(r.verdicts) for r in results)
    sums = {
        v: sum(r.count(v) for r in results) for v in ("proved", "unverified", "refused", "failed")
    }
    share = 100.0 * sums["proved"] / max(1, total)
    lines = [
        f"## {name}",
        "",
        f"Commit {commit}, files unmodified: {total} kernels, {sums['proved']} translated and "
        f"proved ({share:.0f} %), {sums['unverified']} unverified, {sums['refused']} refused, "
        f"{sums['failed']} wrong.",
        "",
        "| file | kernels | proved | unverified | refused | wrong | codes |",
        "|---|---|---|---|---|---|---|",
    ]
    for r in results:
        codes = r.note or ", ".join(f"{code}: {n}" for code, n in sorted(r.codes.items()))
        numbers = (len(r.verdicts), *(r.count(v) for v in sums))
        lines.append(f"| {r.name} | {' | '.join(map(str, numbers))} | {codes} |")
    return "\n".join(lines) + "\n"


def replace_section(page: str, name: str, text: str) -> str:
    """`page` with the section `name` replaced or added at the end."""
    parts = page.split("\n## ")
    kept = [p for p in parts[1:] if p.split("\n", 1)[0] != name]
    body = sorted([*(f"## {p.strip()}\n" for p in kept), text])
    return parts[0].strip() + "\n\n" + "\n".join(body)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name")
    parser.add_argument("checkout", type=Path)
    parser.add_argument("patterns", nargs="+")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=float, default=600.0, help="seconds per file")
    parser.add_argument("--no-write", action="store_true", help="print, leave the page alone")
    arguments = sys.argv[1:]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    parsed = parser.parse_args(arguments[:at])
    root = parsed.checkout.resolve()
    paths = sorted({p for pattern in parsed.patterns for p in root.glob(pattern)})
    with ThreadPoolExecutor(parsed.jobs) as pool:
        results = []
        for result in pool.map(
            lambda p: examine(root, p, arguments[at + 1 :], parsed.limit), paths
        ):
            results.append(result)
            counts = {v: result.count(v) for v in WORST_FIRST if result.count(v)}
            print(f"{result.name}: {counts} {result.note} {result.seconds:.1f} s", flush=True)
    commit = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "--short", "HEAD"],
        capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip
    text = section(parsed.name, commit or "unknown", results)
    print(text)
    if not parsed.no_write:
        page = PAGE.read_text() if PAGE.exists() else TITLE
        PAGE.write_text(replace_section(page, parsed.name, text))


if __name__ == "__main__":
    main()
