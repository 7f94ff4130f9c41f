"""Command lines as text: which need a shell at all, and the words of those that do not (interface, Recipes).

A text comes with every template in it replaced by `HOLE`, a character that no shell text can hold. Only the literal text decides,
never a value. What a template's place in a text for the shell means is told by core/shellscan.py. Used when manifests are loaded,
so `re` is welcome here.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

HOLE = "\0"

# The shells whose quoting core/shellscan.py knows.
SHELLS = frozenset({"sh", "dash", "bash", "zsh", "ksh"})

# Words that mean something to a shell which no program of that name does (`compgen -k`, `compgen -b`, and those of zsh and ksh that
# a user of them would miss). `true` and `false` do the same either way. `echo`, `printf`, `test`, `kill` and `pwd` exist as programs
# too, but differ in details, so they go through the shell as well.
_KEYWORDS = (
    "if then else elif fi case esac for select while until do done in function time { } ! [[ ]] coproc repeat foreach nocorrect noglob end"
)
_BUILTINS = (
    ". : [ alias autoload bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown echo emulate "
    "enable eval exec exit export fc fg float functions getopts hash help history integer jobs kill let limit local logout mapfile "
    "nameref popd print printf pushd pwd read readarray readonly rehash return sched set setopt shift shopt source suspend test times "
    "trap type typeset ulimit umask unalias unfunction unhash unlimit unset unsetopt wait whence where which zmodload"
)
SHELL_WORDS = frozenset(f"{_KEYWORDS} {_BUILTINS}".split())

# Options under which a shell runs one plain command exactly as we would; `-x`, `-l`, `-i` and others do more.
_PLAIN_OPTION = re.compile(r"-[euc]+|-[euc]*o[c]?")
_PLAIN_NAMES = frozenset({"pipefail", "errexit", "nounset"})

_SIMPLE = re.compile(r"""[^\n'"|&;<>()$`\\*?\[\]{}~#!]*""")  # words and blanks, as of most command lines
_BLANKS = re.compile(r"[ \t]*")
_WORD = re.compile(r"""(?:[^ \t\n'"|&;<>()$`\\*?\[\]{}~#!]+|'[^']*'|"[^"$`\\]*")+""")
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")


def family(shell: Sequence[str]) -> str:
    """Which shell an argv starts, "" when it is none whose quoting is known."""
    name = shell[0].rpartition("/")[2] if shell else ""
    return name if name in SHELLS else ""


def is_plain(shell: Sequence[str]) -> bool:
    """Whether running one simple command with this argv of a shell is the same as running the command."""
    if not family(shell):
        return False
    option_wanted = True
    for word in shell[1:]:
        if not option_wanted:
            if word not in _PLAIN_NAMES:
                return False
            option_wanted = True
        elif not _PLAIN_OPTION.fullmatch(word):
            return False
        else:
            option_wanted = "o" not in word
    return option_wanted


def split(text: str) -> list[str] | None:
    """The words of a command line that needs no shell, quotes removed and holes kept; None when only a shell can say what it does."""
    words: list[str] | None
    if _SIMPLE.fullmatch(text):
        words = [word for word in text.replace("\t", " ").split(" ") if word]
    elif (words := _quoted_words(text)) is None:
        return None
    if words and (not words[0] or "=" in words[0] or words[0] in SHELL_WORDS):
        return None
    return words


def _quoted_words(text: str) -> list[str] | None:
    words = []
    at = _BLANKS.match(text).end()  # type: ignore[union-attr]  # matches everywhere
    end = len(text.rstrip(" \t\n"))
    while at < end:
        found = _WORD.match(text, at, end)
        if not found:
            return None
        word = found.group()
        words.append(_QUOTED.sub(_content, word) if "'" in word or '"' in word else word)
        after = _BLANKS.match(text, found.end(), end).end()  # type: ignore[union-attr]
        if after == found.end() < end:
            return None
        at = after
    return words


def _content(quoted: re.Match[str]) -> str:
    return quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
