"""Which bills stand on which document: one each, or together, and one for each payer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from tracker2invoice.mapping.actions import Action
from tracker2invoice.mapping.allocate import divide
from tracker2invoice.mapping.bill import ONE, Bill, Charge
from tracker2invoice.mapping.text import percent
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


def bundles(actions: Iterable[Action]) -> tuple[Bundle, ...]:
    """Return what the bill actions make together, in the order of the first action of each."""
    together: dict[tuple[str, str], list[Action]] = {}
    for action in actions:
        if action.kind == "bill":
            together.setdefault((action.contract, _group(action)), []).append(action)
    return tuple(_bundle(tuple(group)) for group in together.values())


def documents_of(actions: Iterable[Action]) -> Mapping[str, tuple[str, ...]]:
    """Return by the reference of a bill action the references of the documents that it will be billed on."""
    return {
        action.reference: tuple(document.reference for document in bundle.documents)
        for bundle in bundles(actions)
        for action in bundle.actions
    }


def _group(action: Action) -> str:
    if action.due.term.kind == "advance":
        # what a document deducts was billed on an earlier one, which it names
        return action.reference
    match action.due.contract.invoice_per:
        case "term":
            return action.reference
        case "milestone":
            return action.closed.key
        case "run" | "month":
            return ""


def _bundle(actions: tuple[Action, ...]) -> Bundle:
    bills = tuple(action.due for action in actions)
    payers = bills[0].contract.payers
    if not payers:
        return Bundle(actions, (Planned(actions[0].reference, bills),))
    shares = [tuple(_shares(bill, payers)) for bill in bills]
    return Bundle(
        actions,
        tuple(
            Planned(_reference_for(actions[0], payer), tuple(of_bill[number] for of_bill in shares))
            for number, payer in enumerate(payers)
        ),
    )


def _reference_for(action: Action, payer: Payer) -> str:
    return reference(action.contract, action.term, action.closed.key, action.generation, payer.client.id)


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
        basis=f"{percent(payer.percent)} of {charge.part.amount}: {charge.basis}",
    )  # fmt: skip
