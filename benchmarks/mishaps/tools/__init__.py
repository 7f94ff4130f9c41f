"""The tools that are measured."""

from .doit import Doit
from .gnumake import Make
from .gotask import GoTask
from .ninja import Ninja
from .tool import Tool
from .uetbuild import Uetbuild

TOOLS: tuple[Tool, ...] = (Uetbuild(), Make(), Ninja(), Doit(), GoTask())

__all__ = ["TOOLS", "Tool"]
