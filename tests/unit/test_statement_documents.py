"""The progress statement on paper, on a web page and in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import page
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.statements import claim, deal, euro, house

from tracker2invoice.documents.pdf import render_statement_pdf
from tracker2invoice.documents.statement_html import render_statement_html
from tracker2invoice.documents.statement_table import render_statement_table
from tracker2invoice.mapping.statement import opening, statements
from tracker2invoice.model.conditions import ChangeOrder
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.statement import Application
from tracker2invoice.testing.samples import sample_contract

PROFILES = (page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1)
Sample = tuple[Contract, Sequence[Application]]

HOSTILE = '=1+1 <script>alert(1)</script> $x$ ${HOME} #read("/etc/passwd") "&amp; \u202egnp.exe\x07 한국 ' + "W" * 300

SAID = (
    "Northwind Software GmbH", "Acme GmbH", "Lake house", "PO-4711", "Application 2", "1 April 2026", "net, in EUR",
    "250,000.00", "12,500.00", "450.00", "262,950.00", "132,950.00", "10.0 %", "13,250.00", "119,700.00", "58,500.00",
    "61,200.00", "143,250.00", "20,000.00", "5,000.00", "15,000.00", "EUR 56,200.00",
    "CO-1", "20 Mar 2026", "Second bathroom", "CO-2", "No skirting boards", "2,500.00",
    "foundation", "Foundation and drains", "roof", "Roof with gutters", "65.8", "interior", "Interior finish", "34.6",
    "Not in any term", "Escalation, as billed", "Discounts, as billed", "\N{MINUS SIGN}450.00", "130,000.00", "50.6",
)  # fmt: skip


def large() -> Sample:
    """40 terms with amounts of nine digits, long words and many change orders."""
    contract = deal("4938271560.00", [], **{f"term_{number:02}_of_forty": "123456789.00" for number in range(40)})
    words = "Substructure, superstructure and everything between"
    contract = replace(
        contract,
        terms=tuple(replace(term, description=words) for term in contract.terms),
        change_orders=tuple(
            ChangeOrder(f"CO-{number}", date(2026, 1, 1), euro("-123456789.12"), words) for number in range(6)
        ),
    )
    work = [
        claim(0, ("work", term.id, "-123456789.00"), ("retained", term.id, "-12345678.90")) for term in contract.terms
    ]
    return contract, statements(contract, work)


def hostile() -> Sample:
    contract, _ = house()
    term = replace(contract.terms[0], description=HOSTILE)
    contract = replace(
        contract,
        title=HOSTILE,
        order_reference=HOSTILE,
        client=replace(contract.client, name=HOSTILE),
        supplier=replace(contract.supplier, name=HOSTILE),
        terms=(term, *contract.terms[1:]),
        change_orders=(ChangeOrder(HOSTILE, date(2026, 1, 1), euro("1.00"), HOSTILE),),
    )
    return contract, [opening(contract, date(2026, 3, 2))]


def pages(sample: Sample) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(render_statement_pdf(*sample)))
    return [one.extract_text().replace("\N{NO-BREAK SPACE}", " ") for one in reader.pages]


class Reader(HTMLParser):
    """Collects the text of a page, and every element that is open at its end."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def read(sample: Sample) -> Reader:
    return Reader(render_statement_html(*sample).decode())


def cells(sample: Sample) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render_statement_table(*sample).decode(), newline="")))


def arabic() -> Sample:
    contract, applications = house()
    return replace(contract, client=replace(contract.client, languages=("ar", "fr"))), applications


SAMPLES = {"house": house(), "large": large(), "hostile": hostile(), "arabic": arabic()}


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_every_statement_can_be_archived_and_read_aloud(sample: Sample) -> None:
    pdf = render_statement_pdf(*sample)
    for profile in PROFILES:
        report = page.validate_pdf_bytes(pdf, profile=profile)
        assert [failure.rule_id for failure in report.failures] == []
        assert report.is_compliant


def test_the_page_says_all_lines_and_columns() -> None:
    contract, applications = house()
    (text,) = pages((contract, applications[-1:]))
    assert [part for part in SAID if part not in text] == []


def test_the_web_page_says_the_same() -> None:
    contract, applications = house()
    texts = [text.replace("\N{NO-BREAK SPACE}", " ") for text in read((contract, applications[-1:])).texts]
    assert [part for part in SAID if not any(part in text for text in texts)] == []


def test_labels_stand_in_both_languages_of_the_client_and_figures_follow_the_first() -> None:
    contract, applications = house()
    both = replace(contract, client=replace(contract.client, languages=("de", "fr"))), applications[-1:]
    text = "\n".join(pages(both))
    texts = [text.replace("\N{NO-BREAK SPACE}", " ") for text in read(both).texts]
    for part in ("Leistungsstand / Situation de travaux", "1. April 2026", "250.000,00", "In keinem Teil", "2a"):
        assert part in text, part
        assert any(part in one for one in texts), part
    assert "Vertragswert\nValeur prévue" in text
    assert "Vertragswert / Valeur prévue" in texts


def test_in_arabic_the_web_page_runs_from_right_to_left() -> None:
    assert ("dir", "rtl") in read(arabic()).attributes
    assert ("dir", "ltr") in read(house()).attributes


def test_every_application_starts_a_page_of_its_own() -> None:
    found = pages(house())
    assert [f"Application {number}" in text for number, text in enumerate(found, start=1)] == [True, True]


def test_a_long_sheet_repeats_its_heads_and_ends_with_its_total() -> None:
    first, *rest = pages(large())
    assert "Scheduled value" not in first
    assert all("Scheduled value" in text for text in rest)
    assert ["\nTotal " in text for text in rest] == [False] * (len(rest) - 1) + [True]


