"""Are the identifiers of an electronic invoice possible? Their check digits are judged by python-stdnum."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tracker2invoice.config.identifiers import (
    check_iban,
    check_vat_id,
    leitweg_id_looks_wrong,
    vat_id_looks_wrong,
)
from tracker2invoice.config.schemes import endpoint, legal_id
from tracker2invoice.documents.profiles import Profile
from tracker2invoice.validation.faults import Fault
from tracker2invoice.validation.reading import Invoice

_LIKE_AN_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Za-z0-9 ]+", re.ASCII)
_SEPA = ("58", "59")


def vat_ids(invoice: Invoice, _: Profile) -> Iterator[Fault]:
    """Yield VAT ids without a country, or not of its form, or with a wrong check digit."""
    for term, whose in (("BT-31", "seller"), ("BT-48", "buyer")):
        text = invoice.head.text(term)
        if text and _is_no_vat_id(text):
            words = f"the VAT id of the {whose} is none: its country, length or check digits are wrong"
            yield Fault("BR-CO-09", (term,), invoice.head.where(term), words)


def accounts(invoice: Invoice, _: Profile) -> Iterator[Fault]:
    """Yield IBANs whose length or check digits are wrong; an account of another kind is nobody's to judge."""
    for group in invoice.groups["BG-16"]:
        account = group.text("BT-84")
        is_iban = group.text("BT-81") in _SEPA or _LIKE_AN_IBAN.fullmatch(account)
        if account and is_iban and _refuses(check_iban, account):
            yield Fault("BT-84", ("BT-84",), group.where(), "the IBAN is none: its length or check digits are wrong")


def buyer_references(invoice: Invoice, _: Profile) -> Iterator[Fault]:
    """Yield buyer references that look like a Leitweg-ID and are none."""
    if leitweg_id_looks_wrong(invoice.head.text("BT-10")):
        words = "the Leitweg-ID is none: its check digits are wrong"
        yield Fault("BT-10", ("BT-10",), invoice.head.where("BT-10"), words)


def in_schemes(invoice: Invoice, _: Profile) -> Iterator[Fault]:
    """Yield electronic addresses and registrations without a scheme that needs one, or that are none of it."""
    for term, rule, judge in (
        ("BT-34", "BR-62", endpoint),
        ("BT-49", "BR-63", endpoint),
        ("BT-30", "BR-CL-11", legal_id),
        ("BT-47", "BR-CL-11", legal_id),
    ):
        text, scheme = invoice.head.text(term), invoice.head.text(f"{term}-1")
        where = invoice.head.where(term)
        if text and not scheme and judge is endpoint:
            yield Fault(rule, (f"{term}-1",), where, "the scheme of the electronic address is missing")
        elif text and scheme and _refuses(judge, f"{scheme}:{text}"):
            yield Fault(rule, (term,), where, "the identifier is none of its scheme, or there is no such scheme")


def _is_no_vat_id(text: str) -> bool:
    return _refuses(check_vat_id, text) or vat_id_looks_wrong(check_vat_id(text))


def _refuses(check: Callable[[str], object], text: str) -> bool:
    try:
        check(text)
    except ValueError:
        return True
    return False
