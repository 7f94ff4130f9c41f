"""Which fields of a node count: its definition digest, and the lists that a test holds against every new field.

The definition covers what the manifest says. What the world says (input digests, environment values, programs, probes, values of
`sh` variables, dependencies) is compared item by item (core/staleness.py), so that a reason can name what changed.
"""

from __future__ import annotations

from uetbuild.core.nodes import Hole
from uetbuild.core.sha import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.nodes import Node, Pieces, Source, Step

# Every slot of Node and of what it holds stands in one of the two tuples of its class (tests/core/test_core_fingerprint.py).
NODE_COUNTED = ("inputs", "outputs", "edits", "steps", "finally_", "cwd", "env_mode", "depfile", "isolation", "python", "agent", "guard")
NODE_LEFT_OUT = (
    # compared item by item, by what the world says today
    "env", "pass_env", "programs", "probes", "sh_vars", "depends_on", "inferred",
    # who it is and how it is shown
    "id", "workstream", "kind", "title", "phase", "tags", "folder", "file", "line", "column",
    # when and beside whom it runs, not what it makes
    "priority", "after", "timeout", "resources", "mutex", "exclusive", "always", "manual", "interactive", "confirm", "cache", "keep",
    # conditions and checks around it
    "skipped", "skip_if", "require_env", "require_files", "forbid",
    # never counted or stored (interface, `secrets`); says only that `steps` use {{ args }}; the digest itself
    "secrets", "uses_args", "definition",
    # policies: how often, how dear, and who guards it
    "retry", "budget", "gates",
)  # fmt: skip
SOURCE_COUNTED = ("pattern", "kind", "items", "negative", "optional", "folder", "name")
SOURCE_LEFT_OUT = ("line", "column")
STEP_COUNTED = ("kind", "words", "text", "shell", "env", "cwd", "allow_failure")
STEP_LEFT_OUT = ("name", "timeout", "shown")
HOLE_COUNTED = ("name", "key", "place", "source", "context", "late", "words")
HOLE_LEFT_OUT = ()
AGENT_COUNTED = ("model", "prompt", "prompt_file")
AGENT_LEFT_OUT = ("tool",)  # its `cmd` is the step
GUARD_COUNTED = ("only",)
GUARD_LEFT_OUT = ("type", "blocking", "at", "guards", "message")  # what it made of them counts by their results


def digest_text(text: str) -> str:
    """Hex digest of a text (surrogates allowed)."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def definition(node: Node) -> str:
    """Digest of what the manifest says the node does; the same on every machine, process and Python version."""
    parts = [
        _sources(node.inputs), _sources(node.outputs), _sources(node.edits),
        [step_row(step) for step in node.steps], [step_row(step) for step in node.finally_],
        node.cwd, node.env_mode, node.depfile, node.isolation, node.python,
    ]  # fmt: skip
    if node.agent is not None:
        parts.append([node.agent.model, pieces_row(node.agent.prompt), node.agent.prompt_file])
    if node.guard is not None and node.guard.only:
        parts.append(list(node.guard.only))
    return digest_text(repr(parts))


def step_row(step: Step) -> list[object]:
    """The counted fields of a step as plain values."""
    return [
        step.kind, [pieces_row(word) for word in step.words], pieces_row(step.text), list(step.shell),
        [(name, pieces_row(value)) for name, value in step.env], step.cwd, step.allow_failure,
    ]  # fmt: skip


def pieces_row(pieces: Pieces) -> list[object]:
    """Pieces as plain values: a text is itself, a hole the tuple of its fields."""
    return [piece.row() if isinstance(piece, Hole) else piece for piece in pieces]


def _sources(sources: tuple[Source, ...]) -> list[object]:
    return [
        (
            source.pattern,
            source.kind,
            _sources(source.items) if source.items else [],
            source.negative,
            source.optional,
            source.folder,
            source.name,
        )
        for source in sources
    ]
