"""What the user says about running kernels, in place of what the harness makes up.

The settings come from `kernel.toml` beside the source and from `// ascendify:` comments in it
(`harness_files`, `harness_words`); both give the same records. A setting that is None is left to
the harness. Every setting remembers where it was made, so that a report can say so. Free of numpy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any

from ..ir.diagnostics import Diagnostic, Severity
from ..ir.size_expressions import Name, Number, Size, names_in, parse_size, replaced, text_of
from ..ir.source import NOWHERE, Span

Dims = tuple[Size, Size, Size]
EVERY = "*"
"""The kernel name in `kernel.toml` that stands for all kernels."""
DIMENSIONS = frozenset(
    f"{name}{axis}" for name in ("block", "grid") for axis in ("", ".x", ".y", ".z")
)
"""Names in expressions that are no parameters."""

ROLES: Mapping[str, str] = {
    "in": "read only",
    "out": "written before it is read",
    "inout": "read and written",
    "index": "integers that point into something: `index(rows)` are in [0, rows)",
    "sorted": "ascending integers: `sorted(nnz)` start at 0 and end at nnz",
    "data": "integers that are nobody's index: any value of the type",
    "size": "a number that sizes depend on",
    "scalar": "a number that no size depends on",
}
FAMILIES: Mapping[str, str] = {
    "normal": "normal",
    "uniform": "uniform",
    "integers": "small integers",
    "wide": "wide exponents",
    "cancelling": "cancelling sums",
    "constant": "constant",
    "special": "special values",
    "large": "large, integers near limits",
    "ascending": "sorted",
    "neighbours": "equal neighbours",
}
"""Words for the families of data that the harness fills buffers with (`runtime/inputs.py`)."""


@dataclass(frozen=True, slots=True)
class ParameterConfig:
    """What is said of one parameter. Of a pointer, `choices` and `low..high` are its elements.

    `value` is an expression over other parameters; `extent` counts the elements behind a pointer;
    the values of an index buffer are in [0, `below`).
    """

    role: str | None = None
    choices: tuple[int | float, ...] | None = None
    low: int | float | None = None
    high: int | float | None = None
    value: Size | None = None
    extent: Size | None = None
    below: Size | None = None
    family: str | None = None

    def describe(self) -> str:
        """All that is set, in the spelling of a comment."""
        parts = []
        if self.choices is not None:
            numbers = ", ".join(f"{n:g}" if isinstance(n, float) else str(n) for n in self.choices)
            parts.append(numbers if len(self.choices) == 1 else f"one of {numbers}")
        if self.low is not None:
            parts.append(f"{self.low}..{self.high}")
        if self.value is not None:
            parts.append(text_of(self.value))
        if self.role is not None:
            parts.append(self.role + (f"({text_of(self.below)})" if self.below else ""))
        if self.extent is not None:
            parts.append(f"{text_of(self.extent)} elements")
        if self.family is not None:
            parts.append(f"{self.family} values")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The largest error that passes: in units in the last place, relative, or absolute."""

    kind: str
    amount: float

    def describe(self) -> str:
        return f"{self.amount:g} ulp" if self.kind == "ulp" else f"{self.kind} {self.amount:g}"


