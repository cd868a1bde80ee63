"""The folder of plain-text books: nothing there twice, half, lost, or removed once a person has cleared it."""

from __future__ import annotations

import json
import os
import resource
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.connectors.plaintext import ENDINGS, FORMATS, connected

from tracker2invoice.errors import AccessDenied, BadAnswer, Rejected, StorageFailed
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Document, Output
from tracker2invoice.testing.samples import sample_draft
from tracker2invoice_plaintext import Format
from tracker2invoice_plaintext.twin import JournalTwin

DRAFT = sample_draft()
NAME = f"{DRAFT.reference}.beancount"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "books"


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return connected(tmp_path)


def create(output: Output, draft: Draft = DRAFT) -> Document:
    return output.create(draft, output.prepare(draft), "key")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_creating_again_writes_the_same_bytes_in_the_same_place(output: Output, folder: Path) -> None:
    create(output)
    first = contents(folder)
    create(output)
    assert contents(folder) == first
    assert list(first) == [NAME]


@pytest.mark.parametrize("format_", FORMATS)
def test_the_receipt_leads_to_the_entry(tmp_path: Path, folder: Path, format_: Format) -> None:
    document = create(connected(tmp_path, format_))
    assert document.receipt.url == (folder / f"{DRAFT.reference}.{ENDINGS[format_]}").as_uri()
    assert (document.receipt.remote_id, document.receipt.state) == (DRAFT.reference, "draft")


def test_the_content_is_the_stored_request_not_todays_settings(tmp_path: Path, folder: Path) -> None:
    payload = connected(tmp_path).prepare(DRAFT)
    connected(tmp_path, "hledger", accounts={"tax": "Liabilities:Other"}).create(DRAFT, payload, "key")
    assert list(contents(folder)) == [NAME]
    assert "Liabilities:VAT" in (folder / NAME).read_text()


def test_documents_stay_found_when_the_format_is_changed(tmp_path: Path) -> None:
    create(connected(tmp_path))
    later = connected(tmp_path, "hledger")
    (found,) = later.find(DRAFT)
    later.withdraw(found.receipt)
    assert list(later.find(DRAFT)) == []


def test_one_document_in_two_formats_is_two(tmp_path: Path) -> None:
    for format_ in FORMATS:
        create(connected(tmp_path, format_))
    assert len(connected(tmp_path).find(DRAFT)) == 2


@pytest.mark.parametrize("format_", FORMATS)
def test_what_a_person_has_cleared_counts_as_sent_and_is_not_removed(
    tmp_path: Path, folder: Path, format_: Format
) -> None:
    output = connected(tmp_path, format_)
    receipt = create(output).receipt
    rewrite(folder / f"{DRAFT.reference}.{ENDINGS[format_]}", " ! ", " * ")
    (document,) = output.read_back([receipt], None)
    assert (document.receipt.state, document.gross) == ("sent", DRAFT.totals.gross)
    with pytest.raises(Rejected, match="cleared"):
        output.withdraw(receipt)
    assert len(contents(folder)) == 1


def test_an_entry_that_a_person_has_added_to_is_still_read(output: Output, folder: Path) -> None:
    create(output)
    (folder / NAME).write_text("; sent by post\n" + (folder / NAME).read_text() + '\n2026-04-01 * "paid"\n')
    assert output.find(DRAFT)[0].receipt.state == "draft"


def test_what_was_found_shows_what_somebody_changed(output: Output, folder: Path) -> None:
    create(output)
    rewrite(folder / NAME, "gross: 21420.00 EUR", "gross: 1.00 USD")
    rewrite(folder / NAME, "due: 2026-04-01", "due: 2026-05-01")
    rewrite(folder / NAME, "2026-03-02 !", "2026-03-03 !")
    (found,) = output.find(DRAFT)
    assert (found.gross, found.currency) == (Decimal("1.00"), "USD")
    assert (found.issue_date, found.due_date) == (date(2026, 3, 3), date(2026, 5, 1))


@pytest.mark.parametrize(
    "damage",
    [b"", b"\xff", b"not an entry", b'2026-13-45 ! "x" "y"\n  reference: "x"\n  due: 2026-04-01\n  gross: 1.00 EUR\n'],
)
def test_a_damaged_entry_is_neither_there_nor_absent_and_is_left_alone(
    output: Output, folder: Path, damage: bytes
) -> None:
    receipt = create(output).receipt
    (folder / NAME).write_bytes(damage)
    with pytest.raises(BadAnswer):
        output.find(DRAFT)
    with pytest.raises(Rejected):
        output.withdraw(receipt)
    assert contents(folder) == {NAME: damage}


