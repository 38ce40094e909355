"""Translate CUDA operators to Ascend C and plain C, and prove that the numbers agree.

Public names: `translate`, `Translation`, `Options`, `RawModule`, `scan`, `corpus`, `CorpusResult`,
`CompileError`, `__version__`.
They are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .batch.corpus import CorpusResult
    from .batch.library import corpus, scan
    from .driver import Options, RawModule, Translation, translate
    from .ir.diagnostics import CompileError

__all__ = [
    "CompileError",
    "CorpusResult",
    "Options",
    "RawModule",
    "Translation",
    "__version__",
    "corpus",
    "scan",
    "translate",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from .runtime.report import tool_version

        return tool_version()
    if name == "CompileError":
        from .ir import diagnostics

        return diagnostics.CompileError
    if name in ("corpus", "scan"):
        from .batch import library

        return getattr(library, name)
    if name == "CorpusResult":
        from .batch.corpus import CorpusResult

        return CorpusResult
    if name in __all__:
        from . import driver

        return getattr(driver, name)
    raise AttributeError(f"module 'ascendify' has no attribute '{name}'")
