"""New clients: the body of the request for one, and the countries by which it names one.

Fields: invoiceninja/invoiceninja 5.10.17, openapi/components/schemas, client_request.yaml; a country has the number of
ISO 3166-1 for an id (database/seeders/CountriesSeeder.php). Nobody is written to when a client is created.
"""

from __future__ import annotations

from pydantic import BaseModel, Field, ValidationError

from tracker2invoice.errors import BadAnswer, Rejected
from tracker2invoice.model.contract import Party
from tracker2invoice.rest import Session
from tracker2invoice.wire import write_json


class _Country(BaseModel):
    id: int
    iso_3166_2: str


class _Statics(BaseModel):
    countries: tuple[_Country, ...] = Field(min_length=1)


def to_client_request(party: Party, country_id: int | None, currency_id: str) -> bytes:
    """Return the body of `POST /clients`; without a country the client gets that of the company."""
    fields: dict[str, object] = {
        "name": party.name,
        "vat_number": party.vat_id,
        "contacts": [{"email": party.email}],
        "settings": {"currency_id": currency_id},
    }
    if party.address:
        fields |= {
            "address1": party.address.street,
            "address2": party.address.extra,
            "postal_code": party.address.postcode,
            "city": party.address.city,
            "country_id": country_id,
        }
    return write_json(fields).encode()


def country_id(session: Session, name: str, party: Party) -> int | None:
    """Return the id of the country of a party's address, if it has one. `name` is the configured name, for errors.

    Raises:
        Rejected: the server does not know the country.
        AccessDenied, TryLater: it could not be looked up.
    """
    if party.address is None:
        return None
    try:
        countries = _Statics.model_validate(session.read("/statics").data).countries
    except ValidationError:
        raise BadAnswer(name, "the list of countries cannot be read") from None
    code = party.address.country
    found = next((one.id for one in countries if one.iso_3166_2 == code), None)
    if found is None:
        raise Rejected(name, f"client {party.id} cannot be created: country {code} is not there")
    return found
