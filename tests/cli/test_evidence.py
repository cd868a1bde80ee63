"""`t2i evidence`: why there is this invoice, for whoever asks, and what the tracker says of it today."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pypdf
import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Answer, World

    from tracker2invoice.testing.sandbox.github_state import Issue

PROJECT = "acme/portal"


@pytest.fixture
def billed(world: World) -> str:
    """Bill Design, which ann has approved; return the reference."""
    world.stage.close("Design")
    world.t2i("hold", world.reference("design"), "--by", "ann")
    world.t2i("approve", world.reference("design"), "--by", "ann", "--note", "seen with the client")
    world.t2i("run")
    return world.reference("design")


def asked(world: World, reference: str, *options: str) -> Answer:
    return world.t2i("evidence", reference, "--out", world.directory / "packs", *options)


def files(world: World) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (world.directory / "packs").iterdir()}


def pack(world: World, reference: str) -> Any:
    return json.loads((world.directory / "packs" / f"{reference}.evidence.json").read_text())


def pages(world: World, reference: str) -> str:
    reader = pypdf.PdfReader(world.directory / "packs" / f"{reference}.evidence.pdf")
    return " ".join(" ".join(one.extract_text() for one in reader.pages).split())


def issue(world: World, title: str) -> Issue:
    issues = world.stage.github.github.repository(PROJECT).issues
    return next(one for one in issues.values() if one.title == title)


def changed(world: World, reference: str) -> list[tuple[str, str, str | None]]:
    answer = asked(world, reference, "--compare", "--json")
    assert answer.code == 0
    comparison = answer.json["documents"][0]["comparison"]
    assert comparison == pack(world, reference)["comparison"]
    return [(one["title"], one["change"], one["now"]) for one in comparison["changes"]]


def test_it_tells_what_was_delivered_by_whom_who_let_it_go_and_what_it_costs(world: World, billed: str) -> None:
    answer = asked(world, billed)
    assert (answer.code, answer.err) == (0, "")
    found = pack(world, billed)
    assert [one["closing"] for one in found["milestones"]] == ["closed 2026-11-23T12:00:00Z"]
    assert [(one["title"], one["assignees"]) for one in found["deliverables"]][2:] == [
        ("Style guide", ["anna"]),
        ("Apply the style guide", ["ben"]),
    ]
    assert found["acceptance"]["conditions"] == "closed 2026-11-23T12:00:00Z, nothing in it open"
    (approval,) = found["acceptance"]["approvals"]
    assert (approval["by"], approval["note"]) == ("ann", "seen with the client")
    assert found["amounts"][0]["basis"] == "30 % of 60000.00 EUR = 18000.00 EUR"
    assert found["comparison"] is None
    text = pages(world, billed)
    for words in ("Style guide", "ben", "seen with the client", "closed 2026-11-23T12:00:00Z", "18,000.00"):
        assert words in text
    assert found["proof"]["draft_sha256"] in text


def checked(entry: dict[str, Any]) -> Any:
    """Return what a journal entry says, after looking at its hash."""
    fields = [entry[name] for name in ("previous", "seq", "at", "kind", "subject", "body")]
    assert hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode()).hexdigest() == entry["hash"]
    return json.loads(entry["body"])


def test_the_number_that_it_got_later_stands_beside_what_was_frozen_with_the_entry_that_gave_it(world: World) -> None:
    world.configure('outputs = ["files", "books"]', 'outputs = ["files"]')
    world.stage.close("Design")
    world.t2i("run")
    reference = world.reference("design")
    asked(world, reference)
    before = pack(world, reference)
    assert (before["number"], before["proof"]["number"]) == (None, None)
    world.t2i("finalize", reference, "--by", "ann")
    answer = asked(world, reference, "--json")
    assert answer.json["documents"][0]["number"] == "2026-0001"
    after = pack(world, reference)
    entry = after["proof"]["number"]
    assert (after["number"], entry["subject"]) == ("2026-0001", reference)
    told = checked(entry)
    assert (told["number"], told["by"]) == ("2026-0001", "ann")
    text = pages(world, reference)
    assert "Invoice 2026-0001" in text
    assert entry["hash"] in text.replace("\N{ZERO WIDTH SPACE}", "").replace(" ", "")
    number, proof = {"number": before["number"]}, {"proof": before["proof"]}
    assert {**after, **number, **proof} == before


def test_a_number_that_a_platform_gave_stands_there_too(world: World, billed: str) -> None:
    (invoice,) = world.stage.xero.books.invoices
    world.stage.xero.books.change(str(invoice["InvoiceID"]), {"Status": "AUTHORISED"})
    assert world.t2i("finalize", billed).code == 0
    asked(world, billed)
    found = pack(world, billed)
    assert found["number"] == invoice["InvoiceNumber"]
    assert checked(found["proof"]["number"])["number"] == found["number"]


def test_anybody_can_check_that_nothing_was_changed(world: World, billed: str) -> None:
    asked(world, billed)
    found = pack(world, billed)
    (claim,) = found["proof"]["claims"]
    entry = claim["journal"]
    assert json.loads(entry["body"])["draft_sha256"] == digest(canonical(found["draft"]))
    assert found["proof"]["draft_sha256"] == digest(canonical(found["draft"]))
    hashed = [entry[name] for name in ("previous", "seq", "at", "kind", "subject", "body")]
    assert entry["hash"] == digest(json.dumps(hashed, separators=(",", ":")))
    listed = [one for line in found["draft"]["lines"] for one in line["deliverables"]]
    assert [one["sha256"] for one in found["deliverables"]] == [digest(canonical(one)) for one in listed]
    story = world.t2i("explain", f"github:{PROJECT}", "Design", "--json").json["journal"]
    assert entry["hash"] in [one["hash"] for one in story if one["seq"] == entry["seq"]]


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_same_document_has_the_same_bytes_whatever_happens_afterwards(world: World, billed: str) -> None:
    asked(world, billed)
    before = files(world)
    assert sorted(before) == [f"{billed}.evidence.json", f"{billed}.evidence.pdf"]
    world.advance(days=3)
    world.stage.reopen("Design")
    world.t2i("run")
    world.t2i("approve", billed, "--by", "ben")
    asked(world, billed)
    assert files(world) == before


def test_what_has_changed_since_is_told_beside_what_was_billed(world: World, billed: str) -> None:
    asked(world, billed)
    frozen = pack(world, billed)
    assert changed(world, billed) == []
    assert "Nothing has changed." in pages(world, billed)
    world.advance(days=9)
    wireframes, prototype = issue(world, "Wireframes for the portal"), issue(world, "Clickable prototype")
    wireframes.state, wireframes.closed_at = "open", None
    prototype.title = "Prototype"
    issue(world, "Style guide").milestone = 2
    issue(world, "Apply the style guide").milestone = None
    world.stage.github.github.add_issue(PROJECT, "One more thing", 1)
    world.stage.github.github.add_issue(PROJECT, "And another", 1, state="open")
    world.stage.reopen("Design")
    world.stage.github.github.rename_milestone(PROJECT, 1, "Draft")
    assert changed(world, billed) == [
        ("Design", "reopened", None),
        ("Design", "renamed", "Draft"),
        ("Wireframes for the portal", "reopened", None),
        ("Clickable prototype", "renamed", "Prototype"),
        ("Style guide", "moved", "Beta"),
        ("Apply the style guide", "gone", None),
        ("One more thing", "added", None),
        ("And another", "added", None),
    ]
    assert pack(world, billed) | {"comparison": None} == frozen
    assert pack(world, billed)["comparison"]["at"] == "2026-12-02T12:00:00Z"
    assert "Milestone #1 Design renamed: Draft" in pages(world, billed)


def test_a_deleted_milestone_is_told(world: World, billed: str) -> None:
    world.stage.github.github.delete_milestone(PROJECT, 1)
    assert changed(world, billed)[0] == ("Design", "gone", None)


def test_a_tracker_that_does_not_answer_is_said_and_never_passes_for_no_changes(world: World, billed: str) -> None:
    world.stage.github.fail(401, times=9)
    answer = asked(world, billed, "--compare", "--json")
    assert answer.code == 2
    assert "Design: " in answer.err
    (unread,) = pack(world, billed)["comparison"]["unread"]
    assert unread["milestone"] == "Design"
    assert "Not read, so it may have changed" in pages(world, billed)
    assert "Nothing has changed" not in answer.err + pages(world, billed)


def test_a_reference_that_no_document_has_is_refused(world: World, billed: str) -> None:
    answer = asked(world, "T2I-AAAAAAAAAAAA")
    assert (answer.code, "T2I-AAAAAAAAAAAA" in answer.words) == (2, True)
    assert not (world.directory / "packs").exists()


def test_a_credit_note_tells_what_it_takes_back(world: World, billed: str) -> None:
    world.t2i("finalize", billed)
    (invoice,) = world.stage.xero.books.invoices
    world.stage.xero.books.change(str(invoice["InvoiceID"]), {"Status": "AUTHORISED"})
    world.t2i("reconcile")
    world.stage.reopen("Design")
    world.t2i("credit", billed, "--by", "ann", "--note", "wrong design")
    world.t2i("run")
    claims = world.t2i("status", "--json").json["contracts"][0]["documents"]
    (note,) = {one["document"] for one in claims} - {billed}
    assert asked(world, note).code == 0
    found = pack(world, note)
    assert found["type_code"] == "381"
    assert "ann" in found["acceptance"]["conditions"]
    assert [one["title"] for one in found["milestones"]] == ["Design"]
    assert found["milestones"][0]["closing"] == "closed 2026-11-23T12:00:00Z"
    assert billed in pages(world, note)
