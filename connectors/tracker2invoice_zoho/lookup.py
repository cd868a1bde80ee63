"""Invoices, credit notes, contacts, items, taxes and custom fields as Zoho Books shows them. Reads only.

Source: Zoho's OpenAPI description of Books v3, invoices.yml, credit-notes.yml, contacts.yml and items.yml;
zoho.com/books/api/v3, Errors, Pagination, Taxes and Custom Fields. A list shows at most 200 entries a page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TypeVar, cast
from urllib.parse import quote

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from tracker2invoice.errors import AccessDenied, BadAnswer, NotThere
from tracker2invoice.rest import Session
from tracker2invoice_zoho import ZohoSettings
from tracker2invoice_zoho.answers import (
    NOT_OURS,
    NOT_THERE,
    Contact,
    Currency,
    Invoice,
    InvoiceField,
    Item,
    TaxRate,
    error_words,
    has_code,
    succeeded,
)
from tracker2invoice_zoho.kinds import CREDIT_NOTES, INVOICES, Kind


class _Pages(BaseModel):
    more: bool = Field(alias="has_more_page")


_PAGE_SIZE = 200
_MOST_PAGES = 20
_EVERY_STATE = {"filter_by": "Status.All", "sort_column": "created_time", "sort_order": "D"}
_FIELDS = TypeAdapter(Mapping[str, object])
_CONTEXT = TypeAdapter(tuple[_Pages, ...])
_INVOICES = TypeAdapter(tuple[Invoice, ...])
_CONTACTS = TypeAdapter(tuple[Contact, ...])
_INVOICE_FIELDS = TypeAdapter(tuple[InvoiceField, ...])
_TAXES = TypeAdapter(tuple[TaxRate, ...])
_CURRENCIES = TypeAdapter(tuple[Currency, ...])

T = TypeVar("T")
One = TypeVar("One", Invoice, Contact, Item)


class Lookup:
    """Reads one organisation; `name` is the configured name of the output, for errors.

    Everything raises AccessDenied and TryLater if it could not be read completely, and NotThere if nobody knows the
    address.
    """

    def __init__(self, session: Session, name: str, settings: ZohoSettings) -> None:
        self._session, self._name, self._settings = session, name, settings
        self._on_many_pages: set[str] = set()

    def with_references(self, kind: Kind, references: Sequence[str]) -> tuple[Invoice, ...]:
        """Return the documents of a kind with exactly one of the references, in every state, void ones too.

        As long as all documents of the kind are on one page of the list, that page tells it. After that, each reference
        is asked for.
        """
        if kind.path not in self._on_many_pages:
            documents, more = self._listed(kind, {}, 1)
            if more is False:
                return tuple(one for one in documents if any(self._carries(one, reference) for reference in references))
            self._on_many_pages.add(kind.path)
        found = (self._with_reference(kind, reference) for reference in references)
        return tuple({one.id: one for documents in found for one in documents}.values())

    def newest(
        self, kind: Kind, wanted: Collection[str], since: datetime | None = None
    ) -> tuple[dict[str, Invoice], bool]:
        """Return by its id what the list shows of the documents with these ids, and whether it shows no others.

        That takes no more pages than there are ids; with `since`, the list is of those that were modified after it.
        """
        asked = {"last_modified_time": f"{since:%Y-%m-%dT%H:%M:%S%z}"} if since else {}
        found: dict[str, Invoice] = {}
        for page in range(1, min(len(wanted), _MOST_PAGES) + 1):
            documents, more = self._listed(kind, asked, page)
            found |= {one.id: one for one in documents if one.id in wanted}
            if not more or len(found) == len(wanted):
                return found, True
        return found, not wanted

    def document(self, kind: Kind, own_id: str) -> Invoice | None:
        """Return the document of a kind with exactly that id; None if there is none."""
        return self._one(kind.path, own_id, kind.name, Invoice)

    def contact(self, remote_id: str) -> Contact | None:
        """Return the contact with exactly that id, active or not; None if there is none."""
        return self._one("contacts", remote_id, "contact", Contact)

    def contacts(self, asked: Mapping[str, str]) -> tuple[Contact, ...]:
        """Return the first customers, active or not, that match the filters."""
        params = {"contact_type": "customer", "filter_by": "Status.All", "per_page": str(_PAGE_SIZE), **asked}
        return self._understood(_CONTACTS, self._read("/contacts", params).get("contacts"))

    def item(self, remote_id: str) -> Item | None:
        """Return the item with that id; None if there is none."""
        return self._one("items", remote_id, "item", Item)

    def taxes(self) -> Mapping[str, TaxRate]:
        """Return the taxes by their ids."""
        found: dict[str, TaxRate] = {}
        for page in range(1, _MOST_PAGES + 1):
            answer = self._read("/settings/taxes", {"page": str(page), "per_page": str(_PAGE_SIZE)})
            found |= {one.id: one for one in self._understood(_TAXES, answer.get("taxes"))}
            if not self._has_more(answer):
                break
        return found

    def currency_id(self, code: str) -> str:
        """Return the id of the currency with that code (ISO 4217); empty if the organisation has none."""
        answer = self._read("/settings/currencies", {"per_page": str(_PAGE_SIZE)})
        listed = self._understood(_CURRENCIES, answer.get("currencies"))
        return next((one.id for one in listed if one.code == code), "")

    def see_credit_notes(self) -> None:
        """Ask for credit notes, to see whether they may be read."""
        self._listed(CREDIT_NOTES, {}, 1)

    def invoice_fields(self) -> tuple[InvoiceField, ...]:
        """Return the custom fields of invoices."""
        answer = self._read("/settings/fields", {"entity": "invoice", "filter_custom_fields": "true"})
        return self._understood(_INVOICE_FIELDS, answer.get("fields"))

    def _with_reference(self, kind: Kind, reference: str) -> tuple[Invoice, ...]:
        """Ask for a reference.

        A person may have put an order number in its place: so the custom field, which invoices alone have, is asked
        for, too. That filter is said to be passed over at times, and then shows the newest of all; the other one must
        not.
        """
        by_reference, more = self._listed(kind, {"reference_number": reference}, 1)
        if more:
            raise BadAnswer(self._name, "the search for a reference shows everything")
        by_field = self._listed(kind, {"custom_field": reference}, 1)[0] if kind is INVOICES else ()
        return tuple(one for one in (*by_reference, *by_field) if self._carries(one, reference))

    def _carries(self, document: Invoice, reference: str) -> bool:
        return document.carries(self._settings.reference_field, reference)

    def _listed(self, kind: Kind, asked: Mapping[str, str], page: int) -> tuple[tuple[Invoice, ...], bool | None]:
        params = {**_EVERY_STATE, **asked, "page": str(page), "per_page": str(_PAGE_SIZE)}
        answer = self._read(f"/{kind.path}", params)
        return self._understood(_INVOICES, answer.get(kind.path)), self._has_more(answer)

    def _has_more(self, answer: Mapping[str, object]) -> bool | None:
        """Say whether there are more pages; None if the answer does not."""
        if "page_context" not in answer:
            return None
        context = answer["page_context"]
        # the description has a list of one
        contexts = cast("list[object]", context) if isinstance(context, list) else [context]
        return any(one.more for one in self._understood(_CONTEXT, contexts))

    def _one(self, path: str, remote_id: str, name: str, model: type[One]) -> One | None:
        try:
            answer = self._read(f"/{path}/{quote(remote_id, safe='')}", {})
        except (NotThere, BadAnswer) as error:
            if has_code(error.detail, NOT_THERE):
                return None
            raise
        found = self._understood(TypeAdapter(model), answer.get(name))
        if found.id != remote_id:
            raise BadAnswer(self._name, f"the answer is about another {name}")
        return found

    def _read(self, path: str, params: Mapping[str, str]) -> Mapping[str, object]:
        try:
            data = self._session.read(path, {"organization_id": self._settings.organization, **params}).data
        except BadAnswer as error:
            raise self._refusal(error.detail) from None
        if not succeeded(data):
            raise self._refusal(self._session.redacted(error_words(data)) or "the answer cannot be read")
        return self._understood(_FIELDS, data)

    def _refusal(self, detail: str) -> AccessDenied | BadAnswer:
        return (AccessDenied if has_code(detail, NOT_OURS) else BadAnswer)(self._name, detail)

    def _understood(self, model: TypeAdapter[T], data: object) -> T:
        try:
            return model.validate_python(data)
        except ValidationError:
            raise BadAnswer(self._name, "an answer cannot be read") from None
