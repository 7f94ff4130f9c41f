"""Ready-made gates for common tools (`uses: NAME`): what each runs, on which files, and what it needs. Each is tested with the real tool.

A recipe is a list of words, so that no shell is needed. What has `{{ files }}` checks what the guarded workstreams made, or the gate's
own `inputs` if it has any, as far as the names match; what has not runs as the tool is configured.
"""

from __future__ import annotations

FILES = "{{ files }}"


class ReadyGate:
    """One entry. `type` of the contract's list; `about`: what it checks; `words` of the command; `only`: patterns of the names of the
    files that it is given: without any the tools would check all that they find.
    """

    __slots__ = ("about", "only", "type", "words")

    def __init__(self, type: str, about: str, words: tuple[str, ...], only: tuple[str, ...] = ()) -> None:
        self.type = type
        self.about = about
        self.words = words
        self.only = only

    @property
    def program(self) -> str:
        """What must be on PATH."""
        return self.words[0]

    @property
    def title(self) -> str:
        """What stands for a command that nobody wants to read, "" for any other."""
        return self.about if any("\n" in word for word in self.words) else ""


_PYTHON = ("*.py", "*.pyi")
_ANY = ("*", ".*")
_COMPILE = """\
import compileall, sys, tempfile
with tempfile.TemporaryDirectory() as sys.pycache_prefix:
    sys.exit(not all([compileall.compile_file(path, force=True, quiet=1) for path in sys.argv[1:]]))"""
_PARSE = """\
import {module}, sys
def fault(path):
    try: {module}.load(open(path, "rb"))
    except ValueError as error: return f"{{path}}: {{error}}"
sys.exit("\\n".join(filter(None, map(fault, sys.argv[1:]))) or 0)"""

CATALOGUE: dict[str, ReadyGate] = {
    "bandit": ReadyGate("security", "common security faults in Python", ("bandit", "-q", "--", FILES), ("*.py",)),
    "black": ReadyGate("lint", "Python is formatted as black would", ("black", "--check", "-q", "--diff", "--", FILES), _PYTHON),
    "codespell": ReadyGate("lint", "common misspellings in any text", ("codespell", "--", FILES), _ANY),
    "compileall": ReadyGate("syntax", "Python compiles", ("python3", "-c", _COMPILE, FILES), ("*.py",)),
    "flake8": ReadyGate("lint", "Python style and likely errors", ("flake8", "--", FILES), ("*.py",)),
    "json": ReadyGate("syntax", "JSON can be read", ("python3", "-c", _PARSE.format(module="json"), FILES), ("*.json",)),
    "mypy": ReadyGate("lint", "types of Python", ("mypy", "--", FILES), ("*.py",)),
    "pytest": ReadyGate("unit", "all tests that pytest is configured to run", ("pytest", "-q")),
    "ruff": ReadyGate("lint", "Python style and likely errors", ("ruff", "check", "--force-exclude", "--", FILES), _PYTHON),
    "ruff-format": ReadyGate(
        "lint", "Python is formatted as ruff would", ("ruff", "format", "--diff", "--force-exclude", "--", FILES), _PYTHON
    ),
    "shellcheck": ReadyGate("lint", "likely errors in shell scripts", ("shellcheck", "--", FILES), ("*.sh", "*.bash")),
    "toml": ReadyGate(
        "syntax", "TOML can be read (Python 3.11 or later)", ("python3", "-c", _PARSE.format(module="tomllib"), FILES), ("*.toml",)
    ),
    "unittest": ReadyGate("unit", "all tests that unittest finds", ("python3", "-m", "unittest")),
    "yamllint": ReadyGate("lint", "YAML can be read, and its style", ("yamllint", "--", FILES), ("*.yaml", "*.yml")),
}


def table() -> str:
    """The catalogue as Markdown, for the reference."""
    rows = []
    for name, ready in CATALOGUE.items():
        command = " ".join(["…" if "\n" in word else word for word in ready.words])
        rows.append(f"| `{name}` | {ready.type} | `{command}` | {_shown(ready)} | {ready.about} |")
    return "\n".join(["| `uses` | type | runs | files | checks |", "|---|---|---|---|---|", *rows]) + "\n"


def _shown(ready: ReadyGate) -> str:
    if not ready.only:
        return "as configured"
    return "any" if ready.only == _ANY else ", ".join([f"`{each}`" for each in ready.only])
