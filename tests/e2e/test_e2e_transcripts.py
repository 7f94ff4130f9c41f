"""Every transcript in `transcripts/` goes as written, to the letter."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from transcript import Folder, play

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_transcript_goes_as_written(path: Path, folder: Folder) -> None:
    written = path.read_text()
    told = play(written, folder)
    if os.environ.get("UETBUILD_RECORD") == "1":
        path.write_text(told)
        return
    assert told == written
