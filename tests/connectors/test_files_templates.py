"""Drafts in the templates that Xero and QuickBooks Online import."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tracker2invoice.config.problems import Place, check
from tracker2invoice.config.types import Surroundings
from tracker2invoice.errors import Rejected, Unsupported
from tracker2invoice.mapping.creditnote import write_credit_note
from tracker2invoice.model.invoice import Draft, Preceding
from tracker2invoice.plugins import Context
from tracker2invoice.testing.bills import with_all_of_these, with_amounts, with_hours
from tracker2invoice.testing.samples import NOW, sample_contract, sample_draft
from tracker2invoice_files import FilesSettings, Format, plugin
from tracker2invoice_files.output import FilesOutput

XERO_HEADER = (
    "*ContactName,EmailAddress,POAddressLine1,POAddressLine2,POAddressLine3,POAddressLine4,POCity,PORegion,POPostalCode,"
    "POCountry,*InvoiceNumber,Reference,*InvoiceDate,*DueDate,Total,InventoryItemCode,*Description,*Quantity,*UnitAmount,"
    "Discount,*AccountCode,*TaxType,TaxAmount,TrackingName1,TrackingOption1,TrackingName2,TrackingOption2,Currency,"
    "BrandingTheme"
)
QUICKBOOKS_HEADER = (
    "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,Terms,Location,Memo,Item(Product/Service),ItemDescription,ItemQuantity,"
    "ItemRate,*ItemAmount,*ItemTaxCode,ItemTaxAmount,Currency,Service Date"
)
TAXES = {"S 19": "19% (VAT on Income)", "S 7": "7%", "E 0": "No VAT"}
SETTINGS: dict[str, Any] = {
    "directory": "invoices",
    "formats": ["csv-xero", "csv-quickbooks"],
    "xero": {"account": "200", "tax": TAXES},
    "quickbooks": {"item": "Services", "tax": TAXES},
}


def connected(directory: Path, **changes: Any) -> FilesOutput:
    settings = FilesSettings.model_validate(SETTINGS | changes)
    return FilesOutput(settings, Context("files", directory, lambda: NOW))


def rows(directory: Path, ending: str, draft: Draft, **changes: Any) -> list[dict[str, str]]:
    """Return the rows of the file that the output writes."""
    only: Format = "csv-xero" if ending == "xero.csv" else "csv-quickbooks"
    output = connected(directory, formats=[only], **changes)
    output.create(draft, output.prepare(draft), "key")
    written = (directory / "invoices" / f"{draft.reference}.{ending}").read_bytes().decode()
    return list(csv.DictReader(io.StringIO(written, newline=""), strict=True))


@pytest.mark.parametrize(("ending", "header"), [("xero.csv", XERO_HEADER), ("quickbooks.csv", QUICKBOOKS_HEADER)])
def test_the_columns_are_those_of_the_template_in_its_order(tmp_path: Path, ending: str, header: str) -> None:
    assert ",".join(rows(tmp_path, ending, sample_draft())[0]) == header


def test_xero_gets_a_row_for_each_amount_with_account_and_tax(tmp_path: Path) -> None:
    draft = with_all_of_these(sample_draft())
    found = rows(tmp_path, "xero.csv", draft)
    amounts = [Decimal(row["*Quantity"]) * Decimal(row["*UnitAmount"]) for row in found]
    assert sum(amounts) == draft.totals.net
    assert [row["*TaxType"] for row in found] == [TAXES[f"{row.tax.category} {row.tax.rate}"] for row in draft.rows]
    assert {(row["*ContactName"], row["*InvoiceNumber"], row["Reference"]) for row in found} == {
        (draft.client.name, draft.reference, draft.order_reference)
    }
    assert {(row["*AccountCode"], row["Currency"], row["Total"], row["TaxAmount"]) for row in found} == {
        ("200", "EUR", "", "")
    }
    assert (found[0]["*InvoiceDate"], found[0]["*DueDate"]) == ("02/03/2026", "01/04/2026")
    assert draft.why.milestone_url in found[0]["*Description"]


def test_quickbooks_gets_each_line_with_item_and_tax(tmp_path: Path) -> None:
    draft = with_hours(sample_draft())
    found = rows(tmp_path, "quickbooks.csv", draft)
    assert [row["*ItemAmount"] for row in found] == [str(line.net) for line in draft.lines]
    assert sum(Decimal(row["ItemTaxAmount"]) for row in found) == draft.totals.tax
    assert {(row["Item(Product/Service)"], row["*ItemTaxCode"], row["Service Date"]) for row in found} == {
        ("Services", "19% (VAT on Income)", "01/03/2026")
    }


@pytest.mark.parametrize("section", ["xero", "quickbooks"])
def test_days_are_written_as_the_region_does(tmp_path: Path, section: str) -> None:
    own = {section: SETTINGS[section] | {"dates": "MM/DD/YYYY"}}
    name = "*InvoiceDate"
    assert rows(tmp_path, f"{section}.csv", sample_draft(), **own)[0][name] == "03/02/2026"


def test_no_text_is_taken_for_a_formula(tmp_path: Path) -> None:
    draft = sample_draft()
    hostile = replace(
        draft,
        client=replace(draft.client, name="=cmd|x"),
        order_reference="@SUM(A1)",
        lines=(replace(draft.lines[0], description="+1\r\n-2"),),
    )
    for ending, names in (
        ("xero.csv", ("*ContactName", "Reference", "*Description")),
        ("quickbooks.csv", ("*Customer", "Memo", "ItemDescription")),
    ):
        (row,) = rows(tmp_path, ending, hostile)
        assert [row[name][:2] for name in names] == ["'=", "'@", "'+"]
        assert "\n" not in row[names[2]]


def taken_back(draft: Draft) -> Draft:
    named = Preceding(draft.reference, "", draft.issue_date)
    return write_credit_note(
        draft, reference="T2I-BBBBBBBBBBBB", day=draft.issue_date, named=named, why="decided by ann"
    )


def prepaid(draft: Draft) -> Draft:
    return replace(draft, totals=replace(draft.totals, prepaid=Decimal(1), payable=draft.totals.gross - 1))


def of_many_cents(draft: Draft) -> Draft:
    """Three lines of which each bears less than half a cent of VAT, and together a cent."""
    line = replace(draft.lines[0], quantity=Decimal(1), unit_price=Decimal("0.02"), net=Decimal("0.02"))
    return with_amounts(draft, [line] * 3)


def finely_priced(draft: Draft) -> Draft:
    line = replace(draft.lines[0], quantity=Decimal(100), unit_price=Decimal("0.125"), net=Decimal("12.50"))
    return with_amounts(draft, [line])


BEYOND: dict[str, tuple[Callable[[Draft], Draft], Format, str]] = {
    "a credit note for Xero": (taken_back, "csv-xero", "credit notes"),
    "a credit note for QuickBooks": (taken_back, "csv-quickbooks", "credit notes"),
    "what was prepaid": (prepaid, "csv-xero", "a prepaid amount"),
    "VAT that is rounded once": (
        of_many_cents,
        "csv-xero",
        "VAT that is not that of its lines, each rounded by itself",
    ),
    "a price of three decimals": (finely_priced, "csv-quickbooks", "unit prices with more than 2 decimals"),
    "a deduction for QuickBooks": (with_all_of_these, "csv-quickbooks", "amounts below zero"),
}


@pytest.mark.parametrize("case", BEYOND)
def test_what_a_template_cannot_express_is_refused_by_name(tmp_path: Path, case: str) -> None:
    change, format_, feature = BEYOND[case]
    with pytest.raises(Unsupported) as caught:
        connected(tmp_path, formats=["json", format_]).prepare(change(sample_draft()))
    assert caught.value.feature == feature


def test_a_tax_without_a_name_is_missed_before_anything_is_billed(tmp_path: Path) -> None:
    settings = FilesSettings.model_validate(SETTINGS | {"xero": {"account": "200", "tax": {"S 7": "7%"}}})
    assert plugin.lacks
    assert list(plugin.lacks(settings, sample_contract())) == ['xero.tax."S 19"']
    output = FilesOutput(settings, Context("files", tmp_path, lambda: NOW))
    (finding,) = [one for one in output.check([sample_contract()]) if "templates" in one.what]
    assert (finding.ok, finding.next_step) == (False, 'set xero.tax."S 19" in [outputs.files]')
    with pytest.raises(Rejected, match=r"S 19"):
        output.prepare(sample_draft())


@pytest.mark.parametrize("section", ["xero", "quickbooks"])
def test_a_template_without_its_section_is_refused_in_words_that_people_are_shown(section: str) -> None:
    without = {name: value for name, value in SETTINGS.items() if name != section}
    place = Place("outputs.files", lambda _: "tracker2invoice.toml")
    (problem,) = check(FilesSettings, without, place, Surroundings()).problems
    assert problem.message.endswith(f"write its section {section} too: the template has to be filled in")


def test_the_template_is_that_of_the_stored_request_not_of_todays_settings(tmp_path: Path) -> None:
    payload = connected(tmp_path, formats=["csv-xero"]).prepare(sample_draft())
    connected(tmp_path, formats=["json"], xero=None).create(sample_draft(), payload, "key")
    assert b'"200"' in (tmp_path / "invoices" / f"{sample_draft().reference}.xero.csv").read_bytes()


def test_a_finalized_draft_has_its_number_in_the_templates(tmp_path: Path) -> None:
    draft, output = sample_draft(), connected(tmp_path)
    receipt = output.create(draft, output.prepare(draft), "key").receipt
    output.finalize(replace(draft, number="2026-0001"), receipt)
    for ending in ("xero.csv", "quickbooks.csv"):
        assert b'"2026-0001"' in (tmp_path / "invoices" / f"{draft.reference}.{ending}").read_bytes()


def test_a_request_that_an_earlier_version_stored_is_written(tmp_path: Path) -> None:
    draft = sample_draft()
    payload = json.dumps({"draft": draft.to_dict(), "formats": ["ubl", "json"]}).encode()
    connected(tmp_path).create(draft, payload, "key")
    names = sorted(path.name for path in (tmp_path / "invoices").iterdir())
    assert names == [f"{draft.reference}.json", f"{draft.reference}.ubl.xml"]