@dataclass(frozen=True, slots=True)
class KernelConfig:
    """What is said of one kernel. `mode` is "" (translate and prove), "unverified" (translate
    only) or "skip". `origins` says for every setting where it was made; the keys are names of
    fields, or `parameters.NAME`."""

    block: Dims | None = None
    grid: Dims | None = None
    shared: Size | None = None
    parameters: Mapping[str, ParameterConfig] = field(default_factory=dict)
    constraints: tuple[Size, ...] = ()
    instances: tuple[str, ...] = ()
    tolerance: Tolerance | None = None
    budget: float | None = None
    mode: str = ""
    origins: Mapping[str, Span] = field(default_factory=dict)

    def assumptions(self) -> list[str]:
        """A line for each setting, with where it comes from: `block 256: from softmax.toml:3`."""
        return [f"{text}: from {_place(self.origins.get(key))}" for key, text in self._settings()]

    def _settings(self) -> Iterator[tuple[str, str]]:
        for key, dims in (("block", self.block), ("grid", self.grid)):
            if dims is not None:
                yield key, f"{key} {dims_text(dims)}"
        if self.shared is not None:
            yield "shared", f"shared memory {text_of(self.shared)} bytes"
        for name, parameter in self.parameters.items():
            yield f"parameters.{name}", f"{name} {parameter.describe()}"
        if self.constraints:
            yield "constraints", " and ".join(text_of(size) for size in self.constraints)
        if self.instances:
            yield "instances", f"instances {', '.join(self.instances)}"
        if self.tolerance is not None:
            yield "tolerance", f"tolerance {self.tolerance.describe()}"
        if self.budget is not None:
            yield "budget", f"budget {self.budget:g} s"
        if self.mode:
            yield "mode", {"skip": "not translated", "unverified": "not proved"}[self.mode]

    def over(self, other: KernelConfig) -> KernelConfig:
        """These settings, and those of `other` where these say nothing."""
        made = {f.name: getattr(self, f.name) or getattr(other, f.name) for f in fields(self)}
        made["parameters"] = {
            name: _parameter_over(self.parameters.get(name), other.parameters.get(name))
            for name in dict.fromkeys((*other.parameters, *self.parameters))
        }
        made["constraints"] = tuple(dict.fromkeys((*other.constraints, *self.constraints)))
        made["origins"] = {**other.origins, **self.origins}
        return KernelConfig(**made)

    def bound(self, values: Mapping[str, int]) -> KernelConfig:
        """The settings with names (of template parameters, say) replaced by their values."""
        by: dict[Size, Size] = {Name(name): Number(value) for name, value in values.items()}

        def put(size: Size | None) -> Any:
            return None if size is None else replaced(size, by)

        parameters = {
            name: replace(p, value=put(p.value), extent=put(p.extent), below=put(p.below))
            for name, p in self.parameters.items()
        }
        return replace(
            self,
            block=None if self.block is None else tuple(map(put, self.block)),
            grid=None if self.grid is None else tuple(map(put, self.grid)),
            shared=put(self.shared),
            parameters=parameters,
            constraints=tuple(map(put, self.constraints)),
        )

    def sizes(self) -> Iterator[tuple[str, Size]]:
        """Every expression, with the key of its setting."""
        for key, dims in (("block", self.block), ("grid", self.grid)):
            yield from ((key, size) for size in dims or ())
        if self.shared is not None:
            yield "shared", self.shared
        yield from (("constraints", size) for size in self.constraints)
        for name, p in self.parameters.items():
            for size in (p.value, p.extent, p.below):
                if size is not None:
                    yield f"parameters.{name}", size

    def to_json(self) -> dict[str, object]:
        """Plain data, for another process; `kernel_from_json` reads it back without origins."""
        return {
            "block": _texts(self.block),
            "grid": _texts(self.grid),
            "shared": _text(self.shared),
            "parameters": {
                name: {
                    "role": p.role,
                    "choices": None if p.choices is None else list(p.choices),
                    "low": p.low,
                    "high": p.high,
                    "value": _text(p.value),
                    "extent": _text(p.extent),
                    "below": _text(p.below),
                    "family": p.family,
                }
                for name, p in self.parameters.items()
            },
            "constraints": [text_of(size) for size in self.constraints],
            "instances": list(self.instances),
            "tolerance": None
            if self.tolerance is None
            else [self.tolerance.kind, self.tolerance.amount],
            "budget": self.budget,
            "mode": self.mode,
        }


@dataclass(frozen=True, slots=True)
class ProgramConfig:
    """What is said of the program: argument lists to start it with; `skip`: never start it."""

    arguments: tuple[tuple[str, ...], ...] = ()
    skip: bool = False
    origins: Mapping[str, Span] = field(default_factory=dict)

    def assumptions(self) -> list[str]:
        """A line for each setting, with where it comes from."""
        lines = []
        if self.arguments:
            texts = " or ".join(f"'{' '.join(words)}'" for words in self.arguments)
            lines.append(f"program arguments {texts}: from {_place(self.origins.get('arguments'))}")
        if self.skip:
            lines.append(f"program not started: from {_place(self.origins.get('skip'))}")
        return lines


@dataclass(frozen=True, slots=True)
class HarnessConfig:
    """All settings for a source. `kernels` are pairs of a name as written (maybe qualified, maybe
    with template arguments, or EVERY) and its settings, of which later ones win. `named` are the
    places of the names."""

    kernels: tuple[tuple[str, KernelConfig], ...] = ()
    program: ProgramConfig = field(default_factory=ProgramConfig)
    named: Mapping[str, Span] = field(default_factory=dict)

    def kernel(self, name: str, instance: str = "") -> KernelConfig:
        """The settings of a kernel: those for its instance over those for its name over those
        for every kernel. `name` may be qualified."""
        found = KernelConfig()
        short = name.split("::")[-1]
        exact = instance if "<" in instance else ""
        for wanted in ({EVERY}, {name, short}, {exact, _short(exact)}):
            keys = {_compact(key) for key in wanted if key}
            for written, config in self.kernels:
                if _compact(written) in keys:
                    found = config.over(found)
        return found

    def over(self, other: HarnessConfig) -> HarnessConfig:
        """These settings, and those of `other` where these say nothing."""
        program = ProgramConfig(
            self.program.arguments or other.program.arguments,
            self.program.skip or other.program.skip,
            {**other.program.origins, **self.program.origins},
        )
        named = {**other.named, **self.named}
        return HarnessConfig((*other.kernels, *self.kernels), program, named)

    @property
    def instances(self) -> tuple[str, ...]:
        """All instances of kernel templates that are asked for."""
        found = (text for _, config in self.kernels for text in config.instances)
        return tuple(dict.fromkeys(found))


def merge(*configs: HarnessConfig) -> HarnessConfig:
    """All settings; where two say different things, the later one counts."""
    found = HarnessConfig()
    for config in configs:
        found = config.over(found)
    return found


