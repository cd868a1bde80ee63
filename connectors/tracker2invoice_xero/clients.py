"""Contacts of a Xero organisation as clients: who may be one of ours, and how a new one is created.

Source: developer.xero.com, Accounting API, Contacts. A search looks into names, the contact number and the e-mail
address, whatever the case; the tax number needs a filter. PUT never changes a contact: one that has the name or the
contact number is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from tracker2invoice.errors import BadAnswer, Unclear
from tracker2invoice.model.contract import Address, Party
from tracker2invoice.plugins import RemoteClient
from tracker2invoice.rest import Session
from tracker2invoice.wire import write_json
from tracker2invoice_xero.answers import Contact, Contacts

# only pages tell of contacts that were merged into another
_FIRST_PAGE = {"includeArchived": "true", "page": "1", "pageSize": "100"}


class Clients:
    """The contacts; `name` is the configured name of the output, `app_url` where people open them."""

    def __init__(self, session: Session, name: str, app_url: str) -> None:
        self._session, self._name, self._app_url = session, name, app_url

    def like(self, party: Party) -> Iterator[RemoteClient]:
        """Yield the contacts that may be the client, archived ones too.

        Raises:
            AccessDenied, BadAnswer, TryLater: they could not be looked up.
        """
        found = {contact.id: contact for asked in _questions(party) for contact in self._listed(asked)}
        yield from map(self._client, found.values())

    def create(self, party: Party) -> RemoteClient:
        """Create the contact.

        Raises:
            Rejected, AccessDenied, RateLimited, Unreachable: it was not created. Unclear: it may have been.
        """
        answer = self._session.write("PUT", "/Contacts", _to_request(party))
        try:
            (contact,) = Contacts.model_validate(answer.data).items
        except ValueError:
            raise Unclear(self._name, "the answer to a new contact cannot be read") from None
        return self._client(contact)

    def _listed(self, asked: Mapping[str, str]) -> tuple[Contact, ...]:
        try:
            return Contacts.model_validate(self._session.read("/Contacts", {**asked, **_FIRST_PAGE}).data).items
        except ValidationError:
            raise BadAnswer(self._name, "the list of contacts cannot be read") from None

    def _client(self, contact: Contact) -> RemoteClient:
        usable = contact.status == "ACTIVE" and not contact.merged_into
        url = f"{self._app_url}/Contacts/View/{contact.id}"
        return RemoteClient(contact.id, contact.name, contact.tax_number, contact.email, usable, url)


def _questions(party: Party) -> Iterator[dict[str, str]]:
    if party.vat_id.isalnum():
        yield {"where": f'TaxNumber=="{party.vat_id}"'}
    yield from ({"searchTerm": text} for text in (party.email, party.name) if text)


def _to_request(party: Party) -> bytes:
    contact: dict[str, object] = {
        "Name": party.name,
        "ContactNumber": party.id,
        **({"EmailAddress": party.email} if party.email else {}),
        **({"TaxNumber": party.vat_id} if party.vat_id else {}),
        **({"Addresses": [_address(party.address)]} if party.address else {}),
    }
    return write_json({"Contacts": [contact]}).encode()


def _address(address: Address) -> dict[str, object]:
    # this type is the one that stands on invoices
    return {
        "AddressType": "POBOX",
        "AddressLine1": address.street,
        "AddressLine2": address.extra,
        "City": address.city,
        "PostalCode": address.postcode,
        "Country": address.country,
    }
