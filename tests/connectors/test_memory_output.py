"""The memory twin does what a real output does, and its faults hit where they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

import pytest

from tracker2invoice.documents.annex import annex_name
from tracker2invoice.errors import RateLimited, Rejected, Unclear, Unreachable
from tracker2invoice.testing.memory_output import CAPABILITIES, Killed, MemoryBooks, MemoryOutput
from tracker2invoice.testing.output_suite import OutputSuite
from tracker2invoice.testing.samples import NOW, sample_draft


class Books(MemoryBooks):
    def count(self, reference: str) -> int:
        return len(self.of(reference))

    def text(self, reference: str) -> str:
        draft = self.of(reference)[0].draft
        return "\n".join([*(row.description for row in draft.rows), draft.payment_terms])

    def change(self, reference: str, state: Literal["sent", "paid", "deleted"]) -> None:
        self.mark(reference, state)

    def drop_next_write(self, moment: Literal["before", "after"]) -> None:
        for faults in (self.faults, self.finish_faults):
            faults.append("unclear before" if moment == "before" else "unclear after")

    def attachments(self, reference: str) -> list[str]:
        return [annex_name(one.draft) for one in self.of(reference) if one.receipt.remote_id in self.attached]

    def refuse_us(self) -> None:
        self.accepts_us = False


class TestMemoryOutput(OutputSuite):
    client = "c-1"

    @pytest.fixture
    def far_side(self) -> Books:
        pinning = replace(CAPABILITIES, pins_client=True, attachments=True, creates_clients=True)
        return Books(lambda: NOW, pinning, clients=frozenset({"c-1"}))

    @pytest.fixture
    def output(self, far_side: Books) -> MemoryOutput:
        return MemoryOutput("books", far_side)


class TestMemoryOutputWithoutNegativeLines(OutputSuite):
    client = "c-1"

    @pytest.fixture
    def far_side(self) -> Books:
        return Books(lambda: NOW, replace(CAPABILITIES, negative_lines=False))

    @pytest.fixture
    def output(self, far_side: Books) -> MemoryOutput:
        return MemoryOutput("books", far_side)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def create(books: MemoryBooks, key: str = "k") -> None:
    draft = sample_draft()
    output = MemoryOutput("books", books)
    output.create(draft, output.prepare(draft), key)


def test_each_fault_is_used_up_once_and_in_order() -> None:
    books = MemoryBooks(lambda: NOW)
    books.faults.extend(["reject", "rate limit", "unreachable"])
    for error in (Rejected, RateLimited, Unreachable):
        with pytest.raises(error):
            create(books)
    assert books.entries == []
    create(books)
    assert len(books.entries) == 1


@pytest.mark.parametrize(("moment", "documents"), [("killed before", 0), ("killed after", 1)])
def test_a_kill_leaves_the_books_as_they_were_at_that_instant(
    moment: Literal["killed before", "killed after"], documents: int
) -> None:
    books = MemoryBooks(lambda: NOW)
    books.faults.append(moment)
    with pytest.raises(Killed):
        create(books)
    assert len(books.entries) == documents


def test_a_key_protects_for_its_lifetime_only() -> None:
    clock = Clock()
    books = MemoryBooks(clock)
    create(books)
    clock.now += timedelta(minutes=5)
    create(books)
    assert len(books.entries) == 1
    clock.now += timedelta(minutes=1)
    create(books)
    assert len(books.entries) == 2


def test_a_lagging_list_shows_the_document_later() -> None:
    clock = Clock()
    books = MemoryBooks(clock, lag=timedelta(seconds=30))
    create(books)
    output = MemoryOutput("books", books)
    assert list(output.find(sample_draft())) == []
    clock.now += timedelta(seconds=30)
    assert len(output.find(sample_draft())) == 1


def test_a_unique_reference_refuses_a_second_document_without_saying_which() -> None:
    books = MemoryBooks(lambda: NOW, replace(CAPABILITIES, unique_reference=True))
    create(books, "k1")
    with pytest.raises(Unclear):
        create(books, "k2")
    assert len(books.entries) == 1


def test_what_people_do_there_shows_when_looked_up() -> None:
    books = MemoryBooks(lambda: NOW)
    create(books)
    reference = sample_draft().reference
    books.mark(reference, "paid")
    books.edit(reference, gross=Decimal("1.00"))
    books.copy(reference)
    first, second = MemoryOutput("books", books).find(sample_draft())
    assert (first.receipt.state, first.gross) == ("paid", Decimal("1.00"))
    assert first.receipt.remote_id != second.receipt.remote_id


def test_a_look_up_can_fail_too() -> None:
    books = MemoryBooks(lambda: NOW)
    books.find_faults.append("unreachable")
    with pytest.raises(Unreachable):
        MemoryOutput("books", books).find(sample_draft())
