"""`matrix` and `foreach`: from declared workstreams to instances, each with its outputs.

A glob stands for files on disk and for literal outputs of other workstreams, which may come from globs themselves: outputs are followed
from workstream to workstream until nothing new turns up. A workstream's own outputs are never its items. A file that was made by a node is
one only if a node still makes it: what those left that are gone is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product

from uetbuild.core.created import leaves
from uetbuild.core.nodes import Source
from uetbuild.core.overlap import OverlapIndex
from uetbuild.core.paths import PathIndex, fixed_part
from uetbuild.core.ports import Disk
from uetbuild.core.render import as_text
from uetbuild.core.scope import Scope, files
from uetbuild.errors import Location, UetError
from uetbuild.manifest import templates
from uetbuild.manifest.faults import Faults
from uetbuild.manifest.instances import Element, FileItem, Instance
from uetbuild.manifest.models_workstream import Foreach
from uetbuild.manifest.namespaces import Declared
from uetbuild.manifest.sources import Paths, nobody
from uetbuild.manifest.surroundings import Surroundings
from uetbuild.manifest.texts import Filled, filled_list, placed
from uetbuild.manifest.tree import Text

MAX_NODES = 100_000  # of all workstreams together; more is a slip of the pen, and would take minutes
_NOTHING = PathIndex(())
Combination = tuple[str, Mapping[str, str]]  # label, values of `matrix`
Seed = tuple[Declared, Surroundings, str, Mapping[str, str], Element]  # of an instance: label, values of `matrix`, item


class _Loop:
    """A workstream over a glob. `items`: path -> its instances."""

    __slots__ = ("around", "combinations", "declared", "fixed", "holds", "items", "source", "where")

    def __init__(self, declared: Declared, around: Surroundings, source: Source, where: Text, combinations: list[Combination]) -> None:
        self.declared = declared
        self.around = around
        self.source = source
        self.where = where
        self.combinations = combinations
        self.fixed = fixed_part(source.pattern) if source.kind == Source.GLOB else source.pattern.rpartition("/")[0]
        self.holds = Scope((source,)).matches
        self.items: dict[str, list[Instance]] = {}


class Expansion:
    """Expands all workstreams of a project. `instances` by workstream, in the order of their ids in brackets; `warnings` for people.
    `made`: the files that nodes are recorded to have created.
    """

    def __init__(
        self, disk: Disk, exclude: tuple[str, ...], paths: Callable[[Declared], Paths], faults: Faults, made: frozenset[str] = frozenset()
    ) -> None:
        self.warnings: list[str] = []
        self._disk = disk
        self._exclude = exclude
        self._paths = paths
        self._faults = faults
        self._made = made
        self._counted = 0  # instances so far

    def expand(self, declared: Iterable[tuple[Declared, Surroundings]]) -> list[Instance]:
        """All instances, in the order of the workstreams; fills `Declared.nodes`. What is wrong is noted; raises UetErrors
        with it where the instances are too many to go on."""
        expanded: dict[str, list[Instance]] = {}
        loops: list[_Loop] = []
        planned: list[Seed] = []
        for one, around in declared:
            expanded[one.id] = []
            try:
                found = self._elements(one, around)
            except UetError as error:
                self._faults.add(error)
                continue
            if isinstance(found, _Loop):
                loops.append(found)
            else:
                planned += found
                self._count(len(found), one)
        for seed in planned:
            expanded[seed[0].id].append(self._instance(*seed))
        if loops:
            self._follow(loops, [instance for instances in expanded.values() for instance in instances])
            for loop in loops:
                expanded[loop.declared.id] = list(self._ordered(loop))
        return [instance for instances in expanded.values() for instance in self._checked(instances)]

    def _count(self, more: int, one: Declared) -> None:
        """Count instances before they are made. Raises UetErrors where they are too many."""
        self._counted += more
        if self._counted > MAX_NODES:
            place = one.spec.where("foreach" if one.spec.foreach is not None else "matrix")
            self._faults.add(UetError(f"with `{one.id}` these are {self._counted:,} nodes; {MAX_NODES:,} are the most", place))
            self._faults.check({})

    def single(self, one: Declared, around: Surroundings) -> Instance:
        """The only instance of what is not repeated. Raises UetError."""
        return self._instance(one, around, "", {}, None)

    # --- one workstream -------------------------------------------------------------------------------------------------------------

    def _elements(self, one: Declared, around: Surroundings) -> _Loop | list[Seed]:
        spec = one.spec
        if spec.foreach is None and not spec.matrix:
            return [(one, around, "", {}, None)]
        combinations = _combinations(spec.matrix, around)
        if spec.foreach is None:
            return [(one, around, label, matrix, None) for label, matrix in combinations]
        items = _items(spec.foreach, around)
        if isinstance(items, Filled):
            return _Loop(one, around, _glob(items, one, around), items.where, combinations)
        _check_size(len(items) * len(combinations), spec.foreach.tree.location())
        return [(one, around, _joined(label, name), matrix, item) for label, matrix in combinations for name, item in items]

    def _instance(self, one: Declared, around: Surroundings, label: str, matrix: Mapping[str, str], element: Element) -> Instance:
        instance = Instance(one, around, label, matrix, element)
        if one.spec.outputs:
            instance.outputs = self._paths(one).read(one.spec.outputs, instance.for_paths, self._faults)
        return instance

    def _checked(self, instances: list[Instance]) -> list[Instance]:
        """Those with an id of their own; their ids are given to the workstream."""
        unique = {instance.id: instance for instance in reversed(instances)}
        if len(unique) < len(instances):
            twice = next(instance.id for instance in instances if unique[instance.id] is not instance)
            spec = instances[0].declared.spec
            place = spec.where("foreach" if spec.foreach is not None else "matrix")
            self._faults.add(UetError(f"there are two nodes `{twice}`", place, "each value may stand there once"))
        if instances:
            instances[0].declared.nodes = tuple([instance.id for instance in instances if unique[instance.id] is instance])
        return instances if len(unique) == len(instances) else [each for each in instances if unique[each.id] is each]

    # --- globs ----------------------------------------------------------------------------------------------------------------------

    def _follow(self, loops: list[_Loop], plain: list[Instance]) -> None:
        """Find the items of all globs: on disk, and among what others create, from workstream to workstream."""
        by_folder: dict[str, list[_Loop]] = {}
        for loop in loops:
            by_folder.setdefault(loop.fixed, []).append(loop)
            self._look_on_disk(loop)
        todo: list[tuple[str, tuple[Declared, ...]]] = [(path, (one.declared,)) for one in plain for path in _literals(one)]
        for loop in loops:
            todo += [(made, (loop.declared,)) for instances in loop.items.values() for one in instances for made in _literals(one)]
        for path, makers in todo:  # grows while it is walked
            for loop in _at(path, by_folder):
                if path in loop.items or loop.declared is makers[-1] or not loop.holds(path):
                    continue
                if loop.declared in makers:
                    self._faults.add(_endless(loop, path, makers))
                    continue
                for instance in self._add(loop, path):
                    todo += [(made, (*makers, loop.declared)) for made in _literals(instance)]
        self._refuse_open(loops, [*plain, *[one for loop in loops for made in loop.items.values() for one in made]])

    def _look_on_disk(self, loop: _Loop) -> None:
        own: set[str] = set()
        for _, path in files((loop.source,), self._disk, self._exclude, _NOTHING, gone=self._made):
            for instance in self._add(loop, path):
                own.update(_literals(instance))
        for path in own.intersection(loop.items):
            del loop.items[path]

    def _add(self, loop: _Loop, path: str) -> list[Instance]:
        self._count(len(loop.combinations), loop.declared)
        element = FileItem(path, loop.fixed)
        name = element.seen(loop.around.unit.folder)
        made = [
            self._instance(loop.declared, loop.around, _joined(label, name), matrix, element) for label, matrix in loop.combinations
        ]  # fmt: skip
        loop.items[path] = made
        return made

    def _ordered(self, loop: _Loop) -> Iterator[Instance]:
        if not loop.items:
            self.warnings.append(f"`foreach` of `{loop.declared.id}` matches no file: {loop.where.text}")
        paths = sorted(loop.items)
        for number in range(len(loop.combinations)):
            for path in paths:
                yield loop.items[path][number]

    def _refuse_open(self, loops: list[_Loop], instances: list[Instance]) -> None:
        """A glob must not match what is only known after a build: files in folder outputs and of glob outputs."""
        outputs = [(instance, source) for instance in instances for source in leaves(instance.outputs)]
        index = OverlapIndex()
        for number, (_, source) in enumerate(outputs):
            index.add(number, (source,))
        for loop in loops:
            for number in index.meets((loop.source,)):
                instance, source = outputs[number]
                if source.kind == Source.PATH and not source.folder and loop.holds(source.pattern):
                    continue
                self._faults.add(
                    UetError(
                        f"`foreach` of `{loop.declared.id}` may match what `{instance.declared.id}` creates in `{source.pattern}`, "
                        "which is not known before it ran",
                        loop.where.locate(), "narrow the pattern, or name the files under `outputs` one by one",
                        others=[("created here", instance.declared.spec.where("outputs"))],
                    )
                )  # fmt: skip
                break


def _literals(instance: Instance) -> list[str]:
    return [source.pattern for source in leaves(instance.outputs) if source.kind == Source.PATH and not source.folder]


def _at(path: str, by_folder: Mapping[str, list[_Loop]]) -> Iterator[_Loop]:
    """The loops whose fixed part is a folder of `path`."""
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        yield from by_folder.get(folder, ())


def _endless(loop: _Loop, path: str, makers: tuple[Declared, ...]) -> UetError:
    way = " -> ".join(f"`{one.id}`" for one in (*makers[makers.index(loop.declared) :], loop.declared))
    return UetError(
        f"`foreach` of `{loop.declared.id}` matches `{path}`, which comes from itself: {way}", loop.where.locate(), "narrow the pattern"
    )


# --- values ------------------------------------------------------------------------------------------------------------------------


def _combinations(axes: Mapping[str, tuple[Text, ...]], around: Surroundings) -> list[Combination]:
    """The product of a matrix; of none one without values. Raises UetError."""
    if not axes:
        return [("", {})]
    values = []
    size = 1
    for axis, texts in axes.items():
        found = filled_list(texts, around.names)
        if not found:
            raise UetError(f"`matrix` has no values for `{axis}`", texts[0].locate())
        for value in found:
            _check_label(value.text, value.where)
        values.append([(axis, value.text) for value in found])
        size *= len(found)
        _check_size(size, texts[0].locate())
    return [(",".join([f"{axis}={value}" for axis, value in chosen]), dict(chosen)) for chosen in product(*values)]


def _items(foreach: Foreach, around: Surroundings) -> Filled | list[tuple[str, Element]]:
    """(name, item) of each, or the glob. Raises UetError."""
    if foreach.glob is not None:
        return Filled(foreach.glob.text, foreach.glob)
    if foreach.template is not None:
        where = foreach.template
        value = placed(where, lambda source: templates.value(source, around.names()))
        if not isinstance(value, list | tuple):
            return Filled(_text(value, where), where)
        return [_named(element, where) for element in value]
    found: list[tuple[str, Element]] = []
    for item in foreach.items:
        if isinstance(item, Text):
            found += [_named(element.text, item) for element in filled_list((item,), around.names)]
        else:
            texts = {key: filled_list((text,), around.names) for key, text in item.items()}
            one = {key: " ".join([element.text for element in elements]) for key, elements in texts.items()}
            found.append(_named(one, next(iter(item.values()), None)))
    return found


def _named(element: object, where: Text | None) -> tuple[str, Element]:
    """The name of an item in brackets, and the item."""
    if isinstance(element, Mapping):
        values = {str(key): value for key, value in element.items()}
        label = ",".join([f"{key}={_text(value, where)}" for key, value in values.items() if not isinstance(value, list | tuple | Mapping)])
        _check_label(label, where)
        return label, values
    text = _text(element, where)
    _check_label(text, where)
    return text, text


def _text(value: object, where: Text | None) -> str:
    """A value as text. Raises UetError with the place of the list."""
    try:
        return as_text(value)
    except UetError as error:
        raise UetError(error.message, where.locate() if where is not None else None, error.hint) from None


def _glob(element: Filled, declared: Declared, around: Surroundings) -> Source:
    text = element.text
    if text.startswith(("scope:", "outputs:", "!")):
        raise UetError(f"`foreach` cannot be over `{text}`", element.where.locate(), "it is a pattern, a list, or a template giving a list")
    return Paths(around.unit.folder, nobody, nobody).pattern(element)


def _joined(label: str, name: str) -> str:
    return f"{label},{name}" if label else name


def _check_label(label: str, where: Text | None) -> None:
    if label and label.isprintable():
        return
    place = where.locate() if where is not None else None
    if not label:
        raise UetError("an item of `matrix` or `foreach` is empty", place, "it is part of the id of a node")
    raise UetError(f"`{label!r}` cannot be part of the id of a node", place, "it holds letters that cannot be printed")


def _check_size(size: int, place: Location) -> None:
    if size > MAX_NODES:
        raise UetError(f"this makes {size:,} nodes; {MAX_NODES:,} are the most", place)
