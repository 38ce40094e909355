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


def _bytes(content: str | bytes) -> bytes:
    return content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace `path` by `content` in one step. Raises CompileError ASC0009 where that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(_bytes(content))
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


def edited_files(folder: Path, files: Mapping[str, str | bytes]) -> list[str]:
    """Names in `files` whose present content is neither what was written last nor the new one."""
    manifest = _read_manifest(folder)
    edited = []
    for name, content in files.items():
        path = folder / name
        if not path.exists():
            continue
        present = path.read_bytes() if path.is_file() else b""
        if _digest(present) not in (manifest.get(name), _digest(_bytes(content))):
            edited.append(name)
    return edited


def write_project(folder: Path, files: Mapping[str, str | bytes], *, force: bool = False) -> None:
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
    written = {name: _digest(_bytes(content)) for name, content in files.items()}
    manifest = {**_read_manifest(folder), **written}
    write_atomically(folder / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")
