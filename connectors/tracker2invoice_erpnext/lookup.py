"""Invoices, clients, files and other records as ERPNext shows them. Reads only.

Lists come from `frappe.client.get_list` (frappe/frappe version-15, frappe/client.py): as a POST it takes long filters.
Field names are those of its forms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from tracker2invoice.errors import BadAnswer
from tracker2invoice.plugins import Document
from tracker2invoice.rest import Session
from tracker2invoice.wire import write_json
from tracker2invoice_erpnext.answers import (
    CUSTOMER_LIST,
    ENTRY_LIST,
    FILE_LIST,
    INVOICE_LIST,
    INVOICES,
    REFERENCE,
    Customer,
    Entry,
    File,
    Invoice,
    Meta,
    ReferenceField,
)

_NAMES_A_REQUEST = 500

T = TypeVar("T")


class Lookup:
    """Reads what the session's user may see; `name` is the configured name of the output, for errors.

    `app_url` is where people open ERPNext. Everything raises AccessDenied, NotThere and TryLater if it could not be
    read completely.
    """

    def __init__(self, session: Session, name: str, app_url: str) -> None:
        self._session, self._name, self._app_url = session, name, app_url

    def with_references(self, references: Sequence[str]) -> tuple[Invoice, ...]:
        """Return the documents with exactly these references, whatever their state.

        The database takes them for those in small letters, too.
        """
        found = self._invoices([REFERENCE, "in", list(references)])
        return tuple(one for one in found if one.t2i_ref in references)

    def with_names(self, names: Sequence[str]) -> Iterator[Invoice]:
        """Yield the documents with these names that are there, in any order."""
        for first in range(0, len(names), _NAMES_A_REQUEST):
            yield from self._invoices(["name", "in", list(names[first : first + _NAMES_A_REQUEST])])

    def documents(self, invoices: Sequence[Invoice]) -> Iterator[Document]:
        """Yield what the engine compares, with what the invoices were settled with."""
        names = [one.name for one in invoices if one.docstatus == 1 and not one.is_return]
        entries = self._entries(names) if names else ()
        for one in invoices:
            yield one.to_document(self._app_url, entries)

    def customer(self, name: str) -> Customer | None:
        """Return the client with exactly that name, which the database does not tell from one in capitals."""
        found = self.read(CUSTOMER_LIST, "Customer", [["name", "=", name]], tuple(Customer.model_fields))
        return next((one for one in found if one.name == name), None)

    def customers(self, conditions: Sequence[object]) -> tuple[Customer, ...]:
        """Return the clients for whom any of the conditions holds, disabled ones too."""
        return self.read(CUSTOMER_LIST, "Customer", [], tuple(Customer.model_fields), any_of=conditions)

    def files(self, name: str) -> tuple[File, ...]:
        """Return the files that are attached to a document."""
        filters = [["attached_to_doctype", "=", INVOICES], ["attached_to_name", "=", name]]
        return self.read(FILE_LIST, "File", filters, tuple(File.model_fields))

    def reference_field(self) -> ReferenceField | None:
        """Return the field of the reference; None if there is none."""
        answer = self._session.read("/api/v2/doctype/Sales%20Invoice/meta")
        try:
            fields = Meta.model_validate(answer.data).data.fields
        except ValidationError:
            raise BadAnswer(self._name, "the fields of an invoice cannot be read") from None
        return next((one for one in fields if one.fieldname == REFERENCE), None)

    def read(
        self,
        adapter: TypeAdapter[T],
        doctype: str,
        filters: Sequence[object],
        fields: Sequence[str],
        parent: str = "",
        any_of: Sequence[object] = (),
    ) -> T:
        """Return all records to which all filters apply, and any of the others if there are some.

        Rows of a table in a form need that form as `parent`.

        Raises:
            BadAnswer: they are not what they should be.
        """
        asked: dict[str, object] = {
            "doctype": doctype,
            "filters": list(filters),
            "fields": list(fields),
            # all of them: it is 20 otherwise
            "limit_page_length": 0,
        }
        if parent:
            asked["parent"] = parent
        if any_of:
            asked["or_filters"] = list(any_of)
        return self._message(adapter, "/api/method/frappe.client.get_list", asked)

    def setting(self, adapter: TypeAdapter[T], doctype: str, field: str) -> T:
        """Return a field of a form of settings."""
        asked: dict[str, object] = {"doctype": doctype, "field": field}
        return self._message(adapter, "/api/method/frappe.client.get_single_value", asked)

    def _message(self, adapter: TypeAdapter[T], path: str, asked: dict[str, object]) -> T:
        data = self._session.query(path, write_json(asked).encode()).data
        try:
            return adapter.validate_python(data["message"] if isinstance(data, dict) else None)
        except (KeyError, ValidationError):
            raise BadAnswer(self._name, "the answer of ERPNext cannot be read") from None

    def _invoices(self, condition: list[object]) -> tuple[Invoice, ...]:
        return self.read(INVOICE_LIST, INVOICES, [condition], tuple(Invoice.model_fields))

    def _entries(self, names: list[str]) -> tuple[Entry, ...]:
        filters = [["against_voucher_type", "=", INVOICES], ["against_voucher_no", "in", names], ["delinked", "=", 0]]
        found = self.read(ENTRY_LIST, "Payment Ledger Entry", filters, tuple(Entry.model_fields))
        # an invoice has an entry for itself, too
        return tuple(one for one in found if one.voucher_no != one.against_voucher_no)
