"""The server that forks per file: whatever a file does, the others are examined."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from ascendify.batch.processes import LocalProcesses, run_isolated
from ascendify.batch.work import Work, outcome_from

GOOD = "__global__ void k(float *x) { x[threadIdx.x] += 1.0f; }\n"
OPTIONS = {"verify": False}


def work(folder: Path, name: str, text: str | None = GOOD, limit: float = 60.0) -> dict:
    if text is None:
        os.mkfifo(folder / name)  # reading it does not end
    else:
        (folder / name).write_text(text)
    return Work(str(folder), name, OPTIONS, limit).to_plain()


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(word) for word in found]


@pytest.fixture
def processes():
    with LocalProcesses(2) as made:
        yield made


def wait_for(condition, seconds: float = 60.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("did not happen")


def test_a_file_that_takes_too_long_is_said_to_be_so(processes, tmp_path):
    slow = processes.submit(work(tmp_path, "slow.cu", None, limit=1.0))
    good = processes.submit(work(tmp_path, "good.cu"))
    assert outcome_from(good.result(timeout=100)).kernels[0].verdict == "translates"
    outcome = outcome_from(slow.result(timeout=100))
    assert (outcome.status, outcome.detail) == ("timeout", "no answer within 1 s")


def test_a_fork_that_crashes(processes, tmp_path):
    hanging = processes.submit(work(tmp_path, "hang.cu", None))
    server = wait_for(lambda: processes._server)
    (child,) = wait_for(lambda: children(server.pid))
    os.kill(child, signal.SIGSEGV)
    outcome = outcome_from(hanging.result(timeout=100))
    assert (outcome.status, outcome.detail) == ("crashed", "the process ended by SIGSEGV")
    assert (
        outcome_from(processes.submit(work(tmp_path, "k.cu")).result(timeout=100)).status == "done"
    )


def test_work_that_raises(processes, tmp_path):
    wrong = Work(str(tmp_path), "k.cu", {"nonsense": 1}, 60.0).to_plain()
    assert outcome_from(processes.submit(wrong).result(timeout=100)).status == "crashed"


def test_a_server_that_dies_is_started_again(processes, tmp_path):
    first = processes.submit(work(tmp_path, "slow.cu", None, limit=2.0))
    server = wait_for(lambda: processes._server)
    wait_for(lambda: children(server.pid))
    os.kill(server.pid, signal.SIGKILL)
    assert outcome_from(first.result(timeout=100)).status == "timeout"


def test_closing_ends_what_runs(tmp_path):
    with LocalProcesses(1) as made:
        future = made.submit(work(tmp_path, "hang.cu", None))
        server = wait_for(lambda: made._server)
        (child,) = wait_for(lambda: children(server.pid))
    assert outcome_from(future.result(timeout=100)).detail == "stopped"
    wait_for(lambda: not Path(f"/proc/{child}").exists())


def test_alone(tmp_path):
    assert outcome_from(run_isolated(work(tmp_path, "k.cu"))).file == "k.cu"
