"""What breaks YAML's grammar, in our words: newcomers' traps with the text to quote, and what else the parser refuses.

A trap is told from the line where the parser stopped, not from the parser's message alone. Places are indices into the text.
Knows nothing of trees and of the manifest's keys.
"""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml.error import MarkedYAMLError

from uetbuild.errors import UetError
from uetbuild.manifest.source import SourceFile
from uetbuild.manifest.words import quoted, shortened


class Broken(Exception):
    """The text cannot be parsed beyond `error`. `start` to `end` is the value at fault, if it is known which one (else start = end)."""

    def __init__(self, error: UetError, start: int = 0, end: int = 0) -> None:
        super().__init__(error.message)
        self.error = error
        self.start = start
        self.end = end

    def masked(self, text: str) -> str:
        """`text` with a harmless value at the spot, every other character in its place; "" where no spot is known."""
        if self.start >= self.end:
            return ""
        return text[: self.start] + "x" * (self.end - self.start) + text[self.end :]


# --- where a value begins and ends ---------------------------------------------------------------------------------------------

MAX_LINE = 10_000  # characters of a line that are looked at
MAX_QUOTED = 400  # the longest value that a hint writes out
_ITEMS = re.compile(r"[ \t]*(?:-[ \t]+)*")
_KEY = re.compile(r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*'|[^\s'"\[\]{},#&*!|>%@`][^:#\n]*?)[ \t]*:[ \t]+""")
_COMMENT = re.compile(r"[ \t]+#.*")


def _line_bounds(text: str, index: int) -> tuple[int, int]:
    start = max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1
    end = re.compile(r"[\r\n]|\Z").search(text, index)
    return start, end.start() if end else len(text)


def value_span(text: str, index: int) -> tuple[int, int]:
    """The value on the line of `index`: behind `- ` and the first `key: `, up to a comment or the end of the line."""
    start, end = _line_bounds(text, index)
    items = _ITEMS.match(text, start, end)
    start = items.end() if items else start
    key = _KEY.match(text, start, end)
    start = key.end() if key else start
    comment = _COMMENT.search(text, max(start, index), end)
    end = comment.start() if comment else end
    return start, start + len(text[start:end].rstrip())


def _depth(text: str, start: int, end: int) -> int:
    """How many brackets are open at `end` that were not at `start`; quoted texts are passed over."""
    depth, quote = 0, ""
    for char in text[max(start, end - MAX_LINE) : end]:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        else:
            depth += (char in "[{") - (char in "]}")
    return depth


def _flow_end(text: str, start: int) -> int:
    """Where a value inside `[…]` or `{…}` ends: at the `,`, `]` or `}` that is not inside brackets of its own, or with its line."""
    depth, quote, index = 0, "", start
    while index < min(len(text), start + MAX_LINE) and text[index] not in "\r\n":
        char = text[index]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif depth == 0 and char in ",]}":
            break
        else:
            depth += (char in "[{") - (char in "]}")
        index += 1
    return start + len(text[start:index].rstrip())


def scalar_span(text: str, index: int, flow: bool) -> tuple[int, int]:
    """The value that begins at `index`, as its writer meant it; in a block it is all that stands behind the key."""
    start, end = value_span(text, index)
    if (flow or _depth(text, start, index) > 0) and start <= index:
        return index, _flow_end(text, index)
    return (start, end) if start <= index < end else (index, max(end, index + 1))


def trap(source: SourceFile, text: str, message: str, span: tuple[int, int]) -> Broken:
    """The answer to a value that must be quoted. `message` holds `{}` where the value is named."""
    start, end = span
    value = text[start:end]
    hint = f"quote it: {quoted(value)}" if len(value) <= MAX_QUOTED else "quote it"
    error = UetError(message.replace("{}", shortened(value)), source.span(start, end), hint)
    return Broken(error, start, end)


# --- the traps that the composer sees ------------------------------------------------------------------------------------------


def template_trap(source: SourceFile, text: str, start: int, flow: bool) -> Broken:
    """`{{ x }}` without quotes: a map in a map for YAML."""
    return trap(source, text, "a template must be quoted: `{{` opens two maps", scalar_span(text, start, flow))


def tag_trap(source: SourceFile, text: str, start: int, flow: bool) -> Broken:
    """`!x` without quotes: a tag for YAML, of which we have none."""
    return trap(source, text, "`{}` starts with `!`, which makes it a tag of YAML", scalar_span(text, start, flow))


def alias_trap(source: SourceFile, text: str, start: int, flow: bool) -> Broken:
    """`*.c` or `*name` without quotes: a reference to an anchor for YAML."""
    return trap(source, text, "`{}` starts with `*`, which refers to an anchor of YAML", scalar_span(text, start, flow))


# --- what comes before the document --------------------------------------------------------------------------------------------


_PRELUDE = re.compile(r"(?:[ \t]*+(?:#[^\n]*+)?\n)*+(%[^\n]*)")


