"""What the ledger remembers of decisions, claims and deliveries, and its journal, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text, update

from tracker2invoice.errors import LedgerDamaged
from tracker2invoice.ledger import journal, schema
from tracker2invoice.ledger.rows import claim_row
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.ledger.verify import verify
from tracker2invoice.model.claim import Claim, Decision, Delivery, Part, Receipt
from tracker2invoice.model.invoice import Certification
from tracker2invoice.model.money import Money
from tracker2invoice.testing.samples import NOW, sample_claim, sample_draft

if TYPE_CHECKING:
    from tests.conftest import FrozenClock


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


class TestDeciding:
    def test_the_latest_decision_about_a_reference_counts(self, ledger: Ledger) -> None:
        first = Decision("T2I-AAAAAAAAAAAA", "hold", "kim", NOW, "wait for the audit")
        second = Decision("T2I-AAAAAAAAAAAA", "approve", "ada", NOW + timedelta(days=1))
        ledger.decide(first)
        ledger.decide(second)
        assert ledger.decisions() == {"T2I-AAAAAAAAAAAA": second}
        assert [entry.body["by"] for entry in ledger.journal("T2I-AAAAAAAAAAAA")] == ["kim", "ada"]

    def test_a_reissue_is_final(self, ledger: Ledger) -> None:
        reissue = Decision("T2I-AAAAAAAAAAAA", "reissue", "kim", NOW, "wrong client")
        assert ledger.decide(Decision("T2I-AAAAAAAAAAAA", "hold", "kim", NOW))
        assert ledger.decide(reissue)
        assert not ledger.decide(Decision("T2I-AAAAAAAAAAAA", "approve", "ada", NOW + timedelta(days=1)))
        assert not ledger.decide(reissue)
        assert ledger.decisions() == {"T2I-AAAAAAAAAAAA": reissue}
        assert len(kinds(ledger)) == 2

    def test_what_is_decided_together_is_decided_for_all_or_for_none(self, ledger: Ledger) -> None:
        first, second = (Decision(f"T2I-{name * 12}", "credit", "kim", NOW) for name in "AB")
        assert ledger.decide(first)
        assert not ledger.decide_together([second, replace(first, by="ada")])
        assert ledger.decisions() == {first.reference: first}
        third = replace(second, reference="T2I-CCCCCCCCCCCC")
        assert ledger.decide_together([second, third])
        assert set(ledger.decisions().values()) == {first, second, third}
        assert verify(ledger) == ()


class TestCertifying:
    def test_what_was_certified_is_kept_in_its_order_and_only_appended(self, ledger: Ledger) -> None:
        first = Certification("acme-portal", "design", Decimal("62.50"), "anna", NOW, "all but the search")
        second = replace(first, percent=Decimal(40), by="ben", at=NOW - timedelta(days=1))
        other = replace(first, term="beta")
        for one in (first, second, other):
            ledger.certify(one)
        assert ledger.certifications() == {
            ("acme-portal", "design"): (first, second),
            ("acme-portal", "beta"): (other,),
        }
        assert [entry.body["percent"] for entry in ledger.journal("acme-portal/design")] == ["62.50", "40"]
        assert verify(ledger) == ()

    def test_what_was_certified_before_a_bill_of_the_term_was_credited_counts_no_more(self, ledger: Ledger) -> None:
        claim = claimed(ledger)
        certification = Certification(claim.contract, claim.term, Decimal(60), "anna", NOW)
        other = replace(certification, term="other")
        for one in (certification, other):
            ledger.certify(one)
        ledger.decide(Decision(claim.reference, "hold", "kim", NOW))
        assert len(ledger.certifications()) == 2
        ledger.decide(Decision(claim.reference, "credit", "kim", NOW))
        assert ledger.certifications() == {(claim.contract, "other"): (other,)}
        # the clock was put back meanwhile: the journal knows what came first
        anew = replace(certification, at=NOW - timedelta(days=1))
        ledger.certify(anew)
        assert ledger.certifications()[claim.contract, claim.term] == (anew,)

    def test_a_certification_that_nobody_can_have_made_is_damage(self, ledger: Ledger) -> None:
        ledger.note("term.certified", "acme-portal/design", {"percent": "101"})
        with pytest.raises(LedgerDamaged):
            ledger.certifications()


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
        with pytest.raises(LedgerDamaged), ledger.database.write("test") as connection:
            connection.execute(schema.claim.insert(), row)

    def test_a_draft_of_another_claim_is_refused(self, ledger: Ledger) -> None:
        with pytest.raises(ValueError, match="those of the claim"):
            ledger.write_claim(sample_claim(sample_draft()), sample_draft(net="1.00"))
        assert ledger.claims() == ()

    def test_a_changed_draft_is_not_handed_out(self, ledger: Ledger) -> None:
        claim = claimed(ledger)
        with ledger.database.write("test") as connection:
            connection.execute(update(schema.draft).values(bytes=sample_draft(net="1.00").to_bytes()))
        with pytest.raises(LedgerDamaged, match="SHA-256"):
            ledger.draft(claim.reference)

    def test_the_journal_has_the_parts_of_an_amount_only_if_there_are_any(self, ledger: Ledger) -> None:
        claimed(ledger, "1")
        draft = sample_draft(milestone_id="2")
        parts = (
            Part("work", "design", Money(Decimal("20000.00"), "EUR"), "ada", Decimal("160.50")),
            Part("retained", "design", Money(Decimal("-2000.00"), "EUR")),
        )
        ledger.write_claim(replace(sample_claim(draft), parts=parts), draft)
        without, with_parts = (entry.body for entry in ledger.journal() if entry.kind == "claim.written")
        assert "parts" not in without
        assert with_parts["parts"] == (
            '[{"amount":"20000.00","item":"ada","kind":"work","quantity":"160.50","term":"design"},'
            '{"amount":"-2000.00","kind":"retained","term":"design"}]'
        )

    @pytest.mark.parametrize("quantity", [None, Decimal("Infinity"), Decimal("NaN")])
    def test_a_part_that_does_not_add_up_with_the_others_is_refused(
        self, ledger: Ledger, quantity: Decimal | None
    ) -> None:
        draft = sample_draft()
        part = Part("work", "design", Money(Decimal(1), "EUR" if quantity else "USD"), quantity=quantity)
        with pytest.raises(ValueError, match=r"a part is in another currency|not a number"):
            ledger.write_claim(replace(sample_claim(draft), parts=(part,)), draft)
        assert ledger.claims() == ()

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("amount", "a lot"),
            ("currency", "XXX"),
            ("claimed_at", "yesterday"),
            ("parts", "many"),
            ("parts", "{}"),
            ("parts", '[{"kind":"work","term":"design"}]'),
            ("parts", '[{"amount":"1e3","kind":"work","term":"design"}]'),
            ("parts", '[{"amount":"1.00","kind":"gift","term":"design"}]'),
        ],
    )
    def test_a_row_that_cannot_be_read_is_damage(self, ledger: Ledger, column: str, value: str) -> None:
        claimed(ledger)
        with ledger.database.write("test") as connection:
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
        with ledger.database.write("test") as connection:
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

    def test_more_entries_than_a_page_are_all_told(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(journal, "PAGE", 2)
        for number in range(5):
            ledger.note("note", "subject", {"number": number})
        assert [entry.seq for entry in ledger.journal()] == [1, 2, 3, 4, 5]

    @pytest.mark.parametrize("value", [1.5, Decimal("1.5"), NOW, b"bytes", {"deep": [0.1]}])
    def test_nothing_inexact_or_foreign_gets_in(self, ledger: Ledger, value: object) -> None:
        with pytest.raises(TypeError):
            ledger.note("note", "subject", {"value": value})
        assert kinds(ledger) == []

    def test_a_removed_head_stops_every_writer(self, ledger: Ledger) -> None:
        with ledger.database.write("test") as connection:
            connection.execute(text("DELETE FROM journal_head"))
        with pytest.raises(LedgerDamaged, match="journal_head"):
            ledger.note("note", "subject", {})
