"""Writes the record of a verdict that `uetbuild/front.py` checks: everything that was seen, in the shape in which it is checked fastest.

Written only under the build lock and after the database was closed. What cannot be checked later (something that changed while it was
looked at, or too young to be told from a later version of itself) is not written down, and then no file is: absence is the safe state.
"""

from __future__ import annotations

import os
from _operator import add, and_
from itertools import compress, repeat
from marshal import dumps
from sys import byteorder
from zlib import crc32

from uetbuild import front
from uetbuild.core.kinds import Kind
from uetbuild.front import MAGIC, SIGNATURE, Snapshot, env_hash, file_name, names_of, sweep_hash, verdict_words
from uetbuild.state import atomic, parts
from uetbuild.state.database import signature_of
from uetbuild.state.observations import find_program, numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from uetbuild.core.secrets import Secrets
    from uetbuild.front import Sweep
    from uetbuild.state.layout import Layout
    from uetbuild.state.observations import Observations, Signature
    from uetbuild.state.parts import Parts

MOST = 16  # snapshots kept
CHUNK = 1000  # names of one folder that are looked at in a row, so that the work can be halved

FORMATS = {Kind.FILE: 0o100000, Kind.FOLDER: 0o040000, Kind.LINK: 0o120000}


class Unobservable(Exception):
    """Something on which the verdict rests cannot be checked without judging again."""


def save(
    layout: Layout, words: Sequence[str], cwd: str, said: str, seen: Observations, environ: Mapping[str, str], secrets: Secrets,
    divided: Parts | None = None, asked: str = "", unfinished: Sequence[int] = (),
) -> bool:  # fmt: skip
    """Record that what was typed (`words`, in the folder `cwd`) was up to date. Returns whether it could be; never raises for the disk.

    `seen`: all looks of that verdict; `said`: what it printed; `secrets`: what is not to be stored; `divided`: what to keep beside it, but
    for the readers, so that a change can be told by whom it concerns; `asked`: what `--dry-run` prints, if that is known; `unfinished`:
    the nodes that were not up to date. The caller holds the build lock, and the database is closed.
    """
    if secrets.are_said(words):
        return False
    try:
        snapshot = _snapshot(layout, words, cwd, said, seen, environ)
        snapshot.asked, snapshot.open = asked.encode(), list(unfinished)
        if divided is not None:
            base = layout.root.rstrip("/") + "/"
            known = dict(zip(seen.readers, parts.without_nobody(seen.readers.values()), strict=True))
            divided.readers = []
            for folder, names, _, _ in snapshot.sweeps:
                start = f"{folder.rstrip('/')}/".removeprefix(base)
                divided.readers += map(known.get, map(add, repeat(start), names_of(names)))
            others = [numbers(seen.readers[path]) for path in seen.readers.keys() - _there(seen.files)]  # not there, or no file
            divided.missing = {path: known[own] for path in snapshot.absent if (own := path.removeprefix(base)) in known}
            divided.quiet = divided.quiet.difference(seen.beyond, *others)
            snapshot.parts = parts.write(f"{layout.folder}/{file_name(snapshot.words, snapshot.here)}", divided)
        if snapshot.parts or not unfinished:
            write(layout, snapshot, secrets)
    except (Unobservable, OSError, ValueError):  # ValueError: too big for four bytes, or no value of marshal
        return False
    return True


def write(layout: Layout, snapshot: Snapshot, secrets: Secrets) -> None:
    """Put a snapshot in its place. Raises Unobservable, OSError, ValueError."""
    body = dumps(tuple([getattr(snapshot, field) for field in Snapshot.__slots__]))
    head = MAGIC + len(body).to_bytes(4, "little") + crc32(body).to_bytes(4, "little")
    if secrets.are_in(body):
        raise Unobservable
    path = f"{layout.folder}/{file_name(snapshot.words, snapshot.here)}"
    atomic.write(path, head + body)
    _bound(layout, path)


def _snapshot(layout: Layout, words: Sequence[str], cwd: str, said: str, seen: Observations, environ: Mapping[str, str]) -> Snapshot:
    base = layout.root.rstrip("/") + "/"
    if layout.moved or not f"{cwd}/".startswith(base):
        raise Unobservable  # the door looks for `.uet` above the current folder only
    made = Snapshot()
    made.root, made.words, made.said = layout.root, verdict_words(words), said.encode()
    made.here = cwd[len(layout.root) :].strip("/")
    variables = sorted({*seen.env, *(["PATH"] if seen.programs else [])})
    if any(environ.get(name) != value for name, value in seen.env.items()):
        raise Unobservable
    made.env = (variables, env_hash(variables, environ))
    made.sweeps, made.prints, made.absent = _sweeps(base, seen.files)
    made.parts = 0
    made.kinds = _kinds(base, seen, made.absent)
    tool = str(front.__file__)
    made.led = [(tool, SIGNATURE(os.stat(tool))), *_programs(layout.root, seen.programs, environ.get("PATH"), made.absent)]
    within = dict(sorted(seen.folders.items()))
    folders = list(zip(_placed(base, within), within.values(), strict=True))
    made.no_folders = [path for path, token in folders if token is None]
    made.folders = _folders([(path, token) for path, token in folders if token is not None])
    made.database = database_signature(layout)
    return made


