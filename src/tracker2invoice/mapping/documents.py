"""Which bills stand on which document: one each, or together, and one for each payer."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tracker2invoice.languages.phrases import phrase
from tracker2invoice.mapping.actions import Action
from tracker2invoice.mapping.allocate import divide
from tracker2invoice.mapping.bill import ONE, Bill, Charge
from tracker2invoice.model.claim import MOST_SHARED, Claim, shared_reference
from tracker2invoice.model.contract import Payer
from tracker2invoice.model.invoice import reference
from tracker2invoice.model.money import Money


@dataclass(frozen=True, slots=True)
class Planned:
    """A document to come: its reference, and of each action of its bundle the bill, or the payer's share of it."""

    reference: str
    bills: tuple[Bill, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """Bill actions of a contract that are claimed together: the same documents bill them all."""

    actions: tuple[Action, ...]
    documents: tuple[Planned, ...]


def addressed(actions: Iterable[Action], claims: Iterable[Claim]) -> tuple[Action, ...]:
    """Return the actions with the references of the documents that each bill will stand on.

    `claims` are all that there are: the documents that are shared are numbered on from theirs.
    """
    used = {document for claim in claims for document in claim.documents}
    chosen: dict[tuple[str, str], tuple[str, ...]] = {}
    return tuple(_addressed(action, used, chosen) if action.kind == "bill" else action for action in actions)


def bundles(actions: Iterable[Action]) -> tuple[Bundle, ...]:
    """Return what the bill actions make together, in the order of the first action of each."""
    together: dict[tuple[str, ...], list[Action]] = {}
    for action in actions:
        if action.kind == "bill":
            together.setdefault(action.documents, []).append(action)
    return tuple(_bundle(tuple(group)) for group in together.values())


def _addressed(action: Action, used: Container[str], chosen: dict[tuple[str, str], tuple[str, ...]]) -> Action:
    payers = [payer.client.id for payer in action.due.contract.payers] or [""]
    # what a document deducts was billed on an earlier one, which it names
    per = "term" if action.due.term.kind == "advance" else action.due.contract.invoice_per
    if per == "term":
        return replace(action, documents=tuple(_own(action, payer) for payer in payers))
    place = (action.contract, action.closed.key if per == "milestone" else "")
    if place not in chosen:
        chosen[place] = next(names for names in _numbered(place, payers) if names[0] not in used)
    return replace(action, documents=chosen[place])


def _own(action: Action, payer: str) -> str:
    if not payer:
        return action.reference
    return reference(action.contract, action.term, action.closed.key, action.generation, payer)


def _numbered(place: tuple[str, str], payers: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for number in range(1, MOST_SHARED):
        yield tuple(shared_reference(*place, number, payer) for payer in payers)


def _bundle(actions: tuple[Action, ...]) -> Bundle:
    bills = tuple(action.due for action in actions)
    documents, payers = actions[0].documents, bills[0].contract.payers
    if not payers:
        return Bundle(actions, (Planned(documents[0], bills),))
    shares = zip(*(_shares(bill, payers) for bill in bills), strict=True)
    return Bundle(actions, tuple(Planned(name, of) for name, of in zip(documents, shares, strict=True)))


def _shares(bill: Bill, payers: tuple[Payer, ...]) -> Iterator[Bill]:
    """Yield for each payer the bill with their share of every charge, to the last unit."""
    weights = [payer.percent for payer in payers]
    divided = [divide(charge.part.amount, weights) for charge in bill.charges]
    for number, payer in enumerate(payers):
        charges = tuple(
            _share(charge, amounts[number], payer) for charge, amounts in zip(bill.charges, divided, strict=True)
        )
        yield replace(bill, contract=replace(bill.contract, client=payer.client), charges=charges)


def _share(charge: Charge, amount: Money, payer: Payer) -> Charge:
    # what was counted is nobody's share by itself: the line has the amount alone, and says of how much it is a part
    part = replace(charge.part, amount=amount, quantity=None)
    return replace(
        charge, part=part, unit_price=None, unit=ONE,
        basis=phrase("payers_share", percent=payer.percent, amount=charge.part.amount, what=charge.basis),
    )  # fmt: skip
