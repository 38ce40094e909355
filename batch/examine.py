"""What one file amounts to: the driver's answer as an `Outcome`. Runs in a process of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from ..driver import translate_files
from ..ir.diagnostics import Severity
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
    errors = [d for d in outcome.diagnostics if d.severity is Severity.ERROR]
    if not outcome.kernels:
        outcome.status = REFUSED if errors else NO_KERNELS
        if [d.code for d in errors] == ["ASC0004"]:
            outcome.status = NO_KERNELS
            outcome.diagnostics.remove(errors[0])
        elif errors:
            outcome.blocking = blocking(errors[0], translation.sources)
            outcome.detail = f"{errors[0].code}: {errors[0].message}"
    else:
        outcome.status = DONE
    read = {same_place(name, work.root) for name in translation.sources.files}
    outcome.read = sorted(name for name in read if not name.startswith("<"))
    outcome.seconds = time.perf_counter() - started
    return outcome.to_plain()
