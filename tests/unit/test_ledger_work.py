"""What the ledger remembers of the work in milestones, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from tracker2invoice.errors import LedgerDamaged
from tracker2invoice.ledger import schema
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.ledger.verify import verify
from tracker2invoice.model.work import Comment, Labelling, TimeEntry, WorkItem

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

BETA, DESIGN = "github:1296269:1002604", "github:1296269:1002605"
LOG_IN = WorkItem(
    number="1",
    title="Log in",
    closed=True,
    labels=("backend", "Größe: M"),
    points=Decimal("0.5"),
    estimate=Decimal("16.00"),
    time=(
        TimeEntry("ada", date(2026, 3, 1), Decimal("7.25")),
        TimeEntry("ada", date(2026, 3, 2), Decimal("-0.25")),
    ),
    comments=(Comment("anna", datetime(2026, 3, 2, 8, tzinfo=UTC), "accepted", "https://tracker.example/1#2"),),
    labellings=(Labelling("backend", "", datetime(2026, 3, 2, 8, tzinfo=UTC), "https://tracker.example/1"),),
)
SEARCH = WorkItem("2", "Search", closed=False)


def test_work_comes_back_by_milestone_and_in_its_order(ledger: Ledger) -> None:
    ledger.record_work(BETA, (SEARCH, LOG_IN))
    ledger.record_work(DESIGN, (LOG_IN,))
    assert ledger.work() == {BETA: (SEARCH, LOG_IN), DESIGN: (LOG_IN,)}


def test_a_milestone_without_work_is_not_one_whose_work_was_never_read(ledger: Ledger) -> None:
    assert ledger.work() == {}
    ledger.record_work(BETA, ())
    assert ledger.work() == {BETA: ()}
    assert verify(ledger) == ()


def test_the_latest_reading_counts_and_each_that_differs_is_in_the_journal(ledger: Ledger, clock: FrozenClock) -> None:
    ledger.record_work(BETA, (SEARCH,))
    clock.advance(timedelta(hours=1))
    ledger.record_work(BETA, (LOG_IN, SEARCH))
    assert ledger.work() == {BETA: (LOG_IN, SEARCH)}
    first, second = ledger.journal(BETA)
    assert (first.kind, first.body["items"]) == ("work.read", '[{"closed":false,"number":"2","title":"Search"}]')
    assert (second.kind, second.body["read_at"]) == ("work.read", "2026-03-02T10:30:00.000000Z")
    assert verify(ledger) == ()


def test_work_that_was_stored_without_comments_and_labellings_has_none(ledger: Ledger) -> None:
    ledger.record_work(BETA, (LOG_IN,))
    with ledger.database.write("test") as connection:
        before = '[{"closed":true,"number":"1","title":"Log in"}]'
        connection.execute(update(schema.work).values(items=before))
    assert ledger.work() == {BETA: (WorkItem("1", "Log in", closed=True),)}


def test_the_same_work_read_again_writes_nothing(ledger: Ledger, clock: FrozenClock) -> None:
    ledger.record_work(BETA, (LOG_IN,))
    clock.advance(timedelta(hours=1))
    ledger.record_work(BETA, (LOG_IN,))
    assert len(list(ledger.journal())) == 1
    assert verify(ledger) == ()


@pytest.mark.parametrize(
    "items",
    [
        "nothing",
        "{}",
        '[{"number":"1","title":"Log in"}]',
        '[{"closed":1,"number":"1","title":"Log in"}]',
        '[{"closed":true,"number":1,"title":"Log in"}]',
        '[{"closed":true,"number":"1","points":3,"title":"Log in"}]',
        '[{"closed":true,"number":"1","points":"NaN","title":"Log in"}]',
        '[{"closed":true,"number":"1","time":[{"day":"soon","hours":"1","person":"ada"}],"title":"Log in"}]',
        '[{"closed":true,"comments":[{"at":"soon","author":"a","text":"b","url":"c"}],"number":"1","title":"Log in"}]',
        '[{"closed":true,"comments":[{"author":"a","text":"b","url":"c"}],"number":"1","title":"Log in"}]',
        '[{"closed":true,"labellings":[{"by":"a","label":"b","url":"c"}],"number":"1","title":"Log in"}]',
    ],
)
def test_work_that_cannot_be_read_is_damage(ledger: Ledger, items: str) -> None:
    ledger.record_work(BETA, (LOG_IN,))
    with ledger.database.write("test") as connection:
        connection.execute(update(schema.work).values(items=items))
    with pytest.raises(LedgerDamaged, match=f"work {BETA}: unreadable row"):
        ledger.work()
