"""The words that stand on a document, by language.

Each language is a file in `languages/`, with the keys of `en.toml`: `tax_…` by category (UNCL5305), `unit_…` by UN/ECE
Rec 20, `locale` for dates and numbers (CLDR). A new language is a new file. Statements and evidence packs are in
English alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

_FOLDER = Path(__file__).parent / "languages"

LANGUAGES = tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))
"""The languages that invoices can be written in: ISO 639-1 codes."""


@cache
def labels(language: str) -> Mapping[str, str]:
    """Return the labels of an invoice in one of `LANGUAGES`."""
    return MappingProxyType(tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8")))


_STATEMENT = {
    "statement": "Progress statement",
    "application": "Application {number}",
    "nothing_billed": "Nothing billed yet",
    "period_to": "Period to",
    "amounts": "Amounts",
    "net_in": "net, in {currency}",
    "gross_in": "with VAT, in {currency}",
    "current_due": "Current payment due",
    "asked": "Invoices of this period ask for",
    "summary": "Summary",
    "sheet": "Continuation sheet",
    "line_1": "Original contract sum",
    "line_2": "Net change by change orders",
    "line_2a": "Adjustments: escalation and discounts billed to date",
    "line_3": "Contract sum to date (1 + 2 + 2a)",
    "line_4": "Total completed and stored to date (column G)",
    "line_5a": "Retainage on completed work (columns D + E), {percent} %",
    "line_5b": "Retainage on stored material (column F)",
    "line_5": "Total retainage (column I)",
    "line_6": "Total earned less retainage (4 - 5)",
    "line_7": "Less previous certificates for payment (line 6 of the one before)",
    "line_8": "Current payment due (6 - 7)",
    "line_9": "Balance to finish, including retainage (3 - 6)",
    "advances": "Advances",
    "advances_billed": "Billed to date",
    "advances_drawn": "Drawn down to date",
    "advances_left": "Left to draw down",
    "asked_how": "Line 8, with advances billed, less drawn down",
    "orders": "Change orders",
    "order_number": "Number",
    "order_date": "Effective",
    "additions": "Additions",
    "deductions": "Deductions",
    "net_change": "Net change",
    "none": "None",
    "total": "Total",
    "column_A": "Item",
    "column_B": "Description",
    "column_C": "Scheduled value",
    "column_D": "Previous",
    "column_E": "This period",
    "column_F": "Stored",
    "column_G": "Completed",
    "column_%": "G / C",
    "column_H": "Balance",
    "column_I": "Retainage",
    "item_cancelled": "Cancelled",
    "item_removed": "No longer in the contract",
    "item_unallocated": "Not in any term",
    "item_escalation": "Escalation, as billed",
    "item_discount": "Discounts, as billed",
    "item_released": "Released beyond what was retained",
}

STATEMENT_LABELS: Mapping[str, str] = MappingProxyType({**labels("en"), **_STATEMENT})
"""The labels of a statement: `line_…` and `column_…` go by the numbers of G702 and the letters of G703, `item_…` by the
kind of a row. It shares some with invoices."""

_EVIDENCE = {
    "evidence": "Evidence",
    "document": "Document",
    "milestones": "Milestones",
    "acceptance": "Acceptance",
    "when": "When (UTC)",
    "on": "On",
    "accepted_by": "Accepted by",
    "accepted_how": "By the label or comment",
    "certified_by": "Certified by",
    "certified": "Done to date",
    "approvals": "Approved before it was billed",
    "entry": "Journal entry",
    "amounts": "Amounts",
    "since": "What has changed since",
    "compared_at": "What the tracker said on {at}, beside what was billed. What was billed does not change by it.",
    "no_changes": "Nothing has changed.",
    "unread": "Not read, so it may have changed",
    "subject": "What",
    "reason": "Why",
    "billed_as": "As billed",
    "since_then": "Since then",
    "change_reopened": "open again",
    "change_renamed": "renamed",
    "change_moved": "moved to",
    "change_gone": "deleted, or in no milestone of its project",
    "change_added": "added",
    "proof": "Proof",
    "digest": "SHA-256 of the frozen draft",
    "claim": "Claim",
    "hash": "Hash of the entry",
}

EVIDENCE_LABELS: Mapping[str, str] = MappingProxyType({**labels("en"), **_EVIDENCE})
"""The labels of an evidence pack: `change_…` by what became of something. It shares some with invoices."""
