"""The fast door: says "up to date" while every observation on which that verdict of the full program rested still holds (promise 11).

It holds no rule of staleness. `.uet/plan*.bin` records one verdict: what was typed where, every look at the world that the full program
took, and what it printed. Whatever is not exactly so is the business of the full program; so is every error. This module owns the
layout of that file, which `state/snapshot.py` writes:

    line     `MAGIC`: format, version of the tool, of Python and of its marshal
    8 bytes  length of the body and its CRC32, both little endian: nothing reaches `loads` unchecked
    body     marshal of the fields of `Snapshot`, in their order

Files are looked at folder by folder, and compared by one hash of all signatures of a folder: 20,000 files need neither 20,000 long path
look-ups, nor an object for each name, nor 80,000 numbers in memory. The hash is that of a tuple of numbers, the same in every process of
one Python; 64 bits of it against accidents, as the mode 0700 of the folder is against malice. Many files are swept by two processes or,
in C, by threads. Where nothing but some of them has changed, the full program is told which: what nobody saw who looked at none of these
still holds. Imports only what the interpreter has loaded anyway or has built in.
"""

from __future__ import annotations

import gc
import os
import sys
from _operator import attrgetter
from marshal import loads
from os import chdir, lstat, stat
from zlib import crc32

from uetbuild import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Sweep = tuple[str, bytes, int, int]  # a folder, names of files in it as the system has them, b"\0" between, their number, `sweep_hash`

MAGIC = f"uetbuild plan 4 {__version__} {sys.implementation.cache_tag} {sys.hexversion:x}\n".encode()
STATE = ".uet"
WORTH_FORKING = 3000  # files; below that a second process costs more than it saves
MOST_CHANGED = 500  # folders (or parts of folders) with changed files of which the full program is told; then it looks at everything

ASKS = ("-n", "--dry-run")  # of what a bare command line builds

SIGNATURE = attrgetter("st_size", "st_mtime_ns", "st_ctime_ns", "st_ino")  # of a file or link: whoever writes or replaces it changes it
FOLDER = attrgetter("st_mtime_ns", "st_ctime_ns", "st_ino")  # of a folder's list of names
FORMAT = 0o170000  # the bits of a mode that tell files, folders and links apart


class Snapshot:
    """What the body holds. `root`, `words`, `here`: project, command line and current folder (relative to the root). `said`: bytes printed.

    `asked`: those that `--dry-run` prints, b"" where that may be something else. `open`: nodes, by number, that were not up to date.
    `env`: names, and `env_hash` of them (values are never stored). `sweeps`: files by folder (`Sweep`); `prints`: of each of these files,
    in their order, the hash of its signature in 8 bytes, as this machine has them; `parts`: sum of the record that tells which node looked
    at which of them (state/parts.py), 0 for none. `absent`: paths at which nothing is; `no_folders`: paths that lead to no folder. `kinds`:
    (path, format bits by `lstat`). `folders`: paths, and the hash of their signatures. `led`: (path, signature at the end of all links).
    `database`: signature of `state.db`. Paths are absolute.
    """

    __slots__ = (
        "root", "here", "words", "said", "asked", "open", "env", "sweeps", "prints", "parts", "absent", "no_folders", "kinds", "folders",
        "led", "database",
    )  # fmt: skip

    root: str
    here: str
    words: list[str]
    said: bytes
    asked: bytes
    open: list[int]
    env: tuple[list[str], int]
    sweeps: list[Sweep]
    prints: bytes
    parts: int
    absent: list[str]
    no_folders: list[str]
    kinds: list[tuple[str, int]]
    folders: tuple[list[str], int]
    led: list[tuple[str, tuple[int, ...]]]
    database: tuple[int, ...]


class Differing:
    """A verdict of which all still holds but what the files `places` looked like (their numbers, in the order of the sweeps of `seen`), or
    which was not "up to date" for all nodes.
    """

    __slots__ = ("places", "seen")

    def __init__(self, seen: Snapshot, places: list[int]) -> None:
        self.seen = seen
        self.places = places


