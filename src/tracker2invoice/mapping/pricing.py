"""Prices the actions of a contract, one after the other: what each bill deducts depends on those before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from tracker2invoice.languages.phrases import Phrase, phrase
from tracker2invoice.mapping import formula
from tracker2invoice.mapping.accept import is_over
from tracker2invoice.mapping.account import Account, Books
from tracker2invoice.mapping.actions import Action, Reason
from tracker2invoice.mapping.allocate import counts
from tracker2invoice.mapping.bill import Bill, Charge, Occasion
from tracker2invoice.mapping.brake import another_currency
from tracker2invoice.mapping.count import milestone_at, work_at
from tracker2invoice.mapping.creditnote import credit_claim
from tracker2invoice.mapping.due import local_date
from tracker2invoice.mapping.earn import passed
from tracker2invoice.mapping.lookup import Candidate, Lookup
from tracker2invoice.mapping.price import later_tax, price
from tracker2invoice.model.claim import OUTSIDE_TAX, Claim, Part
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.digits import percent
from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import VAT_LATER, Tax
from tracker2invoice.model.term import base_term

Actions = tuple[Action, ...]


def price_actions(actions: Actions, contract: Contract, lookup: Lookup, claims: Sequence[Claim]) -> Actions:
    """Return the actions of a contract with amounts; bills without anything to bill become what their reason says.

    `claims` are those that count as billed before. A bill counts for the bills after it; what is held does not.
    """
    to_come = _credits_to_come(claims, lookup)
    books = Books(
        Account(contract.currency, claims), Account(contract.currency, (*claims, *to_come)) if to_come else None
    )
    candidates = _by_reference(contract, lookup)
    total = _total(contract, lookup, claims)
    final = _final(actions, candidates) if is_over(contract, lookup.facts.now) else ""
    return tuple(
        _priced(action, candidates[action.reference], books, total, lookup, final=action.reference == final)
        if action.reference in candidates and action.kind in ("bill", "hold", "none")
        else action
        for action in actions
    )


def _credits_to_come(claims: Sequence[Claim], lookup: Lookup) -> list[Claim]:
    """Return the credits that a person has decided and no run has written yet."""
    decided = (one for one in claims if lookup.facts.credited(one.reference) and one.reference not in lookup.credits)
    return [credit_claim(one, (), (), lookup.facts.now) for one in decided]


def _total(contract: Contract, lookup: Lookup, claims: Iterable[Claim]) -> Money:
    billed = {base_term(claim.term) for claim in claims}
    counted = (term.id for term in lookup.agreed[contract.id].terms if counts(term, billed))
    return Money.sum((lookup.values[contract.id, term] for term in counted), contract.currency)


def _final(actions: Actions, candidates: Mapping[str, Candidate]) -> str:
    """Return the reference of the last bill for work of a contract that is over, unless more of it is held."""
    work = [one for one in actions if one.reference in candidates and candidates[one.reference].term.kind == "work"]
    last = next((one.reference for one in reversed(work) if one.kind == "bill"), "")
    return "" if any(one.kind == "hold" for one in work) else last


def _by_reference(contract: Contract, lookup: Lookup) -> Mapping[str, Candidate]:
    keys = [(contract.id, term.id) for term in contract.terms]
    unbilled = (one for key in keys if key not in lookup.claims for one in lookup.candidates[key])
    again = (lookup.replacements[key] for key in keys if key in lookup.replacements)
    return {one.reference: one for one in (*unbilled, *again)}


def _priced(action: Action, candidate: Candidate, books: Books, total: Money, lookup: Lookup, *, final: bool) -> Action:
    if action.kind == "none" and candidate.term.kind == "work" and candidate.term.bills_once:
        # what is held back and deducted of it is nobody's business before it is due
        return replace(action, amount=candidate.replaces.amount if candidate.replaces else _value(candidate, lookup))
    occasion = _occasion(candidate, total, lookup, final=final)
    bill = _again(candidate.replaces, occasion) if candidate.replaces else price(occasion, books)
    if isinstance(bill, Reason):
        if action.kind != "bill":
            return action
        before = candidate.replaces.amount if candidate.replaces else None
        return replace(action, kind="hold" if bill.command else "none", reason=bill, amount=before)
    if action.kind != "bill":
        return replace(action, amount=bill.amount)
    reason = _with_alerts(action.reason, occasion, books.now, bill)
    books.add(bill.parts)
    last = candidate.term.kind == "work" and (final or total <= books.now.work)
    return replace(action, amount=bill.amount, bill=replace(bill, last=True) if last else bill, reason=reason)


def _occasion(candidate: Candidate, total: Money, lookup: Lookup, *, final: bool) -> Occasion:
    agreed, term = lookup.agreed[candidate.contract.id], candidate.term
    end = candidate.milestone.closed_at if term.monthly else None
    occasion = Occasion(
        agreed=agreed,
        term=term,
        value=_value(candidate, lookup),
        total=total,
        final=final,
        day=_day(candidate, lookup),
        behind=candidate.behind,
        work=lookup.facts.work,
        certified=lookup.facts.certification(agreed.id, term.base, end) if term.is_certified else None,
    )
    return _as_it_stood(occasion, end) if end is not None else occasion


def _value(candidate: Candidate, lookup: Lookup) -> Money:
    contract = candidate.contract
    return lookup.values.get((contract.id, candidate.term.base), Money.zero(contract.currency))


def _as_it_stood(occasion: Occasion, end: datetime) -> Occasion:
    """Return an occasion of a month as it was at its end: what was done later is of the next month."""
    read = [one.key for one in occasion.behind if one.key in occasion.work]
    return replace(
        occasion,
        behind=tuple(milestone_at(one, end) for one in occasion.behind),
        work={key: work_at(occasion.work[key], end) for key in read},
    )


def _day(candidate: Candidate, lookup: Lookup) -> date:
    closing = candidate.closing
    return local_date(closing.at if closing else lookup.facts.now, candidate.contract.timezone)


def _again(claim: Claim, occasion: Occasion) -> Bill | Reason:
    if claim.amount.currency != occasion.currency:
        return Reason("over-price", another_currency(occasion.currency), "t2i check")
    charges = (Charge(part, _tax_of(part, occasion), _basis(part, claim, occasion)) for part in claim.entries)
    return Bill(occasion.agreed, occasion.term, tuple(charges), occasion.behind)


def _tax_of(part: Part, occasion: Occasion) -> Tax:
    if part.kind == "advance" and part.item == OUTSIDE_TAX:
        deposit = occasion.agreed.deposit
        return deposit.tax if deposit and deposit.tax else Tax("O", Decimal(0), VAT_LATER)
    return later_tax(occasion) if part.kind in ("retained", "released") else occasion.tax


def _basis(part: Part, claim: Claim, occasion: Occasion) -> Phrase:
    whole = next((term for term in occasion.agreed.terms if term.id == claim.term), None)
    if whole is not None and whole.bills_once and part.kind == "work":
        return formula.share(occasion.agreed, whole, part.amount)
    return phrase("billed_before", amount=part.amount)


def _with_alerts(reason: Reason, occasion: Occasion, account: Account, bill: Bill) -> Reason:
    term = occasion.term
    if term.time is None or term.ceiling is None:
        return reason
    before = account.work_of(term.base)
    percentages = passed(term.time.alerts, occasion.value, before, before + bill.work)
    if not percentages:
        return reason
    told = ", ".join(map(percent, percentages))
    return replace(reason, words=f"{reason.words}; passes {told} of the {occasion.value} that are not to be exceeded")
