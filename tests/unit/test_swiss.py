"""The Swiss QR-bill: what a bank reads in its code, what a person reads beside it, and where all of it stands."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import PIL.Image
import pypdf
import pytest
import typst
import zxingcpp
from stdnum import iso11649
from stdnum.ch import esr
from tests.archived import faults
from tests.einvoice.test_facturx import EN16931
from tests.unit.test_logo import LOGOS, boxes, look
from tests.unit.test_pdf import as_credit_note

from tracker2invoice.documents.cii import render_cii
from tracker2invoice.documents.glyphs import FONTS
from tracker2invoice.documents.pdf import render_pdf
from tracker2invoice.documents.scan import payment_code
from tracker2invoice.documents.swiss import Addressee, QrBill, lacking, qr_bill
from tracker2invoice.documents.ubl import render_ubl
from tracker2invoice.documents.view import View
from tracker2invoice.model.contract import Address, Party
from tracker2invoice.model.invoice import Draft
from tracker2invoice.testing.samples import sample_draft, with_installments, with_payment_terms

IBAN, QR_IBAN = "CH5800791123000889012", "CH4431999123000889012"
BIEL, RORSCHACH = (
    Address("Rue du Lac 1268", "Biel", "2501", "CH"),
    Address("Grosse Marktgasse 28", "Rorschach", "9400", "CH"),
)
SUPPLIER, CLIENT = "Robert Schneider AG", "Pia-Maria Rutschmann-Schnyder"
MILLIMETRE = 72 / 25.4

ULTIMATE_CREDITOR = [""] * 7
PAYEE = ["S", "Robert Schneider AG", "Rue du Lac", "1268", "2501", "Biel", "CH"]
PAYER = ["S", "Pia-Maria Rutschmann-Schnyder", "Grosse Marktgasse", "28", "9400", "Rorschach", "CH"]


def swiss(
    draft: Draft | None = None, *, iban: str = IBAN, languages: tuple[str, ...] = ("de",), **supplier: Any
) -> Draft:
    draft = draft or sample_draft("CHF", deliverables=())
    return replace(
        draft,
        supplier=replace(draft.supplier, **{"iban": iban, "name": SUPPLIER, "address": BIEL, **supplier}),
        client=replace(draft.client, name=CLIENT, address=RORSCHACH, languages=languages),
    )


def bill_of(draft: Draft) -> QrBill:
    found = qr_bill(draft)
    assert found is not None
    return found


def example(account: str, amount: str, reference: str, message: str) -> QrBill:
    payee = Addressee(SUPPLIER, "Rue du Lac", "1268", "2501", "Biel", "CH")
    payer = Addressee(CLIENT, "Grosse Marktgasse", "28", "9400", "Rorschach", "CH")
    return QrBill(account, payee, amount, "CHF", payer, reference, message)


def test_the_first_example_of_the_guidelines_is_coded_line_by_line() -> None:
    bill = example(QR_IBAN, "1949.75", "210000000003139471430009017", "Order from 15.06.2020")
    assert bill.payload.split("\n") == [
        *("SPC", "0200", "1", QR_IBAN, *PAYEE, *ULTIMATE_CREDITOR, "1949.75", "CHF", *PAYER),
        *("QRR", "210000000003139471430009017", "Order from 15.06.2020", "EPD"),
    ]
    assert bill.printed_reference == "21 00000 00003 13947 14300 09017"


def test_the_second_example_of_the_guidelines_is_coded_line_by_line() -> None:
    bill = example(IBAN, "199.95", "RF18539007547034", "")
    assert bill.payload.split("\n") == [
        *("SPC", "0200", "1", IBAN, *PAYEE, *ULTIMATE_CREDITOR, "199.95", "CHF", *PAYER),
        *("SCOR", "RF18539007547034", "", "EPD"),
    ]
    assert bill.printed_reference == "RF18 5390 0754 7034"


@pytest.mark.parametrize("currency", ["CHF", "EUR"])
def test_a_draft_is_coded_with_its_parties_its_amount_and_its_reference(currency: str) -> None:
    assert bill_of(swiss(sample_draft(currency))).payload.split("\n") == [
        *("SPC", "0200", "1", IBAN, *PAYEE, *ULTIMATE_CREDITOR, "21420.00", currency, *PAYER),
        *("SCOR", "RF95T2INVXPN6BMSHNR", "T2I-NVXPN6BMSHNR", "EPD"),
    ]


def test_the_reference_is_of_the_kind_that_the_account_takes_and_tells_documents_apart() -> None:
    ours = ["T2I-AAAAAAAAAAAA", "T2I-AAAAAAAAAAAB", "T2I-777777777777", "T2I-777777777776"]
    by_iban = [bill_of(replace(swiss(), reference=one)).reference for one in ours]
    by_qr_iban = [bill_of(replace(swiss(iban=QR_IBAN), reference=one)).reference for one in ours]
    assert len({*by_iban, *by_qr_iban}) == 2 * len(ours)
    for reference in by_iban:
        assert iso11649.is_valid(reference)
    for reference in by_qr_iban:
        assert len(reference) == 27
        assert esr.is_valid(reference)


@pytest.mark.parametrize(
    ("account", "kind"),
    [("CH0029999", "SCOR"), ("CH0030000", "QRR"), ("LI0031999", "QRR"), ("LI0032000", "SCOR")],
)
def test_an_account_with_the_number_of_a_bank_for_it_takes_qr_references(account: str, kind: str) -> None:
    assert kind in bill_of(swiss(iban=account + "0" * 12)).payload.split("\n")


def test_an_invoice_with_its_number_is_paid_by_the_same_reference_and_bears_the_number() -> None:
    bill = bill_of(replace(swiss(), number="RE-2026-0057"))
    assert (bill.reference, bill.message) == (bill_of(swiss()).reference, "RE-2026-0057")
    assert bill_of(replace(swiss(), number="№ 57")).message == "T2I-NVXPN6BMSHNR"


@pytest.mark.parametrize("render", [render_ubl, render_cii])
def test_the_electronic_invoice_asks_for_the_same_reference_as_the_qr_bill(render: Any) -> None:
    for draft in (swiss(), swiss(iban=QR_IBAN)):
        assert f">{bill_of(draft).reference}<".encode() in render(draft, EN16931)


@pytest.mark.parametrize("vary", [with_payment_terms, with_installments])
def test_where_the_client_may_choose_what_to_pay_the_amount_is_left_open(vary: Any) -> None:
    assert bill_of(swiss(vary(sample_draft("CHF")))).amount == ""


@pytest.mark.parametrize(
    ("address", "street", "number"),
    [
        (Address("Rue du 1er-Août", "Biel", "2501", "CH"), "Rue du 1er-Août", ""),
        (Address("Dorfstrasse 12-14a", "Vaduz", "9490", "LI"), "Dorfstrasse", "12-14a"),
        (Address("Postfach 12", "Bern", "3000", "CH"), "Postfach 12", ""),
        (Address("Platz 4", "Berlin", "10115", "DE"), "Platz 4", ""),
    ],
)
def test_the_number_of_a_house_is_told_apart_where_it_is_sure_to_be_one(
    address: Address, street: str, number: str
) -> None:
    creditor = bill_of(swiss(address=address)).creditor
    assert (creditor.street, creditor.number) == (street, number)
    assert creditor.lines[1] == address.street


def test_a_client_whose_name_the_code_cannot_hold_is_left_to_be_filled_in() -> None:
    draft = swiss()
    other = replace(draft, client=replace(draft.client, name="株式会社"))
    assert bill_of(other).payload.split("\n")[20:27] == [""] * 7
    assert bill_of(replace(draft, client=replace(draft.client, address=None))).debtor is None


def test_a_name_stays_on_its_line_and_within_its_length() -> None:
    lines = bill_of(swiss(name="A\nB" + "é" * 90)).payload.split("\n")
    assert lines[5] == "A B" + "é" * 67
    assert len(lines) == 31


@pytest.mark.parametrize(
    "draft",
    [
        swiss(sample_draft("USD")),
        swiss(iban="DE02120300000000202051"),
        swiss(iban=""),
        as_credit_note(swiss()),
        swiss(address=None),
        swiss(name="株式会社"),
        replace(swiss(), totals=replace(swiss().totals, payable=Decimal("0.00"))),
        replace(swiss(), totals=replace(swiss().totals, payable=Decimal("1000000000.00"))),
    ],
    ids=[
        "other currency",
        "other account",
        "no account",
        "credit note",
        "no address",
        "no letters",
        "nothing",
        "too much",
    ],
)
def test_other_documents_have_no_qr_bill(draft: Draft) -> None:
    assert qr_bill(draft) is None
    assert View(draft).data()["bill"] == {}


def test_an_invoice_in_euros_has_the_code_of_the_euro_area_where_it_has_no_qr_bill() -> None:
    assert View(swiss(sample_draft("EUR"))).data()["payment_code"] == ""
    without = swiss(sample_draft("EUR"), address=None)
    assert View(without).data()["payment_code"] == payment_code(without) != ""


@pytest.mark.parametrize(
    ("supplier", "currency", "said"),
    [
        ({"address": None}, "CHF", ["supplier.address: street, postcode, city and country of the payee (QR-bill)"]),
        ({"name": "株式会社"}, "EUR", ["supplier.name and supplier.address: in Latin letters (QR-bill)"]),
        ({"address": None}, "USD", []),
        ({"address": None, "iban": "DE02120300000000202051"}, "EUR", []),
        ({}, "CHF", []),
    ],
)
def test_what_the_configuration_lacks_is_said_by_its_setting(
    supplier: dict[str, Any], currency: str, said: list[str]
) -> None:
    party: Party = replace(swiss().supplier, **supplier)
    assert list(lacking(party, currency)) == said


def last_page(draft: Draft) -> PIL.Image.Image:
    template, data = FONTS.parent / "invoice.typ", json.dumps(View(draft).data(), ensure_ascii=False)
    made: Any = typst.compile(template, font_paths=[FONTS], format="png", ppi=300, sys_inputs={"data": data})
    last: bytes = made if isinstance(made, bytes) else made[-1]
    return PIL.Image.open(io.BytesIO(last))


@pytest.mark.parametrize("draft", [swiss(), swiss(iban=QR_IBAN), swiss(with_payment_terms(sample_draft("EUR")))])
def test_a_banking_app_reads_from_the_last_page_what_was_coded(draft: Draft) -> None:
    read = zxingcpp.read_barcodes(last_page(draft))
    assert [one.text for one in read] == [bill_of(draft).payload]


def test_the_code_is_as_large_as_the_guidelines_say_and_stands_where_they_say() -> None:
    for draft in (swiss(), swiss(sample_draft("CHF", deliverables=[f"Step {n}" for n in range(40)]))):
        pdf = render_pdf(draft, look=look(LOGOS["SVG"]))
        [box] = [box for name, box in boxes(pdf) if name == "Swiss QR Code"]
        assert [one / MILLIMETRE for one in box] == pytest.approx([67, 42, 67 + 46, 42 + 46], abs=0.05)


@pytest.mark.parametrize("languages", [("de",), ("fr", "en"), ("it",), ("ar",)])
def test_the_page_can_be_archived_and_read_aloud_in_every_language(languages: tuple[str, ...]) -> None:
    pdf = render_pdf(swiss(languages=languages), look=look(LOGOS["wide"]))
    assert faults(pdf) == []
    assert b"LiberationSans-Bold" in pdf
    assert b"LiberationSans" in pdf


@pytest.mark.parametrize(
    ("languages", "words"),
    [
        (("de",), "Empfangsschein Konto / Zahlbar an"),
        (("nl", "fr"), "Récépissé Compte / Payable à"),
        (("it",), "Ricevuta Conto / Pagabile a"),
        (("en",), "Receipt Account / Payable to"),
        (("ar", "ja"), "Receipt Account / Payable to"),
    ],
)
def test_its_words_are_in_a_language_that_it_has(languages: tuple[str, ...], words: str) -> None:
    assert f"{words} CH58 0079 1123 0008 8901 2 Robert Schneider AG" in text_of(swiss(languages=languages))


def text_of(draft: Draft) -> str:
    return " ".join(pypdf.PdfReader(io.BytesIO(render_pdf(draft))).pages[-1].extract_text().split())


def test_receipt_and_payment_part_say_the_same_and_the_foot_of_that_page_gives_way() -> None:
    text = text_of(swiss())
    slip = text[text.index("Empfangsschein") :]
    for part in ("CH58 0079 1123 0008 8901 2", "RF95 T2IN VXPN 6BMS HNR", "2501 Biel", "9400 Rorschach", "21 420.00"):
        assert slip.count(part) == 2, part
    assert "Vor der Einzahlung abzutrennen" in text
    assert "1 / 1" not in text


def test_a_short_invoice_and_its_qr_bill_take_one_page_and_a_long_one_has_it_on_the_last() -> None:
    assert len(pypdf.PdfReader(io.BytesIO(render_pdf(swiss()))).pages) == 1
    long = pypdf.PdfReader(io.BytesIO(render_pdf(swiss(sample_draft("CHF", deliverables=["x"] * 60))))).pages
    assert ["Zahlteil" in one.extract_text() for one in long] == [False] * (len(long) - 1) + [True]


def test_an_address_from_abroad_is_printed_with_its_country() -> None:
    draft = swiss()
    abroad = replace(draft, client=replace(draft.client, address=Address("Ring 2", "Hamburg", "20095", "DE")))
    assert "DE \N{EN DASH} 20095 Hamburg" in text_of(abroad)


def test_where_addresses_are_long_the_receipt_does_without_streets_and_the_payment_part_does_not() -> None:
    street = "Chemin de la Grande Fontaine du Village de Montagne, bâtiment B"
    long = Address(street, "La Chaux-de-Fonds", "2300", "CH")
    draft = swiss(address=long, name="WWWW " * 14)
    draft = replace(draft, client=replace(draft.client, name="W" * 70, address=long))
    text = text_of(draft)
    assert text[text.index("Empfangsschein") :].count("Village de Montagne") == 2
    assert text_of(swiss())[text_of(swiss()).index("Empfangsschein") :].count("Rue du Lac 1268") == 2
