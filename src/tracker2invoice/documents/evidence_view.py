"""The evidence pack turned into words and figures for a page, in the languages of the client. No layout, no I/O.

Labels stand in every language; figures, days and what became of things are of the first. What the journal and the
trackers are quoted with stays as it was recorded.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from tracker2invoice.documents.evidence import HOW_TO_CHECK, amounts
from tracker2invoice.documents.remarks import invoice_named
from tracker2invoice.documents.text import Plain, all_printable, capped, printable, unbroken, web_link
from tracker2invoice.documents.view import MOST_DELIVERABLES
from tracker2invoice.languages.figures import Figures
from tracker2invoice.languages.labels import Words
from tracker2invoice.model.evidence import Change, ClosedMilestone, Comparison, Delivered, Evidence, Recorded
from tracker2invoice.model.invoice import AcceptedBy, Certification

_PLACED = (
    *("evidence", "document", "milestones", "milestone", "acceptance", "when", "on", "accepted_by", "accepted_how"),
    *("certified_by", "certified", "note", "approvals", "entry", "amounts", "description", "net", "since", "subject"),
    *("billed_as", "since_then", "unread", "reason", "proof", "digest", "claim", "hash"),
    *("deliverables", "deliverable", "number", "closed", "people"),
)


class EvidenceView:
    """Says things about one pack; `data` is all of it, every string safe to print."""

    def __init__(self, evidence: Evidence, comparison: Comparison | None) -> None:
        self._evidence, self._comparison = evidence, comparison
        self._draft = evidence.draft
        self._words = Words(self._draft.client.languages)
        self._figures = Figures(self._draft.currency, self._draft.client.language)

    def data(self) -> dict[str, Plain]:
        """Return what the template reads."""
        draft, everything = self._draft, self._evidence.deliverables
        left_out = len(everything) - MOST_DELIVERABLES
        content: dict[str, Plain] = {
            "languages": self._words.languages,
            "labels": self._labels(),
            "reference": draft.reference,
            "supplier": draft.supplier.name,
            "currency": draft.currency,
            "facts": self._facts(),
            "milestones": [self._milestone(one) for one in self._evidence.milestones],
            "conditions": capped(draft.why.accepted, 2000),
            "accepted_by": [self._accepted_by(one) for one in draft.accepted_by],
            "certified_by": [self._certified_by(one) for one in draft.certified_by],
            "approvals": [
                [capped(one.by, 80), _instant(one.at), capped(one.note), str(one.recorded.seq)]
                for one in self._evidence.approvals
            ],
            "amounts": self._amounts(),
            "totals": self._totals(),
            "deliverables": [self._deliverable(one) for one in everything[:MOST_DELIVERABLES]],
            "more": self._words.word("more", count=str(left_out)) if left_out > 0 else "",
            "digest": self._evidence.sha256,
            "claims": [*(_entry(one.recorded, one.recorded.subject) for one in self._evidence.claims), *self._number()],
            "how_to_check": f"{draft.reference}.evidence.json: {HOW_TO_CHECK.replace('`', '')}",
            "comparison": self._since(self._comparison) if self._comparison else [],
        }
        return {key: all_printable(value) for key, value in content.items()}

    def _labels(self) -> dict[str, list[str]]:
        named = {name: self._words.label(name) for name in _PLACED}
        return named | {"net": [f"{word} {self._draft.currency}" for word in named["net"]]}

    def _facts(self) -> list[Plain]:
        draft, label, numbered = self._draft, self._words.label, self._evidence.numbered
        title = self._words.word("final_credit_title" if draft.is_credit_note else "final_title")
        credited = draft.preceding if draft.is_credit_note else ()
        facts = [
            (label("document"), f"{title} {numbered.number}" if numbered else title),
            (label("to"), draft.client.name),
            (label("contract"), draft.contract_title or draft.contract),
            (label("project"), draft.project),
            (label("issued"), self._figures.date(draft.issue_date)),
            (label("total_gross"), self._figures.money(draft.totals.gross)),
            *((label("credit_of"), invoice_named(one, draft.client.language)) for one in credited),
        ]
        return [[title, capped(value, 80)] for title, value in facts]

    def _milestone(self, one: ClosedMilestone) -> dict[str, str]:
        return {
            "title": _title(one.title) or one.key,
            "url": web_link(one.url),
            "closing": capped(one.closing),
            "entry": str(one.recorded.seq) if one.recorded else "",
        }

    def _accepted_by(self, one: AcceptedBy) -> list[str]:
        url = web_link(one.url)
        return [capped(one.login, 80), _instant(one.at), capped(one.item, 40), capped(one.label, 80) or url, url]

    def _certified_by(self, one: Certification) -> list[str]:
        words = self._words.word("share_of", percent=self._figures.number(one.percent), amount=one.term)
        return [capped(one.by, 80), _instant(one.at), capped(words, 80), capped(one.note)]

    def _amounts(self) -> list[list[str]]:
        return [
            [capped(one["what"]), capped(unbroken(one["basis"])), self._figures.amount(Decimal(one["amount"]))]
            for one in amounts(self._evidence)
        ]

    def _totals(self) -> list[Plain]:
        totals = self._draft.totals
        rows = [("total_net", totals.net), ("total_tax", totals.tax), ("total_gross", totals.gross)]
        if totals.prepaid:
            rows += [("prepaid", -totals.prepaid)]
        return [[self._words.label(name), self._figures.amount(amount)] for name, amount in rows]

    def _deliverable(self, one: Delivered) -> dict[str, str]:
        found = one.deliverable
        return {
            "number": f"#{found.number}" if found.number.isdigit() else capped(found.number, 20),
            "title": _title(found.title) or found.number,
            "url": web_link(found.url),
            "closed": self._figures.date(found.closed_at.date(), "medium") if found.closed_at else "",
            "people": capped(", ".join(found.assignees)),
            "digest": one.sha256,
        }

    def _number(self) -> list[list[str]]:
        numbered = self._evidence.numbered
        return [_entry(numbered.recorded, capped(numbered.number, 40))] if numbered else []

    def _since(self, found: Comparison) -> dict[str, Plain]:
        return {
            "at": self._words.word("compared_at", at=_instant(found.at)),
            "changes": [self._change(one) for one in found.changes],
            "unread": [[_title(one.title), capped(one.words)] for one in found.unread],
            "none": "" if found.changes or found.unread else self._words.word("no_changes"),
        }

    def _change(self, one: Change) -> list[str]:
        number = f"#{one.number}" if one.number.isdigit() else capped(one.number, 20)
        what = f"{self._words.word(one.subject)} {number}".strip()
        words = self._words.word(f"change_{one.change}")
        return [what, _title(one.title), f"{words}: {_title(one.now)}" if one.now else words]


def _entry(one: Recorded, what: str) -> list[str]:
    return [what, one.at[:19].replace("T", " "), str(one.seq), one.hash]


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _title(text: str) -> str:
    return printable(capped(text))
