"""go-task: `sources` with the Taskfile among them, `generates`, `method: checksum`; `deps` say the order."""

from __future__ import annotations

import json

from benchmarks.mishaps.rules import Project, Rule
from benchmarks.mishaps.verdicts import NotApplicable

from .tool import Tool, unencodable

STAMP = "printf '%s' \"$@\" | cmp -s - .@ || printf '%s' \"$@\" > .@"


class GoTask(Tool):
    name = "go-task"
    install = "pip install go-task-bin"
    programs = ("go-task", "task")
    speaks = ("Task version", "3.")  # Taskwarrior, which has the same name on PATH, says 2
    state = (".task",)
    dry = ("--dry",)

    def files(self, project: Project) -> dict[str, str]:
        unencodable(project.paths())
        lines = [f"# {project.comment}", "version: '3'", "set: [errexit, nounset, pipefail]"]
        if project.programs():
            lines += ["vars:", *(f"  {name.upper()}: {{sh: command -v {name}}}" for name in project.programs())]
        lines += ["tasks:", f"  default: {{deps: [{', '.join(rule.name for rule in project.last())}]}}"]
        for name in project.variables():
            lines += [f"  env-{name}: {{cmds: [{json.dumps(STAMP.replace('@', name))}]}}"]
        for rule in project.rules:
            lines += _task(rule, [each.name for each in project.makers(rule)])
        return {"Taskfile.yml": "".join(line + "\n" for line in lines)}

    def target(self, name: str, output: str) -> str:
        return name

    def parallel(self, number: int) -> tuple[str, ...]:
        return ("--concurrency", str(number))


def _task(rule: Rule, before: list[str]) -> list[str]:
    if rule.depfile:
        raise NotApplicable("it does not read depfiles")
    sources = [*map(_literal, rule.inputs), *rule.globs, *(f".{name}" for name in rule.env)]
    sources += [f"{{{{.{name.upper()}}}}}" for name in rule.programs]
    before = before + [f"env-{name}" for name in rule.env]
    lines = [f"  {rule.name}:", f"    deps: {json.dumps(before)}"] if before else [f"  {rule.name}:"]
    return [
        *lines,
        "    method: checksum",
        f"    sources: {_list([*sources, 'Taskfile.yml'])}",
        f"    generates: {_list([_literal(path) for path in rule.outputs])}",
        f"    cmds: {_list([rule.line()])}",
    ]


def _literal(path: str) -> str:
    """A path in which no character has a meaning. Sources are expanded as by a shell; it escapes spaces, `&`, `(` and `)` itself."""
    return "".join({"\n": "$'\\n'"}.get(each, f"\\{each}" if each in "*?[]{}$`'\"\\;|<>#~!" else each) for each in path)


def _list(texts: list[str]) -> str:
    return json.dumps(texts, ensure_ascii=False)
