"""uetbuild, from the sources beside this folder."""

from __future__ import annotations

import json
import sys

from benchmarks.mishaps.rules import Project, Rule

from .tool import Tool, unencodable


class Uetbuild(Tool):
    name = "uetbuild"
    install = "pip install -e ."
    programs = ("uetbuild",)
    speaks = ("uetbuild",)
    state = (".uet/state.db",)
    dry = ("-n",)
    keeps_going = ("-k",)

    def command(self) -> list[str]:
        return [sys.executable, "-m", "uetbuild"]

    def files(self, project: Project) -> dict[str, str]:
        unencodable(project.paths())
        goals = ", ".join(rule.name for rule in project.last())
        lines = [f"# {project.comment}", "version: 1", f"default: [{goals}]", "workstreams:"]
        for rule in project.rules:
            lines += _workstream(rule)
        return {"Uetfile.yaml": "".join(line + "\n" for line in lines)}

    def target(self, name: str, output: str) -> str:
        return name

    def parallel(self, number: int) -> tuple[str, ...]:
        return (f"-j{number}",)


def _workstream(rule: Rule) -> list[str]:
    lines = [f"  {rule.name}:"]
    inputs = [_literal(path) for path in rule.inputs] + list(rule.globs)
    lines += [f"    inputs: {_list(inputs)}"] if inputs else []
    lines += [f"    outputs: {_list([_literal(path) for path in rule.outputs])}"]
    lines += [f"    depfile: {json.dumps(rule.depfile)}"] if rule.depfile else []
    lines += [f"    pass_env: {_list(rule.env)}"] if rule.env else []
    lines += [f"    programs: {_list(rule.programs)}"] if rule.programs else []
    return [*lines, f"    run: {json.dumps(rule.line('{{ inputs }}'), ensure_ascii=False)}"]


def _literal(path: str) -> str:
    """A path in which no character is a wildcard."""
    return "".join(f"[{each}]" if each in "*?[{" else each for each in path)


def _list(texts: list[str] | tuple[str, ...]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)