def look(words: list[str], environ: Mapping[str, str]) -> bytes | Differing | None:
    """What to print when nothing has to be done; which files differ where that is all; else None. Changes nothing, raises nothing."""
    if environ.get("UET_STATE"):
        return None
    collects = gc.isenabled()
    gc.disable()  # what is made here lives until the end
    try:
        return _look(verdict_words(words), environ)
    except Exception:  # something is not as it was, or the record has a right sum and yet not our shape: the full program knows more
        return None
    finally:
        if collects:
            gc.enable()


def verdict_words(words: Sequence[str]) -> list[str]:
    """The command line without how many run at once, which changes no verdict."""
    kept: list[str] = []
    skip = False
    for place, word in enumerate(words):
        if word == "--":
            return [*kept, *words[place:]]
        if skip and (word.isdecimal() or word == "auto"):
            skip = False
            continue
        skip = word in ("-j", "--jobs")
        if not (skip or (word.startswith("-j") and word[2:].isdecimal())):
            kept.append(word)
    return kept


def file_name(words: Sequence[str], here: str) -> str:
    """Name of the snapshot in the state folder for a command line and a current folder relative to the root."""
    if not words and not here:
        return "plan.bin"
    text = "\0".join([here, *words])
    return f"plan-{crc32(text.encode('utf-8', 'surrogatepass')):08x}.bin"


def env_hash(names: Sequence[str], environ: Mapping[str, str]) -> int:
    """Of the values of these variables: of each the remainder by 2**61 - 1 that Python takes for the hash of an integer, the same in every
    process, which the hash of a text is not.
    """
    values = [environ.get(name) for name in names]
    return hash(tuple([-1 if value is None else int.from_bytes(b"=" + os.fsencode(value), "little") for value in values]))


def _look(words: list[str], environ: Mapping[str, str]) -> bytes | Differing | None:
    asks = len(words) == 1 and words[0] in ASKS
    if asks:
        words = []  # what was built is known
    cwd = folder = os.getcwd()
    while True:
        here = cwd[len(folder) :].strip("/")
        seen = _read(f"{folder.rstrip('/')}/{STATE}", file_name(words, here))
        if seen is not None:
            break
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    if (seen.root, seen.here, seen.words) != (folder, here, words) or not _is_state_sound(f"{folder.rstrip('/')}/{STATE}", seen):
        return None
    try:
        if not _still_holds(seen, environ):
            return None
        changed = sweeper()(seen.sweeps, MOST_CHANGED if seen.parts else 0)
        places = [] if not changed else _places(seen, changed) if seen.parts else None
    finally:
        chdir(cwd)
    if places or (seen.open and places is not None):
        return None if asks else Differing(seen, places)
    said = (seen.asked or None) if asks else seen.said
    return said if places == [] and type(said) is bytes else None


