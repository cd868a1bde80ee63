from __future__ import annotations

import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from tracker2invoice.errors import BadAnswer, Rejected, StorageFailed
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Context, Output
from tracker2invoice.registry import load_output
from tracker2invoice.testing.output_suite import OutputSuite
from tracker2invoice.testing.samples import NOW, sample_contract, sample_draft
from tracker2invoice_files import FilesSettings, Format, plugin
from tracker2invoice_files.output import FilesOutput

DRAFT = sample_draft()
NAMES = [f"{DRAFT.reference}.{ending}" for ending in ("csv", "json", "pdf")]


def context(directory: Path) -> Context:
    return Context("files", directory, lambda: NOW)


def connected(directory: Path, *formats: Format) -> FilesOutput:
    fields: dict[str, Any] = {"formats": formats} if formats else {}
    return FilesOutput(FilesSettings(directory=Path("invoices"), **fields), context(directory))


def create(output: Output, draft: Draft = DRAFT) -> None:
    output.create(draft, output.prepare(draft), "key")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def count(self, reference: str) -> int:
        return len(list(self.path.glob(f"{reference}*.json")))

    def text(self, reference: str) -> str:
        draft = Draft.from_bytes((self.path / f"{reference}.json").read_bytes())
        return "\n".join([*(row.description for row in draft.rows), draft.payment_terms])

    def change(self, reference: str, state: Literal["sent", "paid", "deleted"]) -> None:
        assert state == "deleted"
        for path in self.path.glob(f"{reference}.*"):
            path.unlink()

    def drop_next_write(self, moment: Literal["before", "after"]) -> None:
        raise NotImplementedError

    def refuse_us(self) -> None:
        raise NotImplementedError


class TestFilesOutput(OutputSuite):
    kind = "files"
    name = "files"
    client = "c-1"
    remote = False

    @pytest.fixture
    def far_side(self, tmp_path: Path) -> Folder:
        return Folder(tmp_path / "invoices")

    @pytest.fixture
    def output(self, far_side: Folder) -> Output:
        return connected(far_side.path.parent)


@pytest.fixture
def output(tmp_path: Path) -> FilesOutput:
    return connected(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "invoices"


def test_the_entry_point_leads_here(tmp_path: Path) -> None:
    loaded = load_output("files")
    assert loaded is plugin
    settings = loaded.settings.model_validate({"kind": "files", "directory": "invoices"})
    assert isinstance(loaded.connect(settings, context(tmp_path)), FilesOutput)


def test_listing_the_connector_loads_no_renderer() -> None:
    heavy = ["babel", "tracker2invoice.documents", "typst"]
    script = f"import sys, tracker2invoice_files; print([one for one in {heavy} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_all_three_formats_are_written_unless_fewer_are_asked_for(tmp_path: Path) -> None:
    assert FilesSettings(directory=Path("x")).formats == ("pdf", "json", "csv")
    create(connected(tmp_path, "csv", "pdf"))
    assert sorted(contents(tmp_path / "invoices")) == [NAMES[0], NAMES[2]]


@pytest.mark.parametrize("words", [["docx"], ["pdf", "xml"], [], "pdf", [["pdf"]]])
def test_other_formats_are_refused_and_the_choice_is_named(words: object) -> None:
    with pytest.raises(ValidationError) as caught:
        FilesSettings.model_validate({"directory": "x", "formats": words})
    if isinstance(words, list) and words:
        words = 'choose from "pdf", "facturx", "json", "csv", "ubl", "cii", "csv-xero" and "csv-quickbooks"'
        assert words in str(caught.value)
    assert "docx" not in str(caught.value)


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValidationError):
        FilesSettings.model_validate({"directory": "x", "folder": "y"})


def test_creating_again_writes_the_same_bytes(output: FilesOutput, folder: Path) -> None:
    create(output)
    first = contents(folder)
    create(output)
    assert contents(folder) == first
    assert sorted(first) == NAMES


def test_the_receipt_opens_the_pdf_and_is_the_same_when_found_again(output: FilesOutput, folder: Path) -> None:
    receipt = output.create(DRAFT, output.prepare(DRAFT), "key").receipt
    assert receipt.url == (folder / NAMES[2]).as_uri()
    (found,) = output.find(DRAFT)
    assert found.receipt == receipt


def test_the_content_is_the_stored_request_not_todays_settings(tmp_path: Path) -> None:
    payload = connected(tmp_path, "json").prepare(DRAFT)
    connected(tmp_path, "pdf", "csv").create(DRAFT, payload, "key")
    assert sorted(contents(tmp_path / "invoices")) == [NAMES[1]]


