"""The evidence pack: what the ledger proves, as JSON and on paper."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import pypdf
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from sqlalchemy import create_engine, update
from tests.archived import faults

from tracker2invoice.documents.evidence import SCHEMA, render_evidence
from tracker2invoice.documents.evidence_view import EvidenceView
from tracker2invoice.documents.pdf import render_evidence_pdf
from tracker2invoice.documents.view import MOST_DELIVERABLES
from tracker2invoice.engine.evidence import evidence
from tracker2invoice.errors import LedgerDamaged
from tracker2invoice.ledger import schema
from tracker2invoice.ledger.store import Ledger, open_ledger
from tracker2invoice.model.claim import Decision, DecisionWord, Delivery, seal
from tracker2invoice.model.evidence import Change, Comparison, Evidence, Unread
from tracker2invoice.model.invoice import AcceptedBy, Certification, Draft
from tracker2invoice.model.milestone import Project
from tracker2invoice.plugins import Observed
from tracker2invoice.testing.bills import with_all_of_these
from tracker2invoice.testing.samples import NOW, sample_claim, sample_deliverables, sample_draft, sample_milestone

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

SCHEMA_TEXT: dict[str, Any] = json.loads(SCHEMA.read_text())
Json: TypeAlias = "str | int | list[Json] | dict[str, Json] | None"
VALIDATOR: Any = Draft202012Validator(SCHEMA_TEXT, format_checker=FormatChecker())

HOSTILE = '=1+1 <script>alert(1)</script> $x$ #read("/etc/passwd") "&amp; \u202egnp.exe\x07 日本 ' + "W" * 300

OTHER = sample_draft(net="1.00")

COMPARISON = Comparison(
    NOW + timedelta(days=9),
    (Change("deliverable", "renamed", "1", HOSTILE, HOSTILE), Change("milestone", "gone", "", "Design done")),
    (Unread(HOSTILE, HOSTILE),),
)


@pytest.fixture
def ledger(sqlite_url: str, clock: FrozenClock) -> Iterator[Ledger]:
    with open_ledger(sqlite_url, clock) as opened:
        yield opened


def titled(title: str) -> Draft:
    draft = sample_draft(title=title)
    named = tuple(
        replace(one, assignees=(title,)) for one in sample_deliverables((title, "", "\ud83d", "العربية", "x" * 5000))
    )
    return replace(
        draft,
        lines=(replace(draft.lines[0], deliverables=named, basis=title),),
        certified_by=(Certification("acme-portal", title, Decimal("62.5"), title, NOW, title),),
        accepted_by=(AcceptedBy(title, NOW, title, title, "javascript:alert(1)"),),
        why=replace(draft.why, accepted=title),
    )


def written(ledger: Ledger, draft: Draft) -> Evidence:
    ledger.write_claim(sample_claim(draft), draft)
    return evidence(ledger, draft.reference)


def decide(ledger: Ledger, reference: str, *decisions: tuple[DecisionWord, str]) -> None:
    for word, by in decisions:
        ledger.decide(Decision(reference, word, by, NOW, HOSTILE))


def pages(found: Evidence, comparison: Comparison | None = None) -> str:
    reader = pypdf.PdfReader(io.BytesIO(render_evidence_pdf(found, comparison)))
    return "".join(one.extract_text() for one in reader.pages).replace("\N{ZERO WIDTH SPACE}", "")


def undescribed(part: dict[str, Any], document: Json, path: str = "") -> Iterator[str]:
    """Yield the path of every name in the pack that the schema does not describe."""
    if "$ref" in part:
        part = SCHEMA_TEXT["$defs"][part["$ref"].rpartition("/")[2]]
    if "anyOf" in part:
        yield from undescribed(part["anyOf"][0], document, path)
    elif isinstance(document, list):
        for one in document:
            yield from undescribed(part["items"], one, path)
    elif isinstance(document, dict) and "properties" in part:
        yield from (f"{path}/{name}" for name in document if name not in part["properties"])
        for name in document.keys() & part["properties"].keys():
            yield from undescribed(part["properties"][name], document[name], f"{path}/{name}")


@pytest.mark.parametrize("comparison", [None, COMPARISON], ids=["frozen", "compared"])
@pytest.mark.parametrize(
    "draft",
    [sample_draft(), titled(HOSTILE), with_all_of_these(sample_draft())],
    ids=["plain", "hostile", "many amounts"],
)
def test_a_pack_is_what_the_schema_says_and_can_be_archived_and_read_aloud(
    ledger: Ledger, draft: Draft, comparison: Comparison | None
) -> None:
    decide(ledger, draft.reference, ("approve", "ann"))
    found = written(ledger, draft)
    pack = json.loads(render_evidence(found, comparison))
    Draft202012Validator.check_schema(SCHEMA_TEXT)
    VALIDATOR.validate(pack)
    assert list(undescribed(SCHEMA_TEXT, pack)) == []
    assert faults(render_evidence_pdf(found, comparison)) == []


def test_text_of_trackers_is_rendered_literally(ledger: Ledger) -> None:
    draft = titled(HOSTILE)
    decide(ledger, draft.reference, ("approve", HOSTILE))
    found = written(ledger, draft)
    pack = json.loads(render_evidence(found))
    assert pack["deliverables"][0]["title"] == HOSTILE
    text = pages(found, COMPARISON)
    assert '#read("/etc/passwd")' in text
    assert "$x$" in text
    assert not {"\u202e", "\x07"} & set(text)
    assert "W\nW\nW" not in text
    assert b"javascript:" not in render_evidence_pdf(found)


def test_more_deliverables_than_a_page_can_show_are_counted_and_all_are_in_the_json(ledger: Ledger) -> None:
    found = written(ledger, sample_draft(deliverables=[f"Task {number}" for number in range(MOST_DELIVERABLES + 5)]))
    data = EvidenceView(found, None).data()
    assert (len(data["deliverables"]), data["more"]) == (MOST_DELIVERABLES, "and 5 more")
    assert len(json.loads(render_evidence(found))["deliverables"]) == MOST_DELIVERABLES + 5


def test_an_approval_counts_once_for_each_person_and_not_if_the_bill_was_held_after_it(ledger: Ledger) -> None:
    draft = sample_draft()
    decide(ledger, draft.reference, ("approve", "ann"), ("hold", "ben"), ("approve", "ben"), ("approve", "carol"))
    decide(ledger, draft.reference, ("approve", "ben"))
    found = written(ledger, draft)
    assert [one.by for one in found.approvals] == ["ben", "carol"]
    decide(ledger, draft.reference, ("approve", "dora"))
    assert evidence(ledger, draft.reference) == found


def test_the_milestone_is_the_one_that_was_billed_whatever_it_is_called_later(ledger: Ledger) -> None:
    milestone = replace(sample_milestone(), id="1002604", title="Design done", closed_by="ann")
    observe(ledger, milestone)
    found = written(ledger, sample_draft())
    (closed,) = found.milestones
    assert (closed.title, closed.closed_by, closed.closing) == (
        "Design done",
        "ann",
        "closed 2026-03-01T09:30:00Z by ann",
    )
    observe(ledger, replace(milestone, title="Draft", closed_at=NOW))
    assert evidence(ledger, found.draft.reference) == found


def observe(ledger: Ledger, milestone: Any) -> None:
    project = Project("github", milestone.project_id, "acme/portal", "")
    ledger.record_observed(Observed(project, (milestone,), "", complete=True))


def test_each_document_of_a_claim_has_its_pack_with_the_digests_of_all(ledger: Ledger) -> None:
    first = sample_draft()
    second = replace(first, reference="T2I-AAAAAAAAAAAA")
    claim = replace(
        sample_claim(first),
        reference="T2I-BBBBBBBBBBBB",
        documents=(first.reference, second.reference),
        deliveries=tuple(Delivery(one.reference, "books", "pending") for one in (first, second)),
        draft_sha256=seal([first.sha256, second.sha256]),
    )
    ledger.write_claims((claim,), (first, second))
    assert ledger.documents(claim.reference) == (first.reference, second.reference)
    assert ledger.documents(second.reference) == (second.reference,)
    assert ledger.documents("T2I-CCCCCCCCCCCC") == ()
    found = evidence(ledger, second.reference)
    assert found.sha256 == second.sha256
    assert [one.drafts for one in found.claims] == [(first.sha256, second.sha256)]


@pytest.mark.parametrize(
    "damage",
    [
        update(schema.journal).values(body='{"draft_sha256":"0"}'),
        update(schema.journal).values(subject="T2I-AAAAAAAAAAAA"),
        update(schema.journal).values(hash="0" * 64),
        update(schema.journal).where(schema.journal.c.kind == "decision.made").values(hash="0" * 64),
        update(schema.draft).values(bytes=b"{}"),
        update(schema.draft).values(bytes=OTHER.to_bytes(), sha256=OTHER.sha256),
    ],
    ids=["another claim", "no claim", "another hash", "another hash before", "another text", "another draft"],
)
def test_nothing_is_told_of_a_ledger_that_was_changed(ledger: Ledger, sqlite_url: str, damage: Any) -> None:
    draft = sample_draft()
    decide(ledger, draft.reference, ("approve", "ann"))
    written(ledger, draft)
    engine = create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.execute(damage)
    engine.dispose()
    with pytest.raises(LedgerDamaged):
        evidence(ledger, draft.reference)
