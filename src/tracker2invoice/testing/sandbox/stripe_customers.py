"""The customers of a pretended Stripe account: created, listed, searched. No HTTP.

Sources, all on docs.stripe.com: api/customers, billing/customer/tax-ids, search ("Search query language", "Data
freshness"). Of the search there is what customers are looked for with: exact fields, joined by OR.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import cast

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.form import Fields
from tracker2invoice.testing.sandbox.stripe_refusal import Refused, missing, refuse_unknown

_KNOWN = "address email metadata name preferred_locales tax_exempt tax_id_data"
_VALUE = r'"((?:[^"\\]|\\.)*)"'
_CLAUSE = re.compile(rf'(name|email|metadata\["([^"\]]+)"\]):{_VALUE}(?: OR |$)')
_EU_VAT = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}")


class StripeCustomers:
    """The customers by their ids. Those that a person has added have been there for long."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.search_lag = timedelta(minutes=1)
        # they are real ones, and the key is for tests
        self.in_other_mode = False
        self.by_id: dict[str, Fields] = {}

    def add(self, name: str, customer_id: str = "", **fields: object) -> str:
        """Add a customer and return its id."""
        customer_id = customer_id or f"cus_{len(self.by_id) + 1:014}"
        self.by_id[customer_id] = {
            "id": customer_id, "object": "customer", "name": name, "email": None, "tax_exempt": "none",
            "currency": None, "livemode": False, "created": 0, "metadata": {}, "tax_ids": [], **fields,
        }  # fmt: skip
        return customer_id

    def one(self, customer_id: str) -> Fields:
        """Return a customer, also one that was deleted.

        Raises:
            Refused: there never was one with that id.
        """
        if self.in_other_mode:
            other = "a similar object exists in live mode, but a test mode key was used to make this request."
            raise Refused(
                f"No such customer: '{customer_id}'; {other}", code="resource_missing", param="id", status=404
            )
        if customer_id not in self.by_id:
            raise missing("customer", customer_id)
        return self.by_id[customer_id]

    def create(self, asked: Fields) -> Fields:
        """Keep a new customer.

        Raises:
            Refused: as Stripe would.
        """
        refuse_unknown(asked, _KNOWN, "")
        tax_ids = cast("list[Fields]", asked.get("tax_id_data") or [])
        for number, one in enumerate(tax_ids):
            if one.get("type") == "eu_vat" and not _EU_VAT.fullmatch(str(one.get("value"))):
                param = f"tax_id_data[{number}][value]"
                raise Refused("Invalid value for eu_vat.", code="tax_id_invalid", param=param)
        for name, value in cast("Fields", asked.get("address") or {}).items():
            if not value:
                raise Refused("You passed an empty string", code="parameter_invalid_empty", param=f"address[{name}]")
        customer = self.one(self.add(str(asked.get("name", ""))))
        fields = {name: value for name, value in asked.items() if name != "tax_id_data"}
        customer |= {**fields, "tax_ids": tax_ids, "created": int(self._clock().timestamp())}
        return customer

    def with_email(self, email: str) -> list[Fields]:
        """Return the customers with exactly that address, the newest first."""
        return [one for one in self._there() if one["email"] == email]

    def found(self, query: str) -> list[Fields]:
        """Return what a search shows, which does not know the latest customers.

        Raises:
            Refused: it is no query.
        """
        clauses = list(_CLAUSE.finditer(query))
        if "".join(one[0] for one in clauses) != query or not query:
            raise Refused("We were unable to parse your search query.", param="query")
        shown = (self._clock() - self.search_lag).timestamp()
        tests = [_test(one[1], one[2], re.sub(r"\\(.)", r"\1", one[3])) for one in clauses]
        return [one for one in self._there() if int(str(one["created"])) <= shown and any(test(one) for test in tests)]

    def _there(self) -> list[Fields]:
        return [one for one in reversed(self.by_id.values()) if not one.get("deleted")]


def shown_customer(customer: Fields, *, tax_ids: bool = False) -> Fields:
    """Return a customer as it is answered: with tax ids only if they were asked for, and with nothing once deleted."""
    if customer.get("deleted"):
        return {"id": customer["id"], "object": "customer", "deleted": True}
    fields = {name: value for name, value in customer.items() if name != "tax_ids"}
    return {**fields, "tax_ids": {"object": "list", "data": customer["tax_ids"]}} if tax_ids else fields


def _test(field: str, key: str | None, value: str) -> Callable[[Fields], bool]:
    def holds(customer: Fields) -> bool:
        there = customer[field] if key is None else cast("Fields", customer["metadata"]).get(key)
        return str(there or "").casefold() == value.casefold()

    return holds
