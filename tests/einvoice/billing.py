"""Bills contracts as a run does, without a ledger: from settings over plan, claims and documents to frozen drafts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from tests.einvoice.parties import PARTIES
from tests.unit.deals import Books, milestones

from tracker2invoice.config.agreements import contract_of, faults
from tracker2invoice.config.types import Surroundings
from tracker2invoice.mapping.actions import Action
from tracker2invoice.mapping.creditnote import write_credit_note
from tracker2invoice.mapping.documents import Planned, bundles
from tracker2invoice.mapping.draft import Position, write_draft
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.invoice import Draft, Preceding
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.rates import Published, Rates
from tracker2invoice.model.work import Work
from tracker2invoice.settings import ContractSettings
from tracker2invoice.testing.samples import sample_deliverables

_AGREED: Mapping[str, Any] = {
    "id": "acme-portal",
    "title": "Customer portal",
    "client": "DE",
    "projects": ["github:acme/portal"],
    "start": "2026-01-01",
    "currency": "EUR",
    "price": "60000.00",
    "tax": {"category": "S", "rate": "19"},
    "due": "30 days",
    "outputs": ["files"],
    "order_reference": "PO-4711",
    "terms": [
        {"id": "design", "milestone": "Design", "percent": "30"},
        {"id": "beta", "milestone": "Beta", "percent": "50"},
        {"id": "acceptance", "milestone": "Acceptance", "percent": "20"},
    ],
}

_WORTH = {
    "USD": Decimal("1.0842"),
    "GBP": Decimal("0.86083"),
    "JPY": Decimal("162.55"),
    "PLN": Decimal("4.2185"),
    "SEK": Decimal("11.168"),
}
RATES = Rates((Published("European Central Bank", "EUR", {f"2026-{month:02}": _WORTH for month in range(1, 13)}),))


@dataclass(frozen=True, slots=True)
class Scenario:
    """What was agreed, who is the supplier, which milestones were closed run after run, and the work in them by title.

    `agreed` holds the settings of a contract that differ from those of the example, `languages` are the client's.
    """

    agreed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    supplier: str = "DE"
    closed: tuple[tuple[str, ...], ...] = (("Design",),)
    work: Mapping[str, Work] = field(default_factory=dict[str, Work])
    deliverables: Sequence[str] = ("Log in", "Search")
    languages: tuple[str, ...] = ()

    @property
    def contract(self) -> Contract:
        """The contract, as the configuration makes it."""
        settings = ContractSettings.model_validate(
            {**_AGREED, **self.agreed}, context=Surroundings(currency=self.agreed.get("currency", "EUR"))
        )
        assert list(faults(settings)) == []
        clients = {name: replace(one, languages=self.languages) for name, one in PARTIES.items()}
        return contract_of(settings, clients, PARTIES[self.supplier], "Europe/Berlin")

    def drafts(self) -> tuple[Draft, ...]:
        """Return every invoice, and for each of them the credit note that takes it back."""
        books, billed = Books(self.contract), list[Draft]()
        books.rates = RATES
        titles = [title for round_ in self.closed for title in round_]
        for number in range(1, len(self.closed) + 1):
            done = [title for round_ in self.closed[:number] for title in round_]
            seen = milestones(done, [title for title in titles if title not in done])
            billed += self._run(books, seen, billed)
            books.later(40)
        return tuple(one for draft in billed for one in (draft, _taken_back(draft)))

    def _run(self, books: Books, seen: tuple[Milestone, ...], billed: Sequence[Draft]) -> list[Draft]:
        work = {one.key: self.work[one.title] for one in seen if one.title in self.work}
        made = books.run(seen, work)
        found = [(bundle.actions, document) for bundle in bundles(made.values()) for document in bundle.documents]
        return [self._draft(actions, document, books, billed) for actions, document in found]

    def _draft(self, actions: Sequence[Action], document: Planned, books: Books, billed: Sequence[Draft]) -> Draft:
        positions = [
            Position(bill, action.closed, "github:acme/portal", sample_deliverables(self.deliverables))
            for bill, action in zip(document.bills, actions, strict=True)
        ]
        drawn = any(part.kind == "drawn" for bill in document.bills for part in bill.parts)
        advances = tuple(_advances(billed)) if drawn else ()
        return write_draft(
            positions, reference=document.reference, now=books.now, preceding=advances, rates=books.rates
        )


def _advances(billed: Sequence[Draft]) -> Iterator[Preceding]:
    return (Preceding(one.reference, "", one.issue_date) for one in billed if one.exact_type_code == "386")


def _taken_back(draft: Draft) -> Draft:
    named = Preceding(draft.reference, "INV-0012", draft.issue_date)
    reference = draft.reference.replace("T2I-", "T2I-C")[:16]
    note = write_credit_note(draft, reference=reference, day=draft.issue_date, named=named, why="decided by ann")
    return replace(note, note=note.note)
