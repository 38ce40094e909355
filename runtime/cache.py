"""A folder of build results, addressed by what they were built from.

An entry is a folder that is filled under a temporary name and then renamed, so an entry that can
be seen is complete, whenever a process was killed. Nothing is ever changed in place. When the
cache has grown too large, the entries that were not used for longest go.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

LIMIT_BYTES = 1 << 30
PRUNE_SECONDS = 3600.0
STALE_SECONDS = 86400.0

_WORK = "work"
_STAMP = "pruned"


def cache_key(*parts: str | bytes) -> str:
    """A name for what `parts` lead to; their order and boundaries count."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def cache_folder() -> Path:
    """Where entries are: ASCENDIFY_CACHE_DIR, the user's cache folder, or a temporary one."""
    return _usable(
        os.environ.get("ASCENDIFY_CACHE_DIR", ""),
        os.environ.get("XDG_CACHE_HOME", ""),
        os.environ.get("HOME", ""),
    )


@cache
def _usable(chosen: str, xdg: str, home: str) -> Path:
    candidates = [Path(chosen)] if chosen else []
    if xdg:
        candidates.append(Path(xdg) / "ascendify")
    elif home:
        candidates.append(Path(home) / ".cache" / "ascendify")
    for folder in candidates:
        if _is_writable(folder):
            return folder.absolute()
    return Path(tempfile.mkdtemp(prefix="ascendify-"))


def _is_writable(folder: Path) -> bool:
    try:
        (folder / _WORK).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder / _WORK):
            return True
    except OSError:
        return False


def existing(key: str) -> Path | None:
    """The folder of entry `key`, if it is there."""
    final = cache_folder() / key[:2] / key
    if not final.is_dir():
        return None
    _touch(final)
    return final


def entry(key: str, make: Callable[[Path], None]) -> Path:
    """The folder of entry `key`; `make` fills it (in a temporary place) if it is not there yet.

    What `make` raises comes through, and leaves nothing behind.
    """
    root = cache_folder()
    final = root / key[:2] / key
    if final.is_dir():
        _touch(final)
        return final
    work = Path(tempfile.mkdtemp(dir=root / _WORK))
    try:
        make(work)
        final.parent.mkdir(exist_ok=True)
        _publish(work, final)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _prune_now_and_then(root)
    return final


def _publish(work: Path, final: Path) -> None:
    os.chmod(work, 0o755)
    try:
        os.rename(work, final)
    except OSError:
        if not final.is_dir():  # otherwise another process was faster with the same entry
            raise


def _touch(folder: Path) -> None:
    try:
        os.utime(folder)
    except OSError:
        pass  # a cache that can only be read still serves


def _prune_now_and_then(root: Path) -> None:
    stamp = root / _STAMP
    try:
        if time.time() - stamp.stat().st_mtime < PRUNE_SECONDS:
            return
    except OSError:
        pass
    try:
        stamp.touch()
        prune(root, LIMIT_BYTES)
    except OSError:
        pass  # pruning is a service, not a duty


def prune(root: Path, limit: int) -> None:
    """Remove the entries that were used least recently until the rest is below `limit` bytes."""
    for leftover in _folders(root / _WORK):
        if time.time() - leftover.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(leftover, ignore_errors=True)
    entries = [
        (item.stat().st_mtime, _size(item), item)
        for group in _folders(root)
        if len(group.name) == 2
        for item in _folders(group)
    ]
    total = sum(size for _, size, _ in entries)
    for _, size, item in sorted(entries):
        if total <= limit:
            return
        grave = Path(tempfile.mkdtemp(dir=root / _WORK)) / "gone"
        os.rename(item, grave)  # at once, so that no half entry can be seen
        shutil.rmtree(grave.parent, ignore_errors=True)
        total -= size


def _folders(folder: Path) -> list[Path]:
    return [item for item in sorted(folder.iterdir()) if item.is_dir()]


def _size(folder: Path) -> int:
    return sum(item.stat().st_size for item in folder.rglob("*") if item.is_file())
