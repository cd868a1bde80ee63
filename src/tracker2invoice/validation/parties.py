"""What the profile asks of both parties: the same demands that are made of a configuration, made of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import cast

from tracker2invoice.documents.preflight import Basis, lacks
from tracker2invoice.documents.profiles import Profile
from tracker2invoice.model.contract import Address, Identifier, Party
from tracker2invoice.model.tax import TaxCategory
from tracker2invoice.validation.faults import Fault
from tracker2invoice.validation.reading import Group, Invoice

_TERM = re.compile(r"B[TG]-\d+")
_SUBJECT = re.compile(r"#([A-Z]{3})#(.+)", re.DOTALL)
_JUDGED_ELSEWHERE = ("DK-R-013", "GR-R-001", "NL-R-007")
"""What settings are asked for because of more than a file has to say: `greek.py` and `national.py` ask for that."""

_INSTEAD = {"BR-CO-26": "BT-29", "BR-S-02": "BT-63"}
"""What a file can say in the place of what settings say: an identifier of the seller, the VAT id of its agent."""

_WARNINGS = ("BR-DE-27", "DE-R-027")


def demands(invoice: Invoice, profile: Profile) -> Iterator[Fault]:
    """Yield what the profile asks of both parties, the tax and the currency, and the invoice does not say."""
    for lack in lacks(_basis(invoice), profile):
        if not invoice.head.text(_INSTEAD.get(lack.rule, "")) and lack.rule not in _JUDGED_ELSEWHERE:
            terms, is_warning = tuple(_TERM.findall(lack.term)), lack.rule in _WARNINGS
            yield Fault(lack.rule, terms, "document", f"there is no {lack.term}", is_warning)


def _basis(invoice: Invoice) -> Basis:
    categories = cast("frozenset[TaxCategory]", frozenset(one.text("BT-118") for one in invoice.groups["BG-23"]))
    rates = {one.number_of("BT-119") or Decimal(0) for one in invoice.groups["BG-23"]}
    return Basis(
        contract="",
        supplier=_seller(invoice),
        client=_buyer(invoice.head),
        currency=invoice.head.text("BT-5"),
        order_reference=invoice.head.text("BT-13"),
        categories=categories,
        rates=frozenset(rate for rate in rates if rate),
        together=categories,
    )


def _seller(invoice: Invoice) -> Party:
    head = invoice.head
    return Party(
        id="",
        name=head.text("BT-27"),
        address=_address(head, "BG-5", "BT-37", "BT-38", "BT-40"),
        vat_id=head.text("BT-31"),
        tax_id=head.text("BT-32"),
        email=head.text("BT-43"),
        phone=head.text("BT-42"),
        # what is asked for are payment instructions (BG-16): a card or a direct debit has no account
        iban=next((one.text("BT-84") or one.text("BT-81") for one in invoice.groups["BG-16"]), ""),
        legal_id=_identifier(head, "BT-30"),
        endpoint=_identifier(head, "BT-34"),
        contact=head.text("BT-41"),
        notes=dict(_subjects(invoice)),
        tax_currency=head.text("BT-6"),
        identifier=_identifier(head, "BT-29"),
    )


def _buyer(head: Group) -> Party:
    return Party(
        id="",
        name=head.text("BT-44"),
        address=_address(head, "BG-8", "BT-52", "BT-53", "BT-55"),
        vat_id=head.text("BT-48"),
        legal_id=_identifier(head, "BT-47"),
        identifier=_identifier(head, "BT-46"),
        endpoint=_identifier(head, "BT-49"),
        buyer_reference=head.text("BT-10"),
    )


def _address(head: Group, group: str, city: str, postcode: str, country: str) -> Address | None:
    if group not in head.values:
        return None
    return Address(street="", city=head.text(city), postcode=head.text(postcode), country=head.text(country))


def _identifier(head: Group, term: str) -> Identifier | None:
    return Identifier(head.text(term), head.text(f"{term}-1")) if head.text(term) else None


def _subjects(invoice: Invoice) -> Iterator[tuple[str, str]]:
    """Yield notes by subject code (BT-21), which UBL writes in front of the text (BT-22)."""
    for note in invoice.groups["BG-1"]:
        if found := _SUBJECT.match(note.text("BT-22")):
            yield found[1], found[2]
        elif note.text("BT-21"):
            yield note.text("BT-21"), note.text("BT-22")
