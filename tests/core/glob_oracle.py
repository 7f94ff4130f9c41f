"""A second reading of the pattern language, as simple and slow as can be, for the tests to compare with."""

from __future__ import annotations

from uetbuild.core.kinds import Kind
from uetbuild.core.nodes import Source
from uetbuild.core.paths import is_glob

DEEP = "\0"


def source(text: str, name: str = "") -> Source:
    """A source as the manifest writes it: `!` in front, `/` at the end."""
    body = text.removeprefix("!")
    pattern = body.rstrip("/")
    kind = Source.GLOB if is_glob(pattern) else Source.PATH
    return Source(pattern=pattern, kind=kind, negative=text.startswith("!"), folder=body.endswith("/"), name=name)


def sources(*texts: str) -> tuple[Source, ...]:
    return tuple(source(text) for text in texts)


def group(*texts: str, negative: bool = False, name: str = "") -> Source:
    return Source(pattern="", kind=Source.GROUP, items=sources(*texts), negative=negative, name=name)


def matches(pattern: str, path: str) -> bool:
    """Whether the path matches as a whole; classes and braces without anything special inside."""
    marked = pattern.replace("**", DEEP)  # stars that meet when braces are opened are no `**`
    return any(_path(choice.split("/"), path.split("/")) for choice in _choices(marked))


def _choices(pattern: str) -> list[str]:
    start = pattern.find("{")
    if start < 0:
        return [pattern]
    end = pattern.index("}", start)
    return [whole for choice in pattern[start + 1 : end].split(",") for whole in _choices(pattern[:start] + choice + pattern[end + 1 :])]


def _path(parts: list[str], names: list[str]) -> bool:
    if not parts:
        return not names
    if parts == [DEEP]:
        return bool(names) and not any(name.startswith(".") for name in names)
    if parts[0] == DEEP:
        return _path(parts[1:], names) or (bool(names) and not names[0].startswith(".") and _path(parts, names[1:]))
    if not names or (names[0].startswith(".") and not parts[0].startswith(".")):
        return False
    return _name(parts[0], names[0]) and _path(parts[1:], names[1:])


def _name(part: str, name: str) -> bool:
    if not part:
        return not name
    if part[0] == "*":
        return _name(part[1:], name) or (bool(name) and _name(part, name[1:]))
    if not name:
        return False
    if part[0] == "[":
        end = part.index("]")
        negated = part[1] == "!"
        letters = part[1 + negated : end]
        return (name[0] in letters) != negated and _name(part[end + 1 :], name[1:])
    return part[0] in ("?", name[0]) and _name(part[1:], name[1:])


class FakeDisk:
    """A disk of files, links to folders (by their target) and other things; remembers which folders were listed."""

    def __init__(self, *files: str, links: dict[str, str] | None = None, others: tuple[str, ...] = ()) -> None:
        self.root = "/project"
        self.listed: list[str] = []
        self._links = links or {}
        self._kinds = dict.fromkeys(files, Kind.FILE) | dict.fromkeys(self._links, Kind.LINK) | dict.fromkeys(others, Kind.OTHER)
        self._children: dict[str, set[str]] = {"": set()}
        for path in list(self._kinds):
            while path:
                folder, _, name = path.rpartition("/")
                self._children.setdefault(folder, set()).add(name)
                if folder:
                    self._kinds[folder] = Kind.FOLDER
                path = folder

    def kind(self, path: str) -> str:
        return self._kinds.get(self._real(path), Kind.ABSENT) if path else Kind.FOLDER

    def entries(self, folder: str) -> list[tuple[str, str]]:
        self.listed.append(folder)
        real = self._links.get(folder) or self._real(folder)
        head = real + "/" if real else ""
        return [(name, self._kinds[head + name]) for name in sorted(self._children.get(real, ()))]

    def _real(self, path: str) -> str:
        """The path with links on the way (not at its end) followed."""
        for link, target in self._links.items():
            if path.startswith(link + "/"):
                return target + path[len(link) :]
        return path
