"""One node to be: a workstream with its values of `matrix` and `foreach`, and the names that its templates may use."""

from __future__ import annotations

from collections.abc import Mapping

from uetbuild.core.nodes import Pieces, Sources
from uetbuild.core.relative import seen_from
from uetbuild.manifest.models_gate import Gate
from uetbuild.manifest.names import Item, Names
from uetbuild.manifest.namespaces import Declared
from uetbuild.manifest.sources import marked
from uetbuild.manifest.surroundings import Env, Surroundings


class FileItem:
    """An item of a glob: a root-relative `path`, and the folder before the glob's first wildcard."""

    __slots__ = ("fixed", "path")

    def __init__(self, path: str, fixed: str) -> None:
        self.path = path
        self.fixed = fixed

    def seen(self, folder: str) -> Item:
        """The item for a text that is used in a folder."""
        return Item(seen_from(folder, self.path), self._fixed(folder))

    def in_patterns(self, folder: str) -> Item:
        """The item for a list of paths of a manifest in a folder: its letters are never parts of a pattern."""
        return Item(marked(seen_from(folder, self.path)), marked(self._fixed(folder)))

    def _fixed(self, folder: str) -> str:
        fixed = seen_from(folder, self.fixed)
        return "" if fixed == "." else fixed


Element = FileItem | str | Mapping[str, object] | None


class Instance:
    """`label`: what stands in brackets behind the workstream's id, "" for the only node of one. `outputs` are read when it is made."""

    __slots__ = ("around", "declared", "element", "id", "label", "matrix", "outputs", "_paths")

    def __init__(self, declared: Declared, around: Surroundings, label: str, matrix: Mapping[str, str], element: Element) -> None:
        self.declared = declared
        self.around = around
        self.label = label
        self.id = f"{declared.id}[{label}]" if label else declared.id
        self.matrix = matrix
        self.element = element
        self.outputs: Sources = ()
        self._paths: Names | None = None

    def for_paths(self) -> Names:
        """The names of lists of paths; `item` is as seen from the manifest's folder."""
        if self._paths is None:
            folder = self.around.unit.folder
            element = self.element.in_patterns(folder) if isinstance(self.element, FileItem) else self.element
            self._paths = self.around.names(self._own(element))
        return self._paths

    def for_texts(self) -> Names:
        """The names of titles, conditions and names; `item` is as seen from the manifest's folder."""
        folder = self.around.unit.folder
        element = self.element.seen(folder) if isinstance(self.element, FileItem) else self.element
        return self.around.names(self._own(element))

    def for_recipes(self, cwd: str, more: Mapping[str, object], env: Mapping[str, Pieces], inputs: frozenset[str]) -> Names:
        """The names of what runs in the root-relative folder `cwd`: paths are as seen from there."""
        element = self.element.seen(cwd) if isinstance(self.element, FileItem) else self.element
        around = self.around
        late = LATE | {"files"} if isinstance(self.declared.spec, Gate) else LATE
        secrets = frozenset([name.text for name in self.declared.spec.secrets])
        own = {"vars": around.vars, "env": Env(around.disk, around.dotenv, env, secrets), **self._own(element)}
        constants = {**around.constants, **own, **more}
        return Names(constants, late - constants.keys(), around.late_vars, inputs)

    def _own(self, element: object) -> dict[str, object]:
        own: dict[str, object] = {"ws": self.declared.id.removeprefix(self.around.unit.prefix)}
        if self.matrix:
            own["matrix"] = self.matrix
        if element is not None:
            own["item"] = element
        return own


LATE = frozenset(("inputs", "changed", "args"))
