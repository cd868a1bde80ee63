"""Identifiers in a scheme, written `scheme:id`: legal registrations and electronic addresses.

Schemes are those of the code lists that EN 16931 names: ISO 6523 ICD for registrations (BT-30-1, BT-47-1), CEF EAS for
electronic addresses (BT-34-1, BT-49-1). Where a scheme's numbers have check digits, python-stdnum judges them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module

from stdnum.exceptions import InvalidFormat, ValidationError

from tracker2invoice.documents.text import clean
from tracker2invoice.model.contract import Identifier

_EAS = (
    "0002 0007 0009 0037 0060 0088 0096 0097 0106 0130 0135 0142 0147 0151 0154 0158 0170 0177 0183 0184 "
    "0188 0190 0191 0192 0193 0194 0195 0196 0198 0199 0200 0201 0202 0203 0204 0205 0208 0209 0210 0211 "
    "0212 0213 0215 0216 0217 0218 0219 0220 0221 0225 0230 0235 0240 0242 0244 0245 0246 0248 9910 9913 "
    "9914 9915 9918 9919 9920 9922 9923 9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 "
    "9937 9938 9939 9940 9941 9942 9943 9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959 AN AQ AS "
    "AU EM"
)
EAS = frozenset(_EAS.split())
"""Schemes of electronic addresses, `EM` for e-mail: code list EAS of CEF, as in rule BR-CL-25 of EN 16931 1.3.16."""

ICD = frozenset(f"{code:04}" for code in range(2, 249)) - {"0092", "0103", "0181", "0182"}
"""Schemes of registrations: ISO 6523, as in rule BR-CL-11 of EN 16931 1.3.16."""

_SCHEME = re.compile(r"([0-9]{4}|[A-Z]{2}):(.*)")
_JUDGES: Mapping[str, str] = {
    "0002": "fr.siren",
    "0007": "se.orgnr",
    "0009": "fr.siret",
    "0088": "ean",
    "0151": "au.abn",
    "0184": "dk.cvr",
    "0192": "no.orgnr",
    "0199": "lei",
    "0204": "de.leitweg",
    "0208": "be.vat",
    "0211": "it.iva",
    "9925": "be.vat",
    "9930": "de.vat",
    "9944": "nl.btw",
}
"""The module of python-stdnum for the numbers of a scheme."""

_FORMS: Mapping[str, str] = {
    "0007": r"\d{10}",
    "0088": r"\d+",
    "0096": r"\d{10}",
    "0106": r"\d{8}",
    "0151": r"\d{11}",
    "0184": r"(DK)?\d{8}",
    "0190": r"\d{20}",
    "0192": r"\d{9}",
    "0196": r"\d{10}",
    "0198": r"DK\d{8}",
    "0201": r"[A-Za-z0-9]{6}",
    "0208": r"\d{10}",
    "0210": r"\d{11}|[A-Za-z]{6}\d\d[A-Za-z]\d\d.{3}\d[A-Za-z]",
    "0211": r"(IT)?\d{11}",
    "0217": r"\d{12}",
    "9944": r"NL\d{9}B\d\d",
}
"""How the numbers of a scheme are written: rules PEPPOL-COMMON-R040 to R057. python-stdnum takes more than that."""

_LEITWEG_ID = "0204"


def legal_id(value: object) -> Identifier:
    """Return a legal registration, written `scheme:id`, or without a scheme where its register has none.

    Raises:
        ValueError: an unknown scheme, or a number that is none of the scheme.
    """
    found = _split(value, '"0002:552100554", or "HRB 12345" where there is no scheme')
    if found.scheme and found.scheme not in ICD:
        raise ValueError('unknown scheme; write one of ISO 6523, such as "0002" (SIREN) or "0208" (Belgium)')
    return _judged(found)


def endpoint(value: object) -> Identifier:
    """Return an electronic address, written `scheme:id`.

    Raises:
        ValueError: no scheme of the code list EAS, or a number that is none of the scheme.
    """
    found = _split(value, '"9930:DE123456788"')
    if found.scheme not in EAS:
        raise ValueError('write its scheme of the code list EAS first: "9930:DE123456788", "EM:ap@client.example"')
    if found.scheme == "EM" and "@" not in found.id:
        raise ValueError('write an e-mail address after EM: "EM:ap@client.example"')
    return _judged(found)


def is_written_as(scheme: str, number: str) -> bool:
    """Whether the number has the form of its scheme; whatever is in a scheme without one has it."""
    form = _FORMS.get(scheme)
    return form is None or re.fullmatch(form, number, re.ASCII) is not None


def _split(value: object, example: str) -> Identifier:
    text = clean(value) if isinstance(value, str) else ""
    found = _SCHEME.fullmatch(text)
    identifier = Identifier(found[2].strip(), found[1]) if found else Identifier(text)
    if not identifier.id:
        raise ValueError(f"write {example}")
    return identifier


def _judged(found: Identifier) -> Identifier:
    if not is_written_as(found.scheme, found.id):
        raise ValueError(f"not written as numbers of the scheme {found.scheme} are; check its length and letters")
    judge = _JUDGES.get(found.scheme)
    if judge is None:
        return found
    try:
        # python-stdnum reads over blanks and dots, which receivers do not
        if not (found.id.isalnum() or found.scheme == _LEITWEG_ID):
            raise InvalidFormat
        import_module(f"stdnum.{judge}").validate(found.id)
    except ValidationError:
        raise ValueError(f"not a number of the scheme {found.scheme}; its length or check digits are wrong") from None
    return found
