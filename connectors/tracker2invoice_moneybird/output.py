"""The Moneybird output: look up by reference, create, read back, withdraw.

It never sends a write twice by itself and never changes what exists. Moneybird knows no idempotency keys.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from pydantic import ValidationError

from tracker2invoice.errors import NotThere, Rejected, Unclear, Unsupported
from tracker2invoice.finding import one_by_one
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Capabilities, Context, Document, Finding, RemoteClient
from tracker2invoice.rest import FixedHeaders, Session
from tracker2invoice_moneybird import CAPABILITIES, MoneybirdSettings
from tracker2invoice_moneybird.answers import Invoice, error_words
from tracker2invoice_moneybird.checks import findings
from tracker2invoice_moneybird.kinds import is_credit, own_id
from tracker2invoice_moneybird.lookup import Lookup
from tracker2invoice_moneybird.payload import contact_id, to_request


def connect(settings: MoneybirdSettings, context: Context) -> MoneybirdOutput:
    """Return the output; nothing is sent before it is used.

    Raises:
        SecretMissing: there is no token.
    """
    session = Session(
        context.name,
        f"{settings.url.rstrip('/')}/api/v2/{settings.administration}",
        context.clock,
        authorisation=FixedHeaders({"Authorization": f"Bearer {settings.token.reveal()}"}),
        words=error_words,
    )
    return MoneybirdOutput(settings, context.name, session)


class MoneybirdOutput:
    """An `Output` on one Moneybird administration."""

    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: MoneybirdSettings, name: str, session: Session) -> None:
        self._settings, self._name, self._session = settings, name, session
        self._lookup = Lookup(session, name)
        self._app_url = f"{settings.url.rstrip('/')}/{settings.administration}"

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Look at the administration, and at each contact, ledger account and tax rate that is needed."""
        return findings(self._session, self._name, self._settings, contracts)

    def prepare(self, draft: Draft) -> bytes:
        """Return the body of the request that creates the draft."""
        return to_request(self._name, self._settings, draft)

    def find(self, draft: Draft, rivals: Collection[str] = ()) -> Sequence[Document]:
        """Look for one reference after the other."""
        return one_by_one(self._carrying, draft, rivals)

    def _carrying(self, draft: Draft) -> Sequence[Document]:
        """Search by reference in every state and year; a deleted invoice leaves no trace in Moneybird."""
        found = self._lookup.with_references([draft.reference])
        return tuple(
            item.to_document(self._app_url, credit_note=draft.is_credit_note)
            for item in found
            if item.carries(draft.reference)
        )

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:  # noqa: ARG002 (it knows no keys)
        """Create the invoice or the credit invoice as a draft."""
        self._check_contact(contact_id(self._name, draft))
        try:
            answer = self._session.write("POST", "/sales_invoices.json", payload)
        except NotThere as error:
            # what the request names besides the contact: a tax rate, a ledger account
            raise Rejected(self._name, error.detail) from None
        return self._confirmed(draft, answer.data).to_document(self._app_url, credit_note=draft.is_credit_note)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Do nothing: everything stands on the invoice already."""

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:  # noqa: ARG002
        """Read all the invoices by id, so many a request: a list of what was changed leaves out what was deleted."""
        found = {item.id: item for item in self._lookup.with_ids([own_id(one.remote_id) for one in receipts])}
        for receipt in receipts:
            if item := found.get(own_id(receipt.remote_id)):
                yield item.to_document(self._app_url, credit_note=is_credit(receipt.remote_id))
            else:
                yield Document(replace(receipt, state="deleted"), None, None, None)

    def withdraw(self, receipt: Receipt) -> None:
        """Delete the invoice, of which nothing is left."""
        standing = next(self.read_back([receipt], None)).receipt.state
        if standing == "deleted":
            return
        if standing != "draft":
            raise Rejected(self._name, f"the invoice is {standing}, no draft any more")
        try:
            self._session.write("DELETE", f"/sales_invoices/{quote(own_id(receipt.remote_id), safe='')}.json", b"")
        except NotThere:
            return

    def clients(self, party: Party) -> Iterator[RemoteClient]:  # noqa: ARG002
        """Yield nobody."""
        yield from ()

    def create_client(self, party: Party) -> RemoteClient:  # noqa: ARG002
        """Refuse: nobody is created here."""
        raise Unsupported(self._name, "clients that are to be created")

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _check_contact(self, pinned: str) -> None:
        """Never invoice another contact, or an archived one.

        Raises:
            Rejected: the contact is not there or archived.
            AccessDenied, TryLater: it could not be looked up.
        """
        contact = self._lookup.contact(pinned)
        if contact is None:
            raise Rejected(self._name, f"contact {pinned} is not there")
        if contact.archived:
            raise Rejected(self._name, f"contact {pinned} is archived")

    def _confirmed(self, draft: Draft, data: object) -> Invoice:
        try:
            item = Invoice.model_validate(data)
        except ValidationError:
            raise Unclear(self._name, "the answer to a new invoice cannot be read") from None
        if not item.carries(draft.reference):
            raise Unclear(self._name, "the answer to a new invoice is about something else")
        return item
