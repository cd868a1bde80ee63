"""What one occasion costs: the work, what changes its price, what is held back of it, what advances pay of it.

The charges come in that order. Work, retainage and what pays of advances are reckoned from what was billed to date, so
that no order of bills changes their totals and no rounding adds up; escalations and discounts are a percentage of the
bill itself, as it says on the bill, rounded there. What a person has decided to take back still counts as billed; but
nothing is deducted of an advance, and nothing is paid out of retainage, that will be gone once the credit note is
there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction

from tracker2invoice.languages.phrases import Phrase, phrase
from tracker2invoice.mapping import formula
from tracker2invoice.mapping.account import Account, Books
from tracker2invoice.mapping.actions import Reason
from tracker2invoice.mapping.allocate import contract_sum
from tracker2invoice.mapping.bill import Bill, Charge, Occasion, total, work_in
from tracker2invoice.mapping.drawdown import drawn_now
from tracker2invoice.mapping.earn import earned
from tracker2invoice.mapping.inclusive import net_of, with_tax
from tracker2invoice.mapping.occasions import releases_of
from tracker2invoice.mapping.retain import held_to_date
from tracker2invoice.model.claim import OUTSIDE_TAX
from tracker2invoice.model.conditions import Escalation
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import HELD_BACK, Tax


def price(occasion: Occasion, books: Books) -> Bill | Reason:
    """Return the bill of an occasion, or why there is nothing to bill; a reason with a command is a hold."""
    match occasion.term.kind:
        case "advance":
            return _advance(occasion)
        case "release":
            return min((_release(occasion, one) for one in books.accounts), key=_asked)
        case "work":
            work = earned(occasion, books.now)
            return work if isinstance(work, Reason) else _bill(occasion, _deduct(occasion, books, work))


def _asked(bill: Bill | Reason) -> int:
    return bill.amount.units if isinstance(bill, Bill) else 0


def _bill(occasion: Occasion, charges: Iterable[Charge]) -> Bill:
    return Bill(occasion.agreed, occasion.term, tuple(charges), occasion.behind, certified=occasion.certified)


def _deduct(occasion: Occasion, books: Books, work: list[Charge]) -> list[Charge]:
    charges = [*work, *_escalated(occasion, work)]
    charges += _discounted(occasion, charges)
    charges += _held_back(occasion, books.now, charges)
    return [*charges, *min((_drawn(occasion, one, charges) for one in books.accounts), key=_deducted)]


def _deducted(charges: Sequence[Charge]) -> int:
    return -sum(one.part.amount.units for one in charges)


def _escalated(occasion: Occasion, charges: Sequence[Charge]) -> Iterator[Charge]:
    escalation = _escalation(occasion.agreed.escalations, occasion.day)
    if escalation is None:
        return
    work = total(charges, occasion.currency)
    amount, exact = work.percent(escalation.percent), Fraction(work.amount) * escalation.percent / 100
    if amount.units:
        yield occasion.charge(amount, formula.rounded(_raised(escalation, work), exact, amount), "escalation")


def _raised(by: Escalation, work: Money) -> Phrase:
    if not by.words:
        return phrase("escalated", percent=by.percent, day=by.since, amount=work)
    return phrase("escalated_by", percent=by.percent, day=by.since, words=by.words, amount=work)


def _escalation(escalations: Iterable[Escalation], day: date) -> Escalation | None:
    return max((one for one in escalations if one.since <= day), key=lambda one: one.since, default=None)


def _discounted(occasion: Occasion, charges: Sequence[Charge]) -> list[Charge]:
    found: list[Charge] = []
    discounts = {"discount_of_term": occasion.term.discount, "discount_of_contract": occasion.agreed.discount}
    for name, rate in discounts.items():
        if not rate:
            continue
        amount, told = formula.percent_of(rate, total([*charges, *found], occasion.currency))
        if amount.units:
            found.append(occasion.charge(-amount, phrase(name, what=told), "discount"))
    return found


def _held_back(occasion: Occasion, account: Account, charges: Sequence[Charge]) -> Iterator[Charge]:
    retainage = occasion.agreed.retainage
    if retainage is None:
        return
    earned = {**account.earned}
    for charge in charges:
        earned[charge.part.term] = earned.get(charge.part.term, Money.zero(occasion.currency)) + charge.part.amount
    target = held_to_date(retainage, earned, contract_sum(occasion.agreed), _released(occasion.agreed, account))
    # a bill is never negative: after the rate was raised, the rest is held back of the bills to come
    amount = min(target - account.retained, total(charges, occasion.currency))
    if amount.units:
        told = phrase("held_back", amount=target, before=account.retained)
        yield occasion.charge(-amount, told, "retained", later_tax(occasion))


def _drawn(occasion: Occasion, account: Account, charges: Sequence[Charge]) -> list[Charge]:
    deposit, agreed = occasion.agreed.deposit, occasion.agreed
    if deposit is None or not account.advances.units:
        return []
    outside = account.outside_tax
    # the tax of an advance is deducted with it, so that both have to be the same
    if not outside and occasion.tax != agreed.tax:
        return []
    work = account.work + total(work_in(charges), occasion.currency)
    amount = drawn_now(
        deposit,
        advances=account.advances,
        drawn=account.drawn,
        bill=with_tax(_bill(occasion, charges)) if outside else total(charges, occasion.currency),
        done=Fraction(work.amount) / Fraction(contract_sum(agreed).amount),
        last=occasion.final or occasion.total <= work,
    )
    if not amount.units:
        return []
    left = account.advances - account.drawn
    rule = phrase(f"drawn_{deposit.drawdown.replace(' ', '_')}")
    told = phrase("drawn", rule=rule, amount=amount, left=left, all=account.advances)
    told = phrase("outside_vat", what=told) if outside else _with_tax(told, amount, occasion)
    return [occasion.charge(-amount, told, "drawn", item=OUTSIDE_TAX if outside else "")]


def _with_tax(what: Phrase, amount: Money, occasion: Occasion) -> Phrase:
    tax = occasion.tax
    if not tax.rate:
        return what
    if occasion.agreed.prices_include_tax:
        return phrase("of_it_vat", what=what, tax=amount - net_of(amount, tax), rate=tax.rate)
    return phrase("with_vat", what=what, tax=amount.percent(tax.rate), rate=tax.rate)


def _advance(occasion: Occasion) -> Bill | Reason:
    term, sum_ = occasion.term, contract_sum(occasion.agreed)
    if term.fixed is not None:
        amount, told = term.fixed, phrase("fixed", amount=term.fixed)
    else:
        amount, told = formula.percent_of(term.percent or Fraction(0), sum_)
    tax = occasion.agreed.deposit.tax if occasion.agreed.deposit else None
    item = OUTSIDE_TAX if tax else ""
    return _bill(occasion, [occasion.charge(amount, phrase("deposit", what=told), "advance", tax, item)])


def _release(occasion: Occasion, account: Account) -> Bill | Reason:
    retainage = occasion.agreed.retainage
    if retainage is None or not account.retained.units:
        return Reason("nothing-retained", "nothing is held back")
    share = min(_released(occasion.agreed, account) + occasion.term.share, Fraction(100))
    target = held_to_date(retainage, account.earned, contract_sum(occasion.agreed), share)
    amount = account.retained - target
    if amount.units <= 0:
        return Reason("nothing-retained", f"{account.retained} is held back, and that is to stay")
    told = phrase("released", amount=account.retained, left=target, percent=share)
    return _bill(occasion, [occasion.charge(amount, told, "released", later_tax(occasion))])


def _released(agreed: Contract, account: Account) -> Fraction:
    shares = (release.percent for id_, release in releases_of(agreed).items() if account.has_released(id_))
    return min(sum(shares, Fraction(0)), Fraction(100))


def later_tax(occasion: Occasion) -> Tax:
    """Return the tax of what is held back and paid out later: none, unless retainage reduces the tax."""
    retainage = occasion.agreed.retainage
    if not occasion.tax.rate or (retainage and retainage.reduces_tax):
        return occasion.tax
    return HELD_BACK