@pytest.mark.parametrize("missing", ["reference", "due", "gross"])
def test_an_entry_that_lacks_what_tells_it_from_others_is_damaged(output: Output, folder: Path, missing: str) -> None:
    create(output)
    rewrite(folder / NAME, f"  {missing}: ", "  x: ")
    with pytest.raises(BadAnswer):
        output.find(DRAFT)


def test_an_entry_under_the_name_of_another_is_reported(output: Output, folder: Path) -> None:
    other = sample_draft(milestone_id="99")
    create(output, other)
    (folder / f"{other.reference}.beancount").rename(folder / NAME)
    with pytest.raises(BadAnswer):
        output.find(DRAFT)


@pytest.mark.parametrize(
    "reference", ["../T2I-AAAAAAAAAAAA", "/etc/passwd", "", "T2I-AAAAAAAAAAAA\n", "t2i-aaaaaaaaaaaa"]
)
def test_nothing_but_a_reference_becomes_a_file_name(output: Output, tmp_path: Path, reference: str) -> None:
    draft = replace(DRAFT, reference=reference)
    payload = output.prepare(DRAFT)
    for act in (
        lambda: output.prepare(draft),
        lambda: output.find(draft),
        lambda: output.create(draft, payload, "key"),
    ):
        with pytest.raises(Rejected):
            act()
    assert list(tmp_path.rglob("*")) == []


def test_a_request_of_another_draft_is_refused(output: Output) -> None:
    with pytest.raises(Rejected):
        output.create(sample_draft(milestone_id="99"), output.prepare(DRAFT), "key")


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xff", b"{}", b"[]", b'{"entry": "x", "format": "beancount"}', b'{"entry": 1, "format": "hledger"}'],
)
def test_a_request_that_cannot_be_read_is_refused(output: Output, tmp_path: Path, payload: bytes) -> None:
    with pytest.raises(Rejected):
        output.create(DRAFT, payload, "key")
    assert list(tmp_path.iterdir()) == []


def test_a_request_of_an_unknown_format_is_refused(output: Output) -> None:
    request = json.loads(output.prepare(DRAFT)) | {"format": "ledger"}
    with pytest.raises(Rejected):
        output.create(DRAFT, json.dumps(request).encode(), "key")


def test_a_link_is_no_document_and_is_replaced_not_followed(output: Output, folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    for name in (NAME, f".{NAME}.part"):
        (folder / name).symlink_to(victim)
    assert list(output.find(DRAFT)) == []
    create(output)
    assert victim.read_text() == "untouched"
    assert [path.is_symlink() for path in folder.iterdir()] == [False]


def test_what_is_unfinished_is_not_there_and_is_withdrawn_with_the_rest(output: Output, folder: Path) -> None:
    receipt = create(output).receipt
    (folder / f".{NAME}.part").write_text("half")
    assert list(output.find(DRAFT)) == []
    output.withdraw(receipt)
    assert contents(folder) == {}


def test_strangers_cannot_read_the_books(output: Output, folder: Path) -> None:
    before = os.umask(0)
    try:
        create(output)
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o640}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750


@contextmanager
def largest_file(size: int) -> Generator[None]:
    """Let the kernel refuse what a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, 100])
def test_a_full_disk_leaves_nothing_behind(output: Output, folder: Path, size: int) -> None:
    payload = output.prepare(DRAFT)
    with largest_file(size), pytest.raises(StorageFailed):
        output.create(DRAFT, payload, "key")
    assert contents(folder) == {}
    output.create(DRAFT, payload, "key")
    assert list(contents(folder)) == [NAME]


def test_a_folder_that_may_not_be_read_is_no_empty_one(
    output: Output, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(output)

    def denied(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(AccessDenied):
        output.find(DRAFT)


def test_the_twin_reads_amounts_from_the_postings(output: Output, folder: Path, tmp_path: Path) -> None:
    create(output)
    twin = JournalTwin(tmp_path)
    (booked,) = twin.documents()
    assert (booked.net, booked.gross, booked.state) == (DRAFT.totals.net, DRAFT.totals.gross, "draft")
    twin.change(DRAFT.reference, "sent")
    assert output.find(DRAFT)[0].receipt.state == twin.documents()[0].state == "sent"
    rewrite(folder / NAME, "-3420.00 EUR", "-3420.01 EUR")
    assert (list(twin.documents()), list(twin.leftovers())) == ([], [NAME])
