"""Secrets become `***` wherever something is shown or stored: in streams of bytes, also across the border of two chunks, and in texts.

Every byte that belongs to any occurrence of any secret is hidden, overlapping occurrences as one. A secret is known in the forms in which
it is met: as it is, line by line, and as shells and JSON quote it; not encoded in other ways, cut or reversed.
"""

from __future__ import annotations

from uetbuild.core.render import late_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import AnyStr

    from uetbuild.core.nodes import Node, Project, Step

ENDINGS = ("_TOKEN", "_KEY", "_SECRET", "_PASSWORD")  # of names of environment variables
STARS = "***"
SHORTEST = 4  # characters; hiding shorter values would garble everything and tell them by what is garbled
SHORTEST_LINE = 8  # characters of what is no word by chance: of a line of a secret that has several, of one that is looked for in files


class Secrets:
    """The values that a build knows to be secret. `forms`: all texts that are to be hidden, sorted; `written`: the manifest, or a dotenv
    file, holds some; `named`: variables of the environment that nodes say to be secret; `late`: names of `sh` variables whose values are.
    """

    __slots__ = ("forms", "late", "named", "written")

    def __init__(self, values: Iterable[str] = ()) -> None:
        self.forms: tuple[str, ...] = ()
        self.late: frozenset[str] = frozenset()
        self.named: frozenset[str] = frozenset()
        self.written = False
        self.learn(values)

    @classmethod
    def of(cls, environ: Mapping[str, str], nodes: Iterable[Node] = ()) -> Secrets:
        """Those of the caller's environment, by their names' endings or named by a node, and those that are written in the manifest."""
        written: list[str] = []
        named: set[str] = set()
        late: set[str] = set()
        for node in nodes:
            if node.secrets:
                named.update(node.secrets)
            for env in (node.env, *[step.env for step in (*node.steps, *node.finally_) if step.env]):
                for pieces in [pieces for name, pieces in env if name.endswith(ENDINGS) or name in node.secrets]:
                    if len(pieces) == 1 and isinstance(pieces[0], str):
                        written.append(pieces[0])
                    late |= late_of(pieces)
        made = cls.known(environ, (named, [name[4:] for name in late if name.startswith("var:")]))
        made.learn(written)
        made.written = any(written)
        return made

    @classmethod
    def known(cls, environ: Mapping[str, str], names: tuple[Iterable[str], Iterable[str]]) -> Secrets:
        """Those of a manifest in which none is written: `names` is what `names` said of them."""
        named, late = map(frozenset, names)
        made = cls([value for name, value in environ.items() if name.endswith(ENDINGS) or name in named])
        made.named, made.late = named, late
        return made

    @property
    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """`named` and `late`, in a form that can be kept."""
        return tuple(sorted(self.named)), tuple(sorted(self.late))

    def learn(self, values: Iterable[str]) -> None:
        """Hide these from now on, too."""
        known = set(self.forms)
        found = {form for value in values if value not in known for form in _forms(value)}
        if not found <= known:
            self.forms = tuple(sorted(known | found))

    def masked(self, text: str) -> str:
        """`text` without them."""
        if not self.forms or not any(form in text for form in self.forms):
            return text
        shown: list[str] = []
        position = 0
        for start, end in _runs(text, self.forms):
            shown += (text[position:start], STARS)
            position = end
        return "".join([*shown, text[position:]])

    def are_said(self, words: Iterable[str]) -> bool:
        """Whether any of them stands in any of these words."""
        return any(form in word for word in words for form in self.forms)

    def are_in(self, data: bytes) -> bool:
        """Whether any of them can be read in `data`, a file about to be written; a short one may be there by chance, and does not count."""
        found = [form for form in self.forms if len(form) >= SHORTEST_LINE]
        return any(_bytes(form) in data or form.encode("utf-8", "surrogatepass") in data for form in found)

    def hush(self, project: Project) -> None:
        """Hide them in all texts of a project that are only there for people: titles, and recipes as they are shown."""
        if not self.forms:
            return
        for node in project.nodes:
            node.title, node.confirm = self.masked(node.title), self.masked(node.confirm)
            for step in (*node.steps, *node.finally_, *node.probes, *([] if node.skip_if is None else [node.skip_if])):
                self._hush(step)
            if node.guard is not None:
                node.guard.message = self.masked(node.guard.message)
        for variable in project.sh_vars:
            self._hush(variable.step)

    def _hush(self, step: Step) -> None:
        step.shown, step.name = self.masked(step.shown), self.masked(step.name)


class Masker:
    """A stream of bytes with secrets in, one without out. At most one byte less than the longest `form` of `Secrets` is held back."""

    __slots__ = ("_covered", "_forms", "_held")

    def __init__(self, forms: Iterable[str]) -> None:
        self._forms = sorted({_bytes(form) for form in forms if len(form) >= SHORTEST})
        self._held = b""
        self._covered = 0  # so many bytes at the begin of `_held` belong to stars that were given out already

    def feed(self, chunk: bytes) -> bytes:
        """Take a chunk; what can be shown by now."""
        if not self._forms:
            return chunk
        data = self._held + chunk
        return self._show(data, len(data) - self._open_end(data))

    def finish(self) -> bytes:
        """The rest, at the end of the stream; the masker can be used for another stream afterwards."""
        return self._show(self._held, len(self._held))

    def _show(self, data: bytes, border: int) -> bytes:
        """`data[:border]` masked; the rest is kept, with how much of it is hidden already."""
        shown: list[bytes] = []
        position = self._covered
        for start, end in _runs(data, self._forms, self._covered):
            if start >= border:
                break
            if start >= position:
                shown += (data[position:start], STARS.encode())
            position = end  # else the run goes on with stars that were given out
        shown.append(data[position:border])
        self._held = data[border:]
        self._covered = max(0, position - border)
        return b"".join(shown)

    def _open_end(self, data: bytes) -> int:
        """How many bytes at the end may be the begin of a secret."""
        longest = 0
        for form in self._forms:
            for length in range(min(len(form) - 1, len(data)), longest, -1):
                if data.endswith(form[:length]):
                    longest = length
                    break
        return longest


def _runs(data: AnyStr, forms: Sequence[AnyStr], covered: int = 0) -> list[list[int]]:
    """[start, end] of what is to be hidden, in order, without overlap; what is `covered` already counts as the first of it."""
    spots = [(0, covered)] if covered else []
    for form in forms:
        start = data.find(form)
        while start >= 0:
            spots.append((start, start + len(form)))
            start = data.find(form, start + 1)
    runs: list[list[int]] = []
    for start, end in sorted(spots):
        if runs and start < runs[-1][1]:
            runs[-1][1] = max(end, runs[-1][1])
        else:
            runs.append([start, end])
    return runs


def _forms(value: str) -> Iterator[str]:
    """The texts under which a secret is met, those that are too short to be hidden left out."""
    lines = value.splitlines()
    whole = [value, value.rstrip("\r\n")]
    for text in (*whole, *[line for line in lines if len(line.strip()) >= SHORTEST_LINE]):
        if len(text) >= SHORTEST:
            yield text
            yield text.replace("'", "'\\''")  # within '…'
            yield "".join(["\\" + letter if letter in '\\"$`' else letter for letter in text])  # within "…" of a shell
            yield text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")  # of JSON


def _bytes(form: str) -> bytes:
    return form.encode("utf-8", "surrogateescape")
