"""Binds the compiled code of many modules into one file (`bytecode.py`), at the end of a program that has found none that holds.

Which modules stands here by name, so that what is in a bundle does not depend on who was the first to need it.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib_external import SourceFileLoader
from collections.abc import Iterable
from itertools import accumulate
from marshal import dumps
from typing import Any
from zlib import crc32

from uetbuild import bytecode

# What a build loads, from the words of the command line to its end, by room.
BUILD = {
    "": "cli core engine errors executors failpoints manifest report state",
    "cli": (
        "app argv aside building clock commands commands.build dividing face holding options part person project remember targets "
        "wired wiring"
    ),
    "core": (
        "approval barred changes conflicts created environment events excerpt fingerprint globs graph idpatterns "
        "jobs jsontext kinds letters matching nodes overlap paths patterns policies reach ready record relative render retry rounds "
        "schedule scope secrets sha sharing staleness stamps terms topology trails verdicts walk"
    ),
    "engine": (
        "answers arrivals attempt cells departures discovered gates interrupts journal loop memory order outputs places "
        "preflight purse recipe recorded remnants request runway standing states survey tally wait waiting waves"
    ),
    "executors": "ask channel csignal desk moment orphans output pool queue running spawn supervisor tree watch",
    "manifest": "discover",
    "report": "amounts causes cells closing escapes lines modes reasons running stream tail",
    "state": (
        "absence amended atomic compiled connection content damage database demand digests disk durations events feedback hands history "
        "layout lock looks mounts observations parts reports sealed snapshot sqlite store"
    ),
}

# What a build loads besides where the manifest has changed.
MANIFEST = {
    "core": "barriers cells clashes coupling heredocs needs places ports prices shellcommands shellquotes shellscan shelltext shellwalk",
    "manifest": (
        "bounds catalogue collector commandlines dialect expand faults foreign gating includes instances later load lower "
        "manifests models models_agent models_base models_budget models_gate models_paths models_recipe models_retry "
        "models_values models_vars models_workstream names namespaces outputnames places pruning recipe_fields recipes references "
        "resolution scopes source sources surroundings syntax templates texts tools tree units variables words yamltext"
    ),
}

BUNDLES = {"build": BUILD, "manifest": MANIFEST}


def bind(names: Iterable[str]) -> None:
    """Write these bundles. Raises nothing: without them a start only takes longer."""
    if sys.dont_write_bytecode or not bytecode.INSTALLED or not os.access(bytecode.FOLDER, os.W_OK):
        return
    for name in names:
        try:
            _write(name, _bundle(modules(name)))
        except (OSError, ImportError, SyntaxError, ValueError):
            continue  # a disk that is full, a source that is being replaced


def modules(name: str) -> list[str]:
    """The modules of a bundle."""
    found = []
    for room, words in BUNDLES[name].items():
        found += [f"uetbuild.{room}.{word}" if room else f"uetbuild.{word}" for word in words.split()]
    return found


def _bundle(names: Iterable[str]) -> bytes:
    """Raises OSError, ImportError, SyntaxError."""
    paths = [(name, _source(name)) for name in names]
    then = bytecode.seen([path for _, path in paths])  # before they are read
    codes = [dumps(SourceFileLoader(name, path).get_code(name)) for name, path in paths]
    ends = list(accumulate(map(len, codes)))
    places = [(end - len(code), len(code), crc32(code)) for code, end in zip(codes, ends, strict=True)]
    index: Any = (bytecode.stamp(), paths, then, places)
    packed = dumps(index)
    return b"".join((len(packed).to_bytes(4, "little"), crc32(packed).to_bytes(4, "little"), packed, *codes))


def _source(name: str) -> str:
    path = os.path.join(os.path.dirname(bytecode.FOLDER), *name.split("."))
    return path + bytecode.PACKAGE if os.path.isdir(path) else path + ".py"


def _write(name: str, body: bytes) -> None:
    """In place of the one there was, at once; installers may have made that a second name of a file of theirs. Raises OSError."""
    path = bytecode.file_of(name)
    draft = f"{path}.{os.getpid()}"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644), "wb") as file:
            file.write(body)
        os.replace(draft, path)
    except BaseException:
        if os.path.exists(draft):
            os.unlink(draft)
        raise
