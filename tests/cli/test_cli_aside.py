"""Work that no command has to wait for."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from uetbuild.cli.aside import Aside


class Waiting:
    """A wait that says what it was asked for."""

    def __init__(self, said: list[object]) -> None:
        self.said = said

    def poll(self, filenos: Sequence[int], seconds: float | None) -> list[int]:
        self.said.append((list(filenos), seconds))
        return [2]


def test_it_is_done_once_before_the_first_real_wait() -> None:
    said: list[object] = []
    aside = Aside(lambda: said.append("work"), ())
    wait = aside.beside(Waiting(said))
    assert [wait.poll((), 0.1), wait.poll([3], 0.0), wait.poll([3], None), wait.poll([3], 2.5)] == [[2]] * 4
    aside.finish()
    assert said == [([], 0.1), ([3], 0.0), "work", ([3], None), ([3], 2.5)]


def test_it_is_done_at_the_end_where_nothing_was_waited_for() -> None:
    said: list[object] = []
    aside = Aside(lambda: said.append("work"), ())
    aside.finish()
    aside.finish()
    assert said == ["work"]


def test_modules_of_the_end_are_loaded_before_the_first_real_wait_and_only_then(monkeypatch, tmp_path) -> None:
    (tmp_path / "of_the_end.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    aside = Aside(None, ["of_the_end"])
    wait = aside.beside(Waiting([]))
    assert (wait.poll((), None), wait.poll([3], 0.0)) == ([2], [2])
    aside.finish()
    assert "of_the_end" not in sys.modules
    wait.poll([3], 1.0)
    assert sys.modules.pop("of_the_end")
    wait.poll([3], 1.0)
    assert "of_the_end" not in sys.modules


def test_a_module_that_cannot_be_loaded_ends_no_command() -> None:
    said: list[object] = []
    wait = Aside(lambda: said.append("work"), ["of_no_installation"]).beside(Waiting(said))
    assert wait.poll([3], None) == [2]
    assert said == ["work", ([3], None)]