def _parameter_over(one: ParameterConfig | None, other: ParameterConfig | None) -> ParameterConfig:
    if one is None or other is None:
        return one or other or ParameterConfig()
    values = {f.name: getattr(one, f.name) for f in fields(one)}
    says_values = any(values[name] is not None for name in ("choices", "low", "value"))
    for name in values:
        if values[name] is None and not (says_values and name in _VALUES):
            values[name] = getattr(other, name)
    return ParameterConfig(**values)


_VALUES = ("choices", "low", "high", "value")


def _short(instance: str) -> str:
    """`k<float>` for `ns::k<float>`; "" for a name without template arguments."""
    name, opening, arguments = instance.partition("<")
    return name.split("::")[-1] + opening + arguments if opening else ""


def _compact(text: str) -> str:
    return text.replace(" ", "")


def _place(span: Span | None) -> str:
    return "the command line" if span is None or span == NOWHERE else f"{span.file}:{span.line}"


def dims_text(dims: Dims) -> str:
    """`256`, or `(16, 16)`: dimensions without ones at the end."""
    parts = [text_of(size) for size in dims]
    while len(parts) > 1 and parts[-1] == "1":
        parts.pop()
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def _text(size: Size | None) -> str | None:
    return None if size is None else text_of(size)


def _texts(dims: Dims | None) -> list[str] | None:
    return None if dims is None else [text_of(size) for size in dims]


def kernel_from_json(data: Mapping[str, Any]) -> KernelConfig:
    """The inverse of `KernelConfig.to_json`."""

    def size(text: str | None) -> Size | None:
        return None if text is None else parse_size(text)

    def dims(texts: Sequence[str] | None) -> Dims | None:
        if texts is None:
            return None
        x, y, z = (parse_size(text) for text in texts)
        return x, y, z

    return KernelConfig(
        block=dims(data["block"]),
        grid=dims(data["grid"]),
        shared=size(data["shared"]),
        parameters={
            name: ParameterConfig(
                p["role"],
                None if p["choices"] is None else tuple(p["choices"]),
                p["low"],
                p["high"],
                size(p["value"]),
                size(p["extent"]),
                size(p["below"]),
                p["family"],
            )
            for name, p in data["parameters"].items()
        },
        constraints=tuple(parse_size(text) for text in data["constraints"]),
        instances=tuple(data["instances"]),
        tolerance=None if data["tolerance"] is None else Tolerance(*data["tolerance"]),
        budget=data["budget"],
        mode=data["mode"],
    )


# ---------------------------------------------------------------- against the source


def check_names(
    config: HarnessConfig,
    known: Mapping[str, Sequence[str]],
    *,
    is_shared: bool = False,
) -> list[Diagnostic]:
    """Names in the settings that the source does not have. `known` gives the parameters (and
    template parameters) of each kernel by its qualified name. Where the file of settings
    `is_shared` by several sources, kernels of others are no mistake."""
    found: list[Diagnostic] = []
    short: dict[str, list[str]] = {}
    for name, parameters in known.items():
        for key in dict.fromkeys((_compact(name), _compact(name.split("::")[-1]))):
            short.setdefault(key, []).extend(parameters)
    for name, kernel in config.kernels:
        base = _compact(name.split("<")[0])
        if name != EVERY and base not in short:
            if not is_shared:
                found.append(_no_kernel(name, config.named.get(name, NOWHERE), list(known)))
            continue
        if name != EVERY:
            found += _unknown_parameters(kernel, short[base], name)
    return found


def _no_kernel(name: str, span: Span, known: Sequence[str]) -> Diagnostic:
    message = f"there is no kernel '{name}'"
    short = {key.split("::")[-1]: key for key in reversed(known)}
    close = get_close_matches(name.split("<")[0], [*short, *known], 1, 0.6)
    help = f"there are: {', '.join(known)}"
    if close:
        help = f"did you mean '{short.get(close[0], close[0])}'?"
    return Diagnostic("ASC0024", message, span, Severity.WARNING, help=help)


def _unknown_parameters(
    kernel: KernelConfig, parameters: Sequence[str], name: str
) -> Iterator[Diagnostic]:
    known = list(dict.fromkeys(parameters))
    for parameter in kernel.parameters:
        if parameter not in known:
            span = kernel.origins.get(f"parameters.{parameter}", NOWHERE)
            message = f"kernel '{name}' has no parameter '{parameter}'"
            yield _error("ASC0024", message, span, did_you_mean(parameter, known, "it has"))
    said: set[tuple[str, str]] = set()
    for key, size in kernel.sizes():
        for word in names_in(size):
            if word in known or word in DIMENSIONS or (key, word) in said:
                continue
            said.add((key, word))
            message = f"'{word}' is no parameter of kernel '{name}'"
            span = kernel.origins.get(key, NOWHERE)
            yield _error("ASC0024", message, span, did_you_mean(word, known, "it has"))


def _error(code: str, message: str, span: Span, help: str) -> Diagnostic:
    return Diagnostic(code, message, span, Severity.ERROR, help=help)


def did_you_mean(word: str, known: Sequence[str], what: str) -> str:
    """A help text: the known word that is meant, or all of them."""
    close = get_close_matches(word, known, 1, 0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"{what}: {', '.join(known)}" if known else ""
