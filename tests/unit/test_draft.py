"""What stands on the document of a bill."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker2invoice.mapping import formula
from tracker2invoice.mapping.bill import Bill, Charge
from tracker2invoice.mapping.draft import Position, write_draft
from tracker2invoice.model.claim import Part
from tracker2invoice.model.contract import Acceptance, Contract
from tracker2invoice.model.due import DueRule, EarlyPayment, Installment
from tracker2invoice.model.invoice import Draft, PartKind
from tracker2invoice.model.milestone import Deliverable, Milestone
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match, Term
from tracker2invoice.testing.samples import sample_contract, sample_deliverables, sample_milestone

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DESIGN = replace(sample_milestone(), closed_at=datetime(2026, 11, 22, 23, 30, tzinfo=UTC), updated_at=NOW)


def draft(
    contract: Contract | None = None,
    milestone: Milestone = DESIGN,
    deliverables: tuple[Deliverable, ...] | None = None,
    now: datetime = NOW,
) -> Draft:
    contract = contract or sample_contract()
    term, amount = contract.terms[0], Money.rounded(contract.price.amount * 3 / 10, contract.currency)
    charge = Charge(Part("work", term.id, amount), contract.tax, formula.share(contract, term, amount))
    bill = Bill(contract, term, (charge,), (milestone,))
    delivered = sample_deliverables() if deliverables is None else deliverables
    return write_draft(
        [Position(bill, milestone, "github:acme/portal", delivered)], reference="T2I-AAAAAAAAAAAA", now=now
    )


def test_each_amount_says_what_it_is_whatever_the_milestone_is_called() -> None:
    contract = sample_contract()
    amounts: dict[PartKind, str] = {
        "work": "1000",
        "retained": "-50",
        "discount": "-20",
        "drawn": "-100",
        "released": "30",
    }
    charges = tuple(
        Charge(Part(kind, "design", Money(Decimal(amount), "EUR")), contract.tax, "agreed")
        for kind, amount in amounts.items()
    )
    milestone = replace(DESIGN, title="Release of retainage")
    bill = Bill(contract, contract.terms[0], charges, (milestone,))
    position = Position(bill, milestone, "github:acme/portal", ())
    written = write_draft([position], reference="T2I-AAAAAAAAAAAA", now=NOW)
    assert [line.kind for line in written.lines] == ["work", "drawn", "released"]
    assert [(one.reason, one.kind) for one in written.allowances] == [
        ("Retainage", "retained"),
        ("Discount", "discount"),
    ]
    assert [row.kind for row in written.rows] == ["work", "drawn", "released", "retained", "discount"]


def test_30_percent_of_60000_is_an_invoice_of_18000_plus_tax() -> None:
    written = draft()
    assert (written.type_code, written.number, written.currency) == ("380", None, "EUR")
    [line] = written.lines
    assert (line.quantity, line.unit) == (Decimal(1), "C62")
    assert line.unit_price == line.net == Decimal("18000.00")
    assert (written.totals.net, written.totals.tax, written.totals.payable) == (
        Decimal("18000.00"),
        Decimal("3420.00"),
        Decimal("21420.00"),
    )
    assert written.why.formula == "30 % of 60000.00 EUR = 18000.00 EUR"


def test_a_discount_for_paying_early_can_be_of_the_net_total() -> None:
    early = replace(sample_contract(), early_payment=(EarlyPayment(10, Decimal(2)),))
    [with_tax] = draft(early).early_payment
    [without] = draft(replace(early, early_payment_tax="excluded")).early_payment
    assert (str(with_tax.amount_off), str(without.amount_off)) == ("428.40", "360.00")
    assert str(without.amount_to_pay) == "21060.00"


def test_vat_that_is_rounded_line_by_line_is_explained_on_the_draft() -> None:
    contract = replace(sample_contract(), tax_rounding="line")
    cents = Part("work", "design", Money(Decimal("0.04"), "EUR"))
    bill = Bill(contract, contract.terms[0], (Charge(cents, contract.tax, "4 cents"),) * 3, (DESIGN,))
    written = write_draft([Position(bill, DESIGN, "x", ())], reference="T2I-AAAAAAAAAAAA", now=NOW)
    assert (written.totals.tax, written.totals.gross) == (Decimal("0.03"), Decimal("0.15"))
    assert written.tax_note == "VAT is rounded line by line: 0.01 EUR more than of the sum at 19 %."
    assert draft(contract).tax_note == ""


def test_dates_are_days_of_the_contracts_time_zone() -> None:
    """Closed 22 November 23:30 in UTC, which is the 23rd in Berlin."""
    written = draft()
    assert written.issue_date == date(2026, 11, 23)
    assert written.due_date == date(2026, 12, 23)
    assert written.delivery_date == date(2026, 11, 23)
    assert written.payment_terms == "Payable within 30 days, by 2026-12-23, without deduction."
    west = draft(replace(sample_contract(), timezone="America/New_York"))
    assert (west.issue_date, west.delivery_date) == (date(2026, 11, 23), date(2026, 11, 22))


def test_the_parties_the_order_and_the_note_come_from_the_contract() -> None:
    contract = replace(sample_contract(), note="Thank you.")
    written = draft(contract)
    assert (written.supplier, written.client) == (contract.supplier, contract.client)
    assert (written.contract, written.contract_title) == ("acme-portal", "Customer portal")
    assert (written.order_reference, written.note, written.project) == ("PO-4711", "Thank you.", "github:acme/portal")


def test_why_says_what_was_accepted_when() -> None:
    why = draft(replace(sample_contract(), acceptance=Acceptance(all_issues_closed=True))).why
    assert (why.term, why.milestone_title, why.milestone_url) == ("design", "Design done", DESIGN.url)
    assert (why.milestone_key, why.closed_at) == ("github:1296269:1002604", DESIGN.closed_at)
    assert why.accepted == "closed 2026-11-22T23:30:00Z, nothing in it open"


@pytest.mark.parametrize(
    ("title", "description", "expected"),
    [
        ("Customer portal", "", "Customer portal: Design done"),
        ("", "", "Design done"),
        ("Customer portal", "First instalment", "First instalment"),
    ],
)
def test_the_line_says_what_is_billed(title: str, description: str, expected: str) -> None:
    contract = replace(sample_contract(), title=title)
    described = replace(contract.terms[0], description=description)
    written = draft(replace(contract, terms=(described, *contract.terms[1:])))
    assert written.lines[0].description == expected


def test_a_milestone_without_a_readable_title_goes_by_its_number() -> None:
    assert draft(milestone=replace(DESIGN, title="\u202e\n")).lines[0].description == "Customer portal: Milestone 1"


def test_the_deliverables_are_listed_as_they_stood() -> None:
    assert draft().lines[0].deliverables == sample_deliverables()


def test_a_closing_that_is_only_bounded_is_said_to_be() -> None:
    written = draft(milestone=replace(DESIGN, closed_at=None))
    assert written.delivery_date == date(2026, 11, 23)
    assert "(the tracker gives no closing time)" in written.why.accepted


def test_an_approved_milestone_without_any_closing_time_counts_as_closed_on_the_day_of_issue() -> None:
    written = draft(milestone=replace(DESIGN, closed_at=None, updated_at=None))
    assert (written.delivery_date, written.why.closed_at) == (written.issue_date, NOW)
    assert written.why.accepted == "closed at an unknown time and approved by a person"


def test_a_milestone_that_is_not_accepted_is_refused() -> None:
    with pytest.raises(ValueError, match="too-young"):
        draft(replace(sample_contract(), acceptance=Acceptance(after=timedelta(days=9))))


@pytest.mark.parametrize(
    ("price", "percent", "amount", "expected"),
    [
        ("60000.00", "30", "18000.00", "30 % of 60000.00 EUR = 18000.00 EUR"),
        ("9.99", "12.5", "1.25", "12.5 % of 9.99 EUR = 1.24875 EUR, rounded to 1.25 EUR"),
        ("30.00", "100/3", "10.00", "33 1/3 % of 30.00 EUR = 10.00 EUR"),
        (
            "100.00",
            "100/3",
            "33.34",
            "33 1/3 % of 100.00 EUR = 33.333333… EUR, rounded to 33.34 EUR so that all terms add up",
        ),
        ("100.00", "1/3", "0.33", "1/3 % of 100.00 EUR = 0.333333… EUR, rounded to 0.33 EUR"),
        ("70000.00", "30", "18000.00", "18000.00 EUR, as billed before"),
        ("60000.00", "30", "18000.01", "18000.01 EUR, as billed before"),
    ],
)
def test_the_formula_says_how_the_amount_came_about(price: str, percent: str, amount: str, expected: str) -> None:
    contract = replace(sample_contract(), price=Money(Decimal(price), "EUR"))
    term = Term("t", Match("title", "x"), percent=Fraction(percent))
    assert str(formula.share(contract, term, Money(Decimal(amount), "EUR"))) == expected


def test_the_formula_of_a_fixed_amount_names_it() -> None:
    amount = Money(Decimal("5000.00"), "EUR")
    assert str(formula.share(sample_contract(), Term("t", Match("title", "x"), fixed=amount), amount)) == (
        "fixed amount of 5000.00 EUR"
    )


HOSTILE = st.text(st.characters(), max_size=400)


@settings(deadline=None)
@given(title=HOSTILE, name=HOSTILE)
def test_no_text_from_a_tracker_breaks_a_draft_or_turns_its_reading_direction(title: str, name: str) -> None:
    thing = Deliverable("issue", "1", title, "https://x.example/" + name, None, (name,))
    written = draft(milestone=replace(DESIGN, title=title), deliverables=(thing,))
    assert Draft.from_bytes(written.to_bytes()) == written
    delivered = written.lines[0].deliverables[0]
    for text in (written.lines[0].description, written.why.milestone_title, delivered.title, *delivered.assignees):
        assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char == "\u202e" for char in text)


def test_half_a_surrogate_pair_breaks_nothing() -> None:
    written = draft(milestone=replace(DESIGN, title="Design \ud800 done"))
    assert written.why.milestone_title == "Design \ufffd done"
    assert Draft.from_bytes(written.to_bytes()) == written


def test_a_very_long_title_is_cut_and_shows_it() -> None:
    title = draft(milestone=replace(DESIGN, title="x" * 1_000_000)).why.milestone_title
    assert len(title) == 255
    assert title.endswith("…")


def test_markup_and_formulas_stay_plain_text_for_each_format_to_escape() -> None:
    assert draft(milestone=replace(DESIGN, title="=1+1 <b>&")).why.milestone_title == "=1+1 <b>&"


def test_an_invoice_in_parts_is_due_with_its_last_part_and_names_them_all() -> None:
    parts = (Installment(DueRule(days=14), percent=Fraction(50)), Installment(DueRule(days=60)))
    written = draft(replace(sample_contract(), installments=parts))
    assert [(str(one.due_date), str(one.amount)) for one in written.installments] == [
        ("2026-12-07", "10710.00"),
        ("2027-01-22", "10710.00"),
    ]
    assert written.due_date == date(2027, 1, 22)
    assert written.payment_terms == (
        "Payable in parts: 10710.00 EUR by 2026-12-07, 10710.00 EUR by 2027-01-22, without deduction."
    )
