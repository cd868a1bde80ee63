from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.archived import faults

from tracker2invoice.documents.pdf import render_pdf
from tracker2invoice.documents.view import MOST_DELIVERABLES
from tracker2invoice.mapping.creditnote import write_credit_note
from tracker2invoice.model.invoice import Draft, Preceding
from tracker2invoice.testing.bills import with_all_of_these, with_amounts, with_hours
from tracker2invoice.testing.samples import (
    sample_deliverables,
    sample_draft,
    with_installments,
    with_payment_terms,
    with_preceding,
)

FINGERPRINT = """
import hashlib
from tracker2invoice.documents.pdf import render_pdf
from tracker2invoice.testing.samples import sample_draft
print(hashlib.sha256(render_pdf(sample_draft())).hexdigest())
"""

ANY_CHARACTER = st.characters(exclude_categories=())


def opened(draft: Draft) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(render_pdf(draft)))


def text_of(draft: Draft) -> str:
    text = "\n".join(one.extract_text() for one in opened(draft).pages)
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


def flat(text: str) -> str:
    return text.replace("\n", "").replace("\N{ZERO WIDTH SPACE}", "")


def flat_lines(draft: Draft) -> list[str]:
    return text_of(draft).replace("\N{ZERO WIDTH SPACE}", "").splitlines()


def links_of(draft: Draft) -> set[str]:
    annotations = [one.get_object() for sheet in opened(draft).pages for one in sheet.get("/Annots", ())]
    return {str(one["/A"]["/URI"]) for one in annotations if "/A" in one}


def delivering(titles: Sequence[str], url: str | None = None) -> Draft:
    draft = sample_draft()
    deliverables = sample_deliverables(titles)
    if url is not None:
        deliverables = tuple(replace(one, url=url) for one in deliverables)
    return replace(draft, lines=(replace(draft.lines[0], deliverables=deliverables),))


def as_credit_note(draft: Draft) -> Draft:
    invoice = Preceding(draft.reference, "INV-0012", draft.issue_date)
    return write_credit_note(draft, reference="T2I-AAAAAAAAAAAA", day=draft.issue_date, named=invoice, why="credited")


HOSTILE = sample_draft(
    title='#read("/etc/passwd") $x$ *b* \u202egnp.exe\x07 😀 日本語 \ufffe' + "W" * 400,
    deliverables=("", " ", "a\u0300\u0301" * 40, "\ud83d", "العربية", "x" * 5000, '#import "@preview/x:1.0.0"'),
)


@pytest.mark.parametrize(
    "draft",
    [
        sample_draft(),
        sample_draft("JPY"),
        sample_draft(category="AE", rate="0"),
        with_payment_terms(sample_draft()),
        with_all_of_these(sample_draft()),
        with_installments(sample_draft()),
        with_preceding(sample_draft()),
        as_credit_note(sample_draft()),
        delivering([f"Step {number}" for number in range(90)]),
        HOSTILE,
    ],
    ids=[
        "plain",
        "yen",
        "reverse charge",
        "discount and period",
        "many amounts",
        "in parts",
        "preceding invoices",
        "credit note",
        "many deliverables",
        "hostile",
    ],
)
def test_every_document_can_be_archived_and_read_aloud(draft: Draft) -> None:
    assert faults(render_pdf(draft)) == []


