"""Files that appear whole and survive a power cut, several of them together: written aside, made durable, renamed.

Every file is complete on disk under its temporary name before the first is renamed. So whenever the process
dies, the set is either finished or at least one temporary name is left, and `is_unfinished` can tell. What
was written before is replaced by renaming: a link in its place is replaced, never followed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from tracker2invoice.errors import StorageFailed
from tracker2invoice.failpoints import failpoint


def publish(directory: Path, files: Mapping[str, bytes], mode: int) -> None:
    """Write all files (name to content) into the directory; create it if need be. One writer at a time.

    `mode` is what they are readable and writable by, like `0o600`, less what the umask takes away.

    A failure before the first renaming leaves nothing behind; a later one leaves complete temporary files, by
    which `is_unfinished` knows the set.

    Raises:
        StorageFailed: disk full, read-only, no permission, or a folder in the place of a file.
    """
    try:
        _make(directory)
        _stage(directory, files, mode)
        _sync(directory)
        for name in files:
            with failpoint("file.rename"):
                _temporary(directory, name).replace(directory / name)
        _sync(directory)
    except OSError as error:
        raise StorageFailed(str(directory), error.strerror or type(error).__name__) from error


def remove(directory: Path, names: Iterable[str]) -> None:
    """Remove the files of a set, what a `publish` of it left unfinished included; what is not there is no error.

    Raises:
        StorageFailed: no permission, or a folder in the place of a file.
    """
    try:
        for name in names:
            for path in (directory / name, _temporary(directory, name)):
                with failpoint("file.remove"):
                    path.unlink(missing_ok=True)
        _sync(directory)
    except FileNotFoundError:
        return  # no folder, no files
    except OSError as error:
        raise StorageFailed(str(directory), error.strerror or type(error).__name__) from error


def is_unfinished(directory: Path, names: Iterable[str]) -> bool:
    """Say whether a `publish` with one of these names was interrupted."""
    return any(os.path.lexists(_temporary(directory, name)) for name in names)


def probe(directory: Path) -> None:
    """Write and remove a file, to see whether the directory can be used.

    Raises:
        StorageFailed: it cannot.
    """
    name = "probe"
    try:
        _make(directory)
        _stage(directory, {name: b"probe"}, 0o600)
        _temporary(directory, name).unlink()
    except OSError as error:
        raise StorageFailed(str(directory), error.strerror or type(error).__name__) from error


def _make(directory: Path) -> None:
    # each new folder is a name in the one above, which is durable only once that one was synced
    for folder in (*reversed(directory.parents), directory):
        if not folder.is_dir():
            with failpoint("file.make-folder"):
                folder.mkdir(mode=0o750, exist_ok=True)
            _sync(folder.parent)


def _stage(directory: Path, files: Mapping[str, bytes], mode: int) -> None:
    staged: list[Path] = []
    try:
        for name, content in files.items():
            path = _temporary(directory, name)
            path.unlink(missing_ok=True)
            staged.append(path)
            with failpoint("file.write"):
                _write_new(path, content, mode)
    except OSError:
        for path in staged:
            path.unlink(missing_ok=True)
        raise


def _write_new(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        with failpoint("file.sync"):
            os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with failpoint("file.sync-folder"):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _temporary(directory: Path, name: str) -> Path:
    return directory / f".{name}.part"
