"""Runs in uetbuild's own interpreter, in place of its script: the program with a clock at the begin and the end of each phase.

Time is the processor time of the coordinator, and counts for the innermost phase only. Called with the file to write to, the table of
phases as JSON, and what is typed. Imports next to nothing, since what is loaded is part of what is measured.
"""

from __future__ import annotations

import builtins
import marshal
import os
import sys
from time import process_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

LOADING, REST = "loading modules", "the rest"


class Clock:
    """`spent`: seconds and calls, by phase."""

    def __init__(self, output: str) -> None:
        self.spent: dict[str, list[float]] = {}
        self._output = output
        self._process = os.getpid()
        self._open = [REST]
        self._since = process_time()
        self._begun = self._since

    def __call__(self, phase: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The function, timed."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            self._switch()
            self._open.append(phase)
            try:
                return call(*args, **kwargs)
            finally:
                self._switch()
                self._open.pop()
                self.spent[phase][1] += 1

        self.spent.setdefault(phase, [0.0, 0])
        return timed

    def _switch(self) -> None:
        now = process_time()
        self.spent.setdefault(self._open[-1], [0.0, 0])[0] += now - self._since
        self._since = now

    def write(self) -> None:
        """Say what was seen; only of the coordinator, whose workers are forks of it."""
        if os.getpid() == self._process:
            self._switch()
            times = os.times()
            with open(self._output, "wb") as file:
                marshal.dump((self._begun, times.children_user + times.children_system, len(sys.modules), self.spent), file)


class Wrapping:
    """A finder that times the functions of modules as they are loaded."""

    def __init__(self, clock: Clock, phases: Mapping[str, Sequence[str]]) -> None:
        self._clock = clock
        self._functions: dict[str, list[tuple[str, str]]] = {}
        for phase, functions in phases.items():
            for function in functions:
                module, _, path = function.partition(":")
                self._functions.setdefault(f"uetbuild.{module}", []).append((path, phase))

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """See `importlib`."""
        if name not in self._functions:
            return None
        for finder in sys.meta_path:
            found = None if finder is self else finder.find_spec(name, path, target)
            if found is not None and found.loader is not None:
                execute = found.loader.exec_module

                def wrap(module: Any, execute: Callable[[Any], None] = execute) -> None:
                    execute(module)
                    for function, phase in self._functions[name]:
                        self._wrap(module, function, phase)

                found.loader.exec_module = wrap  # type: ignore[method-assign]
                return found
        return None

    def _wrap(self, holder: Any, function: str, phase: str) -> None:
        *way, name = function.split(".")
        for part in way:
            holder = getattr(holder, part)
        setattr(holder, name, self._clock(phase, getattr(holder, name)))


def main(output: str, phases: Mapping[str, Sequence[str]], words: list[str]) -> None:
    """Run the program; ends the process."""
    clock = Clock(output)
    leave = os._exit

    def noted(code: int) -> None:
        clock.write()
        leave(code)

    os._exit = noted  # type: ignore[assignment]
    sys.meta_path.insert(0, Wrapping(clock, phases))
    builtins.__import__ = clock(LOADING, builtins.__import__)
    sys.argv[1:] = words
    from uetbuild.__main__ import main as run

    code = run()
    clock.write()
    leave(code)


if __name__ == "__main__":
    with open(sys.argv[2], "rb") as table:
        main(sys.argv[1], marshal.load(table), sys.argv[3:])
