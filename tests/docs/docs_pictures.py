"""The pictures of the documentation, drawn from the manifests of its pages.

`python tests/docs/docs_pictures.py` writes them, with `--check` it only says whether they are up to date.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from docs_transcripts import ROOT, blocks

from uetbuild.core.graph import Graph
from uetbuild.core.plan import make_plan
from uetbuild.core.verdicts import Judged, Reason, Verdict
from uetbuild.manifest.generated import generate
from uetbuild.manifest.load import load
from uetbuild.report.drawing import drawing
from uetbuild.report.svgview import graph_svg
from uetbuild.state.digests import Digests
from uetbuild.state.disk import RealDisk

PATH = "docs/pictures/graph.svg"
PAGE = ROOT / "docs/how-to/graph.md"
STALE = Judged(verdict=Verdict.STALE, reasons=(Reason(code="input_changed", detail="lexer.g"),))
VERDICTS = {"parser": Verdict.UP_TO_DATE, "notes": Verdict.SKIPPED}  # all else waits for the lexer
SECONDS = {
    "lexer": 4.2,
    "parser": 3.0,
    "lint[lexer]": 1.5,
    "app": 12.0,
    "smoke[app]": 6.5,
    "docs": 2.3,
}  # what it takes is told, so that it stays


def picture() -> str:
    """The example of the page, after its lexer was changed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Uetfile.yaml").write_text(next(block.text for block in blocks(PAGE) if block.say == "file"), encoding="utf-8")
        for name in ("parser.g", "lexer.g"):
            Path(folder, name).write_text("a\n", encoding="utf-8")
        project = load(folder, "Uetfile.yaml", RealDisk(folder, Digests(), {}))
    graph = Graph(project.nodes)
    members = graph.closure([graph.index["all"]])
    judged = {
        number: STALE if graph.nodes[number].id == "lexer" else Judged(verdict=VERDICTS.get(graph.nodes[number].id, Verdict.DEPENDS))
        for number in members
    }
    plan = make_plan(graph, members, judged, SECONDS, 4, (), durations=None)
    return graph_svg(drawing(graph, members, plan.as_json(), project.settings.project))


if __name__ == "__main__":
    raise SystemExit(generate(PATH, picture()))
