"""What comes from outside (output of commands, names of files) made harmless for a terminal: only colours pass.

All else that a terminal would obey is shown as text: `^[` for ESC, `^G` for BEL, `\\x9b` for C1 controls and bytes that are no UTF-8.
"""

from __future__ import annotations

_PARAMETERS = frozenset("0123456789;:")
_TURNING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029)  # direction marks, line and paragraph separators
_LONGEST = 64  # characters of a colour sequence; anything longer is none

_tables: list[dict[int, str]] = []


def safe_output(text: str, colours: bool) -> str:
    """Output of a command: lines and tabs stay, colours stay if wanted, a carriage return begins a new line."""
    if text.isprintable():
        return text
    return _escape(text.replace("\r\n", "\n").replace("\r", "\n"), 0, colours)


def safe_name(text: str) -> str:
    """A name, title or value within a line: nothing passes but printable characters."""
    return text if text.isprintable() else _escape(text, 1, False, drop=False)


def safe_json(text: str) -> str:
    """JSON that says the same and that no terminal obeys: what JSON leaves as it is, is written as `\\u009b`."""
    return text if text.isprintable() else text.translate(_json_controls())


def unfinished(text: str) -> int:
    """How many characters at the end may be the beginning of a colour sequence, or of a line end, whose rest is still to come."""
    if text.endswith("\r"):
        return 1
    start = text.rfind("\x1b", max(0, len(text) - _LONGEST))
    if start < 0:
        return 0
    rest = text[start + 1 :]
    if not rest or (rest[0] == "[" and all(letter in _PARAMETERS for letter in rest[1:])):
        return len(text) - start
    return 0


def _escape(text: str, table: int, colours: bool, drop: bool = True) -> str:
    """`drop`: colours that are not wanted vanish; otherwise they are shown like the rest."""
    controls = _controls()[table]
    head, *parts = text.split("\x1b")
    shown = [head.translate(controls)]
    coloured = False
    for part in parts:
        end = _sgr_end(part)
        if not end or (not colours and not drop):
            shown.append("^[" + part.translate(controls))
            continue
        if colours:
            shown.append("\x1b" + part[:end])
            coloured = part[:end] not in ("[m", "[0m")
        shown.append(part[end:].translate(controls))
    if coloured:
        shown.append("\x1b[0m")
    return "".join(shown)


def _sgr_end(part: str) -> int:
    """Length of the colour sequence that `part`, the text after an ESC, begins with; 0 where it begins with none."""
    if part[:1] == "[":
        for place in range(1, min(len(part), _LONGEST)):
            if part[place] == "m":
                return place + 1
            if part[place] not in _PARAMETERS:
                break
    return 0


def _json_controls() -> dict[int, str]:
    """What `json.dumps` passes: DEL, C1, and what turns the direction of text."""
    return {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *_TURNING)}


def _controls() -> list[dict[int, str]]:
    """Translation tables, made when first needed: [for output, for names]."""
    if not _tables:
        table = {code: "^" + chr(code + 64) for code in range(32)}
        table[127] = "^?"
        table |= {code: f"\\x{code:02x}" for code in range(0x80, 0xA0)}
        table |= {code: f"\\x{code - 0xDC00:02x}" for code in range(0xDC80, 0xDD00)}
        bidi = {code: f"\\u{code:04x}" for code in _TURNING}
        _tables.append({code: text for code, text in table.items() if code not in (9, 10)})
        _tables.append(table | bidi)
    return _tables
