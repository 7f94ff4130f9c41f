"""`Face`: what a command is given: the options, the streams, and the project, opened when first asked for."""

from __future__ import annotations

from uetbuild.cli.options import Options
from uetbuild.errors import UetError
from uetbuild.report.escapes import safe_json
from uetbuild.report.stream import Stream, wants_colours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from uetbuild.cli.session import Session
    from uetbuild.core.secrets import Secrets
    from uetbuild.front import Differing


class Face:
    """`out` and `err`: stdout and stderr. `opener` makes the session; `json`: machines read stdout, text goes to `err`. `differing`: what
    the fast door found to have changed since nothing had to be done, if that is all.
    """

    __slots__ = ("_failure", "_opener", "_session", "differing", "environ", "err", "json", "options", "out")

    def __init__(
        self, out: Stream, err: Stream, environ: Mapping[str, str], opener: Callable[[Options], Session] | None = None,
        differing: Differing | None = None,
    ) -> None:  # fmt: skip
        self.out = out
        self.err = err
        self.environ = environ
        self.options = Options()
        self.json = False
        self.differing = differing
        self._opener = opener
        self._session: Session | None = None
        self._failure: UetError | None = None

    def take(self, options: Options) -> None:
        """Use these options from now on."""
        self.options = options
        self.json = options.json
        for stream in (self.out, self.err):
            stream.colours = wants_colours(options.color, self.environ, stream.is_terminal())

    def session(self) -> Session:
        """The project, opened once. Raises the same UetError each time when that fails."""
        if self._failure is not None:
            raise self._failure
        if self._session is None:
            try:
                self._session = self._opener(self.options) if self._opener else _open_project(self.options, self.differing)
            except UetError as error:
                self._failure = error
                raise
        return self._session

    def secrets(self) -> Secrets:
        """What is not to be shown, as far as it is known without opening the project."""
        from uetbuild.core.secrets import Secrets  # only where something is wrong

        found: Secrets | None = getattr(self._session, "secrets", None)
        return Secrets.of(self.environ) if found is None else found

    def reopen(self) -> None:
        """Open the project anew when it is asked for: the options have changed."""
        self._session = self._failure = self.differing = None

    def plan(self) -> dict[str, Any]:
        """The plan object of interface section 4 for the options; its warnings are said."""
        plan = self.session().plan(self.options).as_json()
        self.warn(*plan["warnings"])
        return plan

    def say(self, text: str) -> None:
        """Text for people."""
        (self.err if self.json else self.out).write(text)

    def document(self, value: object) -> None:
        """The one JSON document of a command: keys in the order of the contract, one line."""
        from uetbuild.core.jsontext import dumps  # wanted only with --json

        self.out.write(safe_json(dumps(value)) + "\n")

    def warn(self, *texts: str) -> None:
        """Warnings on stderr."""
        from uetbuild.report.faults import warning  # not for builds, whose view warns

        for text in texts:
            self.err.write(warning(text, self.err.colours))

    def width(self) -> int:
        """Columns for text that flows."""
        return self.out.width()

    def coloured(self) -> bool:
        """Whether text for people is coloured."""
        return (self.err if self.json else self.out).colours


def _open_project(options: Options, differing: Differing | None) -> Session:
    from uetbuild.cli.wiring import open_project  # loads most of the program; --help and usage errors do without

    session: Session = open_project(options, differing)
    return session
