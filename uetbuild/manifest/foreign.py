"""The keys that people bring along from other tools, by the noun of the block: what is written here instead."""

from __future__ import annotations

_RECIPE = {
    "cmd": "run", "cmds": "run", "command": "run", "commands": "run", "exec": "run", "recipe": "run", "script": "run", "scripts": "run",
    "shell_command": "run", "steps": "run",
    "deps": "depends_on", "dependencies": "depends_on", "dependsOn": "depends_on", "needs": "depends_on",
    "prerequisites": "depends_on", "requires": "depends_on", "wait_for": "after",
    "source": "inputs", "sources": "inputs", "src": "inputs", "srcs": "inputs", "files": "inputs", "file_dep": "inputs",
    "artifacts": "outputs", "creates": "outputs", "generates": "outputs", "out": "outputs", "outs": "outputs", "produces": "outputs",
    "target": "outputs", "targets": "outputs",
    "desc": "title", "description": "title", "doc": "title", "help": "title", "label": "title", "name": "title", "summary": "title",
    "dir": "cwd", "directory": "cwd", "working_directory": "cwd", "working-directory": "cwd", "workdir": "cwd",
    "environment": "env", "envs": "env", "if": "when", "retries": "retry", "preconditions": "require", "status": "skip_if",
    "strategy": "matrix", "group": "phase", "stage": "phase", "phony": "always",
}  # fmt: skip

KEYS: dict[str, dict[str, str]] = {
    "workstream": _RECIPE,
    "gate": _RECIPE,
    "manifest": {
        "jobs": "workstreams", "pipeline": "workstreams", "recipes": "workstreams", "rules": "workstreams", "stages": "workstreams",
        "targets": "workstreams", "tasks": "workstreams", "workstream": "workstreams",
        "includes": "include", "imports": "include", "variables": "vars", "environment": "env", "name": "project",
    },
    "step": {"command": "cmd", "exec": "cmd", "run": "cmd", "script": "cmd", "sh": "cmd", "dir": "cwd", "ignore_error": "allow_failure"},
    "tool": {"command": "cmd", "run": "cmd"},
}  # fmt: skip


def here(noun: str, key: str) -> str:
    """The key that a block has instead of one of another tool, "" where none is known."""
    return KEYS.get(noun, {}).get(key, "")
