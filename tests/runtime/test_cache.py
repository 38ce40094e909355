"""The cache of build results."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ascendify.runtime import cache
from ascendify.runtime.cache import cache_folder, cache_key, entry, prune


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ASCENDIFY_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_key_depends_on_parts_and_boundaries() -> None:
    assert cache_key("ab", "c") != cache_key("a", "bc")
    assert cache_key("a", "b") != cache_key("b", "a")
    assert cache_key("a", b"b") == cache_key(b"a", "b")


def test_made_once(folder: Path) -> None:
    calls = []

    def make(work: Path) -> None:
        calls.append(work)
        (work / "x").write_text("made")

    first, second = entry("ab12", make), entry("ab12", make)
    assert first == second == folder / "ab" / "ab12"
    assert len(calls) == 1
    assert (first / "x").read_text() == "made"


def test_failure_leaves_nothing(folder: Path) -> None:
    def make(work: Path) -> None:
        (work / "x").write_text("half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        entry("ab12", make)
    assert not (folder / "ab" / "ab12").exists()
    assert list((folder / "work").iterdir()) == []


def test_kill_while_making_leaves_no_entry(folder: Path) -> None:
    script = (
        "import time\n"
        "from ascendify.runtime.cache import entry\n"
        "def make(work):\n"
        "    (work / 'x').write_text('half')\n"
        "    print('now', flush=True)\n"
        "    time.sleep(60)\n"
        "entry('ab12', make)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"now\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not (folder / "ab" / "ab12").exists()
    made = entry("ab12", lambda work: (work / "x").write_text("whole") and None)
    assert (made / "x").read_text() == "whole"


def test_two_makers_of_one_entry(folder: Path) -> None:
    def make(work: Path) -> None:
        entry("ab12", lambda other: (other / "x").write_text("other") and None)
        (work / "x").write_text("mine")

    assert (entry("ab12", make) / "x").read_text() == "other"


def test_unwritable_folder_falls_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ASCENDIFY_CACHE_DIR", str(tmp_path / "file"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "ascendify"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert cache_folder().is_dir()


def test_prune_removes_the_least_recently_used(folder: Path) -> None:
    names = ("aa1", "bb2", "cc3")
    for age, name in zip((300, 200, 100), names, strict=True):
        made = entry(name, lambda work: (work / "x").write_bytes(bytes(1000)) and None)
        when = time.time() - age
        os.utime(made, (when, when))
    entry("aa1", lambda work: None)  # used again
    prune(folder, 2500)
    kept = [name for name in names if (folder / name[:2] / name).exists()]
    assert kept == ["aa1", "cc3"]


def test_prune_removes_stale_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache_folder()
    (folder / "work" / "left").mkdir()
    monkeypatch.setattr(cache, "STALE_SECONDS", -1.0)
    prune(folder, 1)
    assert list((folder / "work").iterdir()) == []
