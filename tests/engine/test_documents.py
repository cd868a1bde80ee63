"""Several payers of one bill, and several bills on one document: once, to the cent, whatever happens on the way."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.engine.decide import hold, reissue, retry
from tracker2invoice.ledger.verify import verify
from tracker2invoice.model.contract import Contract, InvoicePer, Payer
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.money import Money
from tracker2invoice.testing.samples import sample_contract

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import Scene

CLIENT = sample_contract().client
BANK = replace(CLIENT, id="bank", name="Bank AG", remote={"books": "bank there"})


def shared(percent: str = "60") -> Contract:
    share = Fraction(percent)
    client = replace(CLIENT, remote={"books": "acme there"})
    return replace(
        sample_contract(), client=client, payers=(Payer(client, share), Payer(BANK, 100 - share)), price=eur("100.01")
    )


def together(per: InvoicePer) -> Contract:
    return replace(sample_contract(), invoice_per=per)


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def drafts(scene: Scene) -> list[Draft]:
    return [entry.draft for entry in scene.books.entries]


def nets(scene: Scene) -> list[tuple[str, str]]:
    return [(draft.client.id, str(draft.totals.net)) for draft in drafts(scene)]


def events(scene: Scene) -> list[str]:
    with scene.house() as house:
        assert verify(house.ledger) == ()
        return [entry.kind for entry in house.ledger.journal()]


class TestPayers:
    """Each line is divided by largest remainder; each payer gets a document."""

    @pytest.fixture(autouse=True)
    def contract(self, scene: Scene) -> None:
        scene.contract = shared()

    def test_each_gets_a_document_with_their_share_and_the_shares_make_the_whole(self, scene: Scene) -> None:
        """30 % of 100.01 is 30.00; 50 % is 50.01, of which 60 % are 30.006 and 40 % are 20.004."""
        scene.close("Design")
        scene.run()
        scene.close("Beta")
        scene.run()
        assert nets(scene)[:2] == [("acme", "18.00"), ("bank", "12.00")]
        assert sorted(nets(scene)[2:]) == [("acme", "30.01"), ("bank", "20.00")]
        exact = "30 % of 100.01 EUR = 30.003 EUR, rounded to 30.00 EUR"
        assert drafts(scene)[0].lines[0].basis == f"60 % of 30.00 EUR: {exact}"

    def test_the_claim_is_of_the_whole_and_knows_every_document(self, scene: Scene) -> None:
        scene.close("Design")
        scene.run()
        with scene.house() as house:
            (claim,) = house.ledger.claims()
            assert [house.ledger.claims_on(name) for name in claim.documents] == [(claim,), (claim,)]
        assert claim.amount == eur("30.00")
        assert claim.documents == tuple(draft.reference for draft in drafts(scene))
        assert claim.reference not in claim.documents
        assert "claim.written" in events(scene)

    def test_a_document_that_was_made_before_the_ledger_was_lost_is_found_again(self, scene: Scene) -> None:
        scene.close("Design")
        scene.run()
        (scene.directory / "ledger.db").unlink()
        scene.run()
        assert len(scene.books.entries) == 2
        assert events(scene).count("delivery.adopted") == 2

    def test_one_document_of_the_whole_from_before_there_were_payers_stops_both(self, scene: Scene) -> None:
        scene.contract = replace(shared(), payers=())
        scene.close("Design")
        scene.run()
        (scene.directory / "ledger.db").unlink()
        scene.contract = shared()
        scene.run()
        assert len(scene.books.entries) == 1

    def test_what_was_refused_for_one_payer_is_sent_again_for_that_one(self, scene: Scene) -> None:
        scene.close("Design")
        scene.books.faults.append("reject")
        scene.run()
        assert len(scene.books.entries) == 1
        with scene.house() as house:
            (claim,) = house.ledger.claims()
            assert retry(house.ledger, claim.reference) == 1
        scene.run()
        assert sorted(nets(scene)) == [("acme", "18.00"), ("bank", "12.00")]

    def test_a_hold_keeps_back_every_document(self, scene: Scene) -> None:
        scene.close("Design")
        scene.books.accepts_us = False
        scene.run()
        with scene.house() as house:
            (claim,) = house.ledger.claims()
            assert hold(house.ledger, claim.reference, "ann") == 2
        scene.books.accepts_us = True
        scene.run()
        assert scene.books.entries == []

    def test_nothing_is_reissued_while_one_payer_has_a_document(self, scene: Scene) -> None:
        scene.close("Design")
        scene.run()
        with scene.house() as house:
            (claim,) = house.ledger.claims()
            assert "the document is there" in reissue(house, claim, "ann")
            assert retry(house.ledger, claim.reference) == 0


class TestTogether:
    """Bills of one run, month or milestone on one document."""

    def test_what_is_due_in_one_run_stands_on_one_document(self, scene: Scene) -> None:
        scene.contract = together("run")
        scene.close("Design")
        scene.clock.advance(days=2)
        scene.close("Beta")
        scene.run()
        (draft,) = drafts(scene)
        assert [str(line.net) for line in draft.lines] == ["18000.00", "30000.00"]
        assert [line.description for line in draft.lines] == ["Customer portal: Design", "Customer portal: Beta"]
        assert draft.delivery_period is not None
        assert (draft.delivery_period.end - draft.delivery_period.start).days == 2
        assert draft.delivery_date == draft.delivery_period.end
        scene.close("Acceptance")
        scene.run()
        assert [str(one.totals.net) for one in drafts(scene)] == ["48000.00", "12000.00"]
        assert events(scene).count("claim.written") == 3

    def test_two_terms_of_one_milestone_make_one_document_and_another_milestone_another(self, scene: Scene) -> None:
        first, second, third = sample_contract().terms
        beta = replace(second, match=first.match, shares_milestone=True)
        scene.contract = replace(together("milestone"), terms=(replace(first, shares_milestone=True), beta, third))
        scene.close("Design")
        scene.close("Acceptance")
        scene.run()
        assert [str(one.totals.net) for one in drafts(scene)] == ["48000.00", "12000.00"]
        assert all(one.delivery_period is None for one in drafts(scene))

    def test_a_month_is_billed_when_it_is_over_and_once(self, scene: Scene) -> None:
        """The clock begins on 2 March 2026."""
        scene.contract = together("month")
        scene.close("Design")
        scene.clock.advance(days=20)
        scene.close("Beta")
        (waits, *_) = scene.run().plan.actions
        assert str(waits.reason) == "waits-for-month: goes on the invoice of the month, on 2026-04-01"
        scene.clock.advance(days=10)
        scene.run()
        (draft,) = drafts(scene)
        assert (str(draft.totals.net), str(draft.issue_date)) == ("48000.00", "2026-04-01")
        scene.close("Acceptance")
        scene.clock.advance(days=29)
        scene.run()
        assert len(drafts(scene)) == 1
        scene.clock.advance(days=1)
        scene.run()
        assert str(drafts(scene)[1].totals.net) == "12000.00"

    def test_everything_on_a_document_waits_while_one_milestone_of_it_is_open_again(self, scene: Scene) -> None:
        scene.contract = together("run")
        scene.close("Design")
        number = scene.close("Beta")
        scene.books.accepts_us = False
        scene.run()
        scene.projects.reopen(scene.project, number)
        scene.books.accepts_us = True
        for _ in range(2):
            scene.run()
            assert scene.books.entries == []
        scene.projects.close(scene.project, number)
        scene.run()
        assert [str(draft.totals.net) for draft in drafts(scene)] == ["48000.00"]

    def test_each_claim_of_a_document_that_was_refused_can_be_billed_again(self, scene: Scene) -> None:
        scene.contract = together("run")
        scene.close("Design")
        scene.close("Beta")
        scene.books.faults.append("reject")
        scene.run()
        with scene.house() as house:
            assert [reissue(house, claim, "ann") for claim in house.ledger.claims()] == ["", ""]
        scene.run()
        assert [str(draft.totals.net) for draft in drafts(scene)] == ["48000.00"]
        with scene.house() as house:
            assert [claim.generation for claim in house.ledger.claims()] == [1, 1, 2, 2]

    def test_a_lost_ledger_finds_the_document_of_all(self, scene: Scene) -> None:
        scene.contract = together("run")
        scene.close("Design")
        scene.close("Beta")
        scene.run()
        (scene.directory / "ledger.db").unlink()
        scene.run()
        assert len(drafts(scene)) == 1

    def test_a_bill_that_had_a_document_of_its_own_is_not_put_on_another(self, scene: Scene) -> None:
        scene.close("Beta")
        scene.run()
        (scene.directory / "ledger.db").unlink()
        scene.contract = together("run")
        scene.close("Design")
        scene.run()
        assert [str(draft.totals.net) for draft in drafts(scene)] == ["30000.00"]

    def test_claims_on_one_document_know_it(self, scene: Scene) -> None:
        scene.contract = together("run")
        scene.close("Design")
        scene.close("Beta")
        scene.run()
        with scene.house() as house:
            claims = house.ledger.claims()
        assert {claim.documents for claim in claims} == {(drafts(scene)[0].reference,)}

    @pytest.mark.parametrize("first", ["Design", "Beta"])
    def test_a_lost_ledger_that_collects_other_bills_stops_at_the_document_that_is_there(
        self, scene: Scene, first: str
    ) -> None:
        scene.contract = together("run")
        numbers = {title: scene.close(title) for title in ("Design", "Beta")}
        scene.run()
        (scene.directory / "ledger.db").unlink()
        scene.projects.reopen(scene.project, numbers[first])
        scene.run()
        assert [str(draft.totals.net) for draft in drafts(scene)] == ["48000.00"]
        (reference,) = {draft.reference for draft in drafts(scene)}
        with scene.house() as house:
            (claim,) = house.ledger.claims()
        assert [(one.reference, one.state, one.reason) for one in claim.deliveries] == [(reference, "held", "differs")]

    def test_an_older_ledger_finds_the_document_that_was_made_in_the_place_of_a_refused_one(
        self, scene: Scene, tmp_path: Path
    ) -> None:
        scene.contract = together("run")
        scene.run()
        backup = (scene.directory / "ledger.db").read_bytes()
        scene.close("Beta")
        scene.books.faults.append("reject")
        scene.run()
        with scene.house() as house:
            (claim,) = house.ledger.claims()
            assert reissue(house, claim, "ann") == ""
        scene.run()
        assert len(drafts(scene)) == 1
        for rest in scene.directory.glob("ledger.db-*"):
            rest.unlink()
        (scene.directory / "ledger.db").write_bytes(backup)
        scene.run()
        assert len(drafts(scene)) == 1
