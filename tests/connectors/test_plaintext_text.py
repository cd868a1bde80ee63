"""Text from trackers in plain-text books: it can end nothing and begin nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.connectors.plaintext import (
    FORMATS,
    Books,
    balances,
    connected,
    entry,
    is_our_form,
    needs_hledger,
)

from tracker2invoice.documents.text import clean
from tracker2invoice.model.invoice import Draft, Preceding
from tracker2invoice.testing.bills import BILLS
from tracker2invoice.testing.output_suite import HOSTILE_TITLES
from tracker2invoice.testing.samples import sample_draft
from tracker2invoice_plaintext import Format

DRAFT = sample_draft()
NASTY = (
    *HOSTILE_TITLES,
    'x"\n2026-01-01 * "evil"\n  Assets:Receivable:Acme  -1.00 EUR\n  Income:Services  1.00 EUR\n; "',
    "x\r\n2026-01-01 evil\r\n    a  1 EUR\r\n    b\r\n",
    '"\ninclude "/etc/passwd"\noption "title" "evil"\npushtag #evil\n"',
    "x\u2028include /etc/passwd\x85! evil\x0b\x0c\x00\x1b[31m",
    "x ; evil:1  ;evil: 2, evil:3, due:2099-01-01",
    "x [2020-01-01] [2020-13-45] [=2020-01-02]",
    "x, date:2020-01-01, date:nonsense",
    "a  b\t1000.00 EUR\u3000\u00a0c",
    "#evil ^evil \\",
    '\\"; \\n',
    "| payee | x",
    "(code) * ! = @ {1 EUR}",
    "\u202e\u2066abc\u200f",
    "x" * 100_000,
    '";' * 50_000,
    "",
    "\n",
)


def hostile(text: str) -> Draft:
    """Return a draft with the text wherever a tracker or a person can put one."""
    draft = BILLS["all of these"](DRAFT)
    return replace(
        draft,
        client=replace(draft.client, name=text),
        contract_title=text,
        project=text,
        order_reference=text,
        payment_terms=text,
        note=text,
        tax_note=text,
        lines=tuple(replace(one, description=text, basis=text) for one in draft.lines),
        allowances=tuple(replace(one, reason=text, basis=text) for one in draft.allowances),
        preceding=(Preceding(text, text, draft.issue_date),),
        why=replace(draft.why, milestone_title=text, milestone_url=f"https://x.example/{text}", formula=text),
    )


@pytest.mark.parametrize("format_", FORMATS)
@given(text=st.one_of(st.text(), st.text('";,|[]\\\n\r\t :#^!*-2026', max_size=40)))
def test_no_text_makes_a_line_that_an_entry_does_not_have(format_: Format, text: str) -> None:
    written = entry(hostile(text), format_)
    assert is_our_form(written, format_)
    assert balances([written]) == balances([entry(BILLS["all of these"](DRAFT))])


@pytest.mark.parametrize("number", range(len(NASTY)))
@pytest.mark.parametrize("format_", FORMATS)
def test_nasty_texts_have_our_form_too(format_: Format, number: int) -> None:
    written = entry(hostile(NASTY[number]), format_)
    assert is_our_form(written, format_)
    assert len(written) < 20_000


def nasty_books(folder: Path, format_: Format) -> Books:
    output = connected(folder, format_)
    for number, text in enumerate(NASTY):
        draft = replace(hostile(text), reference=sample_draft(milestone_id=str(number)).reference)
        output.create(draft, output.prepare(draft), "key")
    return Books(folder / "books")


def test_beancount_reads_nasty_texts_as_texts_and_one_transaction_each(tmp_path: Path) -> None:
    loaded = nasty_books(tmp_path, "beancount").loaded()
    assert (loaded["errors"], loaded["others"], loaded["included"]) == ([], [], len(NASTY) + 1)
    assert len(loaded["transactions"]) == len(NASTY)
    for one in loaded["transactions"]:
        assert (one["flag"], one["tags"], one["date"]) == ("!", [], "2026-03-02")
        assert one["links"] == [one["meta"]["reference"]]
    titles = {one["meta"].get("milestone", "") for one in loaded["transactions"]}
    assert {" ".join(clean(text).split()) for text in NASTY if len(text) < 300} <= titles


@needs_hledger
def test_hledger_reads_nasty_texts_as_texts_and_one_transaction_each(tmp_path: Path) -> None:
    books = nasty_books(tmp_path, "hledger")
    plain = {"reference", "due", "gross", "type", "contract", "project", "milestone", "url", "order", "terms"}
    assert set(books.hledger("tags").split()) <= plain | {"tax-note", "line", "basis", "tax"}
    shown: Any = json.loads(books.hledger("print", "-O", "json"))
    assert len(shown) == len(NASTY)
    assert {(one["tdate"], one["tstatus"]) for one in shown} == {("2026-03-02", "Pending")}
    assert {posting["pdate"] for one in shown for posting in one["tpostings"]} == {None}