def test_the_same_statement_gives_the_same_bytes() -> None:
    assert render_statement_pdf(*house()) == render_statement_pdf(*house())


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_the_web_page_loads_nothing_and_runs_nothing(sample: Sample) -> None:
    reader = read(sample)
    assert reader.open == []
    assert {"script", "img", "link", "iframe", "object", "form", "a"} & set(reader.tags) == set()
    assert [name for name, _ in reader.attributes if name.startswith("on") or name in ("src", "href", "style")] == []
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in reader.attributes
    style = render_statement_html(*sample).decode().partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_text_is_shown_on_the_web_page_as_it_is() -> None:
    assert any("<script>alert(1)</script> $x$ ${HOME}" in text for text in read(hostile()).texts)


def test_text_is_shown_on_paper_as_it_is() -> None:
    text = " ".join(pages(hostile())).replace("\n", " ")
    assert '#read("/etc/passwd")' in text
    assert "gnp.exe" in text
    assert "\ufffd\ufffd" in text


def test_every_row_of_the_table_carries_the_lines_it_is_part_of() -> None:
    contract, applications = house()
    rows = cells((contract, applications))
    assert len(rows) == sum(len(one.items) for one in applications)
    roof = rows[-5]
    assert {name: roof[name] for name in ("application", "period_to", "currency", "kind", "item", "description")} == {
        "application": "2",
        "period_to": "2026-04-01",
        "currency": "EUR",
        "kind": "term",
        "item": "roof",
        "description": "Roof with gutters",
    }
    columns = ("scheduled", "previous", "this_period", "stored", "completed", "percent", "balance", "retainage")
    assert [roof[name] for name in columns] == [
        "95000.00", "40000.00", "22500.00", "0.00", "62500.00", "65.79", "32500.00", "6250.00",
    ]  # fmt: skip
    assert (roof["line_2a"], roof["line_8"], roof["advances_left"], roof["asked"]) == (
        "450.00",
        "61200.00",
        "15000.00",
        "56200.00",
    )
    assert rows[-1]["completed"] == "-450.00"


def test_no_cell_of_the_table_is_taken_for_a_formula() -> None:
    found = cells(hostile())
    assert found[0]["description"].startswith("'=1+1 <script>")
    assert [value for row in found for value in row.values() if value[:1] in tuple("=+@")] == []


def test_a_contract_without_items_still_has_its_heads() -> None:
    contract = replace(sample_contract(), price=euro("0.00"), terms=())
    assert render_statement_table(contract, [opening(contract, date(2026, 3, 2))]).startswith(b'"contract",')


@pytest.mark.parametrize(("currency", "price"), [("JPY", "6,000,000"), ("KWD", "60,000.000")])
def test_amounts_have_the_decimals_of_their_currency(currency: str, price: str) -> None:
    contract = sample_contract(currency)
    one = opening(contract, date(2026, 3, 2))
    assert f"\nTotal {price} " in "".join(pages((contract, [one])))
    assert price in read((contract, [one])).texts


def test_a_percentage_is_rounded_half_away_from_zero() -> None:
    contract = deal("10000.00", a="10000.00")
    made = statements(contract, [claim(0, ("work", "a", "1234.50"))])
    assert cells((contract, made))[0]["percent"] == "12.35"
    assert "12.3" in read((contract, made)).texts
    assert cells((contract, statements(contract, [claim(0, ("work", "a", "-0.50"))])))[0]["percent"] == "-0.01"


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
def test_no_text_stops_a_statement(title: str, words: str) -> None:
    contract, _ = house()
    contract = replace(contract, title=title, terms=(replace(contract.terms[0], description=words),))
    made = [opening(contract, date(2026, 3, 2))]
    assert render_statement_pdf(contract, made).startswith(b"%PDF-")
    assert read((contract, made)).open == []
    assert cells((contract, made))[0]["item"] == "foundation"


def test_a_removed_term_is_named_by_its_id_and_says_that_it_is_gone() -> None:
    contract, _ = house()
    made = statements(contract, [replace(claim(0, ("work", "terrace", "10.00")), contract=contract.id)])
    rows = [item for one in made for item in one.items if item.kind == "removed"]
    assert [item.id for item in rows] == ["terrace"]
    texts = read((contract, made)).texts
    assert texts[texts.index("terrace") + 1] == "No longer in the contract"


ROW = [
    "roof", "Roof with gutters", "95,000.00", "40,000.00", "22,500.00", "0.00", "62,500.00", "65.8", "32,500.00",
    "6,250.00",
]  # fmt: skip
DEDUCTED = ["CO-2", "25 Mar 2026", "No skirting boards", "0.00", "2,500.00"]


@pytest.mark.parametrize("row", [ROW, DEDUCTED], ids=["item", "change order"])
def test_a_row_has_its_cells_in_the_order_of_the_columns(row: list[str]) -> None:
    contract, applications = house()
    last = (contract, applications[-1:])
    texts = [text for text in read(last).texts if text]
    start = texts.index(row[0])
    assert texts[start : start + len(row)] == row
    assert texts[start + len(row)] not in row
    assert " ".join(row) in pages(last)[0]


def test_a_supplier_of_one_long_word_stays_in_its_place() -> None:
    contract, made = house()
    supplier = replace(contract.supplier, name="W" * 120)
    text = "\n".join(pages((replace(contract, supplier=supplier), made))).replace("\N{ZERO WIDTH SPACE}", "")
    assert max(line.count("W") for line in text.splitlines()) < 50
