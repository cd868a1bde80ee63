"""Writes the draft of a bill: everything that stands on the document, and why. Frozen once it is claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from tracker2invoice.mapping.accept import Closing, accept, closing_of
from tracker2invoice.mapping.actions import Reason
from tracker2invoice.mapping.allocate import exact_share
from tracker2invoice.mapping.delivery import delivery_period
from tracker2invoice.mapping.due import due_date, local_date
from tracker2invoice.mapping.payment import early_payment_offers, payment_terms
from tracker2invoice.mapping.tax import tax_on, totals
from tracker2invoice.mapping.text import one_line
from tracker2invoice.model.contract import Contract, Term
from tracker2invoice.model.invoice import Draft, Line, LineTax, Why
from tracker2invoice.model.milestone import Deliverable, Milestone, Project
from tracker2invoice.model.money import Money, unit

COMMERCIAL_INVOICE = "380"
"""UNTDID 1001, the type code BT-3 of an invoice in EN 16931."""

ONE = "C62"
"""UN/ECE Recommendation 20: one, a unit of its own."""

DECIMALS = 6
"""What a formula shows of a number that goes on after the point; an ellipsis stands for the rest."""


def write_draft(
    *,
    contract: Contract,
    term: Term,
    milestone: Milestone,
    project: Project,
    deliverables: Sequence[Deliverable],
    amount: Money,
    reference: str,
    now: datetime,
) -> Draft:
    """Return the invoice for a closed milestone: one line, quantity 1, dated `now` in the contract's zone.

    `amount` is net. Text of the tracker is brought into one line each; escaping is left to the formats.
    Without any closing time the milestone counts as closed `now`: such a bill goes out only after a person
    has approved it.

    Raises:
        ValueError: the milestone is not accepted, or the amount is in another currency than the contract.
    """
    if amount.currency != contract.currency:
        raise ValueError(f"a contract in {contract.currency} is not billed in {amount.currency}")
    issued = local_date(now, contract.timezone)
    closing = closing_of(milestone)
    closed_at = closing.at if closing else now
    lines = (_line(contract, term, milestone, deliverables, amount),)
    taxes = (tax_on(lines, contract.tax, contract.currency),)
    sums = totals(lines, taxes, contract.currency)
    due = due_date(issued, contract.due)
    offers = early_payment_offers(contract.early_payment, issued, due, Money(sums.payable, contract.currency))
    return Draft(
        reference=reference,
        number=None,
        type_code=COMMERCIAL_INVOICE,
        issue_date=issued,
        due_date=due,
        delivery_date=local_date(closed_at, contract.timezone),
        currency=contract.currency,
        supplier=contract.supplier,
        client=contract.client,
        contract=contract.id,
        contract_title=contract.title,
        project=one_line(project.label),
        order_reference=contract.order_reference,
        payment_terms=payment_terms(contract, due, offers),
        note=contract.note,
        lines=lines,
        tax=taxes,
        totals=sums,
        why=Why(
            term=term.id,
            formula=formula(contract, term, amount),
            price=contract.price.amount,
            milestone_key=milestone.key,
            milestone_title=one_line(milestone.title),
            milestone_url=one_line(milestone.url, longest=2000),
            closed_at=closed_at,
            accepted=_accepted(contract, milestone, closing, now),
        ),
        delivery_period=delivery_period(contract, milestone, closed_at),
        early_payment=offers,
        late_fee=contract.late_fee,
    )


def formula(contract: Contract, term: Term, amount: Money) -> str:
    """Return how the amount follows from the price and was rounded: `30 % of 60.00 EUR = 18.00 EUR`.

    An amount that does not follow from it is that of an earlier bill, from before the price or the term changed.
    """
    if term.percent is None:
        return f"fixed amount of {amount}"
    exact = exact_share(contract, term)
    if abs(exact - Fraction(amount.amount)) >= Fraction(unit(contract.currency)):
        return f"{amount}, as billed before"
    share = f"{_percent(term.percent)} % of {contract.price}"
    if exact == Fraction(amount.amount):
        return f"{share} = {amount}"
    rounded = f"{share} = {_decimal(exact)} {contract.currency}, rounded to {amount}"
    if amount == Money.rounded(exact, contract.currency):
        return rounded
    return f"{rounded} so that all terms add up"


def _line(
    contract: Contract, term: Term, milestone: Milestone, deliverables: Sequence[Deliverable], amount: Money
) -> Line:
    return Line(
        description=term.description or _description(contract, milestone),
        quantity=Decimal(1),
        unit=ONE,
        unit_price=amount.amount,
        net=amount.amount,
        tax=LineTax(contract.tax.category, contract.tax.rate),
        deliverables=tuple(_clean(one) for one in deliverables),
    )


def _description(contract: Contract, milestone: Milestone) -> str:
    title = one_line(milestone.title) or f"Milestone {milestone.number}"
    return f"{contract.title}: {title}" if contract.title else title


def _clean(deliverable: Deliverable) -> Deliverable:
    return replace(
        deliverable,
        number=one_line(deliverable.number),
        title=one_line(deliverable.title),
        url=one_line(deliverable.url, longest=2000),
        assignees=tuple(one_line(name) for name in deliverable.assignees),
    )


def _accepted(contract: Contract, milestone: Milestone, closing: Closing | None, now: datetime) -> str:
    match accept(contract.acceptance, milestone, closing, now):
        case Reason(code=code):
            raise ValueError(f"a milestone that is not accepted is not billed: {code}")
        case words:
            return words


def _percent(percent: Fraction) -> str:
    if (percent * 10**DECIMALS).denominator == 1:
        return _decimal(percent)
    whole, rest = divmod(percent, 1)
    return f"{whole} {rest}" if whole else str(rest)


def _decimal(value: Fraction) -> str:
    shifted = value * 10**DECIMALS
    digits = Decimal(shifted.__floor__()).scaleb(-DECIMALS).normalize()
    return format(digits, "f") + ("" if shifted.denominator == 1 else "…")
