"""Compiler options of a file from a compilation database (`compile_commands.json`)."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from ..ir.diagnostics import error

JOINED = {"-I": "include_dirs", "-isystem": "include_dirs", "-D": "defines", "-U": "undefines"}


@dataclass(slots=True)
class CompileOptions:
    """What the database says about a file; include folders are absolute."""

    include_dirs: list[str] = field(default_factory=list)
    defines: list[str] = field(default_factory=list)
    undefines: list[str] = field(default_factory=list)
    force_includes: list[str] = field(default_factory=list)
    std: str | None = None


def options_for(database: Path, source: Path) -> CompileOptions:
    """The options of `source` in `database` (none where it is not listed).

    Raises CompileError ASC0002 where the database cannot be read or is not one.
    """
    return load_database(database).get(source.resolve(), CompileOptions())


def load_database(database: Path) -> dict[Path, CompileOptions]:
    """Every file that a database (or the one in that folder) lists, with its first options.

    Raises CompileError ASC0002 where it cannot be read or is not one.
    """
    path = database / "compile_commands.json" if database.is_dir() else database
    found: dict[Path, CompileOptions] = {}
    try:
        for entry in json.loads(path.read_text(encoding="utf-8")):
            folder = path.parent.absolute() / entry["directory"]
            words = entry.get("arguments") or shlex.split(entry.get("command", ""))
            source = (folder / entry["file"]).resolve()
            if source not in found:
                found[source] = _parse([str(word) for word in words], folder)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as failure:
        raise error(
            "ASC0002", f"cannot read the compilation database '{path}': {failure}"
        ) from failure
    return found


def _parse(words: list[str], folder: Path) -> CompileOptions:
    options = CompileOptions()
    rest = iter(words[1:])
    for word in rest:
        for flag, name in JOINED.items():
            if word.startswith(flag):
                value = word[len(flag) :] or next(rest, "")
                if name == "include_dirs":
                    value = str(folder / value)
                getattr(options, name).append(value)
                break
        else:
            if word.startswith(("-std=", "--std=")):
                options.std = word.split("=", 1)[1]
            elif word in ("-std", "--std"):
                options.std = next(rest, None)
            elif word in ("-include", "--pre-include"):
                options.force_includes.append(str(folder / next(rest, "")))
    return options
