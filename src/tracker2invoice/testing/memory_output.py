"""An accounting platform in memory: the twin of a real output, for tests of the engine and what surrounds it.

`MemoryBooks` is the far side. It outlives any `MemoryOutput`, so that a test can let the engine die and start
again against the same books. It does not protect the engine: without a key that it still knows, a second
`create` makes a second document, as most real platforms do. A document is made in two requests: the first one makes a
draft without an amount, which the second one completes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from tracker2invoice.errors import (
    AccessDenied,
    RateLimited,
    Rejected,
    Tracker2InvoiceError,
    Unclear,
    Unreachable,
    Unsupported,
)
from tracker2invoice.model.claim import DocumentState, Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import COMMERCIAL_INVOICE, CREDIT_NOTE, Draft
from tracker2invoice.plugins import Capabilities, Clock, Document, Finding, RemoteClient

Moment = Literal["before", "halfway", "after"]

Fault = Literal[
    "unclear before",
    "unclear halfway",
    "unclear after",
    "killed before",
    "killed halfway",
    "killed after",
    "reject",
    "rate limit",
    "unreachable",
]
"""What goes wrong with one document: before anything is committed, when the draft has no amount yet, or afterwards.

`killed` ends the process that asked: `Killed` is no `Exception`, so that nothing handles it by accident.
"""

CAPABILITIES = Capabilities(
    draft_state=True,
    key_lifetime=timedelta(minutes=6),
    settle=timedelta(seconds=60),
    unique_reference=False,
    pins_client=False,
    negative_lines=True,
    credit_notes=False,
    attachments=False,
    withdraws=True,
    numbers=True,
    finalizes=False,
)


class Killed(BaseException):
    """The process dies here."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document in the books. `at` is when it was committed; `key` the idempotency key it came with.

    Until it is `complete`, its gross is nothing.
    """

    draft: Draft
    payload: bytes
    key: str
    at: datetime
    client: str
    gross: Decimal
    receipt: Receipt
    complete: bool = False

    def to_document(self) -> Document:
        """Return what an output tells the engine about it."""
        draft, cut_short = self.draft, self.receipt.state == "draft" and not self.complete
        return Document(
            self.receipt, self.client, draft.currency, self.gross, draft.issue_date, draft.due_date, not cut_short
        )


@dataclass(slots=True)
class MemoryBooks:
    """The far side: its documents, and the switches that make it misbehave.

    `faults` are used up one by one by `create`, `find_faults` by `find`, `finish_faults` by `finish`,
    `client_faults` by `create_client`. `lag` is how long a committed document
    stays invisible to `find`. `miscalculates_by` is added to the gross of new ones. `clients` are the ids it knows
    (None: all), `known` what is known of some of them, `attached` the documents that have an annex. `accepts_us` False
    means wrong credentials.
    """

    clock: Clock
    capabilities: Capabilities = CAPABILITIES
    entries: list[Entry] = field(default_factory=list[Entry])
    faults: deque[Fault] = field(default_factory=deque[Fault])
    find_faults: deque[Fault] = field(default_factory=deque[Fault])
    client_faults: deque[Fault] = field(default_factory=deque[Fault])
    finish_faults: deque[Fault] = field(default_factory=deque[Fault])
    lag: timedelta = timedelta(0)
    miscalculates_by: Decimal = Decimal(0)
    clients: frozenset[str] | None = None
    known: list[RemoteClient] = field(default_factory=list[RemoteClient])
    attached: set[str] = field(default_factory=set[str])
    accepts_us: bool = True

    def of(self, reference: str) -> tuple[Entry, ...]:
        """Return every document with that reference, visible to `find` or not."""
        return tuple(entry for entry in self.entries if entry.draft.reference == reference)

    def mark(self, reference: str, state: DocumentState) -> None:
        """Do what a person does there: send, pay, void or delete the documents with that reference."""
        self.entries = [_in_state(one, state) if one.draft.reference == reference else one for one in self.entries]

    def pay(self, reference: str, amount: Decimal, on: date) -> None:
        """Do what a person does there: book a payment of a part of it."""
        self.entries = [
            replace(one, receipt=replace(one.receipt, paid=amount, paid_on=on))
            if one.draft.reference == reference
            else one
            for one in self.entries
        ]

    def edit(self, reference: str, *, gross: Decimal) -> None:
        """Do what a person does there: change the amount of the documents with that reference."""
        self.entries = [
            replace(one, gross=gross, complete=True) if one.draft.reference == reference else one
            for one in self.entries
        ]

    def withdraw(self, output: str, remote_id: str) -> None:
        """Delete a draft.

        Raises:
            Rejected: the document is no draft any more.
        """
        for number, entry in enumerate(self.entries):
            if entry.receipt.remote_id != remote_id:
                continue
            if entry.receipt.state not in ("draft", "deleted"):
                raise Rejected(output, f"the document is {entry.receipt.state}")
            self.entries[number] = _in_state(entry, "deleted")

    def copy(self, reference: str) -> None:
        """Do what a person does there: copy a document, reference and all."""
        entry = self.of(reference)[0]
        self.entries.append(replace(entry, key="", receipt=self._next_receipt()))

    def commit(self, payload: bytes, key: str, client: str) -> Entry:
        """Keep a draft without an amount."""
        draft, receipt = Draft.from_bytes(payload), self._next_receipt()
        self.entries.append(Entry(draft, payload, key, self.clock(), client, Decimal(0), receipt))
        return self.entries[-1]

    def complete(self, begun: Entry) -> Entry:
        """Give a draft its amount, as the payload has it, but for what the platform computes otherwise."""
        if begun.complete:
            return begun
        whole = replace(begun, gross=begun.draft.totals.gross + self.miscalculates_by, complete=True)
        self.entries[self.entries.index(begun)] = whole
        return whole

    def _next_receipt(self) -> Receipt:
        number = len(self.entries) + 1
        return Receipt(f"doc-{number}", f"INV-{number:04}", f"https://books.example/documents/{number}", "draft")


def _moment(fault: Fault) -> Moment:
    if fault.endswith("halfway"):
        return "halfway"
    return "after" if fault.endswith("after") else "before"


def _in_state(entry: Entry, state: DocumentState) -> Entry:
    paid = entry.gross if state == "paid" else entry.receipt.paid
    return replace(entry, receipt=replace(entry.receipt, state=state, paid=paid))


class MemoryOutput:
    """An `Output` on `MemoryBooks`; `name` is its configured name."""

    def __init__(self, name: str, books: MemoryBooks) -> None:
        self.name, self.books = name, books
        self.capabilities = books.capabilities

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Say whether the credentials work and which clients are missing."""
        yield Finding(
            self.books.accepts_us,
            f"{self.name}: credentials",
            "" if self.books.accepts_us else "replace them",
        )
        for client in {one.id: one for contract in contracts for one in contract.clients}.values():
            known = self._knows(self._client(client.remote))
            yield Finding(known, f"{self.name}: client {client.id}", "" if known else "create the client there")

    def prepare(self, draft: Draft) -> bytes:
        """Return the draft's canonical bytes."""
        kinds = {COMMERCIAL_INVOICE, *([CREDIT_NOTE] if self.capabilities.credit_notes else [])}
        if draft.type_code not in kinds:
            raise Unsupported(self.name, f"type code {draft.type_code}")
        if any(row.net < 0 for row in draft.rows) and not self.capabilities.negative_lines:
            raise Unsupported(self.name, "negative lines")
        return draft.to_bytes()

    def find(self, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
        """Return the documents with the references that are visible by now."""
        self._enter()
        self._fail(self.books.find_faults, "before")
        own = tuple(entry.to_document() for entry in self._visible(draft.reference))
        return own + tuple(replace(entry.to_document(), other=one) for one in others for entry in self._visible(one))

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:
        """Keep the document, or do what the next fault says."""
        self._enter()
        client = self._client(draft.client.remote)
        if not self._knows(client):
            raise Rejected(self.name, f"client {client} is not there")
        self._fail(self.books.faults, "before")
        begun = self._begun(draft) or self._replayed(payload, key) or self._committed(draft, payload, key, client)
        self._fail(self.books.faults, "halfway")
        entry = self.books.complete(begun)
        self._fail(self.books.faults, "after")
        return entry.to_document()

    def finish(self, draft: Draft, receipt: Receipt) -> None:  # noqa: ARG002
        """Keep in mind that the document has its annex, or do what the next fault says."""
        self._enter()
        self._fail(self.books.finish_faults, "before")
        self.books.attached.add(receipt.remote_id)
        self._fail(self.books.finish_faults, "after")

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:  # noqa: ARG002
        """Yield each document as it stands; these books do not tell when something was changed."""
        self._enter()
        known = {entry.receipt.remote_id: entry for entry in self.books.entries}
        for receipt in receipts:
            entry = known.get(receipt.remote_id)
            yield entry.to_document() if entry else Document(replace(receipt, state="deleted"), None, None, None)

    def withdraw(self, receipt: Receipt) -> None:
        """Delete a draft, or do what the next fault says."""
        self._enter()
        self._fail(self.books.faults, "before")
        self.books.withdraw(self.name, receipt.remote_id)
        self._fail(self.books.faults, "after")

    def clients(self, party: Party) -> Iterator[RemoteClient]:
        """Yield the known clients with that VAT id, e-mail address or name."""
        self._enter()
        marks = {party.vat_id, party.email, party.name} - {""}
        yield from (one for one in self.books.known if marks & {one.vat_id, one.email, one.name})

    def create_client(self, party: Party, currency: str) -> RemoteClient:  # noqa: ARG002
        """Keep the client, or do what the next fault says."""
        self._enter()
        self._fail(self.books.client_faults, "before")
        one = RemoteClient(f"client-{len(self.books.known) + 1}", party.name, party.vat_id, party.email)
        self.books.known.append(one)
        self._fail(self.books.client_faults, "after")
        return one

    def close(self) -> None:
        """Do nothing: the books stay open."""

    def _enter(self) -> None:
        if not self.books.accepts_us:
            raise AccessDenied(self.name, "401")

    def _fail(self, faults: deque[Fault], moment: Moment) -> None:
        if not faults or _moment(faults[0]) != moment:
            return
        fault = faults.popleft()
        if fault.startswith("killed"):
            raise Killed(fault)
        raise self._error(fault)

    def _error(self, fault: Fault) -> Tracker2InvoiceError:
        match fault:
            case "reject":
                return Rejected(self.name, "refused by the test")
            case "rate limit":
                return RateLimited(self.name, "429", self.books.clock() + timedelta(seconds=30))
            case "unreachable":
                return Unreachable(self.name, "connection refused")
            case _:
                return Unclear(self.name, "no answer")

    def _begun(self, draft: Draft) -> Entry | None:
        found = [entry for entry in self._visible(draft.reference) if not entry.to_document().complete]
        return found[0] if found else None

    def _visible(self, reference: str) -> list[Entry]:
        latest = self.books.clock() - self.books.lag
        return [entry for entry in self.books.of(reference) if entry.at <= latest]

    def _replayed(self, payload: bytes, key: str) -> Entry | None:
        lifetime = self.capabilities.key_lifetime
        now = self.books.clock()
        known = [e for e in self.books.entries if lifetime and e.key == key and now - e.at < lifetime]
        if known and known[0].payload != payload:
            raise Rejected(self.name, "the key was used with a different request")
        return known[0] if known else None

    def _committed(self, draft: Draft, payload: bytes, key: str, client: str) -> Entry:
        if self.capabilities.unique_reference and self.books.of(draft.reference):
            raise Unclear(self.name, "the reference exists already")
        return self.books.commit(payload, key, client)

    def _client(self, remote: Mapping[str, str]) -> str:
        return remote.get(self.name, "")

    def _knows(self, client: str) -> bool:
        return self.books.clients is None or client in {*self.books.clients, *(one.id for one in self.books.known)}
