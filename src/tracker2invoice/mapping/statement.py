"""Where does a contract stand? Its claims as applications for payment that tie out, one for each day of billing.

What was billed comes from the claims alone, what was agreed from the contract as it is now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from tracker2invoice.mapping.allocate import as_of, contract_sum, rounded_before, shares
from tracker2invoice.mapping.counting import counting
from tracker2invoice.mapping.due import local_date
from tracker2invoice.model.claim import Claim
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.invoice import PartKind
from tracker2invoice.model.money import Money
from tracker2invoice.model.statement import Advances, Application, Item, ItemKind
from tracker2invoice.model.term import Term, base_term

_Key = TypeVar("_Key")

_NO_TERM = ""


@dataclass(frozen=True, slots=True)
class _Books:
    """What was billed up to a day: work by base term, all else by kind; and what is held back, by base term.

    `bills` counts what was billed of each base term and not credited.
    `held` is negative for no term at all, and there alone: by what was released beyond what was retained.
    """

    work: Mapping[str, Money] = field(default_factory=dict[str, Money])
    others: Mapping[PartKind, Money] = field(default_factory=dict[PartKind, Money])
    held: Mapping[str, Money] = field(default_factory=dict[str, Money])
    bills: Mapping[str, int] = field(default_factory=dict[str, int])


def statements(contract: Contract, claims: Iterable[Claim]) -> tuple[Application, ...]:
    """Return an application for every local day on which claims of the contract were made, in order.

    Of each term the latest generation counts, and what was credited, with its credit. What was billed in a former
    currency of the contract does not add up and is left out; the plan holds and names it.
    """
    made: list[Application] = []
    books, certified = _Books(), Money.zero(contract.currency)
    for day, made_then in _by_day(contract, claims):
        after = _posted(books, made_then)
        made.append(_application(contract, len(made) + 1, day, (books, after), certified))
        books, certified = after, made[-1].lines["6"]
    return tuple(made)


def opening(contract: Contract, day: date) -> Application:
    """Return where a contract stands that nothing was billed of yet, on a local day."""
    return _application(contract, 0, day, (_Books(), _Books()), Money.zero(contract.currency))


def _by_day(contract: Contract, claims: Iterable[Claim]) -> Sequence[tuple[date, list[Claim]]]:
    days: defaultdict[date, list[Claim]] = defaultdict(list)
    for claim in counting(claims):
        if claim.contract == contract.id and claim.amount.currency == contract.currency:
            days[local_date(claim.claimed_at, contract.timezone)].append(claim)
    return sorted(days.items(), key=lambda entry: entry[0])


def _posted(books: _Books, claims: Sequence[Claim]) -> _Books:
    work: list[tuple[str, Money]] = []
    others: list[tuple[PartKind, Money]] = []
    held: list[tuple[str, Money]] = []
    for part in (part for claim in claims for part in claim.entries):
        match part.kind:
            case "work" | "written-down":
                work.append((base_term(part.term), part.amount))
            case "retained" | "released":
                held.append((base_term(part.term), -part.amount))
            case _:
                others.append((part.kind, part.amount))
    return _Books(
        work=_added(books.work, work),
        others=_added(books.others, others),
        held=_spread(_added(books.held, held)),
        bills=_counted(books.bills, claims),
    )


def _counted(bills: Mapping[str, int], claims: Iterable[Claim]) -> Mapping[str, int]:
    counted = dict(bills)
    for claim in claims:
        term = base_term(claim.term)
        counted[term] = counted.get(term, 0) + (-1 if claim.credits else 1)
    return counted


def _added(sums: Mapping[_Key, Money], entries: Iterable[tuple[_Key, Money]]) -> Mapping[_Key, Money]:
    added = dict(sums)
    for key, amount in entries:
        added[key] = added[key] + amount if key in added else amount
    return added


def _spread(held: Mapping[str, Money]) -> Mapping[str, Money]:
    """Take what was released for no term that holds anything off all terms that do, in proportion."""
    left = sum(amount.units for amount in held.values())
    holding = {term: amount for term, amount in sorted(held.items()) if amount.units > 0}
    if left < 0:
        return {_NO_TERM: sum(held.values(), Money.zero(next(iter(held.values())).currency))}
    whole = sum(amount.units for amount in holding.values())
    spread: dict[str, Money] = {}
    passed = 0
    for term, amount in holding.items():
        # rounded down from the start each time, so that the differences make the sum and none exceeds its amount
        before, passed = left * passed // whole, passed + amount.units
        spread[term] = Money.of_units(left * passed // whole - before, amount.currency)
    return spread


def _application(
    contract: Contract, number: int, day: date, books: tuple[_Books, _Books], certified: Money
) -> Application:
    agreed = as_of(contract, day)
    return Application(
        number=number,
        day=day,
        price=contract.price,
        change_orders=tuple(sorted(agreed.change_orders, key=lambda order: order.effective)),
        items=_items(agreed, *books),
        certified=certified,
        advances=_advances(contract, *books),
    )


def _items(contract: Contract, before: _Books, after: _Books) -> tuple[Item, ...]:
    zero = Money.zero(contract.currency)
    terms = (*_terms(contract, before, after), *_removed(contract, before, after))
    rest = contract_sum(contract) - sum((item.scheduled for item in terms if item.kind != "cancelled"), zero)
    gap = (Item("unallocated", "", "", rest, zero, zero, zero),) if rest.units else ()
    return (*terms, *gap, *_adjustments(contract, before, after))


def _terms(contract: Contract, before: _Books, after: _Books) -> Iterable[Item]:
    frozen = {term.id: after.work[term.id] for term in contract.terms if _is_frozen(term, after)}
    in_parts = {one.id: after.work[one.id] for one in contract.terms if not one.bills_once and one.id in after.work}
    scheduled = shares(contract, frozen | rounded_before(contract, frozen, in_parts))
    for term in _work_terms(contract):
        kind: ItemKind = "cancelled" if term.cancelled and term.id not in after.work else "term"
        yield _item(kind, term.id, term.description, scheduled[term.id], before, after)


def _removed(contract: Contract, before: _Books, after: _Books) -> Iterable[Item]:
    holding = {term for term, amount in after.held.items() if amount.units > 0}
    known = {term.id for term in _work_terms(contract)}
    for term in sorted((after.work.keys() | holding) - known):
        yield _item("removed", term, "", after.work.get(term, Money.zero(contract.currency)), before, after)


def _work_terms(contract: Contract) -> Sequence[Term]:
    return [term for term in contract.terms if term.kind == "work"]


def _is_frozen(term: Term, books: _Books) -> bool:
    """Say whether what was billed is all that the term will ever make."""
    return term.id in books.work and bool(term.cancelled or (term.bills_once and books.bills.get(term.id)))


def _item(kind: ItemKind, term: str, description: str, scheduled: Money, before: _Books, after: _Books) -> Item:
    zero = Money.zero(scheduled.currency)
    previous = before.work.get(term, zero)
    return Item(
        kind=kind,
        id=term,
        description=description,
        scheduled=scheduled,
        previous=previous,
        current=after.work.get(term, zero) - previous,
        retainage=after.held.get(term, zero),
    )


def _adjustments(contract: Contract, before: _Books, after: _Books) -> Iterable[Item]:
    zero = Money.zero(contract.currency)
    billed: list[tuple[ItemKind, Money, Money]] = [
        ("escalation", before.others.get("escalation", zero), after.others.get("escalation", zero)),
        ("discount", before.others.get("discount", zero), after.others.get("discount", zero)),
        ("released", _beyond(before, zero), _beyond(after, zero)),
    ]
    for kind, previous, to_date in billed:
        if previous.units or to_date.units:
            yield Item(kind, "", "", to_date, previous, to_date - previous, zero)


def _beyond(books: _Books, zero: Money) -> Money:
    """Return what was released beyond what was retained."""
    return max(zero, -books.held.get(_NO_TERM, zero))


def _advances(contract: Contract, before: _Books, after: _Books) -> Advances:
    zero = Money.zero(contract.currency)
    billed, drawn = after.others.get("advance", zero), -after.others.get("drawn", zero)
    before_left = before.others.get("advance", zero) + before.others.get("drawn", zero)
    return Advances(billed=billed, drawn=drawn, current=billed - drawn - before_left)
