"""The proof from the driver's side: what the harness has to know of each kernel, and what its
answer means for the report and the diagnostics.

Here IR and source become the plain data of `runtime/prove.py`, which knows neither.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .frontend.elaborate import KernelUnit
from .frontend.entities import ValueArg
from .frontend.host_text import template_parameters
from .frontend.items import Item, is_kernel
from .frontend.launch_shapes import launch_shapes
from .frontend.program_arguments import argument_candidates
from .frontend.unit import Unit
from .harness import members, pattern_launches, with_role
from .ir.diagnostics import Diagnostic, Severity
from .ir.dtypes import Pointer, Record, Scalar, size_of
from .ir.launch_shape import LaunchShape, shapes_for
from .ir.nodes import Module, walk
from .ir.ops import OPS, Effect
from .ir.source import Sources
from .passes.analysis.kernel_facts import KernelFacts
from .passes.analysis.launch_pattern import launch_pattern
from .passes.analysis.roles import roles
from .runtime.build import build_judged
from .runtime.evidence import Finding, as_case, as_worst
from .runtime.findings import KINDS, FoundIn, finding_diagnostics
from .runtime.harness_config import HarnessConfig
from .runtime.oracle.build import Oracle
from .runtime.oracle.uninitialised import UninitialisedLocal
from .runtime.parameters import Parameter
from .runtime.prove import PROGRAM, Job, Launcher, Proof, Subject, prove
from .runtime.report import KernelReport
from .runtime.worst_element import difference


@dataclass(slots=True)
class Kernel:
    """A kernel on its way through the stages; `module` is None where it was refused."""

    unit: KernelUnit
    report: KernelReport
    module: Module | None
    simt: Module | None = None
    """The kernel before it was lowered to a target."""


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
    source: Path | None = None,
    config: HarnessConfig | None = None,
) -> Prepared:
    """All that the harness has to know of the kernels of `unit` that were translated; `source` is
    the file, in whose folder may stand how its program is run."""
    stated = launch_shapes(unit.items)
    config = config or HarnessConfig()
    arguments = config.program.arguments or argument_candidates(unit.items, source)
    job = Job(
        oracle=str(oracle.so_path),
        candidate="",
        subjects=tuple(
            with_settings(subject_of(kernel, stated), kernel, config, unit.items)
            for kernel in kernels
        ),
        launchers=tuple(
            item for item in launchers_of(unit) if item.name != PROGRAM or not config.program.skip
        ),
        program_arguments=tuple(arguments),
        pointers=tuple(unit.pointers),
        names={str(at): name for at, name in oracle.names.items()},
        variables=dict(oracle.variables),
        memory=oracle.memory.as_json(),
        budget=budget,
        workers=os.cpu_count() or 1,
    )
    return Prepared(dict(files), job)


def judge(prepared: Prepared, files: Mapping[str, str]) -> dict[str, Proof]:
    """Prove `files` in place of the generated ones; the proofs by kernel instance.

    Raises CompileError ASC0702 where they do not compile.
    """
    candidate = build_judged(files)
    proofs = prove(replace(prepared.job, candidate=str(candidate)))
    return {proof.instance: proof for proof in proofs}


def launchers_of(unit: Unit) -> list[Launcher]:
    """Set-up functions, launchers and the program itself, as the harness numbers them."""
    numbered = [Launcher(at, name, ()) for at, name in enumerate(unit.setups)]
    for item in unit.launchers:
        numbered.append(
            Launcher(
                len(numbered), item.name, item.parameter_names, item.choices,
                item.dimensions, item.elements,
            )
        )  # fmt: skip
    if unit.program is not None:
        numbered.append(Launcher(len(numbered), PROGRAM, unit.program))
    return numbered


def conclude(kernel: Kernel, proof: Proof) -> list[Diagnostic]:
    """Put what the proof found into the kernel's report; what the user is told of the verdict."""
    report, span = kernel.report, kernel.unit.span
    report.verdict, report.reason = proof.verdict, proof.reason
    report.tolerance, report.worst = proof.tolerance, as_worst(proof.worst)
    report.cases = [as_case(case) for case in proof.cases]
    report.findings = list(proof.findings)
    report.assumptions = [*kernel.unit.assumed, *proof.assumptions]
    report.reproducer = proof.reproducer
    name = report.instance
    found: list[Diagnostic] = []
    if proof.verdict == "failed":
        what = difference(report.worst) if report.worst else proof.reason
        message = f"'{name}' computes other numbers than the original: {what}"
        found.append(Diagnostic("ASC0801", message, span, subject=name))
    elif proof.verdict == "unverified":
        message = f"'{name}' is translated but not verified: {proof.reason}"
        found.append(Diagnostic("ASC0802", message, span, Severity.WARNING, subject=name))
    report.codes += [diagnostic.code for diagnostic in found]
    report.codes += dict.fromkeys(KINDS[finding["kind"]].code for finding in report.findings)
    return found


