"""Sample contracts and drafts for tests of connectors, ours and other people's; all of it is invented.

Nothing here reads a clock or draws a random number: the same call gives the same value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from tracker2invoice.model.claim import Claim, Delivery
from tracker2invoice.model.contract import Address, Contract, Party
from tracker2invoice.model.due import DueRule
from tracker2invoice.model.invoice import (
    Draft,
    EarlyPaymentOffer,
    InstallmentDue,
    Line,
    LineTax,
    Period,
    Preceding,
    TaxSubtotal,
    Totals,
    Why,
    reference,
)
from tracker2invoice.model.milestone import Deliverable, Milestone
from tracker2invoice.model.money import Money, unit
from tracker2invoice.model.tax import Tax, TaxCategory
from tracker2invoice.model.term import Match, Term

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""The instant at which the samples play."""

SUPPLIER = Party(
    id="supplier",
    name="Northwind Software GmbH",
    address=Address("Hauptstr. 1", "Berlin", "10115", "DE"),
    vat_id="DE123456789",
    email="billing@northwind.example",
    iban="DE02120300000000202051",
)
CLIENT = Party(
    id="acme",
    name="Acme GmbH",
    address=Address("Ring 2", "Hamburg", "20095", "DE"),
    vat_id="DE987654321",
    email="ap@acme.example",
)

PRICES: Mapping[str, str] = MappingProxyType({"JPY": "6000000", "KWD": "60000.000"})
"""Prices for currencies that do not have two decimals; all others cost 60000.00."""


def sample_client(remote: Mapping[str, str] | None = None) -> Party:
    """Return the client, pinned to `remote` (its id in each output, by the output's configured name)."""
    return replace(CLIENT, remote=dict(remote or {}))


def sample_contract(
    currency: str = "EUR",
    *,
    category: TaxCategory = "S",
    rate: str = "19",
    remote: Mapping[str, str] | None = None,
    outputs: tuple[str, ...] = ("books",),
) -> Contract:
    """Return a contract of three terms: 30 % at Design, 50 % at Beta, 20 % at Acceptance, net 30."""
    return Contract(
        id="acme-portal",
        client=sample_client(remote),
        supplier=SUPPLIER,
        projects=("github:acme/portal",),
        start=date(2026, 1, 1),
        timezone="Europe/Berlin",
        price=Money(Decimal(PRICES.get(currency, "60000.00")), currency),
        terms=(
            Term("design", Match("glob", "Design*"), percent=Fraction(30)),
            Term("beta", Match("title", "Beta"), percent=Fraction(50)),
            Term("acceptance", Match("title", "Acceptance"), percent=Fraction(20)),
        ),
        tax=Tax(category, Decimal(rate), "" if category in ("S", "Z") else "see contract"),
        due=DueRule(days=30),
        outputs=outputs,
        title="Customer portal",
        order_reference="PO-4711",
    )


def sample_milestone(title: str = "Design done", number: int = 1, *, project_id: str = "1296269") -> Milestone:
    """Return a milestone that was closed a day before `NOW`, with nothing open in it."""
    return Milestone(
        tracker="github",
        project_id=project_id,
        id=str(1002603 + number),
        number=number,
        title=title,
        description="",
        url=f"https://github.com/acme/portal/milestone/{number}",
        state="closed",
        closed_at=NOW - timedelta(days=1),
        due_on=None,
        created_at=NOW - timedelta(days=30),
        updated_at=NOW - timedelta(days=1),
        open_items=0,
        closed_items=2,
    )


def sample_deliverables(titles: Sequence[str] = ("Log in", "Search")) -> tuple[Deliverable, ...]:
    """Return closed issues with these titles, numbered from 1."""
    return tuple(
        Deliverable("issue", str(number), title, f"https://github.com/acme/portal/issues/{number}", NOW)
        for number, title in enumerate(titles, start=1)
    )


