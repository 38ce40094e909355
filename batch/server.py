"""A process that has everything loaded and forks a child for each file that it is asked for.

    python -m ascendify.batch.server JOBS

It reads work as lines of JSON from its standard input and answers with lines of JSON. A fork costs
milliseconds, shares what is loaded, and may do what it likes: crash, fill its memory, take too
long. The server has no threads, so that forking is safe whatever the caller's process is like. It
ends, with all that it started, when its input does; so a caller that is killed leaves nothing.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import signal
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..frontend.project_headers import ProjectHeaders
from .examine import examine

WARM = "__global__ void k(float *x, float4 *y) { x[threadIdx.x] += y->x; }\n"
RARELY = (100_000, 20, 100)
SET_DEATH_SIGNAL = 1
"""The option of prctl by which a process ends with its parent."""
MOST_HANDLES = 4096
LOOK = 0.2
"""Seconds between looks whether a child has gone."""

_LIBC = ctypes.CDLL(None)


@dataclass(slots=True)
class _Child:
    number: int
    pid: int
    pipe: int
    deadline: float
    limit: float
    said: bytearray = field(default_factory=bytearray)
    is_silent: bool = False


class Server:
    """Runs at most `jobs` children at once; `answers` is the handle to write to."""

    def __init__(self, jobs: int, answers: int) -> None:
        self._jobs = jobs
        self._answers = answers
        self._waiting: deque[dict[str, Any]] = deque()
        self._running: list[_Child] = []

    def serve(self, requests: int) -> None:
        """Until `requests` ends. What is then still running is killed."""
        rest = b""
        try:
            while True:
                self._start()
                pipes = [child.pipe for child in self._running if not child.is_silent]
                ready, _, _ = select.select([requests, *pipes], [], [], self._patience())
                if requests in ready:
                    part = os.read(requests, 1 << 16)
                    if not part:
                        return
                    *lines, rest = (rest + part).split(b"\n")
                    self._waiting.extend(json.loads(line) for line in lines)
                for child in list(self._running):
                    self._attend(child, child.pipe in ready)
        finally:
            for child in self._running:
                kill_tree(child.pid)

    def _patience(self) -> float | None:
        return LOOK if self._running else None

    def _start(self) -> None:
        while self._waiting and len(self._running) < self._jobs:
            request = self._waiting.popleft()
            self._index_project(request["work"])
            reading, writing = os.pipe()
            pid = os.fork()
            if pid == 0:
                _child(request["work"], writing)
            os.close(writing)
            limit = float(request["work"].get("limit") or 0.0)
            deadline = time.monotonic() + limit if limit else float("inf")
            self._running.append(_Child(request["id"], pid, reading, deadline, limit))

    def _index_project(self, work: dict[str, Any]) -> None:
        """Have the names of the project's headers before the fork, where all forks find them."""
        try:
            project = ProjectHeaders(os.path.join(str(work["root"]), str(work["file"])))
            if project.is_project:
                project.index()
        except OSError:
            pass  # the fork finds out, and says so

    def _attend(self, child: _Child, is_ready: bool) -> None:
        if is_ready:
            part = os.read(child.pipe, 1 << 20)
            child.said += part
            child.is_silent = not part
        if child.is_silent or (not is_ready and _is_gone(child.pid)):
            self._finish(child)
        elif time.monotonic() > child.deadline:
            self._finish(child, timed_out=True)

    def _finish(self, child: _Child, timed_out: bool = False) -> None:
        if timed_out:
            kill_tree(child.pid)
        else:
            _kill_group(child.pid)
        _, status = os.waitpid(child.pid, 0)
        os.close(child.pipe)
        self._running.remove(child)
        answer: dict[str, Any] = {"id": child.number}
        if timed_out:
            answer |= {"status": "timeout", "detail": f"no answer within {child.limit:g} s"}
        elif child.said.endswith(b"\n"):
            answer["outcome"] = json.loads(child.said)
        else:
            answer |= {"status": "crashed", "detail": _how(status)}
        data = memoryview(json.dumps(answer).encode() + b"\n")
        while data:
            data = data[os.write(self._answers, data) :]


def _child(work: dict[str, Any], pipe: int) -> None:
    """The life of a fork."""
    status = 1
    try:
        os.setsid()
        _LIBC.prctl(SET_DEATH_SIGNAL, signal.SIGKILL)
        os.closerange(3, pipe)
        os.closerange(pipe + 1, MOST_HANDLES)
        nothing = os.open(os.devnull, os.O_RDWR)
        for handle in (0, 1, 2):
            os.dup2(nothing, handle)
        data = memoryview(json.dumps(examine(work)).encode() + b"\n")
        while data:
            data = data[os.write(pipe, data) :]
        status = 0
    finally:
        os._exit(status)


def _how(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"the process ended by {signal.Signals(os.WTERMSIG(status)).name}"
    return f"the process ended with status {os.WEXITSTATUS(status)}"


def _is_gone(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def kill_tree(pid: int) -> None:
    """End a process and all that it has started, whatever groups these are in."""
    for one in (pid, *_descendants(pid)):
        try:
            os.kill(one, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name of the program, in parentheses, may hold anything.
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if len(fields) > 1:
            children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def warm_up() -> None:
    """Load and parse what every file needs, once for all forks."""
    from ..driver import translate

    translate(WARM, verify=False)
    gc.collect()
    gc.freeze()  # pages of what is loaded stay shared with the forks
    gc.set_threshold(*RARELY)  # forks end before there is much to collect


def main() -> None:
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever is printed by mistake is no answer
    warm_up()
    Server(int(sys.argv[1]), answers).serve(0)


if __name__ == "__main__":
    main()
