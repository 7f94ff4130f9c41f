"""Compiles the accelerator (`uetbuild/_sweep.c`) into the wheel where `UETBUILD_ACCELERATOR=1` asks for it. Without, there is nothing to
compile, and one wheel does for all systems.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ASKED = "UETBUILD_ACCELERATOR"
SOURCE = Path(__file__).with_name("uetbuild") / "_sweep.c"
MODULE = "uetbuild/_sweep.abi3.so"


class NotCompiled(Exception):
    """Says in one or two sentences what is missing, or what the compiler said."""


class Accelerator(BuildHookInterface[Any]):
    """Called by hatchling around the build of a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """`version`: "editable", which compiles beside the source, or "standard"."""
        self._made = tempfile.TemporaryDirectory()
        if os.environ.get(ASKED, "0") in ("", "0"):
            return
        target = Path(self.root, MODULE) if version == "editable" else Path(self._made.name, Path(MODULE).name)
        try:
            build(target)
        except NotCompiled as error:
            self.app.abort(f"{ASKED} asks for the accelerator, which cannot be built: {error}\nWithout {ASKED} uetbuild does without.")
        if version != "editable":
            build_data["force_include"][str(target)] = MODULE
            build_data["pure_python"] = False
            build_data["tag"] = f"cp311-abi3-{platform()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Of no further use."""
        self._made.cleanup()


def build(target: Path) -> None:
    """Compile it, with `CC`, `CFLAGS` and `LDFLAGS` as is usual. Raises NotCompiled."""
    headers = sysconfig.get_path("include")
    if not Path(headers, "Python.h").exists():
        raise NotCompiled(f"`{headers}/Python.h` is not there; Debian has it in python3-dev, Fedora in python3-devel")
    words = {name: shlex.split(os.environ.get(name, "")) for name in ("CC", "CFLAGS", "LDFLAGS")}
    shared = ["-bundle", "-undefined", "dynamic_lookup"] if sys.platform == "darwin" else ["-shared"]
    command = [*(words["CC"] or ["cc"]), "-std=c11", "-O2", "-fPIC", "-pthread", *words["CFLAGS"], f"-I{headers}"]
    try:
        done = subprocess.run([*command, str(SOURCE), *shared, "-o", str(target), *words["LDFLAGS"]], capture_output=True, text=True)
    except OSError as error:
        raise NotCompiled(f"there is no C compiler `{command[0]}` ({error.strerror}); `CC` names another") from None
    if done.returncode:
        raise NotCompiled(f"`{shlex.join(command)}` failed:\n{done.stderr.strip()}")


def platform() -> str:
    """The last part of the wheel's tag. What is compiled here is for the processor at hand, also where Python is for two of them."""
    return sysconfig.get_platform().replace("universal2", os.uname().machine).translate(str.maketrans("-.", "__"))
