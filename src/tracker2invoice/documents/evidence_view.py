"""The evidence pack turned into words and figures for a page, in English. No layout, no I/O."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from tracker2invoice.documents.evidence import HOW_TO_CHECK, amounts
from tracker2invoice.documents.figures import Figures, Plain, all_printable
from tracker2invoice.documents.labels import EVIDENCE_LABELS
from tracker2invoice.documents.text import capped, printable, web_link
from tracker2invoice.documents.view import MOST_DELIVERABLES
from tracker2invoice.model.evidence import Change, ClosedMilestone, Comparison, Delivered, Evidence, Recorded
from tracker2invoice.model.invoice import AcceptedBy, Certification


class EvidenceView:
    """Says things about one pack; `data` is all of it, every string safe to print."""

    def __init__(self, evidence: Evidence, comparison: Comparison | None) -> None:
        self._evidence, self._comparison = evidence, comparison
        self._draft = evidence.draft
        self._labels = EVIDENCE_LABELS
        self._figures = Figures(self._draft.currency, "en")

    def data(self) -> dict[str, Plain]:
        """Return what the template reads."""
        draft, everything = self._draft, self._evidence.deliverables
        left_out = len(everything) - MOST_DELIVERABLES
        content: dict[str, Plain] = {
            "language": "en",
            "labels": dict(self._labels),
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
            "more": self._labels["more"].format(count=left_out) if left_out > 0 else "",
            "digest": self._evidence.sha256,
            "claims": [*(_entry(one.recorded, one.recorded.subject) for one in self._evidence.claims), *self._number()],
            "how_to_check": f"{draft.reference}.evidence.json: {HOW_TO_CHECK.replace('`', '')}",
            "comparison": self._since(self._comparison) if self._comparison else [],
        }
        return {key: all_printable(value) for key, value in content.items()}

    def _facts(self) -> list[list[str]]:
        draft, labels, numbered = self._draft, self._labels, self._evidence.numbered
        title = labels["credit_title" if draft.is_credit_note else "final_title"]
        facts = [
            (labels["document"], f"{title} {numbered.number}" if numbered else title),
            (labels["to"], draft.client.name),
            (labels["contract"], draft.contract_title or draft.contract),
            (labels["project"], draft.project),
            (labels["issued"], self._figures.date(draft.issue_date)),
            (labels["total_gross"], self._figures.money(draft.totals.gross)),
            *((labels["credit_of"], str(one)) for one in draft.preceding if draft.is_credit_note),
        ]
        return [[label, capped(value, 80)] for label, value in facts]

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
        words = f"{self._figures.number(one.percent)} % of {one.term}"
        return [capped(one.by, 80), _instant(one.at), capped(words, 80), capped(one.note)]

    def _amounts(self) -> list[list[str]]:
        return [
            [capped(one["what"]), capped(one["basis"]), self._figures.amount(Decimal(one["amount"]))]
            for one in amounts(self._evidence)
        ]

    def _totals(self) -> list[list[str]]:
        totals, labels = self._draft.totals, self._labels
        rows = [("total_net", totals.net), ("total_tax", totals.tax), ("total_gross", totals.gross)]
        if totals.prepaid:
            rows += [("prepaid", -totals.prepaid)]
        return [[labels[name], self._figures.amount(amount)] for name, amount in rows]

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
            "at": self._labels["compared_at"].format(at=_instant(found.at)),
            "changes": [self._change(one) for one in found.changes],
            "unread": [[_title(one.title), capped(one.words)] for one in found.unread],
            "none": "" if found.changes or found.unread else self._labels["no_changes"],
        }

    def _change(self, one: Change) -> list[str]:
        number = f"#{one.number}" if one.number.isdigit() else capped(one.number, 20)
        what = f"{self._labels[one.subject]} {number}".strip()
        words = self._labels[f"change_{one.change}"]
        return [what, _title(one.title), f"{words}: {_title(one.now)}" if one.now else words]


def _entry(one: Recorded, what: str) -> list[str]:
    return [what, one.at[:19].replace("T", " "), str(one.seq), one.hash]


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _title(text: str) -> str:
    return printable(capped(text))
