"""What the ledger remembers, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update

from tracker2invoice.errors import LedgerDamaged
from tracker2invoice.ledger import schema
from tracker2invoice.ledger.rows import claim_row, storable
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.ledger.verify import verify
from tracker2invoice.model.claim import Claim, Decision, Delivery, DeliveryState, DocumentState, Receipt
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.model.money import Money
from tracker2invoice.plugins import Observed, Unchanged
from tracker2invoice.testing.samples import NOW, sample_claim, sample_draft

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

LABEL = "github:acme/portal"
PROJECT = Project("github", "1296269", "acme/portal", "https://github.com/acme/portal")
BETA = Milestone(
    tracker="github",
    project_id="1296269",
    id="1002604",
    number=1,
    title="Beta",
    description="",
    url="https://github.com/acme/portal/milestone/1",
    state="open",
    closed_at=None,
    due_on=date(2026, 3, 31),
    created_at=NOW,
    updated_at=NOW,
    open_items=2,
    closed_items=3,
)
CLOSED = replace(BETA, state="closed", closed_at=NOW, open_items=0, closed_items=5)
DESIGN = replace(BETA, id="1002605", number=2, title="Design")


def observed(*milestones: Milestone, cursor: str = "one", complete: bool = True) -> Observed:
    return Observed(PROJECT, milestones, cursor, complete)


def kinds(ledger: Ledger) -> list[str]:
    return [entry.kind for entry in ledger.journal()]


def claimed(ledger: Ledger, milestone_id: str = "1002604", outputs: tuple[str, ...] = ("books",)) -> Claim:
    draft = sample_draft(milestone_id=milestone_id)
    claim = sample_claim(draft, outputs)
    assert ledger.write_claim(claim, draft)
    return claim


def dump(ledger: Ledger) -> dict[str, list[tuple[object, ...]]]:
    with ledger.database.read() as connection:
        return {
            name: [tuple(row) for row in connection.execute(table.select())]
            for name, table in schema.metadata.tables.items()
        }


class TestProjects:
    def test_a_project_is_found_by_the_name_it_is_configured_under(self, ledger: Ledger) -> None:
        ledger.pin_project(LABEL, PROJECT)
        assert ledger.projects() == {LABEL: PROJECT}

    def test_a_pinned_name_never_moves_to_another_project(self, ledger: Ledger) -> None:
        ledger.pin_project(LABEL, PROJECT)
        ledger.pin_project(LABEL, replace(PROJECT, id="666"))
        assert ledger.projects() == {LABEL: PROJECT}

    def test_a_renamed_project_keeps_its_configured_name(self, ledger: Ledger) -> None:
        ledger.pin_project(LABEL, PROJECT)
        renamed = replace(PROJECT, name="acme/shop", url="https://github.com/acme/shop")
        ledger.record_observed(Observed(renamed, (), "one", complete=True))
        assert ledger.projects() == {LABEL: renamed}
        assert kinds(ledger) == ["project.pinned", "project.renamed"]


class TestObserving:
    def test_what_was_seen_is_remembered(self, ledger: Ledger) -> None:
        assert ledger.record_observed(observed(BETA, DESIGN)) == (BETA, DESIGN)
        assert ledger.milestones() == (BETA, DESIGN)

    @pytest.mark.parametrize(
        ("before", "now", "kind"),
        [
            (BETA, CLOSED, "milestone.closed"),
            (CLOSED, BETA, "milestone.reopened"),
            (BETA, replace(BETA, title="Beta 2"), "milestone.changed"),
            (CLOSED, replace(CLOSED, closed_at=NOW + timedelta(hours=1)), "milestone.changed"),
        ],
    )
    def test_each_change_is_journalled_under_its_name(
        self, ledger: Ledger, before: Milestone, now: Milestone, kind: str
    ) -> None:
        ledger.record_observed(observed(before, DESIGN))
        assert ledger.record_observed(observed(now, DESIGN)) == (now,)
        assert ledger.milestones() == (now, DESIGN)
        assert [entry.kind for entry in ledger.journal(BETA.key)] == ["milestone.seen", kind]

    def test_a_milestone_missing_from_a_complete_reading_is_gone_until_it_is_seen_again(self, ledger: Ledger) -> None:
        ledger.record_observed(observed(BETA, DESIGN))
        assert ledger.record_observed(observed(DESIGN)) == (BETA,)
        assert ledger.gone() == {BETA.key}
        assert ledger.record_observed(observed(DESIGN)) == ()
        assert ledger.record_observed(observed(BETA, DESIGN)) == (BETA,)
        assert ledger.gone() == frozenset()
        told = [entry.kind for entry in ledger.journal(BETA.key)]
        assert told == ["milestone.seen", "milestone.gone", "milestone.seen"]

    def test_a_milestone_missing_from_an_incomplete_reading_is_still_there(self, ledger: Ledger) -> None:
        ledger.record_observed(observed(BETA, DESIGN))
        assert ledger.record_observed(observed(CLOSED, complete=False)) == (CLOSED,)
        assert ledger.gone() == frozenset()
        assert ledger.milestones() == (CLOSED, DESIGN)

    def test_a_reading_of_one_project_leaves_the_others_alone(self, ledger: Ledger) -> None:
        other = replace(BETA, project_id="2")
        ledger.record_observed(Observed(replace(PROJECT, id="2"), (other,), "one", complete=True))
        ledger.record_observed(observed())
        assert (ledger.milestones(), ledger.gone()) == ((other,), frozenset())

    def test_the_cursor_is_that_of_the_last_complete_poll(self, ledger: Ledger) -> None:
        assert ledger.cursor("github", PROJECT.id) is None
        ledger.record_observed(observed(cursor="one"))
        ledger.record_unchanged("github", Unchanged(PROJECT.id, "two"))
        ledger.record_failed("github", PROJECT.id, "Unreachable: github: timed out")
        assert ledger.cursor("github", PROJECT.id) == "two"

    @pytest.mark.parametrize("how", ["observed", "unchanged"])
    def test_a_poll_without_changes_touches_only_its_cursor(self, ledger: Ledger, clock: FrozenClock, how: str) -> None:
        ledger.pin_project(LABEL, PROJECT)
        ledger.record_observed(observed(BETA, CLOSED, cursor="one"))
        claimed(ledger)
        before = dump(ledger)
        clock.advance(timedelta(minutes=5))
        if how == "observed":
            assert ledger.record_observed(observed(BETA, CLOSED, cursor="two")) == ()
        else:
            ledger.record_unchanged("github", Unchanged(PROJECT.id, "two"))
        after = dump(ledger)
        assert [name for name in before if before[name] != after[name]] == ["cursor"]

    def test_a_failed_poll_is_told_until_the_next_good_one(self, ledger: Ledger) -> None:
        ledger.pin_project(LABEL, PROJECT)
        ledger.record_observed(observed(BETA))
        assert ledger.unread() == {}
        ledger.record_failed("github", PROJECT.id, "Unreachable: github: timed out")
        ledger.record_failed("github", PROJECT.id, "RateLimited: github: 429")
        assert ledger.unread() == {LABEL: "RateLimited: github: 429"}
        assert ledger.milestones() == (BETA,)
        ledger.record_unchanged("github", Unchanged(PROJECT.id, "two"))
        assert ledger.unread() == {}

    def test_a_poll_that_fails_first_of_all_is_told(self, ledger: Ledger) -> None:
        ledger.pin_project(LABEL, PROJECT)
        ledger.record_failed("github", PROJECT.id, "AccessDenied: github: 401")
        assert ledger.unread() == {LABEL: "AccessDenied: github: 401"}

    @pytest.mark.parametrize(
        "title", ["Übergabe ☃ 請求書 🚀", "'; DROP TABLE claim; --", "a\u202eb\u0301", "=1+1\r\n\t"]
    )
    def test_a_title_is_kept_as_it_is(self, ledger: Ledger, title: str) -> None:
        named = replace(BETA, title=title)
        ledger.record_observed(observed(named))
        assert ledger.milestones() == (named,)

    @pytest.mark.parametrize("title", ["a\0b", "a\ud800b"])
    def test_what_no_database_keeps_is_replaced_and_is_no_change_the_next_time(
        self, ledger: Ledger, title: str
    ) -> None:
        ledger.record_observed(observed(replace(BETA, title=title)))
        assert [one.title for one in ledger.milestones()] == ["a\ufffdb"]
        assert ledger.record_observed(observed(replace(BETA, title=title))) == ()

    def test_a_project_with_thousands_of_milestones_is_one_reading(self, ledger: Ledger) -> None:
        many = tuple(replace(BETA, id=str(number), number=number) for number in range(3000))
        assert ledger.record_observed(observed(*many)) == many
        assert ledger.milestones() == many
        assert len(kinds(ledger)) == 3000
        assert verify(ledger) == ()


class TestDeciding:
    def test_the_latest_decision_about_a_reference_counts(self, ledger: Ledger) -> None:
        first = Decision("T2I-AAAAAAAAAAAA", "hold", "kim", NOW, "wait for the audit")
        second = Decision("T2I-AAAAAAAAAAAA", "approve", "ada", NOW + timedelta(days=1))
        ledger.decide(first)
        ledger.decide(second)
        assert ledger.decisions() == {"T2I-AAAAAAAAAAAA": second}
        assert [entry.body["by"] for entry in ledger.journal("T2I-AAAAAAAAAAAA")] == ["kim", "ada"]


class TestClaiming:
    def test_a_claim_comes_back_with_its_draft_and_deliveries(self, ledger: Ledger) -> None:
        claim = claimed(ledger, outputs=("books", "files"))
        assert ledger.claims() == (claim,)
        assert ledger.claim(claim.reference) == claim
        assert ledger.draft(claim.reference) == sample_draft()
        assert kinds(ledger) == ["claim.written", "delivery.planned", "delivery.planned"]

    def test_an_unknown_reference_has_no_claim(self, ledger: Ledger) -> None:
        assert ledger.claim("T2I-AAAAAAAAAAAA") is None
        with pytest.raises(LedgerDamaged):
            ledger.draft("T2I-AAAAAAAAAAAA")

    def test_the_same_thing_is_claimed_once(self, ledger: Ledger) -> None:
        claimed(ledger)
        before = dump(ledger)
        draft = sample_draft(net="1.00")
        assert not ledger.write_claim(sample_claim(draft), draft)
        other = replace(draft, reference="T2I-AAAAAAAAAAAA")
        assert not ledger.write_claim(sample_claim(other), other)
        assert dump(ledger) == before

    def test_a_later_generation_is_another_claim(self, ledger: Ledger) -> None:
        claimed(ledger)
        draft = replace(sample_draft(), reference="T2I-AAAAAAAAAAAA")
        assert ledger.write_claim(replace(sample_claim(draft), generation=2), draft)

    def test_a_reference_that_stands_for_something_else_is_no_silent_drop(self, ledger: Ledger) -> None:
        claimed(ledger)
        draft = sample_draft()
        with pytest.raises(LedgerDamaged, match="something else"):
            ledger.write_claim(replace(sample_claim(draft), term="beta"), draft)

    def test_the_database_itself_refuses_a_second_claim(self, ledger: Ledger) -> None:
        claim = claimed(ledger)
        row = claim_row(replace(claim, reference="T2I-AAAAAAAAAAAA"), seq=99)
        with pytest.raises(LedgerDamaged), ledger.database.write() as connection:
            connection.execute(schema.claim.insert(), row)

    def test_a_draft_of_another_claim_is_refused(self, ledger: Ledger) -> None:
        with pytest.raises(ValueError, match="those of the claim"):
            ledger.write_claim(sample_claim(sample_draft()), sample_draft(net="1.00"))
        assert ledger.claims() == ()

    def test_a_changed_draft_is_not_handed_out(self, ledger: Ledger) -> None:
        claim = claimed(ledger)
        with ledger.database.write() as connection:
            connection.execute(update(schema.draft).values(bytes=sample_draft(net="1.00").to_bytes()))
        with pytest.raises(LedgerDamaged, match="SHA-256"):
            ledger.draft(claim.reference)

    @pytest.mark.parametrize(
        ("column", "value"), [("amount", "a lot"), ("currency", "XXX"), ("claimed_at", "yesterday")]
    )
    def test_a_row_that_cannot_be_read_is_damage(self, ledger: Ledger, column: str, value: str) -> None:
        claimed(ledger)
        with ledger.database.write() as connection:
            connection.execute(update(schema.claim).values({column: value}))
        with pytest.raises(LedgerDamaged, match="unreadable"):
            ledger.claims()


class TestDelivering:
    def test_open_deliveries_are_those_of_the_output_oldest_claim_first(self, ledger: Ledger) -> None:
        first, second, third, fourth = (claimed(ledger, str(number), ("books", "files")) for number in range(4))
        sent = replace(second.deliveries[0], state="sending", payload=b"{}", sent_at=NOW)
        ledger.save_delivery(sent, "sending")
        ledger.save_delivery(replace(third.deliveries[0], state="delivered"), "delivered")
        expected = (first.deliveries[0], sent, fourth.deliveries[0])
        assert ledger.open_deliveries("books") == expected
        assert ledger.open_deliveries("nowhere") == ()

    def test_the_journal_has_the_receipt_but_not_the_payload(self, ledger: Ledger) -> None:
        claim = claimed(ledger)
        receipt = Receipt("42", "INV-0042", "https://books.example/42", "draft")
        done = replace(claim.deliveries[0], state="delivered", payload=b"abc", receipt=receipt)
        ledger.save_delivery(done, "created")
        *_, entry = ledger.journal(claim.reference)
        assert entry.kind == "delivery.created"
        told = {name: entry.body[name] for name in ("state", "attempt", "remote_id", "number", "document_state")}
        assert told == {
            "state": "delivered",
            "attempt": 1,
            "remote_id": "42",
            "number": "INV-0042",
            "document_state": "draft",
        }
        # SHA-256 of "abc": FIPS 180-2, appendix B.1
        digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        assert entry.body["payload_sha256"] == digest
        assert "payload" not in entry.body

    def test_a_delivery_that_was_never_planned_is_refused(self, ledger: Ledger) -> None:
        claim = claimed(ledger)
        with pytest.raises(LedgerDamaged):
            ledger.save_delivery(Delivery(claim.reference, "elsewhere", "delivered"), "delivered")
        assert kinds(ledger) == ["claim.written", "delivery.planned"]

    def test_a_changed_payload_is_not_handed_out(self, ledger: Ledger) -> None:
        claim = claimed(ledger)
        ledger.save_delivery(replace(claim.deliveries[0], state="sending", payload=b"100"), "sending")
        with ledger.database.write() as connection:
            connection.execute(update(schema.delivery).values(payload=b"900"))
        with pytest.raises(LedgerDamaged):
            ledger.open_deliveries("books")

    def test_a_client_stays_pinned_to_the_first_remote_id(self, ledger: Ledger) -> None:
        assert ledger.pinned_client("books", "acme") is None
        ledger.pin_client("books", "acme", "contact-1")
        ledger.pin_client("books", "acme", "contact-2")
        assert ledger.pinned_client("books", "acme") == "contact-1"
        assert ledger.pinned_client("other", "acme") is None


class TestJournal:
    def test_entries_are_numbered_without_gaps_and_told_in_order(self, ledger: Ledger, clock: FrozenClock) -> None:
        ledger.note("run.started", "run", {"by": "cron"})
        clock.advance(timedelta(seconds=1, microseconds=5))
        ledger.note("run.finished", "run", {"billed": 2, "amount": "18000.00", "outputs": ["books", None, True]})
        first, second = ledger.journal()
        assert (first.seq, second.seq) == (1, 2)
        assert (first.at, second.at) == (NOW, NOW + timedelta(seconds=1, microseconds=5))
        assert second.body == {"billed": 2, "amount": "18000.00", "outputs": ["books", None, True]}

    def test_a_subject_has_its_own_story(self, ledger: Ledger) -> None:
        ledger.note("a", "one", {})
        ledger.note("b", "two", {})
        ledger.note("c", "one", {})
        assert [entry.kind for entry in ledger.journal("one")] == ["a", "c"]

    def test_more_entries_than_a_page_are_all_told(self, ledger: Ledger) -> None:
        many = tuple(replace(BETA, id=str(number), number=number) for number in range(2001))
        ledger.record_observed(observed(*many))
        assert [entry.seq for entry in ledger.journal()] == list(range(1, 2002))

    @pytest.mark.parametrize("value", [1.5, Decimal("1.5"), NOW, b"bytes", {"deep": [0.1]}])
    def test_nothing_inexact_or_foreign_gets_in(self, ledger: Ledger, value: object) -> None:
        with pytest.raises(TypeError):
            ledger.note("note", "subject", {"value": value})
        assert kinds(ledger) == []

    def test_a_removed_head_stops_every_writer(self, ledger: Ledger) -> None:
        with ledger.database.write() as connection:
            connection.execute(text("DELETE FROM journal_head"))
        with pytest.raises(LedgerDamaged, match="journal_head"):
            ledger.note("note", "subject", {})


texts = st.text(max_size=40)
instants = st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=5, minutes=45))))
counts = st.integers(0, 2**31)
milestones = st.builds(
    Milestone,
    tracker=st.just("github"),
    project_id=st.just(PROJECT.id),
    id=texts,
    number=counts,
    title=texts,
    description=texts,
    url=texts,
    state=st.sampled_from(["open", "closed"]),
    closed_at=st.none() | instants,
    due_on=st.none() | st.dates(),
    created_at=st.none() | instants,
    updated_at=st.none() | instants,
    open_items=counts,
    closed_items=counts,
)
receipts = st.builds(Receipt, texts, texts, texts, st.sampled_from(get_args(DocumentState)))
money = st.builds(Money.of_units, st.integers(-(10**15), 10**15), st.sampled_from(sorted(MINOR_UNITS)))
each_on_one_ledger = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class TestRoundTrip:
    @each_on_one_ledger
    @given(milestone=milestones)
    def test_any_milestone_comes_back(self, ledger: Ledger, milestone: Milestone) -> None:
        ledger.record_observed(observed(milestone, complete=False))
        kept = {"id", "title", "description", "url"}
        clean = replace(milestone, **{name: storable(getattr(milestone, name)) for name in kept})
        assert clean in ledger.milestones()
        assert ledger.record_observed(observed(milestone, complete=False)) == ()

    @each_on_one_ledger
    @given(amount=money, at=instants, number=st.integers(1))
    def test_any_claim_comes_back(self, ledger: Ledger, amount: Money, at: datetime, number: int) -> None:
        draft = sample_draft(milestone_id=str(number))
        claim = replace(sample_claim(draft), amount=amount, claimed_at=at)
        known = ledger.claim(claim.reference)
        assert ledger.write_claim(claim, draft) is (known is None)
        assert ledger.claim(claim.reference) == (known or claim)

    @each_on_one_ledger
    @given(data=st.data())
    def test_any_delivery_comes_back(self, ledger: Ledger, data: st.DataObject) -> None:
        draft = sample_draft()
        ledger.write_claim(sample_claim(draft), draft)
        delivery = data.draw(
            st.builds(
                Delivery,
                reference=st.just(draft.reference),
                output=st.just("books"),
                state=st.sampled_from(get_args(DeliveryState)),
                attempt=counts,
                payload=st.none() | st.binary(max_size=50),
                first_sent_at=st.none() | instants,
                sent_at=st.none() | instants,
                misses=counts,
                not_before=st.none() | instants,
                reason=texts.map(storable),
                detail=texts.map(storable),
                receipt=st.none() | receipts.map(clean_receipt),
            )
        )
        ledger.save_delivery(delivery, "tested")
        claim = ledger.claim(draft.reference)
        assert claim
        assert claim.deliveries == (delivery,)
        assert verify(ledger) == ()


def clean_receipt(receipt: Receipt) -> Receipt:
    return Receipt(storable(receipt.remote_id), storable(receipt.number), storable(receipt.url), receipt.state)
