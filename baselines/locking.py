"""Locks: a file is one process's at a time, where the system has locks."""

from __future__ import annotations

import sys
from typing import IO, Any

if sys.platform != "win32":
    import fcntl


def lock(file: IO[Any]) -> bool:
    """Lock an open file until it is closed; False where another process has it.

    On Windows, and on a file system that has no locks, nothing is locked, and the answer is True.
    """
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass  # a file system without locks
    return True
