"""Whatever is changed behind the ledger's back, verification names it."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, Table, create_engine, delete, func, insert, select, text, update

from tracker2invoice.ledger import schema
from tracker2invoice.ledger.chain import MOST
from tracker2invoice.ledger.faults import Fault
from tracker2invoice.ledger.journal import chain_hash
from tracker2invoice.ledger.store import Ledger, open_ledger
from tracker2invoice.ledger.verify import VOUCHED, verify
from tracker2invoice.model.claim import Decision, Part, Receipt
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.model.money import Money
from tracker2invoice.model.numbering import Numbering
from tracker2invoice.model.work import WorkItem
from tracker2invoice.plugins import Observed
from tracker2invoice.testing.samples import NOW, sample_claim, sample_draft

LAST = 16
"""How many entries the journal of `ledger` has."""

KEYS = {vouched.table.name: vouched.key for vouched in VOUCHED} | {
    "draft": ("reference",),
    "journal": ("seq",),
    "journal_head": ("id",),
}
TABLES = [schema.metadata.tables[name] for name in KEYS]

# the database itself refuses another id
COLUMNS = [
    (table, column.name)
    for table in TABLES
    for column in table.columns
    if (table.name, column.name) != ("journal_head", "id")
]


WITH_PARTS = '[{"amount":"18000.00","kind":"work","term":"design"}]'


@pytest.fixture
def empty_ledger(ledger_url: str) -> Iterator[Ledger]:
    with open_ledger(ledger_url, lambda: NOW) as opened:
        yield opened


@pytest.fixture
def ledger(ledger: Ledger) -> Ledger:
    """A ledger with something in every table."""
    project = Project("github", "1296269", "acme/portal", "https://github.com/acme/portal")
    ledger.pin_project("github:acme/portal", project)
    milestones = tuple(
        Milestone("github", project.id, str(number), number, "Beta", "", "", "closed", NOW, NOW.date(), NOW, NOW, 0, 5)
        for number in (1, 2)
    )
    ledger.record_observed(Observed(project, milestones, "one", complete=True))
    for number in (1, 2):
        draft = sample_draft(milestone_id=str(number))
        parts = (Part("work", "design", Money(draft.totals.net, "EUR"), "ada", Decimal("7.5")),)
        claim = replace(sample_claim(draft, ("books",)), parts=parts)
        ledger.write_claim(claim, draft)
        sending = replace(
            claim.deliveries[0], state="sending", payload=b"{}", first_sent_at=NOW, sent_at=NOW, not_before=NOW
        )
        ledger.save_delivery(sending, "sending")
        receipt = Receipt("42", "INV-0042", "https://books.example/42", "draft")
        ledger.save_delivery(replace(sending, state="delivered", receipt=receipt), "delivered")
    ledger.allot_number(sample_draft(milestone_id="1").reference, Numbering().series(2026), (), "kim")
    ledger.decide(Decision(sample_draft(milestone_id="1").reference, "approve", "kim", NOW))
    ledger.note("run.finished", "run", {"billed": 2})
    ledger.record_work(milestones[0].key, (WorkItem("1", "Log in", closed=True, points=Decimal(3)),))
    ledger.pin_client("books", "acme", "contact-1")
    assert verify(ledger) == ()
    return ledger


def test_every_table_is_looked_at_but_those_of_what_was_last_read() -> None:
    assert set(schema.metadata.tables) - set(KEYS) == {"cursor", "read_back"}


@contextmanager
def behind_the_back(url: str) -> Generator[Connection]:
    """A connection of somebody who is not held up by foreign keys."""
    engine = create_engine(url)
    off = "PRAGMA foreign_keys = OFF" if engine.name == "sqlite" else "SET session_replication_role = replica"
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(off)
            connection.commit()
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def first_row(connection: Connection, table: Table) -> dict[str, Any]:
    return dict(connection.execute(select(table).order_by(*KEYS[table.name])).mappings().first() or {})


def this_row(table: Table, row: dict[str, Any]) -> Any:
    return [table.c[name] == row[name] for name in KEYS[table.name]]


def name_of(table: Table, row: dict[str, Any]) -> str:
    return " ".join(str(row[name]) for name in KEYS[table.name])


def another(value: object) -> object:
    match value:
        case bytes():
            return value + b" "
        case int():
            return value + 1000
        case _:
            return f"{value}x"


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda value: str(value))
def test_a_changed_column_is_named(ledger: Ledger, ledger_url: str, table: Table, column: str) -> None:
    with behind_the_back(ledger_url) as connection:
        row = first_row(connection, table)
        change = update(table).where(*this_row(table, row))
        connection.execute(change.values({column: another(row[column])}))
    fault = next(fault for fault in verify(ledger) if fault.table in (table.name, "journal"))
    if table.name == "journal":
        expected = "missing" if column == "seq" else "changed: its content does not match its hash"
        assert fault == Fault("journal", name_of(table, row) if column != "seq" else "1", expected)
    elif column in KEYS[table.name]:
        assert fault.table == table.name
    elif (table.name, column) == ("journal_head", "seq"):
        assert fault == Fault("journal", f"{LAST + 1} to {LAST + 1000}", "missing at the end")
    else:
        assert (fault.table, fault.row) == (table.name, name_of(table, row))
        assert column in fault.detail


def test_a_part_of_an_amount_that_was_edited_is_named(ledger: Ledger, ledger_url: str) -> None:
    with behind_the_back(ledger_url) as connection:
        row = first_row(connection, schema.claim)
        edited = row["parts"].replace("7.5", "6.5")
        connection.execute(update(schema.claim).where(*this_row(schema.claim, row)).values(parts=edited))
    told = Fault("claim", row["reference"], f"parts: not as in journal entry {row['seq']}")
    assert verify(ledger) == (told,)


@pytest.mark.parametrize(("before", "after"), [(WITH_PARTS, None), (None, "[]"), (None, WITH_PARTS)])
def test_parts_that_were_taken_away_or_added_are_named(
    empty_ledger: Ledger, ledger_url: str, before: str | None, after: str | None
) -> None:
    draft = sample_draft()
    ledger, parts = empty_ledger, (Part("work", "design", Money(draft.totals.net, "EUR")),) if before else ()
    ledger.write_claim(replace(sample_claim(draft), parts=parts), draft)
    with behind_the_back(ledger_url) as connection:
        assert connection.scalar(select(schema.claim.c.parts)) == before
        connection.execute(update(schema.claim).values(parts=after))
    assert verify(ledger) == (Fault("claim", draft.reference, "parts: not as in journal entry 1"),)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table))
def test_a_removed_row_is_named(ledger: Ledger, ledger_url: str, table: Table) -> None:
    with behind_the_back(ledger_url) as connection:
        row = first_row(connection, table)
        connection.execute(delete(table).where(*this_row(table, row)))
    named = [fault for fault in verify(ledger) if (fault.table, fault.row) == (table.name, name_of(table, row))]
    assert ["missing" in fault.detail for fault in named] == [True]


@pytest.mark.parametrize("table", [vouched.table for vouched in VOUCHED], ids=lambda table: str(table))
def test_an_added_row_is_named(ledger: Ledger, ledger_url: str, table: Table) -> None:
    with behind_the_back(ledger_url) as connection:
        added = {name: another(value) for name, value in first_row(connection, table).items()}
        if table.name == "delivery":
            added |= {"payload": None, "payload_sha256": None}
        connection.execute(insert(table), added)
    told = Fault(table.name, name_of(table, added), "no journal entry tells of this row")
    assert told in verify(ledger)


@pytest.mark.parametrize(
    ("first", "last", "row"), [(1, 1, "1"), (6, 6, "6"), (3, 7, "3 to 7"), (LAST - 1, LAST, f"{LAST - 1} to {LAST}")]
)
def test_removed_entries_leave_a_gap(ledger: Ledger, ledger_url: str, first: int, last: int, row: str) -> None:
    with behind_the_back(ledger_url) as connection:
        connection.execute(delete(schema.journal).where(schema.journal.c.seq.between(first, last)))
    in_journal = [fault for fault in verify(ledger) if fault.table.startswith("journal")]
    assert in_journal == [Fault("journal", row, "missing at the end" if last == LAST else "missing")]


@pytest.mark.parametrize(("one", "two"), [(2, 3), (4, 9), (1, LAST), (LAST - 1, LAST)])
def test_swapped_entries_are_named_and_no_others(ledger: Ledger, ledger_url: str, one: int, two: int) -> None:
    with behind_the_back(ledger_url) as connection:
        for old, new in ((one, -1), (two, one), (-1, two)):
            connection.execute(update(schema.journal).where(schema.journal.c.seq == old).values(seq=new))
    in_journal = [fault for fault in verify(ledger) if fault.table.startswith("journal")]
    assert in_journal == [
        Fault("journal", str(one), f"out of order: this is the place of what stands at {two}"),
        Fault("journal", str(two), f"out of order: this is the place of what stands at {one}"),
    ]


def test_a_tail_cut_off_with_the_head_put_right_is_found_by_the_tables(ledger: Ledger, ledger_url: str) -> None:
    with behind_the_back(ledger_url) as connection:
        connection.execute(delete(schema.journal).where(schema.journal.c.seq == LAST))
        head = connection.execute(select(schema.journal).where(schema.journal.c.seq == LAST - 1)).mappings().one()
        connection.execute(update(schema.journal_head).values(seq=head["seq"], hash=head["hash"]))
    assert verify(ledger) == (Fault("client", "books acme", "no journal entry tells of this row"),)


def test_an_entry_forged_with_a_fitting_hash_is_found_by_its_successor(ledger: Ledger, ledger_url: str) -> None:
    with behind_the_back(ledger_url) as connection:
        row = (
            connection.execute(select(schema.journal).where(schema.journal.c.kind == "claim.written"))
            .mappings()
            .first()
        )
        assert row
        before = connection.scalar(select(schema.journal.c.hash).where(schema.journal.c.seq == row["seq"] - 1))
        body = json.dumps(json.loads(row["body"]) | {"amount": "1.00"})
        forged = dict(row) | {"body": body}
        forged["hash"] = chain_hash(str(before), forged)
        connection.execute(update(schema.journal).where(schema.journal.c.seq == row["seq"]).values(forged))
    faults = verify(ledger)
    assert faults[0] == Fault("journal", str(row["seq"] + 1), "changed: its content does not match its hash")
    assert ("claim", row["subject"]) in {(fault.table, fault.row) for fault in faults}


def test_an_appended_entry_does_not_fit_the_head(ledger: Ledger, ledger_url: str) -> None:
    with behind_the_back(ledger_url) as connection:
        tail = connection.execute(select(schema.journal).where(schema.journal.c.seq == LAST)).mappings().one()
        forged = dict(tail) | {"seq": LAST + 1}
        forged["hash"] = chain_hash(tail["hash"], forged)
        connection.execute(insert(schema.journal), forged)
    assert verify(ledger)[0] == Fault("journal_head", "1", f"seq: {LAST}, but the journal ends at {LAST + 1}")


def test_a_body_that_is_no_json_is_named_and_the_rest_still_checked(ledger: Ledger, ledger_url: str) -> None:
    with behind_the_back(ledger_url) as connection:
        connection.execute(update(schema.journal).where(schema.journal.c.seq == 1).values(body="no json"))
        connection.execute(update(schema.client).values(remote_id="contact-2"))
    assert {fault.table for fault in verify(ledger)} == {"journal", "project", "client"}


def test_a_journal_that_is_all_wrong_is_not_searched_without_end(ledger: Ledger, ledger_url: str) -> None:
    for number in range(3 * MOST):
        ledger.note("note", "subject", {"number": number})
    with behind_the_back(ledger_url) as connection:
        connection.execute(update(schema.journal).values(at="yesterday"))
        assert connection.scalar(select(func.count()).select_from(schema.journal)) == LAST + 3 * MOST
    assert len(verify(ledger)) == MOST


def test_a_ledger_that_lost_a_table_is_told_and_not_raised(ledger: Ledger, ledger_url: str) -> None:
    with behind_the_back(ledger_url) as connection:
        connection.execute(text("DROP TABLE client"))
    assert "database" in {fault.table for fault in verify(ledger)}