def _read(state: str, name: str) -> Snapshot | None:
    """The snapshot, whole and of this version; None where there is none."""
    try:
        descriptor = os.open(f"{state}/{name}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if status.st_mode & 0o170022 != 0o100000 or status.st_uid != os.geteuid():
            return None  # not a file of ours
        data = os.read(descriptor, status.st_size + 1)
    finally:
        os.close(descriptor)
    start = len(MAGIC) + 8
    if data[: len(MAGIC)] != MAGIC or len(data) < start:
        return None
    body = memoryview(data)[start:]
    length, checksum = int.from_bytes(data[start - 8 : start - 4], "little"), int.from_bytes(data[start - 4 : start], "little")
    if len(body) != length or crc32(body) != checksum:
        return None
    seen = Snapshot()
    for field, value in zip(Snapshot.__slots__, loads(body), strict=True):
        setattr(seen, field, value)
    return seen


def _is_state_sound(state: str, seen: Snapshot) -> bool:
    """Whether the state folder is a real folder of ours, and its database the one that the verdict is about, with nothing pending."""
    status = lstat(state)
    if status.st_mode & FORMAT != 0o040000 or status.st_uid != os.geteuid():
        return False
    if SIGNATURE(lstat(f"{state}/state.db")) != seen.database:
        return False
    try:
        return lstat(f"{state}/state.db-wal").st_size == 0
    except FileNotFoundError:
        return True


def _still_holds(seen: Snapshot, environ: Mapping[str, str]) -> bool:
    """Whether every observation but those of the sweeps would be made again. Raises OSError where something is not there any more."""
    names, expected = seen.env
    if env_hash(names, environ) != expected:
        return False
    paths, expected = seen.folders
    if hash(tuple(map(FOLDER, map(stat, paths)))) != expected:
        return False
    if any(lstat(at).st_mode & FORMAT != kind for at, kind in seen.kinds) or any(SIGNATURE(stat(at)) != then for at, then in seen.led):
        return False
    return not (any(_format(lstat, path) for path in seen.absent) or any(_format(stat, path) == 0o040000 for path in seen.no_folders))


def _format(look: Callable[[str], os.stat_result], path: str) -> int:
    """The format bits of what is there, 0 where nothing is. Raises OSError where that cannot be told."""
    try:
        return look(path).st_mode & FORMAT
    except (FileNotFoundError, NotADirectoryError):
        return 0


def sweeper() -> Callable[[list[Sweep], int], list[int]]:
    """`changed_sweeps`, in C where that was built (hatch_build.py)."""
    try:
        from uetbuild._sweep import changed_sweeps as found  # may not be there
    except ImportError:
        return changed_sweeps
    return found


def changed_sweeps(sweeps: list[Sweep], most: int) -> list[int]:
    """Numbers of those in which something is not as it was; where files are many, half of them are looked at by a child. Raises OSError
    where these are more than `most`. May leave the current folder.
    """
    half, rest = 0, sum([count for _, _, count, _ in sweeps]) // 2
    if rest * 2 < WORTH_FORKING or len(os.sched_getaffinity(0)) < 2:
        return _sweep(sweeps, 0, most)
    while rest > 0:
        rest -= sweeps[half][2]
        half += 1
    read, write = os.pipe()
    if not (child := os.fork()):
        code = 1
        try:
            os.write(write, " ".join(map(str, _sweep(sweeps[half:], half, most))).encode())  # fits into the pipe, by MOST_CHANGED
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    try:
        changed = _sweep(sweeps[:half], 0, most)
    finally:
        told = os.read(read, 65536)  # when all of it is there, or the child has ended
        os.close(read)
        _, status = os.waitpid(child, 0)
    changed += map(int, told.split())
    if status or len(changed) > most:
        raise OSError
    return changed


def _sweep(sweeps: Sequence[Sweep], first: int, most: int) -> list[int]:
    """The same of a part of them, counted from `first`."""
    changed: list[int] = []
    for number, (folder, names, _, expected) in enumerate(sweeps, first):
        try:
            chdir(folder)
            if sweep_hash(map(hash, map(SIGNATURE, map(lstat, names.split(b"\0"))))) == expected:
                continue
        except OSError:  # it is gone
            pass
        if len(changed) == most:
            raise OSError
        changed.append(number)
    return changed


def sweep_hash(prints: Iterable[int]) -> int:
    """One hash of the hashes of many signatures."""
    return hash(tuple(prints))


def names_of(packed: bytes) -> list[str]:
    """The names in a sweep."""
    return os.fsdecode(packed).split("\0")


def print_of(path: str) -> int | None:
    """The hash of the signature of what stands there, None where nothing can be seen."""
    try:
        return hash(SIGNATURE(lstat(path)))
    except OSError:
        return None


def _places(seen: Snapshot, changed: Iterable[int]) -> list[int] | None:
    """Numbers of the files that differ in these sweeps; None where that cannot be told, since the record contradicts itself."""
    prints = memoryview(seen.prints).cast("q")
    starts = [0]
    for _, _, count, _ in seen.sweeps:
        starts.append(starts[-1] + count)
    if len(prints) != starts[-1]:
        return None
    places: list[int] = []
    for number in changed:
        folder, names, _, expected = seen.sweeps[number]
        known = prints[starts[number] : starts[number + 1]]
        if sweep_hash(known) != expected:
            return None
        places += [starts[number] + k for k, name in enumerate(names_of(names)) if print_of(f"{folder.rstrip('/')}/{name}") != known[k]]
    return places
