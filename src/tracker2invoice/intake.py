"""Reads files that others may have made: ordinary ones of a bounded size, and nothing else.

A pipe would be waited for, a device has no end, and a huge file would fill the memory before anybody has looked at it.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from stat import S_ISDIR, S_ISREG

MEGABYTE = 1024 * 1024


def read_ordinary(path: Path, largest: int) -> bytes:
    """Return the content of a file of at most `largest` bytes; a link is followed.

    Raises:
        OSError: it cannot be read, is no ordinary file, or is larger; `strerror` says which.
        ValueError: the path holds a character that no path can hold.
    """
    # O_NONBLOCK: opening a pipe would wait for somebody to write into it
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        _refuse_unfit(path, os.fstat(descriptor), largest)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(largest + 1)
    finally:
        os.close(descriptor)
    if len(content) > largest:  # it has grown, or lies on a file system that tells no size
        raise _too_large(path, largest)
    return content


def _refuse_unfit(path: Path, status: os.stat_result, largest: int) -> None:
    if S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not an ordinary file", str(path))
    if status.st_size > largest:
        raise _too_large(path, largest)


def _too_large(path: Path, largest: int) -> OSError:
    limit = f"{largest // MEGABYTE} MB" if largest >= MEGABYTE else f"{largest // 1024} kB"
    return OSError(errno.EFBIG, f"larger than {limit}", str(path))
