"""The sections of the supplier and of each client."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from tracker2invoice.config.section import Section
from tracker2invoice.config.types import (
    Bic,
    Country,
    Currency,
    Email,
    Endpoint,
    Iban,
    Languages,
    LegalId,
    NoteSubject,
    OutputName,
    Text,
    VatId,
)
from tracker2invoice.model.numbering import Numbering

_NUMBERING = Numbering()


class AddressSettings(Section):
    """A postal address (EN 16931 BG-5, BG-8)."""

    street: Text = Field(examples=["Hauptstr. 1"])
    city: Text = Field(examples=["Berlin"])
    postcode: Text = Field(examples=["10115"])
    country: Country = Field(examples=["DE"])
    extra: str = ""


class PartySettings(Section):
    """What supplier and client have in common (EN 16931 BG-4, BG-7)."""

    name: Text = Field(examples=["Acme GmbH"])
    address: AddressSettings | None = None
    vat_id: VatId | None = Field(default=None, examples=["DE123456788"])
    tax_id: Text | None = None
    email: Email | None = Field(default=None, examples=["ap@client.example"])
    phone: Text | None = None
    contact: Text | None = None
    legal_id: LegalId | None = Field(default=None, examples=["0002:552100554"])
    identifier: LegalId | None = Field(default=None, examples=["0009:55210055400013"])
    endpoint: Endpoint | None = Field(default=None, examples=["9930:DE123456788"])


class NumbersSettings(Section):
    """How invoices are numbered that no accounting platform numbers. `last` is the latest number given elsewhere."""

    pattern: str = Field(default=_NUMBERING.pattern, examples=["RE-{year}-{number:04}"])
    last: str = Field(default="", examples=["RE-2026-0056"])

    @model_validator(mode="after")
    def _makes_numbers(self) -> Self:
        Numbering(self.pattern, self.last)
        return self


class SupplierSettings(PartySettings):
    """Who writes the invoices, the account that they are paid to, their numbers and look, and the currency of VAT."""

    iban: Iban | None = Field(default=None, examples=["DE02120300000000202051"])
    bic: Bic | None = Field(default=None, examples=["BYLADEM1001"])
    notes: dict[NoteSubject, Text] = Field(default_factory=dict[str, str], examples=[{"PMT": "40 euros"}])
    numbers: NumbersSettings = NumbersSettings()
    logo: Path | None = Field(default=None, examples=["logo.svg"])
    template: Path | None = Field(default=None, examples=["invoice.typ"])
    tax_currency: Currency | None = Field(default=None, examples=["PLN"])


class ClientSettings(PartySettings):
    """Who is invoiced. `remote` pins the client's id in each output that keeps clients of its own.

    `language` is what the PDF is written in; where it names two, their labels stand one above the other.
    """

    buyer_reference: Text | None = Field(default=None, examples=["04011000-1234512345-06"])
    language: Languages = ()
    remote: dict[OutputName, Text] = Field(default_factory=dict[str, str], examples=[{"books": "its id there"}])
