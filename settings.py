"""The user's settings of a source: its comments, the file beside it, and what they say together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .frontend.harness_comments import find_comments
from .frontend.host_text import function_parameters, template_parameters
from .frontend.items import Item, is_kernel
from .ir.diagnostics import Reporter
from .ir.source import Sources
from .runtime.harness_config import HarnessConfig, check_names, merge
from .runtime.harness_files import config_file, from_toml, is_shared
from .runtime.harness_words import from_comments


class SourceSettings:
    """Reads the settings while the source is analysed; `config` is what they say."""

    def __init__(self, path: Path, sources: Sources, reporter: Reporter) -> None:
        self._path = path
        self._sources = sources
        self._reporter = reporter
        self.config = HarnessConfig()

    def __call__(self, items: Sequence[Item]) -> Sequence[str]:
        """Read them for the declarations of the source; the instances that they ask for."""
        self.config = from_comments(
            find_comments(items, self._sources, self._reporter), self._reporter
        )
        file = config_file(self._path) if self._path.is_file() else None
        if file is not None:
            written = from_toml(file, self._sources, self._reporter)
            self.config = merge(self.config, written)
        known = {
            item.qualified_name: [
                *(p.name for p in function_parameters(item)),
                *(p.name for p in template_parameters(item)),
            ]
            for item in items
            if is_kernel(item)
        }
        shared = file is not None and is_shared(file)
        for diagnostic in check_names(self.config, known, is_shared=shared):
            self._reporter.report(diagnostic)
        return self.config.instances
