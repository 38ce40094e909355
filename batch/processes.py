"""Work done on this machine: a server that forks per file (`server.py`), as futures."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from .work import CRASHED, Outcome

Plain = dict[str, Any]


class LocalProcesses:
    """At most `jobs` files at once. `submit` takes plain work and gives a future of a plain
    outcome; it never fails for what the work does."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._pending: dict[int, tuple[Plain, Future[Plain], bool]] = {}
        self._next = 0
        self._closed = False
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> LocalProcesses:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, work: Mapping[str, Any]) -> Future[Plain]:
        """Have `work` done."""
        future: Future[Plain] = Future()
        future.set_running_or_notify_cancel()
        self._send(dict(work), future, is_again=False)
        return future

    def close(self) -> None:
        """End everything that is running."""
        with self._lock:
            self._closed = True
            server, self._server = self._server, None
        if server is not None and server.stdin is not None:
            try:
                server.stdin.close()
            except OSError:
                pass
            server.wait()

    def _send(self, work: Plain, future: Future[Plain], *, is_again: bool) -> None:
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._pending[number] = (work, future, is_again)
            server = self._running_server()
            assert server.stdin is not None
            try:
                server.stdin.write(json.dumps({"id": number, "work": work}).encode() + b"\n")
                server.stdin.flush()
            except OSError:
                pass  # the reader sees the end of the server, and does what is due

    def _running_server(self) -> subprocess.Popen[bytes]:
        if self._server is None:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "ascendify.batch.server", str(self._jobs)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # an interrupt is the caller's business
            )
            threading.Thread(target=self._read, args=(self._server,), daemon=True).start()
        return self._server

    def _read(self, server: subprocess.Popen[bytes]) -> None:
        assert server.stdout is not None
        for line in server.stdout:
            answer = json.loads(line)
            with self._lock:
                work, future, _ = self._pending.pop(answer["id"])
            future.set_result(answer.get("outcome") or _failed(work, answer))
        status = server.wait()
        with self._lock:
            lost, self._pending = self._pending, {}
            is_closed = self._closed
            if self._server is server:
                self._server = None
        for work, future, is_again in lost.values():
            if is_closed or is_again:
                detail = "stopped" if is_closed else f"the server ended with status {status}"
                future.set_result(_failed(work, {"status": CRASHED, "detail": detail}))
            else:
                self._send(work, future, is_again=True)


def _failed(work: Plain, answer: Mapping[str, str]) -> Plain:
    return Outcome(work["file"], answer["status"], answer["detail"]).to_plain()


def run_isolated(work: Mapping[str, Any]) -> Plain:
    """Do one piece of work in a process of its own, here and now: what foreign executors run."""
    with LocalProcesses(1) as processes:
        return processes.submit(work).result()
