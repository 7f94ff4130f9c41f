"""What a starter manifest is put together from: parts, one for each kind of project, of workstreams as lines of YAML."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

Naming = Callable[[str], str]  # the id in the manifest of what a part calls so


class Stream:
    """A workstream: `body` are its lines of YAML without indent, `comment` stands above it (lines of text)."""

    def __init__(self, id_: str, title: str, body: list[str], comment: str = "") -> None:
        self.id = id_
        self.title = title
        self.body = body
        self.comment = comment
        self.in_default = True

    def by_hand(self) -> Stream:
        """The same, run only where it is named."""
        if self.in_default:
            self.body = [*self.body, "manual: true               # runs only when it is named"]
            self.in_default = False
        return self

    def lines(self) -> list[str]:
        """Its lines in a manifest."""
        above = [f"  # {line}".rstrip() for line in self.comment.splitlines()]
        return [*above, f"  {self.id}:", f"    title: {quoted(self.title)}", *[f"    {line}" for line in self.body]]


class Part:
    """What one kind of project adds: workstreams, lines below `vars` and `scopes`, and `notes`: comments after its workstreams."""

    def __init__(self, kind: str, streams: list[Stream]) -> None:
        self.kind = kind
        self.streams = streams
        self.vars: list[str] = []
        self.scopes: list[str] = []
        self.notes: list[str] = []


def quoted(text: str) -> str:
    """A text as YAML writes it, in quotes only where it needs them."""
    plain = text.removeprefix("scope:").replace(" ", "").replace("-", "").replace("_", "").replace(".", "").replace("/", "")
    if (
        plain.isascii()
        and plain.isalpha()
        and text.strip() == text
        and text.lower() not in ("true", "false", "null", "yes", "no", "on", "off")
    ):
        return text
    return json.dumps(text, ensure_ascii=False)


def listed(texts: Iterable[str]) -> str:
    """A list of texts as YAML in one line; patterns are quoted."""
    return f"[{', '.join(quoted(text) for text in texts)}]"


def run(text: str) -> str:
    """The line of a recipe."""
    return f"run: {json.dumps(text, ensure_ascii=False)}"
