"""doit: `file_dep`, `targets`, and `config_changed` for the command and the environment; globs and depfiles are plain Python."""

from __future__ import annotations

from benchmarks.mishaps.rules import Project, Rule

from .tool import Tool

HEAD = '''\
"""{comment}"""
import glob
import os
import shutil

from doit.tools import config_changed

DOIT_CONFIG = {{"default_tasks": [{goals}], "verbosity": 2}}


def discovered(depfile):
    """The files that a make-style dependency file names, and that are there."""
    if not os.path.exists(depfile):
        return []
    words = open(depfile).read().replace("\\\\\\n", " ").partition("\\n")[0].partition(":")[2].split()
    return [word for word in words if os.path.exists(word)]
'''
TASK = """

def task_{name}():
    files = {inputs}{more}
    counts = {{"command": {command!r}{env}}}
    return {{
        "actions": [{action!r}],
        "file_dep": list(dict.fromkeys(files)),
        "targets": {outputs},
        "uptodate": [config_changed(counts)],
    }}
"""


class Doit(Tool):
    name = "doit"
    install = "pip install doit"
    programs = ("doit",)
    speaks = ("0.", "1.")
    state = (".doit.db", ".doit.db.db", ".doit.db.dat", ".doit.db.dir")
    keeps_going = ("--continue",)

    def files(self, project: Project) -> dict[str, str]:
        goals = ", ".join(repr(rule.name) for rule in project.last())
        return {"dodo.py": HEAD.format(comment=project.comment, goals=goals) + "".join(_task(rule) for rule in project.rules)}

    def target(self, name: str, output: str) -> str:
        return name

    def parallel(self, number: int) -> tuple[str, ...]:
        return ("-n", str(number))


def _task(rule: Rule) -> str:
    more = "".join(f" + sorted(filter(os.path.isfile, glob.glob({pattern!r}, recursive=True)))" for pattern in rule.globs)
    more += "".join(f" + [shutil.which({name!r})]" for name in rule.programs)
    more += f" + discovered({rule.depfile!r})" if rule.depfile else ""
    env = "".join(f', "{name}": os.environ.get({name!r})' for name in rule.env)
    return TASK.format(
        name=rule.name, inputs=list(rule.inputs), outputs=list(rule.outputs), more=more, env=env,
        command=rule.line(), action=rule.line().replace("%", "%%"),
    )  # fmt: skip
