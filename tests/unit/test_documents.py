from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from tracker2invoice.documents.document import SCHEMA, read_summary, render_document
from tracker2invoice.documents.glyphs import has_glyph
from tracker2invoice.documents.table import render_table
from tracker2invoice.documents.text import REPLACEMENT, capped, cell, clean, printable, web_link
from tracker2invoice.model.invoice import Allowance, Certification, Draft, Line, LineTax
from tracker2invoice.testing.bills import BILLS, OTHER, UNTAXED, with_all_of_these, with_amounts
from tracker2invoice.testing.samples import NOW, sample_draft, with_installments, with_payment_terms, with_preceding

SCHEMA_TEXT: dict[str, Any] = json.loads(SCHEMA.read_text())
VALIDATOR: Any = Draft202012Validator(SCHEMA_TEXT, format_checker=FormatChecker())

Json: TypeAlias = "str | list[Json] | dict[str, Json] | None"

ANY_TEXT = st.text(st.characters(exclude_categories=()))
SAFE_TEXT = st.text(st.characters(codec="utf-8"))


def plain(draft: Draft) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render_document(draft))
    return document


def rows(draft: Draft) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render_table(draft).decode(), newline="")))


def undescribed(schema: dict[str, Any], document: Json, path: str = "") -> Iterator[str]:
    """Yield the path of every property of the document that the schema does not name."""
    if "$ref" in schema:
        schema = SCHEMA_TEXT["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        yield from undescribed(schema["anyOf"][0], document, path)
    elif isinstance(document, list):
        for value in document:
            yield from undescribed(schema["items"], value, path)
    elif isinstance(document, dict) and "properties" in schema:
        for key, value in document.items():
            if key not in schema["properties"]:
                yield f"{path}/{key}"
            else:
                yield from undescribed(schema["properties"][key], value, f"{path}/{key}")


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA_TEXT)


@pytest.mark.parametrize(
    "draft",
    [
        sample_draft(),
        sample_draft("JPY"),
        sample_draft("KWD", category="O", rate="0", deliverables=()),
        replace(sample_draft(), supplier=replace(sample_draft().supplier, address=None)),
        sample_draft(remote={"books": "c-1"}),
        with_payment_terms(sample_draft()),
        with_all_of_these(sample_draft()),
        with_installments(sample_draft()),
        with_preceding(sample_draft()),
        replace(sample_draft(), certified_by=(Certification("acme-portal", "design", Decimal("62.5"), "anna", NOW),)),
    ],
    ids=[
        "plain",
        "yen",
        "dinar",
        "no address",
        "pinned client",
        "discount and period",
        "many amounts",
        "in parts",
        "preceding invoices",
        "certified",
    ],
)
def test_a_document_is_what_the_schema_says_and_nothing_else(draft: Draft) -> None:
    VALIDATOR.validate(plain(draft))
    assert list(undescribed(SCHEMA_TEXT, plain(draft))) == []


