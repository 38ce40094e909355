"""How much of a public repository translates and is proved: docs/coverage.md.

    python benchmarks/coverage.py NAME CHECKOUT ['dev/cuda/*.cu' ...] [--jobs 2] [--limit 900]
                                  [--exclude GLOB] [-I DIR] [-D NAME] [--budget 10]

Every matching file (default: all .cu files) goes, unmodified, through a corpus run: a process
per file, with a limit of time. Results are kept, so that a run that was interrupted goes on when
it is started again; `--fresh` begins anew. A kernel is a `__global__` definition; it counts as
proved when it has an instance and all of them are, and as wrong, refused or unverified when one
is. The numbers of NAME in docs/coverage.json are replaced, those of others stay; the page is made
from them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from ascendify.batch.corpus import corpus
from ascendify.batch.files import sources_below
from ascendify.batch.run import Watch
from ascendify.batch.settings import Settings
from ascendify.batch.work import Outcome
from ascendify.ir.diagnostics import CODES
from ascendify.ir.efforts import effort_of
from ascendify.runtime.json_text import json_text
from ascendify.runtime.overview import Definition, definitions
from ascendify.runtime.report import Report

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE, DATA = DOCS / "coverage.md", DOCS / "coverage.json"
TITLE = "# Coverage of public repositories\n\nMade by `benchmarks/coverage.py`; target `cpu`.\n"
ABOUT_CODES = "What is in the way, over all repositories"
MOST_CODES = 25
TRANSLATED = ("proved", "unverified", "failed")
COLUMNS = ("kernels", "translated", "proved", "unverified", "refused", "wrong")


class Log(Watch):
    """A line for each file that is done."""

    def tell(self, outcome: Outcome) -> None:
        counts = dict(Counter(d.verdict for d in definitions(outcome.kernels)))
        said = "" if outcome.status == "done" else f"{outcome.status} {outcome.detail}"
        print(f"{outcome.file}: {counts} {said} {outcome.seconds:.1f} s", flush=True)


def numbers(found: list[Definition]) -> dict[str, int]:
    """The columns."""
    verdicts = Counter(d.verdict for d in found)
    return {
        "kernels": len(found),
        "translated": sum(verdicts[v] for v in TRANSLATED),
        "proved": verdicts["proved"],
        "unverified": verdicts["unverified"],
        "refused": verdicts["refused"],
        "wrong": verdicts["failed"],
    }


def codes(found: list[Definition]) -> dict[str, int]:
    """Kernels that are not proved by the code that is in the way."""
    return dict(sorted(Counter(d.code or "?" for d in found if d.verdict != "proved").items()))


def measured(report: Report, commit: str) -> dict[str, Any]:
    """The entry of a repository in the data."""
    files = {}
    for file in report.files:
        found = definitions(file.kernels)
        if not found and file.status == "no kernels":
            continue
        row: dict[str, Any] = {**numbers(found), "codes": codes(found)}
        if file.status not in ("done", "no kernels"):
            row["note"] = f"{file.status}: {file.detail}"
            row["file_code"] = file.blocking.code if file.blocking else file.status
        files[file.name] = row
    total = definitions(report.kernels)
    return {"commit": commit, "total": numbers(total), "codes": codes(total), "files": files}


def section(name: str, entry: dict[str, Any]) -> str:
    """The page's section for a repository; files with nothing left to do share a row."""
    total, files = entry["total"], entry["files"]
    share = 100.0 * total["proved"] / max(1, total["kernels"])
    lines = [
        f"## {name}",
        "",
        f"Commit {entry['commit']}, files unmodified: {total['kernels']} kernels in {len(files)} "
        f"files, {total['translated']} translated, {total['proved']} proved ({share:.0f} %), "
        f"{total['unverified']} unverified, {total['refused']} refused, {total['wrong']} wrong.",
        "",
        f"| file | {' | '.join(COLUMNS)} | codes |",
        "|---|" + "---|" * (len(COLUMNS) + 1),
    ]
    done = {n: r for n, r in files.items() if is_done(r)}
    for file, row in files.items():
        if file not in done:
            said = [row["note"]] if "note" in row else []
            said += [f"{code}: {n}" for code, n in row["codes"].items()]
            lines.append(f"| {file} | {cells(row)} | {', '.join(said).replace('|', ' ')} |")
    if done:
        total = {c: sum(row[c] for row in done.values()) for c in COLUMNS}
        lines.append(f"| {len(done)} files, all proved | {cells(total)} | |")
    return "\n".join(lines) + "\n"


