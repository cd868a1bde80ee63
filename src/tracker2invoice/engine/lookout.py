"""Which deliveries an output can be asked for at once, and what was found of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracker2invoice.engine.clients import pinned_draft
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.model.claim import Delivery, rivals
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Document


@dataclass(frozen=True, slots=True)
class Sought:
    """A delivery, its draft with the client's id there, and the references of what would bill the same once more."""

    delivery: Delivery
    draft: Draft
    rivals: tuple[str, ...]

    @property
    def references(self) -> tuple[str, ...]:
        """All references to look for, the draft's first."""
        return (self.draft.reference, *self.rivals)

    def goes_with(self, other: Sought, output: str) -> bool:
        """Say whether both can be looked for at once: for one client, of one kind, and not in each other's place."""
        mine, others = self.draft, other.draft
        alike = mine.client.remote.get(output) == others.client.remote.get(output)
        return alike and mine.type_code == others.type_code and not {*self.references} & {*other.references}


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a draft: its documents, and the reference of one that would bill the same, "" if none."""

    delivery: Delivery
    draft: Draft
    documents: tuple[Document, ...]
    rival: str

    @property
    def is_cut_short(self) -> bool:
        """Whether it is there, and only begun."""
        return len(self.documents) == 1 and not self.documents[0].complete


def groups(ledger: Ledger, output: str, deliveries: Sequence[Delivery], most: int) -> Iterator[tuple[Sought, ...]]:
    """Yield the deliveries in order, those that follow each other and can be looked for at once in one group.

    The drafts are read as they are needed: there may be thousands.
    """
    group: tuple[Sought, ...] = ()
    for delivery in deliveries:
        one = _sought(ledger, output, delivery)
        if group and (len(group) == most or not all(one.goes_with(other, output) for other in group)):
            yield group
            group = ()
        group = (*group, one)
    if group:
        yield group


def sorted_out(group: Sequence[Sought], documents: Sequence[Document]) -> list[Found]:
    """Return what was found of each in a group, given what a look for the first one's draft and all others found."""
    first = group[0].draft.reference
    carried = [(document.other or first, document) for document in documents]
    return [
        Found(
            one.delivery,
            one.draft,
            tuple(document for reference, document in carried if reference == one.draft.reference),
            next((reference for reference, _ in carried if reference in one.rivals), ""),
        )
        for one in group
    ]


def _sought(ledger: Ledger, output: str, delivery: Delivery) -> Sought:
    draft = pinned_draft(ledger, output, ledger.draft(delivery.reference))
    return Sought(delivery, draft, rivals(draft.reference, draft.client.id, ledger.claims_on(draft.reference)))
