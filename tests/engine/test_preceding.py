"""A document that deducts a deposit names the invoice of it, as the ledger knows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from tests.engine.conftest import Scene

from tracker2invoice.model.conditions import Deposit, Drawdown
from tracker2invoice.model.contract import InvoicePer, Payer
from tracker2invoice.model.invoice import Preceding
from tracker2invoice.model.term import Match


def after_a_deposit(scene: Scene, drawdown: Drawdown, documents: int = 2) -> tuple[Preceding, ...]:
    """Bill a deposit, and a day later the first work; return what the last document refers to."""
    scene.contract = replace(scene.contract, deposit=Deposit(Fraction(10), drawdown=drawdown))
    scene.run()
    scene.clock.advance(days=1)
    scene.close("Beta")
    scene.run()
    terms = [entry.draft.why.term for entry in scene.books.entries]
    assert (len(terms), terms[0], terms[-1]) == (documents, "deposit", "beta")
    return scene.books.entries[-1].draft.preceding


def test_the_document_names_reference_number_and_day_of_the_deposit(scene: Scene) -> None:
    [named] = after_a_deposit(scene, "first")
    deposit = scene.books.entries[0].draft
    receipt = scene.delivery(deposit.reference).receipt
    assert receipt
    assert named == Preceding(deposit.reference, receipt.number, date(2026, 3, 2))


@pytest.mark.parametrize("per", ["milestone", "run", "month"])
def test_a_deposit_has_a_document_of_its_own_even_if_work_is_billed_in_the_same_run(
    scene: Scene, per: InvoicePer
) -> None:
    deposit = Deposit(Fraction(10), match=Match("title", "Beta"), drawdown="first")
    scene.contract = replace(scene.contract, deposit=deposit, invoice_per=per)
    scene.close("Beta")
    scene.clock.advance(days=30)
    scene.run()
    advance, work = (entry.draft for entry in scene.books.entries)
    assert [len(advance.lines), len(work.lines)] == [1, 2]
    assert [one.reference for one in work.preceding] == [advance.reference]


def test_each_payer_is_told_of_the_deposit_that_they_were_billed(scene: Scene) -> None:
    bank = replace(scene.contract.client, id="bank", name="Bank AG")
    scene.contract = replace(
        scene.contract, payers=(Payer(scene.contract.client, Fraction(60)), Payer(bank, Fraction(40)))
    )
    after_a_deposit(scene, "first", documents=4)
    billed = {(one.draft.client.id, one.draft.why.term): one.draft for one in scene.books.entries}
    for payer in ("acme", "bank"):
        [named] = billed[payer, "beta"].preceding
        assert named.reference == billed[payer, "deposit"].reference


def test_a_document_that_deducts_nothing_names_none(scene: Scene) -> None:
    assert after_a_deposit(scene, "credit") == ()
