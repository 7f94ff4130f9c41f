"""Whoever sits at the terminal: asked for `confirm`, and nobody where there is no terminal."""

from __future__ import annotations

import os


class Terminal:
    """Asks on the controlling terminal, so that redirected streams do not answer by accident."""

    def confirm(self, question: str) -> bool | None:
        """True for yes, False for anything else, None where there is no terminal (or stdin is none)."""
        if not os.isatty(0):
            return None
        try:
            terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        except OSError:
            return None
        try:
            os.write(terminal, f"{question.rstrip()} [y/N] ".encode("utf-8", "replace"))
            answer = os.read(terminal, 1024).decode("utf-8", "replace")
        except OSError:
            return None
        finally:
            os.close(terminal)
        return answer.strip().lower() in ("y", "yes")
