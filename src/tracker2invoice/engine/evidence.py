"""Gathers what stands behind a document out of the ledger, and proves it before it is told. Asks no tracker.

Everything was written by the time the document was claimed, and its number when it was finalized: the same document has
the same evidence for good.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from tracker2invoice.errors import LedgerDamaged
from tracker2invoice.ledger.canonical import canonical
from tracker2invoice.ledger.journal import Entry
from tracker2invoice.ledger.rows import decision_of, milestone_of, row_of, sha256
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.mapping.accept import Closing, closing_of
from tracker2invoice.mapping.text import one_line
from tracker2invoice.model.claim import Claim, seal
from tracker2invoice.model.evidence import Approval, Claimed, ClosedMilestone, Delivered, Evidence, Numbered
from tracker2invoice.model.invoice import Draft


def evidence(ledger: Ledger, document: str) -> Evidence:
    """Return what stands behind a document.

    Raises:
        LedgerDamaged: draft, claim and journal do not agree. `ledger verify` says in what.
    """
    draft = ledger.draft(document)
    frozen = ledger.frozen(document)
    claims = ledger.claims_on(document)
    claimed = tuple(_claimed(ledger, claim) for claim in claims)
    first = min(one.recorded.seq for one in claimed)
    return Evidence(
        draft=draft,
        frozen=frozen,
        milestones=tuple(_milestone(ledger, draft, key, first) for key in _keys(draft)),
        deliverables=tuple(_delivered(frozen, draft)),
        approvals=tuple(one for claim in claims for one in _approvals(ledger, claim.reference, first)),
        claims=claimed,
        numbered=_numbered(ledger, document),
    )


def _claimed(ledger: Ledger, claim: Claim) -> Claimed:
    digests = tuple(sha256(ledger.frozen(name)) for name in claim.documents)
    entry = next((one for one in ledger.journal(claim.reference) if one.kind == "claim.written"), None)
    if entry is None or entry.body.get("draft_sha256") != seal(digests):
        raise LedgerDamaged(f"claim {claim.reference}: the journal does not have its drafts")
    return Claimed(ledger.recorded(entry), digests)


def _numbered(ledger: Ledger, document: str) -> Numbered | None:
    """Return the number that the ledger gave, or that of an accounting platform which was written on the document."""
    given = (one for one in ledger.journal(document) if one.kind in ("number.allotted", "delivery.finalized"))
    entry = next((one for one in given if one.body.get("number")), None)
    return Numbered(str(entry.body["number"]), ledger.recorded(entry)) if entry else None


def _keys(draft: Draft) -> Sequence[str]:
    # the first version had one line, and said in `why` alone which milestone it was for
    return tuple(dict.fromkeys(line.milestone_key or draft.why.milestone_key for line in draft.lines))


def _milestone(ledger: Ledger, draft: Draft, key: str, before: int) -> ClosedMilestone:
    why = draft.why
    if entry := _closing_entry(ledger, key, before):
        seen = milestone_of(row_of("milestone", entry.body))
        closing = closing_of(seen)
        return ClosedMilestone(
            key=key,
            title=one_line(seen.title),
            url=one_line(seen.url, longest=2000),
            closed_at=closing.at if closing else None,
            closed_by=closing.by if closing else "",
            closing=str(closing) if closing else "closed, nobody knows when",
            recorded=ledger.recorded(entry),
        )
    title = why.milestone_title if key == why.milestone_key else key.rpartition(":")[2]
    closing = Closing(why.closed_at, exact=True) if key == why.milestone_key else None
    at, words = (closing.at, str(closing)) if closing else (None, "")
    return ClosedMilestone(key, title, "", at, "", words, None)


def _closing_entry(ledger: Ledger, key: str, before: int) -> Entry | None:
    """Return the latest entry before that number that shows the milestone closed."""
    seen = [one for one in ledger.journal(key) if one.seq < before and one.kind.startswith("milestone.")]
    return next((one for one in reversed(seen) if one.body.get("state") == "closed"), None)


def _delivered(frozen: bytes, draft: Draft) -> Iterator[Delivered]:
    plain = json.loads(frozen)["lines"]
    listed = dict.fromkeys(
        Delivered(one, line.milestone_key or draft.why.milestone_key, sha256(canonical(raw).encode()))
        for line, raw_line in zip(draft.lines, plain, strict=True)
        for one, raw in zip(line.deliverables, raw_line["deliverables"], strict=True)
    )
    yield from listed


def _approvals(ledger: Ledger, reference: str, before: int) -> Sequence[Approval]:
    """Return who approved a bill before it went, once each, since somebody last held it back."""
    given: dict[str, Approval] = {}
    for entry in ledger.journal(reference):
        if entry.seq > before or entry.kind != "decision.made":
            continue
        decision = decision_of(entry.body)
        if decision.decision == "approve":
            given[decision.by] = Approval(reference, decision.by, decision.at, decision.note, ledger.recorded(entry))
        else:
            given.clear()
    return tuple(given.values())
