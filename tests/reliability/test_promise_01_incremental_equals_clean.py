"""Promise 1: after any edits, any interruption and any order of builds the outputs equal those of a clean build, and the next build does
nothing. The real program, real processes, real kills; after shake's `Random.hs`.

A case is a random manifest and some steps: edits of sources, manifest, outputs and environment, builds that fail, builds of a part, two
builds at once, kills. After each build: who succeeded left exactly what the model says, nobody ran without a reason, nobody is left alive.
`--seed N` replays (`UET_SEED` too), `--soak N` plays N cases.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from random_plan import ALL, EDITED, ITEMS, LISTED, SOURCES, Model, Part, Plan
from random_site import VICTIMS, Said, Site, cut


class Case:
    """One case. `done`: recipes known to have ended well, with the key with which they did: they have no reason to run again."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self.dice = dice
        self.site = Site(folder)
        self.plan = Plan(dice, dice.randint(2, 8))
        self.done: dict[str, object] = {}
        self.told: list[str] = []
        for path in (*SOURCES, *ITEMS, *EDITED):
            self.site.write(path, "0\n")
        for part in self.plan.parts:
            self.site.write(part.inc, "s/a\n")
        self._write_manifest()

    def play(self) -> None:
        """The whole case: build, disturb and build, heal, and look."""
        self.build()
        for _ in range(self.dice.randint(2, 4)):
            for _ in range(self.dice.randint(1, 2)):
                self._step(self.dice.choice(EDITS))
            self._step(self.dice.choice(BUILDS))
        self.heal()

    def heal(self) -> None:
        """All is built, byte for byte what the model says, and the next build does nothing."""
        self.site.forget()
        said = self.build()
        if said.code and any(each.kind == "edit" for each in self.plan.parts):
            said = self.build()
        assert said.code == 0, said.text
        assert self._found() == self.model().files(self.model().parts(ALL))
        again = self.site.build()
        assert (again.code, again.log) == (0, []), again.text
        assert again.text.startswith("up to date ("), again.text
        assert not self.site.survivors()

    def _step(self, step: Callable[[Case], object]) -> None:
        self.told.append(step.__name__)
        step(self)

    def _write_manifest(self) -> None:
        self.site.write("Uetfile.yaml", self.plan.manifest(self.site.world))

    def model(self) -> Model:
        return Model(self.plan, self.site.root, self.site.knob)

    def _found(self) -> dict[str, bytes]:
        """Everything below the folders of outputs but outputs of items that are no more."""
        gone = {path[2:] for path in ITEMS if not (self.site.root / path).exists()}
        files = {}
        for top in ("o", "d", *EDITED):
            for file in [self.site.root / top, *(self.site.root / top).rglob("*")]:
                if file.is_file() and file.name not in gone:
                    files[str(file.relative_to(self.site.root))] = file.read_bytes()
        edited = {part.edits for part in self.plan.parts}
        return {path: data for path, data in files.items() if path not in EDITED or path in edited}

    # --- builds and what they may do -------------------------------------------------------------------------------------------

    def words(self) -> list[str]:
        return [f"-j{self.dice.randint(1, 4)}", *self.dice.choice([[], ["-k"], ["--fail-fast"]])]

    def build(self, target: str = ALL) -> Said:
        """Build a target, and hold what the program did against the model."""
        unsure = self._reasons()
        said = self.site.build(target, *self.words())
        self._judge(said, unsure, target)
        return said

    def kill(self, victim: str, hanging: bool) -> None:
        unsure = self._reasons()
        said = self.site.kill(self.dice, victim, hanging, ALL, *self.words())
        self.told.append(f"{victim}: {said.code}")
        self._judge(said, unsure, ALL, killed=True)

    def _reasons(self) -> set[str]:
        """Recipes that have a reason to run if a build starts now."""
        model = self.model()
        found = set()
        for name, made in model.made.items():
            here = all(self._read(path) == data for path, data in made.files.items())
            if name not in self.done or self.done[name] != made.key or not here:
                found.add(name)
        return found

    def _read(self, path: str) -> bytes:
        file = self.site.root / path
        return file.read_bytes() if file.is_file() and not file.is_symlink() else b""

    def _judge(self, said: Said, reasons: set[str], target: str, killed: bool = False) -> None:
        model = self.model()
        ran = set(said.names("start"))
        rejected = {name for name in said.names("fail") if name.startswith("g")}
        unfounded = ran - reasons - editors(self)
        # An editor that runs again may leave what it never left before, if another one came after it the last time.
        unfounded -= {name for name in unfounded if model.made[name].needs & editors(self) & ran}
        assert not unfounded, f"ran without a reason: {unfounded}\n{said.text}"
        assert all(times <= 3 for times in said.names("start").values()), said.log
        if not killed:
            assert not cut(said) or "--fail-fast" in said.words, said.log
            assert said.code in (0, 1, 3), said.text
        known = self._known(said) if killed or "--fail-fast" in said.words else set(said.names("end"))
        for name in ran:
            self.done.pop(name, None)
        for name in known:
            self.done[name] = model.made[name].key
        for name in rejected:
            self.done.pop(name[1:], None)
        if said.code == 0:
            for path, data in model.files(model.parts(target)).items():
                assert self._read(path) == data, f"{path} is {self._read(path)!r}, not {data!r}, and yet exit 0\n{said.text}"

    def _known(self, said: Said) -> set[str]:
        """Who ended before somebody who depends on it began: that is durable, whatever was killed."""
        model = self.model()
        ended: set[str] = set()
        known = set()
        for did, name in said.log:
            if did == "start":
                known |= model.made[name].needs & ended
            if did == "end":
                ended.add(name)
        return known


