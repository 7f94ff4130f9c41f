"""The one wait: descriptors, signals and time."""

from __future__ import annotations

import os
import signal

import pytest

from uetbuild.engine.wait import LONGEST, SignalWait


@pytest.fixture
def pipe():
    read, write = os.pipe()
    yield read, write
    os.close(read)
    os.close(write)


def test_a_signal_ends_the_wait_and_is_told_once():
    with SignalWait() as wait:
        os.kill(os.getpid(), signal.SIGTERM)
        assert wait.poll([], None) == [signal.SIGTERM]
        assert wait.poll([], 0.0) == []


def test_signals_that_came_before_the_wait_are_not_lost():
    with SignalWait() as wait:
        for number in (signal.SIGINT, signal.SIGHUP):
            os.kill(os.getpid(), number)
        assert set(wait.poll([], None)) == {signal.SIGINT, signal.SIGHUP}


def test_a_descriptor_that_becomes_readable_ends_the_wait(pipe):
    os.write(pipe[1], b"x")
    with SignalWait() as wait:
        assert wait.poll([pipe[0]], None) == []


def test_the_wait_ends_with_its_time_however_short_or_absurd(pipe):
    with SignalWait() as wait:
        assert wait.poll([pipe[0]], 0.001) == []
        os.write(pipe[1], b"x")
        assert wait.poll([pipe[0]], 1e30) == []
    assert LONGEST < 2**31


def test_other_signals_are_nothing_to_a_build():
    before = signal.signal(signal.SIGUSR1, lambda number, frame: None)
    try:
        with SignalWait() as wait:
            os.kill(os.getpid(), signal.SIGUSR1)
            assert wait.poll([], None) == []
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_afterwards_signals_do_what_they_did_before():
    before = [signal.getsignal(number) for number in SignalWait.CAUGHT]
    with SignalWait():
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in SignalWait.CAUGHT] == before
    assert signal.set_wakeup_fd(-1) == -1


def test_what_the_caller_ignores_stays_ignored_but_for_ctrl_c():
    before = [signal.signal(number, signal.SIG_IGN) for number in SignalWait.CAUGHT]
    try:
        with SignalWait() as wait:
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGINT)
            assert wait.poll([], None) == [signal.SIGINT]
    finally:
        for number, handler in zip(SignalWait.CAUGHT, before, strict=True):
            signal.signal(number, handler)
