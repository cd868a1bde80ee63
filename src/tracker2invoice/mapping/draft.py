"""Writes the draft of a bill: everything that stands on the document, and why. Frozen once it is claimed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tracker2invoice.languages.phrases import Said, joined, phrase, worded
from tracker2invoice.mapping.accept import BY_HAND, Closing, accept, closing_of
from tracker2invoice.mapping.actions import Reason
from tracker2invoice.mapping.bill import Bill, Charge, total
from tracker2invoice.mapping.delivery import delivery_period
from tracker2invoice.mapping.due import due_date, local_date
from tracker2invoice.mapping.evidence import with_evidence
from tracker2invoice.mapping.exchange import accounting_tax, conversion_note, tax_point
from tracker2invoice.mapping.inclusive import inclusive_note, without_tax
from tracker2invoice.mapping.installments import installments_of
from tracker2invoice.mapping.payment import early_payment_offers, payment_terms
from tracker2invoice.mapping.tax import rounding_note, totals
from tracker2invoice.mapping.text import one_line
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.invoice import (
    COMMERCIAL_INVOICE,
    FINAL_CONSTRUCTION_INVOICE,
    PARTIAL_CONSTRUCTION_INVOICE,
    PARTIAL_INVOICE,
    PREPAYMENT_INVOICE,
    AcceptedBy,
    AccountingTax,
    Allowance,
    Draft,
    Line,
    LineTax,
    PartKind,
    Preceding,
    TaxSubtotal,
    Why,
)
from tracker2invoice.model.milestone import Deliverable, Milestone
from tracker2invoice.model.money import Money
from tracker2invoice.model.rates import NO_RATES, Rates
from tracker2invoice.model.tax import HELD_BACK, VAT_LATER

ALLOWANCES: tuple[PartKind, ...] = ("discount", "retained", "written-down")
"""Parts that the whole document deducts; all others are lines."""

_EXEMPTIONS: Mapping[str, str] = {HELD_BACK.exemption_reason: "vat_held_back", VAT_LATER: "vat_later"}
"""The phrases of the reasons that we give where the contract words none."""


@dataclass(frozen=True, slots=True)
class Position:
    """A bill, the milestone that triggered it, its project, what was delivered, and the comments that accepted it."""

    bill: Bill
    milestone: Milestone
    project: str
    deliverables: Sequence[Deliverable]
    accepted_by: tuple[AcceptedBy, ...] = ()

    def closed_at(self, now: datetime) -> datetime:
        """Return when it was closed; `now` if nobody knows, since such a bill goes out only after an approval."""
        closing = self._closing
        return closing.at if closing else now

    def accepted(self, now: datetime) -> str:
        """Say why it counts.

        Raises:
            ValueError: it is not accepted.
        """
        if self.bill.term.by_hand:
            return BY_HAND
        match accept(self.bill.contract.acceptance, self.milestone, self._closing, now):
            case Reason(code=code):
                raise ValueError(f"a milestone that is not accepted is not billed: {code}")
            case words:
                return with_evidence(words, self.accepted_by)

    @property
    def _closing(self) -> Closing | None:
        # what waits for a person is due on the day that it goes out, whatever day it could have been approved from
        return None if self.bill.term.by_hand else closing_of(self.milestone)


def write_draft(
    positions: Sequence[Position],
    *,
    reference: str,
    now: datetime,
    preceding: tuple[Preceding, ...] = (),
    rates: Rates = NO_RATES,
) -> Draft:
    """Return the invoice for bills of a contract that closed milestones triggered, dated `now` in the contract's zone.

    What is ours to word is in the language of the client, and frozen so: every output says the same. Text of the
    tracker is brought into one line each; escaping is left to the formats. The first bill speaks for all where there
    is room for one; each line says by itself how it came about. `preceding` are the invoices whose amounts it deducts,
    `rates` convert the VAT for a supplier who accounts for it in another currency.

    Raises:
        ValueError: a milestone is not accepted, or there is no rate for its VAT.
    """
    first, contract = positions[0], positions[0].bill.contract
    issued = local_date(now, contract.timezone)
    nets, taxes = without_tax([position.bill for position in positions])
    net = [replace(position, bill=bill) for position, bill in zip(positions, nets, strict=True)]
    lines = tuple(line for position in net for line in _lines(position))
    allowances = tuple(allowance for position in net for allowance in _allowances(position.bill))
    charges = (charge for position in positions for charge in position.bill.charges)
    prepaid = -total((charge for charge in charges if charge.prepaid), contract.currency)
    sums = totals(lines, allowances, taxes, contract.currency, prepaid)
    payable = Money(sums.payable, contract.currency)
    parts = installments_of(contract.installments, issued, payable)
    due = max((part.due_date for part in parts), default=due_date(issued, contract.due))
    net_total = Money(sums.net, contract.currency) if contract.early_payment_tax == "excluded" else None
    offers = early_payment_offers(contract.early_payment, issued, due, payable, net_total)
    accepted = [position.accepted(now) for position in positions]
    closings = [(position.milestone, position.closed_at(now)) for position in positions]
    converted = _converted(positions, sums.tax, now, rates)
    return Draft(
        reference=reference,
        number=None,
        type_code=COMMERCIAL_INVOICE,
        issue_date=issued,
        due_date=due,
        delivery_date=local_date(max(closed_at for _, closed_at in closings), contract.timezone),
        currency=contract.currency,
        supplier=contract.supplier,
        client=contract.client,
        contract=contract.id,
        contract_title=contract.title,
        project=", ".join(dict.fromkeys(one_line(position.project) for position in positions)),
        order_reference=contract.order_reference,
        payment_terms=_said(payment_terms(contract, due, offers, parts), contract),
        note=contract.note,
        lines=lines,
        tax=tuple(replace(one, exemption_reason=_exemption(one, contract)) for one in taxes),
        totals=sums,
        why=_why(first, now, accepted[0]),
        allowances=allowances,
        delivery_period=delivery_period(contract, closings),
        early_payment=offers,
        installments=parts,
        late_fee=contract.late_fee,
        preceding=preceding,
        tax_note=_tax_note(contract, taxes, prepaid, conversion_note(converted, sums.tax, contract.currency)),
        accepted_by=tuple(dict.fromkeys(one for position in positions for one in position.accepted_by)),
        exact_type_code=_exact_type_code([position.bill for position in positions]),
        contract_reference=contract.contract_reference,
        certified_by=tuple(position.bill.certified for position in positions if position.bill.certified),
        accounting_tax=converted,
    )


def _said(said: Said, contract: Contract) -> str:
    return worded(said, contract.client.language)


def _exact_type_code(bills: Sequence[Bill]) -> str:
    """Return the kind of commercial invoice (BT-3), nothing if it is no other."""
    kinds, last = {bill.term.kind for bill in bills}, any(bill.last for bill in bills)
    if "advance" in kinds:
        return PREPAYMENT_INVOICE
    if "work" not in kinds:
        return ""
    match bills[0].contract.invoice_type:
        case "commercial":
            return ""
        case "partial":
            return "" if last else PARTIAL_INVOICE
        case "construction":
            return FINAL_CONSTRUCTION_INVOICE if last else PARTIAL_CONSTRUCTION_INVOICE


def _why(position: Position, now: datetime, accepted: str) -> Why:
    bill, milestone = position.bill, position.milestone
    return Why(
        term=bill.term.id,
        formula=_said(bill.charges[0].basis, bill.contract),
        price=bill.contract.price.amount,
        milestone_key=milestone.key,
        milestone_title=one_line(milestone.title),
        milestone_url=one_line(milestone.url, longest=2000),
        closed_at=position.closed_at(now),
        accepted=accepted,
    )


def _converted(positions: Sequence[Position], tax: Decimal, now: datetime, rates: Rates) -> AccountingTax | None:
    contract = positions[0].bill.contract
    days = (tax_point(contract, one.bill.term, one.closed_at(now), now) for one in positions)
    return accounting_tax(contract, tax, max(days), rates)


def _tax_note(contract: Contract, taxes: Sequence[TaxSubtotal], prepaid: Money, conversion: Said) -> str:
    note = inclusive_note if contract.prices_include_tax else rounding_note
    paid = phrase("vat_prepaid", amount=prepaid) if prepaid.units else ""
    return _said(joined("sentences", (note(taxes, contract.currency), paid, conversion)), contract)


def _exemption(subtotal: TaxSubtotal, contract: Contract) -> str:
    ours = _EXEMPTIONS.get(subtotal.exemption_reason)
    return _said(phrase(ours), contract) if ours else subtotal.exemption_reason


def _lines(position: Position) -> Iterator[Line]:
    """Yield a line for each charge that is no allowance; the deliverables stand on the first."""
    for number, charge in enumerate(one for one in position.bill.charges if not _is_allowance(one)):
        quantity, unit_price = _counted(charge)
        yield Line(
            description=_description(position.bill, charge, position.milestone),
            quantity=quantity,
            unit=charge.unit,
            unit_price=unit_price,
            net=charge.part.amount.amount,
            tax=LineTax(charge.tax.category, charge.tax.rate),
            deliverables=tuple(_clean(one) for one in position.deliverables) if number == 0 else (),
            basis=_said(charge.basis, position.bill.contract),
            milestone_key=position.milestone.key,
            kind=charge.part.kind,
        )


def _counted(charge: Charge) -> tuple[Decimal, Decimal]:
    if charge.part.quantity is not None and charge.unit_price is not None:
        return charge.part.quantity, charge.unit_price
    amount = charge.part.amount.amount
    return Decimal(1 if amount >= 0 else -1), abs(amount)


def _is_allowance(charge: Charge) -> bool:
    return charge.part.kind in ALLOWANCES and charge.part.amount.units < 0


def _allowances(bill: Bill) -> Iterator[Allowance]:
    for charge in bill.charges:
        if _is_allowance(charge):
            tax = LineTax(charge.tax.category, charge.tax.rate)
            amount = abs(charge.part.amount.amount)
            basis = _said(charge.basis, bill.contract)
            yield Allowance(_name(bill, charge), amount, tax, basis, charge.part.kind)


def _name(bill: Bill, charge: Charge) -> str:
    return _said(phrase(f"part_{charge.part.kind.replace('-', '_')}"), bill.contract)


def _description(bill: Bill, charge: Charge, milestone: Milestone) -> str:
    if charge.part.kind != "work":
        name = _name(bill, charge)
        return f"{bill.contract.title}: {name}" if bill.contract.title else name
    description = bill.term.description or _titled(bill.contract, milestone)
    return f"{description}, {charge.part.item}" if charge.part.item else description


def _titled(contract: Contract, milestone: Milestone) -> str:
    title = one_line(milestone.title) or f"{_said(phrase('milestone'), contract)} {milestone.number}"
    return f"{contract.title}: {title}" if contract.title else title


def _clean(deliverable: Deliverable) -> Deliverable:
    return replace(
        deliverable,
        number=one_line(deliverable.number),
        title=one_line(deliverable.title),
        url=one_line(deliverable.url, longest=2000),
        assignees=tuple(one_line(name) for name in deliverable.assignees),
    )
