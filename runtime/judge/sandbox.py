"""Running compiled code where it can do no harm: in a fork, with limits on time and memory."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .outcome import Channel

SILENCE = 6.0
"""Seconds without a word after which a fork is taken for one that does not end."""
LEAST_MEMORY = 4 << 30
FILE_BYTES = 256 << 20


@dataclass(slots=True)
class Ended:
    """What came of a fork: its lines, and how it ended. `signal` is "" for a normal end."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    timed_out: bool = False
    signal: str = ""
    status: int = 0
    silent_for: float = 0.0

    @property
    def last(self) -> dict[str, Any]:
        return self.lines[-1] if self.lines else {}


class Fork:
    """A running fork; several may run at once."""

    def __init__(self, work: Callable[[Channel], None], deadline: float) -> None:
        self.deadline = deadline
        self.result = Ended()
        self._rest = b""
        self._last_word = time.monotonic()
        self.handle, writing = os.pipe()
        self._child = os.fork()
        if self._child == 0:
            status = 1
            try:
                os.close(self.handle)
                os.setsid()
                _limit_resources()
                work(Channel(writing))
                status = 0
            finally:
                os._exit(status)
        os.close(writing)

    def limit(self) -> float:
        """When to give up, on the monotonic clock."""
        return min(self.deadline, self._last_word + SILENCE)

    def read(self) -> bool:
        """Take what has come; False at the end."""
        part = os.read(self.handle, 1 << 16)
        if not part:
            return False
        self._last_word = time.monotonic()
        *lines, self._rest = (self._rest + part).split(b"\n")
        self.result.lines += [json.loads(line) for line in lines]
        return True

    def finish(self, timed_out: bool) -> Ended:
        """Wait for the end, by force where it has timed out."""
        self.result.silent_for = time.monotonic() - self._last_word
        self.result.timed_out = timed_out
        try:
            os.killpg(self._child, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            if timed_out:
                os.kill(self._child, signal.SIGKILL)
        _, status = os.waitpid(self._child, 0)
        os.close(self.handle)
        if os.WIFSIGNALED(status) and not timed_out:
            number = os.WTERMSIG(status)
            # The group is killed after the pipe was closed: that is no crash.
            if number != signal.SIGKILL or self._has_open_case():
                self.result.signal = signal.Signals(number).name
        self.result.status = status
        return self.result

    def _has_open_case(self) -> bool:
        return "end" not in self.result.last and "done" not in self.result.last


def run(work: Callable[[Channel], None], deadline: float) -> Ended:
    """Run `work` in a fork and wait for it."""
    fork = Fork(work, deadline)
    while True:
        left = fork.limit() - time.monotonic()
        if left <= 0 or not select.select([fork.handle], [], [], left)[0]:
            return fork.finish(timed_out=True)
        if not fork.read():
            return fork.finish(timed_out=False)


def run_all(
    works: list[Callable[[Channel], None]], deadline: float, at_once: int
) -> list[Ended | None]:
    """Run each in a fork of its own, `at_once` at a time; None for those that had no time left."""
    results: list[Ended | None] = [None] * len(works)
    waiting = list(enumerate(works))
    running: dict[int, tuple[int, Fork]] = {}
    while waiting or running:
        while waiting and len(running) < at_once and time.monotonic() < deadline:
            number, work = waiting.pop(0)
            fork = Fork(work, deadline)
            running[fork.handle] = (number, fork)
        if not running:
            break
        left = min(fork.limit() for _, fork in running.values()) - time.monotonic()
        ready = select.select(list(running), [], [], max(0.0, left))[0]
        now = time.monotonic()
        for handle in list(running):
            number, fork = running[handle]
            if handle in ready:
                if not fork.read():
                    results[number] = fork.finish(timed_out=False)
                    del running[handle]
            elif now >= fork.limit():
                results[number] = fork.finish(timed_out=True)
                del running[handle]
    return results


def _limit_resources() -> None:
    memory = max(LEAST_MEMORY, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2)
    for what, limit in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(what, (limit, hard))
