"""Names of files inside the root: made canonical, told from globs, turned into file names of our own, and many of them together.

Purely textual: knows nothing of what stands on the disk, so `..` takes the part before it away even where that is a link.
"""

from __future__ import annotations

from _bisect import bisect_left

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

WILDCARDS = "*?[{"
NAME_LIMIT = 200  # a file name has at most 255 bytes; what is left is for endings such as `.log`

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~")


def resolve(folder: str, text: str) -> str | None:
    """The canonical root-relative path of `text` as written in the root-relative `folder`; None where it leaves the root.

    `//x` is from the root, `/x` is absolute and so outside. Empty and `.` parts and the last `/` are dropped; "" is the root.
    Globs may be given too: a `..` after a wildcard stays, for `globs.fault` to refuse.
    """
    if text and text[0] not in "./" and text[-1] != "/" and "/." not in text and "//" not in text:  # nothing to resolve, as in most
        return f"{folder}/{text}" if folder else text
    if text.startswith("//"):
        parts = []
    elif text.startswith("/"):
        return None
    else:
        parts = folder.split("/") if folder else []
    wild = False
    for part in text.split("/"):
        if part == ".." and not wild:
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            wild = wild or is_glob(part)
            parts.append(part)
    return "/".join(parts)


def is_glob(text: str) -> bool:
    """Whether the text holds a wildcard: `*`, `?`, `[` or `{`."""
    return "*" in text or "?" in text or "[" in text or "{" in text  # of `WILDCARDS`; asked ten times a node


def fixed_part(pattern: str) -> str:
    """The folder before the first part with a wildcard ("" is the root); a pattern without wildcards as a whole."""
    if not is_glob(pattern):
        return pattern
    first = min(place for letter in WILDCARDS if (place := pattern.find(letter)) >= 0)
    return pattern[: max(0, pattern.rfind("/", 0, first))]


def encode_name(name: str) -> str:
    """A file name for an id: percent-encoded, unique for each id, at most `NAME_LIMIT` bytes, never empty, hidden, `.` or `..`.

    Longer ones keep their start and end with `%%` (which no encoding holds) and a digest.
    """
    # surrogatepass and not surrogateescape: total, and still one-to-one
    raw = name.encode("utf-8", "surrogatepass")
    text = name if _PLAIN.issuperset(raw) else "".join([chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in raw])
    text = text or "%"
    if text[0] == ".":
        text = "%2E" + text[1:]
    if len(text) <= NAME_LIMIT:
        return text
    from uetbuild.core.sha import sha256  # loads OpenSSL, and hardly any name is that long

    digest = sha256(raw).hexdigest()[:32]
    return f"{text[: NAME_LIMIT - 34]}%%{digest}"


class Inside:
    """Turns a path that a recipe wrote, relative to its folder, into ours: root-relative inside the root, else absolute."""

    __slots__ = ("_cwd", "_root")

    def __init__(self, root: str, cwd: str) -> None:
        self._root = root
        self._cwd = cwd

    def __call__(self, name: str) -> str:
        if not name.startswith("/"):
            inner = resolve(self._cwd, name)
            return inner if inner is not None else f"{self._root}/{self._cwd}/{name}"
        if name.startswith(self._root + "/"):
            return resolve("", name[len(self._root) + 1 :]) or name
        return name


class PathIndex:
    """A set of paths that knows what is below a folder."""

    __slots__ = ("_paths", "_set")

    def __init__(self, paths: Iterable[str]) -> None:
        self._set = frozenset(paths)
        self._paths = sorted(self._set)

    def __contains__(self, path: str) -> bool:
        return path in self._set

    def __len__(self) -> int:
        return len(self._paths)

    def below(self, folder: str) -> list[str]:
        """The paths below a folder, sorted; "" is the root, which all are below."""
        if not folder:
            return list(self._paths)
        return self._paths[bisect_left(self._paths, folder + "/") : bisect_left(self._paths, folder + "0")]  # `0` comes right after `/`
