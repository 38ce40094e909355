"""What one file amounts to: the driver's answer as an `Outcome`. Runs in a process of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..driver import translate_files
from ..ir.diagnostics import Severity
from ..ir.source import NOWHERE, Span
from ..runtime.report import blocking
from .work import DONE, NO_KERNELS, REFUSED, Outcome, Work, same_place


def examine(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Translate (and prove, if asked) the file of a work item, which is plain data as the answer.

    Changes the working directory, which is why it wants a process of its own.
    """
    work = Work(**plain)
    os.chdir(work.root)
    started = time.perf_counter()
    options = work.driver_options()
    (translation,) = translate_files([work.file], options)
    outcome = Outcome(work.file, kernels=translation.kernels, diagnostics=translation.diagnostics)
    if not options.verify:
        for kernel in outcome.kernels:
            if kernel.verdict == "unverified":
                kernel.verdict = "translates"
            kernel.seconds = {}  # of no interest without proofs, and never twice the same
    _make_relative(outcome, work.root)
    errors = [d for d in outcome.diagnostics if d.severity is Severity.ERROR]
    if not outcome.kernels:
        outcome.status = REFUSED if errors else NO_KERNELS
        if [d.code for d in errors] == ["ASC0004"]:
            outcome.status = NO_KERNELS
            outcome.diagnostics.remove(errors[0])
        elif errors:
            found = blocking(errors[0], translation.sources)
            found = replace(found, file=same_place(found.file, work.root))
            is_placed = found.file != NOWHERE.file
            outcome.blocking = found if is_placed else replace(found, file=work.file)
            outcome.detail = f"{errors[0].code}: {errors[0].message}"
    else:
        outcome.status = DONE
    read = {same_place(name, work.root) for name in translation.sources.files}
    outcome.read = sorted(name for name in read if not name.startswith("<"))
    outcome.seconds = time.perf_counter() - started
    return outcome.to_plain()


def _make_relative(outcome: Outcome, root: str) -> None:
    """Headers that were searched for have absolute names: what is below the root is named as the
    other files are, so that results do not depend on where it is."""

    def text(said: str) -> str:
        return said.replace(f"{root}/", "")

    def placed(span: Span) -> Span:
        expansion = span.expansion
        if expansion is not None:
            expansion = expansion._replace(use=placed(expansion.use))
        return span._replace(file=same_place(span.file, root), expansion=expansion)

    outcome.diagnostics = [
        replace(
            d,
            message=text(d.message),
            help=text(d.help),
            span=placed(d.span),
            notes=tuple((span and placed(span), text(said)) for span, said in d.notes),
        )
        for d in outcome.diagnostics
    ]
    for kernel in outcome.kernels:
        kernel.file, kernel.reason = same_place(kernel.file, root), text(kernel.reason)
        if kernel.blocking is not None:
            file, message = same_place(kernel.blocking.file, root), text(kernel.blocking.message)
            kernel.blocking = replace(kernel.blocking, file=file, message=message)
        for finding in kernel.findings:
            finding["file"] = same_place(finding.get("file", ""), root)
            finding["other_file"] = same_place(finding.get("other_file", ""), root)
