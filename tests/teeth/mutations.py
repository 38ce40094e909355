"""Mutants of generated code: one interface to mutations of C text and of IR, and a seeded draw.

`Generated` holds what the compiler makes of one source file; `mutants` lists every single-point
mutation of it, `draw` chooses from many lists: first a kind, then a kernel, then a place, so that
neither long kernels nor frequent kinds crowd out the others.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ir_mutations import IrMutation, ir_mutations, mutated
from text_mutations import TextMutation, text_mutations

import ascendify.driver as driver
from ascendify.codegen.plain_c import emit_c
from ascendify.ir.nodes import Module
from ascendify.passes.lowering.to_thread_loops import ToThreadLoops
from ascendify.passes.pipeline import run_pipeline

WEIGHTS: Mapping[str, int] = {
    "operator": 4, "comparison": 3, "index": 4, "constant": 4, "guard": 4, "operands": 3,
    "width": 3, "function": 3, "statement": 4, "thread loop": 1, "barrier": 3, "shuffle": 2,
    "mask": 1, "narrow": 2,
}  # fmt: skip
"""How often each kind is drawn."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mutation of one kernel. `before` and `after` are lines of C, or a line of the source and
    what was done to its operation; `place` tells equal lines of a kernel apart."""

    source: str
    kernel: str
    kind: str
    before: str
    after: str
    place: int
    mutation: TextMutation | IrMutation

    @property
    def key(self) -> str:
        """A name that stays the same while the kernel's generated code does."""
        parts = (self.source, self.kernel, self.kind, self.before, self.after, str(self.place))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


class Generated:
    """What is generated for the source at `path`: C files, and the SIMT modules before them."""

    def __init__(self, path: Path) -> None:
        translation = driver.translate(path, verify=False)
        self.path = path
        self.files: dict[str, str] = dict(translation.files)
        self.modules: dict[str, Module] = {
            kernel.instance: translation.modules[kernel.instance]
            for kernel in translation.kernels
            if kernel.verdict != "refused"
        }
        self.sources = translation.sources

    @property
    def main_file(self) -> str:
        return f"{self.path.stem}.c"

    def mutants(self) -> list[Mutant]:
        """Every single-point mutation of every kernel."""
        found = [self._of_text(m) for m in text_mutations(self.files[self.main_file])]
        for instance, module in self.modules.items():
            found += [self._of_ir(module, m) for m in ir_mutations(instance, module)]
        return found

    def files_of(self, mutant: Mutant) -> dict[str, str]:
        """The generated files with the mutation."""
        mutation = mutant.mutation
        if isinstance(mutation, TextMutation):
            text = self.files[self.main_file]
            changed = text[: mutation.start] + mutation.new + text[mutation.end :]
            return {**self.files, self.main_file: changed}
        module, _ = mutated(self.modules[mutant.kernel], mutation)
        lowered = {**self._lowered, mutant.kernel: _to_thread_loops(module)}
        return {**self.files, **emit_c(list(lowered.values()), self.path.stem).files}

    @cached_property
    def _lowered(self) -> dict[str, Module]:
        return {name: _to_thread_loops(module) for name, module in self.modules.items()}

    def _of_text(self, mutation: TextMutation) -> Mutant:
        text = self.files[self.main_file]
        start = text.rfind("\n", 0, mutation.start) + 1
        end = text.find("\n", mutation.end)
        before = text[start:end]
        after = text[start : mutation.start] + mutation.new + text[mutation.end : end]
        head = text.rfind("\nstatic void ", 0, start)
        place = 1000 * text.count(f"\n{before}\n", head, start) + mutation.start - start
        return Mutant(
            self.path.name, mutation.kernel, mutation.kind, " ".join(before.split()),
            " ".join(after.split()), place, mutation,
        )  # fmt: skip

    def _of_ir(self, module: Module, mutation: IrMutation) -> Mutant:
        _, op = mutated(module, mutation)
        span = op.span.written()
        line = " ".join((self.sources.line(span.file, span.line) or "").split())
        return Mutant(
            self.path.name, mutation.kernel, mutation.kind, f"{span.line}: {line}",
            mutation.change, mutation.at, mutation,
        )  # fmt: skip


def _to_thread_loops(module: Module) -> Module:
    return run_pipeline(module, (ToThreadLoops(),), verify=True)


def draw(mutants: Sequence[Mutant], seed: int) -> Iterator[Mutant]:
    """The mutants in the random order of `seed`, none twice."""
    source = random.Random(seed)
    left: dict[str, dict[str, list[Mutant]]] = {}
    for mutant in mutants:
        kernel = f"{mutant.source} {mutant.kernel}"
        left.setdefault(mutant.kind, {}).setdefault(kernel, []).append(mutant)
    seen: set[str] = set()
    while left:
        kinds = sorted(left)
        (kind,) = source.choices(kinds, [WEIGHTS[kind] for kind in kinds])
        kernel = source.choice(sorted(left[kind]))
        places = left[kind][kernel]
        mutant = places.pop(source.randrange(len(places)))
        if not places:
            del left[kind][kernel]
        if not left[kind]:
            del left[kind]
        if mutant.key not in seen:
            seen.add(mutant.key)
            yield mutant