def is_done(row: dict[str, Any]) -> bool:
    return row["kernels"] == row["proved"] and "note" not in row


def cells(row: dict[str, Any]) -> str:
    return " | ".join(str(row[column]) for column in COLUMNS)


def code_section(data: dict[str, Any]) -> str:
    """The most common codes of kernels that are not proved, and of files as a whole."""
    kernels: Counter[str] = Counter()
    files: Counter[str] = Counter()
    where: dict[str, set[str]] = {}
    for name, entry in data.items():
        kernels.update(entry["codes"])
        whole = [row["file_code"] for row in entry["files"].values() if "file_code" in row]
        files.update(whole)
        for code in (*entry["codes"], *whole):
            where.setdefault(code, set()).add(name)
    lines = [
        f"## {ABOUT_CODES}",
        "",
        "| code | meaning | kernels | whole files | repositories | effort |",
        "|---|---|---|---|---|---|",
    ]
    ordered = sorted(where, key=lambda code: (-kernels[code] - files[code], code))
    for code in ordered[:MOST_CODES]:
        title = CODES[code].title if code in CODES else code
        effort = effort_of(code).level if "ASC0101" <= code < "ASC0800" else ""
        counts = (kernels[code], files[code], len(where[code]))
        lines.append(f"| {code} | {title} | {' | '.join(map(str, counts))} | {effort} |")
    return "\n".join(lines) + "\n"


def page(old: str, data: dict[str, Any]) -> str:
    """The page of `data`; sections of repositories that are not in it stay as they are."""
    parts = [part.strip() for part in old.split("\n## ")[1:]]
    names = {*data, ABOUT_CODES}
    kept = {p.split("\n", 1)[0]: f"## {p}\n" for p in parts if p.split("\n", 1)[0] not in names}
    sections = kept | {name: section(name, entry) for name, entry in data.items()}
    ordered = [code_section(data), *(text for _, text in sorted(sections.items()))]
    return TITLE + "\n" + "\n".join(ordered)


def commit_of(root: Path) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "--short", "HEAD"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() or "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("name")
    add("checkout", type=Path)
    add("patterns", nargs="*")
    add("--jobs", type=int, default=0)
    add("--limit", type=float, default=900.0, help="seconds per file")
    add("--exclude", action="append", default=[])
    add("-I", dest="include_dirs", action="append", default=[])
    add("-D", dest="defines", action="append", default=[])
    add("--budget", type=float, default=10.0)
    add("--fresh", action="store_true", help="take no results of earlier runs")
    add("--no-write", action="store_true", help="print, leave the page alone")
    parsed = parser.parse_args()
    root = parsed.checkout.resolve()
    files, _ = sources_below(root, parsed.exclude)
    if parsed.patterns:
        wanted = {p.relative_to(root).as_posix() for g in parsed.patterns for p in root.glob(g)}
        files = [file for file in files if file in wanted]
    if not files:
        sys.exit("no such files")
    options = {
        "include_dirs": tuple(parsed.include_dirs),
        "defines": tuple(parsed.defines),
        "budget": parsed.budget,
    }
    settings = Settings(
        root, options, tuple(parsed.exclude), jobs=parsed.jobs, limit=parsed.limit,
        reuse=not parsed.fresh, watch=Log(),
    )  # fmt: skip
    report = corpus(settings, files=files).report
    entry = measured(report, commit_of(root))
    print(section(parsed.name, entry))
    if parsed.no_write:
        return
    data = json.loads(DATA.read_text()) if DATA.exists() else {}
    data = dict(sorted({**data, parsed.name: entry}.items()))
    DATA.write_text(json_text(data))
    PAGE.write_text(page(PAGE.read_text() if PAGE.exists() else TITLE, data))


if __name__ == "__main__":
    main()
