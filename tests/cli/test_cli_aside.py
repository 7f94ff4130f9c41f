"""Work that no command has to wait for."""

from __future__ import annotations

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
    aside = Aside(lambda: said.append("work"))
    wait = aside.beside(Waiting(said))
    assert [wait.poll((), 0.1), wait.poll([3], 0.0), wait.poll([3], None), wait.poll([3], 2.5)] == [[2]] * 4
    aside.finish()
    assert said == [([], 0.1), ([3], 0.0), "work", ([3], None), ([3], 2.5)]


def test_it_is_done_at_the_end_where_nothing_was_waited_for() -> None:
    said: list[object] = []
    aside = Aside(lambda: said.append("work"))
    aside.finish()
    aside.finish()
    assert said == ["work"]
