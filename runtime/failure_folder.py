"""The folders of saved failures in the output: a case made complete for whoever looks into it.

To what `reproducer.save_case` left come the generated code, the original source and a page that
says what failed. A folder in which somebody edited something stays as it is; the case then goes
into a numbered one beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any

from .evidence import as_worst
from .json_text import json_text
from .project import edited_files, write_project
from .report import KernelReport, tool_version
from .reproducer import CASE_FILE, MEMORY_FILE, folder_name, read_record
from .worst_element import worst_rows

SOURCE_FOLDER = "source"
README = """\
# `{instance}` computes other numbers than the original

```
{rows}
```

```console
$ translate --replay .
```

in this folder builds {generated} as it is here now, runs it on the saved memory and compares the
result with what the original left. Its exit status is 3 as long as something differs, else 0. So
change the C and replay until it agrees; a folder with edited files is not overwritten.

- `case.json`: the launch (grid, block, arguments as hexadecimal bytes) and the buffers
- `memory.npz`: the buffers before the launch, and after the original's (numpy reads it)
- `source/`: the original

Written by translate {tool}.
"""


def keep_failures(
    staged: Path,
    out: Path,
    reports: Iterable[KernelReport],
    generated: Mapping[str, str],
    sources: Mapping[str, str],
) -> dict[str, Path]:
    """Complete the cases that were saved below `staged` and put them below `out`; the folder of
    each instance that has one.

    `sources` are the files that were read, by name, the translated one first. Raises CompileError
    ASC0009 where `out` cannot be written.
    """
    kept: dict[str, Path] = {}
    for report in reports:
        case = staged / folder_name(report.instance)
        if (case / CASE_FILE).is_file() and report.verdict == "failed":
            files = _files(case, generated, sources)
            folder = _folder(out / case.name, files)
            write_project(folder, files, force=True)
            kept[report.instance] = folder
    return kept


def _folder(wanted: Path, files: Mapping[str, str | bytes]) -> Path:
    """The first of NAME, NAME-2, NAME-3, ... in which nobody edited anything."""
    folder, number = wanted, 1
    while edited_files(folder, files):
        number += 1
        folder = wanted.with_name(f"{wanted.name}-{number}")
    return folder


def _files(
    case: Path, generated: Mapping[str, str], sources: Mapping[str, str]
) -> dict[str, str | bytes]:
    record = read_record(case)
    record["files"] = sorted(generated)
    record["sources"] = {
        name: hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
        for name, text in sources.items()
    }
    files: dict[str, str | bytes] = {
        **generated,
        CASE_FILE: json_text(record),
        MEMORY_FILE: (case / MEMORY_FILE).read_bytes(),
        "README.md": _readme(record, generated),
    }
    for name, text in sources.items():
        files[_source_name(name, files)] = text
    return files


def _source_name(name: str, taken: Mapping[str, object]) -> str:
    """Where a source goes: below SOURCE_FOLDER, whatever its path is."""
    path = PurePath(name)
    parts = [part for part in path.parts if part not in (path.anchor, "..")] or ["unnamed"]
    chosen = PurePath(SOURCE_FOLDER, *parts)
    number = 1
    while str(chosen) in taken:
        number += 1
        chosen = PurePath(SOURCE_FOLDER, *parts).with_name(f"{number}-{parts[-1]}")
    return str(chosen)


def _readme(record: Mapping[str, Any], generated: Mapping[str, str]) -> str:
    worst = as_worst(record.get("worst"))
    rows = worst_rows(worst) if worst else [("case", str(record["label"]))]
    code = [name for name in sorted(generated) if name.endswith(".c")]
    return README.format(
        instance=record["instance"],
        rows="\n".join(f"{title:12}{text}" for title, text in rows),
        generated=", ".join(f"`{name}`" for name in code),
        tool=tool_version(),
    )
