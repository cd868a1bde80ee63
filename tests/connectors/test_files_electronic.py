"""Electronic invoices in the folder: which files there are, by whose rules, and what is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pypdf
import pytest
from pydantic import ValidationError
from tests.connectors.test_files import DRAFT, NAMES, connected, contents, context, create

from tracker2invoice.documents.levels import LEVELS
from tracker2invoice.errors import Rejected
from tracker2invoice.model.contract import Address, Identifier
from tracker2invoice.testing.samples import sample_contract
from tracker2invoice_files import FilesSettings, Format, Level
from tracker2invoice_files.output import FilesOutput

REACHABLE = replace(
    DRAFT,
    supplier=replace(DRAFT.supplier, endpoint=Identifier("DE136695976", "9930"), contact="Accounts", phone="030 1234"),
    client=replace(DRAFT.client, endpoint=Identifier("DE129273398", "9930"), buyer_reference="PO-4711"),
)


def test_electronic_invoices_follow_the_rules_of_the_profile_that_is_configured(tmp_path: Path) -> None:
    settings = FilesSettings(directory=Path("invoices"), formats=("ubl", "cii"), profile="peppol")
    create(FilesOutput(settings, context(tmp_path)), REACHABLE)
    written = contents(tmp_path / "invoices")
    assert list(written) == [f"{DRAFT.reference}.cii.xml", f"{DRAFT.reference}.ubl.xml"]
    assert all(b"urn:fdc:peppol.eu:2017:poacc:billing:3.0" in content for content in written.values())


def test_factur_x_is_a_pdf_beside_the_one_for_people(tmp_path: Path) -> None:
    create(connected(tmp_path, "pdf", "facturx"))
    names = list(contents(tmp_path / "invoices"))
    assert names == [f"{DRAFT.reference}.facturx.pdf", f"{DRAFT.reference}.pdf"]


def test_factur_x_has_the_profile_of_en_16931_whatever_the_others_follow() -> None:
    settings = FilesSettings(directory=Path("x"), formats=("pdf", "facturx", "ubl"), profile="xrechnung")
    assert settings.profiles == ("xrechnung", "en16931")
    assert FilesSettings(directory=Path("x"), formats=("facturx",), profile="peppol").profiles == ("en16931",)
    assert FilesSettings(directory=Path("x"), profile="peppol").profiles == ()


def test_the_profile_of_factur_x_is_the_one_that_is_configured(tmp_path: Path) -> None:
    settings = FilesSettings(directory=Path("invoices"), formats=("facturx", "cii"), facturx_profile="basicwl")
    create(FilesOutput(settings, context(tmp_path)), REACHABLE)
    written = contents(tmp_path / "invoices")
    attached = pypdf.PdfReader(io.BytesIO(written[f"{DRAFT.reference}.facturx.pdf"])).attachments["factur-x.xml"][0]
    assert b"urn:factur-x.eu:1p0:basicwl" in attached
    assert b"factur-x.eu" not in written[f"{DRAFT.reference}.cii.xml"]


@pytest.mark.parametrize(
    ("level", "country", "said"),
    [("minimum", "DE", True), ("basicwl", "DE", True), ("basic", "DE", False), ("minimum", "FR", False)],
)
def test_a_german_supplier_is_told_which_profiles_of_factur_x_are_no_invoice(
    tmp_path: Path, level: Level, country: str, *, said: bool
) -> None:
    settings = FilesSettings(directory=Path("invoices"), formats=("facturx",), facturx_profile=level)
    contract = sample_contract()
    supplier = replace(contract.supplier, address=Address("s", "c", "p", country))
    found = FilesOutput(settings, context(tmp_path)).check([replace(contract, supplier=supplier)])
    assert [one.what for one in found if "no invoice" in one.next_step] == (
        [f"files: Factur-X {LEVELS[level].conformance} for contract {contract.id}"] if said else []
    )


def test_what_france_wants_has_no_room_in_the_smallest_profile() -> None:
    with pytest.raises(ValidationError, match='write "basicwl"'):
        FilesSettings(directory=Path("x"), formats=("facturx",), profile="france", facturx_profile="minimum")


def test_a_draft_that_lacks_what_its_profile_needs_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    settings = FilesSettings(directory=Path("invoices"), formats=("json", "ubl"), profile="peppol")
    with pytest.raises(Rejected) as caught:
        FilesOutput(settings, context(tmp_path)).prepare(DRAFT)
    assert "supplier.endpoint: electronic address of the seller, BT-34" in caught.value.detail
    assert not (tmp_path / "invoices").exists()


def test_a_draft_whose_sums_are_wrong_becomes_no_electronic_invoice(tmp_path: Path) -> None:
    wrong = replace(DRAFT, totals=replace(DRAFT.totals, payable=Decimal("21420.01")))
    with pytest.raises(Rejected, match="BR-CO-16"):
        connected(tmp_path, "cii").prepare(wrong)
    assert connected(tmp_path, "json").prepare(wrong)


def test_a_request_that_an_earlier_version_stored_is_still_carried_out(tmp_path: Path) -> None:
    request = json.loads(connected(tmp_path, "json").prepare(DRAFT))
    del request["profile"]
    connected(tmp_path, "json").create(DRAFT, json.dumps(request).encode(), "key")
    assert list(contents(tmp_path / "invoices")) == [NAMES[1]]


@pytest.mark.parametrize("written", [("ubl",), ("cii",), ("pdf", "ubl", "cii")])
def test_withdrawing_removes_electronic_invoices_too(tmp_path: Path, written: Sequence[Format]) -> None:
    output = connected(tmp_path, *written)
    receipt = output.create(DRAFT, output.prepare(DRAFT), "key").receipt
    connected(tmp_path, "json").withdraw(receipt)
    assert contents(tmp_path / "invoices") == {}
