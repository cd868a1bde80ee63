"""What `validate` makes of PDFs, JSON and CSV, and of files that are hostile or none of these."""

from __future__ import annotations

import csv
import io
import json
import zlib
from collections.abc import Callable
from typing import Any

import jsonschema
import pypdf
import pytest
from tests.einvoice.scenarios import SCENARIOS
from tests.einvoice.test_validation import drafts, rules, written

from tracker2invoice.documents.document import SCHEMA, render_document
from tracker2invoice.documents.facturx import render_facturx
from tracker2invoice.documents.pdf import render_pdf
from tracker2invoice.documents.profiles import PROFILES
from tracker2invoice.documents.table import render_table
from tracker2invoice.validation import judge as judging
from tracker2invoice.validation.judge import Verdict, judge

DRAFT = drafts("deposit, retainage and discount")[2]


def words(content: bytes) -> str:
    (fault,) = judge(content).faults
    return fault.words


@pytest.mark.parametrize("profile", ["en16931", "france"])
def test_the_invoice_in_a_factur_x_is_judged(profile: Any) -> None:
    draft = drafts("FR to FR")[0]
    assert judge(render_facturx(draft, PROFILES[profile])) == Verdict("facturx", profile, ())


def with_attachment(content: bytes, *, twice: bool = False) -> bytes:
    """Return a PDF as another program writes it."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_attachment("factur-x.xml", content)
    if twice:
        writer.add_attachment("other.xml", content)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_a_pdf_of_another_program_is_opened_too() -> None:
    document = written("cii")
    assert judge(with_attachment(document)) == Verdict("facturx", "en16931", ())
    wrong = document.replace(b"<ram:LineID>2<", b"<ram:LineID>1<")
    assert rules(judge(with_attachment(wrong)).faults) == {"BT-126"}


def test_a_pdf_without_one_readable_invoice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert words(render_pdf(DRAFT)) == "the PDF has no electronic invoice in it"
    assert words(with_attachment(written("cii"), twice=True)) == "the PDF has several invoices in it"
    assert words(b"%PDF-1.7 trailer <</Encrypt 3 0 R>>") == "the PDF is encrypted"
    assert words(b"%PDF-1.7" + b"<</Type/EmbeddedFile>>" * 101) == "the PDF has more than 100 attachments"
    bomb = b"%PDF-1.7\n1 0 obj <</Type/EmbeddedFile/Filter/FlateDecode>>\nstream\n" + zlib.compress(b"<" * 10**7)
    monkeypatch.setattr(judging, "LARGEST", 10**6)
    assert words(bomb) == "an attachment of the PDF is cut off, or too large"


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_found_wrong_with_our_json_and_csv(name: str) -> None:
    for draft in drafts(name):
        assert judge(render_document(draft)) == Verdict("json", "", ())
        assert judge(render_table(draft)) == Verdict("csv", "", ())


def without(*path: str) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        *above, last = path
        for name in above:
            document = document[name]
        del document[last]

    return change


def put(value: object, *path: str | int) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        *above, last = path
        for name in above:
            document = document[name]
        document[last] = value

    return change


OFF_THE_SCHEMA: dict[str, tuple[Callable[[Any], None], str]] = {
    "no totals": (without("totals"), "totals"),
    "a client without a name": (without("client", "name"), "client.name"),
    "an amount that is a number": (put(5, "totals", "prepaid"), "totals.prepaid"),
    "a day that there is not": (put("2026-02-30", "due_date"), "due_date"),
    "a reference of another form": (put("T2I-1", "reference"), "reference"),
    "a quantity that is true": (put(True, "lines", 0, "quantity"), "lines.0.quantity"),
    "a category of its own": (put("X", "lines", 0, "tax", "category"), "lines.0.tax.category"),
}


@pytest.mark.parametrize("case", OFF_THE_SCHEMA)
def test_json_is_held_against_its_schema_and_the_place_is_named(case: str) -> None:
    change, place = OFF_THE_SCHEMA[case]
    document = json.loads(render_document(DRAFT))
    change(document)
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    schema: Any = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()), format_checker=checker)
    assert list(schema.iter_errors(document))
    assert place in [fault.place for fault in judge(json.dumps(document).encode()).faults]


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("currency",), "XXX"),
        (("lines", 0, "quantity"), "1E+999999"),
        (("tax", 0, "base"), "9" * 40),
        (("tax", 0, "base"), "0.001"),
        (("tax", 0, "rate"), "1E+999999"),
        (("accounting_tax", "currency"), "XXX"),
        (("accounting_tax", "rate", "value"), "1E+999999"),
    ],
)
def test_amounts_in_json_that_no_currency_has_are_a_fault_and_no_failure(way: tuple[Any, ...], value: str) -> None:
    document = json.loads(render_document(drafts("euros from Sweden, two rates")[0]))
    here: Any = document
    for step in way[:-1]:
        here = here[step]
    here[way[-1]] = value
    found = judge(json.dumps(document).encode()).faults
    assert "it has an unknown currency, or amounts that its currency cannot have" in [one.words for one in found]


def test_sums_in_json_that_do_not_add_up_are_found() -> None:
    wrong = render_document(DRAFT).replace(b'"gross": "42201.60"', b'"gross": "42201.61"')
    assert {"net and tax do not make the total with VAT (BR-CO-15)"} < {one.words for one in judge(wrong).faults}
    assert words(json.dumps(json.loads(render_document(DRAFT)) | {"lines": []}).encode()) == "it has no lines"


@pytest.mark.parametrize(
    "content",
    [b'{"a": 1, "a": 2}', b'{"a": 1.5}', b'{"a": NaN}', b"{" * 100_000, b'{"a": "\xff"}', b"{}}"],
    ids=["twice", "float", "no number", "deep", "no text", "more"],
)
def test_json_that_could_be_read_in_two_ways_is_refused(content: bytes) -> None:
    assert words(content).startswith("it is no JSON")


def table(**cells: str) -> bytes:
    """Return our CSV with other cells in its first row."""
    rows = list(csv.DictReader(io.StringIO(render_table(DRAFT).decode(), newline="")))
    rows[0] |= cells
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, list(rows[0]), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue().encode()


@pytest.mark.parametrize(
    ("cells", "rule", "place"),
    [
        ({"line_net": "17999.00"}, "line_net", "line 1"),
        ({"quantity": "one"}, "quantity", "row 2"),
        ({"line": "2"}, "line", DRAFT.reference),
        ({"total_gross": "1.00"}, "total_gross", DRAFT.reference),
        ({"payable": "1.00"}, "payable", DRAFT.reference),
        ({"total_net": "1.00"}, "total_net", DRAFT.reference),
        ({"client": "=1+1"}, "client", "row 2"),
    ],
)
def test_what_is_wrong_in_a_table_is_named(cells: dict[str, str], rule: str, place: str) -> None:
    assert (rule, place) in {(one.rule, one.place) for one in judge(table(**cells)).faults}


def test_tables_one_after_the_other_are_judged_each_by_itself() -> None:
    first, second = (render_table(one) for one in drafts("standard rate")[:2])
    assert judge(first + second.partition(b"\r\n")[2]).faults == ()


@pytest.mark.parametrize("content", [b"", b"a,b\r\n1,2\r\n", b'"a', b"\x00\xff", b"reference\r\n"])
def test_what_is_no_table_of_ours_is_refused(content: bytes) -> None:
    assert judge(content).faults[0].place == "file"


LAUGHS = '<!DOCTYPE i [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
SECRET = '<!DOCTYPE i [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("kind", [LAUGHS, SECRET, "<!DOCTYPE i>", '<!DOCTYPE i SYSTEM "http://127.0.0.1:9/x">'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_whatever_it_declares(kind: str, encoding: str) -> None:
    start = f'<?xml version="1.0" encoding="{encoding}"?>{kind}'
    document = written("ubl").decode().partition("?>")[2]
    content = (start + document.replace("T2I-", "&a;" if "ENTITY a" in kind else "T2I-", 1)).encode(encoding)
    assert words(content) == "it has a document type, which no electronic invoice has"


@pytest.mark.parametrize(
    "content",
    [b"<", b"<a/>", b"<a>" * 100_000, b"<?xml version='1.0' encoding='x-unknown'?><a/>", b"<a b='&lt;'>\x00</a>"],
    ids=["cut off", "something else", "deep", "unknown encoding", "null"],
)
def test_other_xml_is_refused_in_words(content: bytes) -> None:
    assert words(content).startswith("it is no")


def test_what_has_no_end_is_refused_or_cut_short() -> None:
    start, _, rest = written("ubl").partition(b"<cac:InvoiceLine>")
    lines = b"<cac:InvoiceLine/>" * 20_001
    assert words(start + lines + b"</Invoice>") == "it has more than 20000 of BG-25, line"
    assert len(judge(start + lines[: 18 * 5000] + b"<cac:InvoiceLine>" + rest).faults) == 1000
    assert words(b'{"a": [' + b"1," * 500_001 + b"1]}") == "it has more values than any invoice"


def test_text_in_an_amount_is_not_shown_but_named() -> None:
    hostile = written("ubl").replace(b">42201.60</cbc:PayableAmount>", b">\xe2\x80\xaeevil</cbc:PayableAmount>")
    faults = judge(hostile).faults
    assert "BT-115" in rules(faults)
    assert not any("evil" in str(fault) for fault in faults)
