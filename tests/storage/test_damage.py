"""A damaged ledger is refused, or what it says is right; nothing is billed, sent or forgotten because of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from tests.storage.power import Image
from tests.storage.recovery import settle
from tests.storage.restoring import LEDGER, RIGHT, books_of, image_of, resumed
from tests.storage.story import Workshop, World, chapters

from tracker2invoice.engine.run import preview
from tracker2invoice.errors import LedgerDamaged
from tracker2invoice.ledger.verify import verify

PAGE = 4096


@pytest.fixture
def half_way(workshop: Workshop) -> Workshop:
    """Design is delivered, Beta may be in the books, Acceptance was closed and not seen yet."""
    life = chapters(workshop)
    for _ in range(2):
        next(life)()
    workshop.projects.close(workshop.project, 3)
    return workshop


def pages(content: bytes) -> list[bytes]:
    return [content[start : start + PAGE] for start in range(0, len(content), PAGE)]


def overwritten(content: bytes, random: Random) -> Iterator[bytes]:
    """Yield the ledger with each page lost, and with each in the place of another."""
    whole = pages(content)
    for number in range(len(whole)):
        for instead in (bytes(PAGE), random.choice(whole)):
            if instead != whole[number]:
                yield b"".join([*whole[:number], instead, *whole[number + 1 :]])


def flipped(content: bytes, random: Random) -> Iterator[bytes]:
    """Yield the ledger with one bit of what is written in it turned round."""
    places = [place for place, byte in enumerate(content) if byte]
    while True:
        place = random.choice(places)
        yield content[:place] + bytes([content[place] ^ 1 << random.randrange(8)]) + content[place + 1 :]


def what_it_does(image: Image, world: World) -> str:
    """Let it run; return `refused`, `right`, or what is wrong."""
    with resumed(image, world) as workshop:
        before = books_of(workshop)
        try:
            settle(workshop)
        except LedgerDamaged:
            return "refused" if books_of(workshop) == before else f"sent {books_of(workshop)}"
        return "right" if books_of(workshop) == RIGHT else f"billed {books_of(workshop)}"


def test_a_ledger_with_an_overwritten_page_is_refused_or_bills_what_is_right(half_way: Workshop) -> None:
    image = image_of(half_way.directory)
    content = image[LEDGER] or b""
    done = [what_it_does({**image, LEDGER: damaged}, half_way.world) for damaged in overwritten(content, Random(1))]
    assert len(done) > 50
    assert set(done) <= {"refused", "right"}


def test_a_ledger_with_a_flipped_bit_is_refused_or_bills_what_is_right(half_way: Workshop) -> None:
    image = image_of(half_way.directory)
    flips = flipped(image[LEDGER] or b"", Random(2))
    done = [what_it_does({**image, LEDGER: next(flips)}, half_way.world) for _ in range(40)]
    assert set(done) == {"refused", "right"}


def test_a_preview_of_a_damaged_ledger_is_refused_as_a_run_is(half_way: Workshop) -> None:
    spoil(half_way.directory, "ix_delivery_state")
    with half_way.house() as house, pytest.raises(LedgerDamaged):
        preview(house)


def spoil(directory: Path, index: str) -> None:
    """Fill the page of an index with zeros."""
    path = directory / LEDGER
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [index]).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(bytes(PAGE))


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE journal SET body = x'00' WHERE seq = 2",
        "UPDATE journal SET hash = x'00'",
        "UPDATE journal SET kind = CAST(x'FF' AS TEXT) WHERE seq = 2",
        "UPDATE journal_head SET seq = 'many'",
        "UPDATE claim SET amount = x'00'",
        "UPDATE draft SET bytes = 'text'",
        "UPDATE delivery SET payload = 'text'",
        "UPDATE milestone SET title = CAST(x'FF' AS TEXT)",
    ],
)
def test_verify_names_values_that_were_never_written(half_way: Workshop, damage: str) -> None:
    with closing(sqlite3.connect(half_way.directory / LEDGER)) as connection, connection:
        connection.execute(damage)
    with half_way.house() as house:
        assert verify(house.ledger) != ()


def test_two_rows_where_there_is_one_are_damage(half_way: Workshop) -> None:
    with closing(sqlite3.connect(half_way.directory / LEDGER)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("INSERT INTO journal_head SELECT 2, seq, hash FROM journal_head")
    with half_way.house() as house, pytest.raises(LedgerDamaged):
        house.ledger.note("note", "subject", {})
