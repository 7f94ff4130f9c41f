"""The starter of a Python project: syntax, the checks that it configures, its tests; with the tools that are there."""

from __future__ import annotations

from uetbuild.manifest.ground import Ground, patterns
from uetbuild.manifest.starting import Naming, Part, Stream, listed, run

_MARKS = ("pyproject.toml", "setup.py", "setup.cfg")
_CONFIGURED = {  # section of pyproject.toml, files that configure it, id, title, what it is run with
    "ruff": (("ruff.toml", ".ruff.toml"), "lint", "Lint", "check -q"),
    "mypy": (("mypy.ini", ".mypy.ini"), "types", "Check the types", ""),
}


def part(ground: Ground, named: Naming) -> Part | None:
    """The part, None where no Python lies there."""
    code = ground.ending(".py")
    if not code:
        return None
    tools = _Tools(ground)
    syntax = Stream(named("syntax"), "Check the syntax", [
        f"inputs: [scope:{named('code')}]", run("{{ vars.python }} -m py_compile -- {{ inputs }}"),
    ])  # fmt: skip
    if not any(ground.has(mark) for mark in _MARKS):
        syntax.comment = "A check has no outputs; it runs again when what it reads has changed."
    made = Part("python", [syntax])
    made.vars.append(f"python: {tools.python}")
    made.scopes.append(f"{named('code')}: {listed(patterns(code, '.py'))}")
    settings = [mark for mark in _MARKS[:1] if ground.has(mark)]
    for stream in _checks(ground, tools, named, code, settings):
        made.streams.append(stream)
    tests = [path for path in code if _is_test(path)]
    if tests:
        _add_tests(made, ground, tools, named, tests, settings)
    if ground.has("pyproject.toml"):
        made.notes += [
            "A package for others, once `build` is installed:",
            f"{named('wheel')}:",
            f"  inputs: [scope:{named('code')}, pyproject.toml]",
            '  outputs: ["dist/*.whl"]',
            '  run: "{{ vars.python }} -m build --wheel"',
        ]
    return made


class _Tools:
    """The interpreter of the project, and tools beside it or on PATH."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._folder = next((each for each in (".venv/bin", "venv/bin") if ground.executable(f"{each}/python")), "")
        self.python = f"{self._folder}/python" if self._folder else ground.program("python3", "python") or "python3"

    def command(self, name: str) -> str:
        """How a tool is started, "" where it is not there."""
        if self._folder and self._ground.executable(f"{self._folder}/{name}"):
            return f"{self._folder}/{name}"
        return self._ground.program(name)


def _checks(ground: Ground, tools: _Tools, named: Naming, code: list[str], settings: list[str]) -> list[Stream]:
    configured = ground.toml("pyproject.toml").get("tool")
    configured = configured if isinstance(configured, dict) else {}
    found = []
    for tool, (files, name, title, words) in _CONFIGURED.items():
        own = [file for file in files if ground.has(file)]
        command = tools.command(tool)
        if command and (own or tool in configured):
            of_config = tool == "mypy" and isinstance(configured.get(tool), dict) and {"files", "packages"} & set(configured[tool])
            recipe = f"{command} {words}".rstrip() + ("" if of_config else " -- {{ inputs.code }}")
            reads = f"inputs: {{code: scope:{named('code')}, settings: {listed([*settings, *own])}}}"
            found.append(Stream(named(name), title, [reads, run(recipe)]))
    return found


def _is_test(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py")


def _add_tests(made: Part, ground: Ground, tools: _Tools, named: Naming, tests: list[str], settings: list[str]) -> None:
    folders = sorted({path.partition("/")[0] for path in tests if "/" in path})
    data = [f"{folder}/**" for folder in folders if folder in ("tests", "test")]
    scope = f"scope:{named('code')}"
    body = [f"inputs: {listed([scope, *data, *settings])}"]
    if any(path.startswith("src/") for path in ground.ending(".py")):
        body.append("env: {PYTHONPATH: src}")
    pytest = tools.command("pytest")
    if pytest:
        recipe = "{{ vars.python }} -m pytest -q {{ args }}" if "/" in pytest else f"{pytest} -q {{{{ args }}}}"
        comment = "`uetbuild test -- -k NAME` hands words on. Tests that read more files want them among the inputs."
        made.streams.append(Stream(named("test"), "Run the tests", [*body, run(recipe)], comment.replace("test --", f"{named('test')} --")))
    elif any("unittest" in ground.text(path) for path in tests):
        start = f" -s {folders[0]}" if folders in (["tests"], ["test"]) else ""
        recipe = f"{{{{ vars.python }}}} -m unittest discover -q{start}"
        made.streams.append(Stream(named("test"), "Run the tests", [*body, run(recipe)]))
    else:
        made.notes += [
            "The tests, once pytest is installed:",
            f"{named('test')}:",
            *[f"  {line}" for line in body],
            '  run: "pytest -q {{ args }}"',
            "",
        ]
