"""A disk in memory, and manifests written inline: what the tests of loading stand on."""

from __future__ import annotations

import textwrap

from uetbuild.core.kinds import Kind
from uetbuild.core.nodes import Node, Project
from uetbuild.errors import UetError, UetErrors
from uetbuild.manifest.load import load

ROOT = "/project"


class FakeDisk:
    """`ports.Disk` over a dict of path -> content; notes every look."""

    def __init__(self, files: dict[str, str | bytes], env: dict[str, str] | None = None) -> None:
        self.files = {path: content.encode() if isinstance(content, str) else content for path, content in files.items()}
        self.environ = env or {}
        self.looks: set[tuple[str, str]] = set()
        self.folders: dict[str, dict[str, str]] = {"": {}}
        for path in self.files:
            kind, here = Kind.FILE, path
            while here:
                folder, _, name = here.rpartition("/")
                self.folders.setdefault(folder, {})[name] = kind
                kind, here = Kind.FOLDER, folder

    def kind(self, path: str) -> str:
        self.looks.add(("kind", path))
        return Kind.FOLDER if path in self.folders else Kind.FILE if path in self.files else Kind.ABSENT

    def entries(self, folder: str) -> list[tuple[str, str]]:
        self.looks.add(("entries", folder))
        return sorted(self.folders.get(folder, {}).items())

    def read(self, path: str) -> bytes | None:
        self.looks.add(("read", path))
        return self.files.get(path)

    def env(self, name: str) -> str | None:
        self.looks.add(("env", name))
        return self.environ.get(name)

    def digest(self, path: str) -> str:
        raise AssertionError("loading reads no digests")

    def which(self, program: str) -> str:
        raise AssertionError("loading looks for no programs")

    def forget(self, paths: list[str] | None = None) -> None:
        raise AssertionError("loading forgets nothing")


def dedented(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def disk(manifest: str, files: dict[str, str] | None = None, env: dict[str, str] | None = None) -> FakeDisk:
    """A disk with the root manifest and other files, indented as the test likes."""
    others = {path: dedented(text) for path, text in (files or {}).items()}
    return FakeDisk({"Uetfile.yaml": dedented(manifest), **others}, env)


def project(
    manifest: str,
    files: dict[str, str] | None = None,
    *,
    env: dict[str, str] | None = None,
    profile: str | None = None,
    made: frozenset[str] = frozenset(),
    **assignments: str,
) -> Project:
    return load(ROOT, "Uetfile.yaml", disk(manifest, files, env), profile=profile, assignments=assignments, made=made)


def nodes(manifest: str, files: dict[str, str] | None = None, **more: object) -> dict[str, Node]:
    return {node.id: node for node in project(manifest, files, **more).nodes}  # type: ignore[arg-type]


def faults(manifest: str, files: dict[str, str] | None = None, **more: object) -> list[UetError]:
    """All errors of a manifest, by position."""
    try:
        loaded = project(manifest, files, **more)  # type: ignore[arg-type]
    except UetErrors as errors:
        return list(errors.errors)
    raise AssertionError(f"nothing is wrong: {[node.id for node in loaded.nodes]}")


def told(manifest: str, files: dict[str, str] | None = None, **more: object) -> list[str]:
    """All errors as `file:line:column: message` (or the message alone), each with ` [hint]` if it has one."""
    lines = []
    for error in faults(manifest, files, **more):
        place = error.location
        where = f"{place.file}:{place.line}:{place.column}: " if place is not None else ""
        lines.append(f"{where}{error.message}" + (f" [{error.hint}]" if error.hint else ""))
    return lines


def argv(node: Node, step: int = 0) -> list[str]:
    """The static words of a direct step; a word with holes as `…`."""
    return ["".join([piece if isinstance(piece, str) else "…" for piece in word]) for word in node.steps[step].words]
