"""Waiting for another attempt, with the real program: it survives signals and kills, and nothing is left behind."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import Any

from transcript import Folder

MANIFEST = """
workstreams:
  patient:
    inputs: [source]
    outputs: [made]
    retry: {attempts: 3, backoff: 5h, max: 5h}
    run: "echo try $UET_ATTEMPT >> {outside}; test $UET_ATTEMPT = 2 && touch made"
"""


def waiting(folder: Folder) -> tuple[subprocess.Popen[str], list[dict[str, Any]]]:
    """A build that waits for another attempt, and its events up to there."""
    process = folder.start("--json")
    assert process.stdout is not None
    events: list[dict[str, Any]] = []
    while not events or events[-1]["event"] != "retry_scheduled":
        line = process.stdout.readline()
        assert line, "it ended"
        events.append(json.loads(line))
    return process, events


def prepared(folder: Folder) -> Folder:
    folder.manifest(MANIFEST.replace("{outside}", str(folder.root.parent / "tries")))
    folder.write("source", "1")
    return folder


def tries(folder: Folder) -> list[str]:
    return (folder.root.parent / "tries").read_text().split("\n")[:-1]


def test_a_wait_outlives_builds_that_are_killed_and_interrupted_and_only_the_rest_is_waited(folder: Folder) -> None:
    prepared(folder)
    process, events = waiting(folder)
    before = events[-1]
    assert (before["attempt"], before["attempts"], before["reason"], before["code"]) == (2, 3, "exit", 1)
    process.kill()
    process.communicate()
    for end, recovered in ((signal.SIGINT, ["recovered"]), (signal.SIGTERM, [])):
        process, events = waiting(folder)
        assert [event["event"] for event in events] == ["run_started", *recovered, "wave_started", "node_judged", "retry_scheduled"]
        now = events[-1]
        assert (now["attempt"], now["reason"]) == (2, "resumed")
        assert 0 < now["delay"] < before["delay"]
        before = now
        process.send_signal(end)
        process.communicate(timeout=20)
        assert process.returncode == 128 + end
    assert tries(folder) == ["try 1"]
    assert "stale" in folder("status").text


def test_what_changes_or_is_forced_starts_anew_at_once(folder: Folder) -> None:
    prepared(folder)
    for again in (("--json",), ("--json", "-B", "patient")):
        process, _ = waiting(folder)
        process.kill()
        process.communicate()
        folder.write("source", str(again))
        process = folder.start(*again)
        assert process.stdout is not None
        first = [json.loads(process.stdout.readline()) for _ in range(5)][-1]
        assert (first["event"], first["attempt"]) == ("node_started", 1)
        process.kill()
        process.communicate()
    assert tries(folder).count("try 2") == 0
