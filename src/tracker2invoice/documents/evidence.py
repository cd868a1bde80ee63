"""The evidence pack as JSON: what was delivered, who accepted it, what came of it, and the proof of that.

`evidence.schema.json` describes it, `docs/evidence.md` explains it. Text in it is as it was frozen: whoever shows it to
people has to clean it.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from tracker2invoice.model.evidence import (
    Approval,
    Claimed,
    ClosedMilestone,
    Comparison,
    Delivered,
    Evidence,
    Recorded,
)

SCHEMA = Path(__file__).parent / "evidence.schema.json"
"""The JSON Schema (draft 2020-12) of the pack."""

HOW_TO_CHECK = (
    "The SHA-256 of `draft`, written as JSON with sorted keys, without spaces, in UTF-8, is `draft_sha256`, which is in"
    " the `body` of the claim's journal entry (of a claim with several documents, the SHA-256 of its `draft_sha256s`,"
    " joined by line feeds), and the SHA-256 of the JSON list of `previous`, `seq`, `at`, `kind`, `subject`, `body`,"
    " without spaces, all but ASCII escaped, is the `hash` of that entry, which the supplier's `t2i ledger verify`"
    " follows to the end of the journal. The `number`, which a document gets later, is in the `body` of an entry of its"
    " own."
)
"""Every word in backticks is a name in the pack."""

_FROZEN = ("reference", "type_code", "issue_date", "currency", "contract", "contract_title", "project")


def render_evidence(evidence: Evidence, comparison: Comparison | None = None) -> bytes:
    """Return the pack as indented UTF-8 JSON; without a comparison the same document always has the same bytes, once
    it has its number.
    """
    return (json.dumps(_pack(evidence, comparison), ensure_ascii=False, indent=2) + "\n").encode()


def amounts(evidence: Evidence) -> list[dict[str, str]]:
    """Return what the net total is made of, deductions negative, and how each amount came about."""
    return [
        {"what": row.description, "kind": row.kind, "amount": str(row.net), "basis": row.basis}
        for row in evidence.draft.rows
    ]


def compared(one: Comparison) -> dict[str, object]:
    """Return a comparison as it stands in the pack."""
    return {
        "at": _instant(one.at),
        "changes": [
            {
                "subject": change.subject,
                "change": change.change,
                "number": change.number,
                "title": change.title,
                "now": change.now or None,
            }
            for change in one.changes
        ],
        "unread": [{"milestone": each.title, "why": each.words} for each in one.unread],
    }


def _pack(evidence: Evidence, comparison: Comparison | None) -> dict[str, object]:
    draft = json.loads(evidence.frozen)
    return {
        **{name: draft[name] for name in _FROZEN},
        "number": evidence.numbered.number if evidence.numbered else None,
        "supplier": evidence.draft.supplier.name,
        "client": evidence.draft.client.name,
        "milestones": [_milestone(one) for one in evidence.milestones],
        "deliverables": [_deliverable(one) for one in evidence.deliverables],
        "acceptance": {
            "conditions": evidence.draft.why.accepted,
            "accepted_by": draft.get("accepted_by", []),
            "certified_by": draft.get("certified_by", []),
            "approvals": [_approval(one) for one in evidence.approvals],
        },
        "amounts": amounts(evidence),
        "totals": draft["totals"],
        "proof": {
            "how_to_check": HOW_TO_CHECK,
            "draft_sha256": evidence.sha256,
            "claims": [_claim(one) for one in evidence.claims],
            "number": _recorded(evidence.numbered.recorded) if evidence.numbered else None,
        },
        "draft": draft,
        "comparison": compared(comparison) if comparison else None,
    }


def _milestone(one: ClosedMilestone) -> dict[str, object]:
    return {
        "key": one.key,
        "title": one.title,
        "url": one.url,
        "closed_at": _instant(one.closed_at),
        "closed_by": one.closed_by,
        "closing": one.closing,
        "journal": _entry(one.recorded) if one.recorded else None,
    }


def _deliverable(one: Delivered) -> dict[str, object]:
    return {
        "kind": one.deliverable.kind,
        "number": one.deliverable.number,
        "title": one.deliverable.title,
        "url": one.deliverable.url,
        "closed_at": _instant(one.deliverable.closed_at),
        "assignees": list(one.deliverable.assignees),
        "milestone_key": one.milestone_key,
        "sha256": one.sha256,
    }


def _approval(one: Approval) -> dict[str, object]:
    return {
        "reference": one.reference,
        "by": one.by,
        "at": _instant(one.at),
        "note": one.note,
        "journal": _entry(one.recorded),
    }


def _entry(one: Recorded) -> dict[str, object]:
    return {"seq": one.seq, "hash": one.hash}


def _claim(one: Claimed) -> dict[str, object]:
    return {
        "reference": one.recorded.subject,
        "draft_sha256s": list(one.drafts),
        "journal": _recorded(one.recorded),
    }


def _recorded(one: Recorded) -> dict[str, object]:
    return {
        "previous": one.previous,
        "seq": one.seq,
        "at": one.at,
        "kind": one.kind,
        "subject": one.subject,
        "body": one.body,
        "hash": one.hash,
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
