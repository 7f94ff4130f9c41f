"""The manifest that `init` writes: a part for each kind of project that lies there, with comments that say how to go on."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from uetbuild.manifest import starter_c, starter_make, starter_node, starter_python
from uetbuild.manifest.ground import Ground
from uetbuild.manifest.starting import Naming, Part, Stream

KINDS: tuple[tuple[str, Callable[[Ground, Naming], Part | None]], ...] = (
    ("python", starter_python.part),
    ("node", starter_node.part),
    ("c", starter_c.part),
    ("make", starter_make.part),
)

HEAD = """\
# What is built here, from what, and how. `uetbuild` builds what is stale, `uetbuild list` shows what there is,
# `uetbuild -n` what would run and why, `uetbuild --help` the rest.
version: 1
"""


def starter(ground: Ground, taken: Container[str] = ()) -> tuple[str, list[str]]:
    """The text of a manifest for what lies there, and the kinds of projects that were found (none: it says hello). No id is one of
    those `taken`."""
    found = [kind for kind, make in KINDS if make(ground, str) is not None]
    if "make" in found and "c" in found:
        found.remove("c")  # the Makefile says better how that is built
    parts = [part for kind, make in KINDS if kind in found and (part := make(ground, _naming(kind, len(found) > 1, taken)))]
    if len(parts) > 1:
        for part in parts:
            if part.kind == "make":  # here it is most likely a list of things that one does by hand
                part.streams = [stream.by_hand() for stream in part.streams]
    return _text(parts or [_hello()]), found


def _naming(kind: str, several: bool, taken: Container[str]) -> Naming:
    def named(name: str) -> str:
        own = name == kind
        return f"{kind}-{name}" if (several or name in taken) and not own else name

    return named


def _hello() -> Part:
    hello = Stream("hello", "Say hello", ["outputs: [hello.txt]       # what it makes", 'run: "echo hello > {{ outputs }}"'])
    hello.comment = "Nothing that is known lay here. A workstream says what it reads (`inputs`), what it makes, and how:"
    return Part("hello", [hello])


def _text(parts: Iterable[Part]) -> str:
    parts = list(parts)
    default = [stream.id for part in parts for stream in part.streams if stream.in_default]
    lines = [HEAD, f"default: [{', '.join(default)}]       # what a bare `uetbuild` builds", ""]
    lines += _map("vars", [line for part in parts for line in part.vars])
    lines += _map("scopes", [line for part in parts for line in part.scopes])
    lines.append("workstreams:")
    for part in parts:
        for stream in part.streams:
            lines += [*stream.lines(), ""]
        lines += [f"  # {note}".rstrip() for note in part.notes] + ([""] if part.notes else [])
    return "\n".join(lines).rstrip("\n") + "\n"


def _map(key: str, lines: list[str]) -> list[str]:
    return [f"{key}:", *[f"  {line}" for line in lines], ""] if lines else []
