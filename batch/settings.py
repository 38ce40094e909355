"""How a run over many files is done, for the command and the library alike."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..ir.diagnostics import error
from ..runtime.compile_commands import CompileOptions, load_database
from .run import Watch
from .work import Work

PATHS = ("include_dirs", "force_includes")


@dataclass(frozen=True, slots=True)
class Settings:
    """`options` are fields of `driver.Options`; `limit` seconds per file; `jobs` 0 stands for one
    per core; `reuse` takes results of earlier runs where nothing has changed since."""

    root: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    excludes: tuple[str, ...] = ()
    database: Path | None = None
    jobs: int = 0
    limit: float = 60.0
    reuse: bool = True
    executor: Executor | None = None
    watch: Watch = field(default_factory=Watch)

    def processes(self) -> int:
        return self.jobs or cores()

    def resolved(self) -> Path:
        """The root as an absolute path. Raises CompileError ASC0002 where it is no folder."""
        root = Path(os.path.realpath(self.root))
        if not root.is_dir():
            raise error("ASC0002", f"'{self.root}' is not a folder")
        return root

    def loaded_database(self) -> dict[Path, CompileOptions] | None:
        return None if self.database is None else load_database(self.database)

    def work(self, root: Path, file: str, found: CompileOptions | None = None) -> Work:
        """The work for one file; `found` is what a database says of it."""
        options = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self.options.items()
        }
        for name in PATHS:
            options[name] = [os.path.abspath(path) for path in options.get(name, ())]
        if found is not None:
            for name in (*PATHS, "defines", "undefines"):
                options[name] = [*getattr(found, name), *options.get(name, ())]
            options["std"] = found.std or options.get("std", "c++17")
        return Work(str(root), file, options, self.limit)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
