"""Judges a file: what it is, which profile it follows, and everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from tracker2invoice.documents.profiles import PROFILES, Profile
from tracker2invoice.intake import MEGABYTE
from tracker2invoice.validation import german, identifiers, national, parties, peppol, required, sums, tax
from tracker2invoice.validation.embedded import attached_invoice
from tracker2invoice.validation.faults import Fault, Rule
from tracker2invoice.validation.own import csv_faults, json_faults
from tracker2invoice.validation.reading import Invoice, Unreadable, read

LARGEST = 16 * MEGABYTE
"""Bytes of a file, and of what is unpacked from it."""

MOST_FAULTS = 1000
"""How much is named at most of what is wrong with a file."""

RULES: tuple[Rule, ...] = (
    required.missing,
    required.misspelt,
    required.wrong_root,
    required.empty,
    required.unpayable,
    sums.totals,
    sums.lines,
    sums.repeated,
    sums.percentages,
    sums.vat,
    tax.categories,
    tax.reasons,
    tax.within_eu,
    tax.outside_vat,
    tax.days,
    tax.currencies,
    parties.demands,
    peppol.peppol,
    national.national,
    german.german,
    identifiers.vat_ids,
    identifiers.accounts,
    identifiers.buyer_references,
    identifiers.in_schemes,
    identifiers.dutch_vat_ids,
)
"""What electronic invoices are judged by, in this order."""

_FRENCH_PROCESS = re.compile("[BSM][1-9]")
_FAMILY = "urn:cen.eu:en16931:2017"
_WHOLE_FILE = "file"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a file is (`ubl`, `cii`, `facturx`, `json`, `csv`; empty if nobody knows), its profile, what is wrong."""

    kind: str
    profile: str
    faults: tuple[Fault, ...]


def judge(content: bytes) -> Verdict:
    """Return the verdict on a file; going by its content, never by its name."""
    kind, judged = _kind(content)
    try:
        return judged(content)
    except Unreadable as error:
        return Verdict(kind, "", (Fault(_WHOLE_FILE, (), _WHOLE_FILE, str(error)),))


def _kind(content: bytes) -> tuple[str, Callable[[bytes], Verdict]]:
    start = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return "", _electronic
    if b"%PDF-" in start:
        return "facturx", _facturx
    if start.startswith(b"{"):
        return "json", lambda held: _verdict("json", json_faults(held))
    return "csv", lambda held: _verdict("csv", csv_faults(held))


def _facturx(content: bytes) -> Verdict:
    inside = _electronic(attached_invoice(content, LARGEST))
    return Verdict("facturx", inside.profile, inside.faults)


def _electronic(content: bytes) -> Verdict:
    invoice = read(content)
    specification = invoice.head.text("BT-24")
    if specification and not specification.startswith(_FAMILY):
        words = "it does not say that it follows EN 16931, and was judged by nothing else"
        fault = Fault("BR-01", ("BT-24",), invoice.head.where("BT-24"), words)
        return Verdict(invoice.syntax, "", (fault,))
    profile = _profile(invoice, specification)
    return _verdict(invoice.syntax, (fault for rule in RULES for fault in rule(invoice, profile)), profile.name)


def _profile(invoice: Invoice, specification: str) -> Profile:
    """Return the profile that the invoice names (BT-24); France goes by the business process (BT-23, BR-FR-08)."""
    for name in ("peppol", "xrechnung"):
        if specification.startswith(PROFILES[name].specification):
            return PROFILES[name]
    french = _FRENCH_PROCESS.fullmatch(invoice.head.text("BT-23"))
    return PROFILES["france" if french else "en16931"]


def _verdict(kind: str, faults: Iterable[Fault], profile: str = "") -> Verdict:
    return Verdict(kind, profile, tuple(dict.fromkeys(islice(faults, MOST_FAULTS))))
