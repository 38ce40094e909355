"""One shape inside its fork: buffers, arguments, and what happens at every launch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..compare import NUMPY_TYPES, Bytes
from ..harness_config import FAMILIES as FAMILY_NAMES
from ..inputs import FAMILIES, Case, Family, fill, named_family
from ..parameters import Parameter, Tensors
from ..prove import Job, Subject
from ..tensor_inputs import TYPE_NUMBERS
from .checks import Checks
from .launch_comparison import Launch, LaunchComparison, scalar_arguments
from .libraries import Libraries
from .memory import Region, guarded, region_at, view, words_of
from .outcome import Channel, Outcome

POINTER_BYTES = 512
"""How much of a buffer of no scalar type is searched for addresses of further buffers."""
SPARE_BYTES = 1 << 16
"""What is filled anew for later families behind what the first one was seen to touch."""
MOST_BUFFERS = 4
"""Different buffers for the pointers of one array."""
TENSOR_ADDRESSES = 12
TENSOR_WORDS = TENSOR_ADDRESSES + 64
"""The words of a `TensorArgument`, and where its addresses begin."""
LAUNCHES = 2
"""How many launches of one kernel are compared per call; later ones run on the oracle only."""


class Filling(NamedTuple):
    """What the buffers were filled with last."""

    family: Family
    seed: int
    largest_index: int


class CaseRun:
    """Buffers and arguments of a shape, refilled for every family."""

    def __init__(
        self,
        job: Job,
        libraries: Libraries,
        checks: Checks,
        channel: Channel,
        label: str,
        buffer_bytes: int = 0,
        launches: int = LAUNCHES,
    ) -> None:
        self.job = job
        self.lib = libraries
        self.channel = channel
        self.label = label
        self.buffer_bytes = buffer_bytes
        self.launches = launches
        self.family = ""
        self.sizes: dict[str, float] = {}
        """The integers that a launcher was called with."""
        self.launched = 0
        self.is_checked = False
        self.is_made = False
        """No host code of the source makes the launch."""
        self.subjects = {subject.instance: subject for subject in job.subjects}
        self.buffers: list[tuple[Region, Parameter]] = []
        self.used: dict[int, int] = {}
        self._filling = Filling(FAMILIES[0], 0, 1)
        self._seen: dict[str, int] = {}
        self._keep: list[Any] = []
        self._comparison = LaunchComparison(job, libraries, checks, channel.tell)

    # ---- arguments

    def buffer(self, parameter: Parameter) -> Region:
        """A new guarded buffer for `parameter`."""
        size = parameter.extent or self.buffer_bytes
        address = guarded(self.lib, size)
        data = view(self.lib, address, size)
        is_exact = parameter.extent > 0
        region = Region(address, data, parameter.elem, parameter.name, is_exact, True)
        self.buffers.append((region, parameter))
        return region

    def refill(self, family: Family, seed: int, largest_index: int) -> None:
        """New contents for all buffers; the first time whole, then what is known to be used."""
        self._filling = Filling(family, seed, largest_index)
        for number, (region, _) in enumerate(self.buffers):
            contents = self._contents(number)
            region.data[: contents.size] = contents
        self.family = family.name
        self._seen.clear()

    def _contents(self, number: int) -> Bytes:
        """What the buffer of that number is filled with, as far as it is known to be used."""
        region, parameter = self.buffers[number]
        family, seed, largest_index = self._filling
        whole = region.data.size
        size = min(whole, (self.used.get(region.address, whole) + SPARE_BYTES) // 64 * 64)
        wanted = named_family(FAMILY_NAMES[parameter.family]) if parameter.family else family
        contents = fill(
            parameter.elem,
            wanted,
            seed * 1000 + number,
            parameter.below or largest_index,
            -(-size // 64) * 64,
            is_data=parameter.is_data,
            is_sorted=parameter.is_sorted,
            is_limit=parameter.below > 0,
        )
        return contents[:size]

    def arguments(
        self, inputs: Sequence[Parameter], case: Case, parameters: Sequence[Parameter] = ()
    ) -> Any:
        """`void **` for the inputs of a case: parameters, and members of those of `parameters`
        that are of class type."""
        ffi = self.lib.ffi
        cells: list[Any] = []
        record = -1
        for wanted, value in zip(inputs, case.values, strict=True):
            if isinstance(value, Tensors):
                cells.append(self._tensors(wanted, value))
                continue
            if wanted.inside < 0 or wanted.inside != record:
                whole = wanted if wanted.inside < 0 else parameters[wanted.inside]
                cells.append(ffi.new("char[]", max(16, whole.size)))
            record = wanted.inside
            self._store(wanted, value, ffi.buffer(cells[-1]))
        array = ffi.new("void *[]", [ffi.cast("void *", cell) for cell in cells] or [ffi.NULL])
        self._keep += [*cells, array]
        return array

    def _store(self, parameter: Parameter, value: int | float | None, cell: Any) -> None:
        """Write an argument, or all members of an array in one."""
        made: list[bytes] = []
        for number in range(parameter.count):
            if parameter.kind == "ptr" and number < MOST_BUFFERS:
                made.append(self.buffer(parameter).address.to_bytes(8, "little"))
            elif parameter.kind != "ptr" and value is not None:
                made.append(scalar_bytes(parameter, value))
            if made:
                data = made[number % len(made)]
                at = parameter.offset + number * parameter.stride
                cell[at : at + len(data)] = data

    def _tensors(self, parameter: Parameter, value: Tensors) -> Any:
        """A `TensorArgument` of `ascendify/torch/harness.h`, with a buffer for each tensor."""
        words = np.zeros(TENSOR_WORDS, np.int64)
        words[:4] = len(value.elements), value.count, value.dimensions, value.length
        at = TENSOR_ADDRESSES
        for number, element in enumerate(value.elements):
            words[4 + number] = TYPE_NUMBERS[element]
            for _ in range(value.count):
                buffer = replace(parameter, kind="ptr", elem=element)
                words[at] = self.buffer(buffer).address
                at += 1
        cell = self.lib.ffi.new("char[]", words.nbytes)
        self.lib.ffi.buffer(cell)[:] = words.tobytes()
        return cell

    # ---- launches

    def watch_launches(self) -> None:
        """Have every launch of the oracle come to `on_launch`."""
        callback = self.lib.ffi.callback("void(const ascendify_oracle_launch *)", self.on_launch)
        self._keep.append(callback)
        self.lib.oracle.ascendify_oracle_set_dispatcher(callback)

    def on_launch(self, record: Any) -> None:
        """Compare the first launches of each subject, run the others."""
        self.launched += 1
        oracle = self.lib.oracle
        offset = self.lib.address(record.kernel) - self.lib.base
        instance = self.job.names.get(str(offset), "")
        count = self._seen[instance] = self._seen.get(instance, 0) + 1
        subject = self.subjects.get(instance)

        def run() -> str:
            return self.lib.text(oracle.ascendify_oracle_run(record))

        if subject is None or instance not in self.lib.kernels or count > self.launches:
            message = run()
        else:
            launch = Launch(
                subject, tuple(record.grid), tuple(record.block), int(record.shared_bytes),
                record.args, run,
            )  # fmt: skip
            message = self.compare(launch)
        if message:
            oracle.ascendify_oracle_fail_launch(message.encode())

    def compare(self, launch: Launch) -> str:
        """Compare one launch and tell the outcome; the oracle's error."""
        shape = f"{_shape(launch.grid)}x{_shape(launch.block)}"
        outcome = Outcome(launch.subject.instance, self.label, shape, self.family)
        regions = self._regions(launch.subject, launch.args)
        outcome.scalars = {**self.sizes, **scalar_arguments(launch, self.lib)}
        outcome.grid, outcome.block = list(launch.grid), list(launch.block)
        hidden = self.is_made and any(p.kind == "other" for p in launch.subject.parameters)
        outcome.is_own = not hidden and _is_own(launch, regions, self.lib)
        self.lib.control("workers", self._workers(launch.subject))
        message = self._comparison.compare(launch, regions, outcome, self.is_checked)
        self.lib.control("workers", 1)
        self._note_used(outcome)
        self.channel.outcome(outcome)
        return message

    def _workers(self, subject: Subject) -> int:
        """Blocks run on several cores where nothing but speed can tell."""
        return 1 if "block_order" in subject.uses else self.job.workers

    def _note_used(self, outcome: Outcome) -> None:
        for site in outcome.sites:
            address = site["start"]
            self.used[address] = max(self.used.get(address, 0), site["highest"])

    def _regions(self, subject: Subject, args: Any) -> list[Region]:
        """All memory that the launch may touch: buffers, allocations behind pointers, variables."""
        found = {region.address: region for region, _ in self.buffers}
        for at, parameter in enumerate(subject.parameters):
            if parameter.kind not in ("ptr", "other"):
                continue
            for word in words_of(self.lib.ffi, args[at], parameter.size):
                region = self._region_of(word, found)
                if region is None or parameter.kind != "ptr":
                    continue
                region.name = parameter.name
                self._learn(region, parameter)
                if parameter.elem in NUMPY_TYPES:
                    region.elem = parameter.elem
                    continue
                for inner in region.data[:POINTER_BYTES].view(np.uint64):
                    self._region_of(int(inner), found)
        for name, offset in sorted(self.job.variables.items()):
            if name in self.lib.variables:
                size = self.lib.variables[name][1]
                address = self.lib.base + offset
                found[address] = Region(address, view(self.lib, address, size), "u8", name, True)
        return list(found.values())

    def _learn(self, region: Region, parameter: Parameter) -> None:
        """What the kernel does with a buffer decides what is put into it, already for the launch
        at hand where nobody has written to it yet."""
        for at, (buffer, known) in enumerate(self.buffers):
            if buffer is not region:
                continue
            if not known.direction:
                elem = known.elem if known.elem in NUMPY_TYPES else parameter.elem
                learnt = replace(parameter, elem=elem, below=known.below or parameter.below)
            else:
                is_data = known.is_data and parameter.is_data
                is_sorted = known.is_sorted or parameter.is_sorted
                learnt = replace(known, is_data=is_data, is_sorted=is_sorted)
            if _kind_of_contents(learnt) == _kind_of_contents(known):
                self.buffers[at] = (buffer, learnt)
                continue
            filled = self._contents(at)
            self.buffers[at] = (buffer, learnt)
            if np.array_equal(buffer.data[: filled.size], filled):
                buffer.data[: filled.size] = self._contents(at)

    def _region_of(self, address: int, found: dict[int, Region]) -> Region | None:
        region = region_at(address, found.values())
        if region is not None:
            return region
        ffi = self.lib.ffi
        start, size = ffi.new("void **"), ffi.new("uint64_t *")
        if not self.lib.oracle.ascendify_oracle_find_allocation(
            ffi.cast("void *", address), start, size
        ):
            return None
        first = self.lib.address(start[0])
        data = view(self.lib, first, int(size[0]))
        found[first] = Region(first, data, "other", is_exact=True, is_allocated=True)
        return found[first]


