"""Translate CUDA operators to Ascend C and plain C, and prove that the numbers agree.

Public names: `translate`, `Translation`, `Options`, `RawModule`, `CompileError`, `__version__`.
They are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .driver import Options, RawModule, Translation, translate
    from .ir.diagnostics import CompileError

__all__ = ["CompileError", "Options", "RawModule", "Translation", "__version__", "translate"]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from .runtime.report import tool_version

        return tool_version()
    if name == "CompileError":
        from .ir import diagnostics

        return diagnostics.CompileError
    if name in __all__:
        from . import driver

        return getattr(driver, name)
    raise AttributeError(f"module 'ascendify' has no attribute '{name}'")
