"""`t2i preview`: a document is looked at before it is billed, in any format, and nothing is done to it."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pypdf
import pytest
from lxml import etree

from tracker2invoice.configfile import Configured, load
from tracker2invoice.engine.preview import Sight, offers
from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.look import Look
from tracker2invoice.registry import load_output
from tracker2invoice.rendition import Rendition
from tracker2invoice.testing.samples import sample_draft

if TYPE_CHECKING:
    from tests.cli.conftest import World

SUPPLIER = 'contact = "Ann Smith"\nphone = "+49 30 1234567"\nendpoint = "9930:DE136695976"\n'
CLIENT = 'endpoint = "EM:ap@acme.example"\nbuyer_reference = "04011000-1234512345-06"\n'

FORMATS = {
    "pdf": b"%PDF-",
    "facturx": b"%PDF-",
    "json": b"{",
    "csv": b'"reference"',
    "ubl": b"<?xml",
    "cii": b"<?xml",
    "beancount": b"2026-11-23 !",
    "hledger": b"decimal-mark",
}


@pytest.fixture
def due(world: World) -> World:
    """Return a world in which Design is due and not billed."""
    world.stage.close("Design")
    return world


@dataclass(slots=True)
class Viewer:
    """Keeps what it is asked to open."""

    code: int = 0
    opened: list[Path] = field(default_factory=list[Path])

    def __call__(self, url: str) -> int:
        self.opened.append(Path(url))
        return self.code


def ledger_entries(world: World) -> int:
    entries: int = world.t2i("ledger", "verify", "--json").json["entries"]
    return entries


def text_of(path: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(path.read_bytes())).pages)


@pytest.mark.parametrize("form", FORMATS)
def test_a_planned_bill_is_shown_in_every_format(due: World, tmp_path: Path, form: str) -> None:
    reference, out = due.reference("design"), tmp_path / "shown"
    answer = due.t2i("preview", reference, "--format", form, "--out", out, "--json")
    assert answer.code == 0
    assert answer.json == {"reference": reference, "format": form, "planned": True, "file": str(out)}
    assert out.read_bytes().startswith(FORMATS[form])
    assert reference.encode() in out.read_bytes() or form in ("pdf", "facturx")


def test_nothing_is_claimed_and_no_output_is_asked(due: World, tmp_path: Path) -> None:
    reference = due.reference("design")
    before, asked = ledger_entries(due), len(due.stage.xero.requests)
    assert due.t2i("preview", reference, "--out", tmp_path / "shown.pdf").code == 0
    assert (ledger_entries(due), len(due.stage.xero.requests)) == (before, asked)
    assert not due.invoices.exists()


def test_what_is_shown_is_what_is_billed(due: World) -> None:
    reference = due.reference("design")
    shown = due.t2i("preview", reference, "--format", "json").out
    due.t2i("run")
    assert (due.invoices / f"{reference}.json").read_text() == shown
    assert due.t2i("preview", reference, "--format", "json").out == shown


def test_a_billed_document_has_the_bytes_that_its_output_writes(due: World, tmp_path: Path) -> None:
    due.configure('formats = ["json"]', 'formats = ["pdf", "facturx", "ubl", "cii", "csv"]\nprofile = "xrechnung"')
    due.configure('name = "Northwind Software GmbH"\n', f'name = "Northwind Software GmbH"\n{SUPPLIER}')
    due.configure('name = "Acme GmbH"\n', f'name = "Acme GmbH"\n{CLIENT}')
    due.t2i("run")
    due.advance(days=3)
    for written in due.invoices.iterdir():
        reference, _, ending = written.name.partition(".")
        shown = tmp_path / f"shown.{ending}"
        assert due.t2i("preview", reference, "--out", shown).code == 0
        assert shown.read_bytes() == written.read_bytes()
    assert len(list(due.invoices.iterdir())) == 5


def test_a_finalized_document_is_shown_with_its_number(due: World, tmp_path: Path) -> None:
    due.configure('outputs = ["files", "books"]', 'outputs = ["files"]')
    due.configure('formats = ["json"]', 'formats = ["pdf", "csv"]')
    due.t2i("run")
    reference = due.reference("design")
    assert due.t2i("finalize", reference).code == 0
    for ending in ("pdf", "csv", "json"):
        due.t2i("preview", reference, "--out", tmp_path / f"shown.{ending}")
        assert (tmp_path / f"shown.{ending}").read_bytes() == (due.invoices / f"{reference}.{ending}").read_bytes()
    assert "2026-0001" in (tmp_path / "shown.json").read_text()


def test_the_settings_of_the_output_that_writes_a_format_are_taken(due: World) -> None:
    due.add('[outputs.network]\nkind = "files"\ndirectory = "network"\nformats = ["ubl"]\nprofile = "xrechnung"\n')
    due.configure('outputs = ["files", "books"]', 'outputs = ["files", "network"]')
    due.configure('name = "Northwind Software GmbH"\n', f'name = "Northwind Software GmbH"\n{SUPPLIER}')
    due.configure('name = "Acme GmbH"\n', f'name = "Acme GmbH"\n{CLIENT}')
    assert "xrechnung_3.0" in due.t2i("preview", due.reference("design"), "--format", "ubl").out
    assert "xrechnung_3.0" not in due.t2i("preview", due.reference("design"), "--format", "cii").out


def test_a_pdf_of_what_is_not_billed_says_so_and_of_what_is_billed_does_not(due: World, tmp_path: Path) -> None:
    due.configure('name = "Acme GmbH"\n', 'name = "Acme GmbH"\nlanguage = "de"\n')
    reference = due.reference("design")
    for name in ("planned.pdf", "planned.facturx.pdf"):
        due.t2i("preview", reference, "--out", tmp_path / name)
        assert "Vorschau" in text_of(tmp_path / name)
    due.t2i("run")
    due.t2i("preview", reference, "--out", tmp_path / "billed.pdf")
    assert "Vorschau" not in text_of(tmp_path / "billed.pdf")


def test_what_the_brake_holds_is_shown_before_it_is_approved(due: World) -> None:
    due.add('brake = { run = { amount = { EUR = "1.00" } } }')
    answer = due.t2i("preview", due.reference("design"), "--format", "json")
    assert json.loads(answer.out)["totals"]["net"] == "18000.00"


def test_what_is_held_for_missing_details_is_named_with_the_next_step(due: World) -> None:
    due.configure('formats = ["json"]', 'formats = ["ubl"]\nprofile = "xrechnung"')
    answer = due.t2i("preview", due.reference("design"), "--json")
    assert answer.code == 3
    assert "files needs supplier.endpoint" in answer.json["message"]
    assert "t2i check" in answer.json["message"]


def test_a_format_that_cannot_express_the_document_says_why(due: World) -> None:
    due.configure('vat_id = "DE136695976"\n', "")
    answer = due.t2i("preview", due.reference("design"), "--format", "ubl", "--json", "--out", "x.xml")
    assert (answer.code, answer.json["error"]) == (1, "Rejected")
    assert "BR-S-02" in answer.err
    assert "t2i retry" not in answer.err


def test_a_milestone_that_is_open_has_no_document_yet(world: World) -> None:
    answer = world.t2i("preview", world.reference("design"))
    assert answer.code == 1
    assert "not-closed" in answer.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("T2I-AAAAAAAAAAAA",), "`t2i plan` lists the references"),
        (("T2I\x07",), "`t2i plan` lists the references"),
        (("{}", "--format", "facturX "), "did you mean 'facturx'?"),
        (("{}", "--format", "docx"), "choose from pdf, facturx"),
        (("{}", "--out", "x.pdf", "--open"), "either --out or --open"),
        (("{}",), "with --out"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(due: World, arguments: tuple[str, ...], words: str) -> None:
    reference = due.reference("design")
    answer = due.t2i("preview", *(one.replace("{}", reference) for one in arguments), "--json")
    assert (answer.code, answer.json["error"]) == (2, "UsageError")
    assert words in answer.err
    assert "\x07" not in answer.err


def test_of_several_payers_each_document_is_shown_by_its_own_reference(due: World) -> None:
    due.add('[clients.fund]\nname = "Fund"\n')
    payers = '[{ client = "acme", percent = "60" }, { client = "fund", percent = "40" }]'
    due.configure('outputs = ["files", "books"]', f'outputs = ["files"]\npayers = {payers}')
    [action] = [one for one in due.t2i("plan", "--json").json["actions"] if one["term"] == "design"]
    documents = [one["document"] for one in action["outputs"]]
    both = due.t2i("preview", action["reference"], "--format", "json")
    assert both.code == 2
    assert all(document in both.err for document in documents)
    shown = [json.loads(due.t2i("preview", one, "--format", "json").out) for one in documents]
    assert [(one["client"]["id"], one["totals"]["net"]) for one in shown] == [("acme", "10800.00"), ("fund", "7200.00")]


def test_open_hands_a_private_file_to_the_viewer(due: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    viewer = Viewer()
    monkeypatch.setattr(click, "launch", viewer)
    reference = due.reference("design")
    answer = due.t2i("preview", reference, "--format", "cii", "--open")
    (path,) = viewer.opened
    assert (answer.code, path.name) == (0, f"{reference}.preview.cii.xml")
    assert etree.QName(etree.fromstring(path.read_bytes())).localname == "CrossIndustryInvoice"
    assert (path.parent.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)


def test_without_a_viewer_the_file_is_named(due: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click, "launch", Viewer(code=1))
    answer = due.t2i("preview", due.reference("design"), "--format", "csv", "--open")
    assert answer.code == 1
    assert ".preview.csv" in answer.out
    assert "Open the file yourself" in answer.err


def strange(settings: object, output: str, draft: Draft, planned: bool, look: Look) -> bytes:
    if planned:
        raise KeyError(draft.client.name)
    return f"{output} {draft.reference}".encode()


def test_an_output_of_anybody_offers_its_own_format(due: World) -> None:
    rendition: Rendition[Any] = Rendition("note", is_text=True, writes=lambda settings: True, render=strange)
    loaded = load(due.config)
    plugin = replace(load_output("files"), renditions={"note": rendition})
    outputs = {**loaded.outputs, "strange": Configured("strange", loaded.outputs["files"].settings, plugin)}
    offer = offers(replace(loaded, outputs=outputs), ("files",))["note"]
    sight = Sight(sample_draft(), ("strange",), planned=False)
    assert offer.render(sight) == f"strange {sample_draft().reference}".encode()
    with pytest.raises(BadAnswer) as caught:
        offer.render(replace(sight, planned=True))
    assert "Acme" not in str(caught.value)


def test_a_pdf_can_be_looked_at_where_no_folder_is_configured(due: World, tmp_path: Path) -> None:
    text = due.config.read_text()
    section = text[text.index("[outputs.files]") : text.index("[outputs.books]")]
    due.configure(section, "")
    due.configure('outputs = ["files", "books"]', 'outputs = ["books"]')
    assert due.t2i("preview", due.reference("design"), "--out", tmp_path / "shown.pdf").code == 0


def on_a_terminal(*arguments: str) -> tuple[int, str]:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PAGER": "cat"}
    command = [sys.executable, "-m", "tracker2invoice", "preview", *arguments]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs, env=environment)
    os.close(theirs)
    shown = b""
    while process.poll() is None or shown[-1:] != b"":
        try:
            more = os.read(ours, 65536)
        except OSError:
            break
        shown += more
    os.close(ours)
    return process.wait(timeout=60), shown.decode()


def test_a_terminal_is_shown_text_without_what_would_steer_it_and_no_pdf(due: World) -> None:
    due.configure('order_reference = "PO-4711"', 'order_reference = "PO \\u009b31m\\u202e"')
    reference = due.reference("design")
    code, shown = on_a_terminal(reference, "--format", "json")
    assert (code, "PO \\u009b31m\\u202e" in shown) == (0, True)
    code, shown = on_a_terminal(reference)
    assert (code, "--open" in shown) == (2, True)
