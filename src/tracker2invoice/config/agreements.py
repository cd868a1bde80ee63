"""From checked settings to what was agreed, and what contracts and terms have to do with each other.

Pure. A fault is a pair of key and sentence; who calls knows the file and the section.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

from tracker2invoice.config.acceptance import AcceptSettings
from tracker2invoice.config.conditions import (
    change_order_of,
    condition_faults,
    deposit_of,
    escalation_of,
    match_of,
    retainage_of,
    tax_of,
    term_of,
)
from tracker2invoice.config.due import early_payment_faults, installment_faults
from tracker2invoice.config.parties import AddressSettings, ClientSettings, PartySettings, SupplierSettings
from tracker2invoice.config.terms import TermSettings
from tracker2invoice.mapping.allocate import as_of, contract_sum, counts, exact_share, shares
from tracker2invoice.mapping.match import Milestones
from tracker2invoice.model.contract import Acceptance, Address, Brake, ByComment, ByLabel, Contract, Limit, Party, Payer
from tracker2invoice.model.due import DueRule, EarlyPayment, Installment
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match
from tracker2invoice.settings import BrakeSettings, ContractSettings, DueSettings, InstallmentSettings

Fault = tuple[str, str]


def supplier_of(settings: SupplierSettings) -> Party:
    """Return who writes the invoices."""
    return dataclasses.replace(
        _party("supplier", settings),
        iban=settings.iban or "",
        bic=settings.bic or "",
        notes=dict(settings.notes),
        tax_currency=settings.tax_currency or "",
    )


def client_of(name: str, settings: ClientSettings) -> Party:
    """Return who is invoiced, under the name of the section."""
    return dataclasses.replace(
        _party(name, settings),
        remote=dict(settings.remote),
        buyer_reference=settings.buyer_reference or "",
        languages=settings.language,
    )


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


def contract_of(settings: ContractSettings, clients: Mapping[str, Party], supplier: Party, timezone: str) -> Contract:
    """Return the contract; `timezone` is used unless it has its own."""
    currency = settings.currency
    return Contract(
        id=settings.id,
        client=clients[settings.client],
        supplier=supplier,
        projects=settings.projects,
        start=settings.start,
        timezone=settings.timezone or timezone,
        price=Money(settings.price, currency),
        terms=tuple(term_of(term, currency) for term in settings.terms),
        tax=tax_of(settings.tax),
        due=due_of(settings.due),
        outputs=settings.outputs,
        acceptance=_acceptance(settings.accept),
        title=settings.title,
        order_reference=settings.order_reference,
        note=settings.note,
        brake=_contract_brake(settings),
        change_orders=tuple(change_order_of(one, currency) for one in settings.change_orders),
        escalations=tuple(map(escalation_of, settings.escalations)),
        discount=settings.discount or Fraction(0),
        deposit=None if settings.deposit is None else deposit_of(settings.deposit, currency),
        retainage=None if settings.retainage is None else retainage_of(settings.retainage),
        minimum=None if settings.minimum is None else Money(settings.minimum, currency),
        early_payment=_early_payment(settings),
        installments=_installments(settings),
        late_fee=settings.late_fee,
        delivery=settings.delivery,
        payers=tuple(Payer(clients[payer.client], payer.percent) for payer in settings.payers),
        invoice_per=settings.invoice_per,
        cancelled=settings.cancelled,
        reopened=settings.reopened,
        rounding=settings.rounding,
        tax_rounding=settings.tax_rounding,
        prices_include_tax=settings.prices_include_tax,
        early_payment_tax=settings.early_payment_tax,
        invoice_type=settings.invoice_type,
        contract_reference=settings.contract_reference,
    )


def digest(contracts: Iterable[Contract]) -> str:
    """Return the hexadecimal SHA-256 of all that the contracts say, wherever in the files they stand."""
    content = [dataclasses.asdict(contract) for contract in sorted(contracts, key=lambda one: one.id)]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def unbilled(contract: Contract) -> Money:
    """Return the part of the contract sum that no term bills; shares that make the whole leave nothing."""
    return Money.rounded(Fraction(contract_sum(contract).amount) - _agreed(contract), contract.currency)


def faults(settings: ContractSettings) -> Iterator[Fault]:
    """Yield what is wrong between the settings of one contract, each of which is right by itself."""
    yield from _repeated("projects", settings.projects, "is named twice; remove one")
    yield from _repeated("outputs", settings.outputs, "is named twice; remove one")
    yield from _repeated("terms", (term.id for term in settings.terms), "is the id of two terms; rename one")
    yield from early_payment_faults(due_of(settings.due), _early_payment(settings))
    if settings.early_payment_tax == "excluded" and not settings.early_payment:
        yield "early_payment_tax", "is for a discount for paying early; write early_payment too, or remove it"
    yield from installment_faults(due_of(settings.due), _installments(settings), _early_payment(settings))
    yield from condition_faults(settings)
    yield from _more_than_the_price(settings)
    for one, other in combinations(settings.terms, 2):
        if _collide(one, other):
            yield (
                f"terms.{other.id}.milestone",
                f"term '{one.id}' is triggered by the same milestone; {_WAYS_OUT}",
            )


def faults_between(one: ContractSettings, other: ContractSettings) -> Iterator[Fault]:
    """Yield the terms of `other` that a milestone of a common project triggers together with a term of `one`.

    A contract that was cancelled before the other starts leaves its milestones to that one.
    """
    if _ended_before(one, other) or _ended_before(other, one):
        return
    for first in one.terms:
        for second in other.terms:
            if _collide(first, second):
                owner = f"term '{first.id}' of contract '{one.id}'"
                yield (
                    f"terms.{second.id}.milestone",
                    f"{owner} is triggered by the same milestone; {_WAYS_OUT}",
                )


def _ended_before(one: ContractSettings, other: ContractSettings) -> bool:
    return one.cancelled is not None and one.cancelled < other.start


_WAYS_OUT = "change one, or write shares_milestone = true in both"


def certainly_same(one: Match, other: Match) -> bool:
    """Whether some milestone surely matches both: equal patterns, or the title of one fits the other."""
    if one.of or other.of:
        return any(certainly_same(first, second) for first in one.of or (one,) for second in other.of or (other,))
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
    on_purpose = (one.shares_milestone and other.shares_milestone) or one.every or other.every
    if on_purpose or one.cancelled or other.cancelled or one.milestone is None or other.milestone is None:
        return False
    return certainly_same(match_of(one.milestone), match_of(other.milestone))


def _repeated(key: str, values: Iterable[str], sentence: str) -> Iterator[Fault]:
    for value, count in Counter(values).items():
        if count > 1:
            yield key, f"'{value}' {sentence}"


def _more_than_the_price(settings: ContractSettings) -> Iterator[Fault]:
    percent = sum((term.percent for term in settings.terms if term.percent and not term.cancelled), Fraction(0))
    if percent > 100:
        yield "terms", "the percentages make more than 100; lower one"
        return
    nobody = Party("", "")
    contract = contract_of(settings, dict.fromkeys(settings.clients, nobody), nobody, "UTC")
    days = dict.fromkeys([settings.start, *sorted(order.effective for order in contract.change_orders)])
    for agreed in (as_of(contract, day) for day in days):
        if _agreed(agreed) > contract_sum(agreed).amount:
            since = f" from {agreed.change_orders[-1].effective} on" if agreed.change_orders else ""
            yield "terms", f"the terms make more than the price{since}; lower one, or raise the price"
            return
        if agreed.rounding == "last" and _rounded(agreed) > contract_sum(agreed).amount:
            yield "rounding", 'nothing is left for the last term; write rounding = "largest remainder"'
            return


def _agreed(contract: Contract) -> Fraction:
    """Return the exact sum of all terms that count, before anything is rounded."""
    return sum((exact_share(contract, term) for term in contract.terms if counts(term)), Fraction(0))


def _rounded(contract: Contract) -> Decimal:
    values = shares(contract, {})
    return sum((values[term.id].amount for term in contract.terms if counts(term)), Decimal(0))


def _installments(settings: ContractSettings) -> tuple[Installment, ...]:
    return tuple(_installment(one, settings.currency) for one in settings.installments)


def _installment(settings: InstallmentSettings, currency: str) -> Installment:
    fixed = None if settings.amount is None else Money(settings.amount, currency)
    return Installment(due_of(settings.due), settings.percent, settings.percent_of_rest, fixed)


def _acceptance(settings: AcceptSettings) -> Acceptance:
    return Acceptance(
        all_issues_closed=settings.all_issues_closed,
        after=settings.after or timedelta(0),
        issues_closed=settings.issues_closed,
        label=None if settings.label is None else ByLabel(settings.label.name, settings.label.by or ()),
        comment=None if settings.comment is None else ByComment(settings.comment.text, settings.comment.by),
        approvals=settings.approvals or 0,
        by=settings.by,
    )


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
        legal_id=settings.legal_id,
        identifier=settings.identifier,
        endpoint=settings.endpoint,
        contact=settings.contact or "",
    )
