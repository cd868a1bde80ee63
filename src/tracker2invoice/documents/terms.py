"""A draft in the business terms of EN 16931 (BT and BG numbers), as both syntaxes write them.

What is here is decided once, for UBL and CII: texts, codes, identifiers, sums. `ubl.py` and `cii.py` only know where it
stands. Amounts and dates stay values; how they are spelt is the syntax's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tracker2invoice.documents.profiles import Profile, country_of, process, type_code, wants_german_details
from tracker2invoice.documents.remarks import invoice_named, more
from tracker2invoice.documents.skonto import render_skonto
from tracker2invoice.documents.swiss import qr_bill
from tracker2invoice.documents.text import capped, clean, web_link
from tracker2invoice.languages.phrases import joined, phrase, worded
from tracker2invoice.model.contract import Address, Party
from tracker2invoice.model.invoice import AcceptedBy, Draft, Line, LineTax, TaxSubtotal
from tracker2invoice.model.tax import TaxCategory

MOST_LISTED = 50
"""Deliverables that the description of an item names; those over it are counted. The JSON document has them all."""

NOT_DEFINED, CREDIT_TRANSFER, SEPA_TRANSFER = "1", "30", "58"
"""Payment means (BT-81), code list UNCL4461."""

_ANNEX = "DOCUMENT_ANNEXE"

_EXEMPTION_CODES: Mapping[TaxCategory, str] = {
    "AE": "VATEX-EU-AE",
    "K": "VATEX-EU-IC",
    "G": "VATEX-EU-G",
    "O": "VATEX-EU-O",
}
"""The reasons (BT-121, code list VATEX) that belong to a category; E has many, which its text tells apart."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note (BG-1): its text (BT-22), and the code of its subject (BT-21), empty if it has none."""

    text: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A supporting document elsewhere (BG-24): its reference BT-122, what it is BT-123, its web address BT-124."""

    id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Payment:
    """Payment instructions (BG-16): means BT-81, and the account (BG-17) if the money goes to one."""

    means: str
    iban: str = ""
    account_name: str = ""
    bic: str = ""


@dataclass(frozen=True, slots=True)
class Vat:
    """A VAT breakdown (BG-23), one for each category and rate. `rate` is None where a document has none (BT-119)."""

    category: TaxCategory
    rate: Decimal | None
    base: Decimal
    amount: Decimal
    reason: str
    reason_code: str


@dataclass(frozen=True, slots=True)
class Item:
    """An invoice line (BG-25) with its number (BT-126), item name (BT-153) and description (BT-154)."""

    id: str
    name: str
    description: str
    line: Line


class Terms:
    """Says in business terms what stands on one draft in one profile."""

    def __init__(self, draft: Draft, profile: Profile) -> None:
        self.draft, self.profile = draft, profile
        self._language = draft.client.language
        self._outside_vat = any(one.category == "O" for one in draft.tax)
        self._german = wants_german_details(profile, draft.supplier, draft.client)

    @property
    def number(self) -> str:
        """BT-1: the number, or the reference as long as there is none."""
        return self.draft.number or self.draft.reference

    @property
    def payment_reference(self) -> str:
        """BT-83: our reference, or that of the QR-bill, besides which a bank may take no other."""
        bill = qr_bill(self.draft)
        return bill.reference if bill else self.draft.reference

    @property
    def type_code(self) -> str:
        """BT-3."""
        return type_code(self.draft, self.profile)

    @property
    def due_date(self) -> date | None:
        """BT-9; of a credit note there is nothing to pay."""
        return None if self.draft.is_credit_note else self.draft.due_date

    @property
    def process(self) -> str:
        """BT-23."""
        return process(self.draft, self.profile)

    @property
    def notes(self) -> tuple[Note, ...]:
        """BG-1: what the contract says, how the tax came about, and what the law of the supplier's country wants.

        Peppol has room for one (PEPPOL-EN16931-R002), and XRechnung reads its rules.
        """
        draft = self.draft
        plain_text = "\n".join(filter(None, (draft.note, draft.tax_note)))
        if self.profile.name in ("peppol", "xrechnung"):
            return (Note("\n".join(filter(None, (plain_text, *draft.legal_notes.values())))),)
        return (Note(plain_text), *(Note(text, subject) for subject, text in draft.legal_notes.items()))

    @property
    def contract(self) -> str:
        """BT-12: the number by which the client knows the contract, else our id of it."""
        return self.draft.contract_reference or self.draft.contract

    @property
    def payment_terms(self) -> str:
        """BT-20: in words, and for German receivers also in the lines of rule BR-DE-18."""
        draft = self.draft
        if draft.is_credit_note:
            named = (invoice_named(one, self._language) for one in draft.preceding)
            return worded(phrase("nothing_to_pay", invoices=joined("comma", named)), self._language)
        if not draft.early_payment or not self._german:
            return draft.payment_terms
        return f"{draft.payment_terms}\n{render_skonto(draft.early_payment)}"

    @property
    def payment(self) -> Payment | None:
        """BG-16: to the supplier's account; None where nobody has said how, as for a credit note."""
        supplier = self.draft.supplier
        if self.draft.is_credit_note:
            return Payment(NOT_DEFINED) if self._german else None
        return Payment(self._means, supplier.iban, supplier.name, supplier.bic) if supplier.iban else None

    @property
    def _means(self) -> str:
        if self.draft.currency == "EUR":
            return SEPA_TRANSFER
        # Peppol has no plain transfer for Danish suppliers (DK-R-005)
        danish = self.profile.name == "peppol" and country_of(self.draft.supplier) == "DK"
        return NOT_DEFINED if danish else CREDIT_TRANSFER

    @property
    def deliver_to(self) -> Address | None:
        """BG-15: where a supply within the EU goes to, None for all others."""
        within_eu = any(one.category == "K" for one in self.draft.tax)
        return self.draft.client.address if within_eu else None

    @property
    def links(self) -> Iterator[Link]:
        """BG-24: where the milestone can be looked at, and each comment that accepted it; plain web addresses alone.

        CII has room for one title (CII-SR-475), and France for kinds of documents alone (BR-FR-17).
        """
        why = self.draft.why
        title = _ANNEX if self.profile.name == "france" else why.milestone_title
        accepting = (one for one in self.draft.accepted_by if not one.label)
        comments = (Link(self._accepted(one), "", one.url) for one in accepting)
        links = (Link(why.milestone_key, title, why.milestone_url), *comments)
        return (one for one in links if web_link(one.url))

    def _accepted(self, one: AcceptedBy) -> str:
        return worded(phrase("accepted_on", person=one.login, item=one.item), self._language)

    def vat_id(self, party: Party) -> str:
        """BT-31, BT-48; outside the scope of VAT no party has one (BR-O-02)."""
        return "" if self._outside_vat else party.vat_id

    @property
    def vat(self) -> tuple[Vat, ...]:
        """BG-23: there is one for each category and rate, whatever the reasons (BR-S-01 and its like)."""
        merged: dict[LineTax, TaxSubtotal] = {}
        for one in self.draft.tax:
            key = LineTax(one.category, one.rate)
            merged[key] = _added(merged[key], one) if key in merged else one
        return tuple(self._vat(one) for one in merged.values())

    def _vat(self, one: TaxSubtotal) -> Vat:
        # BR-DE-14 wants a rate even where nothing can bear one
        without = one.category == "O" and not self._german
        return Vat(
            category=one.category,
            rate=None if without else one.rate,
            base=one.base,
            amount=one.amount,
            reason="" if one.category in ("S", "Z") else one.exemption_reason,
            reason_code=_EXEMPTION_CODES.get(one.category, ""),
        )

    @property
    def items(self) -> Iterator[Item]:
        """BG-25."""
        for number, line in enumerate(self.draft.explained_lines, start=1):
            # a name of nothing but blanks breaks BR-25
            name = clean(line.description) or self.draft.reference
            delivered = "\n".join(_listed(line, self._language))
            yield Item(str(number), name, delivered, _counted(line) if self.profile.name == "france" else line)

    @property
    def lines_total(self) -> Decimal:
        """BT-106."""
        return self.draft.totals.net + self.draft.totals.allowances


