"""The files in which attempts report what they used. A recipe makes them, so one may be anything: a link, a pipe, endless, a secret.

Knows nothing of what they say.
"""

from __future__ import annotations

import os
import stat

from uetbuild.core.secrets import Masker
from uetbuild.state import atomic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.secrets import Secrets

LONGEST = (1 << 20) + 1  # bytes that are read; core/usage.py refuses more than one less


def path_of(log: str, number: int = 0) -> str:
    """Where an attempt that prints to `log` says what it uses; with its `number` in the ledger: where that is put once it has ended."""
    return f"{log[:-4]}.usage-{number}" if number else f"{log[:-4]}.usage"


def read(path: str, secrets: Secrets, drafts: str) -> bytes:
    """What a report says, secrets masked, in the file as well; b"" where there is no regular file. Never waits, follows no link.
    `drafts`: the folder in which it is written anew, where what a kill leaves is cleared away."""
    if not os.access(path, os.F_OK):  # hardly any recipe reports anything, and an exception takes three times as long
        return b""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        said = _read(descriptor) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(descriptor)
    masker = Masker(secrets.forms)
    shown = masker.feed(said) + masker.finish()
    if shown != said or (secrets.forms and len(said) == LONGEST):
        atomic.write(path, shown, drafts)
    return shown


def _read(descriptor: int) -> bytes:
    said = b""
    while len(said) < LONGEST and (part := os.read(descriptor, LONGEST - len(said))):
        said += part
    return said
