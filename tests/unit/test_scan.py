from __future__ import annotations

import io
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import PIL.Image
import pytest
import typst
import zxingcpp

from tracker2invoice.documents.glyphs import FONTS
from tracker2invoice.documents.scan import payment_code
from tracker2invoice.documents.view import View
from tracker2invoice.mapping.creditnote import write_credit_note
from tracker2invoice.model.invoice import Draft, Preceding
from tracker2invoice.testing.samples import sample_draft, with_installments, with_payment_terms

IBAN = "DE02120300000000202051"


def scanned(draft: Draft) -> list[list[str]]:
    """What a camera reads on the first page: the lines of each QR code."""
    template, data = FONTS.parent / "invoice.typ", json.dumps(View(draft).data(), ensure_ascii=False)
    made: Any = typst.compile(template, font_paths=[FONTS], format="png", ppi=300, sys_inputs={"data": data})
    first: bytes = made if isinstance(made, bytes) else made[0]
    return [code.text.splitlines() for code in zxingcpp.read_barcodes(PIL.Image.open(io.BytesIO(first)))]


def paying(amount: str) -> Draft:
    draft = sample_draft()
    return replace(draft, totals=replace(draft.totals, payable=Decimal(amount)))


def supplied_by(draft: Draft, *, name: str = "Northwind Software GmbH", iban: str = IBAN, bic: str = "") -> Draft:
    return replace(draft, supplier=replace(draft.supplier, name=name, iban=iban, bic=bic))


def test_a_banking_app_reads_from_the_page_whom_to_pay_how_much_and_for_what() -> None:
    draft = supplied_by(paying("16420.05"), bic="BYLADEM1001")
    (lines,) = scanned(draft)
    assert lines[:7] == ["BCD", "002", "1", "SCT", "BYLADEM1001", "Northwind Software GmbH", IBAN]
    assert lines[7:] == ["EUR16420.05", "", "", "T2I-NVXPN6BMSHNR"]


@pytest.mark.parametrize(("amount", "coded"), [("0.01", "EUR0.01"), ("100.00", "EUR100"), ("999999999.99", None)])
def test_the_amount_to_pay_is_coded_to_the_cent(amount: str, coded: str | None) -> None:
    assert [lines[7] for lines in scanned(paying(amount))] == [coded or f"EUR{amount}"]


@pytest.mark.parametrize(
    ("name", "coded"),
    [
        ("Żółć Ąę s.r.o. Ωμέγα", "Żółć Ąę s.r.o. Ωμέγα"),
        ("A\nIBAN\r\nB", "A IBAN B"),
        ("é" * 200, "é" * 70),
        ("😀" * 70, "😀" * 52),
        (" " + "x" * 68 + "  tail", "x" * 68),
    ],
    ids=["letters of Europe", "line breaks", "too long", "too many bytes", "cut at a space"],
)
def test_a_name_stays_on_its_line_and_within_its_length(name: str, coded: str) -> None:
    assert [lines[5] for lines in scanned(supplied_by(sample_draft(), name=name))] == [coded]


@pytest.mark.parametrize(
    "draft",
    [
        sample_draft("SEK"),
        paying("0.00"),
        paying("-0.01"),
        paying("1000000000.00"),
        with_payment_terms(sample_draft()),
        with_installments(sample_draft()),
        write_credit_note(
            sample_draft(),
            reference="T2I-AAAAAAAAAAAA",
            day=sample_draft().issue_date,
            named=Preceding(sample_draft().reference, "INV-0012", sample_draft().issue_date),
            why="credited",
        ),
        supplied_by(sample_draft(), iban=""),
        supplied_by(sample_draft(), iban="TR330006100519786457841326"),
        supplied_by(sample_draft(), name="\x07"),
    ],
    ids=[
        "other currency",
        "nothing to pay",
        "money back",
        "more than a transfer takes",
        "discount for paying early",
        "in parts",
        "credit note",
        "no account",
        "account outside SEPA",
        "no name",
    ],
)
def test_there_is_no_code_where_no_single_transfer_pays_the_document(draft: Draft) -> None:
    assert payment_code(draft) == ""
