"""A WAL that is cut, damaged, lost or another's: the ledger is an older one, or it is refused; nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from tests.storage.power import Image
from tests.storage.restoring import WAL, image_of, live, settled
from tests.storage.story import Workshop, World

SHM = "ledger.db-shm"
FRAME = 24 + 4096
"""How long a frame is: its header and a page (sqlite.org/fileformat2.html#walformat)."""


@pytest.fixture
def left(workshop: Workshop) -> dict[str, bytes | None]:
    """A whole life of which all but the tables is in the WAL."""
    with workshop.house():
        live(workshop)
        return image_of(workshop.directory)


@pytest.fixture
def world(workshop: Workshop, left: Image) -> World:
    return workshop.world


def wal_of(image: Image) -> bytes:
    content = image[WAL]
    assert content
    return content


def test_a_wal_that_is_cut_anywhere_leaves_an_older_ledger(left: Image, world: World) -> None:
    wal = wal_of(left)
    lengths = [*range(0, len(wal), 7 * FRAME), *Random(1).sample(range(len(wal)), 10)]
    assert len(lengths) > 15
    assert [length for length in lengths if not settled({**left, WAL: wal[:length]}, world).right] == []


def damaged(wal: bytes) -> Iterator[bytes]:
    random = Random(2)
    yield random.randbytes(len(wal))
    yield bytes(len(wal))
    yield wal[:32] + random.randbytes(len(wal) - 32)
    yield random.randbytes(32) + wal[32:]
    for _ in range(12):
        place = random.randrange(len(wal))
        yield wal[:place] + bytes([wal[place] ^ 1 << random.randrange(8)]) + wal[place + 1 :]


def test_a_wal_with_damage_anywhere_leaves_an_older_ledger(left: Image, world: World) -> None:
    assert [
        number for number, wal in enumerate(damaged(wal_of(left))) if not settled({**left, WAL: wal}, world).right
    ] == []


def test_a_wal_that_was_deleted_leaves_an_older_ledger(left: Image, world: World) -> None:
    assert settled({path: content for path, content in left.items() if path != WAL}, world).right


@pytest.mark.parametrize("content", [b"", b"\0" * 32768, b"\xff" * 32768, b"garbage"])
def test_what_an_earlier_process_left_in_the_shared_memory_counts_for_nothing(
    left: Image, world: World, content: bytes
) -> None:
    assert settled({**left, SHM: content}, world).right
