"""What templates may name, what their faults look like, and `item`. Knows nothing of Jinja2."""

from __future__ import annotations

from collections.abc import Mapping

from uetbuild.errors import UetError

# Every name that templates may use somewhere (interface, Templates).
CONTRACT = frozenset(
    (
        "vars", "env", "matrix", "item", "inputs", "outputs", "depfile", "files", "changed", "args", "feedback", "ws", "root", "cwd", "os",
        "arch",
    )
)  # fmt: skip


class TemplateFault(UetError):
    """A fault in a template: `offset` and `length` in characters say where in the text that held it."""

    def __init__(self, message: str, hint: str = "", offset: int = 0, length: int = 1) -> None:
        super().__init__(message, None, hint)
        self.offset = offset
        self.length = length


class Item(str):
    """An element of `foreach`: a text with the parts of a path. `fixed` is the folder that its glob names before the first wildcard."""

    __slots__ = ("fixed",)

    fixed: str

    def __new__(cls, text: str, fixed: str = "") -> Item:
        self = super().__new__(cls, text)
        self.fixed = fixed.rstrip("/")
        return self

    @property
    def dir(self) -> str:
        """The folder, "." where there is none."""
        return self.rpartition("/")[0] or "."

    @property
    def name(self) -> str:
        """The last part."""
        return str(self).rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The last part without its extension."""
        return self.name[: len(self.name) - len(self.ext)]

    @property
    def ext(self) -> str:
        """The extension with its dot, "" where there is none."""
        stem, dot, ext = self.name.rpartition(".")
        return dot + ext if stem.strip(".") else ""

    @property
    def rel(self) -> str:
        """The path below the fixed part, without extension."""
        text = str(self)
        if self.fixed and text.startswith(self.fixed + "/"):
            text = text[len(self.fixed) + 1 :]
        return text[: len(text) - len(self.ext)]


ITEM_PARTS = ("dir", "name", "stem", "ext", "rel")


class Unusable:
    """Stands in `Names.constants` for a value that exists but cannot be used; any use is a fault with this message."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint


class Names:
    """The names of one text: `constants` by name, known now (`env` may be any Mapping and is only asked for the names in use); `late`: of
    `inputs`, `changed`, `args`, `files`, `feedback` those that come when the node is ready; `late_vars`: variable -> full name of its
    `ShVar`; `inputs`: the names of the inputs.
    """

    __slots__ = ("constants", "inputs", "late", "late_vars")

    def __init__(
        self,
        constants: Mapping[str, object],
        late: frozenset[str] = frozenset(),
        late_vars: Mapping[str, str] | None = None,
        inputs: frozenset[str] = frozenset(),
    ) -> None:
        self.constants = constants
        self.late = late
        self.late_vars = {} if late_vars is None else late_vars
        self.inputs = inputs

    def all(self) -> set[str]:
        """Every name that can be used here."""
        return {*self.constants, *self.late, *(("vars",) if self.late_vars else ())}