@pytest.mark.parametrize("written", [("pdf",), ("csv",), ("json", "csv")])
def test_documents_stay_found_when_the_formats_are_changed(tmp_path: Path, written: Sequence[Format]) -> None:
    create(connected(tmp_path, *written))
    assert len(connected(tmp_path, "pdf", "json", "csv").find(DRAFT)) == 1
    assert len(connected(tmp_path, "pdf").find(DRAFT)) == 1


def test_what_was_found_shows_what_somebody_changed(output: FilesOutput, folder: Path) -> None:
    create(output)
    path = folder / NAMES[1]
    path.write_bytes(path.read_bytes().replace(b'"gross": "21420.00"', b'"gross": "1.00"'))
    (found,) = output.find(DRAFT)
    assert str(found.gross) == "1.00"


@pytest.mark.parametrize("damage", [b"", b"{}", b"not json"])
def test_a_damaged_document_is_neither_there_nor_absent(output: FilesOutput, folder: Path, damage: bytes) -> None:
    create(output)
    (folder / NAMES[1]).write_bytes(damage)
    with pytest.raises(BadAnswer):
        output.find(DRAFT)


def test_a_document_under_the_name_of_another_is_reported(output: FilesOutput, folder: Path) -> None:
    other = sample_draft(milestone_id="99")
    create(output, other)
    (folder / f"{other.reference}.json").rename(folder / NAMES[1])
    with pytest.raises(BadAnswer):
        output.find(DRAFT)


@pytest.mark.parametrize(
    "reference",
    ["../T2I-AAAAAAAAAAAA", "/etc/passwd", "T2I-AAAAAAAAAAAA/x", "", "T2I-AAAAAAAAAAAA\n", "t2i-aaaaaaaaaaaa"],
)
def test_nothing_but_a_reference_becomes_a_file_name(output: FilesOutput, tmp_path: Path, reference: str) -> None:
    draft = replace(DRAFT, reference=reference)
    payload = output.prepare(DRAFT).replace(DRAFT.reference.encode(), json.dumps(reference)[1:-1].encode())
    with pytest.raises(Rejected):
        output.prepare(draft)
    with pytest.raises(Rejected):
        output.find(draft)
    with pytest.raises(Rejected):
        output.create(draft, payload, "key")
    assert list(tmp_path.rglob("*")) == []


def test_a_request_of_another_draft_is_refused(output: FilesOutput) -> None:
    with pytest.raises(Rejected):
        output.create(sample_draft(milestone_id="99"), output.prepare(DRAFT), "key")


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b'{"draft": {}, "formats": []}'])
def test_a_request_that_cannot_be_read_is_refused(output: FilesOutput, payload: bytes) -> None:
    with pytest.raises(Rejected):
        output.create(DRAFT, payload, "key")


