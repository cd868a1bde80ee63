"""VAT in the currency in which the supplier accounts for it: converted once, for good, and never without a rate."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.deals import Books, deal, milestones, share, why

from tracker2invoice.mapping.actions import Action
from tracker2invoice.mapping.creditnote import write_credit_note
from tracker2invoice.mapping.draft import Position, write_draft
from tracker2invoice.model.conditions import Deposit
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.invoice import Draft, Preceding
from tracker2invoice.model.money import Money
from tracker2invoice.model.rates import NO_RATES, Published, Rate, Rates
from tracker2invoice.model.tax import Tax
from tracker2invoice.model.term import Match
from tracker2invoice.testing.samples import SUPPLIER

WORTH = {"PLN": Decimal("4.2185"), "HUF": Decimal("388.15"), "JPY": Decimal("162.55")}
RATES = Rates((Published("ECB", "EUR", {"2026-02-27": WORTH}),))
POLISH = replace(SUPPLIER, tax_currency="PLN")


def contract(currency: str = "PLN", **more: Any) -> Contract:
    return deal(share("Design", "30"), supplier=replace(SUPPLIER, tax_currency=currency), **more)


def planned(agreed: Contract, rates: Rates = RATES, **more: Any) -> Action:
    books = Books(agreed)
    books.rates = rates
    return books.run(milestones(["Design"]), **more)["design"]


def draft(agreed: Contract, rates: Rates = RATES) -> Draft:
    action = planned(agreed, rates)
    position = Position(action.due, action.closed, "github:acme/portal", ())
    return write_draft([position], reference=action.reference, now=Books(agreed).now, rates=rates)


def test_the_vat_of_a_euro_invoice_is_told_in_zloty_with_the_rate_that_made_it() -> None:
    written = draft(contract())
    converted = written.accounting_tax
    assert converted
    assert (written.totals.tax, converted.currency, converted.amount) == (
        Decimal("3420.00"),
        "PLN",
        Decimal("14427.27"),
    )
    assert converted.rate == Rate(Decimal("4.2185"), "2026-02-27", "ECB", "1 EUR = 4.2185 PLN")
    assert written.tax_note == ("VAT of 3420.00 EUR is 14427.27 PLN, at 4.2185 (ECB, 2026-02-27: 1 EUR = 4.2185 PLN).")


@pytest.mark.parametrize(("currency", "amount"), [("HUF", "1327473.00"), ("JPY", "555921")])
def test_it_is_rounded_to_the_unit_of_its_currency(currency: str, amount: str) -> None:
    converted = draft(contract(currency)).accounting_tax
    assert converted
    assert str(converted.amount) == amount


@pytest.mark.parametrize("currency", ["EUR", ""])
def test_an_invoice_in_the_currency_of_accounting_needs_no_rate(currency: str) -> None:
    written = draft(contract(currency), NO_RATES)
    assert (written.accounting_tax, written.tax_note) == (None, "")


def test_where_there_is_no_vat_no_rate_is_needed() -> None:
    written = draft(contract(tax=Tax("AE", Decimal(0), "Reverse charge")), NO_RATES)
    assert written.accounting_tax
    assert (str(written.accounting_tax.amount), written.accounting_tax.rate, written.tax_note) == ("0.00", None, "")


def test_a_draft_is_the_same_after_it_was_frozen() -> None:
    written = draft(contract())
    assert Draft.from_bytes(written.to_bytes()) == written


def test_without_a_rate_the_bill_is_held_and_the_pair_and_day_are_named() -> None:
    held = planned(contract(), NO_RATES)
    assert why(held) == ("hold", "exchange-rate-missing")
    assert held.reason.command == "t2i check"
    assert "no exchange rate of EUR in PLN holds on 2026-03-01" in held.reason.words


def test_what_is_wrong_with_the_file_of_rates_is_said() -> None:
    held = planned(contract(), Rates(trouble="eurofxref-hist.csv cannot be read in row 3"))
    assert held.reason.words.endswith("for the VAT: eurofxref-hist.csv cannot be read in row 3")


def test_an_approval_does_not_make_up_for_a_rate() -> None:
    books = Books(contract())
    books.approve(books.run(milestones(["Design"]))["design"].reference)
    assert why(books.run(milestones(["Design"]))["design"]) == ("hold", "exchange-rate-missing")


def test_what_is_not_due_keeps_the_reason_that_it_has() -> None:
    assert Books(contract()).run(milestones([], ["Design"]))["design"].reason.code == "not-closed"


def test_the_rate_is_that_of_the_day_of_delivery_however_late_it_is_billed() -> None:
    books = Books(contract())
    books.rates = RATES
    books.later(60)
    assert why(books.run(milestones(["Design"]))["design"])[0] == "bill"


def test_the_rate_of_a_deposit_is_that_of_the_day_of_its_invoice() -> None:
    deposit = Deposit(fixed=Money(Decimal(1000), "EUR"), match=Match("title", "Kick-off"))
    books = Books(contract(deposit=deposit))
    books.rates = RATES
    books.later(60)
    held = books.run(milestones(["Kick-off"]))["deposit"]
    assert why(held) == ("hold", "exchange-rate-missing")
    assert "2026-05-01" in held.reason.words


def test_a_credit_note_keeps_the_rate_of_the_invoice_that_it_takes_back() -> None:
    invoice = draft(contract())
    named = Preceding(invoice.reference, "", invoice.issue_date)
    note = write_credit_note(invoice, reference="T2I-AAAAAAAAAAAA", day=date(2026, 9, 1), named=named, why="wrong")
    assert note.accounting_tax == invoice.accounting_tax
    assert note.tax_note == invoice.tax_note


def test_a_draft_without_a_rate_is_not_written() -> None:
    action = planned(contract())
    position = Position(action.due, action.closed, "github:acme/portal", ())
    with pytest.raises(ValueError, match="without a rate"):
        write_draft([position], reference=action.reference, now=datetime(2026, 3, 2, tzinfo=UTC))
