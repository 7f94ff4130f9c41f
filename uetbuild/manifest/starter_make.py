"""The starter beside a Makefile: make goes on building, uetbuild calls it; its targets can be taken over one by one."""

from __future__ import annotations

import re

from uetbuild.manifest.ground import Ground
from uetbuild.manifest.starting import Naming, Part, Stream, run

NAMES = ("GNUmakefile", "makefile", "Makefile")  # in the order in which make looks
_PHONY = re.compile(r"^\.PHONY[ \t]*:([^=\n].*)?$", re.M)
_TAKEN = frozenset(("all", "make"))
_ID = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_COMMENT = """\
`make` decides itself what it does, so it is asked each time (`always`). Take over one target after the other: give it
`inputs` and `outputs` here, and uetbuild knows when there is nothing to do."""


def part(ground: Ground, named: Naming) -> Part | None:
    """The part, None where there is no Makefile."""
    file = next((name for name in NAMES if ground.has(name)), "")
    if not file:
        return None
    main = Stream(named("make"), "Run make", ["always: true", run("make")], _COMMENT)
    streams = [main]
    for target in _phony(ground.text(file)):
        streams.append(Stream(named(target), f"make {target}", ["always: true", run(f"make {target}")]).by_hand())
    return Part("make", streams)


def _phony(text: str) -> list[str]:
    """The targets that the Makefile calls phony, as far as they can be ids, each once (ids may not differ in case only)."""
    found: dict[str, str] = {}
    for line in _PHONY.findall(text.replace("\\\n", " ")):
        for word in line.partition("#")[0].split():
            if _ID.fullmatch(word) and word.lower() not in _TAKEN:
                found.setdefault(word.lower(), word)
    return list(found.values())
