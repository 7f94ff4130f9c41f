"""How programs are installed that are asked for so often that it is worth saying when one is missing."""

from __future__ import annotations

INSTALL = {
    "bandit": "pip install bandit",
    "black": "pip install black",
    "codespell": "pip install codespell",
    "flake8": "pip install flake8",
    "mypy": "pip install mypy",
    "pytest": "pip install pytest",
    "ruff": "pip install ruff",
    "shellcheck": "apt install shellcheck",
    "yamllint": "pip install yamllint",
}


def how_to_install(program: str) -> str:
    """The hint for a program that is not on PATH."""
    way = INSTALL.get(program)
    return f"install it (`{way}`), or set PATH" if way else f"install `{program}`, or set PATH"
