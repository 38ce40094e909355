"""The proof from the driver's side: what the harness has to know of each kernel, and what its
answer means for the report and the diagnostics.

Here IR and source become the plain data of `runtime/prove.py`, which knows neither.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from .frontend.elaborate import KernelUnit
from .frontend.unit import Unit
from .ir.diagnostics import Diagnostic, Severity
from .ir.dtypes import Pointer, Record, Scalar, size_of
from .ir.nodes import Module, walk
from .ir.ops import OPS, Effect
from .runtime.build import build_shared
from .runtime.oracle.build import Oracle
from .runtime.parameters import Parameter
from .runtime.prove import PROGRAM, Job, Launcher, Proof, Subject, prove
from .runtime.report import KernelReport


@dataclass(slots=True)
class Kernel:
    """A kernel on its way through the stages; `module` is None where it was refused."""

    unit: KernelUnit
    report: KernelReport
    module: Module | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A proof that lacks the candidate only. `files` are the generated ones."""

    files: Mapping[str, str]
    job: Job


def prepare(
    files: Mapping[str, str],
    kernels: Sequence[Kernel],
    unit: Unit,
    oracle: Oracle,
    budget: float,
) -> Prepared:
    """All that the harness has to know of the kernels of `unit` that were translated."""
    job = Job(
        oracle=str(oracle.so_path),
        candidate="",
        subjects=tuple(subject_of(kernel) for kernel in kernels),
        launchers=tuple(launchers_of(unit)),
        pointers=tuple(unit.pointers),
        names={str(at): name for at, name in oracle.names.items()},
        variables=dict(oracle.variables),
        budget=budget,
        workers=os.cpu_count() or 1,
    )
    return Prepared(dict(files), job)


def judge(prepared: Prepared, files: Mapping[str, str]) -> dict[str, Proof]:
    """Prove `files` in place of the generated ones; the proofs by kernel instance.

    Raises CompileError ASC0702 where they do not compile.
    """
    candidate = build_shared(files, language="c")
    proofs = prove(replace(prepared.job, candidate=str(candidate)))
    return {proof.instance: proof for proof in proofs}


def launchers_of(unit: Unit) -> list[Launcher]:
    """Set-up functions, launchers and the program itself, as the harness numbers them."""
    numbered = [Launcher(at, name, ()) for at, name in enumerate(unit.setups)]
    for item in unit.launchers:
        numbered.append(Launcher(len(numbered), item.name, item.parameter_names, item.choices))
    if unit.program is not None:
        numbered.append(Launcher(len(numbered), PROGRAM, unit.program))
    return numbered


FINDING_CODES = {"order": "ASC0803", "barriers": "ASC0804"}


def conclude(kernel: Kernel, proof: Proof) -> list[Diagnostic]:
    """Put what the proof found into the kernel's report; what the user is told."""
    report, span = kernel.report, kernel.unit.span
    report.verdict, report.reason = proof.verdict, proof.reason
    report.tolerance, report.worst = proof.tolerance, proof.worst
    report.cases, report.findings = proof.cases, list(proof.findings)
    found: list[Diagnostic] = []
    name = report.instance
    if proof.verdict == "failed":
        message = f"'{name}' computes other numbers than the original: {_difference(proof)}"
        found.append(Diagnostic("ASC0801", message, span, subject=name))
    elif proof.verdict == "unverified":
        message = f"'{name}' is translated but not verified: {proof.reason}"
        found.append(Diagnostic("ASC0802", message, span, Severity.WARNING, subject=name))
    for finding in proof.findings:
        message = f"'{name}': {finding['message']}, in case {finding['case']}"
        code = FINDING_CODES[str(finding["kind"])]
        found.append(Diagnostic(code, message, span, Severity.REMARK, subject=name))
    report.codes += [diagnostic.code for diagnostic in found]
    return found


def _difference(proof: Proof) -> str:
    worst = proof.worst or {}
    if "message" in worst:
        return f"{worst['message']}, in case {worst.get('case')}"
    return (
        f"{proof.reason}; element {worst.get('element')} is {worst.get('actual')} instead of "
        f"{worst.get('expected')} (allowed error {worst.get('allowance')})"
    )


def subject_of(kernel: Kernel) -> Subject:
    """What the harness has to know of a kernel."""
    assert kernel.unit.module is not None
    func = kernel.unit.module.kernels()[0]
    parameters = tuple(
        _parameter(str(value.name), value.type, f"param{at}.record" in func.attrs)
        for at, value in enumerate(func.params)
    )
    bounds = func.attrs.get("max_threads", 0)
    return Subject(
        kernel.report.instance,
        parameters,
        _uses(kernel),
        bounds if isinstance(bounds, int) else 0,
        _operations(kernel),
    )


def _parameter(name: str, type_: Scalar | Pointer, by_value: bool) -> Parameter:
    if isinstance(type_, Scalar):
        return Parameter(name, type_.name, "", type_.size)
    if by_value:
        return Parameter(name, "other", "", size_of(type_.elem))
    elem = type_.elem
    if isinstance(elem, Record):
        scalars = {f.type for f in elem.fields}
        only = scalars.pop() if len(scalars) == 1 else None
        return Parameter(name, "ptr", only.name if isinstance(only, Scalar) else "other")
    return Parameter(name, "ptr", elem.name if isinstance(elem, Scalar) else "other")


_ORDERED = (Effect.ATOMIC, Effect.FENCE, Effect.OUTSIDE)
"""Effects by which a kernel can tell the order in which blocks run, or shows it."""


def _operations(kernel: Kernel) -> tuple[str, ...]:
    """The names of the IR operations that the kernel uses."""
    assert kernel.unit.module is not None
    ops = {op.name for func in kernel.unit.module.funcs for op in walk(func.body)}
    return tuple(sorted(ops))


def _uses(kernel: Kernel) -> tuple[str, ...]:
    """Names of the features that decide about launch shapes (see `Subject`)."""
    module = kernel.unit.module
    assert module is not None
    found = set()
    for func in module.funcs:
        for op in walk(func.body):
            if op.name in ("thread_idx", "block_idx") and op.attrs["dim"] != 0:
                found.add(f"{op.name.split('_')[0]}_{'xyz'[int(str(op.attrs['dim']))]}")
            elif op.name in ("barrier", "grid_barrier"):
                found.add(op.name)
            if OPS[op.name].effect in _ORDERED or op.attrs.get("volatile"):
                found.add("block_order")
    if any(g.count == 0 for g in module.globals):
        found.add("dynamic_shared")
    return tuple(sorted(found))
