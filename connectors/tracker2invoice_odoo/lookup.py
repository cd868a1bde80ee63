"""Invoices, clients and currencies as Odoo shows them. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from tracker2invoice.errors import BadAnswer
from tracker2invoice_odoo.answers import (
    CREDIT_NOTE,
    CURRENCIES,
    KINDS,
    MOVES,
    PARTNERS,
    RECORDS,
    Currency,
    Move,
    Partner,
)
from tracker2invoice_odoo.calls import Calls, any_of

_IDS_A_REQUEST = 500
FIELDS = tuple(Move.model_fields)
"""`invoice_payments_widget` is for users of Invoicing alone: who sees only their own gets an error, and no list."""

PARTNER_FIELDS = tuple(Partner.model_fields)

T = TypeVar("T")


class Lookup:
    """Reads what the calls show, which is one company; `name` is the configured name of the output, for errors.

    Everything raises AccessDenied, NotThere and TryLater if it could not be read completely.
    """

    def __init__(self, calls: Calls, name: str) -> None:
        self._calls, self._name = calls, name
        self._currencies: Mapping[int, Currency] = {}

    def with_references(self, references: Collection[str], move_type: str) -> tuple[Move, ...]:
        """Return the documents of that type with one of the references, whatever their state.

        The type counts, for a person who takes an invoice back copies its reference to the credit note.
        """
        domain = [*any_of(["invoice_origin", "like", one] for one in references), ["move_type", "=", move_type]]
        return tuple(move for move in self._moves(domain) if any(map(move.carries, references)))

    def with_ids(self, ids: Sequence[int]) -> Iterator[Move]:
        """Yield the documents with these ids that are there, in any order."""
        for first in range(0, len(ids), _IDS_A_REQUEST):
            domain = [["id", "in", list(ids[first : first + _IDS_A_REQUEST])]]
            yield from self._moves(domain)

    def partner(self, partner_id: int) -> Partner | None:
        """Return the client with that id, archived or not; None if there is none."""
        return next((one for one in self.partners([["id", "=", partner_id]]) if one.id == partner_id), None)

    def partners(self, domain: Sequence[object]) -> tuple[Partner, ...]:
        """Return the clients of a domain, archived ones too."""
        return self.read(PARTNERS, "res.partner", domain, PARTNER_FIELDS)

    def is_blocked(self, partner_id: int) -> bool:
        """Say whether people are kept from invoicing the client, or the company that it belongs to.

        Only Odoo 16 to 18 have such a field (addons/account/models/partner.py), and heed it in their forms alone.
        """
        blocked = any_of([name, "=", "block"] for name in ("invoice_warn", "parent_id.invoice_warn"))
        return bool(self.read(RECORDS, "res.partner", [["id", "=", partner_id], *blocked], ("id",)))

    def is_attached(self, name: str, model: str, record_id: int) -> bool:
        """Say whether a file of that name is attached to a record."""
        domain = [["res_model", "=", model], ["res_id", "=", record_id], ["name", "=", name]]
        return bool(self.read(RECORDS, "ir.attachment", domain, ("id",)))

    def currency(self, code: str) -> Currency | None:
        """Return the active currency with that code."""
        if self._active(code) is None:
            # somebody may have activated it since
            self._currencies = {}
        return self._active(code)

    def code(self, currency_id: int | None) -> str:
        """Return the code of a currency."""
        currency = self._all_currencies().get(currency_id or 0)
        if currency is None:
            raise BadAnswer(self._name, "a document has a currency that Odoo does not list")
        return currency.name

    def read(self, adapter: TypeAdapter[T], model: str, domain: Sequence[object], fields: Sequence[str]) -> T:
        """Return the records of a domain.

        Raises:
            BadAnswer: they are not what they should be.
        """
        return self.understood(adapter, self._calls.search_read(model, domain, fields))

    def understood(self, adapter: TypeAdapter[T], data: object) -> T:
        """Return records as typed values.

        Raises:
            BadAnswer: they are not what they should be.
        """
        try:
            return adapter.validate_python(data)
        except ValidationError:
            raise BadAnswer(self._name, "the answer of Odoo cannot be read") from None

    def _moves(self, domain: Sequence[object]) -> tuple[Move, ...]:
        found = self.read(MOVES, "account.move", domain, FIELDS)
        unknown = sorted({one.move_id for move in found for one in move.matched if one.is_refund is None})
        if not unknown:
            return found
        kinds = self.read(KINDS, "account.move", [["id", "in", unknown]], ("move_type",))
        credit_notes = {one.id for one in kinds if one.move_type == CREDIT_NOTE}
        return tuple(move.knowing(credit_notes) for move in found)

    def _active(self, code: str) -> Currency | None:
        return next((one for one in self._all_currencies().values() if one.name == code and one.active), None)

    def _all_currencies(self) -> Mapping[int, Currency]:
        # an id never changes its code; one that is switched off meanwhile is noticed by whoever posts the draft
        if not self._currencies:
            found = self.read(CURRENCIES, "res.currency", [], ("name", "active"))
            self._currencies = {one.id: one for one in found}
        return self._currencies
