"""The look of what lies in a folder, also if it was changed between two attempts to write it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.connectors.test_files import DRAFT, NAMES, contents, context, create
from tests.unit.test_logo import LOGOS, logos, look

from tracker2invoice.errors import Rejected
from tracker2invoice.model.look import PLAIN, Look, Template
from tracker2invoice.testing.samples import sample_contract
from tracker2invoice_files import FilesSettings, plugin
from tracker2invoice_files.output import FilesOutput

PDF = NAMES[2]


def connected(folder: Path, looks: Look) -> FilesOutput:
    return FilesOutput(FilesSettings(directory=Path("invoices")), replace(context(folder), look=looks))


def test_a_folder_is_written_with_the_logo_of_the_supplier(tmp_path: Path) -> None:
    create(connected(tmp_path, look(LOGOS["SVG"])))
    assert len(logos(contents(tmp_path / "invoices")[PDF])) == 1


def test_the_logo_does_not_change_what_is_sent_so_that_another_one_makes_no_other_document() -> None:
    assert connected(Path(), PLAIN).prepare(DRAFT) == connected(Path(), look(LOGOS["SVG"])).prepare(DRAFT)


def test_a_document_cut_short_by_a_crash_is_completed_with_the_logo_of_the_day(tmp_path: Path) -> None:
    create(connected(tmp_path / "never-cut", look(LOGOS["PNG"])))
    folder = tmp_path / "invoices"
    create(connected(tmp_path, look(LOGOS["SVG"])))
    (folder / NAMES[1]).rename(folder / f".{NAMES[1]}.part")
    after = connected(tmp_path, look(LOGOS["PNG"]))
    assert after.find(DRAFT) == ()
    create(after)
    assert contents(folder) == contents(tmp_path / "never-cut" / "invoices")


def test_a_document_that_a_template_cannot_lay_out_is_refused_with_the_line_and_leaves_no_file(tmp_path: Path) -> None:
    failing = Look(template=Template(str(tmp_path), "own.typ", "#let foot(ours, data) = {\npanic(data.payable)\n}"))
    with pytest.raises(Rejected, match=r"cannot be typeset \(own\.typ, line 2\)") as caught:
        create(connected(tmp_path, failing))
    assert "21,420.00" not in str(caught.value)
    assert not (tmp_path / "invoices").exists()


def test_a_document_that_is_there_is_found_whatever_the_logo_is_now_and_stays_as_it_is(tmp_path: Path) -> None:
    create(connected(tmp_path, look(LOGOS["SVG"])))
    before = contents(tmp_path / "invoices")
    [found] = connected(tmp_path, look(LOGOS["PNG"])).find(DRAFT)
    assert found.complete
    assert contents(tmp_path / "invoices") == before


SWISS = replace(sample_contract("CHF"), supplier=replace(sample_contract().supplier, iban="CH5800791123000889012"))
BARE = replace(SWISS, supplier=replace(SWISS.supplier, address=None))
ADDRESS = "supplier.address: street, postcode, city and country of the payee (QR-bill)"


def test_nothing_is_billed_before_the_qr_bill_has_the_address_of_the_payee() -> None:
    assert plugin.lacks is not None
    settings = FilesSettings(directory=Path("invoices"))
    assert list(plugin.lacks(settings, BARE)) == [ADDRESS]
    assert list(plugin.lacks(settings, SWISS)) == []
    assert list(plugin.lacks(settings.model_copy(update={"formats": ("json",)}), BARE)) == []


def test_check_says_whether_the_qr_bill_has_what_it_needs(tmp_path: Path) -> None:
    output = connected(tmp_path, PLAIN)
    found = {one.what: (one.ok, one.next_step) for one in output.check([replace(BARE, id="bare"), SWISS])}
    assert found["files: QR-bill for contract bare"] == (False, f"write {ADDRESS}")
    assert found[f"files: QR-bill for contract {SWISS.id}"] == (True, "")
    assert not [one for one in output.check([sample_contract()]) if "QR-bill" in one.what]
