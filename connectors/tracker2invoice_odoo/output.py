"""The Odoo output: look up by reference, create, attach, read back, withdraw; clients.

It never sends a write twice by itself and never changes what exists. Odoo knows no idempotency keys.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from tracker2invoice.documents.annex import annex_name
from tracker2invoice.errors import BadAnswer, NotThere, Rejected, Unclear
from tracker2invoice.finding import Trust, marked
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Capabilities, Context, Document, Finding, RemoteClient
from tracker2invoice.refusals import RESTORE_CLIENT, client_missing, explained
from tracker2invoice.rest import FixedHeaders, Session
from tracker2invoice.wire import read_json
from tracker2invoice_odoo import CAPABILITIES, OdooSettings
from tracker2invoice_odoo.answers import INVOICE, MOVES, PARTNERS, RECORDS, Move
from tracker2invoice_odoo.calls import Calls
from tracker2invoice_odoo.checks import currency_step, findings, named_by
from tracker2invoice_odoo.json2 import Json2
from tracker2invoice_odoo.lookup import FIELDS, PARTNER_FIELDS, Lookup
from tracker2invoice_odoo.partners import known_by, partner_values
from tracker2invoice_odoo.payload import annex_values, move_type, partner_id, to_values
from tracker2invoice_odoo.xmlrpc import MEDIA, XmlRpc

_MOVES = "account.move"


def connect(settings: OdooSettings, context: Context) -> OdooOutput:
    """Return the output; nothing is sent before it is used.

    Raises:
        SecretMissing: there is no key.
    """
    key, name = settings.key.reveal(), context.name
    company = {"allowed_company_ids": [int(settings.company)]}
    if settings.login:
        session = Session(name, settings.url, context.clock, media=MEDIA)
        return OdooOutput(settings, context, XmlRpc(session, name, settings.database, settings.login, key, company))
    session = Session(
        name,
        settings.url,
        context.clock,
        authorisation=FixedHeaders({"Authorization": f"bearer {key}"}),
        headers={"X-Odoo-Database": settings.database},
    )
    return OdooOutput(settings, context, Json2(session, company))


class OdooOutput:
    """An `Output` on one company of an Odoo database."""

    def __init__(self, settings: OdooSettings, context: Context, calls: Calls) -> None:
        self.capabilities: Capabilities = replace(
            CAPABILITIES, attachments=settings.attach_annex, creates_clients=settings.create_missing
        )
        self._settings, self._name, self._calls = settings, context.name, calls
        self._lookup, self._trust = Lookup(calls, context.name), Trust(context.clock)
        self._app_url = settings.url.rstrip("/")

    def check(self, contracts: Sequence[Contract]) -> Iterator[Finding]:
        """Look at the company, what its user may see, and each client, currency, account and tax that is needed."""
        return findings(self._lookup, self._name, self._settings, contracts)

    def prepare(self, draft: Draft) -> bytes:
        """Return the values of the new record; `create` puts ids for the currency and for what is credited."""
        return to_values(self._name, self._settings, draft)

    def find(self, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
        """Search by all references at once in every state; a deleted draft leaves no trace in Odoo."""
        found = self._lookup.with_references((draft.reference, *others), move_type(draft))
        documents = ((move, self._document(move)) for move in found)
        return tuple(one for move, document in documents for one in marked(document, move.carries, draft, others))

    def create(self, draft: Draft, payload: bytes, key: str) -> Document:  # noqa: ARG002 (it knows no keys)
        """Create the invoice or the credit note as a draft, its lines with it."""
        self._check_partner(partner_id(self._name, draft))
        values = cast("dict[str, object]", read_json(payload))
        values |= {"currency_id": self._currency_id(draft.currency), **self._credited(draft)}
        try:
            data = self._created(_MOVES, values, FIELDS)
        except Rejected as error:
            raise explained(error, named_by(draft, self._lookup, self._name, self._settings)) from None
        return self._confirmed(draft, data)

    def finish(self, draft: Draft, receipt: Receipt) -> None:
        """Attach what was delivered, unless a file of that name is there: Odoo takes any number of them."""
        name, move_id = annex_name(draft), int(receipt.remote_id)
        if not self._lookup.is_attached(name, _MOVES, move_id):
            self._created("ir.attachment", annex_values(draft, _MOVES, move_id), ("name",))

    def read_back(self, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:  # noqa: ARG002
        """Read all the documents by id, so many a request: a list of what was changed leaves out what was deleted."""
        found = {str(move.id): move for move in self._lookup.with_ids([int(one.remote_id) for one in receipts])}
        for receipt in receipts:
            move = found.get(receipt.remote_id)
            yield self._document(move) if move else Document(replace(receipt, state="deleted"), None, None, None)

    def withdraw(self, receipt: Receipt) -> None:
        """Delete the draft, of which nothing is left."""
        move = next(self._lookup.with_ids([int(receipt.remote_id)]), None)
        if move is None or move.state == "cancel":
            return
        if move.state != "draft" or move.posted_before:
            raise Rejected(self._name, "the document was posted, and is no draft that nobody has sent")
        try:
            self._calls.unlink(_MOVES, move.id)
        except NotThere:
            return

    def clients(self, party: Party) -> Iterator[RemoteClient]:
        """Search the contacts, those of companies too, by all that they may be known by at once."""
        if domain := known_by(party):
            yield from (one.to_client(self._app_url) for one in self._lookup.partners(domain))

    def create_client(self, party: Party, currency: str) -> RemoteClient:  # noqa: ARG002
        """Create a company among the contacts, which all companies of the database share."""
        data = self._created("res.partner", partner_values(party, self._country_id(party)), PARTNER_FIELDS)
        try:
            (partner,) = self._lookup.understood(PARTNERS, data)
        except (BadAnswer, ValueError):
            raise Unclear(self._name, "the answer to a new contact cannot be read") from None
        return partner.to_client(self._app_url)

    def close(self) -> None:
        """Let go of the connection."""
        self._calls.close()

    def _created(self, model: str, values: Mapping[str, object], fields: Sequence[str]) -> object:
        try:
            return self._calls.create(model, values, fields)
        except NotThere as error:
            # what the values name: an account, a tax, a document
            raise Rejected(self._name, error.detail) from None

    def _country_id(self, party: Party) -> int | None:
        if party.address is None:
            return None
        code = party.address.country
        found = self._lookup.read(RECORDS, "res.country", [["code", "=", code]], ("id",))
        if not found:
            raise Rejected(self._name, f"client {party.id} cannot be created: country {code} is not there")
        return found[0].id

    def _check_partner(self, pinned: int) -> None:
        """Never invoice another client, or one that is archived or blocked: Odoo itself takes those. Good for a minute.

        Raises:
            Rejected: the client is not there, archived or blocked.
            AccessDenied, TryLater: it could not be looked up.
        """
        if self._trust.holds(pinned):
            return
        partner = self._lookup.partner(pinned)
        if partner is None:
            raise client_missing(self._name, str(pinned))
        if not partner.active:
            raise Rejected(self._name, f"client {pinned} is archived: {RESTORE_CLIENT}")
        if self._settings.login and self._lookup.is_blocked(pinned):
            raise Rejected(self._name, f"client {pinned} is blocked for invoices: unblock it there")
        self._trust.give(pinned)

    def _currency_id(self, code: str) -> int:
        currency = self._lookup.currency(code)
        if currency is None:
            raise Rejected(self._name, f"currency {code} is not active there: {currency_step(code)}")
        return currency.id

    def _credited(self, draft: Draft) -> dict[str, object]:
        """Name the one invoice that a credit note takes back: Odoo matches the two when the note is posted."""
        if not draft.is_credit_note or len(draft.preceding) != 1:
            return {}
        found = self._lookup.with_references((draft.preceding[0].reference,), INVOICE)
        return {"reversed_entry_id": found[0].id} if len(found) == 1 else {}

    def _document(self, move: Move) -> Document:
        return move.to_document(self._app_url, self._lookup.code(move.currency_id))

    def _confirmed(self, draft: Draft, data: object) -> Document:
        try:
            (move,) = self._lookup.understood(MOVES, data)
            document = self._document(move)
        except (BadAnswer, ValueError):
            raise Unclear(self._name, "the answer to a new document cannot be read") from None
        if not move.carries(draft.reference):
            raise Unclear(self._name, "the answer to a new document is about something else")
        return document
