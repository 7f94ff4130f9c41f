"""`uetbuild logs [RUN] ID`: what a workstream printed."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.errors import ExitCode, UetError
from uetbuild.report.escapes import safe_name, safe_output
from uetbuild.report.tail import Tail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.cli.session import History, Session

Found = list[tuple[str, str, str]]  # run, node, path of its log


def run(face: Face) -> int:
    """In the named run, otherwise in the last one in which it ran; all nodes of a workstream that has several."""
    session = face.session()
    *runs, word = face.options.targets
    found = _logs(session.history, runs, _ids(session, word))
    if face.json:
        logs = [{"run": run, "node": node, "path": path, "text": "".join(Tail(path, 0).rest())} for run, node, path in found]
        face.document({"schema": "uetbuild.logs/1", "logs": logs})
        return ExitCode.OK
    for _, node, path in found:
        if len(found) > 1:
            face.out.line(f"--- {safe_name(node)}")
        for part in Tail(path, 0).rest():
            face.out.write(safe_output(part, face.out.colours))
    return ExitCode.OK


def _ids(session: Session, word: str) -> list[str]:
    """The nodes that are meant; a word that names none of today's may be one of then."""
    try:
        return [session.graph.nodes[i].id for i in session.targets([word])]
    except UetError:
        return [word]


def _logs(history: History, runs: list[str], ids: list[str]) -> Found:
    """The logs of the newest run that has any. Raises UetError where none has."""
    wanted = [history.run(runs[0])] if runs else history.runs()
    missing = UetError("there are no runs yet", hint="a build that executes something is a run")
    for past in wanted:
        found: Found = []
        for node in ids:
            try:
                found.append((past.id, node, history.log(past.id, node)))
            except UetError as error:
                missing = error
        if found:
            return found
    raise missing
