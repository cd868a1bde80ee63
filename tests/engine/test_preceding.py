"""A document that deducts a deposit names the invoice of it, as the ledger knows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

from tests.engine.conftest import Scene

from tracker2invoice.model.conditions import Deposit, Drawdown
from tracker2invoice.model.invoice import Preceding


def after_a_deposit(scene: Scene, drawdown: Drawdown) -> tuple[Preceding, ...]:
    """Bill a deposit, and a day later the first work; return what the second document refers to."""
    scene.contract = replace(scene.contract, deposit=Deposit(Fraction(10), drawdown=drawdown))
    scene.run()
    scene.clock.advance(days=1)
    scene.close("Beta")
    scene.run()
    assert [entry.draft.why.term for entry in scene.books.entries] == ["deposit", "beta"]
    return scene.books.entries[1].draft.preceding


def test_the_document_names_reference_number_and_day_of_the_deposit(scene: Scene) -> None:
    [named] = after_a_deposit(scene, "first")
    deposit = scene.books.entries[0].draft
    receipt = scene.delivery(deposit.reference).receipt
    assert receipt
    assert named == Preceding(deposit.reference, receipt.number, date(2026, 3, 2))


def test_a_document_that_deducts_nothing_names_none(scene: Scene) -> None:
    assert after_a_deposit(scene, "credit") == ()
