"""What the client is told about paying: by when, how much less for paying early, and what being late costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from tracker2invoice.mapping.text import plural
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.due import DueRule, EarlyPayment
from tracker2invoice.model.invoice import EarlyPaymentOffer, InstallmentDue
from tracker2invoice.model.money import Money


def early_payment_offers(
    steps: Iterable[EarlyPayment], issued: date, due: date, payable: Money, base: Money | None = None
) -> tuple[EarlyPaymentOffer, ...]:
    """Return what the client may take off until when, the earliest day first.

    The discount is taken of what is payable with tax (BT-115), so that the tax falls with it when it is taken; or of
    another `base`, the net amount, so that the tax stays. It is never more than what is payable. No offer outlasts the
    due date, of several that end on one day the best is left, and one of nothing is none.
    """
    best: dict[date, EarlyPaymentOffer] = {}
    for step in sorted(steps, key=lambda one: one.days):
        offer = _offer(step, issued, due, payable, base)
        if offer.amount_off > 0:
            best.setdefault(offer.last_day, offer)
    return tuple(best.values())


def payment_terms(
    contract: Contract, due: date, offers: Sequence[EarlyPaymentOffer], parts: Sequence[InstallmentDue] = ()
) -> str:
    """Return the payment terms in words for the client, in one line (EN 16931 BT-20)."""
    payable = _in_parts(parts, contract.currency) if parts else _payable(contract.due, due)
    discounts = (_in_words(offer, contract.currency) for offer in offers)
    return " ".join(filter(None, (payable, *discounts, contract.late_fee)))


def _in_parts(parts: Sequence[InstallmentDue], currency: str) -> str:
    told = ", ".join(f"{Money(part.amount, currency)} by {part.due_date}" for part in parts)
    return f"Payable in {plural(len(parts), 'part')}: {told}, without deduction."


def _offer(step: EarlyPayment, issued: date, due: date, payable: Money, base: Money | None) -> EarlyPaymentOffer:
    last_day = min(issued + timedelta(days=step.days), due)
    off = min((base or payable).percent(step.percent), payable)
    return EarlyPaymentOffer(
        days=(last_day - issued).days,
        percent=step.percent,
        last_day=last_day,
        amount_off=off.amount,
        amount_to_pay=(payable - off).amount,
        base=base.amount if base else None,
    )


def _in_words(offer: EarlyPaymentOffer, currency: str) -> str:
    percent, off = _plain(offer.percent), Money(offer.amount_off, currency)
    of = "" if offer.base is None else f" of {Money(offer.base, currency)} without VAT"
    return f"Paid by {offer.last_day}: {Money(offer.amount_to_pay, currency)}, {percent} %{of} ({off}) less."


def _payable(rule: DueRule, due: date) -> str:
    if rule.is_plain:
        within = f"within {plural(rule.days, 'day')}" if rule.days else "at once"
        return f"Payable {within}, by {due}, without deduction."
    return f"Payable by {due} ({', '.join(_steps(rule))}), without deduction."


def _steps(rule: DueRule) -> Iterator[str]:
    if rule.cut_off is not None:
        last = f"{rule.cut_off + 1} days" if rule.cut_off else "day"
        yield f"counting an invoice of the last {last} of a month as of the 1st of the next"
    yield _kind(rule)
    if rule.payment_days:
        yield f"then the next {' or '.join(map(_ordinal, rule.payment_days))} of a month"
    if rule.business_days != "none":
        yield f"moved to a business day of {rule.calendar}, {rule.business_days}"


def _kind(rule: DueRule) -> str:
    days = plural(rule.days, "day")
    match rule.kind:
        case "days":
            return f"{days} after the invoice date"
        case "month end, then days":
            return f"{days} after the end of the month" if rule.days else "the end of the month"
        case "days, then month end":
            return f"{days} after the invoice date, then the end of that month"
        case "days, then month end, then day":
            start = f"{days} after the invoice date, then " if rule.days else ""
            return f"{start}the {_ordinal(rule.day or 1)} of the next month"
        case "days, then next day":
            start = f"{days} after the invoice date, then " if rule.days else ""
            return f"{start}the next {_ordinal(rule.day or 1)} of a month"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if 11 <= number <= 13 else ending}"


def _plain(percent: Decimal) -> str:
    return format(percent.normalize(), "f")
