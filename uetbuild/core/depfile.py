"""Make-style dependency files, as `cc -MD` and its like write them.

Format: `target…: path path \\\\<newline> path`, several rules allowed; `\\ ` is a space in a name, `\\#` a `#`, `$$` a `$`, as GCC
writes them (gcc/mkdeps.cc `munge`) and as ninja reads them (depfile_parser.in.cc). Pure text.
"""

from __future__ import annotations


def parse(text: str) -> list[str]:
    """The prerequisites of all rules, in order, none twice. Raises ValueError for a line that is no rule: a file named there would be
    overlooked. Lines that begin with `#` are comments (rustc writes some).
    """
    found: dict[str, None] = {}
    for line in text.replace("\r\n", "\n").replace("\\\n", " ").split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        names = _prerequisites(line)
        if names is None:
            raise ValueError(f"no `:` in the line `{line.strip()[:60]}`")
        for name in names:
            found[name] = None
    return list(found)


def _prerequisites(line: str) -> list[str] | None:
    """The words after the rule's `:`, escapes resolved; [] for a rule without any, as `-MP` writes them; None for what is no rule."""
    words: list[str] = []
    word = ""
    place = 0
    in_targets = True
    while place < len(line):
        letter = line[place]
        if letter == "\\":
            run = len(line) - place - len(line[place:].lstrip("\\"))
            following = line[place + run : place + run + 1]
            place += run
            if following not in (" ", "#", ":") or not following:
                word += "\\" * run
                continue
            word += "\\" * (run // 2)  # before a blank, make halves a run of backslashes; an odd one escapes the blank
            if run % 2:
                word += following
                place += 1
            continue
        place += 1
        if letter == "$" and line[place : place + 1] == "$":
            word += "$"
            place += 1
        elif letter == ":" and in_targets and line[place : place + 1] in ("", " ", "\t"):
            words, word, in_targets = [], "", False
        elif letter in " \t":
            if word:
                words.append(word)
            word = ""
        else:
            word += letter
    if word:
        words.append(word)
    return None if in_targets else words
