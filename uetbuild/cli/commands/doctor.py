"""`uetbuild doctor`: whether this machine and this project are in order; exit 1 where something is not. Only looks."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.cli.health import PROBLEM, examine
from uetbuild.errors import ExitCode
from uetbuild.failpoints import points
from uetbuild.report.healthview import failpoints_text, health_text


def run(face: Face) -> int:
    """All checks; with `--failpoints` the places at which tests make the program fail."""
    if face.options.failpoints:
        return _list(face)
    checks = examine(face)
    healthy = all(check.state != PROBLEM for check in checks)
    if face.json:
        shown = [{"check": check.name, "state": check.state, "found": check.found, "hint": check.hint} for check in checks]
        face.document({"schema": "uetbuild.doctor/1", "healthy": healthy, "checks": shown})
    else:
        face.say(health_text([(check.name, check.state, check.found, check.hint) for check in checks], face.width(), face.coloured()))
    return ExitCode.OK if healthy else ExitCode.FAILED


def _list(face: Face) -> int:
    known = points()
    if face.json:
        shown = [{"name": name, "where": module, "kind": kind, "what": words} for name, module, kind, words in known]
        face.document({"schema": "uetbuild.failpoints/1", "failpoints": shown})
    else:
        face.say(failpoints_text(known, face.width()))
    return ExitCode.OK
