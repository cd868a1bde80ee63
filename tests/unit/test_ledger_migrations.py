"""A ledger that an earlier version left, brought up to this one, on both databases.

`ledger_0001.json` holds every row of a ledger that version 0.1.0 wrote.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, LargeBinary, MetaData, create_engine, text

from tracker2invoice.documents.evidence import render_evidence
from tracker2invoice.engine.evidence import evidence
from tracker2invoice.errors import LedgerTooOld
from tracker2invoice.ledger.migrate import SCRIPTS
from tracker2invoice.ledger.store import Ledger, open_ledger
from tracker2invoice.ledger.verify import verify
from tracker2invoice.model.claim import Part
from tracker2invoice.model.money import Money
from tracker2invoice.model.work import WorkItem
from tracker2invoice.testing.samples import sample_claim, sample_draft

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

ROWS = Path(__file__).with_name("ledger_0001.json")


@pytest.fixture
def first_version(ledger_url: str) -> str:
    """The URL of a ledger as version 0.1.0 left it: its tables, its rows."""
    engine = create_engine(ledger_url)
    with engine.begin() as connection:
        make_tables(connection, "0001")
        connection.execute(text("DELETE FROM journal_head"))
        fill(connection)
    engine.dispose()
    return ledger_url


def make_tables(connection: Connection, revision: str) -> None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, revision)


def fill(connection: Connection) -> None:
    tables = MetaData()
    tables.reflect(connection)
    stored = json.loads(ROWS.read_text())
    for table in tables.sorted_tables:
        of_bytes = {column.name for column in table.columns if isinstance(column.type, LargeBinary)}
        for row in stored.get(table.name, ()):
            encoded = {name: value.encode() if name in of_bytes and value else value for name, value in row.items()}
            connection.execute(table.insert(), encoded)


def test_a_ledger_of_the_first_version_waits_for_its_migration(first_version: str, clock: FrozenClock) -> None:
    with pytest.raises(LedgerTooOld):
        open_ledger(first_version, clock)


def test_a_migrated_ledger_has_all_it_had_and_still_verifies(first_version: str, clock: FrozenClock) -> None:
    with open_ledger(first_version, clock, migrate=True) as ledger:
        assert verify(ledger) == ()
        (claim,) = ledger.claims()
        assert claim.parts == ()
        assert claim.entries == (Part("work", "design", Money(Decimal("18000.00"), "EUR")),)
        assert ledger.draft(claim.reference).totals.net == Decimal("18000.00")
        assert [delivery.state for delivery in claim.deliveries] == ["delivered", "pending"]
        assert ledger.work() == {}


def test_a_draft_of_the_first_version_still_has_its_evidence(first_version: str, clock: FrozenClock) -> None:
    with open_ledger(first_version, clock, migrate=True) as ledger:
        (claim,) = ledger.claims()
        found = evidence(ledger, claim.reference)
    assert found.sha256 == claim.draft_sha256
    pack = json.loads(render_evidence(found))
    assert pack["milestones"][0]["title"] == found.draft.why.milestone_title
    assert pack["amounts"][0]["basis"] == found.draft.why.formula


def test_a_migrated_ledger_takes_what_this_version_writes(first_version: str, clock: FrozenClock) -> None:
    with open_ledger(first_version, clock, migrate=True) as ledger:
        draft = sample_draft(milestone_id="7")
        parts = (Part("work", "design", Money(draft.totals.net, "EUR")),)
        ledger.write_claim(replace(sample_claim(draft), parts=parts), draft)
        ledger.record_work("github:1296269:7", (WorkItem("1", "Log in", closed=True),))
        assert verify(ledger) == ()
    with open_ledger(first_version, clock) as again:
        assert parts_of(again, draft.reference) == parts


def parts_of(ledger: Ledger, reference: str) -> tuple[Part, ...]:
    claim = ledger.claim(reference)
    assert claim
    return claim.parts
