"""A power cut at any instant of writing files: documents are whole or not there, tokens are never lost."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from tests.storage.identity import Identity, chain
from tests.storage.power import Image, aftermaths
from tests.storage.recorder import Recorder, write_image
from tests.storage.vfs import Unavailable

from tracker2invoice import durable

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

Files = Mapping[str, bytes | None]

NOTHING: Files = {}
FIRST, SECOND = {"one": b"first" * 300, "two": b"first"}, {"one": b"second" * 300, "two": b"second"}


class WithoutSync:
    """The module `os`, but for a disk that is never told to sync."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def fsync(self, descriptor: int) -> None:
        pass


def nothing(_: Path) -> None:
    pass


def recorded(folder: Path, work: Callable[[Recorder], None], *, draws: int) -> Iterator[tuple[Image, object]]:
    recorder = Recorder(folder)
    try:
        with recorder.recording():
            work(recorder)
    except Unavailable as reason:
        pytest.skip(str(reason))
    yield from aftermaths(recorder.log, draws=draws, seed=1, at=range(len(recorder.log)))


def written(folder: Path) -> Iterator[tuple[Image, object]]:
    """Write two sets of files under the same names; the outside knows which were said to be written."""

    def work(recorder: Recorder) -> None:
        for before, files in ((NOTHING, FIRST), (FIRST, SECOND)):
            recorder.outside((before, files))
            durable.publish(folder / "a" / "b" / "c", files, 0o600)
            recorder.outside((files,))

    yield from recorded(folder, work, draws=30)


def left_in(image: Image) -> Files:
    return {path.removeprefix("a/b/c/"): content for path, content in image.items() if content is not None}


def is_finished(files: Files) -> bool:
    return not any(name.startswith(".") for name in files)


def half_written(folder: Path) -> list[Files]:
    """Return what a power cut leaves that passes for finished, and is not what it may be."""
    found = [(left_in(image), cast("tuple[object, ...]", possible)) for image, possible in written(folder)]
    assert len(found) > 100
    return [files for files, possible in found if possible and is_finished(files) and files not in possible]


def test_a_set_of_files_is_whole_or_can_be_told_to_be_unfinished(tmp_path: Path) -> None:
    assert half_written(tmp_path) == []


def test_power_loss_is_noticed_when_files_are_not_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "os", WithoutSync())
    assert half_written(tmp_path) != []


def test_power_loss_is_noticed_when_folders_are_not_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "_sync", nothing)
    assert half_written(tmp_path) != []


def gone_on_with(folder: Path, clock: FrozenClock) -> Iterator[tuple[str, int]]:
    """Yield the token that a chain goes on with after a power cut, and the number of the one in use by then."""
    (folder / "recorded").mkdir()

    def work(recorder: Recorder) -> None:
        grant = chain(Identity(clock), folder / "recorded")
        for used in range(4):
            recorder.outside(used)
            grant.tokens("")

    for number, (image, used) in enumerate(recorded(folder / "recorded", work, draws=4)):
        after, identity = folder / str(number), Identity(clock)
        after.mkdir()
        write_image(after, image)
        chain(identity, after).tokens("")
        if used is not None:
            yield identity.asked[0], cast("int", used)


def forgotten(folder: Path, clock: FrozenClock) -> list[tuple[str, int]]:
    return [
        (found, used)
        for found, used in gone_on_with(folder, clock)
        if found not in (f"refresh {used}", f"refresh {used + 1}")
    ]


def test_the_refresh_token_in_use_is_never_forgotten(tmp_path: Path, clock: FrozenClock) -> None:
    assert forgotten(tmp_path, clock) == []


def test_power_loss_is_noticed_when_the_token_file_is_not_synced(
    tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "os", WithoutSync())
    assert forgotten(tmp_path, clock) != []
