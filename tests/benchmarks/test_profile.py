"""The profile of a build: every phase is there, and what is counted is what happened."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.profile.__main__ import profiled, text
from benchmarks.profile.phases import PHASES
from benchmarks.speed.cases import Site
from benchmarks.speed.peers import Uetbuild
from benchmarks.speed.shapes import flat


@pytest.mark.parametrize("function", [function for functions in PHASES.values() for function in functions])
def test_what_a_phase_consists_of_is_there(function: str) -> None:
    module, _, path = function.partition(":")
    found = import_module(f"uetbuild.{module}")
    for name in path.split("."):
        found = getattr(found, name)
    assert callable(found)


def test_a_profile_counts_what_happened(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    site = Site(Uetbuild(), flat(3), tmp_path / "project", 2)
    site.lay()
    site.build()
    site.build()
    idle, touched = profiled(site, "null", tmp_path), profiled(site, "touched", tmp_path)
    assert [phase for phase, (_, calls) in idle[3].items() if calls and phase != "loading modules"] == ["fast door"]
    assert touched[3]["starting"][1] == touched[3]["ending"][1] == 1
    assert touched[2] > idle[2]
    shown = text([touched])
    assert "judging" in shown and "coordinator" in shown and "keeping the compiled manifest" not in shown
    site.check()
