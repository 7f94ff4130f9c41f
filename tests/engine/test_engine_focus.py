"""A build limited to files: who is told of a part only of what has changed leaves no stamp, and nothing is taken for done that is not."""

from __future__ import annotations

from world import Build, World, node

from uetbuild.core.nodes import Hole, Step

CHANGED = (Step(words=(("lint",), (Hole(name="changed"),)), shown="lint"),)


def world(**files: str) -> World:
    made = World()
    made.files = {f"{name}.py": text for name, text in files.items()}
    return made


def lint(**more):
    return node("lint", ["*.py"], steps=CHANGED, **more)


def told(build: Build) -> list[str]:
    """Started with what words."""
    return [" ".join(job.commands[0].argv) for job in build.jobs]


class Limited(Build):
    """Notes the jobs."""

    def run(self) -> list[str]:
        self.jobs = []
        submit = self.workers.submit
        self.workers.submit = lambda job: (self.jobs.append(job), submit(job))[1]
        return super().run()


def build(place: World, *nodes, **request) -> Limited:
    made = Limited(place, *nodes, **request)
    made.run()
    return made


def test_who_was_told_of_a_part_runs_again_for_the_rest() -> None:
    place = world(a="1", b="1")
    assert told(build(place, lint(), focus=["a.py"])) == ["lint a.py"]
    assert told(build(place, lint(), focus=["b.py"])) == ["lint b.py"]
    assert told(build(place, lint())) == ["lint a.py b.py"]
    assert told(build(place, lint())) == []


def test_where_the_rest_was_up_to_date_the_stamp_is_written() -> None:
    place = world(a="1", b="1")
    build(place, lint())
    place.files["a.py"] = "2"
    assert told(build(place, lint(), focus=["a.py"])) == ["lint a.py"]
    assert told(build(place, lint())) == []


def test_who_is_stale_only_for_what_is_out_of_focus_waits_for_another_build() -> None:
    place = world(a="1", b="1")
    build(place, lint())
    place.files["b.py"] = "2"
    limited = build(place, lint(), focus=["a.py"])
    assert (limited.code, told(limited)) == (0, [])
    assert told(build(place, lint())) == ["lint b.py"]


def test_what_was_made_of_a_file_in_focus_is_in_focus() -> None:
    place = world(a="1")
    place.files |= {"made/x": "1", "made/y": "1"}
    gen = node("gen", ["a.py"], ["made/x"])
    check = node("check", ["made/*"], steps=CHANGED)
    place.recipes["gen"] = lambda where: where.files.__setitem__("made/x", where.files["a.py"])
    build(place, gen, check)
    place.files |= {"a.py": "2", "made/y": "2"}
    assert told(build(place, gen, check, focus=["a.py"]))[1:] == ["lint made/x"]


def test_who_does_not_ask_gets_all_and_its_stamp() -> None:
    place = world(a="1", b="1")
    whole = node("whole", ["*.py"])
    assert told(build(place, whole, focus=["a.py"])) == ["whole a.py b.py"]
    assert told(build(place, whole)) == []


def test_a_failure_leaves_no_stamp_either() -> None:
    place = world(a="1", b="1")
    place.recipes["lint"] = lambda where: 1
    assert build(place, lint(), focus=["a.py"]).code == 1
    place.recipes.clear()
    assert told(build(place, lint())) == ["lint a.py b.py"]


def test_what_is_edited_in_part_is_gone_over_as_a_whole_next_time() -> None:
    place = world(a="1", b="1")
    fmt = node("fmt", edits=["*.py"], steps=CHANGED)
    assert told(build(place, fmt, focus=["a.py"])) == ["lint a.py"]
    assert told(build(place, fmt)) == ["lint a.py b.py"]
    assert told(build(place, fmt)) == []
