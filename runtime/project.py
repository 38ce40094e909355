"""Writing the translated project: atomically, and never over a file that somebody edited.

A manifest in the folder remembers what was written, by hash. A file that is there but is not what
the manifest says was edited (or never ours): the whole output is refused, nothing is written.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..ir.diagnostics import error

MANIFEST = ".ascendify.json"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write_atomically(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step. Raises CompileError ASC0009 where that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as failure:
        raise error("ASC0009", f"cannot write '{path}': {failure.strerror or failure}") from failure


def _read_manifest(folder: Path) -> dict[str, str]:
    try:
        loaded = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in loaded.items()} if isinstance(loaded, dict) else {}


def edited_files(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Names in `files` whose present content is neither what was written last nor the new text."""
    manifest = _read_manifest(folder)
    edited = []
    for name, text in files.items():
        path = folder / name
        if not path.exists():
            continue
        present = path.read_bytes() if path.is_file() else b""
        if _digest(present) not in (manifest.get(name), _digest(text.encode())):
            edited.append(name)
    return edited


def write_project(folder: Path, files: Mapping[str, str], *, force: bool = False) -> None:
    """Write `files` into `folder`. Raises CompileError ASC0006 where files were edited (unless
    `force`), ASC0009 where the folder cannot be written."""
    if not force:
        edited = edited_files(folder, files)
        if edited:
            raise error(
                "ASC0006",
                f"'{folder}' holds files changed since they were written: {', '.join(edited)}",
                help="give another folder with --out, or --force to replace them",
            )
    for name in sorted(files):
        write_atomically(folder / name, files[name])
    manifest = {**_read_manifest(folder), **{n: _digest(t.encode()) for n, t in files.items()}}
    write_atomically(folder / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")
