"""What stands on a credit note: the invoice as it was, and nothing to pay."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tracker2invoice.documents.document import render_document
from tracker2invoice.documents.table import render_table
from tracker2invoice.documents.view import View
from tracker2invoice.mapping.creditnote import credit_claim, write_credit_note
from tracker2invoice.mapping.tax import totals
from tracker2invoice.model.claim import Part
from tracker2invoice.model.invoice import Allowance, Draft, Line, LineTax, Preceding, TaxSubtotal, Totals
from tracker2invoice.model.money import Money
from tracker2invoice.testing.samples import NOW, sample_claim, sample_draft, with_installments, with_payment_terms

VAT = LineTax("S", Decimal(25))


def line(net: str, quantity: str = "1") -> Line:
    return Line("Varor", Decimal(quantity), "C62", Decimal(net) / Decimal(quantity), Decimal(net), VAT)


def credited(invoice: Draft, day: date = date(2018, 2, 10), number: str = "2018133") -> Draft:
    return write_credit_note(
        invoice,
        reference="T2I-CREDITCREDIT",
        day=day,
        named=Preceding(invoice.reference, number, invoice.issue_date),
        why=f"takes back {invoice.reference}",
    )


def test_cn_1_has_the_amounts_of_the_invoice_positive_and_names_it_by_number_and_date() -> None:
    """CN-1, EN 16931 test files BIS_Billing_30-Kreditering; the charge is a line here, its rounding is left out."""
    lines = (line("9560.00", "40"), line("1020.00"))
    allowances = (Allowance("Rabatt", Decimal("1912.00"), VAT),)
    taxes = (TaxSubtotal("S", Decimal(25), Decimal("8668.00"), Decimal("2167.00")),)
    sums = totals(lines, allowances, taxes, "SEK", Money(Decimal("834.90"), "SEK"))
    invoice = replace(
        sample_draft("SEK"), lines=lines, allowances=allowances, tax=taxes, totals=sums, issue_date=date(2018, 2, 8)
    )
    note = credited(invoice)
    assert note.type_code == "381"
    assert note.totals == Totals(*map(Decimal, ("8668.00", "2167.00", "10835.00", "834.90", "10000.10", "1912.00")))
    assert [(one.quantity, one.net) for one in note.lines] == [
        (Decimal(40), Decimal("9560.00")),
        (1, Decimal("1020.00")),
    ]
    assert (note.allowances, note.tax) == (allowances, taxes)
    assert note.issue_date == note.due_date == date(2018, 2, 10)
    assert [(one.number, one.issue_date) for one in note.preceding] == [("2018133", date(2018, 2, 8))]


def test_nothing_about_payment_is_left() -> None:
    note = credited(with_installments(with_payment_terms(sample_draft())))
    assert (note.payment_terms, note.early_payment, note.installments, note.late_fee) == ("", (), (), "")


def test_it_is_not_dated_before_the_invoice() -> None:
    assert credited(sample_draft(), date(2001, 1, 1)).issue_date == sample_draft().issue_date


def test_every_part_of_the_claim_is_turned_around_with_its_quantity() -> None:
    parts = (
        Part("work", "design", Money(Decimal("20000.00"), "EUR"), "ben", Decimal("8.0")),
        Part("retained", "design", Money(Decimal("-2000.00"), "EUR")),
    )
    claim = replace(sample_claim(sample_draft()), parts=parts)
    back = credit_claim(claim, [credited(sample_draft())], (), NOW)
    assert [(str(one.amount.amount), one.item, one.quantity) for one in back.parts] == [
        ("-20000.00", "ben", Decimal("-8.0")),
        ("2000.00", "", None),
    ]
    assert (back.amount, back.documents) == (-claim.amount, ("T2I-CREDITCREDIT",))


def test_the_page_is_a_credit_note_without_anything_to_pay() -> None:
    data = View(credited(sample_draft())).data()
    labels = data["labels"]
    assert isinstance(labels, dict)
    assert (labels["title"], labels["amount_due"]) == (["Draft credit note"], ["Amount credited"])
    assert labels["preceding"] == ["Invoice taken back"]
    assert (data["payment"], data["payment_terms"]) == ([], "")
    assert "Due date" not in str(data["dates"])
    assert data["preceding"] == [["2018133", "of 2 March 2026", sample_draft().reference]]


def test_programs_are_told_by_the_type_code() -> None:
    note = credited(sample_draft())
    plain = json.loads(render_document(note))
    assert (plain["type_code"], plain["totals"]["payable"]) == ("381", "21420.00")
    assert b'"381"' in render_table(note)
    assert Draft.from_bytes(note.to_bytes()) == note