def test_the_same_draft_gives_the_same_bytes_in_every_thread_and_process() -> None:
    draft = sample_draft()
    first = render_pdf(draft)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(render_pdf, [draft] * 8)) == {first}
    done = subprocess.run([sys.executable, "-c", FINGERPRINT], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == hashlib.sha256(first).hexdigest()


def test_what_the_law_wants_of_the_supplier_stands_on_the_page() -> None:
    supplier = replace(sample_draft().supplier, notes={"PMT": "40 EUR for recovery.", "PMD": "12 % a year."})
    assert "40 EUR for recovery." in text_of(replace(sample_draft(), supplier=supplier))
    late = text_of(replace(with_payment_terms(sample_draft()), supplier=supplier))
    assert "12 % a year." not in late
    assert late.count("Late payments bear 9 %.") == 1


def test_the_page_says_who_owes_whom_what_and_why() -> None:
    draft = replace(sample_draft(), note="Thank you.\nSee you at Beta.")
    text = text_of(replace(draft, client=replace(draft.client, buyer_reference="cost centre 12")))
    for part in (
        "Draft invoice", "T2I-NVXPN6BMSHNR",
        "Northwind Software GmbH", "Hauptstr. 1", "10115 Berlin", "Germany", "VAT ID DE123456789",
        "Acme GmbH", "20095 Hamburg", "VAT ID DE987654321",
        "2 March 2026", "1 March 2026", "1 April 2026",
        "Customer portal", "github:acme/portal", "PO-4711", "Your reference", "cost centre 12",
        "Milestone: Design done", "30 % of 60000.00 EUR", "VAT 19 %", "18,000.00", "3,420.00", "EUR 21,420.00",
        "Payable within 30 days.", "DE02 1203 0000 0000 2020 51", "Thank you.", "See you at Beta.",
        "#1", "Log in", "2 Mar 2026",
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize(
    ("currency", "shown"), [("EUR", "EUR 21,420.00"), ("JPY", "JPY 2,142,000"), ("KWD", "KWD 21,420.000")]
)
def test_amounts_have_the_decimals_of_their_currency(currency: str, shown: str) -> None:
    lines = text_of(sample_draft(currency)).splitlines()
    assert shown in lines or any(line.endswith(shown) for line in lines)


def test_a_unit_price_keeps_its_decimals_and_the_unit_is_shown() -> None:
    draft = sample_draft()
    line = replace(draft.lines[0], quantity=Decimal("12.5"), unit="HUR", unit_price=Decimal("0.0125"))
    text = text_of(replace(draft, lines=(line,)))
    assert "12.5 h" in text
    assert "0.0125" in text


def test_figures_are_rounded_half_up() -> None:
    draft = sample_draft()
    # the seventh decimal of a price: half to even, Babel's way, would give 1.000002
    line = replace(draft.lines[0], unit_price=Decimal("1.0000025"))
    assert "1.000003" in text_of(replace(draft, lines=(line,)))


def test_the_reason_for_charging_no_tax_stands_on_the_page() -> None:
    text = text_of(sample_draft(category="AE", rate="0"))
    assert "Reverse charge" in text
    assert "see contract" in text


def test_what_was_paid_before_is_taken_off() -> None:
    draft = sample_draft()
    totals = replace(draft.totals, prepaid=Decimal("5000.00"), payable=Decimal("16420.00"))
    text = text_of(replace(draft, totals=totals))
    assert "-5,000.00" in text
    assert "EUR 16,420.00" in text


def test_preceding_invoices_stand_on_the_page_with_number_and_day() -> None:
    text = text_of(with_preceding(sample_draft()))
    for part in ("Preceding invoices", "INV-0012", "of 2 January 2026", "T2I-AAAAAAAAAAAA", "T2I-BBBBBBBBBBBB"):
        assert part in text
    assert "Preceding invoices" not in text_of(sample_draft())


def test_a_credit_note_is_called_one_names_the_invoice_and_asks_for_no_payment() -> None:
    text = flat(text_of(as_credit_note(with_payment_terms(sample_draft()))))
    for part in (
        "Draft credit note",
        "Credited to",
        "Amount credited",
        "EUR 21,420.00",
        "Invoice taken back",
        "INV-0012",
    ):
        assert part in text, part
    for part in ("Draft invoice", "Due date", "Amount due", "IBAN", "Payable", "Payment"):
        assert part not in text, part


def test_the_page_says_how_the_tax_came_about() -> None:
    told = "VAT is rounded line by line: 0.01 EUR more than of the sum at 19 %."
    assert told in " ".join(text_of(replace(sample_draft(), tax_note=told)).split())


def test_every_amount_stands_on_the_page_with_how_it_came_about() -> None:
    text = text_of(with_all_of_these(sample_draft()))
    for part in (
        "Support, ann", "12.5 h", "96.00", "1,200.00", "Basis: 12.5 hours of ann at 96",
        "Deposit, paid before", "-100.00", "Basis: all of 100",
        "Discount", "-50.00", "Basis: agreed on the telephone",
        "Retainage", "-900.00", "Basis: 5 % of 18000",
    ):  # fmt: skip
        assert part in text


def test_a_deduction_has_a_minus_amount_and_neither_quantity_nor_price() -> None:
    shown = " ".join(text_of(with_all_of_these(sample_draft())).splitlines())
    for row in (
        "Deposit, paid before Basis: all of 100 -100.00",
        "Discount Basis: agreed on the telephone -50.00",
        "Retainage Basis: 5 % of 18000 -900.00",
    ):
        assert row in shown


def test_hours_taken_back_keep_their_quantity_and_price() -> None:
    draft = with_hours(sample_draft())
    back = replace(draft.lines[2], quantity=Decimal(-1), net=-draft.lines[2].unit_price)
    text = text_of(with_amounts(draft, [*draft.lines, back]))
    assert "-1 h" in text
    assert "-88.00" in text


def test_the_sums_say_how_the_net_total_comes_from_lines_and_deductions() -> None:
    text = text_of(with_all_of_these(sample_draft()))
    for part in ("Sum of the lines", "19,409.00", "Deductions", "-950.00", "Total without VAT", "18,459.00"):
        assert part in text
    assert "Deductions" not in text_of(with_hours(sample_draft()))


def test_every_tax_has_a_row_of_its_own_and_the_reason_below_it() -> None:
    text = text_of(with_all_of_these(sample_draft()))
    rows = ("VAT 19 %", "19,314.00", "3,669.66", "VAT 7 %", "45.00", "3.15", "Exempt from VAT", "-900.00", "0.00")
    breakdown = text[text.index("VAT breakdown") :]
    assert all(part in breakdown for part in rows)
    assert breakdown.index("Exempt from VAT") < breakdown.index("VAT is due on the whole work at once")


def test_thirty_lines_take_two_pages_with_the_head_of_the_table_on_both() -> None:
    draft = with_hours(sample_draft(deliverables=()))
    pages = opened(with_amounts(draft, [draft.lines[0], *draft.lines[1:] * 14])).pages
    texts = [one.extract_text() for one in pages]
    assert [("Unit price" in text, "Support, ann" in text) for text in texts] == [(True, True)] * 2


@pytest.mark.parametrize("rows", range(8, 15))
def test_the_totals_stand_on_a_page_with_a_line(rows: int) -> None:
    draft = with_hours(sample_draft(deliverables=()))
    texts = [one.extract_text() for one in opened(with_amounts(draft, [draft.lines[1]] * rows)).pages]
    with_totals = [text for text in texts if "Total without VAT" in text]
    assert ["Support, ann" in text for text in with_totals] == [True]


def test_a_discount_a_late_fee_and_the_time_of_delivery_stand_on_the_page() -> None:
    draft = with_payment_terms(sample_draft())
    text = " ".join(text_of(draft).split())
    assert draft.payment_terms in text
    assert "Delivery period" in text
    assert "31 Jan 2026 \N{EN DASH} 1 Mar 2026" in text


def test_every_part_of_an_invoice_stands_on_the_page_with_its_day() -> None:
    draft = with_installments(sample_draft())
    text = " ".join(text_of(draft).split())
    assert draft.payment_terms in text
    assert "Part due Amount EUR 16 March 2026 10,710.00 1 April 2026 10,710.00" in text
    assert "Part due" not in text_of(sample_draft())


def test_missing_details_of_the_supplier_leave_gaps_not_errors() -> None:
    draft = sample_draft()
    bare = replace(draft.supplier, address=None, vat_id="", email="", iban="")
    assert "IBAN" not in text_of(replace(draft, supplier=bare))


@pytest.mark.parametrize(
    "title", ['#read("/etc/passwd")', '#import "@preview/x:1.0.0"', "*bold* _it_ $x^2$ <label> @ref", "// ---"]
)
def test_markup_in_a_title_is_printed_not_obeyed(title: str) -> None:
    assert title in text_of(delivering([title]))


def test_text_that_changes_direction_is_printed_as_it_was_stored() -> None:
    assert "gnp.exe" in text_of(delivering(["\u202egnp.exe\u202c"]))


def test_what_the_fonts_lack_is_replaced_for_all_to_see() -> None:
    assert "Design \ufffd\ufffd 2" in text_of(delivering(["Design 한국 2"]))


def test_titles_in_other_scripts_are_shown() -> None:
    assert "設計 设计" in text_of(delivering(["設計 设计"]))
    # what is read from the right comes out of a PDF letter by letter as it stands on paper
    shown = text_of(delivering(["תכנון", "مرحلة"]))
    assert {*"תכנון"} <= {*shown}
    assert "\ufffd" not in shown


def test_a_title_that_leaves_nothing_to_print_is_called_by_its_number() -> None:
    draft = delivering(["\x07\u202e"], url="https://example.com/1")
    assert "https://example.com/1" in links_of(draft)


@settings(max_examples=40, deadline=None)
@given(st.text(ANY_CHARACTER), st.text(ANY_CHARACTER), st.text(ANY_CHARACTER))
def test_no_text_stops_an_invoice(title: str, name: str, note: str) -> None:
    draft = sample_draft(title=title, deliverables=(title,))
    draft = replace(draft, client=replace(draft.client, name=name), note=note, project=name)
    assert render_pdf(draft).startswith(b"%PDF-")


def test_titles_are_linked() -> None:
    assert links_of(sample_draft()) >= {
        "https://github.com/acme/portal/milestone/1",
        "https://github.com/acme/portal/issues/1",
    }


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "//evil.example", "https://a b", "http://", "x"],
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert links_of(delivering(["Log in"], url=url)) == {"https://github.com/acme/portal/milestone/1"}


def test_a_long_list_says_how_much_it_leaves_out() -> None:
    draft = delivering([f"Step {number}." for number in range(1, MOST_DELIVERABLES + 3)])
    text = text_of(draft)
    assert f"Step {MOST_DELIVERABLES}." in text
    assert f"Step {MOST_DELIVERABLES + 1}." not in text
    assert "and 2 more" in text


def test_a_list_over_several_pages_repeats_its_head_and_numbers_the_pages() -> None:
    pages = [one.extract_text() for one in opened(delivering([f"Step {n}" for n in range(90)])).pages]
    assert len(pages) == 4
    for number, text in enumerate(pages, start=1):
        assert f"{number} / 4" in text
    assert ["Closed (UTC)" in text for text in pages] == [False, True, True, True]


def test_a_short_list_stays_on_the_page_of_the_invoice() -> None:
    assert len(opened(sample_draft()).pages) == 1


def test_long_titles_are_cut_visibly() -> None:
    text = flat(text_of(delivering(["x" * 5000])))
    assert "x" * 299 + "…" in text
    assert "x" * 300 not in text


def test_a_word_wider_than_its_column_is_broken() -> None:
    lines = flat_lines(delivering(["W" * 250]))
    assert max(line.count("W") for line in lines) < 45  # 130 mm, and a W is 3 mm wide


def test_a_name_of_one_long_word_stays_in_its_place() -> None:
    draft = sample_draft()
    named = replace(draft.supplier, name="W" * 120)
    assert max(line.count("W") for line in flat_lines(replace(draft, supplier=named))) < 40


def test_a_document_with_a_number_is_no_draft_any_more_and_keeps_its_reference() -> None:
    draft = sample_draft()
    text = text_of(replace(draft, number="RE-2026-0057"))
    assert "RE-2026-0057" in text
    assert draft.reference in text
    assert "Draft" not in text
    assert "Draft invoice" in text_of(draft)
