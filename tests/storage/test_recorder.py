"""The model of a power cut: what is recorded is what happened, and only what was synced is certain."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from tests.storage.power import Event, Named, Outside, Synced, Truncated, Written, aftermaths, at_the_end
from tests.storage.recorder import Recorder
from tests.storage.vfs import Unavailable

from tracker2invoice.durable import publish

FILE, FOLDER = 1, 2
NAMED = Named(0, (("file", FILE),))


def contents(log: Sequence[Event], name: str = "file") -> set[bytes | None]:
    """Return all that a file may hold, None if it may be missing, when the power goes at the end."""
    return {image.get(name) for image, _ in aftermaths(log, draws=200, seed=1, at=[len(log) - 1])}


def test_what_was_synced_is_there() -> None:
    assert contents([NAMED, Written(FILE, 0, b"once"), Synced(FILE), Synced(0)]) == {b"once"}


def test_what_was_not_synced_may_be_there_or_not() -> None:
    assert contents([NAMED, Synced(0), Written(FILE, 0, b"once")]) == {b"", b"once", bytes(4)}


def test_a_file_whose_folder_was_not_synced_may_be_missing_with_all_that_was_synced_of_it() -> None:
    assert contents([NAMED, Written(FILE, 0, b"once"), Synced(FILE)]) == {None, b"once"}


def test_a_rename_without_a_sync_of_the_folder_leaves_the_old_name_or_the_new() -> None:
    log: list[Event] = [
        NAMED,
        Written(FILE, 0, b"x"),
        Synced(FILE),
        Synced(0),
        Named(0, (("file", None), ("new", FILE))),
    ]
    left = {frozenset(image) for image, _ in aftermaths(log, draws=50, seed=1, at=[len(log) - 1])}
    assert left == {frozenset({"file"}), frozenset({"new"})}


def test_a_folder_may_be_missing_although_it_was_synced_itself() -> None:
    log: list[Event] = [Named(0, (("folder", FOLDER),)), Named(FOLDER, (("file", FILE),)), Synced(FOLDER)]
    assert contents(log, "folder/file") == {None, b""}


def test_sectors_reach_the_disk_one_by_one_and_in_any_order() -> None:
    log: list[Event] = [NAMED, Synced(0), Written(FILE, 0, b"a" * 1024), Synced(FILE), Written(FILE, 0, b"b" * 1024)]
    assert contents(log) == {first * 512 + second * 512 for first in (b"a", b"b") for second in (b"a", b"b")}


def test_a_sector_may_be_as_it_was_after_any_of_the_writes() -> None:
    log: list[Event] = [
        NAMED,
        Synced(0),
        Written(FILE, 0, b"ab"),
        Synced(FILE),
        Written(FILE, 0, b"c"),
        Written(FILE, 1, b"d"),
    ]
    assert contents(log) == {b"ab", b"cb", b"cd"}


def test_a_file_that_was_cut_may_still_be_long() -> None:
    log: list[Event] = [NAMED, Synced(0), Written(FILE, 0, b"abcd"), Synced(FILE), Truncated(FILE, 2)]
    assert contents(log) == {b"abcd", b"ab", b"ab\0\0"}


def test_the_outside_is_as_it_was_at_that_instant() -> None:
    log: list[Event] = [Outside("before"), NAMED, Outside("after"), Synced(0)]
    states = [state for _, state in aftermaths(log, draws=0, seed=1, at=[1, 2])]
    assert states == ["before"] * 4 + ["after"] * 4


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    one = Recorder(tmp_path)
    try:
        with one.recording():
            return one
    except Unavailable as reason:
        pytest.skip(str(reason))


def on_disk(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in folder.rglob("*")}


def test_what_was_recorded_is_what_is_on_the_disk(recorder: Recorder, tmp_path: Path) -> None:
    with recorder.recording():
        publish(tmp_path / "folder", {"one": b"1", "two": b"2"}, 0o600)
        publish(tmp_path / "folder", {"one": b"3"}, 0o600)
        with closing(sqlite3.connect(tmp_path / "some.db")) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript("CREATE TABLE a (b); INSERT INTO a VALUES (zeroblob(20000)); VACUUM")
        (tmp_path / "folder" / "two").unlink()
    assert at_the_end(recorder.log) == on_disk(tmp_path)


def test_what_happens_elsewhere_or_later_is_not_recorded(recorder: Recorder, tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    inside = Recorder(tmp_path / "inside")
    with inside.recording(), closing(sqlite3.connect(tmp_path / "some.db")) as connection:
        connection.execute("CREATE TABLE a (b)")
        publish(tmp_path, {"one": b"1"}, 0o600)
    (tmp_path / "inside" / "folder").mkdir()
    with closing(sqlite3.connect(tmp_path / "inside" / "some.db")) as connection:
        connection.execute("CREATE TABLE a (b)")
    assert inside.log == []
