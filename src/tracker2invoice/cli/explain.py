"""`explain`: the whole story of one milestone, out of the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from tracker2invoice.cli import common, session, shapes, tables
from tracker2invoice.engine.bill import make_plan
from tracker2invoice.engine.house import House
from tracker2invoice.ledger.claimed import subject_of
from tracker2invoice.ledger.journal import Entry
from tracker2invoice.mapping.actions import Action
from tracker2invoice.model.claim import Claim
from tracker2invoice.model.invoice import AcceptedBy, Certification
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.term import base_term

_TOLD = (
    "title", "closed_at", "closed_by", "due_on", "term", "percent", "amount", "currency", "decision", "by", "note",
    "output", "document_state", "paid", "paid_on", "number", "url", "reason", "detail", "reference",
)  # fmt: skip
"""What people are told of a journal entry, in this order; `--json` has all of it."""


@common.command("explain")
@click.argument("project", metavar="PROJECT")
@click.argument("milestone", metavar="MILESTONE")
def command(console: common.Console, project: str, milestone: str) -> int:
    """Tell what was seen, decided and sent for MILESTONE (title or number) of PROJECT (github:acme/portal)."""
    with session.house(console) as house:
        found = _find(house, project, milestone)
        if not found:
            return console.refuse(
                "The ledger has seen no such milestone. `t2i plan` asks the trackers and lists what there is."
            )
        actions = [action for action in make_plan(house).actions if action.milestone in found]
        claims = {claim.reference: claim for claim in house.ledger.claims()}
        stories = [_story(house, one, actions, claims.values()) for one in found]
        drafts = {document: house.ledger.draft(document) for document in _documents(found, claims)}
    amounts = {document: shapes.made_of(draft) for document, draft in drafts.items()}
    for one, entries in zip(found, stories, strict=True):
        tables.show(console, ("when (UTC)", "what", "details"), map(_row, entries), title=_heading(one))
    for document, parts in amounts.items():
        console.say()
        tables.show(console, ("what", ">net", "how it came about"), map(_part, parts), title=document)
    for document, draft in drafts.items():
        if draft.tax_note:
            console.say()
            console.say(f"{document}: {common.plain(draft.tax_note)}")
        if draft.accepted_by:
            console.say()
            columns = ("accepted by", "when (UTC)", "on", "by the label or comment")
            tables.show(console, columns, map(_accepted, draft.accepted_by), title=document)
        if draft.certified_by:
            console.say()
            headings = ("certified by", "when (UTC)", "term", ">percent", "note")
            tables.show(console, headings, map(_certified, draft.certified_by), title=document)
    console.say()
    tables.actions(console, actions, claims)
    console.answer(
        {
            "milestones": [shapes.milestone(one) for one in found],
            "journal": [_shape(entry) for entries in stories for entry in entries],
            "amounts": amounts,
            "tax_note": {document: draft.tax_note for document, draft in drafts.items()},
            "accepted_by": {
                document: [shapes.accepted_by(one) for one in draft.accepted_by] for document, draft in drafts.items()
            },
            "certified_by": {
                document: [shapes.certification(one) for one in draft.certified_by]
                for document, draft in drafts.items()
            },
            "actions": shapes.actions(actions, claims),
        }
    )
    return common.DONE


def _find(house: House, project: str, milestone: str) -> list[Milestone]:
    ids = {
        (known.tracker, known.id)
        for label, known in house.ledger.projects().items()
        if project in (label, known.label, known.name)
    }
    return [
        one
        for one in house.ledger.milestones()
        if (one.tracker, one.project_id) in ids and milestone in (one.title, str(one.number), one.key)
    ]


def _story(house: House, milestone: Milestone, actions: Iterable[Action], claims: Iterable[Claim]) -> Sequence[Entry]:
    billed = [claim for claim in claims if claim.milestone_key == milestone.key]
    claimed = [reference for claim in billed for reference in (claim.reference, *claim.documents)]
    decided = [action.reference for action in actions if action.milestone == milestone and action.reference]
    terms = [
        subject_of(one.contract, base_term(one.term)) for one in actions if one.milestone == milestone and one.term
    ]
    subjects = dict.fromkeys([milestone.key, *claimed, *decided, *terms])
    entries = [entry for subject in subjects for entry in house.ledger.journal(subject)]
    return sorted(entries, key=lambda entry: entry.seq)


def _documents(found: Iterable[Milestone], claims: Mapping[str, Claim]) -> Iterable[str]:
    keys = {one.key for one in found}
    billed = (claim for claim in claims.values() if claim.milestone_key in keys)
    return dict.fromkeys(document for claim in billed for document in claim.documents)


def _part(part: Mapping[str, str]) -> tuple[str, str, str]:
    return (part["what"], part["amount"], part["basis"])


def _accepted(one: AcceptedBy) -> tuple[str, str, str, str]:
    return (one.login, f"{one.at:%Y-%m-%d %H:%M:%S}", one.item, one.label or one.url)


def _certified(one: Certification) -> tuple[str, str, str, str, str]:
    return (one.by, f"{one.at:%Y-%m-%d %H:%M:%S}", one.term, f"{one.percent:f}", one.note)


def _heading(milestone: Milestone) -> str:
    return f"{common.plain(milestone.title)} ({milestone.state}) {common.plain(milestone.url)}"


def _row(entry: Entry) -> tuple[str, str, str]:
    told = [str(entry.body[name]) for name in _TOLD if entry.body.get(name)]
    return (f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.kind, "  ".join(told))


def _shape(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": shapes.instant(entry.at),
        "kind": entry.kind,
        "subject": entry.subject,
        "body": dict(entry.body),
        "hash": entry.hash,
    }