def test_a_link_in_place_of_a_file_is_replaced_not_followed(output: FilesOutput, folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    for name in [*NAMES, f".{NAMES[1]}.part"]:
        (folder / name).symlink_to(victim)
    create(output)
    assert victim.read_text() == "untouched"
    assert all(path.is_file() and not path.is_symlink() for path in folder.iterdir())
    assert sorted(contents(folder)) == NAMES


def test_a_link_is_no_document(output: FilesOutput, folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    (tmp_path / "elsewhere.json").write_text("{}")
    (folder / NAMES[1]).symlink_to(tmp_path / "elsewhere.json")
    assert list(output.find(DRAFT)) == []


def test_strangers_cannot_read_an_invoice(output: FilesOutput, folder: Path) -> None:
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


@pytest.mark.parametrize("size", [0, 3000, 20000], ids=["at once", "within the second file", "within the first file"])
def test_a_failing_disk_leaves_nothing_behind(output: FilesOutput, folder: Path, size: int) -> None:
    payload = output.prepare(DRAFT)
    output.create(DRAFT, payload, "key")  # loads fonts and whatever else is written on first use
    for path in folder.iterdir():
        path.unlink()
    with largest_file(size), pytest.raises(StorageFailed) as caught:
        output.create(DRAFT, payload, "key")
    assert caught.value.path == str(folder)
    assert contents(folder) == {}
    assert list(output.find(DRAFT)) == []
    output.create(DRAFT, payload, "key")
    assert sorted(contents(folder)) == NAMES


def test_a_failing_disk_does_not_damage_what_is_there(output: FilesOutput, folder: Path) -> None:
    create(output)
    before = contents(folder)
    with largest_file(3000), pytest.raises(StorageFailed):
        create(output)
    assert contents(folder) == before
    assert len(output.find(DRAFT)) == 1


def test_a_folder_in_place_of_a_file_stops_and_the_set_counts_as_unfinished(output: FilesOutput, folder: Path) -> None:
    (folder / NAMES[1]).mkdir(parents=True)
    with pytest.raises(StorageFailed):
        create(output)
    assert list(output.find(DRAFT)) == []
    (folder / NAMES[1]).rmdir()
    create(output)
    assert sorted(contents(folder)) == NAMES


def test_a_file_in_place_of_the_folder_is_a_storage_failure(output: FilesOutput, folder: Path) -> None:
    folder.write_text("in the way")
    assert list(output.find(DRAFT)) == []
    with pytest.raises(StorageFailed):
        create(output)


PUBLISH_AND_DIE = """
import os, signal, sys
from pathlib import Path
from tracker2invoice.durable import publish

source, target = Path(sys.argv[1]), Path(sys.argv[2])
files = {path.name: path.read_bytes() for path in sorted(source.iterdir())}


def publish_until(step):
    events = iter(range(step))

    def count(event="fsync", *_):
        if event in ("fsync", "open", "os.rename", "os.remove", "os.mkdir") and next(events, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    fsync = os.fsync
    os.fsync = lambda descriptor: (count(), fsync(descriptor))
    sys.addaudithook(count)
    publish(target / str(step), files, 0o640)
    os._exit(0)


for step in range(100):
    child = os.fork() or publish_until(step)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        break
"""


def test_a_kill_at_any_moment_neither_loses_nor_doubles_a_document(tmp_path: Path) -> None:
    finished = connected(tmp_path / "finished")
    create(finished)
    expected = contents(tmp_path / "finished" / "invoices")
    (tmp_path / "killed").mkdir()
    folders = [str(tmp_path / "finished" / "invoices"), str(tmp_path / "killed")]
    subprocess.run([sys.executable, "-c", PUBLISH_AND_DIE, *folders], check=True)

    found: list[int] = []
    steps = sorted((tmp_path / "killed").iterdir(), key=lambda path: int(path.name))
    for step in steps:
        output = FilesOutput(FilesSettings(directory=step), context(tmp_path))
        documents = output.find(DRAFT)
        if documents:
            assert contents(step) == expected
        found.append(len(documents))
        create(output)
        assert contents(step) == expected
        assert len(output.find(DRAFT)) == 1
    assert len(found) > 15
    assert found == sorted(found)
    assert {found[0], found[-1]} == {0, 1}


def findings(output: Output, contract: Contract) -> dict[str, str]:
    return {one.what: one.next_step for one in output.check([contract]) if not one.ok}


def test_check_tries_the_folder_and_leaves_it_empty(output: FilesOutput, folder: Path) -> None:
    assert findings(output, sample_contract()) == {}
    assert contents(folder) == {}


def test_check_names_a_folder_that_cannot_be_used(output: FilesOutput, folder: Path) -> None:
    folder.write_text("in the way")
    ((what, next_step),) = findings(output, sample_contract()).items()
    assert str(folder) in what
    assert next_step


@pytest.mark.parametrize(
    ("detail", "missing"),
    [
        ({"address": None}, "address"),
        ({"vat_id": ""}, "vat_id or tax_id"),
        ({"iban": ""}, "iban"),
        ({"name": ""}, "name"),
    ],
)
def test_check_names_what_the_supplier_lacks(output: FilesOutput, detail: dict[str, Any], missing: str) -> None:
    contract = sample_contract()
    contract = replace(contract, supplier=replace(contract.supplier, **detail))
    ((_, next_step),) = findings(output, contract).items()
    assert missing in next_step


def test_payment_details_may_stand_in_the_note(output: FilesOutput) -> None:
    contract = sample_contract("USD")
    contract = replace(contract, supplier=replace(contract.supplier, iban=""), note="ABA 021000021, account 1.")
    assert findings(output, contract) == {}


def test_check_names_the_client_whose_name_the_pdf_cannot_show(output: FilesOutput) -> None:
    contract = sample_contract()
    contract = replace(contract, client=replace(contract.client, name="บริษัท"))
    ((what, _),) = findings(output, contract).items()
    assert "clients.acme" in what


def test_without_pdf_nothing_is_asked_of_the_supplier(tmp_path: Path) -> None:
    contract = sample_contract()
    contract = replace(contract, supplier=replace(contract.supplier, address=None, iban=""))
    assert findings(connected(tmp_path, "json"), contract) == {}
