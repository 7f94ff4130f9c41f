"""What a build is limited to: the changes since a revision of git, a list of files, source files as targets."""

from __future__ import annotations

import os

from uetbuild.core.focus import Focus
from uetbuild.core.kinds import Kind
from uetbuild.core.scope import grounds
from uetbuild.errors import UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from uetbuild.cli.options import Options
    from uetbuild.cli.targets import Targets
    from uetbuild.core.graph import Graph
    from uetbuild.core.ports import Disk, Shell
    from uetbuild.core.stamps import Stamp

NEVER = (".git", ".uet")
QUIET = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false")  # starts nothing of the repository's choice


def narrowed(
    options: Options, words: Sequence[str], targets: Targets, graph: Graph, stamps: Mapping[str, Stamp], disk: Disk,
    shell: Callable[[], Shell], made_from: Iterable[str], exclude: tuple[str, ...],
) -> tuple[list[str], Focus | None]:  # fmt: skip
    """Those of the words that name nodes, and the files that the build is limited to; None where it is not. `made_from`: the files that the
    manifest was made from. What the list of files came to is kept in the options: it cannot be read a second time. Raises UetError.
    """
    naming, paths = targets.parted(words, lambda path: is_source(path, graph, stamps, disk))
    limits = [paths] if paths else []
    if options.files is None and (options.since or options.files_from):
        options.files = _files(options, disk.root, shell())
    if options.files is not None:
        limits.append(options.files)
    if not limits:
        return naming, None
    wanted = [frozenset(expanded(limit, disk)) for limit in limits]
    chosen = wanted[0].intersection(*wanted[1:])
    return naming, Focus(graph, stamps, chosen, exclude, everything=not chosen.isdisjoint(made_from))


def is_source(path: str, graph: Graph, stamps: Mapping[str, Stamp], disk: Disk) -> bool:
    """Whether a path that nobody creates limits a build: a file, a folder in which somebody may look, what somebody read and is gone."""
    kind = disk.kind(path)
    if kind == Kind.ABSENT:
        return any(path in stamp.inputs or path in stamp.edits for stamp in stamps.values())
    if kind != Kind.FOLDER:
        return True
    below = path + "/"
    places = {ground + "/" for node in graph.nodes for ground in grounds((*node.inputs, *node.edits))}
    return any(place.startswith(below) or below.startswith(place) or place == "/" for place in places)


def expanded(paths: Iterable[str], disk: Disk) -> list[str]:
    """The paths, and the files below those that are folders."""
    found = list(paths)
    for path in found:
        if not path.startswith("/") and disk.kind(path) == Kind.FOLDER:
            found += [f"{path}/{name}" if path else name for name, _ in disk.entries(path) if name not in NEVER]
    return found


def _files(options: Options, root: str, shell: Shell) -> list[str]:
    """Root-relative paths, absolute ones outside the root."""
    lists = []
    if options.since:
        lists.append(changes(options.since, root, shell))
    if options.files_from:
        lists.append([_inside(root, os.path.join(os.getcwd(), name)) for name in _listed(options.files_from)])
    return [path for path in lists[0] if all(path in other for other in lists[1:])]


def _listed(source: str) -> list[str]:
    """The names in a file, `-` = standard input: one a line, or ended by NUL (`git … -z`)."""
    try:
        with open(0 if source == "-" else source, "rb", closefd=source != "-") as file:
            data = file.read()
    except OSError as error:
        raise UetError(f"`--files-from`: cannot read `{source}`: {(error.strerror or '').lower()}") from error
    names = os.fsdecode(data).split("\0" if b"\0" in data else "\n")
    return [name for name in names if name]


def _inside(root: str, path: str) -> str:
    path = os.path.normpath(path)
    return "" if path == root else path.removeprefix(root.rstrip("/") + "/")


# --- git -----------------------------------------------------------------------------------------------------------------------


def changes(revision: str, root: str, shell: Shell) -> list[str]:
    """What differs in the work tree from the merge base of a revision and HEAD, and what git does not track. Raises UetError."""
    ask = _asker(root, shell)
    code, top, _ = ask("rev-parse", "--show-toplevel")
    if code:
        raise UetError(f"`--since {revision}`: there is no git work tree here", hint="`--files-from` takes a list of files instead")
    code, commit, _ = ask("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
    if code:
        raise UetError(f"`--since`: git knows no revision `{revision}`", hint="is it fetched? `git fetch` brings what is missing")
    code, base, said = ask("merge-base", commit, "HEAD")
    if code:
        hint = "of a shallow clone `git fetch --unshallow` brings the rest" if not said else said.partition("\n")[0]
        raise UetError(f"`--since`: `{revision}` and HEAD have no commit in common", hint=hint)
    found = []
    for words in (
        ("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-relative", base, "--"),
        ("ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ":/"),
    ):
        code, names, said = ask(*words)
        if code:
            raise UetError(f"`--since`: git does not say what has changed: {said.partition(chr(10))[0].removeprefix('fatal: ')}")
        found += [_inside(os.path.realpath(root), os.path.join(os.path.realpath(top), name)) for name in names.split("\0") if name]
    return found


def _asker(root: str, shell: Shell) -> Callable[..., tuple[int, str, str]]:
    return lambda *words: shell.ask(("git", *QUIET, *words), root, {"GIT_OPTIONAL_LOCKS": "0"}, False)