def prelude_errors(source: SourceFile) -> list[UetError]:
    """Errors for directives: `%YAML 1.2` is the only one. Done here because the parser takes its time over a million of them."""
    found = _PRELUDE.match(source.text)
    while found:
        line = found[1].rstrip()
        words = line.split()
        if words[:2] != ["%YAML", "1.2"]:
            message = f"`{shortened(line)}` is a directive of YAML, and none is needed"
            if words[0] == "%YAML":
                message = f"manifests are YAML 1.2, not `{shortened(line)}`"
            return [UetError(message, source.span(found.start(1), found.start(1) + len(line)), "remove the line")]
        found = _PRELUDE.match(source.text, found.end() + 1)
    return []


_ILLEGAL = r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # compiled where one is met, which takes 6 ms


def illegal_character(source: SourceFile, text: str, reason: str) -> Broken:
    """A character that YAML does not allow."""
    found = re.search(_ILLEGAL, text)
    if not found:
        return Broken(UetError(f"this is not text: {reason}", source.location(1)))
    hint = 'remove it, or write it as an escape inside "…"'
    return Broken(UetError(f"a character that cannot be shown (U+{ord(found[0]):04X})", source.span(found.start(), found.end()), hint))


# --- what the parser refuses ---------------------------------------------------------------------------------------------------


def explain(source: SourceFile, text: str, fault: MarkedYAMLError, flow: bool) -> Broken:
    """Our words for an error of the parser; `flow`: it came inside `[…]` or `{…}`."""
    at = min(_index(fault.problem_mark), len(text))
    opened = _index(fault.context_mark) if fault.context_mark is not None else at
    problem, context = str(fault.problem or ""), str(fault.context or "")
    if "tab character" in problem or ("cannot start any token" in problem and text[at : at + 1] == "\t"):
        return Broken(UetError("a tab indents this line", source.span(at, at + 1), "indent with spaces"))
    if "cannot start any token" in problem:
        return trap(source, text, f"an unquoted text cannot start with `{text[at]}`", scalar_span(text, at, flow))
    if "anchor" in context or "alias" in context:
        return _indicator(source, text, opened, flow)
    if "tag" in context or "tag handle" in problem:
        return tag_trap(source, text, opened, flow)
    if "block scalar" in context:
        return trap(source, text, "`{}` starts with `%s`, which announces the lines below it" % text[opened], value_span(text, opened))  # noqa: UP031
    if "quoted scalar" in context:
        return _quotes(source, text, problem, opened, at)
    if "mapping values are not allowed" in problem:
        return _second_colon(source, text, at)
    if "'-' indicator" in problem or "expected key" in problem:
        return _misplaced(source, text, at, items="indicator" in problem)
    if "',' or" in problem:
        return _open_bracket(source, text, opened, at)
    return _other(source, text, problem, opened, at)


def _index(mark: Any) -> int:
    return int(mark.index)


def _indicator(source: SourceFile, text: str, at: int, flow: bool) -> Broken:
    """`*` or `&` where no name follows."""
    start, end = value_span(text, at)
    if start < at and not flow and _depth(text, start, at) == 0:  # `[ -f x ] && y`
        return _behind_closed(source, text, start, end)
    if text[at] == "*":
        return alias_trap(source, text, at, flow)
    return trap(source, text, "`{}` starts with `&`, which names an anchor of YAML", scalar_span(text, at, flow))


def _quotes(source: SourceFile, text: str, problem: str, opened: int, at: int) -> Broken:
    if "end of stream" in problem or "document indicator" in problem:
        return Broken(UetError(f"this `{text[opened]}` is never closed", source.span(opened, opened + 1), "close it where the text ends"))
    shown = text[at : at + 2]
    hint = f"write `\\{shown}`, or use single quotes, where a `\\` is only a `\\`"
    start, end = value_span(text, opened)
    return Broken(UetError(f"`{shown}` means nothing inside double quotes", source.span(at, at + 2), hint), max(start, opened), end)


_GLUED = re.compile(r"[ \t]*(?:-[ \t]+)*([A-Za-z_][\w.-]*):(\S.*)")


def _second_colon(source: SourceFile, text: str, at: int) -> Broken:
    """`: ` where no key can be: in an unquoted text, or below one that goes on over several lines."""
    start, end = value_span(text, at)
    if start <= at < end:
        return trap(source, text, "`: ` inside an unquoted text starts a map", (start, end))
    line, _ = source.position(at)
    above = line - 1
    while above > 1 and not source.line(above).strip():
        above -= 1
    glued = _GLUED.match(source.line(above))
    if glued and ": " not in source.line(above):
        hint = f"write `{glued[1]}: {shortened(glued[2])}`"
        return Broken(UetError("a blank is missing behind the `:`", source.location(above, glued.end(1) + 1), hint))
    first = _first_of_line(text, at)
    hint = f"align it with the key in line {above}, or quote the text there"
    return Broken(UetError(f"this key stands inside the text of line {above}", source.span(first, at), hint))


