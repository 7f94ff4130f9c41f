"""The family of manifests: the root file and all that it includes, each validated, with its folder and the prefix of its ids.

A file is read once, by whoever includes it first (nearest to the root); who includes it again under another name gets an alias.
Knows nothing of what the blocks mean.
"""

from __future__ import annotations

import re

from uetbuild.core.nodes import Settings
from uetbuild.core.ports import Disk
from uetbuild.core.topology import find_cycle
from uetbuild.errors import Location, UetError, UetErrors
from uetbuild.manifest.faults import Faults
from uetbuild.manifest.includes import expand, is_wild
from uetbuild.manifest.models import RESERVED_PREFIXES, Include, Manifest, validate
from uetbuild.manifest.models_values import ID_PATTERN
from uetbuild.manifest.pruning import prune
from uetbuild.manifest.tree import Map, SourceFile, Text, Tree, merge
from uetbuild.manifest.words import did_you_mean
from uetbuild.manifest.yamltext import decode, parse


class Unit:
    """One manifest file. `file` and `folder` are root-relative; `prefix` is "" or ends with `:`; `parent` is who included it first.

    `chain`: the prefixes under which a name written here is looked for, its own first.
    """

    __slots__ = ("chain", "file", "folder", "manifest", "parent", "prefix")

    def __init__(self, file: str, manifest: Manifest, prefix: str = "", parent: Unit | None = None) -> None:
        self.file = file
        self.folder = file.rpartition("/")[0]
        self.manifest = manifest
        self.prefix = prefix
        self.parent = parent
        above = parent.chain if parent is not None else ()
        self.chain: tuple[str, ...] = above if above and above[0] == prefix else (prefix, *above)


class Family:
    """All manifests of a project. `units`: the root first, includers before the included; `aliases`: prefix -> the prefix that it means.

    `errors`: what is wrong with it that does not keep the rest from being checked; to be told in the end.
    """

    __slots__ = ("aliases", "errors", "sources", "units")

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self.errors: list[UetError] = []
        self.aliases: dict[str, str] = {}
        self.sources: dict[str, SourceFile] = {}

    @property
    def root(self) -> Unit:
        return self.units[0]

    @property
    def exclude(self) -> tuple[str, ...]:
        """Folder names that wildcards never enter, as the root manifest says."""
        return excluded(self.root.manifest)


def excluded(manifest: Manifest) -> tuple[str, ...]:
    """`settings.exclude` or its default."""
    settings = manifest.settings
    if settings is None or settings.exclude is None:
        return tuple(Settings.DEFAULTS["exclude"])
    return tuple([text.text for text in settings.exclude])


def read_family(root: str, disk: Disk, profile: str | None) -> Family:
    """Read the manifest `root` and what it includes. Raises UetErrors with all that is wrong in any of the files."""
    return _Reading(disk, profile).read(root)