def _kind_of_contents(parameter: Parameter) -> tuple[object, ...]:
    """What decides about the contents of a buffer."""
    elem = parameter.elem if parameter.elem in NUMPY_TYPES else "f32"
    named = parameter.family, parameter.below
    return (elem, parameter.is_data, parameter.is_sorted, *named)


def _is_own(launch: Launch, regions: Sequence[Region], libraries: Libraries) -> bool:
    """Whether every buffer that the kernel was given is the program's own."""
    for at, parameter in enumerate(launch.subject.parameters):
        if parameter.kind not in ("ptr", "other"):
            continue
        for word in words_of(libraries.ffi, launch.args[at], parameter.size):
            region = region_at(word, regions)
            if region is None and parameter.kind == "ptr" and word:
                return False
            if region is not None and not region.is_exact:
                return False
    return True


def _shape(dims: Sequence[int]) -> str:
    kept = [int(d) for d in dims]
    while len(kept) > 1 and kept[-1] == 1:
        kept.pop()
    return str(kept[0]) if len(kept) == 1 else "(" + ",".join(map(str, kept)) + ")"


def scalar_bytes(parameter: Parameter, value: int | float) -> bytes:
    """`value` as an argument of the parameter's type."""
    if parameter.kind == "bf16":
        bits = np.float32(value).view(np.uint32) >> np.uint32(16)
        return np.uint16(bits).tobytes()
    return np.array(value).astype(NUMPY_TYPES[parameter.kind]).tobytes()
