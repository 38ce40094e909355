"""Outcomes of earlier runs, in the user's cache; one that can be seen is complete."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from ..runtime.cache import entry, existing
from .work import LASTING, Outcome, outcome_from

_NAME = "outcome.json"


def stored(key: str) -> Outcome | None:
    """The outcome that was kept under `key`; one that is damaged is thrown away."""
    folder = existing(key)
    if folder is None:
        return None
    try:
        return outcome_from(json.loads((folder / _NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        shutil.rmtree(folder, ignore_errors=True)
        return None


def store(key: str, outcome: Outcome) -> None:
    """Keep an outcome in place of an older one, unless another run may have a different one. Never
    fails."""
    if outcome.status not in LASTING:
        return

    def make(folder: Path) -> None:
        (folder / _NAME).write_text(json.dumps(outcome.to_plain()), encoding="utf-8")

    try:
        older = existing(key)
        if older is not None:
            shutil.rmtree(older, ignore_errors=True)
        entry(key, make)
    except OSError:
        pass  # a full disk costs time next time, and nothing else
