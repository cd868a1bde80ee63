"""Is every term there that EN 16931 or the profile asks for, and written as what it is?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tracker2invoice.documents.profiles import Profile
from tracker2invoice.validation.faults import Fault
from tracker2invoice.validation.reading import CREDIT_NOTES, Group, Invoice, decimal


@dataclass(frozen=True, slots=True)
class Required:
    """A rule that wants one of these terms, in every group of a kind; in the head if that is empty."""

    rule: str
    group: str
    terms: tuple[str, ...]
    name: str


EVERYWHERE: tuple[Required, ...] = (
    Required("BR-01", "", ("BT-24",), "specification identifier"),
    Required("BR-02", "", ("BT-1",), "invoice number"),
    Required("BR-03", "", ("BT-2",), "issue date"),
    Required("BR-04", "", ("BT-3",), "type code"),
    Required("BR-05", "", ("BT-5",), "currency"),
    Required("BR-06", "", ("BT-27",), "name of the seller"),
    Required("BR-07", "", ("BT-44",), "name of the buyer"),
    Required("BR-09", "", ("BT-40",), "country of the seller"),
    Required("BR-11", "", ("BT-55",), "country of the buyer"),
    Required("BR-12", "", ("BT-106",), "sum of the lines"),
    Required("BR-13", "", ("BT-109",), "total without VAT"),
    Required("BR-14", "", ("BT-112",), "total with VAT"),
    Required("BR-15", "", ("BT-115",), "amount due"),
    Required("BR-21", "BG-25", ("BT-126",), "id"),
    Required("BR-22", "BG-25", ("BT-129",), "quantity"),
    Required("BR-23", "BG-25", ("BT-130",), "unit of the quantity"),
    Required("BR-24", "BG-25", ("BT-131",), "net amount"),
    Required("BR-25", "BG-25", ("BT-153",), "name of what is billed"),
    Required("BR-26", "BG-25", ("BT-146",), "net price"),
    Required("BR-CO-04", "BG-25", ("BT-151",), "VAT category"),
    Required("BR-31", "BG-20", ("BT-92",), "amount"),
    Required("BR-32", "BG-20", ("BT-95",), "VAT category"),
    Required("BR-33", "BG-20", ("BT-97", "BT-98"), "reason"),
    Required("BR-36", "BG-21", ("BT-99",), "amount"),
    Required("BR-37", "BG-21", ("BT-102",), "VAT category"),
    Required("BR-38", "BG-21", ("BT-104", "BT-105"), "reason"),
    Required("BR-45", "BG-23", ("BT-116",), "taxable amount"),
    Required("BR-46", "BG-23", ("BT-117",), "VAT amount"),
    Required("BR-47", "BG-23", ("BT-118",), "VAT category"),
    Required("BR-49", "BG-16", ("BT-81",), "means of payment"),
    Required("BR-52", "BG-24", ("BT-122",), "reference"),
    Required("BR-55", "BG-3", ("BT-25",), "number"),
)
"""What EN 16931 wants of every document. What depends on the tax or the parties is in `tax.py` and `parties.py`."""

NETWORK = (Required("PEPPOL-EN16931-R001", "", ("BT-23",), "business process"),)
"""What Peppol and XRechnung want besides that, wherever the parties are."""

_AMOUNTS = re.compile(r"BT-(9[239]|100|10[6-9]|11[0-7]|131|136|141)")
_OTHER_NUMBERS = ("BT-94", "BT-96", "BT-101", "BT-103", "BT-119", "BT-129", "BT-146", "BT-149", "BT-152")
_DAYS = ("BT-2", "BT-7", "BT-9", "BT-72", "BT-73", "BT-74", "BT-134", "BT-135")
_CENTS = 2

_IN_BOTH_ROOTS = "81"


def missing(invoice: Invoice, profile: Profile) -> Iterator[Fault]:
    """Yield what is not there."""
    for one in (*EVERYWHERE, *(NETWORK if _is_of_network(profile) else ())):
        for group in invoice.groups[one.group] if one.group else (invoice.head,):
            if not any(group.text(term) for term in one.terms):
                yield Fault(one.rule, one.terms, group.where(), f"the {one.name} is missing")
    if not invoice.lines:
        yield Fault("BR-16", ("BG-25",), "document", "it has no lines")


def misspelt(invoice: Invoice, profile: Profile) -> Iterator[Fault]:
    """Yield numbers and days that are none, and amounts with more decimals than EN 16931 allows."""
    for group in (invoice.head, *(one for groups in invoice.groups.values() for one in groups)):
        for term in group.values:
            yield from _amount(group, term) if _AMOUNTS.fullmatch(term) else ()
            if term in _OTHER_NUMBERS and group.number_of(term) is None:
                yield Fault(term, (term,), group.where(term), "it is no decimal number")
            if term in _DAYS and group.day_of(term) is None:
                form = "YYYY-MM-DD" if group.syntax == "ubl" else "YYYYMMDD"
                rule = "PEPPOL-EN16931-F001" if profile.name == "peppol" else term
                yield Fault(rule, (term,), group.where(term), f"it is no day, written {form}")


def _is_of_network(profile: Profile) -> bool:
    return profile.name in ("peppol", "xrechnung")


def _amount(group: Group, term: str) -> Iterator[Fault]:
    for value in group.values[term]:
        text = value.text.strip()
        amount = decimal(text)
        if amount is None:
            yield Fault(term, (term,), group.where(term), "it is no decimal number")
        elif len(text.partition(".")[2]) > _CENTS:
            yield Fault("BR-DEC", (term,), group.where(term), "an amount has at most two decimals")
        elif not amount and text.startswith("-"):
            yield Fault(term, (term,), group.where(term), "a zero has no sign; official rules for CII misread it")


def wrong_root(invoice: Invoice, _: Profile) -> Iterator[Fault]:
    """Yield the type code that does not belong into the root of UBL."""
    code = invoice.head.text("BT-3")
    fits = (code in CREDIT_NOTES) == (invoice.root == "CreditNote")
    if invoice.syntax == "ubl" and code and code != _IN_BOTH_ROOTS and not fits:
        words = f"documents of this type do not have the root {invoice.root}"
        yield Fault("BR-CL-01", ("BT-3",), invoice.head.where("BT-3"), words)


def empty(invoice: Invoice, profile: Profile) -> Iterator[Fault]:
    """Yield elements that hold nothing, where the profile forbids them."""
    if _is_of_network(profile):
        for row in invoice.empty:
            yield Fault("PEPPOL-EN16931-R008", (), f"row {row}", "the element is empty")


def unpayable(invoice: Invoice, _: Profile) -> Iterator[Fault]:
    """Yield transfers without an account."""
    for group in invoice.groups["BG-16"]:
        if group.text("BT-81") in ("30", "58") and not group.text("BT-84"):
            yield Fault("BR-61", ("BT-84",), group.where(), "a transfer needs an account")
