"""From checked settings to what was agreed, and what contracts and terms have to do with each other.

Pure. A fault is a pair of key and sentence; who calls knows the file and the section.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

from tracker2invoice.config.due import early_payment_faults
from tracker2invoice.mapping.match import Milestones
from tracker2invoice.model.contract import Acceptance, Address, Brake, Contract, Limit, Party
from tracker2invoice.model.due import DueRule, EarlyPayment
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import Tax
from tracker2invoice.model.term import Match, Term
from tracker2invoice.settings import (
    AddressSettings,
    BrakeSettings,
    ClientSettings,
    ContractSettings,
    DueSettings,
    MilestoneSettings,
    PartySettings,
    SupplierSettings,
    TermSettings,
)

Fault = tuple[str, str]


def supplier_of(settings: SupplierSettings) -> Party:
    """Return who writes the invoices."""
    return dataclasses.replace(_party("supplier", settings), iban=settings.iban or "", bic=settings.bic or "")


def client_of(name: str, settings: ClientSettings) -> Party:
    """Return who is invoiced, under the name of the section."""
    return dataclasses.replace(_party(name, settings), remote=dict(settings.remote))


def brake_of(settings: BrakeSettings) -> Brake:
    """Return what one run may bill."""
    run, contract = settings.run, settings.contract
    return Brake(Limit(run.count, dict(run.amount)), Limit(contract.count, dict(contract.amount)))


def due_of(settings: DueSettings) -> DueRule:
    """Return when invoices are due."""
    return dataclasses.replace(
        settings.rule,
        payment_days=settings.payment_days,
        cut_off=settings.cut_off,
        business_days=settings.business_days,
        calendar=settings.calendar or "",
    )


def contract_of(settings: ContractSettings, client: Party, supplier: Party, timezone: str) -> Contract:
    """Return the contract; `timezone` is used unless it has its own."""
    tax, accept = settings.tax, settings.accept
    return Contract(
        id=settings.id,
        client=client,
        supplier=supplier,
        projects=settings.projects,
        start=settings.start,
        timezone=settings.timezone or timezone,
        price=Money(settings.price, settings.currency),
        terms=tuple(_term(term, settings.currency) for term in settings.terms),
        tax=Tax(tax.category, tax.rate or Decimal(0), tax.exemption_reason or ""),
        due=due_of(settings.due),
        outputs=settings.outputs,
        acceptance=Acceptance(accept.all_issues_closed, accept.after or timedelta(0)),
        title=settings.title,
        order_reference=settings.order_reference,
        note=settings.note,
        brake=_contract_brake(settings),
        early_payment=_early_payment(settings),
        late_fee=settings.late_fee,
        delivery=settings.delivery,
    )


def digest(contracts: Iterable[Contract]) -> str:
    """Return the hexadecimal SHA-256 of all that the contracts say, wherever in the files they stand."""
    content = [dataclasses.asdict(contract) for contract in sorted(contracts, key=lambda one: one.id)]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def unbilled(contract: Contract) -> Money:
    """Return the part of the price that no term bills; shares that make the whole price leave nothing."""
    return Money.rounded(
        Fraction(contract.price.amount) - _billed(contract.price.amount, contract.terms), contract.currency
    )


def faults(settings: ContractSettings) -> Iterator[Fault]:
    """Yield what is wrong between the settings of one contract, each of which is right by itself."""
    yield from _repeated("projects", settings.projects, "is named twice; remove one")
    yield from _repeated("outputs", settings.outputs, "is named twice; remove one")
    yield from _repeated("terms", (term.id for term in settings.terms), "is the id of two terms; rename one")
    yield from _more_than_the_price(settings)
    yield from early_payment_faults(due_of(settings.due), _early_payment(settings))
    for one, other in combinations(settings.terms, 2):
        if _collide(one, other):
            yield (
                f"terms.{other.id}.milestone",
                f"term '{one.id}' is triggered by the same milestone; {_WAYS_OUT}",
            )


def faults_between(one: ContractSettings, other: ContractSettings) -> Iterator[Fault]:
    """Yield the terms of `other` that a milestone of a common project triggers together with a term of `one`."""
    for first in one.terms:
        for second in other.terms:
            if _collide(first, second):
                owner = f"term '{first.id}' of contract '{one.id}'"
                yield (
                    f"terms.{second.id}.milestone",
                    f"{owner} is triggered by the same milestone; {_WAYS_OUT}",
                )


_WAYS_OUT = "change one, or write shares_milestone = true in both"


def certainly_same(one: Match, other: Match) -> bool:
    """Whether some milestone surely matches both: equal patterns, or the title of one fits the other."""
    return one == other or _covers(one, other) or _covers(other, one)


def _covers(pattern: Match, title: Match) -> bool:
    if title.by != "title":
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bool(Milestones([_titled(title.value)]).matching(pattern))


def _titled(title: str) -> Milestone:
    # no milestone has the number 0, so that no pattern by number can match
    return Milestone(
        tracker="",
        project_id="",
        id="",
        number=0,
        title=title,
        description="",
        url="",
        state="closed",
        closed_at=None,
        due_on=None,
        created_at=None,
        updated_at=None,
        open_items=0,
        closed_items=0,
    )


def _collide(one: TermSettings, other: TermSettings) -> bool:
    on_purpose = one.shares_milestone and other.shares_milestone
    return not on_purpose and certainly_same(_match(one.milestone), _match(other.milestone))


def _repeated(key: str, values: Iterable[str], sentence: str) -> Iterator[Fault]:
    for value, count in Counter(values).items():
        if count > 1:
            yield key, f"'{value}' {sentence}"


def _more_than_the_price(settings: ContractSettings) -> Iterator[Fault]:
    percent = sum((term.percent for term in settings.terms if term.percent), Fraction(0))
    terms = [_term(term, settings.currency) for term in settings.terms]
    if percent > 100:
        yield "terms", "the percentages make more than 100; lower one"
    elif _billed(settings.price, terms) > settings.price:
        yield "terms", "the terms make more than the price; lower one, or raise the price"


def _billed(price: Decimal, terms: Iterable[Term]) -> Fraction:
    """Return the exact sum of all terms, before anything is rounded."""
    return sum(
        (Fraction(term.fixed.amount) if term.fixed else Fraction(price) * (term.percent or 0) / 100 for term in terms),
        Fraction(0),
    )


def _term(settings: TermSettings, currency: str) -> Term:
    return Term(
        id=settings.id,
        match=_match(settings.milestone),
        fixed=None if settings.amount is None else Money(settings.amount, currency),
        percent=settings.percent,
        description=settings.description,
        shares_milestone=settings.shares_milestone,
    )


def _match(settings: MilestoneSettings) -> Match:
    if settings.title is not None:
        return Match("title", settings.title)
    if settings.glob is not None:
        return Match("glob", settings.glob)
    if settings.regex is not None:
        return Match("regex", settings.regex)
    return Match("number", str(settings.number))


def _early_payment(settings: ContractSettings) -> tuple[EarlyPayment, ...]:
    return tuple(EarlyPayment(step.days, step.percent) for step in settings.early_payment)


def _contract_brake(settings: ContractSettings) -> Limit | None:
    if settings.brake is None:
        return None
    amount, currency = settings.brake.amount, settings.currency
    return Limit(settings.brake.count, {} if amount is None else {currency: Money(amount, currency)})


def _address(settings: AddressSettings | None) -> Address | None:
    if settings is None:
        return None
    return Address(settings.street, settings.city, settings.postcode, settings.country, settings.extra)


def _party(name: str, settings: PartySettings) -> Party:
    return Party(
        id=name,
        name=settings.name,
        address=_address(settings.address),
        vat_id=settings.vat_id or "",
        tax_id=settings.tax_id or "",
        email=settings.email or "",
        phone=settings.phone or "",
    )
