"""A small project whose state folder is attacked, and what must hold afterwards, whatever was done to it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from transcript import Folder, Said

from uetbuild import front

MANIFEST = """
version: 1
vars: {who: world}
workstreams:
  one: {inputs: [a], outputs: [o/one], run: "cat a > o/one"}
  two: {inputs: [o/one, b], outputs: [o/two], run: "cat o/one b > o/two; echo {{ vars.who }} >> o/two"}
  sign: {edits: [text], run: "grep -q signed text || echo signed >> text"}
  spends: {outputs: [o/spends], run: 'echo "{\\"usd\\": 1}" > $UET_USAGE_FILE; touch o/spends'}
"""
BEFORE = {"a": "before\n", "b": "b\n", "text": "text\n"}
NODES = 4


class Attacked:
    """The project, built twice; `restore` puts it back as it was then, with the state folder that `template` holds."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.root = folder.root
        self.state = self.root / ".uet"
        self.template = self.root.parent / "template"
        folder.manifest(MANIFEST)
        for name, text in BEFORE.items():
            folder.write(name, text)
        assert folder("-j1").code == 0
        assert folder("").text == UP_TO_DATE
        shutil.copytree(self.state, self.template)

    @property
    def database(self) -> bytes:
        """`state.db` as a build leaves it."""
        return (self.template / "state.db").read_bytes()

    def restore(self) -> None:
        """The state folder as two builds of the sources BEFORE left it."""
        shutil.rmtree(self.state, ignore_errors=True)
        shutil.copytree(self.template, self.state)
        self.state.chmod(0o700)

    def put(self, name: str, data: bytes) -> Path:
        """Write a file of the state folder, readable by its owner only."""
        path = self.state / name
        path.write_bytes(data)
        path.chmod(0o600)
        return path

    def survives(self, content: str, says: str = "") -> Said:
        """After the attack: a command that looks changes nothing; a change of `a` is seen and built; then there is nothing to do. No
        traceback, nothing wrong, and `says` is said. Returns what the build said."""
        self.folder.write("a", content)
        present = self._present()
        looked = self.folder("status")
        assert looked.code == 1 and "one" in looked.out.split(), looked.text
        assert "Traceback" not in looked.text and "internal error" not in looked.text, looked.text
        assert self._present() == present
        assert self.door() is None, "the fast door must not open: `a` has changed"
        built = self.folder("-j1")
        self.check(built, content)
        assert says in built.err
        return built

    def check(self, built: Said, content: str) -> None:
        """What a build that ended well has left, and that the next one does nothing."""
        assert built.code == 0, built.text
        assert "Traceback" not in built.text and "internal error" not in built.text, built.text
        assert "up to date (" not in built.text or "ran" in built.text, built.text
        assert self.made() == (content, f"{content}b\nworld\n", "text\nsigned\n"), built.text
        again = self.folder("")
        assert (again.code, again.text) == (0, UP_TO_DATE), built.text + again.text

    def made(self) -> tuple[str, str, str]:
        """The outputs, and the file that is edited."""
        return self.folder.read("o/one"), self.folder.read("o/two"), self.folder.read("text")

    def _present(self) -> list[str]:
        """The files of the state folder, but for those that SQLite makes also for who only reads."""
        names = os.listdir(self.state) if self.state.is_dir() else []
        return sorted([name for name in names if not name.endswith(("-wal", "-shm"))])

    def door(self) -> bytes | None:
        """What the fast door says in this folder."""
        with contextlib.chdir(self.root):
            said = front.look([], self.folder.environ)
            return said if type(said) is bytes else None


UP_TO_DATE = f"up to date ({NODES} workstreams)\n"


def contents() -> Iterator[str]:
    """New contents of a source, all of the same length."""
    number = 0
    while True:
        number += 1
        yield f"{number:06d}\n"