@pytest.mark.parametrize(
    "damage",
    [
        {"totals": None},
        {"currency": "euro"},
        {"reference": "../../etc/passwd"},
        {"issue_date": "2 March"},
        {"lines": []},
    ],
)
def test_the_schema_refuses_what_is_no_document(damage: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        VALIDATOR.validate(plain(sample_draft()) | damage)


def test_a_float_is_no_amount() -> None:
    document = plain(sample_draft())
    document["totals"]["gross"] = 21420.0
    with pytest.raises(ValidationError):
        VALIDATOR.validate(document)


def test_the_promised_names_stand_in_the_promised_order() -> None:
    document = plain(sample_draft())
    assert list(document) == [
        "reference", "number", "type_code", "issue_date", "due_date", "delivery_date", "currency",
        "supplier", "client", "contract", "contract_title", "project", "order_reference", "payment_terms",
        "note", "lines", "tax", "totals", "why", "allowances",
        "delivery_period", "early_payment", "installments", "late_fee", "preceding", "tax_note",
        "accepted_by", "exact_type_code", "contract_reference", "certified_by",
            "accounting_tax",
    ]  # fmt: skip
    assert list(document["lines"][0]) == [
        "description", "quantity", "unit", "unit_price", "net", "tax", "deliverables", "basis", "milestone_key",
        "kind",
    ]  # fmt: skip
    assert list(document["tax"][0])[:4] == ["category", "rate", "base", "amount"]
    assert document["totals"] == {
        "net": "18000.00", "tax": "3420.00", "gross": "21420.00", "prepaid": "0.00", "payable": "21420.00",
        "allowances": "0",
    }  # fmt: skip


@given(SAFE_TEXT)
def test_a_document_is_the_draft_word_for_word(title: str) -> None:
    draft = sample_draft(title=title)
    assert Draft.from_bytes(render_document(draft)) == draft
    assert render_document(draft) == render_document(Draft.from_bytes(draft.to_bytes()))


def test_the_summary_tells_documents_apart() -> None:
    summary = read_summary(render_document(sample_draft("KWD", remote={"files": "c-1"})))
    assert (summary.reference, summary.currency) == ("T2I-NVXPN6BMSHNR", "KWD")
    assert summary.gross == Decimal("21420.000")
    assert summary.remote == {"files": "c-1"}


@pytest.mark.parametrize(
    "damaged", [b"", b"{}", b"[]", b"null", b"\xff", b'{"reference":"x","currency":"EUR","totals":{"gross":"x"}}']
)
def test_what_is_no_document_has_no_summary(damaged: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_summary(damaged)


def test_the_table_has_a_row_for_each_line() -> None:
    draft = sample_draft()
    second = replace(draft.lines[0], description="Discount", unit_price=Decimal("-12.50"), net=Decimal("-12.50"))
    first_row, second_row = rows(replace(draft, lines=(draft.lines[0], second)))
    assert (first_row["line"], second_row["line"]) == ("1", "2")
    assert first_row["reference"] == second_row["reference"] == draft.reference
    assert (first_row["milestone"], first_row["line_net"]) == ("Design done", "18000.00")
    assert (first_row["tax_rate"], first_row["total_gross"]) == ("19", "21420.00")
    assert second_row["unit_price"] == second_row["line_net"] == "-12.50"


def test_the_table_has_a_row_for_each_allowance_with_its_tax_and_how_it_came_about() -> None:
    *_, discount, retainage = rows(with_all_of_these(sample_draft()))
    names = ("kind", "description", "quantity", "unit_price", "line_net", "tax_category", "tax_rate", "basis")
    told = [[row[name] for name in names] for row in (discount, retainage)]
    assert told == [
        ["allowance", "Discount", "-1", "50", "-50", "S", "19", "agreed on the telephone"],
        ["allowance", "Retainage", "-1", "900", "-900", "E", "0", "5 % of 18000"],
    ]


def test_the_table_says_what_each_row_is() -> None:
    draft = with_all_of_these(sample_draft())
    kinds = [row["kind"] for row in rows(draft)]
    assert kinds == ["line"] * len(draft.lines) + ["allowance"] * len(draft.allowances)


def test_the_table_says_how_the_line_of_an_earlier_draft_came_about_and_makes_nothing_up_for_others() -> None:
    draft = BILLS["a discount"](sample_draft())
    unexplained = replace(draft, allowances=(replace(draft.allowances[0], basis=""),))
    assert [row["basis"] for row in rows(unexplained)] == ["30 % of 60000.00 EUR", ""]


AMOUNT = st.tuples(st.decimals("0.01", "99999.99", places=2), st.sampled_from([OTHER, UNTAXED]))


@given(st.lists(AMOUNT, min_size=1, max_size=6), st.lists(AMOUNT, max_size=6), st.lists(AMOUNT, max_size=6))
def test_the_rows_of_the_table_add_up_to_its_net_total(
    added: list[tuple[Decimal, LineTax]],
    drawn: list[tuple[Decimal, LineTax]],
    allowed: list[tuple[Decimal, LineTax]],
) -> None:
    lines = [Line("x", Decimal(1), "C62", net, net, tax) for net, tax in added]
    lines += [Line("y", Decimal(-1), "C62", net, -net, tax) for net, tax in drawn]
    draft = with_amounts(sample_draft(), lines, [Allowance("z", amount, tax) for amount, tax in allowed])
    table = rows(draft)
    assert {row["total_net"] for row in table} == {format(draft.totals.net, "f")}
    assert sum(Decimal(row["line_net"]) for row in table) == draft.totals.net


def test_the_table_has_the_first_day_of_delivery_beside_the_last() -> None:
    (period,), (day,) = rows(with_payment_terms(sample_draft())), rows(sample_draft())
    assert (period["delivery_start"], period["delivery_date"]) == ("2026-01-31", "2026-03-01")
    assert (day["delivery_start"], day["delivery_date"]) == ("2026-03-01", "2026-03-01")


def test_the_table_names_the_invoices_that_the_draft_refers_to() -> None:
    (row,) = rows(with_preceding(sample_draft()))
    assert row["preceding"] == "INV-0012 of 2026-01-02 (T2I-AAAAAAAAAAAA); T2I-BBBBBBBBBBBB of 2026-02-01"


def test_the_table_says_how_the_tax_came_about() -> None:
    (row,) = rows(replace(sample_draft(), tax_note="VAT is rounded line by line."))
    assert row["tax_note"] == "VAT is rounded line by line."


def test_the_table_is_written_as_rfc_4180_has_it() -> None:
    data = render_table(sample_draft(title='say "hi", now'))
    head, row, end = data.split(b"\r\n")
    assert b"\n" not in head + row
    assert end == b""
    assert all(part.startswith('"') and part.endswith('"') for part in (head.decode(), row.decode()))
    assert b'"say ""hi"", now"' in row


@pytest.mark.parametrize(
    "title",
    [
        '=HYPERLINK("http://evil.example")', "@SUM(1)", "+1", "-1", "\t=1", "\r\n=1", " =1", "\u202e=1", "\x00=1",
        "\uff1d1", "\uff0b1", "\uff0d1", "\uff201",
    ],
)  # fmt: skip
def test_no_title_is_a_formula_in_the_table(title: str) -> None:
    (row,) = rows(sample_draft(title=title))
    assert row["milestone"].startswith("'")


def test_a_number_in_the_table_is_never_touched() -> None:
    (row,) = rows(sample_draft(net="-12.50"))
    assert row["line_net"] == row["total_net"] == "-12.50"


@given(ANY_TEXT)
def test_every_table_reads_back_with_the_columns_it_was_written_with(title: str) -> None:
    (row,) = rows(sample_draft(title=title))
    assert None not in row
    assert row["payment_terms"] == "Payable within 30 days."
    assert not row["milestone"].startswith(("=", "+", "-", "@"))


@given(ANY_TEXT)
def test_clean_text_holds_nothing_that_hides_or_steers(text: str) -> None:
    cleaned = clean(text)
    assert {unicodedata.category(one) for one in cleaned}.isdisjoint({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
    assert not set(cleaned) & set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert clean(cleaned) == cleaned


@given(ANY_TEXT)
def test_printable_text_has_a_glyph_or_the_replacement_for_every_character(text: str) -> None:
    assert all(has_glyph(one) or one == REPLACEMENT for one in printable(text))


def test_lines_are_joined_with_a_space() -> None:
    assert clean("one\r\ntwo\u2028three\tfour\n") == "one two three four"


def test_letters_and_their_accents_are_put_together() -> None:
    assert clean("Cafe\u0301") == clean("Cafe\x07\u0301") == "Café"


def test_capped_text_ends_in_an_ellipsis_only_if_it_was_cut() -> None:
    assert capped("abcd", 4) == "abcd"
    assert capped("abcde", 4) == "abc…"


@pytest.mark.parametrize("text", ["Beta", "a=b", "C++", "50 % - done"])
def test_harmless_cells_stay_as_they_are(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize("url", ["https://github.com/acme/portal/issues/1?x=1&y=2#z", "http://localhost:3000/1"])
def test_web_addresses_are_links(url: str) -> None:
    assert web_link(url) == url


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", "https://", "https:///etc", "https://a\nb", "https://ä", "file:///x", " https://a"],
)
def test_nothing_else_is_a_link(url: str) -> None:
    assert web_link(url) == ""


def test_the_check_of_the_schema_sees_a_property_that_it_does_not_name() -> None:
    document = plain(sample_draft())
    document["lines"][0]["deliverables"][0]["colour"] = "blue"
    assert list(undescribed(SCHEMA_TEXT, document)) == ["/lines/deliverables/colour"]
