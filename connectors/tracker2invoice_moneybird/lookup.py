"""Sales invoices and contacts as Moneybird shows them. Reads only.

Source: moneybird/openapi, openapi.yml v2-20260821. A list shows this year alone unless the filter has a period, and a
draft without a date if the period contains today.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from tracker2invoice.errors import BadAnswer, NotThere
from tracker2invoice.rest import Session
from tracker2invoice_moneybird.answers import CONTACTS, INVOICES, Contact, Invoice

_PAGE_SIZE = 100
_MOST_PAGES = 100
_ALWAYS = "20000101..20991231"
_IDS_A_REQUEST = 100
_CONTACT, _INVOICE = TypeAdapter(Contact), TypeAdapter(Invoice)

T = TypeVar("T")


class Lookup:
    """Reads one administration; `name` is the configured name of the output, for errors.

    Everything raises AccessDenied and TryLater if it could not be read completely, and NotThere if the administration
    is not there.
    """

    def __init__(self, session: Session, name: str) -> None:
        self._session, self._name = session, name

    def with_references(self, references: Sequence[str]) -> Iterator[Invoice]:
        """Yield the invoices in every state and of every year with one of the references."""
        yield from self._pages({"filter": f"state:all,period:{_ALWAYS},reference:{'|'.join(references)}"})

    def with_ids(self, ids: Sequence[str]) -> Iterator[Invoice]:
        """Yield the invoices with these ids that are there, in any order."""
        for first in range(0, len(ids), _IDS_A_REQUEST):
            body = json.dumps({"ids": ids[first : first + _IDS_A_REQUEST]}).encode()
            yield from self._understood(
                INVOICES, self._session.query("/sales_invoices/synchronization.json", body).data
            )

    def invoice(self, remote_id: str) -> Invoice | None:
        """Return the invoice with that id; None if there is none."""
        try:
            answer = self._session.read(f"/sales_invoices/{quote(remote_id, safe='')}.json")
        except NotThere:
            return None
        return self._understood(_INVOICE, answer.data)

    def contact(self, remote_id: str) -> Contact | None:
        """Return the contact with exactly that id, archived or not; None if there is none."""
        path = f"/contacts/{quote(remote_id, safe='')}.json"
        try:
            answer = self._session.read(path, {"include_archived": "true"})
        except NotThere:
            return None
        contact = self._understood(_CONTACT, answer.data)
        return contact if contact.id == remote_id else None

    def contacts(self, text: str) -> tuple[Contact, ...]:
        """Return the contacts with that text in a name, address or number, archived ones too; at most a page."""
        asked = {"query": text, "include_archived": "true", "per_page": str(_PAGE_SIZE)}
        return self._understood(CONTACTS, self._session.read("/contacts.json", asked).data)

    def _pages(self, asked: Mapping[str, str]) -> Iterator[Invoice]:
        for page in range(1, _MOST_PAGES + 1):
            params = {**asked, "page": str(page), "per_page": str(_PAGE_SIZE)}
            items = self._understood(INVOICES, self._session.read("/sales_invoices.json", params).data)
            yield from items
            if len(items) < _PAGE_SIZE:
                return
        raise BadAnswer(self._name, f"the list of invoices has more than {_MOST_PAGES} pages")

    def _understood(self, model: TypeAdapter[T], data: object) -> T:
        try:
            return model.validate_python(data)
        except ValidationError:
            raise BadAnswer(self._name, "the answer about invoices or contacts cannot be read") from None
