"""ninja: its files are made to be generated, so the project has a `configure.py`, as ninja's own has.

It is run again when it changed, and when a folder of a glob did: ninja compares the times of folders, too.
"""

from __future__ import annotations

import sys

from benchmarks.mishaps.rules import Project

from .tool import Tool, without

CONFIGURE = '''\
#!/usr/bin/env python3
"""{comment}: writes build.ninja."""
import glob, os, shutil

RULES = {rules}


def path(text):
    return text.replace("$", "$$").replace(" ", "$ ").replace(":", "$:")


folders, lines = set(), ["ninja_required_version = 1.5", "build always: phony"]
for name in sorted({{name for rule in RULES for name in rule["env"]}}):
    compare = 'printf %s "$$@" | cmp -s - .@ || printf %s "$$@" > .@'.replace("@", name)
    lines += [f"rule stamp_{{name}}", f"  command = {{compare}}", "  restat = 1", f"build .{{name}}: stamp_{{name}} always"]
for rule in RULES:
    needs = list(rule["inputs"])
    for pattern in rule["globs"]:
        needs += sorted(found for found in glob.glob(pattern, recursive=True) if os.path.isfile(found))
        folders.update(top for top, _, _ in os.walk(pattern.partition("/")[0]))
    also = ["." + name for name in rule["env"]] + [shutil.which(name) for name in rule["programs"]]
    lines += [f"rule {{rule['name']}}", "  command = " + rule["command"]]
    if rule["depfile"]:
        lines += ["  deps = gcc", "  depfile = " + rule["depfile"]]
    makes, reads, also = (" ".join(map(path, each)) for each in (rule["outputs"], needs, also))
    lines.append(f"build {{makes}}: {{rule['name']}} {{reads}} | {{also}}")
lines += ["rule configure", "  command = {python} configure.py", "  generator = 1"]
lines.append("build build.ninja: configure | configure.py " + " ".join(map(path, sorted(folders))))
with open("build.ninja", "w", encoding="utf-8", errors="surrogateescape") as file:
    file.write("\\n".join(lines) + "\\n")
'''


class Ninja(Tool):
    name = "ninja"
    install = "pip install ninja"
    programs = ("ninja",)
    speaks = ("1.",)
    state = (".ninja_log", ".ninja_deps")
    dry = ("-n",)
    keeps_going = ("-k0",)

    def files(self, project: Project) -> dict[str, str]:
        without(project.paths(), {"\n": "a newline", "|": "a bar"})
        rules = [
            {
                "name": rule.name, "command": rule.line("$in", "$$"), "inputs": rule.inputs, "outputs": rule.outputs, "globs": rule.globs,
                "depfile": rule.depfile, "env": rule.env, "programs": rule.programs,
            }
            for rule in project.rules
        ]  # fmt: skip
        listed = "[\n" + "".join(f"    {rule!r},\n" for rule in rules) + "]"
        return {"configure.py": CONFIGURE.format(comment=project.comment, rules=listed, python=sys.executable)}

    def prepare(self, project: Project) -> list[str]:
        return [sys.executable, "configure.py"]

    def target(self, name: str, output: str) -> str:
        return output

    def parallel(self, number: int) -> tuple[str, ...]:
        return (f"-j{number}",)
