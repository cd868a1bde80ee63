"""Are the identifiers of an electronic invoice possible? Their check digits are judged by python-stdnum."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from stdnum import ean, luhn
from stdnum.au import abn
from stdnum.be import vat
from stdnum.it import iva
from stdnum.no import orgnr

from tracker2invoice.config.identifiers import (
    check_iban,
    check_vat_id,
    leitweg_id_looks_wrong,
    vat_id_looks_wrong,
)
from tracker2invoice.config.schemes import endpoint, is_written_as, legal_id
from tracker2invoice.documents.profiles import Profile
from tracker2invoice.validation.faults import Fault
from tracker2invoice.validation.reading import Invoice

_LIKE_AN_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Za-z0-9 ]+", re.ASCII)
_SEPA = ("58", "59")
_IN_SCHEMES: tuple[tuple[str, str, Callable[[str], object] | None], ...] = (
    ("BT-34", "BR-62", endpoint),
    ("BT-49", "BR-63", endpoint),
    ("BT-30", "BR-CL-11", legal_id),
    ("BT-47", "BR-CL-11", legal_id),
    ("BT-61", "BR-CL-11", legal_id),
    ("BT-29", "BR-CL-10", None),
    ("BT-46", "BR-CL-10", None),
    ("BT-60", "BR-CL-10", None),
)
_PEPPOL_RULES = {
    "0007": "PEPPOL-COMMON-R049",
    "0088": "PEPPOL-COMMON-R040",
    "0096": "PEPPOL-COMMON-R052",
    "0106": "PEPPOL-COMMON-R054",
    "0151": "PEPPOL-COMMON-R050",
    "0184": "PEPPOL-COMMON-R042",
    "0190": "PEPPOL-COMMON-R055",
    "0192": "PEPPOL-COMMON-R041",
    "0198": "PEPPOL-COMMON-R053",
    "0201": "PEPPOL-COMMON-R044",
    "0208": "PEPPOL-COMMON-R043",
    "0210": "PEPPOL-COMMON-R045",
    "0211": "PEPPOL-COMMON-R047",
    "0217": "PEPPOL-COMMON-R057",
    "9944": "PEPPOL-COMMON-R056-1",
}
"""The rules of Peppol for the numbers of a scheme."""

_CHECK_DIGITS: Mapping[str, Callable[[str], bool]] = {
    "0007": luhn.is_valid,
    "0088": lambda number: ean.calc_check_digit(number[:-1]) == number[-1],
    "0151": abn.is_valid,
    "0192": orgnr.is_valid,
    "0208": vat.is_valid,
    "0211": iva.is_valid,
}
"""Those whose check digits they ask for; a GLN may have any length there."""

_WARNINGS = frozenset(f"PEPPOL-COMMON-R0{number}" for number in ("44", "45", "47", "54", "55", "56-1", "57"))


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


def in_schemes(invoice: Invoice, profile: Profile) -> Iterator[Fault]:
    """Yield electronic addresses and identifiers without a scheme that needs one, or that are none of it."""
    head, words = invoice.head, "the identifier is none of its scheme, or there is no such scheme"
    for term, rule, judge in _IN_SCHEMES:
        text, scheme = head.text(term), head.text(f"{term}-1")
        known = _PEPPOL_RULES.get(scheme, "") if profile.name == "peppol" else ""
        # with several, which scheme is whose is not told apart
        if not text or len(head.texts(term)) > 1:
            continue
        if not scheme and judge is endpoint:
            missing = "the scheme of the electronic address is missing"
            yield Fault(rule, (f"{term}-1",), head.where(term), missing)
        elif known and not _keeps_rule(scheme, text):
            yield Fault(known, (term,), head.where(term), words, known in _WARNINGS)
        elif scheme and judge and _refuses(judge, f"{scheme}:{text}"):
            yield Fault(rule, (term,), head.where(term), words)


def dutch_vat_ids(invoice: Invoice, profile: Profile) -> Iterator[Fault]:
    """Yield VAT ids of the Netherlands in a form that Peppol warns of."""
    for term in ("BT-31", "BT-48", "BT-63"):
        text = invoice.head.text(term)
        if profile.name == "peppol" and text.startswith("NL") and not is_written_as("9944", text):
            words = "a Dutch VAT id is written NL123456789B12"
            yield Fault("PEPPOL-COMMON-R056-2", (term,), invoice.head.where(term), words, warning=True)


def _keeps_rule(scheme: str, number: str) -> bool:
    """Whether a number is one as far as Peppol looks at it: some schemes have check digits that it does not ask for."""
    if scheme == "0211" and not number.startswith("IT"):
        return True
    has_check_digits = _CHECK_DIGITS.get(scheme)
    return is_written_as(scheme, number) and (has_check_digits is None or has_check_digits(number))


def _is_no_vat_id(text: str) -> bool:
    return _refuses(check_vat_id, text) or vat_id_looks_wrong(check_vat_id(text))


def _refuses(check: Callable[[str], object], text: str) -> bool:
    try:
        check(text)
    except ValueError:
        return True
    return False
