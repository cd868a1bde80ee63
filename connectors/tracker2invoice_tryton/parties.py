"""Clients as parties of Tryton: what they may be known by, how they are told, and the fields of a new one. Pure.

Fields: trytond_party 8.2, party.py, address.py and contact_mechanism.py; a server of that version was asked. `ilike`
compares whole texts, whatever their case; the signs of patterns in them stand for themselves after a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import BaseModel, TypeAdapter
from stdnum.eu.vat import MEMBER_STATES

from tracker2invoice.model.contract import Party
from tracker2invoice.plugins import RemoteClient
from tracker2invoice.wire import write_json
from tracker2invoice_tryton.pins import Pin

_EU_PREFIXES = frozenset(state.upper() for state in MEMBER_STATES) | {"EL", "XI"}
"""Of VAT ids; those of Greece and Northern Ireland are no codes of countries."""


class _Identifier(BaseModel):
    code: str


class _Address(BaseModel):
    id: int
    active: bool
    rec_name: str


class KnownParty(BaseModel):
    """A party with its addresses."""

    id: int
    name: str | None
    active: bool
    email: str | None
    tax_identifier: _Identifier | None
    addresses: tuple[_Address, ...]

    def to_clients(self, app_url: str) -> Iterator[RemoteClient]:
        """Yield each of its addresses as a client; a party without one, which no invoice can go to, as not usable."""
        url = f"{app_url}/model/party.party/{self.id}"
        vat_id = self.tax_identifier.code if self.tax_identifier else ""
        for one in self.addresses:
            usable = self.active and one.active
            yield RemoteClient(str(Pin(self.id, one.id)), one.rec_name, vat_id, self.email or "", usable, url)
        if not self.addresses:
            yield RemoteClient(str(self.id), self.name or "", vat_id, self.email or "", usable=False, url=url)


PARTY, PARTIES = TypeAdapter(KnownParty), TypeAdapter(tuple[KnownParty, ...])
PARTY_FIELDS = ("name", "active", "email", "tax_identifier.code", "addresses.active", "addresses.rec_name")


def known_by(party: Party) -> list[object]:
    """Return the domain of the parties, active or not, with VAT id, e-mail address or name of the client.

    It is empty if the client has none of them.
    """
    marks = {"identifiers.code": party.vat_id, "contact_mechanisms.value": party.email, "name": party.name}
    known = [[field, "ilike", _literally(text)] for field, text in marks.items() if text]
    return [["OR", *known], ["active", "in", [True, False]]] if known else []


def to_party(party: Party, country: int | None) -> bytes:
    """Return the fields of a new party, with an address, as every invoice needs one; `country` is the id of its."""
    fields: dict[str, object] = {"name": party.name, "addresses": _created(_address(party, country))}
    if party.vat_id:
        # Tryton checks the number of a type; of others than these it is kept as it is
        of_the_eu = {"type": "eu_vat"} if party.vat_id[:2] in _EU_PREFIXES else {}
        fields["identifiers"] = _created({**of_the_eu, "code": party.vat_id})
    if party.email:
        fields["contact_mechanisms"] = _created({"type": "email", "value": party.email})
    return write_json(fields).encode()


def _address(party: Party, country: int | None) -> dict[str, object]:
    address = party.address
    if address is None:
        return {}
    street = "\n".join(filter(None, (address.street, address.extra)))
    return {"street": street, "postal_code": address.postcode, "city": address.city, "country": country}


def _created(fields: dict[str, object]) -> list[object]:
    return [["create", [fields]]]


def _literally(text: str) -> str:
    return re.sub(r"[\\%_]", r"\\\g<0>", text)
