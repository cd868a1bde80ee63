"""The books of the outputs against the ledger, to the cent, and both against what people know of the milestones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tests.year.agreed import CURRENCY, gross
from tests.year.simulation import Year

from tracker2invoice.ledger.verify import verify
from tracker2invoice.model.claim import Claim, Delivery
from tracker2invoice.testing.twins import Booked

Books = Mapping[str, Mapping[str, list[Booked]]]
"""Every document, by output and reference."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong, in words; all empty is right."""

    duplicates: tuple[str, ...]
    losses: tuple[str, ...]
    wrong: tuple[str, ...]
    other: tuple[str, ...]
    documents: Mapping[str, int]

    @property
    def all(self) -> tuple[str, ...]:
        """Everything that is wrong."""
        return (*self.duplicates, *self.losses, *self.wrong, *self.other)


def audit(year: Year) -> Findings:
    """Compare everything at the end of a year that has settled."""
    books = _books(year)
    with year.house() as house:
        claims, faults = house.ledger.claims(), verify(house.ledger)
    return Findings(
        duplicates=tuple(_duplicates(books)),
        losses=(*_losses(year, books, claims), *_unlisted(year), *_unclaimed(year, books, claims)),
        wrong=(*year.complaints, *_wrong_amounts(year, books), *_wrong_sums(year, books, claims)),
        other=(*map(str, faults), *_leftovers(year), *_unsettled(year, claims)),
        documents={output: sum(map(len, found.values())) for output, found in books.items()},
    )


def _books(year: Year) -> Books:
    books: dict[str, dict[str, list[Booked]]] = {}
    for output, twin in year.far.outputs.items():
        found: defaultdict[str, list[Booked]] = defaultdict(list)
        for document in twin.documents():
            found[document.reference].append(document)
        books[output] = dict(found)
    return books


def _duplicates(books: Books) -> Iterator[str]:
    for output, found in books.items():
        yield from (f"{output}: {len(same)} documents {ref}" for ref, same in found.items() if len(same) > 1)


def _losses(year: Year, books: Books, claims: tuple[Claim, ...]) -> Iterator[str]:
    """Name every term whose milestone is closed and that is not in all its books."""
    billed = {(claim.contract, claim.term): claim for claim in claims}
    for contract, site in zip(year.contracts, year.sites, strict=True):
        for term, work in zip(contract.terms, site.works, strict=True):
            claim = billed.get((contract.id, term.id))
            if claim is None and work.due:
                yield f"{contract.id} {term.id}: closed and not billed"
            for delivery in claim.deliveries if claim else ():
                if not _is_there(year, books, delivery) and (work.due or delivery.state == "delivered"):
                    yield f"{contract.id} {term.id}: not in {delivery.output}: {delivery.state} {delivery.reason}"


def _is_there(year: Year, books: Books, delivery: Delivery) -> bool:
    """Say whether the document stands in the books, or a person has taken it away."""
    taken = year.touched.get((delivery.output, delivery.reference)) in ("void", "deleted")
    return taken or any(map(_is_live, books[delivery.output].get(delivery.reference, ())))


def _is_live(document: Booked) -> bool:
    return document.state not in ("void", "deleted")


def _unlisted(year: Year) -> Iterator[str]:
    """Name every closed milestone that the last plan does not mention."""
    assert year.report
    milestones = [action.milestone for action in year.report.plan.actions if action.milestone]
    listed = {(one.tracker, one.project_id, one.number) for one in milestones}
    for site in year.sites:
        for work in site.works:
            key = (site.tracker, site.project_id, work.number)
            if work.there and work.closed and key not in listed:
                yield f"{key}: closed, and the plan does not list it"


def _unclaimed(year: Year, books: Books, claims: tuple[Claim, ...]) -> Iterator[str]:
    """Name every document that the ledger does not know.

    It may forget one by a restore if the milestone does not call for it any more.
    """
    claimed = {claim.reference for claim in claims}
    due = {
        (contract.id, term.id)
        for contract, site in zip(year.contracts, year.sites, strict=True)
        for term, work in zip(contract.terms, site.works, strict=True)
        if work.due
    }
    for output, found in books.items():
        for reference in found.keys() - claimed:
            if reference not in year.terms or year.terms[reference] in due:
                yield f"{output}: {reference} stands there, and the ledger does not know it"


def _wrong_amounts(year: Year, books: Books) -> Iterator[str]:
    for output, found in books.items():
        client = year.far.outputs[output].client
        for document in (one for same in found.values() for one in same):
            right = document.net in year.amounts.get(document.reference, ()) and document.gross == gross(document.net)
            if not right or (document.currency, document.client) != (CURRENCY, client):
                yield f"{output}: {document}"


def _wrong_sums(year: Year, books: Books, claims: tuple[Claim, ...]) -> Iterator[str]:
    """Name each contract and output whose live documents do not add up to the claims."""
    there: Counter[tuple[str, str]] = Counter()
    claimed: Counter[tuple[str, str]] = Counter()
    for claim in claims:
        for delivery in claim.deliveries:
            live = [one for one in books[delivery.output].get(claim.reference, ()) if _is_live(one)]
            # by a restore across a change order a claim may differ from its document; a person has accepted that
            if delivery.state == "delivered" and live and len(year.amounts[claim.reference]) == 1:
                claimed[claim.contract, delivery.output] += _cents(claim.amount.amount)
            if len(year.amounts[claim.reference]) == 1:
                there[claim.contract, delivery.output] += sum(_cents(one.net) for one in live)
    for key in there.keys() | claimed.keys():
        if there[key] != claimed[key]:
            yield f"{key}: {there[key]} cents in the books, {claimed[key]} claimed"


def _cents(amount: Decimal) -> int:
    return int(amount * 100)


def _leftovers(year: Year) -> Iterator[str]:
    for output, twin in year.far.outputs.items():
        yield from (f"{output}: left behind: {name}" for name in twin.leftovers())


def _unsettled(year: Year, claims: tuple[Claim, ...]) -> Iterator[str]:
    """Name what still waits although everything works and nobody holds anything."""
    assert year.report
    yield from (f"trouble: {one.subject}: {one.error}" for one in year.report.troubles)
    yield from (f"still to do: {one}" for one in year.report.plan.actions if one.kind != "none")
    for claim in claims:
        for delivery in claim.deliveries:
            withdrawn = delivery.reason == "reopened"
            if delivery.state not in ("delivered", "gone") and not withdrawn:
                yield f"{claim.reference}: {delivery.output} is {delivery.state} {delivery.reason}"
