"""The projects that are built: sources of 2 KB, and steps that copy them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SIZE = 2048  # bytes of a source


@dataclass(frozen=True, slots=True)
class Step:
    """One node: `command` makes `output` from `inputs`, of which the first is the one that it copies. `folder`: where all inputs lie
    whose tools can say a whole folder, "" where they are single files."""

    name: str
    inputs: tuple[str, ...]
    output: str
    command: str
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A project. `sources` are its files before the first build; the one in front is edited to see how a change is built."""

    name: str
    sources: tuple[str, ...]
    steps: tuple[Step, ...]

    def write(self, root: Path) -> None:
        """Make the sources, and the folders of the outputs, which not every tool makes by itself."""
        for folder in {str(Path(path).parent) for path in (*self.sources, *(step.output for step in self.steps))}:
            (root / folder).mkdir(parents=True, exist_ok=True)
        for number, path in enumerate(self.sources):
            (root / path).write_bytes(f"{number}\n".encode() + b"x" * (SIZE - 1 - len(f"{number}\n")) + b"\n")


def flat(count: int) -> Shape:
    """`count` nodes side by side, 100 to a folder: `cp IN OUT`."""
    paths = [f"d{number // 100:03}/f{number:05}" for number in range(count)]
    steps = [Step(f"n{number:05}", (f"src/{path}",), f"out/{path}", f"cp src/{path} out/{path}") for number, path in enumerate(paths)]
    return Shape(f"{count:,} nodes", tuple(f"src/{path}" for path in paths), tuple(steps))


def layers(depth: int, width: int) -> Shape:
    """Layers in which every node reads its own and the first of the layer before. The first takes so much of its source that an edit at
    the end makes the same output again: what depends on it need not run."""
    sources = [f"src/f{number:05}" for number in range(width)]
    steps, before = [], sources
    for layer in range(depth):
        made = [f"out/l{layer}/f{number:05}" for number in range(width)]
        for number, output in enumerate(made):
            inputs = (before[number], before[0]) if layer and number else (before[number],)
            steps.append(Step(f"n{layer}_{number:05}", inputs, output, f"head -c {SIZE} {before[number]} > {output}"))
        before = made
    return Shape(f"{depth} layers of {width} nodes", tuple(sources), tuple(steps))


def scopes(count: int, files: int) -> Shape:
    """`count` nodes that each read a folder of `files` files."""
    steps: list[Step] = []
    sources: list[str] = []
    for number in range(count):
        folder = f"src/s{number:03}"
        inputs = tuple(f"{folder}/f{each:05}" for each in range(files))
        sources += inputs
        steps.append(Step(f"n{number:03}", inputs, f"out/n{number:03}", f"cp {inputs[0]} out/n{number:03}", folder))
    return Shape(f"{count} scopes of {files:,} files", tuple(sources), tuple(steps))


def edit(root: Path, paths: Iterable[str]) -> None:
    """Add a byte at the end of some files."""
    for path in paths:
        with open(root / path, "ab") as file:
            file.write(b"y")
