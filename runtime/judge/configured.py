"""Launches that the user's settings describe (`runtime/harness_config.py`).

What they say replaces what the harness would make up: blocks, grids, numbers, extents of buffers
and what is in them; what they leave open is made up as ever. A buffer whose extent is said has
exactly that many elements, so that an access beside it shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...ir.launch_shape import LaunchShape, shape_from_json
from ...ir.size_expressions import SizeError, evaluate
from ..compare import NUMPY_TYPES
from ..harness_config import KernelConfig, ParameterConfig
from ..inputs import Case, cases
from ..parameters import Parameter, Value
from ..prove import Subject
from .direct import Made, Plan, blocks, made

MOST_CASES = 12


def is_configured(config: KernelConfig) -> bool:
    """Whether the settings say how to call the kernel, so that it is called that way."""
    return bool(config.block or config.grid or config.shared or config.parameters)


def configured_launches(subject: Subject, config: KernelConfig) -> Iterator[Made]:
    """The launches of a kernel by its settings."""
    plan = Plan("", _shape(subject, config))
    for number, case in enumerate(_cases(subject, config)):
        launch = made(plan, subject, case, number)
        if launch is None:
            continue
        values = _values(subject.inputs, launch.case)
        try:
            parameters = tuple(
                _parameter(p, config.parameters.get(p.name), values) for p in subject.inputs
            )
        except SizeError:
            continue
        yield replace(launch, parameters=parameters)


def _shape(subject: Subject, config: KernelConfig) -> LaunchShape:
    known = [shape_from_json(shape) for _, shape in subject.launches]
    usual = known[0] if known else LaunchShape()
    if config.block is None and config.grid is None and usual.block is None:
        x, y, z = blocks(subject)[0]
        return replace(_constant_block(x, y, z), shared=config.shared)
    return LaunchShape(
        config.block or usual.block,
        config.grid or usual.grid,
        config.shared or usual.shared,
        {},
        (),
    )


def _constant_block(x: int, y: int, z: int) -> LaunchShape:
    from ...ir.size_expressions import Number

    return LaunchShape((Number(x), Number(y), Number(z)))


def _cases(subject: Subject, config: KernelConfig) -> Iterator[Case]:
    """Shapes whose numbers keep to the settings."""
    kept = 0
    for number, case in enumerate(cases(subject.inputs)):
        values = list(case.values)
        for at, parameter in enumerate(subject.inputs):
            said = config.parameters.get(parameter.name)
            if said is not None and values[at] is not None:
                values[at] = _chosen(said, values[at], number)
        found = _derived(subject.inputs, config, replace(case, values=tuple(values)))
        if found is not None and kept < MOST_CASES:
            kept += 1
            yield found


def _chosen(said: ParameterConfig, value: Value, number: int) -> Value:
    if said.choices:
        return said.choices[number % len(said.choices)]
    if said.low is None or said.high is None or not isinstance(value, int | float):
        return value
    if said.low <= value <= said.high:
        return value
    steps = (0.0, 1.0, 0.5, 0.25, 0.75)
    between = said.low + (said.high - said.low) * steps[number % len(steps)]
    return int(between) if isinstance(value, int) else float(between)


def _derived(parameters: Sequence[Parameter], config: KernelConfig, case: Case) -> Case | None:
    """The case with numbers that follow from others; None where a condition does not hold."""
    values = list(case.values)
    try:
        for at, parameter in enumerate(parameters):
            said = config.parameters.get(parameter.name)
            if said is not None and said.value is not None and values[at] is not None:
                names = _values(parameters, replace(case, values=tuple(values)))
                values[at] = evaluate(said.value, names)
        found = replace(case, values=tuple(values))
        names = _values(parameters, found)
        holds = all(evaluate(condition, names) for condition in config.constraints)
    except SizeError:
        return None
    sizes = [v for v in values if isinstance(v, int)]
    return replace(found, elements=int(np.prod([max(1, n) for n in sizes]))) if holds else None


def _values(parameters: Sequence[Parameter], case: Case) -> dict[str, int]:
    return {
        p.name: int(value)
        for p, value in zip(parameters, case.values, strict=True)
        if isinstance(value, int)
    }


def _parameter(
    parameter: Parameter, said: ParameterConfig | None, values: Mapping[str, int]
) -> Parameter:
    """`parameter` with what is said of the buffer behind it."""
    if said is None or parameter.kind != "ptr":
        return parameter
    size = np.dtype(NUMPY_TYPES[parameter.elem]).itemsize if parameter.elem in NUMPY_TYPES else 4
    extent = 0 if said.extent is None else evaluate(said.extent, values) * size
    below = 0 if said.below is None else evaluate(said.below, values)
    return replace(
        parameter,
        is_data=said.role == "data" or (said.role not in ("index", "sorted") and parameter.is_data),
        is_sorted=said.role == "sorted",
        extent=extent,
        below=below,
        family=said.family or "",
    )
