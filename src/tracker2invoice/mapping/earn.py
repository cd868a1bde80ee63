"""What was earned: the agreed amount, or what the tracker counts, less what a ceiling leaves out.

What is counted is billed as the change since the last bill, never as a fall.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from tracker2invoice.languages.phrases import Phrase, Said, phrase
from tracker2invoice.mapping import certify, count, formula
from tracker2invoice.mapping.accept import in_words
from tracker2invoice.mapping.account import Account
from tracker2invoice.mapping.actions import Reason
from tracker2invoice.mapping.bill import Charge, Occasion, total
from tracker2invoice.mapping.text import one_line
from tracker2invoice.model.claim import Part
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import ProgressBy


def earned(occasion: Occasion, account: Account) -> list[Charge] | Reason:
    """Return the charges for the work, or why there is nothing to bill."""
    term = occasion.term
    if term.needs_work and (unread := [one for one in occasion.behind if one.key not in occasion.work]):
        return Reason("work-unread", f"the items of '{one_line(unread[0].title)}' were not read yet")
    if term.time or term.units:
        return _counted(occasion, account)
    if term.progress == "certified":
        return _certified(occasion, account)
    if term.progress:
        return _progress(occasion, account, term.progress)
    if not term.bills_once and term.fixed is not None:
        return _once_more(occasion, account, term.fixed)
    return [occasion.charge(occasion.value, formula.share(occasion.agreed, term, occasion.value))]


def _once_more(occasion: Occasion, account: Account, amount: Money) -> list[Charge] | Reason:
    before = account.work_of(occasion.term.base)
    if before + amount <= occasion.value:
        return [occasion.charge(amount, phrase("fixed_again", amount=amount, before=before))]
    words = f"{before} billed and {amount} due now are more than the term makes, {occasion.value}; correct the contract"
    return Reason("over-term", words, "t2i check")


def _certified(occasion: Occasion, account: Account) -> list[Charge] | Reason:
    one, term = occasion.certified, occasion.term
    more = certify.command(occasion.agreed.id, term.base)
    if one is None and term.monthly:
        return certify.nothing_yet(occasion.agreed.id, term.base)
    if one is None:
        people = " or ".join(occasion.agreed.acceptance.by)
        return Reason("not-certified", f"waits for {people} to certify how much of it is done", more)
    to_date, told = _to_date(
        occasion, Fraction(one.percent) / 100, "done_certified", person=one_line(one.by), at=in_words(one.at)
    )
    whole_is_closed = bool(occasion.behind) and not term.monthly
    if whole_is_closed and one.percent < 100 and to_date == account.work_of(term.base):
        return Reason("partly-certified", f"{told}, and that was billed before; `{more}` once it is more")
    return _since_last(occasion, account, to_date, told)


def _progress(occasion: Occasion, account: Account, by: ProgressBy) -> list[Charge] | Reason:
    to_date, told = _to_date(occasion, count.done(by, occasion.behind, occasion.work), f"done_{by}")
    return _since_last(occasion, account, to_date, told)


def _to_date(occasion: Occasion, done: Fraction, how: str, **values: Said) -> tuple[Money, Phrase]:
    exact = Fraction(occasion.value.amount) * done
    to_date = Money.rounded(exact, occasion.currency)
    share = phrase("share_of", percent=done * 100, amount=occasion.value)
    return to_date, formula.rounded(phrase(how, what=share, **values), exact, to_date)


def _since_last(occasion: Occasion, account: Account, to_date: Money, told: Phrase) -> list[Charge] | Reason:
    before = account.work_of(occasion.term.base)
    if to_date <= before:
        fell = "; nothing is taken back" if to_date < before else ""
        return Reason("no-progress", f"{told}, and {before} was billed before{fell}")
    return [occasion.charge(to_date - before, phrase("less_billed", what=told, amount=before))]


def _counted(occasion: Occasion, account: Account) -> list[Charge] | Reason:
    counted = _count(occasion)
    if unpriced := [one.person for one in counted if isinstance(one, count.Unpriced)]:
        words = f"the contract has no rate for {', '.join(map(one_line, unpriced))}; add one"
        return Reason("no-rate", words, "t2i check")
    found = [one for one in counted if isinstance(one, count.Counted)]
    lines = [_line(occasion, one, quantity) for one, quantity in _since_last_bill(occasion, account, found)]
    if not lines:
        return Reason("nothing-counted", "there is nothing in it to bill, or nothing since the last bill")
    return [*lines, *_above_ceiling(occasion, account, lines)]


def _since_last_bill(
    occasion: Occasion, account: Account, counted: Sequence[count.Counted]
) -> Iterator[tuple[count.Counted, Decimal]]:
    """Yield how much of each was counted since the last bill of the term.

    A new rate is for new hours. Hours that moved from one label to another since then are not billed again.
    """
    billed: Mapping[str, Decimal] = account.quantities_of(occasion.term.base) if occasion.term.monthly else {}
    for of, group in groupby(counted, key=lambda one: one.of):
        own = list(group)
        before = sum((sum_ for item, sum_ in billed.items() if item.partition(count.OF_LABEL)[0] == of), Decimal(0))
        left = sum((one.quantity for one in own), Decimal(0)) - before
        for one in own:
            quantity = min(one.quantity - billed.get(one.item, Decimal(0)), left)
            if quantity > 0:
                left -= quantity
                yield one, quantity


def _count(occasion: Occasion) -> Sequence[count.Counted | count.Unpriced]:
    term, items = occasion.term, [item for one in occasion.behind for item in occasion.work.get(one.key, ())]
    if term.time:
        return count.hours(term.time, items, occasion.day if term.monthly else None)
    return [count.units(term.units, items)] if term.units else []


def _line(occasion: Occasion, counted: count.Counted, quantity: Decimal) -> Charge:
    exact = Fraction(quantity) * Fraction(counted.price)
    amount = Money.rounded(exact, occasion.currency)
    told = formula.rounded(phrase("times", quantity=quantity, price=counted.price), exact, amount)
    if quantity != counted.quantity:
        told = phrase("since_last_bill", total=counted.quantity, quantity=quantity, what=told)
    part = Part("work", occasion.term.base, amount, counted.item, quantity)
    return Charge(part, occasion.tax, told, counted.price, counted.unit)


def _above_ceiling(occasion: Occasion, account: Account, lines: Sequence[Charge]) -> Iterator[Charge]:
    if occasion.term.ceiling is None:
        return
    charged = total(lines, occasion.currency)
    before, most = account.work_of(occasion.term.base), occasion.value
    billable = max(min(charged, most - before), Money.zero(charged.currency))
    if billable < charged:
        told = phrase("not_to_exceed", most=most, before=before, left=billable, amount=charged)
        yield occasion.charge(billable - charged, told, "written-down")


def passed(alerts: Sequence[Fraction], ceiling: Money, before: Money, after: Money) -> tuple[Fraction, ...]:
    """Return the percentages of the ceiling that billing passes on its way from `before` to `after`, in their order."""
    thresholds = ((alert, Fraction(ceiling.amount) * alert / 100) for alert in alerts)
    return tuple(alert for alert, at in thresholds if Fraction(before.amount) < at <= Fraction(after.amount))
