"""A random manifest, and a model that knows what each of its workstreams must have made of the files as they lie there now.

The recipes are `random_recipe.sh`; `Model` computes the same bytes in Python, so that what the real program built is compared with what
nobody of it had a hand in. It knows nothing of stamps, of time and of what was built before.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

RECIPE = Path(__file__).parent / "random_recipe.sh"
SOURCES = ("s/a", "s/b c", "s/d", "s/e")
LISTED = ("s/a", "s/d", "s/e")  # what a depfile may name: without a blank, for `for file in $found`
ITEMS = ("t/1.t", "t/2.t", "t/3.t")
EDITED = ("e/x", "e/y")
KINDS = ("file", "file", "file", "folder", "each", "depfile", "edit", "check")
ALL = "all"


class Part:
    """A workstream: `reads` are patterns, `salt` a number that is part of its recipe, `knob` how it gets `$KNOB`: "", `env` or `pass`."""

    def __init__(self, dice: random.Random, i: int, earlier: list[Part]) -> None:
        self.name = f"n{i}"
        self.kind = dice.choice(KINDS)
        self.salt = 0
        self.knob = dice.choice(("", "", "env", "pass"))
        self.knob_value = "0"
        self.keep = self.kind in ("file", "depfile") and dice.random() < 0.2
        self.attempts = dice.choice((1, 1, 3))
        self.gate = dice.choice(("", "", "blocking", "advisory")) if self.kind in ("file", "folder") else ""
        self.more = dice.choice(({}, {}, {"mutex": "m"}, {"exclusive": True}, {"resources": {"p": 1}}, {"priority": 3}))
        self.edits = dice.choice(EDITED) if self.kind == "edit" else ""
        self.inc = f"inc/{i}"  # a source of its own; the recipe with a depfile takes it for a list of files
        self.depends = [dice.choice(earlier).name] if earlier and self.kind != "edit" and dice.random() < 0.15 else []
        choices = [*SOURCES, "t/*.t"]
        if self.kind != "edit":  # an editor that reads what others make could close a cycle with who reads what it edits
            choices += [*EDITED, *(pattern for part in earlier for pattern in part.ways())]
        self.reads = [self.inc, *dice.sample(choices, min(len(choices), dice.randint(1, 3)))]

    def ways(self) -> list[str]:
        """The patterns with which others may read what it makes."""
        named = f"outputs:{self.name}"
        if self.kind == "folder":
            return [named, f"d/{self.name}/", f"d/{self.name}/*", f"d/{self.name}/**"]
        if self.kind == "each":
            return [named, f"o/{self.name}/*.t"]
        return [f"o/{self.name}", named] if self.kind in ("file", "depfile") else []

    @property
    def place(self) -> str:
        """What its recipe is told to write."""
        return {"folder": f"d/{self.name}", "each": f"o/{self.name}/{{{{ item.name }}}}", "edit": self.edits}.get(
            self.kind, f"o/{self.name}"
        )

    def block(self) -> dict[str, object]:
        """Its part of the manifest."""
        log = self.name + (".{{ item.name }}" if self.kind == "each" else "")
        block: dict[str, object] = {
            "inputs": self.reads, "run": f"{RECIPE} {self.kind} {log} v{self.salt} {self.place} {{{{ inputs }}}}", "depends_on": self.depends,
            **self.more,
        }  # fmt: skip
        if self.kind == "edit":
            block["edits"] = [self.edits]
        elif self.kind != "check":
            block["outputs"] = [self.place + ("/" if self.kind == "folder" else "")]
        if self.kind == "each":
            block["foreach"] = "t/*.t"
        if self.kind == "depfile":
            block["depfile"] = self.place + ".d"
        if self.knob:
            block |= {"env": {"KNOB": self.knob_value}} if self.knob == "env" else {"pass_env": ["KNOB"]}
        if self.keep:
            block["keep"] = True
        if self.attempts > 1:
            block["retry"] = {"attempts": self.attempts, "backoff": "1ms"}
        if self.gate:
            block["gates"] = [f"g{self.name}"]
        return block


class Plan:
    """A random manifest of some parts, and a group over half of them."""

    def __init__(self, dice: random.Random, size: int) -> None:
        self.parts: list[Part] = []
        for i in range(size):
            self.parts.append(Part(dice, i, list(self.parts)))
        self.group = sorted(part.name for part in dice.sample(self.parts, (size + 1) // 2))

    def manifest(self, world: Path) -> str:
        """Its text; JSON is YAML."""
        streams: dict[str, object] = {part.name: part.block() for part in self.parts}
        streams |= {"some": {"depends_on": self.group}, ALL: {"depends_on": [part.name for part in self.parts]}}
        gates = {
            f"g{part.name}": {
                "type": "lint",
                "blocking": part.gate == "blocking",
                "run": f"{RECIPE} check g{part.name} v0 - {{{{ files }}}}",
            }
            for part in self.parts
            if part.gate
        }
        whole = {
            "version": 1, "env": {"WORLD": str(world)}, "defaults": {"env_mode": "strict"}, "pools": {"p": 2}, "workstreams": streams,
            "gates": gates,
        }  # fmt: skip
        return json.dumps(whole, indent=1)


class Made:
    """What one recipe must have made: `name` as in the log, `key` is all that it depends on, `files` path -> bytes, `needs` names of others;
    `holds`: whether others wait for it."""

    def __init__(self, name: str, key: object, files: dict[str, bytes], needs: set[str], holds: bool = True) -> None:
        self.name = name
        self.key = key
        self.files = files
        self.needs = needs
        self.holds = holds


class Model:
    """What a clean build makes of a project folder as it lies there now. `made` by the name of the recipe in the log."""

    def __init__(self, plan: Plan, root: Path, knob: str) -> None:
        self.plan = plan
        self.root = root
        self.knob = knob
        self.made: dict[str, Made] = {}
        self._files: dict[str, object] = {}  # path -> what a reader sees of it
        self._maker: dict[str, set[str]] = {}
        self._of: dict[str, list[Made]] = {}
        for path in (*SOURCES, *ITEMS, *EDITED, *(part.inc for part in plan.parts)):
            if (root / path).exists():
                self._files[path] = self._look(path)
        for part in sorted(plan.parts, key=lambda part: part.kind != "edit"):
            self._make(part)

    def parts(self, name: str) -> set[str]:
        """All that a build of a part or group must have run, by name in the log."""
        parts = {part.name: part for part in self.plan.parts}
        names = {ALL: list(parts), "some": self.plan.group}.get(name, [name])
        found: set[str] = set()
        todo = [made.name for each in names for made in self._of[each]]
        while todo:
            each = todo.pop()
            if each not in found:
                found.add(each)
                todo += self.made[each].needs
        return found

    def files(self, names: set[str]) -> dict[str, bytes]:
        """What must lie in the folder after a build of these; nothing is said of a file of which not all editors took part."""
        late = {part.edits for part in self.plan.parts if part.edits and part.name not in names}
        return {path: data for name in names for path, data in self.made[name].files.items() if path not in late}

    # --- one part --------------------------------------------------------------------------------------------------------------

    def _make(self, part: Part) -> None:
        self._of[part.name] = []
        if part.kind == "each":
            for path in sorted(path for path in self._files if path in ITEMS):
                self._record(part, f"{part.name}.{path[2:]}", [path], part.place.replace("{{ item.name }}", path[2:]))
        else:
            self._record(part, part.name, [], part.place)

    def _record(self, part: Part, name: str, first: list[str], place: str) -> None:
        read = self._read(part, first)
        more = str(self._files[part.inc][1], "utf-8").split() if part.kind == "depfile" else []  # type: ignore[index]
        more = [path for path in more if path in self._files]
        knob = {"": "", "env": part.knob_value, "pass": self.knob}[part.knob]
        head = "".join(f"{word}\n" for word in (f"v{part.salt}", knob, *read, *more))
        text = head.encode() + b"".join(self._files[path][1] for path in (*read, *more))  # type: ignore[index]
        total = hashlib.sha256(text).hexdigest()[:12].encode() + b"\n"
        needs = {maker for path in read for maker in self._maker.get(path, ())} | {
            made.name for each in (*part.depends, *self._named(part)) for made in self._of[each] if made.holds
        }
        after = tuple(sorted((path, data) for each in part.depends for made in self._of[each] for path, data in made.files.items()))
        key = (part.salt, knob, tuple((path, self._files[path]) for path in (*read, *more)), after)
        files = self._written(part, place, total)
        if part.kind == "depfile":
            files[f"{place}.d"] = place.encode() + b": " + self._files[part.inc][1].rstrip(b"\n") + b"\n"  # type: ignore[index]
        made = Made(name, key, files, needs)
        if part.kind != "edit":
            for path, data in made.files.items():
                self._files[path] = ((), data, False)
        for path in made.files:
            self._maker.setdefault(path, set()).add(name)
        self._keep(part, made)
        if part.gate:
            self._keep(part, Made(f"g{name}", (name, total), {}, {name}, part.gate == "blocking"))

    def _keep(self, part: Part, made: Made) -> None:
        self.made[made.name] = made
        self._of[part.name].append(made)

    def _written(self, part: Part, place: str, total: bytes) -> dict[str, bytes]:
        if part.kind == "folder":
            files = {f"{place}/0": total, f"{place}/deep/1": total}
            return files | ({f"{place}/2": total} if total[:1] in b"01234567" else {})
        if part.kind == "edit":
            own = f"{part.name}=".encode()
            lines = {line for line in self._files[place][1].splitlines() if not line.startswith((b"half", own))}  # type: ignore[index]
            data = b"".join(line + b"\n" for line in sorted(lines | {own + total.strip()}))
            self._files[place] = ((), data, False)
            for each in self.made.values():  # the last one of them leaves the file as it is then
                if place in each.files:
                    each.files[place] = data
            return {place: data}
        return {} if part.kind == "check" else {place: total}

    # --- what it reads ---------------------------------------------------------------------------------------------------------

    def _named(self, part: Part) -> Iterator[str]:
        """Parts whose outputs it reads, whether or not there are any."""
        for each in self.plan.parts:
            if set(each.ways()) & set(part.reads) or (each.edits and each.edits in part.reads):
                yield each.name

    def _read(self, part: Part, first: list[str]) -> list[str]:
        """Files in the order of the patterns, by path within one, none twice."""
        found = dict.fromkeys(first)
        for pattern in part.reads:
            found |= dict.fromkeys(sorted(path for path in self._files if self._matches(pattern, path)))
        return list(found)

    def _matches(self, pattern: str, path: str) -> bool:
        if pattern.startswith("outputs:"):
            return any(path in made.files for made in self._of[pattern[8:]])
        if pattern.endswith(("/", "/**")):
            return path.startswith(pattern.rstrip("*"))
        return fnmatchcase(path, pattern) and path.count("/") == pattern.count("/")

    def _look(self, path: str) -> tuple[tuple[str, ...], bytes, bool]:
        """The texts of links, the bytes, the x bit: all that counts of a file."""
        file, links = self.root / path, []
        while file.is_symlink():
            file = file.readlink()
            links.append(str(file))
        return (tuple(links), file.read_bytes(), os.access(file, os.X_OK))
