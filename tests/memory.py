"""A folder that never meets a disk, for tests in which processes die and the machine does not."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")


@contextmanager
def folder_in_memory() -> Generator[Path]:
    """Hand out an empty folder, in memory if the machine has such a place."""
    with tempfile.TemporaryDirectory(prefix="t2i-", dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name)
