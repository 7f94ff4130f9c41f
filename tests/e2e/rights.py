"""What root may do beyond the modes of files, taken away."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Callable


def without_rights(action: Callable[[], None]) -> None:
    """Run `action` without what root may do beyond the modes of files; what it raises fails the test."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.geteuid() == 0:
                version, nothing = struct.pack("Ii", 0x20080522, 0), bytes(24)
                assert ctypes.CDLL(None).capset(version, nothing) == 0
            action()
            code = 0
        except BaseException as error:
            os.write(writing, repr(error).encode()[:4000])
        finally:
            os._exit(code)
    os.close(writing)
    with open(reading, "rb") as file:
        said = file.read()
    assert os.waitpid(child, 0)[1] == 0, said.decode()