def database_signature(layout: Layout) -> Signature:
    """Of the database, with nothing pending. Raises Unobservable where something is, or there is none."""
    found = signature_of(layout.database)
    if found is None:
        raise Unobservable
    return found


def _sweeps(base: str, files: Mapping[str, Signature | None]) -> tuple[list[Sweep], bytes, list[str]]:
    """Files by folder, in chunks, with the hash of what they looked like; what each looked like; and those that are not there."""
    if () in files.values():
        raise Unobservable
    there = _there(files)
    looks = dict(zip(_placed(base, there), map(hash, filter(None, files.values())), strict=True))
    return *sweeps_of(looks), _placed(base, sorted(files.keys() - there))


def _there(files: Mapping[str, Signature | None]) -> list[str]:
    """The paths of those that are there, in their order."""
    return [*compress(files, files.values())]


def sweeps_of(looks: Mapping[str, int]) -> tuple[list[Sweep], bytes]:
    """Files by folder, in chunks, with the hash of what they look like; and what each looks like. `looks`: by absolute path.
    Raises ValueError for a name that cannot be one of a file."""
    folders: dict[str, list[tuple[str, int]]] = {}
    for (folder, _, name), look in zip(map(str.rpartition, looks, repeat("/")), looks.values(), strict=True):
        folders.setdefault(folder or "/", []).append((name, look))
    sweeps: list[Sweep] = []
    prints: list[int] = []
    for folder, found in sorted(folders.items()):
        found.sort()
        for start in range(0, len(found), CHUNK):
            names, looked = zip(*found[start : start + CHUNK], strict=True)
            sweeps.append((folder, os.fsencode("\0".join(names)), len(names), sweep_hash(looked)))
            prints += looked
    unsigned = map(and_, prints, repeat((1 << 64) - 1))
    return sweeps, b"".join(map(int.to_bytes, unsigned, repeat(8), repeat(byteorder)))


def _kinds(base: str, seen: Observations, absent: list[str]) -> list[tuple[str, int]]:
    """Kinds of what has no signature among the files: a signature vouches for the kind as well."""
    kinds: list[tuple[str, int]] = []
    paths = sorted(seen.kinds.keys() - _there(seen.files))
    for full, kind in zip(_placed(base, paths), map(seen.kinds.__getitem__, paths), strict=True):
        if kind == Kind.ABSENT:
            absent.append(full)
        elif kind in FORMATS:
            kinds.append((full, FORMATS[kind]))
        else:
            raise Unobservable
    return kinds


def _programs(root: str, programs: Mapping[str, str], search: str | None, absent: list[str]) -> list[tuple[str, Signature]]:
    """Where programs were found, and that nothing is at the places before."""
    led: list[tuple[str, Signature]] = []
    for name, found in sorted(programs.items()):
        if find_program(name, search, root) != found:
            raise Unobservable
        for place in _places(name, search, root):
            if place == found:
                led.append((place, SIGNATURE(os.stat(place))))
                break
            if os.path.lexists(place):
                raise Unobservable  # a folder, or a file that may not be executed
            absent.append(place)
    return led


def _places(name: str, search: str | None, root: str) -> list[str]:
    """Where `find_program` looks, in its order."""
    if "/" in name:
        return [os.path.join(root, name)]
    return [os.path.join(root, folder, name) for folder in (os.defpath if search is None else search).split(os.pathsep)]


def _folders(found: Sequence[tuple[str, Signature]]) -> tuple[list[str], int]:
    if not all(token for _, token in found):
        raise Unobservable
    return [path for path, _ in found], hash(tuple([token for _, token in found]))


def _placed(base: str, paths: Iterable[str]) -> list[str]:
    """The absolute paths of these."""
    return [path if path[:1] == "/" else base + path for path in paths]


def _bound(layout: Layout, newest: str) -> None:
    """Remove the oldest snapshots beyond `MOST`, and of what is kept beside them. Raises OSError."""
    for mine, found in ((newest, layout.snapshots()), (parts.path_of(newest), layout.snapshots("part"))):
        others = sorted([(os.lstat(path).st_mtime_ns, path) for path in found if path != mine])
        for _, path in others[: max(0, len(others) - MOST + 1)]:
            os.unlink(path)
