"""What the client is told about paying: by when, how much less for paying early, and what being late costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from tracker2invoice.languages.phrases import Phrase, Said, days, joined, phrase
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
) -> Said:
    """Return the payment terms for the client, in one line (EN 16931 BT-20)."""
    payable = _in_parts(parts, contract.currency) if parts else _payable(contract.due, due)
    discounts = (_discount(offer, contract.currency) for offer in offers)
    return joined("sentences", (payable, *discounts, contract.late_fee))


def _in_parts(parts: Sequence[InstallmentDue], currency: str) -> Phrase:
    told = (phrase("payable_part", amount=Money(part.amount, currency), day=part.due_date) for part in parts)
    return phrase("payable_in_parts", parts=joined("comma", told))


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


def _discount(offer: EarlyPaymentOffer, currency: str) -> Phrase:
    told: dict[str, Said] = {
        "day": offer.last_day,
        "amount": Money(offer.amount_to_pay, currency),
        "percent": offer.percent,
        "off": Money(offer.amount_off, currency),
    }
    if offer.base is None:
        return phrase("paid_early", **told)
    return phrase("paid_early_of", **told, base=Money(offer.base, currency))


def _payable(rule: DueRule, due: date) -> Phrase:
    if not rule.is_plain:
        return phrase("payable_by", day=due, how=joined("comma", _steps(rule)))
    if not rule.days:
        return phrase("payable_at_once", day=due)
    return phrase("payable_within", days=days(rule.days), day=due)


def _steps(rule: DueRule) -> Iterator[Said]:
    if rule.cut_off is not None:
        yield phrase("due_cut_off", days=days(rule.cut_off + 1))
    moved = [_next_day(*rule.payment_days)] if rule.payment_days else []
    yield joined("due_then", (*_kind(rule), *moved))
    if rule.business_days != "none":
        yield phrase("due_business_day", calendar=rule.calendar)


def _kind(rule: DueRule) -> list[Phrase]:
    counted = phrase("due_days", days=days(rule.days))
    started = [counted] if rule.days else []
    match rule.kind:
        case "days":
            return [counted]
        case "month end, then days":
            later = phrase("due_days_after_month_end", days=days(rule.days))
            return [later if rule.days else phrase("due_month_end")]
        case "days, then month end":
            return [counted, phrase("due_month_end")]
        case "days, then month end, then day":
            return [*started, phrase("due_day_of_next_month", day=Decimal(rule.day or 1))]
        case "days, then next day":
            return [*started, _next_day(rule.day or 1)]


def _next_day(*of_month: int) -> Phrase:
    return phrase("due_next_day", day=joined("either", map(Decimal, of_month)))
