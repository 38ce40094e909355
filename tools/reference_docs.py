"""Write the pages of docs/ that come from tables: diagnostics.md, operations.md and
cuda-functions.md.

python tools/reference_docs.py           write them
python tools/reference_docs.py --check   exit with 1 where one is out of date
"""

from __future__ import annotations

import sys
from pathlib import Path

from ascendify.frontend.cuda_builtins import BUILTINS, REFUSED, SPECIAL
from ascendify.frontend.namespaces import prelude
from ascendify.ir.diagnostics import CODES
from ascendify.ir.efforts import EFFORTS
from ascendify.ir.ops import OPS

DOCS = Path(__file__).resolve().parent.parent / "docs"
NOTE = "<!-- written by tools/reference_docs.py -->"


def diagnostics_page() -> str:
    """Every code with its title, explanation and example."""
    lines = ["# Diagnostics", NOTE, "", "Codes are stable; a message always ends in its code."]
    for code, row in sorted(CODES.items()):
        lines += ["", f"## {code}: {row.title}", "", row.explanation]
        if code in EFFORTS:
            lines += ["", f"Effort to get through: {EFFORTS[code].level} ({EFFORTS[code].reason})."]
        if row.example:
            lines += ["", "```cuda", row.example.strip("\n"), "```"]
    return "\n".join(lines) + "\n"


def operations_page() -> str:
    """Every operation of the IR: signature, effect, meaning."""
    lines = [
        "# Operations of the intermediate representation",
        NOTE,
        "",
        "The executable meaning of each is in `ir/semantics.py` and `ir/interpreter.py`.",
        "",
        "| operation | operands | result | effect | attributes | meaning |",
        "|---|---|---|---|---|---|",
    ]
    for row in OPS.values():
        attributes = [*row.attrs, *(f"{name}?" for name in row.optional)]
        cells = (
            f"`{row.name}`",
            " ".join(row.operands),
            row.result or "none",
            row.effect.name.lower(),
            " ".join(attributes),
            row.doc.replace("|", "\\|").replace("\n", " "),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def cuda_functions() -> dict[str, list[str]]:
    """The functions that CUDA documents for device code, by chapter."""
    chapters: dict[str, list[str]] = {}
    names: list[str] = []
    for line in Path(__file__).with_name("cuda_functions.txt").read_text().splitlines():
        if line.startswith("["):
            names = chapters.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            names += line.split()
    return chapters


def known_functions() -> frozenset[str]:
    """Every function that device code can call without declaring it."""
    library = {name for item in prelude().items for name in (item.name, *item.names)}
    return frozenset(library | set(BUILTINS) | SPECIAL)


def cuda_functions_page() -> str:
    """Which of CUDA's functions are translated, refused by name, or unknown."""
    known = known_functions()
    lines = [
        "# Functions of CUDA in device code",
        NOTE,
        "",
        "Translated functions are checked against the original, as everything else. Refused ones",
        "end with a message that says what they are. Unknown ones are taken for names that the",
        "source does not declare.",
    ]
    for chapter, names in cuda_functions().items():
        groups = {
            "translated": [n for n in names if n in known],
            "refused": [n for n in names if n not in known and n in REFUSED],
            "unknown": [n for n in names if n not in known and n not in REFUSED],
        }
        lines += ["", f"## {chapter}"]
        for title, group in groups.items():
            if group:
                listed = ", ".join(f"`{n}`" for n in group)
                lines += ["", f"{title.capitalize()} ({len(group)}): {listed}."]
    return "\n".join(lines) + "\n"


PAGES = {
    "diagnostics.md": diagnostics_page,
    "operations.md": operations_page,
    "cuda-functions.md": cuda_functions_page,
}


def main() -> None:
    stale = []
    for name, page in PAGES.items():
        path, text = DOCS / name, page()
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.write_text(text)
            print(f"wrote docs/{name}")
    if stale and "--check" in sys.argv:
        sys.exit(f"out of date: {', '.join(stale)}; run python tools/reference_docs.py")


if __name__ == "__main__":
    main()
