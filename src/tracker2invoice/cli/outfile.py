"""Writes the file that a person named. What is no ordinary file is not written to, and a link is not followed."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISREG

from tracker2invoice.errors import StorageFailed


def write(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read; one that is there is replaced.

    Raises:
        StorageFailed: the file cannot be written.
    """
    try:
        _write(path, content)
    except OSError as error:
        raise StorageFailed(str(path), error.strerror or "not writable") from error


def _write(path: Path, content: bytes) -> None:
    # O_NONBLOCK: opening a pipe would wait for somebody to read it
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        if not S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "not an ordinary file")
        file.truncate()
        file.write(content)