def _first_of_line(text: str, index: int) -> int:
    start, end = _line_bounds(text, index)
    return start + len(text[start:end]) - len(text[start:end].lstrip())


def _misplaced(source: SourceFile, text: str, at: int, *, items: bool) -> Broken:
    """Something that can neither go on what came before nor start something new."""
    start, end = value_span(text, at)
    first = _first_of_line(text, at)
    if first < at and start < at:
        return _behind_closed(source, text, start, end)
    place = source.span(at, max(end, at + 1))
    if items:
        return Broken(
            UetError("this line is no item of the list above it", place, "start it with `- `, or align it with the key it belongs to")
        )
    if text.startswith("-", at):
        return Broken(UetError("a list item stands among keys", place, "indent it below its key"))
    return Broken(UetError("this line is aligned with nothing above it", place, "align it with the keys it belongs to"))


_MEANT_INSIDE = re.compile(r"""'[^']*+'[^'\s]|"(?:[^"\\]|\\.)*+"[^"\s]""", re.S)


def _behind_closed(source: SourceFile, text: str, start: int, end: int) -> Broken:
    """`run: "{{ x }}" foo`: the value ends with the closing quote or bracket, and yet goes on."""
    value = text[start:end]
    opening = value[:1]
    if opening in "'\"" and value.endswith(opening) and len(value) > 1 and (value.count(opening) % 2 or _MEANT_INSIDE.match(value)):
        inner = value[1:-1].replace('\\"', '"')  # 'it's', or "cd "$HOME" && ls", but not "a" "b", which is quoted as a whole
        error = UetError(f"a `{opening}` inside `{opening}…{opening}` ends the text", source.span(start, end), f"quote it: {quoted(inner)}")
        return Broken(error, start, end)
    what = {"[": "list", "{": "map"}.get(opening, "quoted text")
    return trap(source, text, f"something stands behind the end of the {what}", (start, end))


def _open_bracket(source: SourceFile, text: str, opened: int, at: int) -> Broken:
    """Inside `[…]` or `{…}`: a `: ` too many, a missing comma, or no end."""
    close = "]" if text[opened : opened + 1] == "[" else "}"
    if text[at : at + 1] == ":" and source.position(at)[0] == source.position(opened)[0]:
        start = at
        while start > opened + 1 and text[start - 1] not in ",[{" and not text.startswith(": ", start - 2):
            start -= 1
        start += len(text[start:at]) - len(text[start:at].lstrip())
        return trap(source, text, "`: ` inside an unquoted text starts a map", (start, _flow_end(text, start)))
    if text.startswith("{{", at) and not text.startswith("{{", opened):
        start = max(opened + 1, *(text.rfind(mark, opened, at) + len(mark) for mark in (",", ": ", "[", "{")))
        start += len(text[start:at]) - len(text[start:at].lstrip())
        return trap(source, text, "a template must be quoted: `{{` cannot stand inside an unquoted text", (start, _flow_end(text, start)))
    if at >= len(text.rstrip()) or source.position(at)[0] != source.position(opened)[0]:
        message = f"this `{text[opened]}` is never closed"
        return Broken(UetError(message, source.span(opened, opened + 1), f"close it with `{close}`, and put `,` between the items"))
    return Broken(
        UetError(f"a `,` or `{close}` is missing before this", source.span(at, at + 1), "quote texts that hold blanks and brackets")
    )


def _other(source: SourceFile, text: str, problem: str, opened: int, at: int) -> Broken:
    if "block sequence entries" in problem:
        item = text[slice(*value_span(text, at))].lstrip("- \t")
        return Broken(
            UetError(
                "a list cannot start behind its key", source.span(at, at + 1), f"write it on lines of its own, or as `[{shortened(item)}]`"
            )
        )
    if "could not find expected ':'" in problem:
        start, end = _line_bounds(text, opened)
        return Broken(
            UetError("this line has no `:`", source.span(_first_of_line(text, opened), max(end, start + 1)), "write `key: value`")
        )
    if "unexpected ':'" in problem:
        return Broken(UetError("a value is missing behind this `:`", source.span(at, at + 1), "quote it if it is meant as text"))
    if "expected node content" in problem:
        char = text[at : at + 1]
        message = f"a value is missing before `{char}`" if char.strip() else "a value is missing here"
        return Broken(UetError(message, source.span(at, at + 1), "quote it if it is meant as text" if char.strip() else ""))
    if "document start" in problem:
        return Broken(UetError("something stands behind the end of the manifest", source.span(at, at + 1), "a manifest is one document"))
    return Broken(
        UetError(
            f"YAML cannot read this: {problem or 'no reason given'}", source.span(at, at + 1), 'texts with characters of YAML go in "…"'
        )
    )
