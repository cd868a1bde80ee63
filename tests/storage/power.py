"""What a disk may look like after the power went: everything synced is there, of the rest none, all or any part.

The rest is what a page cache holds back. A file's sectors reach the disk one by one and in any order, so each is as
it was after any of the writes since the last sync, and so is the file's size. A name that was made, changed or
removed is durable once its folder was synced; until then it may be the old or the new one.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal, TypeVar

T = TypeVar("T")

SECTOR = 512
ROOT = 0
"""The number of the folder that everything is in."""

Image = Mapping[str, bytes | None]
"""A disk's content by relative path; None stands for a folder."""


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes were written into a file."""

    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    """A file was cut, or made longer with zeros."""

    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Named:
    """Names in one folder changed together: each now stands for that file or folder, or for none."""

    folder: int
    names: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class Synced:
    """A file's content, or a folder's names, is on the disk for good."""

    what: int


@dataclass(frozen=True, slots=True)
class Outside:
    """Something happened that no power cut here undoes; `state` is what the outside is from now on."""

    state: object


Event = Written | Truncated | Named | Synced | Outside
Fate = Literal["none", "all", "some"]
"""How much of what was not synced is there."""

FATES: tuple[tuple[Fate, Fate], ...] = (("none", "none"), ("all", "none"), ("none", "all"), ("all", "all"))
"""Of contents and of names: every way that leaves nothing to chance."""

BY_CHANCE: tuple[Fate, Fate] = ("some", "some")


@dataclass(slots=True)
class Disk:
    """A disk, and what it was told to write since it was last told to sync. Numbers stand for files and folders."""

    contents: dict[int, bytes] = field(default_factory=dict[int, bytes])
    names: dict[int, dict[str, int]] = field(default_factory=lambda: {ROOT: {}})
    pending: dict[int, list[Written | Truncated]] = field(default_factory=dict[int, list[Written | Truncated]])
    renamed: dict[int, list[Named]] = field(default_factory=dict[int, list[Named]])

    def take(self, event: Event, folders: frozenset[int]) -> None:
        """Do what the program did. `folders` are the numbers of all the folders there ever are."""
        match event:
            case Named(folder=folder):
                self.renamed.setdefault(folder, []).append(event)
            case Written(file=file) | Truncated(file=file):
                self.pending.setdefault(file, []).append(event)
            case Synced(what=what) if what in folders:
                self.names[what] = applied(self.names.get(what, {}), self.renamed.pop(what, []))
            case Synced(what=what):
                self.contents[what] = written(self.contents.get(what, b""), self.pending.pop(what, []))
            case Outside():
                pass

    def image(self, contents: Fate, names: Fate, folders: frozenset[int], random: Random) -> Image:
        """Return what is there when the power comes back."""
        there: dict[str, bytes | None] = {}

        def look(folder: int, path: str) -> None:
            pending = chosen(self.renamed.get(folder, []), names, random)
            for name, number in sorted(applied(self.names.get(folder, {}), pending).items()):
                if number in folders:
                    there[path + name] = None
                    look(number, f"{path}{name}/")
                else:
                    there[path + name] = self._content(number, contents, random)

        look(ROOT, "")
        return there

    def _content(self, file: int, fate: Fate, random: Random) -> bytes:
        durable, pending = self.contents.get(file, b""), self.pending.get(file, [])
        return torn(durable, pending, random) if fate == "some" else written(durable, chosen(pending, fate, random))


def aftermaths(log: Sequence[Event], *, draws: int, seed: int, at: Container[int]) -> Iterator[tuple[Image, object]]:
    """Yield what may be there if the power goes right after an event, with the state of the outside by then.

    `at` says after which events. Each time the disk once with each of the `FATES`, and `draws` times by chance.
    """
    disk, outside = Disk(), None
    folders = folders_of(log)
    for number, event in enumerate(log):
        disk.take(event, folders)
        outside = event.state if isinstance(event, Outside) else outside
        if number in at:
            random = Random(f"{seed} {number}")
            for contents, names in (*FATES, *[BY_CHANCE] * draws):
                yield disk.image(contents, names, folders, random), outside


def at_the_end(log: Sequence[Event]) -> Image:
    """Return what is there if the power does not go."""
    *_, (image, _) = aftermaths(log, draws=0, seed=0, at=[len(log) - 1])
    return image


def folders_of(log: Sequence[Event]) -> frozenset[int]:
    """Return the numbers that are folders: those that something was named in."""
    return frozenset({ROOT} | {event.folder for event in log if isinstance(event, Named)})


def chosen(pending: Sequence[T], fate: Fate, random: Random) -> Sequence[T]:
    if fate == "some":
        return [one for one in pending if random.random() < 0.5]
    return pending if fate == "all" else ()


def applied(names: Mapping[str, int], changes: Sequence[Named]) -> dict[str, int]:
    """Return the names in a folder after the changes."""
    after: dict[str, int | None] = dict(names)
    for change in changes:
        after.update(change.names)
    return {name: number for name, number in after.items() if number is not None}


def written(content: bytes, changes: Sequence[Written | Truncated]) -> bytes:
    """Return a file's content after the changes."""
    after = bytearray(content)
    for change in changes:
        write(after, change)
    return bytes(after)


def write(content: bytearray, change: Written | Truncated) -> None:
    end = change.size if isinstance(change, Truncated) else change.offset + len(change.data)
    content.extend(bytes(max(0, end - len(content))))
    if isinstance(change, Truncated):
        del content[end:]
    else:
        content[change.offset : end] = change.data


def torn(content: bytes, changes: Sequence[Written | Truncated], random: Random) -> bytes:
    """Return a file of which every sector, and the size, is as it was after any of the changes, or before all."""
    after, sizes = bytearray(content), [len(content)]
    versions: dict[int, list[bytes]] = {}
    for change in changes:
        for sector in touched(change, len(after)):
            start = sector * SECTOR
            versions.setdefault(sector, [bytes(after[start : start + SECTOR])])
        write(after, change)
        sizes.append(len(after))
        for sector in touched(change, max(sizes)):
            versions[sector].append(bytes(after[sector * SECTOR : (sector + 1) * SECTOR]))
    result = bytearray(content.ljust(max(sizes), b"\0"))
    for sector, contents in versions.items():
        result[sector * SECTOR : (sector + 1) * SECTOR] = random.choice(contents).ljust(SECTOR, b"\0")
    return bytes(result[: random.choice(sizes)])


def touched(change: Written | Truncated, size: int) -> range:
    """Return the numbers of the sectors that a change of a file of that size may alter."""
    if isinstance(change, Truncated):
        first, last = sorted((change.size, size))
    else:
        first, last = change.offset, change.offset + len(change.data)
    return range(first // SECTOR, -(-last // SECTOR))
