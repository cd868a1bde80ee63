"""VAT in the currency in which the supplier accounts for it, on every document that can show it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from tests.einvoice.rules import Syntax
from tests.einvoice.scenarios import SCENARIOS
from tests.einvoice.test_business_terms import BOTH, texts
from tests.einvoice.test_official_rules import WRITERS
from tests.einvoice.test_readers import read
from tests.unit.test_documents import SCHEMA_TEXT, VALIDATOR, undescribed

from tracker2invoice.documents.arithmetic import faults
from tracker2invoice.documents.document import render_document
from tracker2invoice.documents.profiles import PROFILES, ProfileName
from tracker2invoice.documents.remarks import remarks
from tracker2invoice.documents.table import render_table
from tracker2invoice.documents.view import View
from tracker2invoice.model.invoice import AccountingTax, Draft
from tracker2invoice.validation.judge import judge

INVOICE, NOTE = SCENARIOS["euros from Sweden, two rates"].drafts()
EXEMPT = SCENARIOS["dollars from Poland without VAT"].drafts()[0]
WORDS = "VAT of 8100.00 EUR is 90460.80 SEK, at 11.168 (European Central Bank, 2026-03: 1 EUR = 11.168 SEK)."
CODES = {"ubl": "cbc:TaxCurrencyCode", "cii": "//ram:TaxCurrencyCode"}
AMOUNTS = {"ubl": "cac:TaxTotal/cbc:TaxAmount", "cii": "//ram:TaxTotalAmount"}


@pytest.mark.parametrize("draft", [INVOICE, NOTE], ids=["invoice", "credit note"])
@BOTH
def test_the_vat_stands_there_in_both_currencies_and_its_breakdown_in_that_of_the_invoice(
    syntax: Syntax, draft: Draft
) -> None:
    assert texts(draft, syntax, CODES[syntax]) == ["SEK"]
    assert texts(draft, syntax, AMOUNTS[syntax]) == ["8100.00", "90460.80"]
    found = read(draft, syntax)
    assert (found["BT-5"], found["BT-6"], found["BT-110"], found["BT-111"]) == ("EUR", "SEK", "8100.00", "90460.80")
    assert [one["BT-117"] for one in found["BG-23"]] == ["4500.00", "3600.00"]


@BOTH
def test_without_vat_there_is_none_of_it_to_convert(syntax: Syntax) -> None:
    assert texts(EXEMPT, syntax, AMOUNTS[syntax]) == ["0.00", "0.00"]
    assert View(EXEMPT).data()["tax_note"] == ""


@BOTH
def test_an_invoice_in_the_currency_of_accounting_names_no_other(syntax: Syntax) -> None:
    assert texts(SCENARIOS["SE to SE"].drafts()[0], syntax, CODES[syntax]) == []


@pytest.mark.parametrize("profile", PROFILES)
@BOTH
def test_people_read_the_rate_its_day_and_who_published_it(syntax: Syntax, profile: ProfileName) -> None:
    paths = {"ubl": "cbc:Note", "cii": "//ram:IncludedNote/ram:Content"}
    assert WORDS in "\n".join(texts(INVOICE, syntax, paths[syntax], profile))


def test_the_page_shows_it_below_the_vat_breakdown() -> None:
    data = View(replace(INVOICE, client=replace(INVOICE.client, languages=("sv",)))).data()
    assert str(data["tax_note"]).replace("\N{NO-BREAK SPACE}", " ") == WORDS
    table = data["tax"]
    assert isinstance(table, list)
    assert table[-1] == {"label": ["Moms SEK"], "base": "", "amount": "90\N{NO-BREAK SPACE}460,80", "reason": ""}


def test_the_table_has_it_in_columns_of_its_own() -> None:
    [row, *_] = csv.DictReader(io.StringIO(render_table(INVOICE).decode()))
    assert (row["accounting_currency"], row["accounting_tax"]) == ("SEK", "90460.80")


def test_platforms_that_have_no_field_for_it_get_it_in_words() -> None:
    assert WORDS in remarks(INVOICE, 1000)


def test_the_json_keeps_its_schema_and_the_schema_names_all_of_it() -> None:
    document = json.loads(render_document(INVOICE))
    assert list(VALIDATOR.iter_errors(document)) == []
    assert list(undescribed(SCHEMA_TEXT, document)) == []


def converted(**fields: object) -> Callable[[Draft], Draft]:
    def change(draft: Draft) -> Draft:
        assert draft.accounting_tax
        return replace(draft, accounting_tax=replace(draft.accounting_tax, **fields))  # type: ignore[arg-type]

    return change


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (converted(amount=Decimal("90460.81")), "BT-111"),
        (converted(rate=None), "BT-111"),
        (converted(currency="EUR"), "R005"),
    ],
)
def test_what_is_not_the_vat_at_its_rate_is_refused_in_a_draft_and_in_its_json(
    change: Callable[[Draft], Draft], rule: str
) -> None:
    assert faults(INVOICE) == ()
    wrong = change(INVOICE)
    assert any(rule in words for words in faults(wrong))
    assert any(rule in one.words for one in judge(render_document(wrong)).faults)


@pytest.mark.parametrize(
    ("amount", "currency", "rule"),
    [("", "SEK", "BR-53"), ("-90460.80", "SEK", "PEPPOL-EN16931-R055"), ("90460.80", "EUR", "PEPPOL-EN16931-R005")],
)
@BOTH
def test_validate_sees_what_is_wrong_with_it_in_a_file(syntax: Syntax, amount: str, currency: str, rule: str) -> None:
    document = WRITERS[syntax](INVOICE, PROFILES["en16931"])
    assert judge(document).faults == ()
    wrong = document.replace(b"SEK", currency.encode()).replace(b"90460.80", amount.encode())
    assert rule in [one.rule for one in judge(wrong).faults]


def test_a_draft_that_was_frozen_before_says_nothing_of_it() -> None:
    plain = INVOICE.to_dict()
    del plain["accounting_tax"]
    assert isinstance(INVOICE.accounting_tax, AccountingTax)
    assert Draft.from_bytes(json.dumps(plain).encode()).accounting_tax is None
