"""What failed gates said of a node, as files of the run's history. Knows nothing of their content."""

from __future__ import annotations

from uetbuild.errors import UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.state.layout import Layout


class FeedbackFiles:
    """Of one project."""

    __slots__ = ("_layout",)

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def path(self, run: str, node: str) -> str:
        """Absolute path of what was said of a node in a run, whether there is such a file or not."""
        return self._layout.log(run, node)[:-4] + ".feedback"

    def read(self, path: str) -> str:
        """A text, "" where there is none."""
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                return file.read()
        except OSError:
            return ""

    def write(self, path: str, text: str) -> None:
        """Keep what was said. Raises UetError where it cannot be written."""
        try:
            with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text)
        except OSError as error:
            raise UetError(f"cannot write `{self._layout.shown(path)}`: {error.strerror}") from None

    def tail(self, run: str, node: str, start: int, most: int) -> tuple[str, int]:
        """(what a node printed into its log from byte `start` on, of it the last `most` bytes; how long the log is)."""
        try:
            with open(self._layout.log(run, node), "rb") as file:
                size = file.seek(0, 2)
                file.seek(max(start, size - most))
                return file.read(size - file.tell()).decode("utf-8", "replace"), size
        except OSError:
            return "", start