def editors(case: Case) -> set[str]:
    """Those of whom the promise is weaker: for files that are edited in place there is no clean state."""
    return {part.name for part in case.plan.parts if part.kind == "edit"}


# --- what people, time and programs do -------------------------------------------------------------------------------------------


def edit(case: Case) -> None:
    path = case.dice.choice((*SOURCES, "t/1.t"))
    case.site.write(path, case.dice.choice(["0\n", f"{case.dice.random()}\n"]))


def edit_in_place_with_the_old_time_and_size(case: Case) -> None:
    file = case.site.root / case.dice.choice(SOURCES)
    look = file.stat()
    file.write_text(file.read_text()[:-2] + str(case.dice.randrange(10)) + "\n")
    os.utime(file, ns=(look.st_atime_ns, look.st_mtime_ns))


def touch(case: Case) -> None:
    os.utime(case.site.root / case.dice.choice(SOURCES), (1, case.dice.choice([1, 4e9])))


def make_executable(case: Case) -> None:
    (case.site.root / case.dice.choice(SOURCES)).chmod(case.dice.choice([0o755, 0o644]))


def link(case: Case) -> None:
    first, second = case.dice.sample(SOURCES, 2)
    if not (case.site.root / second).is_symlink():
        (case.site.root / first).unlink()
        (case.site.root / first).symlink_to(case.site.root / second)


def add_or_remove_an_item(case: Case) -> None:
    path = case.dice.choice(ITEMS[1:])
    if (case.site.root / path).exists():
        (case.site.root / path).unlink()
    else:
        case.site.write(path, f"{case.dice.randrange(3)}\n")


def include_others(case: Case) -> None:
    case.site.write(case.dice.choice(case.plan.parts).inc, " ".join(case.dice.sample(LISTED, case.dice.randrange(4))) + "\n")


def edit_what_is_edited(case: Case) -> None:
    case.site.write(case.dice.choice(EDITED), f"{case.dice.randrange(1000)}\n")


def change_the_recipe(case: Case) -> None:
    part = case.dice.choice(case.plan.parts)
    part.salt = case.dice.randrange(3)
    part.knob_value = str(case.dice.randrange(3))
    case._write_manifest()