def rate(tax: LineTax) -> Decimal | None:
    """Return the rate of a line or an allowance (BT-152, BT-96): none outside the scope of VAT (BR-O-05)."""
    return None if tax.category == "O" else tax.rate


def told(*texts: str) -> str:
    """Return a text with what explains it: `Retainage: 5 % of 18000`."""
    return ": ".join(filter(None, texts))


def plain(number: Decimal) -> str:
    """Return all digits of a number: no exponent (XSD decimal), and no sign before a zero, which CII rules misread."""
    return format(number or number.copy_abs(), "f")


def _added(one: TaxSubtotal, other: TaxSubtotal) -> TaxSubtotal:
    reasons = dict.fromkeys(filter(None, (one.exemption_reason, other.exemption_reason)))
    return replace(
        one, base=one.base + other.base, amount=one.amount + other.amount, exemption_reason="; ".join(reasons)
    )


def _counted(line: Line) -> Line:
    """Return the line as one piece if it has more decimals than France takes (BR-FR-DEC-02, BR-FR-DEC-03)."""
    if _decimals(line.quantity) <= 4 and _decimals(line.unit_price) <= 6:
        return line
    return replace(line, quantity=Decimal(1 if line.net >= 0 else -1), unit="C62", unit_price=abs(line.net))


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _listed(line: Line, language: str) -> Iterable[str]:
    for one in line.deliverables[:MOST_LISTED]:
        yield capped(f"#{one.number} {one.title}" if one.number.isdigit() else f"{one.number} {one.title}")
    if (left_out := len(line.deliverables) - MOST_LISTED) > 0:
        yield more(left_out, language)