class _Reading:
    """The work of `read_family`."""

    def __init__(self, disk: Disk, profile: str | None) -> None:
        self.disk = disk
        self.profile = profile
        self.profiles: set[str] = set()
        self.family = Family()
        self.faults = Faults()
        self.known: dict[str, Unit] = {}
        self.edges: dict[str, dict[str, Location]] = {}  # file -> file that it includes -> where
        self.owners: dict[str, tuple[Text, Location]] = {}  # prefix -> the `include` that gave it

    def read(self, root: str) -> Family:
        units = self.family.units
        manifest = self._manifest(root)
        if manifest is not None:
            units.append(Unit(root, manifest))
            self.known[root] = units[0]
        for unit in units:  # grows while it is walked: the nearest to the root come first
            for include in sorted(unit.manifest.include, key=lambda include: is_wild(include.path)):
                self._include(unit, include)  # what stands there in full comes first: patterns pass over it
        self._check_cycle()
        if self.profile is not None and self.profile not in self.profiles and not self.faults:
            self.faults.add(_unknown_profile(self.profile, self.profiles))
        if self.faults:
            self.faults.add_all(self.family.errors)
            self.faults.check(self.family.sources)
        return self.family

    def _manifest(self, file: str) -> Manifest | None:
        """The validated manifest of a file, with the profile laid over it; None where something is wrong, which is noted."""
        try:
            data = self.disk.read(file)
            if data is None:
                raise UetError(f"cannot read `{file}`", None, "is it a file?")
            source = self.family.sources[file] = decode(file, data)
            errors: list[UetError] = []
            tree = self._with_profile(parse(source, errors=errors))
            return self._validated(tree, errors)
        except UetErrors as errors:
            self.faults.add_all(errors.errors)
        except UetError as error:
            self.faults.add(error)
        return None

    def _validated(self, tree: Tree, errors: list[UetError]) -> Manifest:
        """The manifest that a tree describes. What is wrong with it only in being there is noted, and the rest goes on to be checked."""
        try:
            return validate(tree, errors)
        except UetErrors as found:
            if errors or found.left_out or not prune(tree, found.errors):
                raise
            self.family.errors += found.errors
            return validate(tree)

    def _with_profile(self, tree: Tree) -> Tree:
        profiles = tree.entries.get("profiles") if isinstance(tree, Map) else None
        if not isinstance(profiles, Map):
            return tree
        self.profiles.update(profiles.entries)
        over = profiles.entries.get(self.profile) if self.profile is not None else None
        return merge(tree, over) if isinstance(over, Map) else tree

    def _include(self, unit: Unit, include: Include) -> None:
        try:
            for file in expand(include.path, unit.folder, self.disk, self.family.exclude):
                self._include_file(unit, include, file)
        except UetError as error:
            self.faults.add(error)

    def _include_file(self, unit: Unit, include: Include, file: str) -> None:
        wild = is_wild(include.path)
        known = self.known.get(file)
        if wild and known is not None and (known.parent is unit or _is_above(known, unit)):
            return  # a pattern never means the file it stands in, those above it, or what stands there in full
        place = include.path.locate()
        name = self._name(unit, include, file)
        prefix = f"{unit.prefix}{name}:" if name else unit.prefix
        self.edges.setdefault(unit.file, {}).setdefault(file, place)
        if name:
            owner, first = self.owners.setdefault(prefix, (include.path, place))
            if owner is not include.path:
                raise UetError(
                    f"two includes have the prefix `{name}`", place, "give one of them another name with `{path: …, as: …}`",
                    others=[("the other is here", first)],
                )  # fmt: skip
        if known is not None:
            self._include_again(unit, known, prefix, place)
            return
        manifest = self._manifest(file)
        if manifest is not None:
            self.known[file] = Unit(file, manifest, prefix, unit)
            self.family.units.append(self.known[file])

    def _include_again(self, unit: Unit, known: Unit, prefix: str, place: Location) -> None:
        above: Unit | None = unit
        while above is not None:
            if above is known:
                return  # they include each other, which is told with the whole way around
            above = above.parent
        if prefix != unit.prefix and known.parent is not unit:
            if prefix != known.prefix:
                self.family.aliases[prefix] = known.prefix
        elif known.parent is unit:
            others = [("first included here", self.edges[unit.file][known.file])]
            raise UetError(f"`{known.file}` is included twice", place, "remove one of the two", others=others)
        elif prefix != known.prefix:
            hint = f"give it a name here: `{{path: …, as: {known.prefix.rstrip(':').rpartition(':')[2] or 'NAME'}}}`"
            how = f"with the prefix `{known.prefix}`" if known.prefix else "without a prefix"
            raise UetError(f"`{known.file}` is already included {how}", place, hint)

    def _name(self, unit: Unit, include: Include, file: str) -> str:
        """The prefix that an included file gets, "" where its names join those of the including one."""
        if include.as_ is not None:
            return include.as_.text
        folder = file.rpartition("/")[0]
        if not is_wild(include.path) or folder == unit.folder:
            return ""
        name = folder.rpartition("/")[2]
        if name in RESERVED_PREFIXES or not re.fullmatch(ID_PATTERN, name):
            hint = f"include it by itself: `{{path: {file}, as: NAME}}`"
            raise UetError(f"the name of the folder `{folder}` cannot be a prefix of ids", include.path.locate(), hint)
        return name

    def _check_cycle(self) -> None:
        files = list(self.known)
        index = {file: number for number, file in enumerate(files)}
        cycle = find_cycle([sorted(index[other] for other in self.edges.get(file, ()) if other in index) for file in files])
        if cycle is None:
            return
        around = [files[number] for number in cycle]
        steps = list(zip(around, around[1:] + around[:1], strict=True))
        places = [self.edges[file][then] for file, then in steps]
        path = " -> ".join(f"`{file}`" for file in [*around, around[0]])
        others = [(f"`{then}` is included here", place) for (_, then), place in zip(steps[1:], places[1:], strict=True)]
        self.faults.add(UetError(f"manifests include each other: {path}", places[0], "take one of these includes away", others=others))


def _is_above(unit: Unit, below: Unit) -> bool:
    """Whether `unit` is `below` or included it, directly or not."""
    here: Unit | None = below
    while here is not None:
        if here is unit:
            return True
        here = here.parent
    return False


def _unknown_profile(profile: str, known: set[str]) -> UetError:
    names = ", ".join(f"`{name}`" for name in sorted(known))
    hint = did_you_mean(profile, known) or (f"there are {names}" if known else "the manifest declares no `profiles`")
    return UetError(f"unknown profile `{profile}`", None, hint)
