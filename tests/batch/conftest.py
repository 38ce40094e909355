"""Small trees of sources, and a cache of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ascendify.runtime import cache

Tree = Callable[[Mapping[str, str | bytes]], Path]


@pytest.fixture
def own_cache(tmp_path_factory, monkeypatch) -> Path:
    """For results of earlier runs; what proofs build is better shared."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("ASCENDIFY_CACHE_DIR", str(folder))
    cache._usable.cache_clear()
    return folder


@pytest.fixture
def tree(tmp_path) -> Tree:
    """Writes files into a folder, whose path it gives."""

    def write(files: Mapping[str, str | bytes]) -> Path:
        root = tmp_path / "tree"
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        root.mkdir(exist_ok=True)
        return root

    return write