def change_the_environment(case: Case) -> None:
    case.site.knob = str(case.dice.randrange(3))


def outputs(case: Case) -> list[Path]:
    model = case.model()
    files = sorted(model.files({name for name in model.made if not name.startswith("g")}))
    return [case.site.root / path for path in files if path not in EDITED and (case.site.root / path).is_file()]


def delete_an_output(case: Case) -> None:
    for file in case.dice.sample(outputs(case), min(1, len(outputs(case)))):
        file.unlink()


def change_an_output(case: Case) -> None:
    for file in case.dice.sample(outputs(case), min(1, len(outputs(case)))):
        file.write_text(case.dice.choice(["", "by hand\n", "half\n"]))


def delete_all_outputs(case: Case) -> None:
    for top in ("o", "d"):
        shutil.rmtree(case.site.root / top, ignore_errors=True)


# --- builds ------------------------------------------------------------------------------------------------------------------------


def some(case: Case) -> list[str]:
    """One or two recipes that will run: what their workstreams read has changed."""
    parts = case.dice.sample(case.plan.parts, min(2, len(case.plan.parts)))
    for part in parts:
        blanks = len((case.site.root / part.inc).read_text()) + 1
        case.site.write(part.inc, "s/a".ljust(blanks) + "\n")
    return [name for part in parts for name in _names(case, part)]


def _names(case: Case, part: Part) -> list[str]:
    names = [name for name in case.model().made if name == part.name or name.startswith(part.name + ".")]
    return [*names[:1], *([f"g{part.name}"] if part.gate and case.dice.random() < 0.3 else [])]


def build(case: Case) -> None:
    case.build()


def build_a_part(case: Case) -> None:
    case.build(case.dice.choice(["some", case.dice.choice(case.plan.parts).name]))


def build_with_failures(case: Case) -> None:
    what = case.dice.choice(["fail", "flaky"])
    for name in some(case):
        case.site.tell(what, name)
    case.build()
    case.site.forget()


def build_twice_at_once(case: Case) -> None:
    reasons = case._reasons()
    first, second = case.site.start(ALL, "-j2"), case.site.start(ALL, "-j2")
    one = case.site.ended(first)
    two = case.site.ended(second)
    both = Said([], max(one.code, two.code), one.text + two.text, one.log + two.log)
    case._judge(both, reasons, ALL)
    assert not [name for name, times in both.names("start").items() if times > 1 and name not in editors(case)], both.log


def kill_while_a_recipe_runs(case: Case) -> None:
    for name in some(case):
        case.site.tell("hang", name)
    case.kill(case.dice.choice(VICTIMS), hanging=True)


def kill_at_any_moment(case: Case) -> None:
    some(case)
    case.kill(case.dice.choice(VICTIMS), hanging=False)


EDITS = (
    edit, edit, edit, edit_in_place_with_the_old_time_and_size, touch, make_executable, link, add_or_remove_an_item, add_or_remove_an_item,
    include_others, edit_what_is_edited, change_the_recipe, change_the_environment, delete_an_output, change_an_output, delete_all_outputs,
)  # fmt: skip
BUILDS = (
    build, build_a_part, build_with_failures, build_twice_at_once, kill_while_a_recipe_runs, kill_while_a_recipe_runs, kill_at_any_moment,
    kill_at_any_moment,
)  # fmt: skip


def test_after_any_edits_failures_and_kills_incremental_equals_clean_and_the_next_build_does_nothing(
    tmp_path, case_number, session_seed, tally
) -> None:
    played = Case(tmp_path, random.Random(f"{session_seed}/{case_number}"))
    try:
        played.play()
    except BaseException:
        print(f"replay: --seed {session_seed} --case {case_number};  steps: {', '.join(played.told)}")
        raise
    finally:
        tally(cases=1, builds=played.site.builds, kills=played.site.kills, **{"kills while a recipe ran": played.site.hits})
    shutil.rmtree(tmp_path)
