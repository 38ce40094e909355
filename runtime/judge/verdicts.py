"""From outcomes to proofs: what the launches of all cases say about each kernel together."""

from __future__ import annotations

from collections.abc import Sequence

from ..prove import Job, Proof
from .outcome import GUESS_NOTE, TRANSLATION, UNDEFINED_NOTE, Outcome
from .source_findings import SourceFindings

AGAINST = (TRANSLATION, GUESS_NOTE)
"""How notes begin that stand against a proof, whatever other cases say."""
ENOUGH_SHAPES = 9
"""Shapes that ran with all families, after which no more are tried."""
WROTE_NOTHING = "it wrote nothing"
NONE_RAN = "no generated input ran through on the original"


class Verdicts:
    """The proofs of all subjects while cases come in."""

    def __init__(self, job: Job) -> None:
        subjects = job.subjects
        self.source = SourceFindings(job)
        self.proofs = {s.instance: Proof(s.instance) for s in subjects}
        self._notes: dict[str, list[str]] = {s.instance: [] for s in subjects}
        self._host_notes: list[str] = []
        self._closed: set[str] = set()
        self._shapes: dict[str, set[str]] = {s.instance: set() for s in subjects}

    def failed(self, instance: str) -> bool:
        return self.proofs[instance].verdict == "failed"

    def has_cases(self, instance: str) -> bool:
        return bool(self.proofs[instance].cases)

    def is_open(self, instance: str) -> bool:
        """Nothing is known yet that further kinds of cases could not turn into a proof."""
        closed = instance in self._closed
        return not closed and not self.has_cases(instance) and not self.failed(instance)

    def asks_for_program(self, instance: str) -> bool:
        """Whether the program's own launches would tell what findings are worth."""
        return instance not in self._closed and self.source.asks_for_program(instance)

    def close(self, instance: str) -> None:
        """No other cases count for this kernel from now on."""
        self._closed.add(instance)

    def is_settled(self, instance: str) -> bool:
        """Further cases of the same kind would say nothing new."""
        if instance in self._closed:
            return True
        return self.failed(instance) or len(self._shapes[instance]) >= ENOUGH_SHAPES

    def note(self, instance: str, note: str) -> None:
        if instance in self._notes:
            self._notes[instance].append(note)

    def note_host(self, note: str) -> None:
        """What ended a case outside of any kernel; the reason where no kernel gives a better."""
        self._host_notes.append(note)

    def assume(self, instance: str, text: str) -> None:
        """Say what a proof takes for granted, once."""
        known = self.proofs[instance].assumptions
        if text not in known:
            known.append(text)

    def take(self, outcome: Outcome) -> None:
        """Add what one launch showed."""
        proof = self.proofs.get(outcome.instance)
        if proof is None or outcome.instance in self._closed:
            return
        self.source.take(outcome)
        if outcome.note:
            self.note(outcome.instance, outcome.note)
        elif outcome.different:
            self._fail(proof, outcome)
        elif outcome.elements:
            self._shapes[outcome.instance].add(outcome.case)
            proof.cases.append(
                {
                    "label": outcome.label,
                    "launch": outcome.launch,
                    "family": outcome.family,
                    "elements": outcome.elements,
                    "exact": outcome.exact,
                    "seconds": round(outcome.seconds, 4),
                }
            )
            proof.elements += outcome.elements
            proof.exact &= outcome.exact
            if outcome.worst is not None and proof.verdict != "failed":
                proof.worst = {"case": outcome.case, "family": outcome.family, **outcome.worst}
        else:
            self.note(outcome.instance, WROTE_NOTHING)

    def _fail(self, proof: Proof, outcome: Outcome) -> None:
        if proof.verdict == "failed":
            return
        proof.verdict = "failed"
        proof.worst = {"case": outcome.case, "family": outcome.family, **(outcome.worst or {})}
        proof.reproducer = outcome.saved
        count = outcome.different
        what = "1 element differs" if count == 1 else f"{count} elements differ"
        proof.reason = f"{what} in case {outcome.case} with {outcome.family} data"

    def conclude(self) -> list[Proof]:
        for instance, findings in self.source.conclude().items():
            self.proofs[instance].findings.extend(findings)
        for instance, proof in self.proofs.items():
            if proof.verdict == "failed":
                continue
            notes = self._notes[instance]
            against = [note for note in notes if note.startswith(AGAINST)]
            if proof.cases and not against:
                proof.verdict = "proved"
                continue
            proof.cases.clear()
            undefined = [note for note in notes if note.startswith(UNDEFINED_NOTE)]
            proof.reason = (*against, *undefined, *self._most_telling(notes), NONE_RAN)[0]
        return list(self.proofs.values())

    def _most_telling(self, notes: Sequence[str]) -> list[str]:
        """What stopped the original comes before what stopped its host code, and both before that
        it wrote nothing."""
        stopped = [note for note in notes if note != WROTE_NOTHING]
        return [*stopped, *self._host_notes, *notes]
