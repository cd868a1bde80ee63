"""What XRechnung 3.0 asks for besides EN 16931 and the settings (rules 2.5.0), and Peppol between German parties.

Peppol has the same rules as `DE-R-…`. What is asked of settings too is in `documents/preflight.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tracker2invoice.config.identifiers import check_iban, looks_like_email
from tracker2invoice.documents.profiles import PROFILES, Profile
from tracker2invoice.documents.skonto import breaks_skonto
from tracker2invoice.validation.checks import Check, asked, both_in, lacks, lacks_in
from tracker2invoice.validation.faults import Fault
from tracker2invoice.validation.reading import Group, Invoice

_TYPES = frozenset(["326", "380", "384", "389", "381", "875", "876", "877"])
_WITH_SELLER_ID = frozenset(["S", "Z", "E", "AE", "K", "G", "L", "M"])
_TRANSFER, _CARD, _DEBIT = ("30", "58"), ("48", "54", "55"), ("59",)
_CORRECTED = "384"
_WEB = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:")
_OWN = PROFILES["xrechnung"].specification
_SPECIFICATIONS = (
    _OWN,
    f"{_OWN}#conformant#urn:xeinkauf.de:kosit:extension:xrechnung_3.0",
    f"{_OWN}#compliant#urn:xeinkauf.de:kosit:xrechnung:cvd_0.9",
)
_PEPPOL_NAMES = {
    "BR-DE-23-a": "DE-R-023-1", "BR-DE-23-b": "DE-R-023-2", "BR-DE-24-a": "DE-R-024-1", "BR-DE-24-b": "DE-R-024-2",
    "BR-DE-25-a": "DE-R-025-1", "BR-DE-25-b": "DE-R-025-2", "BR-TMP-2": "DE-R-T02",
}  # fmt: skip


def _paid_by(group: Group, means: tuple[str, ...]) -> bool:
    return group.text("BT-81") in means


def _no_iban(group: Group, term: str) -> bool:
    try:
        check_iban(group.text(term))
    except ValueError:
        return True
    return False


def _unnamed_seller(head: Group, invoice: Invoice) -> bool:
    terms = {"BG-20": "BT-95", "BG-21": "BT-102", "BG-25": "BT-151"}
    used = {one.text(term) for group, term in terms.items() for one in invoice.groups[group]}
    return bool(used & _WITH_SELLER_ID) and not (head.text("BT-31") or head.text("BT-32") or head.has("BG-11"))


def _same_names(_: Group, invoice: Invoice) -> bool:
    names = [name for one in invoice.groups["BG-24"] for name in one.texts("BT-125-2")]
    return len(names) != len(set(names))


def _debits(invoice: Invoice) -> bool:
    return any(one.has("BG-19") for one in invoice.groups["BG-16"])


def _no_delivery(head: Group, invoice: Invoice) -> bool:
    return not (
        head.has("BT-72") or head.has("BT-73") or head.has("BT-74") or all(one.has("BG-26") for one in invoice.lines)
    )


def _relative(group: Group, _: Invoice) -> bool:
    return group.has("BT-124") and not _WEB.match(group.text("BT-124"))


def _two_bases(line: Group, _: Invoice) -> bool:
    both = line.has("BT-149") and line.has("BT-149-0")
    units = (line.text("BT-150"), line.text("BT-150-0"))
    return both and (line.text("BT-149") != line.text("BT-149-0") or (all(units) and len(set(units)) > 1))


CHECKS: tuple[Check, ...] = (
    Check("BR-DE-2", "", ("BG-6",), "the contact of the seller is missing", lambda one, _: not one.has("BG-6")),
    Check("BR-DE-3", "", ("BT-37",), "the city of the seller is missing", lacks_in("BG-5", "BT-37")),
    Check("BR-DE-4", "", ("BT-38",), "the post code of the seller is missing", lacks_in("BG-5", "BT-38")),
    Check("BR-DE-8", "", ("BT-52",), "the city of the buyer is missing", lacks_in("BG-8", "BT-52")),
    Check("BR-DE-9", "", ("BT-53",), "the post code of the buyer is missing", lacks_in("BG-8", "BT-53")),
    Check("BR-DE-10", "", ("BT-77",), "the city of delivery is missing", lacks_in("BG-15", "BT-77")),
    Check("BR-DE-11", "", ("BT-78",), "the post code of delivery is missing", lacks_in("BG-15", "BT-78")),
    Check("BR-DE-14", "BG-23", ("BT-119",), "the rate is missing", lacks("BT-119")),
    Check("BR-DE-16", "", ("BT-31", "BT-32", "BG-11"), "neither a VAT id nor a tax number nor an agent of the seller",
          _unnamed_seller),
    Check("BR-DE-17", "", ("BT-3",), "documents of this type are not usual in Germany",
          lambda one, _: one.text("BT-3") not in _TYPES, warning=True),
    Check("BR-DE-18", "", ("BT-20",), "a line for a discount is not in the form of it",
          lambda one, _: one.has("BT-20") and breaks_skonto(one.values["BT-20"][0].text)),
    Check("BR-DE-19", "BG-16", ("BT-84",), "the account of a SEPA transfer has no valid IBAN",
          lambda one, _: one.text("BT-81") == "58" and _no_iban(one, "BT-84"), warning=True),
    Check("BR-DE-20", "BG-16", ("BT-91",), "the debited account has no valid IBAN",
          lambda one, _: _paid_by(one, _DEBIT) and _no_iban(one, "BT-91"), warning=True),
    Check("BR-DE-22", "", ("BT-125",), "two attachments have the same file name", _same_names),
    Check("BR-DE-23-a", "BG-16", ("BG-17",), "a transfer needs an account",
          lambda one, _: _paid_by(one, _TRANSFER) and not one.has("BG-17")),
    Check("BR-DE-23-b", "BG-16", ("BG-18", "BG-19"), "a transfer has neither a card nor a mandate",
          lambda one, _: _paid_by(one, _TRANSFER) and (one.has("BG-18") or one.has("BG-19"))),
    Check("BR-DE-24-a", "BG-16", ("BG-18",), "a payment by card needs the card",
          lambda one, _: _paid_by(one, _CARD) and not one.has("BG-18")),
    Check("BR-DE-24-b", "BG-16", ("BG-17", "BG-19"), "a payment by card has neither an account nor a mandate",
          lambda one, _: _paid_by(one, _CARD) and (one.has("BG-17") or one.has("BG-19"))),
    Check("BR-DE-25-a", "BG-16", ("BG-19",), "a direct debit needs a mandate",
          lambda one, _: _paid_by(one, _DEBIT) and not one.has("BG-19")),
    Check("BR-DE-25-b", "BG-16", ("BG-17", "BG-18"), "a direct debit has neither an account of the seller nor a card",
          lambda one, _: _paid_by(one, _DEBIT) and (one.has("BG-17") or one.has("BT-86") or one.has("BG-18"))),
    Check("BR-DE-26", "", ("BG-3",), "a corrected invoice names the one before",
          lambda one, invoice: one.text("BT-3") == _CORRECTED and not invoice.groups["BG-3"], warning=True),
    Check("BR-DE-28", "", ("BT-43",), "the e-mail address of the seller is none",
          lambda one, _: one.has("BG-6") and not looks_like_email(one.text("BT-43")), warning=True),
    Check("BR-DE-30", "", ("BT-90",), "a direct debit needs the id of the creditor",
          lambda one, invoice: _debits(invoice) and not one.has("BT-90")),
    Check("BR-DE-31", "", ("BT-91",), "a direct debit needs the debited account",
          lambda _, invoice: _debits(invoice) and not any(one.has("BT-91") for one in invoice.groups["BG-16"])),
    Check("BR-TMP-2", "BG-24", ("BT-124",), "the place of the document is no absolute address", _relative,
          warning=True),
)  # fmt: skip
"""What both ask for; the two rules that XRechnung alone has follow."""

ONLY_XRECHNUNG: tuple[Check, ...] = (
    Check("BR-DE-21", "", ("BT-24",), "it does not say that it follows XRechnung 3.0 and nothing else",
          lambda one, _: one.text("BT-24") not in _SPECIFICATIONS, warning=True),
    Check("BR-DE-TMP-32", "", ("BT-72", "BG-14", "BG-26"), "neither a day nor a period of delivery", _no_delivery,
          warning=True),
    Check("BR-TMP-3", "BG-25", ("BT-149",), "the prices before and after discount are for other quantities",
          _two_bases),
)  # fmt: skip


def _in_peppol(rule: str) -> str:
    return _PEPPOL_NAMES.get(rule) or f"DE-R-{int(rule.removeprefix('BR-DE-')):03}"


IN_PEPPOL = tuple(replace(one, rule=_in_peppol(one.rule)) for one in CHECKS)
"""The same between German parties in Peppol."""


def german(invoice: Invoice, profile: Profile) -> Iterator[Fault]:
    """Yield what German rules have against an invoice, where they hold."""
    if profile.name == "xrechnung":
        yield from asked((*CHECKS, *ONLY_XRECHNUNG), invoice)
    if profile.name == "peppol" and both_in(invoice, "DE"):
        yield from asked(IN_PEPPOL, invoice)
