"""Whatever a fork does, its parent comes back in time, and nothing is left running."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ascendify.runtime.judge import sandbox
from ascendify.runtime.judge.outcome import Channel
from ascendify.runtime.judge.sandbox import Ended, run, run_all

LIMIT = 0.6
"""Seconds that a fork gets."""
LATE = 3.0
"""Seconds after which coming back is too late; the machine may have other things to do."""


def in_time(work: Callable[[Channel], None], seconds: float = LIMIT) -> Ended:
    started = time.monotonic()
    ended = run(work, started + seconds)
    assert time.monotonic() - started < seconds + LATE
    return ended


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_lines_and_a_normal_end():
    def work(channel: Channel) -> None:
        channel.tell(begin=0)
        channel.tell(end=0)

    ended = in_time(work, 10.0)
    assert ended.lines == [{"begin": 0}, {"end": 0}]
    assert (ended.timed_out, ended.signal, ended.status) == (False, "", 0)


@pytest.mark.parametrize("status", [0, 3])
def test_exit(status):
    ended = in_time(lambda channel: os._exit(status), 10.0)
    assert (ended.timed_out, ended.signal) == (False, "")
    assert os.waitstatus_to_exitcode(ended.status) == status


def test_an_exception_is_an_exit():
    def work(channel: Channel) -> None:
        raise ValueError("not shown anywhere")

    assert os.waitstatus_to_exitcode(in_time(work, 10.0).status) == 1


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGFPE", "SIGBUS", "SIGABRT", "SIGILL"])
def test_crash(name):
    def work(channel: Channel) -> None:
        channel.tell(begin=3)
        signal.signal(getattr(signal, name), signal.SIG_DFL)
        os.kill(os.getpid(), getattr(signal, name))

    ended = in_time(work, 10.0)
    assert (ended.timed_out, ended.signal, ended.last) == (False, name, {"begin": 3})


def test_a_real_invalid_access():
    def work(channel: Channel) -> None:
        faulthandler.disable()
        ctypes.string_at(8)

    assert in_time(work, 10.0).signal == "SIGSEGV"


def sleep(channel: Channel) -> None:
    time.sleep(60)


def spin(channel: Channel) -> None:
    while True:
        pass


def stop(channel: Channel) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def deaf(channel: Channel) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(60)


@pytest.mark.parametrize("work", [sleep, spin, stop, deaf])
def test_without_end(work):
    ended = in_time(work)
    assert (ended.timed_out, ended.signal) == (True, "")
    assert ended.silent_for >= LIMIT / 2


def test_silence_ends_before_the_deadline(monkeypatch):
    monkeypatch.setattr(sandbox, "SILENCE", 0.3)
    started = time.monotonic()
    assert run(sleep, started + 60.0).timed_out
    assert time.monotonic() - started < 0.3 + LATE


def test_flood_of_lines():
    def work(channel: Channel) -> None:
        while True:
            channel.tell(number=1)

    ended = in_time(work)
    assert ended.timed_out
    assert ended.last == {"number": 1}


def test_flood_without_a_line():
    def work(channel: Channel) -> None:
        while True:
            os.write(channel._handle, b"x" * 4096)

    assert in_time(work).timed_out


def test_flood_ends_before_the_deadline(monkeypatch):
    monkeypatch.setattr(sandbox, "MOST_WORDS", 1 << 16)

    def work(channel: Channel) -> None:
        while True:
            channel.tell(number=1)

    started = time.monotonic()
    assert run(work, started + 60.0).timed_out
    assert time.monotonic() - started < LATE


def test_words_of_others_in_the_pipe():
    """Compiled code may write to whatever is open."""

    def work(channel: Channel) -> None:
        os.write(channel._handle, b"hello\n\xff\n[1]\n7\n")
        channel.tell(end=0)

    assert in_time(work, 10.0).lines == [{"end": 0}]


def test_a_closed_pipe():
    def work(channel: Channel) -> None:
        channel.tell(begin=0)
        os.closerange(3, 1024)
        time.sleep(60)

    ended = in_time(work, 10.0)
    assert ended.last == {"begin": 0}


def test_a_lot_of_memory():
    def work(channel: Channel) -> None:
        held = bytearray(1 << 40)
        channel.tell(held=len(held))

    assert in_time(work, 10.0).lines == [{"error": "MemoryError: "}]


# ---------------------------------------------------------------- grandchildren


@pytest.fixture
def adopting() -> Iterator[None]:
    """Orphans come to this process; what pytest itself has for children stays."""
    sandbox.adopt_orphans()
    yield
    ctypes.CDLL(None).prctl(sandbox.SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def grandchild(channel: Channel, *, own_session: bool, end: bool) -> None:
    """Tell the number of a process that sleeps with the pipe open."""
    child = os.fork()
    if child == 0:
        if own_session:
            os.setsid()
        time.sleep(60)
    time.sleep(0.2)
    channel.tell(child=child)
    if not end:
        time.sleep(60)


@pytest.mark.parametrize("own_session", [False, True])
@pytest.mark.parametrize("end", [False, True])
def test_grandchildren(adopting, own_session, end):
    ended = in_time(
        lambda channel: grandchild(channel, own_session=own_session, end=end), 5.0 if end else 1.5
    )
    assert ended.timed_out is not end
    child = ended.last["child"]
    deadline = time.monotonic() + LATE
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(child)


def test_other_children_stay(adopting):
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        in_time(lambda channel: grandchild(channel, own_session=True, end=True), 5.0)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


# ---------------------------------------------------------------- several at once


def test_several_at_once():
    def number(at: int) -> Callable[[Channel], None]:
        def work(channel: Channel) -> None:
            if at == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            if at == 3:
                time.sleep(60)
            channel.tell(end=at)

        return work

    started = time.monotonic()
    found = run_all([number(at) for at in range(6)], started + 2.0, 2)
    assert time.monotonic() - started < 2.0 + LATE
    assert [ended is not None and ended.last.get("end") for ended in found] == [
        0, 1, None, None, 4, 5,
    ]  # fmt: skip
    assert found[2] is not None
    assert found[2].signal == "SIGKILL"
    assert found[3] is not None
    assert found[3].timed_out


def test_no_time_left():
    assert run_all([sleep, sleep], time.monotonic() - 1, 2) == [None, None]


def test_handles_are_closed():
    before = len(list(Path("/proc/self/fd").iterdir()))
    run_all([lambda channel: None] * 8, time.monotonic() + 10, 4)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
