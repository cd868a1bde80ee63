"""Writes down, in order, what a program does to one folder: SQLite below its VFS, everything else in `os`."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.storage.power import ROOT, Event, Image, Named, Outside, Synced, Truncated, Written
from tests.storage.vfs import heard_by


class Recorder:
    """The log of one folder that is empty at first. Only one thread may write to it.

    Of files that are not SQLite's the content is looked at before each event: by whatever function it was written,
    it is there by then.
    """

    def __init__(self, folder: Path) -> None:
        self.log: list[Event] = []
        self._numbers = {folder.resolve(): ROOT}
        self._seen: dict[int, bytes] = {}
        self._descriptors: dict[int, int] = {}
        self._next = count(ROOT + 1)

    def outside(self, state: object) -> None:
        """Note that the outside has changed."""
        self._look()
        self.log.append(Outside(state))

    def opened(self, path: Path) -> int | None:
        """A file of SQLite's is open."""
        if not self._is_ours(path):
            return None
        number = self._numbers[path] if path in self._numbers else self._named(path)
        self._seen.pop(number, None)
        return number

    def written(self, file: int, offset: int, data: bytes) -> None:
        """SQLite writes."""
        self.log.append(Written(file, offset, data))

    def truncated(self, file: int, size: int) -> None:
        """SQLite cuts a file."""
        self.log.append(Truncated(file, size))

    def synced(self, file: int) -> None:
        """Somebody syncs a file or folder."""
        self._look()
        self.log.append(Synced(file))

    def removed(self, path: Path) -> None:
        """Somebody removes a name; one that was not there is nothing."""
        self._look()
        if number := self._numbers.pop(path, None):
            self._seen.pop(number, None)
            self.log.append(Named(self._numbers[path.parent], ((path.name, None),)))

    def folder_synced(self, folder: Path) -> None:
        """SQLite syncs a folder."""
        if folder in self._numbers:
            self.synced(self._numbers[folder])

    @contextmanager
    def recording(self) -> Generator[None]:
        """Listen to this process.

        Raises:
            Unavailable: SQLite cannot be listened to.
        """
        functions: dict[str, Callable[[Any], Any]] = {
            "open": self._open,
            "fsync": self._fsync,
            "replace": self._rename,
            "rename": self._rename,
            "unlink": self._unlink,
            "remove": self._unlink,
            "mkdir": self._mkdir,
        }
        with ExitStack() as stack:
            stack.enter_context(heard_by(self))
            for name, in_front_of in functions.items():
                stack.enter_context(patch.object(os, name, in_front_of(getattr(os, name))))
            yield
        self._look()

    def _open(self, real: Callable[..., int]) -> Callable[..., int]:
        def opening(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
            descriptor = real(path, flags, *arguments, **options)
            self._descriptors.pop(descriptor, None)
            opened = Path(os.fsdecode(path))
            if self._is_ours(opened):
                if opened not in self._numbers:
                    self._look()
                    self._seen[self._named(opened)] = b""
                self._descriptors[descriptor] = self._numbers[opened]
            return descriptor

        return opening

    def _fsync(self, real: Callable[[int], None]) -> Callable[[int], None]:
        def syncing(descriptor: int) -> None:
            if descriptor in self._descriptors:
                self.synced(self._descriptors[descriptor])
            real(descriptor)

        return syncing

    def _rename(self, real: Callable[..., None]) -> Callable[..., None]:
        def renaming(source: Any, target: Any, **options: Any) -> None:
            self._look()
            here, there = Path(source), Path(target)
            if number := self._numbers.pop(here, None):
                assert here.parent == there.parent
                self.log.append(Named(self._numbers[here.parent], ((here.name, None), (there.name, number))))
                self._numbers[there] = number
            real(source, target, **options)

        return renaming

    def _unlink(self, real: Callable[..., None]) -> Callable[..., None]:
        def unlinking(path: Any, **options: Any) -> None:
            self.removed(Path(path))
            real(path, **options)

        return unlinking

    def _mkdir(self, real: Callable[..., None]) -> Callable[..., None]:
        def making(path: Any, *arguments: Any, **options: Any) -> None:
            real(path, *arguments, **options)
            if self._is_ours(Path(path)):
                # a folder that nothing was ever put into is one all the same
                self.log.append(Named(self._named(Path(path)), ()))

        return making

    def _named(self, path: Path) -> int:
        number = next(self._next)
        self.log.append(Named(self._numbers[path.parent], ((path.name, number),)))
        self._numbers[path] = number
        return number

    def _look(self) -> None:
        for path, number in self._numbers.items():
            if number in self._seen and (now := path.read_bytes()) != self._seen[number]:
                if len(now) < len(self._seen[number]):
                    self.log.append(Truncated(number, len(now)))
                self.log.append(Written(number, 0, now))
                self._seen[number] = now

    def _is_ours(self, path: Path) -> bool:
        return path in self._numbers or path.parent in self._numbers


def write_image(directory: Path, image: Image) -> None:
    """Put on the disk what was left of another."""
    for path, content in image.items():
        if content is None:
            (directory / path).mkdir()
        else:
            (directory / path).write_bytes(content)
