"""Documents, files, customers and preferences as QuickBooks Online shows them. Reads only.

Source: developer.intuit.com, Query operations and syntax, and Attachable. A query is for one kind, knows no OR, and
shows nothing that was deleted, nor what is inactive unless it is asked to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from tracker2invoice.errors import BadAnswer
from tracker2invoice.rest import Session
from tracker2invoice_quickbooks.answers import Attachable, Customer, Payment, Preferences, Transaction, has_code
from tracker2invoice_quickbooks.kinds import Kind

MINOR_VERSION = {"minorversion": "75"}
"""Since August 2025 the oldest that there is."""

_VALUES_A_REQUEST = 60
"""So that an address stays below 2,000 characters."""

_NOT_THERE = "610"


_FIELDS = TypeAdapter(Mapping[str, object])
_TRANSACTIONS, _PAYMENTS = TypeAdapter(tuple[Transaction, ...]), TypeAdapter(tuple[Payment, ...])
_CUSTOMERS, _ATTACHABLES = TypeAdapter(tuple[Customer, ...]), TypeAdapter(tuple[Attachable, ...])

T = TypeVar("T")


class Lookup:
    """Reads one company; `name` is the configured name of the output, for errors.

    Everything raises AccessDenied and TryLater if it could not be read completely.
    """

    def __init__(self, session: Session, name: str) -> None:
        self._session, self._name = session, name

    def with_references(self, kind: Kind, references: Collection[str]) -> tuple[Transaction, ...]:
        """Return the documents of a kind with these references as their numbers, void ones too."""
        parts = _in_parts("DocNumber", list(references))
        found = (one for some in parts for one in self._query(_TRANSACTIONS, kind.entity, some))
        return tuple(one for one in found if one.number in references)

    def has_references(self, kind: Kind) -> bool:
        """Say whether any document of a kind has a reference of ours as its number."""
        return bool(self._query(_TRANSACTIONS, kind.entity, "DocNumber like 'T2I-%'", most=1))

    def with_ids(self, kind: Kind, ids: Sequence[str]) -> Iterator[Transaction]:
        """Yield the documents of a kind with these ids that are there, in any order."""
        for some in _in_parts("Id", ids):
            yield from self._query(_TRANSACTIONS, kind.entity, some)

    def payments(self, ids: Sequence[str]) -> Iterator[Payment]:
        """Yield the payments with these ids."""
        for some in _in_parts("Id", ids):
            yield from self._query(_PAYMENTS, "Payment", some)

    def files(self, kind: Kind, own_id: str) -> frozenset[str]:
        """Return the names of the files that are attached to a document."""
        where = f"AttachableRef.EntityRef.Type = '{kind.entity}' and AttachableRef.EntityRef.value = '{own_id}'"
        return frozenset(one.file for one in self._query(_ATTACHABLES, "Attachable", where))

    def customers(self, field: str, sign: Literal["=", "like"], value: str) -> tuple[Customer, ...]:
        """Return the customers of whom that is true, active or not; with `like`, % stands for anything."""
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return self._query(_CUSTOMERS, "Customer", f"{field} {sign} '{escaped}' and Active in (true, false)")

    def customer(self, remote_id: str) -> Customer | None:
        """Return the customer with exactly that id, active or not; None if there is none."""
        customer = self.one("Customer", remote_id, Customer)
        return customer if customer and customer.id == remote_id else None

    def preferences(self) -> Preferences:
        """Return what the company has chosen."""
        data = self._session.read("/preferences", MINOR_VERSION).data
        return self._within(data, "Preferences", Preferences)

    def one(self, entity: str, remote_id: str, model: type[T]) -> T | None:
        """Return the object of a kind with that id, None if there is none."""
        try:
            data = self._session.read(f"/{entity.lower()}/{quote(remote_id, safe='')}", MINOR_VERSION).data
        except BadAnswer as error:
            if has_code(error.detail, _NOT_THERE):
                return None
            raise
        return self._within(data, entity, model)

    def _within(self, data: object, name: str, model: type[T]) -> T:
        return self._understood(TypeAdapter(model), self._understood(_FIELDS, data).get(name))

    def _query(self, model: TypeAdapter[T], entity: str, where: str, most: int = 1000) -> T:
        statement = f"select * from {entity} where {where} maxresults {most}"  # noqa: S608 (ours, or escaped)
        data = self._session.read("/query", {"query": statement, **MINOR_VERSION}).data
        found = self._understood(_FIELDS, self._understood(_FIELDS, data).get("QueryResponse"))
        if "Fault" in found:
            raise BadAnswer(self._name, "the answer to a query is a refusal")
        return self._understood(model, found.get(entity, ()))

    def _understood(self, model: TypeAdapter[T], data: object) -> T:
        try:
            return model.validate_python(data)
        except ValidationError:
            raise BadAnswer(self._name, "an answer cannot be read") from None


def _in_parts(field: str, values: Sequence[str]) -> Iterator[str]:
    for first in range(0, len(values), _VALUES_A_REQUEST):
        some = ", ".join(f"'{one}'" for one in values[first : first + _VALUES_A_REQUEST])
        yield f"{field} in ({some})"
