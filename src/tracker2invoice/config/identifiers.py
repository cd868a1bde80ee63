"""VAT ids, Leitweg-IDs, IBANs, BICs and e-mail addresses: their form, and check digits judged by python-stdnum."""

from __future__ import annotations

import re

from stdnum import bic, get_cc_module, iban
from stdnum.de import leitweg
from stdnum.eu.vat import MEMBER_STATES
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat, ValidationError

from tracker2invoice.config.codes import COUNTRIES

# VAT prefixes that are no country code of ISO 3166 (Directive 2006/112, Art. 215; Northern Ireland Protocol)
_PREFIX_COUNTRY = {"EL": "gr", "XI": "gb"}
# coarse, fine and check digits; the fine part can be left out (KoSIT, "Formatspezifikation Leitweg-ID")
_LEITWEG_ID = re.compile(r"[0-9]{2,12}(-[A-Za-z0-9]{1,30})?-[0-9]{2}")
_EMAIL = re.compile(r"[^@\s]+@([^@.\s]+\.)+[^@.\s]+")
_JUDGED = frozenset(MEMBER_STATES) | {"gb", "ch", "no"}


def check_vat_id(value: str) -> str:
    """Return the VAT id without blanks, dots and dashes, country prefix first (EN 16931 BT-31, BT-48).

    A wrong check digit passes here and is asked about with `vat_id_looks_wrong`: the tax office is the judge
    of its own numbers. Outside the EU, the United Kingdom, Switzerland and Norway no form is judged either.

    Raises:
        ValueError: no country prefix, or not the form of that country.
    """
    compact = "".join(char for char in value.upper() if char.isalnum())
    if len(compact) < 4 or compact[:2] not in COUNTRIES | _PREFIX_COUNTRY.keys():
        raise ValueError('write the country letters first: "DE123456788"')
    try:
        _judge(compact)
    except (InvalidChecksum, InvalidComponent):
        pass
    except ValidationError:
        raise ValueError("not the form of a VAT id of that country; check its length and letters") from None
    return compact


def vat_id_looks_wrong(vat_id: str) -> bool:
    """Whether the check digit of a well-formed VAT id does not fit."""
    try:
        _judge(vat_id)
    except ValidationError:
        return True
    return False


def leitweg_id_looks_wrong(reference: str) -> bool:
    """Whether a buyer reference (EN 16931 BT-10) has the form of a German Leitweg-ID and not its check digits."""
    if not _LEITWEG_ID.fullmatch(reference):
        return False
    return not leitweg.is_valid(reference)


def looks_like_email(value: str) -> bool:
    """Whether it is one e-mail address in the form that XRechnung takes (EN 16931 BT-43, rule BR-DE-28)."""
    return _EMAIL.fullmatch(value) is not None


def check_iban(value: str) -> str:
    """Return the IBAN without blanks (ISO 13616).

    Raises:
        ValueError: its length or its check digits are wrong.
    """
    try:
        return _judged_iban(value)
    except ValidationError:
        raise ValueError("not a valid IBAN; its length or check digits are wrong") from None


def _judged_iban(value: str) -> str:
    try:
        return str(iban.validate(value))
    except InvalidComponent:
        # python-stdnum has lists of banks, and new banks are not on them
        return str(iban.validate(value, check_country=False))


def check_bic(value: str) -> str:
    """Return the BIC in capitals (ISO 9362).

    Raises:
        ValueError: it does not have the form of a BIC.
    """
    try:
        return str(bic.validate(value))
    except ValidationError:
        raise ValueError("not a valid BIC; it has 8 or 11 characters") from None


def _judge(vat_id: str) -> None:
    country = _PREFIX_COUNTRY.get(vat_id[:2], vat_id[:2].lower())
    module = get_cc_module(country, "vat") if country in _JUDGED else None
    # a number that is only one with zeros put in front is written in a form that is no longer used
    if module is not None and not vat_id.endswith(module.validate(vat_id)):
        raise InvalidFormat
