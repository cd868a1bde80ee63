"""Invoices, credits and clients as Invoice Ninja shows them. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from tracker2invoice.errors import AccessDenied, BadAnswer, NotThere
from tracker2invoice.rest import Session
from tracker2invoice_invoiceninja.answers import Client, Invoice, Listed, OneClient, OneInvoice, Page
from tracker2invoice_invoiceninja.kinds import INVOICES, Kind

_PAGE_SIZE = 100
_MOST_PAGES = 1000
_OURS = "T2I-"
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
        self._pages_of_ours: dict[str, int] = {}

    def carrying(self, kind: Kind, references: Sequence[str]) -> tuple[Invoice, ...]:
        """Return the invoices or credits in every state with one of the references; what only resembles it is left out.

        `filter` looks into the number and the custom values: a deleted invoice has another number than before. It takes
        one text. For several references all documents of ours are read, as long as they are on no more pages.
        """
        several = len(references) > 1 and len(references) >= self._pages_of_ours.get(kind.path, 0)
        found = self._ours(kind, len(references)) if several else None
        if found is None:
            searched = (self.documents(kind, {"filter": one}) for one in references)
            found = tuple({item.id: item for items in searched for item in items}.values())
        return tuple(item for item in found if any(map(item.carries, references)))

    def documents(self, kind: Kind, asked: Mapping[str, str]) -> tuple[Invoice, ...]:
        """Return the invoices or credits in every state that match the filters, all pages."""
        return self._all(Page[Invoice], kind.path, _of_kind(kind, asked))

    def document(self, kind: Kind, remote_id: str) -> Invoice | None:
        """Return the invoice or credit with that id, deleted or not; None if nothing of it is left."""
        data = self._by_id(f"/{kind.path}", kind.own_id(remote_id), {"include": kind.include})
        return None if data is None else self._understood(OneInvoice, data).data

    def has_ours(self) -> bool:
        """Say whether there is any invoice with a reference of ours: then this is the company that we bill in."""
        return bool(self._page(Page[Invoice], INVOICES.path, _of_kind(INVOICES, {"filter": _OURS}), 1).data)

    def clients(self, text: str) -> tuple[Client, ...]:
        """Return the clients with the text in their names, numbers or contacts, archived and deleted ones too."""
        return self._all(Page[Client], "clients", {"filter": text})

    def client(self, remote_id: str) -> Client | None:
        """Return the client with exactly that id, deleted or not; None if nothing of it is left.

        Ids are those of the whole server (app/Models/BaseModel.php, resolveRouteBinding).
        """
        try:
            data = self._by_id("/clients", remote_id, {})
        except AccessDenied as error:
            if not error.detail.startswith("HTTP 401"):
                raise
            words = f"the token is for another company than that of client {remote_id}, or may not view it"
            raise AccessDenied(self._name, f"{words} ({error.detail})") from None
        client = None if data is None else self._understood(OneClient, data).data
        return client if client and client.id == remote_id else None

    def _ours(self, kind: Kind, most_pages: int) -> tuple[Invoice, ...] | None:
        """Return all documents with any reference of ours; None if they are on more pages than that."""
        asked = _of_kind(kind, {"filter": _OURS})
        first = self._page(Page[Invoice], kind.path, asked, 1)
        self._pages_of_ours[kind.path] = first.meta.pagination.total_pages
        if first.meta.pagination.total_pages > most_pages:
            return None
        return self._all(Page[Invoice], kind.path, asked, first)

    def _all(
        self, model: type[Page[Listed]], path: str, asked: Mapping[str, str], first: Page[Listed] | None = None
    ) -> tuple[Listed, ...]:
        found: dict[str, Listed] = {}
        for page in range(1, _MOST_PAGES + 1):
            answer = first if first and page == 1 else self._page(model, path, asked, page)
            found |= {item.id: item for item in answer.data}
            if page >= answer.meta.pagination.total_pages:
                return tuple(found.values())
        raise BadAnswer(self._name, f"the list of {path} has more than {_MOST_PAGES} pages")

    def _page(self, model: type[Page[Listed]], path: str, asked: Mapping[str, str], page: int) -> Page[Listed]:
        params = {**asked, **_EVERY_STATE, "page": str(page)}
        return self._understood(model, self._session.read(f"/{path}", params).data)

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


def _of_kind(kind: Kind, asked: Mapping[str, str]) -> Mapping[str, str]:
    return {**asked, "client_status": "all", "include": kind.include}
