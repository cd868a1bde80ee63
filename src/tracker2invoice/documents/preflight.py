"""What electronic invoices need and the configuration lacks, before anything is billed: one table for each profile.

A rule goes by its id in the official rules: EN 16931 1.3.16, Peppol BIS Billing 3.0.21 (2026-05), XRechnung 3.0.2 with
its rules 2.5.0. What the settings cannot leave out, such as the city of an address, is not asked again. Sums are judged
in `arithmetic.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from stdnum import luhn
from stdnum.no import mva

from tracker2invoice.documents.arithmetic import faults
from tracker2invoice.documents.profiles import PEPPOL_ADDRESSES, Profile, country_of
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.invoice import DISCOUNT_NOTE, LATE_FEE_NOTE, Draft
from tracker2invoice.model.tax import TaxCategory

_MOST_DECIMALS = 2
_FEWEST_DIGITS = 3
_ITALIAN_TAX_ID = re.compile("[A-Z0-9]{11,16}")
_DUTCH = ("0106", "0190")
_SWEDISH_RATES = frozenset(map(Decimal, (6, 12, 25)))
_TREATMENTS = ("B2B", "B2BINT", "B2C", "B2CINT", "OUTOFSCOPE", "ARCHIVEONLY")
_FRENCH_ADDRESS = re.compile("[A-Za-z0-9+._-]+")
_FRENCH_RATES = frozenset(
    map(
        Decimal,
        ("20", "10", "5.5", "2.1", "8.5", "1.75", "1.05", "0.9", "13", "9.2", "9.6", "7", "19.6", "20.6"),
    )
)


@dataclass(frozen=True, slots=True)
class Basis:
    """What every document of a contract to one client rests on, or one draft. `rates` are those above nothing.

    `together` are the categories of VAT that one document can bear side by side.
    """

    contract: str
    supplier: Party
    client: Party
    currency: str
    order_reference: str
    categories: frozenset[TaxCategory]
    rates: frozenset[Decimal]
    together: frozenset[TaxCategory]

    def seller_in(self, country: str) -> bool:
        """Whether the supplier is in the country (ISO 3166-1 alpha-2)."""
        return country_of(self.supplier) == country

    def both_in(self, country: str) -> bool:
        """Whether supplier and client are in the country."""
        return country_of(self.supplier) == country_of(self.client) == country

    def seller_of(self, country: str) -> bool:
        """Whether the supplier is in the country or has a VAT id of it; a rule of Peppol may go by either."""
        return self.seller_in(country) or self.supplier.vat_id.startswith(country)

    @property
    def has_swedish_vat_id(self) -> bool:
        """Whether the seller is in Sweden, and registered there for VAT."""
        return self.seller_in("SE") and self.supplier.vat_id.startswith("SE")


@dataclass(frozen=True, slots=True)
class Demand:
    """What a rule asks for: its business term, the setting that says it, and whether a basis lacks it."""

    rule: str
    term: str
    key: str
    lacks: Callable[[Basis], bool]


@dataclass(frozen=True, slots=True)
class Lack:
    """A demand that is not met, with the setting of the contract or client that it is about."""

    rule: str
    term: str
    key: str

    def __str__(self) -> str:
        return f"{self.key}: {self.term} ({self.rule})"


def _scheme(party: Party) -> str:
    return party.legal_id.scheme if party.legal_id else ""


def _outside_its_company(party: Party) -> bool:
    siret = party.identifier.id if party.identifier and party.identifier.scheme == "0009" else ""
    return bool(siret) and not (_scheme(party) == "0002" and party.legal_id and siret.startswith(party.legal_id.id))


def _unreachable_in_france(party: Party) -> bool:
    address = party.endpoint
    return address is not None and address.scheme == "0225" and not _FRENCH_ADDRESS.fullmatch(address.id)


def _no_tax_id(one: Basis) -> bool:
    return bool(one.categories & {"S", "Z", "E", "AE"}) and not (one.supplier.vat_id or one.supplier.tax_id)


def _nobody(one: Basis) -> bool:
    # what is outside the scope of VAT shows no VAT id (BR-O-02)
    return one.supplier.legal_id is None and (not one.supplier.vat_id or "O" in one.categories)


def _outside_peppol(party: Party) -> bool:
    return party.endpoint is not None and party.endpoint.scheme not in PEPPOL_ADDRESSES | {""}


def _without_scheme(party: Party) -> bool:
    return party.identifier is not None and not party.identifier.scheme


def _number(party: Party) -> str:
    return party.legal_id.id if party.legal_id else ""


def _registered_elsewhere(party: Party, *schemes: str) -> bool:
    return party.legal_id is not None and party.legal_id.scheme not in schemes


EVERYWHERE: tuple[Demand, ...] = (
    Demand("BR-08", "address of the seller, BG-5", "supplier.address", lambda one: one.supplier.address is None),
    Demand("BR-10", "address of the buyer, BG-8", "clients.{client}.address", lambda one: one.client.address is None),
    Demand("BR-S-02", "VAT id BT-31 or tax number BT-32 of the seller", "supplier.vat_id or tax_id", _no_tax_id),
    Demand("BR-CO-26", "legal registration of the seller, BT-30", "supplier.legal_id", _nobody),
    Demand("BR-IC-02", "VAT id of the seller, BT-31", "supplier.vat_id",
           lambda one: bool(one.categories & {"K", "G"}) and not one.supplier.vat_id),
    Demand("BR-IC-02", "VAT id of the buyer, BT-48", "clients.{client}.vat_id",
           lambda one: "K" in one.categories and not one.client.vat_id),
    Demand("BR-AE-02", "VAT id BT-48 or legal registration BT-47 of the buyer", "clients.{client}.vat_id or legal_id",
           lambda one: "AE" in one.categories and not (one.client.vat_id or one.client.legal_id)),
    Demand("BR-O-11", "nothing beside what is outside the scope of VAT, BT-118", "contracts.{contract}.invoice_per",
           lambda one: "O" in one.together and len(one.together) > 1),
    Demand("BR-DEC-09", "a currency of at most two decimals, BT-5", "contracts.{contract}.currency",
           lambda one: MINOR_UNITS.get(one.currency, 0) > _MOST_DECIMALS),
    Demand("BR-DEC-15", "a currency of at most two decimals for VAT, BT-6", "supplier.tax_currency",
           lambda one: MINOR_UNITS.get(one.supplier.tax_currency, 0) > _MOST_DECIMALS),
)  # fmt: skip
"""What EN 16931 asks for in every profile."""

GERMAN: tuple[Demand, ...] = (
    Demand("BR-DE-1", "payment instructions, BG-16", "supplier.iban", lambda one: not one.supplier.iban),
    Demand("BR-DE-5", "contact of the seller, BT-41", "supplier.contact", lambda one: not one.supplier.contact),
    Demand("BR-DE-6", "telephone of the seller, BT-42", "supplier.phone", lambda one: not one.supplier.phone),
    Demand("BR-DE-27", "telephone of the seller with at least three digits, BT-42", "supplier.phone",
           lambda one: bool(one.supplier.phone)
           and sum(char in "0123456789" for char in one.supplier.phone) < _FEWEST_DIGITS),
    Demand("BR-DE-7", "e-mail address of the seller, BT-43", "supplier.email", lambda one: not one.supplier.email),
    Demand("BR-DE-15", "buyer reference, BT-10; of authorities the Leitweg-ID", "clients.{client}.buyer_reference",
           lambda one: not one.client.buyer_reference),
)  # fmt: skip
"""What XRechnung asks for."""

GERMAN_IN_PEPPOL: tuple[Demand, ...] = tuple(
    replace(one, rule=f"DE-R-{int(one.rule.removeprefix('BR-DE-')):03}") for one in GERMAN
)
"""The same between German parties in Peppol."""

ADDRESSES: tuple[Demand, ...] = (
    Demand("PEPPOL-EN16931-R020", "electronic address of the seller, BT-34", "supplier.endpoint",
           lambda one: one.supplier.endpoint is None),
    Demand("PEPPOL-EN16931-R010", "electronic address of the buyer, BT-49", "clients.{client}.endpoint",
           lambda one: one.client.endpoint is None),
)  # fmt: skip
"""What Peppol asks for, and XRechnung has from it."""

PEPPOL: tuple[Demand, ...] = (
    Demand("PEPPOL-EN16931-R003", "buyer reference BT-10 or purchase order BT-13",
           "clients.{client}.buyer_reference or contracts.{contract}.order_reference",
           lambda one: not (one.client.buyer_reference or one.order_reference)),
    Demand("PEPPOL-EN16931-CL008", "electronic address of the seller in a scheme of Peppol, BT-34", "supplier.endpoint",
           lambda one: _outside_peppol(one.supplier)),
    Demand("PEPPOL-EN16931-CL008", "electronic address of the buyer in a scheme of Peppol, BT-49",
           "clients.{client}.endpoint", lambda one: _outside_peppol(one.client)),
)  # fmt: skip
"""What Peppol asks for besides that, wherever the parties are."""

NATIONAL: tuple[Demand, ...] = (
    Demand("DK-R-002", "legal registration of the seller, BT-30", "supplier.legal_id",
           lambda one: one.seller_in("DK") and one.supplier.legal_id is None),
    Demand("DK-R-013", "scheme of the identifier of the seller, BT-29", "supplier.identifier",
           lambda one: one.both_in("DK") and _without_scheme(one.supplier)),
    Demand("DK-R-013", "scheme of the identifier of the buyer, BT-46", "clients.{client}.identifier",
           lambda one: one.both_in("DK") and _without_scheme(one.client)),
    Demand("DK-R-014", "legal registration of the seller with the scheme 0184 (CVR), BT-30", "supplier.legal_id",
           lambda one: one.seller_in("DK") and _registered_elsewhere(one.supplier, "0184")),
    Demand("DK-R-017", "legal registration of the buyer with the scheme 0184 (CVR), BT-47",
           "clients.{client}.legal_id",
           lambda one: one.both_in("DK") and _registered_elsewhere(one.client, "0184")),
    Demand("GR-R-001", "a seller outside Greece, whose authority numbers invoices, BT-1",
           "supplier.address or vat_id", lambda one: one.seller_of("GR") or one.seller_of("EL")),
    Demand("IS-R-002", "legal registration of the seller with the scheme 0196 (kennitala), BT-30", "supplier.legal_id",
           lambda one: one.seller_in("IS") and _scheme(one.supplier) != "0196"),
    Demand("IS-R-004", "legal registration of the buyer with the scheme 0196 (kennitala), BT-47",
           "clients.{client}.legal_id", lambda one: one.both_in("IS") and _scheme(one.client) != "0196"),
    Demand("IT-R-001", "tax number of the seller of 11 to 16 capitals and digits, BT-32", "supplier.tax_id",
           lambda one: one.seller_of("IT") and bool(one.supplier.tax_id)
           and not _ITALIAN_TAX_ID.fullmatch(one.supplier.tax_id)),
    Demand("NL-R-003", "legal registration of the seller with the scheme 0106 (KVK) or 0190 (OIN), BT-30",
           "supplier.legal_id", lambda one: one.seller_in("NL") and _registered_elsewhere(one.supplier, *_DUTCH)),
    Demand("NL-R-005", "legal registration of the buyer with the scheme 0106 (KVK) or 0190 (OIN), BT-47",
           "clients.{client}.legal_id",
           lambda one: one.both_in("NL") and _registered_elsewhere(one.client, *_DUTCH)),
    Demand("NL-R-007", "payment instructions, BG-16", "supplier.iban",
           lambda one: one.seller_in("NL") and not one.supplier.iban),
    Demand("NO-R-001", "VAT id of the seller: NO, an organisation number, MVA, BT-31", "supplier.vat_id",
           lambda one: one.supplier.vat_id.startswith("NO") and not mva.is_valid(one.supplier.vat_id)),
    Demand("SE-R-001", "VAT id of the seller of 14 characters, BT-31", "supplier.vat_id",
           lambda one: one.has_swedish_vat_id and len(one.supplier.vat_id) != len("SE123456789701")),
    Demand("SE-R-002", "VAT id of the seller with twelve digits, BT-31", "supplier.vat_id",
           lambda one: one.has_swedish_vat_id and not one.supplier.vat_id[2:].isdecimal()),
    Demand("SE-R-003", "organisation number of the seller in digits, BT-30", "supplier.legal_id",
           lambda one: one.seller_in("SE") and one.supplier.legal_id is not None
           and not _number(one.supplier).isdecimal()),
    Demand("SE-R-004", "organisation number of the seller of ten digits, BT-30", "supplier.legal_id",
           lambda one: one.seller_in("SE") and one.supplier.legal_id is not None
           and len(_number(one.supplier)) != len("1234567897")),
    Demand("SE-R-013", "organisation number of the seller with a right check digit, BT-30", "supplier.legal_id",
           lambda one: one.seller_in("SE") and one.supplier.legal_id is not None
           and not luhn.is_valid(_number(one.supplier))),
    Demand("SE-R-005", "'Godkänd för F-skatt' for a tax number of the seller, BT-32", "supplier.tax_id",
           lambda one: one.seller_in("SE") and one.supplier.legal_id is not None
           and one.supplier.tax_id.casefold() not in ("", "godkänd för f-skatt")),
    Demand("SE-R-006", "a Swedish rate of 6, 12 or 25 percent, BT-119", "contracts.{contract}.tax",
           lambda one: one.has_swedish_vat_id and not one.rates.issubset(_SWEDISH_RATES)),
)  # fmt: skip
"""What Peppol asks of the suppliers of a country, which some rules take from the address and some from the VAT id."""


FRENCH: tuple[Demand, ...] = (
    Demand("BR-FR-05", "note on the costs of recovery, PMT, BT-22", "supplier.notes.PMT",
           lambda one: not one.supplier.notes.get("PMT")),
    Demand("BR-FR-05", "note on late payment, PMD, BT-22", "supplier.notes.PMD",
           lambda one: not one.supplier.notes.get(LATE_FEE_NOTE)),
    Demand("BR-FR-05", "note on the discount for paying early or that there is none, AAB, BT-22", "supplier.notes.AAB",
           lambda one: not one.supplier.notes.get(DISCOUNT_NOTE)),
    Demand("BR-FR-10", "SIREN of the seller with the scheme 0002, BT-30", "supplier.legal_id",
           lambda one: _scheme(one.supplier) != "0002"),
    Demand("BR-FR-11", "SIREN of the buyer with the scheme 0002 beside the note BAR with B2B, BT-47",
           "clients.{client}.legal_id",
           lambda one: one.supplier.notes.get("BAR") == "B2B" and _scheme(one.client) != "0002"),
    Demand("BR-FR-20", f"one of {', '.join(_TREATMENTS)} for the note BAR, BT-22", "supplier.notes.BAR",
           lambda one: one.supplier.notes.get("BAR", "B2B") not in _TREATMENTS),
    Demand("BR-FR-09", "SIRET of the seller that begins with the SIREN, BT-29", "supplier.identifier",
           lambda one: _outside_its_company(one.supplier)),
    Demand("BR-FR-09", "SIRET of the buyer that begins with the SIREN, BT-46", "clients.{client}.identifier",
           lambda one: _outside_its_company(one.client)),
    Demand("BR-FR-13", "electronic address of the seller, BT-34", "supplier.endpoint",
           lambda one: one.supplier.endpoint is None),
    Demand("BR-FR-12", "electronic address of the buyer, BT-49", "clients.{client}.endpoint",
           lambda one: one.client.endpoint is None),
    Demand("BR-FR-CO-10", "scheme of the identifier of the seller, BT-29", "supplier.identifier",
           lambda one: _without_scheme(one.supplier)),
    Demand("BR-FR-CO-10", "scheme of the identifier of the buyer, BT-46", "clients.{client}.identifier",
           lambda one: _without_scheme(one.client)),
    Demand("BR-FR-23", "electronic address of the seller in letters, digits and + - _ ., BT-34", "supplier.endpoint",
           lambda one: _unreachable_in_france(one.supplier)),
    Demand("BR-FR-23", "electronic address of the buyer in letters, digits and + - _ ., BT-49",
           "clients.{client}.endpoint", lambda one: _unreachable_in_france(one.client)),
    Demand("BR-FR-16", "a French rate of VAT, BT-119", "contracts.{contract}.tax",
           lambda one: not one.rates.issubset(_FRENCH_RATES)),
    Demand("BR-FR-CO-12", "VAT in euros of an invoice in another currency, BT-6 and BT-111", "supplier.tax_currency",
           lambda one: "EUR" not in (one.currency, one.supplier.tax_currency)),
)  # fmt: skip
"""What France asks for (FR-CTC Flux 2, 1.4.0)."""


def lacks(basis: Basis, profile: Profile) -> tuple[Lack, ...]:
    """Return what documents of that basis lack in the profile."""
    found = (one for one in _demands(basis, profile) if one.lacks(basis))
    names = {"client": basis.client.id, "contract": basis.contract}
    return tuple(dict.fromkeys(Lack(one.rule, one.term, one.key.format(**names)) for one in found))


def contract_bases(contract: Contract) -> Iterator[Basis]:
    """Yield what the documents of a contract rest on, for each client that gets any."""
    # a deposit stands on a document of its own
    shared = (contract.tax, *(term.tax for term in contract.terms if term.tax))
    for client in contract.clients:
        yield Basis(
            contract=contract.id,
            supplier=contract.supplier,
            client=client,
            currency=contract.currency,
            order_reference=contract.order_reference,
            categories=frozenset(tax.category for tax in contract.taxes),
            rates=frozenset(tax.rate for tax in contract.taxes if tax.rate),
            together=frozenset(tax.category for tax in shared) if contract.invoice_per != "term" else frozenset(),
        )


def draft_basis(draft: Draft) -> Basis:
    """Return what a draft rests on."""
    categories: frozenset[TaxCategory] = frozenset(one.category for one in draft.tax)
    return Basis(
        contract=draft.contract,
        supplier=draft.supplier,
        client=draft.client,
        currency=draft.currency,
        order_reference=draft.order_reference,
        categories=categories,
        rates=frozenset(one.rate for one in draft.tax if one.rate),
        together=categories,
    )


def objections(draft: Draft, profile: Profile) -> tuple[str, ...]:
    """Return in words why no electronic invoice can be made of a draft in the profile."""
    return (*map(str, lacks(draft_basis(draft), profile)), *faults(draft))


def _demands(basis: Basis, profile: Profile) -> Iterator[Demand]:
    yield from EVERYWHERE
    if profile.name in ("peppol", "xrechnung"):
        yield from ADDRESSES
    if profile.name == "xrechnung":
        yield from GERMAN
    if profile.name == "peppol":
        yield from PEPPOL
        yield from NATIONAL
        yield from GERMAN_IN_PEPPOL if basis.both_in("DE") else ()
    if profile.name == "france":
        yield from FRENCH