def sample_draft(
    currency: str = "EUR",
    *,
    net: str | None = None,
    category: TaxCategory = "S",
    rate: str = "19",
    title: str = "Design done",
    milestone_id: str = "1002604",
    deliverables: Sequence[str] = ("Log in", "Search"),
    remote: Mapping[str, str] | None = None,
    type_code: str = "380",
) -> Draft:
    """Return the draft of the term `design` of `sample_contract`; each `milestone_id` has its own reference.

    `net` is an amount with the currency's decimals; without it 30 % of the contract's price. The tax is
    rounded half up to the currency's unit.
    """
    contract = sample_contract(currency, category=category, rate=rate, remote=remote)
    amount = Money(Decimal(net), currency) if net else Money.rounded(contract.price.amount * 3 / 10, currency)
    tax = Money.rounded(amount.amount * Decimal(rate) / 100, currency)
    gross = amount + tax
    key = f"github:1296269:{milestone_id}"
    return Draft(
        reference=reference(contract.id, "design", key, 1),
        number=None,
        type_code=type_code,
        issue_date=NOW.date(),
        due_date=NOW.date() + timedelta(days=contract.due.days),
        delivery_date=NOW.date() - timedelta(days=1),
        currency=currency,
        supplier=contract.supplier,
        client=contract.client,
        contract=contract.id,
        contract_title=contract.title,
        project=contract.projects[0],
        order_reference=contract.order_reference,
        payment_terms="Payable within 30 days.",
        note="",
        lines=(
            Line(
                description=f"Customer portal: {title}",
                quantity=Decimal(1),
                unit="C62",
                unit_price=amount.amount,
                net=amount.amount,
                tax=LineTax(category, Decimal(rate)),
                deliverables=sample_deliverables(deliverables),
            ),
        ),
        tax=(TaxSubtotal(category, Decimal(rate), amount.amount, tax.amount, contract.tax.exemption_reason),),
        totals=Totals(amount.amount, tax.amount, gross.amount, Money.zero(currency).amount, gross.amount),
        why=Why(
            term="design",
            formula=f"30 % of {contract.price.amount} {currency}",
            price=contract.price.amount,
            milestone_key=key,
            milestone_title=title,
            milestone_url="https://github.com/acme/portal/milestone/1",
            closed_at=NOW - timedelta(days=1),
            accepted="closed",
        ),
    )


def with_payment_terms(draft: Draft) -> Draft:
    """Return the sample draft in euros with 2 % off in ten days, a late fee, and a period of delivery."""
    return replace(
        draft,
        payment_terms="Payable within 30 days. Paid by 2026-03-12: 20991.60 EUR. Late payments bear 9 %.",
        delivery_period=Period(date(2026, 1, 31), draft.delivery_date),
        early_payment=(EarlyPaymentOffer(10, Decimal(2), date(2026, 3, 12), Decimal("428.40"), Decimal("20991.60")),),
        late_fee="Late payments bear 9 %.",
    )


def with_installments(draft: Draft) -> Draft:
    """Return the sample draft in euros, paid in two parts: half after two weeks, half on the due date."""
    half = Decimal("10710.00")
    parts = (InstallmentDue(date(2026, 3, 16), half), InstallmentDue(draft.due_date, half))
    words = "Payable in 2 parts: 10710.00 EUR by 2026-03-16, 10710.00 EUR by 2026-04-01, without deduction."
    return replace(draft, payment_terms=words, installments=parts)


def with_preceding(draft: Draft) -> Draft:
    """Return the draft with two invoices that it refers to: one with a number of its own, one without."""
    numbered = Preceding("T2I-AAAAAAAAAAAA", "INV-0012", date(2026, 1, 2))
    return replace(draft, preceding=(numbered, Preceding("T2I-BBBBBBBBBBBB", "", date(2026, 2, 1))))


def sample_claim(draft: Draft, outputs: tuple[str, ...] = ("books",)) -> Claim:
    """Return the claim of a draft, made at `NOW`, with a pending delivery to each output."""
    return Claim(
        reference=draft.reference,
        contract=draft.contract,
        term=draft.why.term,
        milestone_key=draft.why.milestone_key,
        generation=1,
        amount=Money(draft.totals.net, draft.currency),
        draft_sha256=draft.sha256,
        claimed_at=NOW,
        deliveries=tuple(Delivery(draft.reference, output, "pending") for output in outputs),
    )


def smallest_amount(currency: str) -> str:
    """Return the smallest amount of the currency in plain digits: 0.01, 1 or 0.001."""
    return format(unit(currency), "f")