def add_local_findings(kernels: Sequence[Kernel], uses: Sequence[UninitialisedLocal]) -> None:
    """Uses of local variables without a value, as findings of the kernel that they stand in or
    behind (device functions mostly stand before their kernels, and belong to the next one)."""
    for use in uses:
        here = [k for k in kernels if k.report.file == use.file] or list(kernels)
        before = [k for k in here if k.report.line <= use.line] or here[:1]
        for kernel in before[-1:]:
            kernel.report.findings.append(
                Finding(
                    kind="uninitialised",
                    severity="",
                    message=use.message,
                    file=use.file,
                    line=use.line,
                    other_file="",
                    other_line=0,
                    case="",
                    count=1,
                )
            )


def said_findings(kernels: Sequence[Kernel], sources: Sources) -> list[Diagnostic]:
    """What is wrong with the source itself, each thing once for all kernels."""
    found = [
        FoundIn(finding, kernel.report.instance, kernel.unit.span.written())
        for kernel in kernels
        for finding in kernel.report.findings
    ]
    return finding_diagnostics(found, sources)


def subject_of(
    kernel: Kernel, stated: Mapping[str, Sequence[LaunchShape]] | None = None
) -> Subject:
    """What the harness has to know of a kernel; `stated` are the launches of the source by the
    kernel's name."""
    assert kernel.unit.module is not None
    func = kernel.unit.module.kernels()[0]
    parameters = [
        _parameter(str(value.name), value.type, f"param{at}.record" in func.attrs)
        for at, value in enumerate(func.params)
    ]
    launches: list[tuple[str, dict[str, Any]]] = []
    inner: list[Parameter] = []
    if stated is not None:
        base = kernel.unit.name.rsplit("::", 1)[-1]
        launches += [
            (f"launched as in line {shape.line}", shape.to_json())
            for shape in shapes_for(stated.get(base, ()), kernel.report.instance)
        ]
    if kernel.simt is not None and stated is not None:
        known = KernelFacts(kernel.simt, kernel.simt.kernels()[0])
        found = {role.position: role for role in roles(kernel.simt, known.func, known)}
        parameters = [with_role(p, found.get(at)) for at, p in enumerate(parameters)]
        inner = [m for at, p in enumerate(parameters) if p.kind == "other"
                 for m in members(found.get(at))]  # fmt: skip
        launches += pattern_launches(launch_pattern(kernel.simt, known.func, known))
    bounds = func.attrs.get("max_threads", 0)
    return Subject(
        kernel.report.instance,
        tuple(parameters),
        _uses(kernel),
        bounds if isinstance(bounds, int) else 0,
        _operations(kernel),
        tuple(launches),
        members=tuple(inner),
    )


def with_settings(
    subject: Subject, kernel: Kernel, config: HarnessConfig, items: Sequence[Item]
) -> Subject:
    """`subject` with what the user says of its kernel."""
    settings = config.kernel(kernel.unit.name, kernel.report.instance)
    item = next((i for i in items if i.name == kernel.unit.name and is_kernel(i)), None)
    names = template_parameters(item) if item is not None else []
    values = {
        name.name: arg.value
        for name, arg in zip(names, kernel.unit.template_args, strict=False)
        if isinstance(arg, ValueArg) and isinstance(arg.value, int)
    }
    settings = settings.bound(values)
    said = tuple(settings.assumptions())
    return replace(subject, settings=settings.to_json(), assumptions=said) if said else subject


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
