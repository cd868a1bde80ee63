"""What has to be taken back first: nothing is billed again while the client has the invoice and no credit note yet."""

from __future__ import annotations

from tracker2invoice.mapping.actions import Reason
from tracker2invoice.mapping.lookup import Candidate, Lookup
from tracker2invoice.model.claim import Claim
from tracker2invoice.model.term import base_term


def note_missing(credited: Claim, lookup: Lookup) -> Reason | None:
    """Say that the credit note for a claim is not there, None if it is."""
    note = lookup.credits.get(credited.reference)
    if note is None:
        return Reason("credited", f"{credited.reference} is to be taken back first")
    missing = [one for one in note.deliveries if one.state != "delivered"]
    if not missing or lookup.facts.kept(note):
        return None
    states = ", ".join(f"{one.output} {one.state}" for one in missing)
    words = f"{credited.reference} is to be taken back by the credit note {note.reference}"
    return Reason("credited", f"{words}, which is not there: {states}")


def another_note_missing(candidate: Candidate, lookup: Lookup) -> Reason | None:
    """Say that the credit note for another bill of a term that people certify is not there, None if none is missing."""
    if not candidate.term.bills_each_certification or candidate.replaces:
        return None
    others = (one for one in lookup.counted.get(candidate.contract.id, ()) if lookup.facts.credited(one.reference))
    missing = (note_missing(one, lookup) for one in others if base_term(one.term) == candidate.term.base)
    return next(filter(None, missing), None)
