"""Whoever sits at the terminal: asked there, and nobody where there is none."""

from __future__ import annotations

import os
import pty

import pytest

from uetbuild.cli.person import Terminal


def asked(answer: bytes) -> tuple[int, str]:
    """(1 for yes, 0 for no, 2 for nobody, what the terminal showed) of a process whose controlling terminal answers so."""
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os._exit({True: 1, False: 0, None: 2}[Terminal().confirm("Upload\n")])
        except BaseException:
            os._exit(9)
    shown = b""
    while not shown.endswith(b"[y/N] "):
        shown += os.read(terminal, 1024)
    os.write(terminal, answer)
    status = os.waitpid(pid, 0)[1]
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode()


@pytest.mark.parametrize(("answer", "means"), [(b"y\n", 1), (b" YES \n", 1), (b"n\n", 0), (b"\n", 0), (b"yep\n", 0), (b"\x04", 0)])
def test_only_y_and_yes_are_yes(answer, means):
    assert asked(answer) == (means, "Upload [y/N] ")


def test_nobody_is_asked_where_stdin_is_no_terminal(monkeypatch):
    monkeypatch.setattr(os, "isatty", lambda fd: False)
    assert Terminal().confirm("Upload?") is None


@pytest.mark.parametrize("name", ["/dev/null", "/dev/no-such-terminal"])
def test_nobody_is_asked_where_there_is_no_terminal_to_write_to(monkeypatch, name):
    """`/dev/null` stands for a terminal that hangs up: nothing can be read from it."""
    opened = os.open
    monkeypatch.setattr(os, "isatty", lambda fd: True)
    monkeypatch.setattr(os, "open", lambda path, flags: opened(name, os.O_RDONLY if name == "/dev/null" else flags))
    assert Terminal().confirm("Upload?") is None
