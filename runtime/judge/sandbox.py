"""Running compiled code where it can do no harm: in a fork, with limits on time and memory.

A fork leads a process group of its own, which ends with it. Processes that it starts and that
leave the group become children of ours (where `adopt_orphans` was called) and end then, too.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .outcome import Channel

SILENCE = 6.0
"""Seconds without a word after which a fork is taken for one that does not end."""
LEAST_MEMORY = 4 << 30
FILE_BYTES = 256 << 20
MOST_WORDS = 256 << 20
"""Bytes that a fork may say; one that goes on is taken for one that does not end."""
LOOK = 0.25
"""Seconds after which is looked whether a fork has ended whose pipe somebody else keeps open."""
MOST_ORPHANS = 64
"""How often orphans are ended whose children then become orphans."""
SET_CHILD_SUBREAPER = 36
"""The option of prctl after which orphans of children become children."""


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
        self._heard = 0
        self._last_word = time.monotonic()
        self.handle, writing = os.pipe()
        self._child = os.fork()
        if self._child == 0:
            status = 1
            try:
                _close_all_but(writing)
                os.setsid()
                _limit_resources()
                work(Channel(writing))
                status = 0
            except Exception as failure:
                Channel(writing).tell(error=f"{type(failure).__name__}: {failure}")
            finally:
                os._exit(status)
        os.close(writing)

    def limit(self) -> float:
        """When to give up, on the monotonic clock."""
        if self._heard > MOST_WORDS:
            return 0.0
        return min(self.deadline, self._last_word + SILENCE)

    def read(self) -> bool:
        """Take what has come; False at the end."""
        part = os.read(self.handle, 1 << 16)
        if not part:
            return False
        self._last_word = time.monotonic()
        self._heard += len(part)
        *lines, self._rest = (self._rest + part).split(b"\n")
        self.result.lines += [entry for line in lines if (entry := _entry(line)) is not None]
        return True

    def has_ended(self) -> bool:
        """Whether the fork is no more and all it said was read, whoever else holds its pipe."""
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        is_gone = os.waitid(os.P_PID, self._child, options) is not None
        return is_gone and not select.select([self.handle], [], [], 0)[0]

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
    (result,) = run_all([work], max(deadline, time.monotonic() + LOOK), 1)
    assert result is not None, "there is time to start it"
    return result


def run_all(
    works: list[Callable[[Channel], None]], deadline: float, at_once: int
) -> list[Ended | None]:
    """Run each in a fork of its own, `at_once` at a time; None for those that had no time left."""
    results: list[Ended | None] = [None] * len(works)
    waiting = list(enumerate(works))
    running: dict[int, tuple[int, Fork]] = {}
    others = _children()
    while waiting or running:
        while waiting and len(running) < at_once and time.monotonic() < deadline:
            number, work = waiting.pop(0)
            fork = Fork(work, deadline)
            running[fork.handle] = (number, fork)
        if not running:
            break
        left = min(fork.limit() for _, fork in running.values()) - time.monotonic()
        ready = select.select(list(running), [], [], min(max(0.0, left), LOOK))[0]
        now = time.monotonic()
        for handle in list(running):
            number, fork = running[handle]
            timed_out = now >= fork.limit()
            if timed_out or (not fork.read() if handle in ready else fork.has_ended()):
                results[number] = fork.finish(timed_out)
                del running[handle]
    _end_orphans(others)
    return results


def adopt_orphans() -> None:
    """Processes that outlive the fork that started them become children of this one."""
    try:
        ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (OSError, AttributeError):
        return  # no Linux: they go to init


def _end_orphans(others: set[int]) -> None:
    """End all children but the `others`; forks that still run have none of ours beside them."""
    for _ in range(MOST_ORPHANS):
        orphans = _children() - others
        if not orphans:
            return
        for orphan in orphans:
            os.kill(orphan, signal.SIGKILL)
            os.waitpid(orphan, 0)


def _children() -> set[int]:
    """The processes whose parent this one is."""
    found, own = set(), os.getpid()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name of the program, in parentheses, may hold anything.
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if len(fields) > 1 and int(fields[1]) == own:
            found.add(int(path.parent.name))
    return found


def _entry(line: bytes) -> dict[str, Any] | None:
    """A line as an entry; None for what compiled code wrote into a pipe that is not its own."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _close_all_but(handle: int) -> None:
    """Compiled code may write to whatever is open; the standard handles stay."""
    os.closerange(3, handle)
    os.closerange(handle + 1, max(handle, *map(int, os.listdir("/proc/self/fd"))) + 1)


def _limit_resources() -> None:
    memory = max(LEAST_MEMORY, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2)
    try:
        # Should memory run out all the same, the system ends this process before any other.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    except OSError:
        pass
    for what, limit in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(what, (limit, hard))
