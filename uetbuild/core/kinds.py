"""What can stand at a path."""

from __future__ import annotations


class Kind:
    """Of the path itself: a link is a link, whatever it points at."""

    ABSENT, FILE, FOLDER, LINK, OTHER = "", "f", "d", "l", "o"
