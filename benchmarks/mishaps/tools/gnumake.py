"""GNU make: the strict shell, `.DELETE_ON_ERROR`, the Makefile as a prerequisite of all, included depfiles, grouped targets."""

from __future__ import annotations

from benchmarks.mishaps.rules import Project, Rule

from .tool import Tool, without

HEAD = """\
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.PHONY: all FORCE
"""
STAMP = """\
.{0}: FORCE
\t@printf %s "$${0}" | cmp -s - $@ || printf %s "$${0}" > $@
"""


class Make(Tool):
    name = "make"
    install = "apt-get install make"
    programs = ("gmake", "make")
    speaks = ("GNU Make",)
    dry = ("-n",)
    keeps_going = ("-k",)

    def files(self, project: Project) -> dict[str, str]:
        without(project.paths(), {"\n": "a newline", ";": "a semicolon"})
        goals = " ".join(_prerequisite(path) for rule in project.last() for path in rule.outputs)
        text = f"# {project.comment}\n{HEAD}all: {goals}\n"
        text += "".join(STAMP.format(name) for name in project.variables())
        return {"Makefile": text + "".join(_rule(rule) for rule in project.rules)}

    def target(self, name: str, output: str) -> str:
        return output

    def parallel(self, number: int) -> tuple[str, ...]:
        return (f"-j{number}",)


def _rule(rule: Rule) -> str:
    needs = [*(_prerequisite(path) for path in rule.inputs), *(_glob(pattern) for pattern in rule.globs)]
    needs += [f".{name}" for name in rule.env] + [f"$(shell command -v {name})" for name in rule.programs]
    colon = "&:" if len(rule.outputs) > 1 else ":"
    command = rule.line("$(filter-out Makefile,$^)", "$$")
    text = f"{' '.join(_target(path) for path in rule.outputs)} {colon} {' '.join(needs)} Makefile\n\t{command}\n"
    return text + (f"-include {rule.depfile}\n" if rule.depfile else "")


def _glob(pattern: str) -> str:
    if "**" not in pattern:
        return f"$(wildcard {pattern})"
    folder, _, name = pattern.partition("/**/")
    return f"$(shell find {folder} -name '{name}' -type f)"


def _prerequisite(path: str) -> str:
    return "".join({"$": "$$"}.get(each, f"\\{each}" if each in " #:*?[\\" else each) for each in path)


def _target(path: str) -> str:
    """As a prerequisite, but that a `%` would make it a pattern."""
    return _prerequisite(path).replace("%", "\\%")
