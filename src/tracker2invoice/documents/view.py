"""A draft turned into the words and figures that stand on the page, in the languages of its client. No layout, no I/O.

Labels stand in every language; figures, days and sentences are of the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, cast

from tracker2invoice.documents.remarks import supplier_notes
from tracker2invoice.documents.scan import payment_code
from tracker2invoice.documents.swiss import printed, qr_bill
from tracker2invoice.documents.text import Plain, all_printable, capped, printable, unbroken, web_link
from tracker2invoice.languages.figures import Figures
from tracker2invoice.languages.labels import Words
from tracker2invoice.model.contract import Address, Party
from tracker2invoice.model.invoice import Allowance, Draft, Line, Preceding, TaxSubtotal
from tracker2invoice.model.milestone import Deliverable

_PLACED = (
    *("title", "from", "to", "amount_due", "description", "quantity", "unit_price", "net", "milestone", "basis"),
    *("tax_breakdown", "tax_base", "tax", "preceding", "payment", "part_due", "scan", "note"),
    *("deliverables", "number", "deliverable", "closed", "people"),
)
_NAMED_UNITS = frozenset({"HUR", "DAY", "MON"})
_ON_CREDIT_NOTES: Mapping[str, str] = {
    "to": "credit_to",
    "amount_due": "credit_amount",
    "preceding": "credit_of",
}

MOST_DELIVERABLES = 1000
"""Rows of the annex; what is over is counted, not listed. The JSON document has them all."""


class View:
    """Says things about one draft; `data` is all of it, every string safe to print.

    One that is `planned` is marked as a preview. `only` its annex is laid out by itself, without anything to pay.
    """

    def __init__(self, draft: Draft, *, planned: bool = False, only: Literal["", "annex"] = "") -> None:
        self._draft, self._planned, self._only = draft, planned, only
        self._words = Words(draft.client.languages)
        self._figures = Figures(draft.currency, draft.client.language)
        self._bill = None if only else qr_bill(draft)

    def data(self) -> dict[str, Plain]:
        """Return what the template reads."""
        draft = self._draft
        content: dict[str, Plain] = {
            "only": self._only,
            "languages": self._words.languages,
            "labels": self._labels(),
            "name": draft.number or draft.reference,
            "mark": self._words.word("preview") if self._planned else "",
            "supplier": self._party(draft.supplier),
            "client": self._party(draft.client),
            "dates": [
                [self._words.label("issued"), self._figures.date(draft.issue_date)],
                self._delivery(),
                *([] if draft.is_credit_note else [[self._words.label("due"), self._figures.date(draft.due_date)]]),
            ],
            "agreement": _present(
                [
                    (
                        self._words.label("contract"),
                        _joined(draft.contract_title or draft.contract, draft.contract_reference),
                    ),
                    (self._words.label("project"), draft.project),
                    (self._words.label("order"), draft.order_reference),
                    (self._words.label("buyer_reference"), draft.client.buyer_reference),
                    (self._words.label("reference"), draft.reference if draft.number else ""),
                ]
            ),
            "currency": draft.currency,
            "lines": [self._line(line) for line in draft.explained_lines],
            "allowances": [self._allowance(one) for one in draft.allowances],
            "milestone": {
                "title": _title(draft.why.milestone_title) or draft.why.milestone_key,
                "url": web_link(draft.why.milestone_url),
            },
            "tax": [*(self._tax(subtotal) for subtotal in draft.tax), *self._converted()],
            "tax_note": unbroken(draft.tax_note),
            "totals": self._totals(),
            "payable": self._figures.money(draft.totals.payable),
            "preceding": [self._preceding(one) for one in draft.preceding],
            "payment_terms": unbroken(draft.payment_terms),
            "installments": self._installments(),
            "payment": self._payment(),
            "payment_code": "" if self._bill or self._only else payment_code(draft),
            "bill": printed(self._bill, self._words.languages) if self._bill else {},
            "note": [paragraph for paragraph in self._notes() if paragraph.strip()],
            **self._annex(),
        }
        return {key: all_printable(value) for key, value in content.items()}

    def _notes(self) -> list[str]:
        return [*self._draft.note.splitlines(), *supplier_notes(self._draft)]

    def _labels(self) -> dict[str, list[str]]:
        """Return the labels that the template places; some are others on a credit note."""
        named = {name: self._words.label(name) for name in _PLACED}
        named["net"] = [f"{word} {self._draft.currency}" for word in named["net"]]
        named["part_amount"] = self._words.label("part_amount", currency=self._draft.currency)
        if self._draft.is_credit_note:
            named |= {name: self._words.label(instead) for name, instead in _ON_CREDIT_NOTES.items()}
        return named | {"title": self._words.label(self._headline())}

    def _headline(self) -> str:
        if self._only:
            return "deliverables"
        title = "credit_title" if self._draft.is_credit_note else "title"
        return f"final_{title}" if self._draft.number else title

    def _delivery(self) -> list[Plain]:
        draft = self._draft
        if draft.delivery_period is None:
            return [self._words.label("delivered"), self._figures.date(draft.delivery_date)]
        start, end = (
            self._figures.date(day, "medium").replace(" ", "\N{NO-BREAK SPACE}")
            for day in (draft.delivery_period.start, draft.delivery_period.end)
        )
        return [self._words.label("delivered_over"), f"{start} \N{EN DASH} {end}"]

    def _party(self, party: Party) -> dict[str, Plain]:
        return {
            "name": party.name,
            "address": self._address(party.address) if party.address else [],
            "ids": _present([(self._words.label("vat_id"), party.vat_id), (self._words.label("tax_id"), party.tax_id)]),
            "contact": [value for value in (party.contact, party.email, party.phone) if value],
        }

    def _address(self, address: Address) -> list[str]:
        territories = cast("Mapping[str, str]", self._figures.locale.territories)
        country = territories.get(address.country, address.country)
        lines = [address.street, address.extra, f"{address.postcode} {address.city}".strip(), country]
        return [line for line in lines if line]

    def _line(self, line: Line) -> dict[str, str]:
        unit = self._unit(line.unit)
        # a quantity of -1 is how a deduction is written, not something to read
        deduction = line.quantity == -1 and line.unit == "C62"
        return {
            "description": capped(line.description),
            "basis": capped(unbroken(line.basis)),
            "quantity": "" if deduction else f"{self._figures.number(line.quantity)} {unit}".strip(),
            "unit_price": "" if deduction else self._figures.price(line.unit_price),
            "net": self._figures.amount(line.net),
        }

    def _unit(self, code: str) -> str:
        if code == "C62":
            return ""
        return self._words.word(f"unit_{code}") if code in _NAMED_UNITS else code

    def _allowance(self, allowance: Allowance) -> dict[str, str]:
        return {
            "reason": capped(allowance.reason),
            "basis": capped(unbroken(allowance.basis)),
            "amount": self._figures.amount(-allowance.amount),
        }

    def _tax(self, subtotal: TaxSubtotal) -> dict[str, Plain]:
        rate = self._figures.number(subtotal.rate)
        return {
            "label": self._words.label(f"tax_{subtotal.category}", rate=rate),
            "base": self._figures.amount(subtotal.base),
            "amount": self._figures.amount(subtotal.amount),
            "reason": subtotal.exemption_reason,
        }

    def _converted(self) -> list[dict[str, Plain]]:
        """Return the VAT in the currency in which the supplier accounts for it; how it was converted is in a note."""
        converted = self._draft.accounting_tax
        if converted is None or converted.rate is None:
            return []
        label = [f"{word} {converted.currency}" for word in self._words.label("total_tax")]
        amount = Figures(converted.currency, self._draft.client.language).amount(converted.amount)
        return [{"label": label, "base": "", "amount": amount, "reason": ""}]

    def _totals(self) -> list[list[Plain]]:
        totals = self._draft.totals
        rows: list[list[Plain]] = [
            *self._sums(),
            [self._words.label("total_net"), self._figures.amount(totals.net)],
            [self._words.label("total_tax"), self._figures.amount(totals.tax)],
        ]
        if totals.prepaid:
            rows.append([self._words.label("total_gross"), self._figures.amount(totals.gross)])
            rows.append([self._words.label("prepaid"), self._figures.amount(-totals.prepaid)])
        return rows

    def _sums(self) -> list[list[Plain]]:
        """Return how the net total comes from lines and allowances; nothing to say if there are lines alone."""
        totals = self._draft.totals
        if not self._draft.allowances:
            return []
        return [
            [self._words.label("total_lines"), self._figures.amount(totals.net + totals.allowances)],
            [self._words.label("total_allowances"), self._figures.amount(-totals.allowances)],
        ]

    def _installments(self) -> list[list[str]]:
        return [
            [self._figures.date(part.due_date), self._figures.amount(part.amount)] for part in self._draft.installments
        ]

    def _preceding(self, one: Preceding) -> list[str]:
        day = self._words.word("preceding_of", day=self._figures.date(one.issue_date))
        return [capped(one.number) or one.reference, day, one.reference if one.number else ""]

    def _payment(self) -> list[list[Plain]]:
        supplier = self._draft.supplier
        # the payment part has all of it, and its own reference
        if not supplier.iban or self._draft.is_credit_note or self._bill:
            return []
        return _present(
            [
                (self._words.label("account_holder"), supplier.name),
                (["IBAN"], _in_fours(supplier.iban)),
                (["BIC"], supplier.bic),
                (self._words.label("reference"), self._draft.reference),
            ]
        )

    def _annex(self) -> dict[str, Plain]:
        everything = [one for line in self._draft.lines for one in line.deliverables]
        left_out = len(everything) - MOST_DELIVERABLES
        return {
            "deliverables": [self._deliverable(one) for one in everything[:MOST_DELIVERABLES]],
            "more": self._words.word("more", count=str(left_out)) if left_out > 0 else "",
        }

    def _deliverable(self, one: Deliverable) -> dict[str, str]:
        closed = self._figures.date(one.closed_at.date(), "medium") if one.closed_at else ""
        return {
            "number": f"#{one.number}" if one.number.isdigit() else capped(one.number, 20),
            "title": _title(one.title) or one.number,
            "url": web_link(one.url),
            "closed": closed,
            "people": capped(", ".join(one.assignees)),
        }


def _title(text: str) -> str:
    return printable(capped(text))


def _joined(*texts: str) -> str:
    return ", ".join(filter(None, texts))


def _present(rows: Iterable[tuple[Sequence[str], str]]) -> list[list[Plain]]:
    return [[label, value] for label, value in rows if value]


def _in_fours(iban: str) -> str:
    compact = iban.replace(" ", "")
    return "\N{NO-BREAK SPACE}".join(compact[start : start + 4] for start in range(0, len(compact), 4))
