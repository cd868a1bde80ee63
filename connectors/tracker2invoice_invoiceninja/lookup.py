"""Invoices, credits and clients as Invoice Ninja shows them. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from tracker2invoice.errors import BadAnswer, NotThere
from tracker2invoice.rest import Session
from tracker2invoice_invoiceninja.answers import Client, Invoice, Listed, OneClient, OneInvoice, Page
from tracker2invoice_invoiceninja.kinds import Kind

_PAGE_SIZE = 100
_MOST_PAGES = 1000
_EVERY_STATE = {
    "status": "active,archived,deleted",
    # without an order, a row may stand on two pages, and another on none
    "sort": "id|asc",
    "per_page": str(_PAGE_SIZE),
}

T = TypeVar("T", bound=BaseModel)


class Lookup:
    """Reads one company of a server; `name` is the configured name of the output, for errors.

    Everything raises AccessDenied and TryLater if it could not be read completely.
    """

    def __init__(self, session: Session, name: str) -> None:
        self._session, self._name = session, name

    def documents(self, kind: Kind, asked: Mapping[str, str]) -> tuple[Invoice, ...]:
        """Return the invoices or credits in every state that match the filters, all pages."""
        return self._all(Page[Invoice], kind.path, {**asked, "client_status": "all", "include": kind.include})

    def document(self, kind: Kind, remote_id: str) -> Invoice | None:
        """Return the invoice or credit with that id, deleted or not; None if nothing of it is left."""
        data = self._by_id(f"/{kind.path}", kind.own_id(remote_id), {"include": kind.include})
        return None if data is None else self._understood(OneInvoice, data).data

    def clients(self, text: str) -> tuple[Client, ...]:
        """Return the clients with the text in their names, numbers or contacts, archived and deleted ones too."""
        return self._all(Page[Client], "clients", {"filter": text})

    def client(self, remote_id: str) -> Client | None:
        """Return the client with exactly that id, deleted or not; None if nothing of it is left."""
        data = self._by_id("/clients", remote_id, {})
        client = None if data is None else self._understood(OneClient, data).data
        return client if client and client.id == remote_id else None

    def _all(self, model: type[Page[Listed]], path: str, asked: Mapping[str, str]) -> tuple[Listed, ...]:
        found: dict[str, Listed] = {}
        for page in range(1, _MOST_PAGES + 1):
            params = {**asked, **_EVERY_STATE, "page": str(page)}
            answer = self._understood(model, self._session.read(f"/{path}", params).data)
            found |= {item.id: item for item in answer.data}
            if page >= answer.meta.pagination.total_pages:
                return tuple(found.values())
        raise BadAnswer(self._name, f"the list of {path} has more than {_MOST_PAGES} pages")

    def _by_id(self, path: str, remote_id: str, params: Mapping[str, str]) -> object:
        try:
            return self._session.read(f"{path}/{quote(remote_id, safe='')}", params).data
        except NotThere:
            return None
        except BadAnswer as error:
            # app/Exceptions/Handler.php says 400 of what is not there
            if "No query results" in error.detail:
                return None
            raise

    def _understood(self, model: type[T], data: object) -> T:
        try:
            return model.model_validate(data)
        except ValidationError:
            raise BadAnswer(self._name, "the answer about invoices, credits or clients cannot be read") from None
