"""From checked settings of terms and conditions to the values of the model, and what is wrong between them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from tracker2invoice.config.terms import (
    ChangeOrderSettings,
    DepositSettings,
    EscalationSettings,
    MilestoneSettings,
    PatternSettings,
    QuantitySettings,
    RatesSettings,
    ReleaseSettings,
    RetainageSettings,
    TaxSettings,
    TermSettings,
)
from tracker2invoice.mapping.occasions import DEPOSIT, NO_MILESTONE, RETAINAGE
from tracker2invoice.model.conditions import ChangeOrder, Deposit, Escalation, Release, Retainage, RetainageStep
from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import Tax
from tracker2invoice.model.term import Match, Term, Time, Units
from tracker2invoice.settings import ContractSettings


def tax_of(settings: TaxSettings) -> Tax:
    """Return the VAT category with its rate."""
    return Tax(settings.category, settings.rate or Decimal(0), settings.exemption_reason or "")


def match_of(settings: PatternSettings) -> Match:
    """Return which milestones are meant."""
    if isinstance(settings, MilestoneSettings):
        if settings.any is not None:
            return Match("any", of=tuple(map(match_of, settings.any)))
        if settings.all is not None:
            return Match("all", of=tuple(map(match_of, settings.all)))
        if settings.each is not None:
            return Match("each", of=(match_of(settings.each),))
    if settings.title is not None:
        return Match("title", settings.title)
    if settings.glob is not None:
        return Match("glob", settings.glob)
    if settings.regex is not None:
        return Match("regex", settings.regex)
    return Match("number", str(settings.number))


def term_of(settings: TermSettings, currency: str) -> Term:
    """Return the payment term; without a milestone any month triggers it, or a certification."""
    return Term(
        id=settings.id,
        match=NO_MILESTONE if settings.milestone is None else match_of(settings.milestone),
        fixed=_money(settings.amount, currency),
        percent=settings.percent,
        description=settings.description,
        shares_milestone=settings.shares_milestone,
        units=_units(settings, settings.quantity),
        time=None if settings.rates is None else _time(settings, settings.rates),
        ceiling=_money(settings.not_to_exceed, currency),
        progress=settings.progress,
        monthly=settings.every == "month",
        since=settings.since,
        times=settings.times,
        discount=settings.discount or Fraction(0),
        tax=None if settings.tax is None else tax_of(settings.tax),
        cancelled=settings.cancelled,
    )


def change_order_of(settings: ChangeOrderSettings, currency: str) -> ChangeOrder:
    """Return the change order."""
    amount = Money(settings.amount, currency)
    return ChangeOrder(settings.number, settings.effective, amount, settings.description, settings.term)


def escalation_of(settings: EscalationSettings) -> Escalation:
    """Return how much more work costs from a day on; of an index, its rise is the percentage."""
    if settings.index is None:
        return Escalation(settings.since, settings.percent or Fraction(0), settings.reason)
    base, current = settings.index.base, settings.index.current
    told = f"index {current} after {base}"
    words = f"{settings.reason}, {told}" if settings.reason else told
    return Escalation(settings.since, Fraction(current) / Fraction(base) * 100 - 100, words)


def deposit_of(settings: DepositSettings, currency: str) -> Deposit:
    """Return the deposit with the way it is drawn down."""
    drawdown = settings.drawdown
    way = drawdown.way or ("percent" if drawdown.percent is not None else "amount")
    return Deposit(
        percent=settings.percent,
        fixed=_money(settings.amount, currency),
        match=None if settings.milestone is None else match_of(settings.milestone),
        drawdown=way,
        draw_percent=drawdown.percent,
        draw_amount=_money(drawdown.amount, currency),
        tax=Tax(settings.category, Decimal(0), settings.exemption_reason) if settings.tax == "later" else None,
    )


def retainage_of(settings: RetainageSettings) -> Retainage:
    """Return what is held back and when it is paid out."""
    return Retainage(
        percent=Fraction(settings.percent),
        releases=tuple(map(_release, settings.release)),
        steps=tuple(RetainageStep(one.until, Fraction(one.percent), Fraction(one.returns)) for one in settings.steps),
        ceiling=settings.ceiling,
        terms={term: Fraction(rate) for term, rate in settings.terms.items()},
        reduces_tax=settings.tax == "reduced",
    )


def condition_faults(settings: ContractSettings) -> Iterator[tuple[str, str]]:
    """Yield what is wrong between the terms of a contract and its conditions: a key and a sentence each."""
    known = {term.id for term in settings.terms}
    if settings.prices_include_tax and settings.tax_rounding == "line":
        yield "tax_rounding", "of prices that include tax no line is rounded by itself; remove it"
    if settings.payers and settings.deposit is not None and settings.deposit.tax == "later":
        yield "deposit.tax", 'a deposit outside VAT is not divided among payers; write tax = "now"'
    if settings.cancelled is not None and settings.cancelled < settings.start:
        yield "cancelled", "is before the start of the contract; remove the contract if it never began"
    for term in settings.terms:
        if term.id == DEPOSIT or term.id.startswith(RETAINAGE):
            yield f"terms.{term.id}.id", "this id is for what the contract's deposit and retainage bill; choose another"
    yield from _people_faults(settings)
    for number, order in enumerate(settings.change_orders, start=1):
        if order.term and order.term not in known:
            yield f"change_orders[{number}].term", f"no term has this id; known: {', '.join(sorted(known))}"
    yield from _twice("change_orders", [order.number for order in settings.change_orders], "number")
    yield from _twice("escalations", [str(one.since) for one in settings.escalations], "day")
    for term_id in settings.retainage.terms if settings.retainage else ():
        if term_id not in known:
            yield f"retainage.terms.{term_id}", f"no term has this id; known: {', '.join(sorted(known))}"
    yield from _release_faults(settings)
    yield from _below_zero(settings)


def _people_faults(settings: ContractSettings) -> Iterator[tuple[str, str]]:
    people, certified = settings.accept.by, [term.id for term in settings.terms if term.progress == "certified"]
    if people and settings.accept.approvals is None and not certified:
        yield "accept", "write how many of them have to approve: approvals = 1"
    for term_id in certified if not people else ():
        yield (
            f"terms.{term_id}.progress",
            'nobody may certify it; write who in the contract: accept = { by = ["anna"] }',
        )


def _twice(key: str, values: list[str], what: str) -> Iterator[tuple[str, str]]:
    for value in dict.fromkeys(one for one in values if values.count(one) > 1):
        yield key, f"'{value}' is the {what} of two; change one"


def _release_faults(settings: ContractSettings) -> Iterator[tuple[str, str]]:
    if settings.retainage is None:
        return
    releases = settings.retainage.release
    for number, one in enumerate(releases, start=1):
        if one.on is not None and one.on < settings.start:
            yield f"retainage.release[{number}].on", "is before the start of the contract; nothing is held back then"
    triggers = [(one.milestone, one.on, one.by_hand) for one in releases]
    if any(triggers.count(one) > 1 for one in triggers):
        yield "retainage.release", "two releases have the same trigger; make them one"


def _below_zero(settings: ContractSettings) -> Iterator[tuple[str, str]]:
    orders = sorted(settings.change_orders, key=lambda order: order.effective)
    total = settings.price
    for order in orders:
        total += order.amount
        if total <= 0:
            yield "change_orders", f"with number {order.number} nothing is left of the price; correct its amount"
            return
    for term in settings.terms:
        changed = sum((order.amount for order in orders if order.term == term.id), Decimal(0))
        agreed = term.amount or term.not_to_exceed
        if agreed is not None and agreed * (term.times or 1) + changed < 0:
            yield "change_orders", f"they make the term '{term.id}' negative; correct the amounts"


def _units(settings: TermSettings, quantity: QuantitySettings | None) -> Units | None:
    if settings.unit_price is None or quantity is None:
        return None
    if quantity.number is not None:
        return Units(settings.unit_price, "number", quantity.number, unit=settings.unit)
    if quantity.label is not None:
        return Units(settings.unit_price, "label", label=quantity.label, unit=settings.unit)
    return Units(settings.unit_price, "points", unit=settings.unit)


def _time(settings: TermSettings, rates: RatesSettings) -> Time:
    return Time(rates.general, dict(rates.people), dict(rates.labels), settings.alerts)


def _release(settings: ReleaseSettings) -> Release:
    match = None if settings.milestone is None else match_of(settings.milestone)
    return Release(settings.percent, match, settings.on)


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount, currency)
