"""Books as the people who keep them see them: what is booked where, what bean-check and hledger say of it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from tests.connectors.plaintext import (
    ENDINGS,
    FORMATS,
    Books,
    as_written,
    balances,
    booked,
    connected,
    entry,
    is_our_form,
    needs_hledger,
    total,
)

from tracker2invoice.documents.text import clean
from tracker2invoice.errors import Unsupported
from tracker2invoice.model.invoice import Line, LineTax, PartKind, Preceding
from tracker2invoice.plugins import Context, Output
from tracker2invoice.registry import load_output
from tracker2invoice.testing.bills import BILLS, UNTAXED, with_amounts, with_retainage
from tracker2invoice.testing.output_suite import HOSTILE_TITLES, OutputSuite
from tracker2invoice.testing.samples import NOW, sample_draft, with_preceding
from tracker2invoice_plaintext import CAPABILITIES, Format, plugin
from tracker2invoice_plaintext.output import PlaintextOutput

DRAFT = sample_draft()


class Folder:
    def __init__(self, path: Path, format_: Format) -> None:
        self.path = path
        self.format: Format = format_

    def count(self, reference: str) -> int:
        return len(list(self.path.glob(f"{reference}*")))

    def text(self, reference: str) -> str:
        return as_written((self.path / f"{reference}.{ENDINGS[self.format]}").read_text(), self.format)

    def change(self, reference: str, state: Literal["sent", "paid", "deleted"]) -> None:
        assert state == "deleted"
        (self.path / f"{reference}.{ENDINGS[self.format]}").unlink()

    def drop_next_write(self, moment: Literal["before", "after"]) -> None:
        raise NotImplementedError

    def refuse_us(self) -> None:
        raise NotImplementedError


class TestBeancount(OutputSuite):
    kind = "plaintext"
    name = "ledger"
    remote = False
    format_: ClassVar[Format] = "beancount"

    @pytest.fixture
    def far_side(self, tmp_path: Path) -> Folder:
        return Folder(tmp_path / "books", self.format_)

    @pytest.fixture
    def output(self, far_side: Folder) -> Output:
        return connected(far_side.path.parent, self.format_)

    @pytest.mark.parametrize("title", HOSTILE_TITLES)
    def test_hostile_titles_stay_text(self, output: Output, far_side: Any, title: str) -> None:
        """What would turn the direction of the text is left out; all else is there."""
        draft = self.draft(title=title, deliverables=(title,))
        output.create(draft, output.prepare(draft), "key")
        assert clean(title) in far_side.text(draft.reference)
        assert len(output.find(draft)) == 1


class TestHledger(TestBeancount):
    format_: ClassVar[Format] = "hledger"


def line(description: str, net: str, kind: PartKind, tax: LineTax = UNTAXED) -> Line:
    amount = Decimal(net)
    return Line(description, Decimal(1 if amount >= 0 else -1), "C62", abs(amount), amount, tax, kind=kind)


def test_the_entry_point_leads_here(tmp_path: Path) -> None:
    loaded = load_output("plaintext")
    assert loaded is plugin
    settings = loaded.settings.model_validate({"kind": "plaintext", "directory": "books"})
    output = loaded.connect(settings, Context("ledger", tmp_path, lambda: NOW))
    assert isinstance(output, PlaintextOutput)
    assert output.capabilities == CAPABILITIES


def test_listing_the_connector_loads_nothing_heavy() -> None:
    heavy = ["tracker2invoice.documents", "tracker2invoice.durable"]
    script = f"import sys, tracker2invoice_plaintext; print([one for one in {heavy} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_an_invoice_debits_the_client_and_credits_income_and_tax() -> None:
    assert booked(DRAFT) == {
        "Assets:Receivable:Acme": "21420.00",
        "Income:Services": "-18000.00",
        "Liabilities:VAT": "-3420.00",
    }


def test_every_part_of_a_bill_stands_on_the_account_that_it_belongs_to() -> None:
    assert booked(BILLS["all of these"](DRAFT)) == {
        "Assets:Receivable:Acme": "22131.81",
        "Assets:Retainage:Acme": "900.00",
        "Income:Services": "-19459.00",
        "Liabilities:Deposits:Acme": "100.00",
        "Liabilities:VAT": "-3672.81",
    }


def test_each_rate_of_tax_is_a_posting_of_its_own() -> None:
    text = entry(BILLS["two tax rates"](DRAFT))
    assert 'Liabilities:VAT  -3420.00 EUR\n    tax: "S 19 % of 18000.00"' in text
    assert 'Liabilities:VAT  -3.15 EUR\n    tax: "S 7 % of 45.00"' in text


def test_the_release_of_retainage_moves_what_is_owed_and_is_no_income() -> None:
    held = with_retainage(DRAFT)
    released = with_amounts(sample_draft(milestone_id="2"), [line("Release of retainage", "900.00", "released")])
    assert booked(released) == {"Assets:Receivable:Acme": "900.00", "Assets:Retainage:Acme": "-900.00"}
    assert "Assets:Retainage:Acme" not in balances([entry(held), entry(released)])


def test_a_deposit_is_owed_to_the_client_until_work_has_used_it_up() -> None:
    asked = with_amounts(sample_draft(milestone_id="2"), [line("Deposit", "5000.00", "advance")])
    totals = replace(DRAFT.totals, prepaid=Decimal("5000.00"), payable=Decimal("16420.00"))
    final = replace(DRAFT, totals=totals)
    assert booked(asked) == {"Assets:Receivable:Acme": "5000.00", "Liabilities:Deposits:Acme": "-5000.00"}
    assert booked(final)["Assets:Receivable:Acme"] == "16420.00"
    assert "Liabilities:Deposits:Acme" not in balances([entry(asked), entry(final)])
    assert "gross: 21420.00 EUR" in entry(final)


@pytest.mark.parametrize("title", ["Retainage", "Release of retainage", "Deposit, paid before"])
def test_work_is_income_whatever_its_milestone_is_called(title: str) -> None:
    assert set(booked(sample_draft(title=title))) == set(booked(DRAFT))


@pytest.mark.parametrize("bill", list(BILLS))
def test_a_credit_note_leaves_nothing_of_its_invoice_on_any_account(bill: str) -> None:
    invoice = BILLS[bill](DRAFT)
    note = replace(invoice, type_code="381", preceding=(Preceding(DRAFT.reference, "", DRAFT.issue_date),))
    assert balances([entry(invoice), entry(note)]) == {}


def test_a_credit_note_is_linked_to_its_invoice_and_called_one() -> None:
    named = Preceding("T2I-AAAAAAAAAAAA", "", DRAFT.issue_date)
    note = replace(DRAFT, type_code="381", preceding=(named,))
    assert f'"Credit note: Customer portal: Design done" ^{DRAFT.reference} ^T2I-AAAAAAAAAAAA\n' in entry(note)
    assert "; preceding: T2I-AAAAAAAAAAAA\n" in entry(note, "hledger")


@pytest.mark.parametrize("format_", FORMATS)
def test_a_draft_waits_for_a_person_and_says_what_it_is_about(format_: Format) -> None:
    text = entry(DRAFT, format_)
    assert "2026-03-02 ! " in text
    wanted = ["T2I-NVXPN6BMSHNR", "due: 2026-04-01", "github:acme/portal", "acme-portal", "PO-4711"]
    assert [one for one in [*wanted, "https://github.com/acme/portal/milestone/1"] if one not in text] == []


def test_the_entries_on_the_page_are_those_of_a_draft() -> None:
    page = (Path(__file__).parents[2] / "docs/connectors/plaintext.md").read_text()
    draft = with_retainage(DRAFT)
    assert [format_ for format_ in FORMATS if f"\n{entry(draft, format_)}```" not in page] == []


@pytest.mark.parametrize("field", ["net", "tax", "payable", "gross"])
def test_totals_that_do_not_add_up_are_refused(field: str) -> None:
    totals = replace(DRAFT.totals, **{field: Decimal("1.00")})
    lines = DRAFT.lines if field != "net" else (replace(DRAFT.lines[0], net=Decimal("1.00")),)
    tax = DRAFT.tax if field != "tax" else (replace(DRAFT.tax[0], amount=Decimal("1.00")),)
    with pytest.raises(Unsupported, match="add up"):
        entry(replace(DRAFT, totals=totals, lines=lines, tax=tax))


def test_amounts_finer_than_the_currency_are_refused() -> None:
    lines = (replace(DRAFT.lines[0], net=Decimal("17999.996")), replace(DRAFT.lines[0], net=Decimal("0.004")))
    with pytest.raises(Unsupported, match="decimals"):
        entry(replace(DRAFT, lines=lines))


def all_bills(folder: Path, format_: Format) -> Books:
    output = connected(folder, format_)
    kinds = product([*BILLS.values(), with_preceding], ["EUR", "JPY", "KWD"], ["380", "381"])
    for number, (bill, currency, type_code) in enumerate(kinds):
        draft = bill(sample_draft(currency, milestone_id=str(number), type_code=type_code))
        output.create(draft, output.prepare(draft), "key")
    return Books(folder / "books")


def test_bean_check_accepts_every_bill_in_every_currency(tmp_path: Path) -> None:
    books = all_bills(tmp_path, "beancount")
    assert (books.bean_check().stderr, len(books.texts())) == ("", 48)
    victim = tmp_path / "books" / f"{sample_draft(milestone_id='0').reference}.beancount"
    victim.write_text(victim.read_text().replace("-18000.00 EUR", "-18000.01 EUR"))
    assert "does not balance" in books.bean_check().stderr


def test_every_journal_has_our_form_and_balances(tmp_path: Path) -> None:
    texts = all_bills(tmp_path, "hledger").texts()
    assert [text for text in texts if not is_our_form(text, "hledger") or total(text)] == []


@needs_hledger
def test_hledger_accepts_every_bill_in_every_currency(tmp_path: Path) -> None:
    books = all_bills(tmp_path, "hledger")
    accounts = (
        "Assets:Receivable:Acme",
        "Assets:Retainage:Acme",
        "Income:Services",
        "Liabilities:Deposits:Acme",
        "Liabilities:VAT",
    )
    declared = "".join(f"account {one}\n" for one in accounts)
    declared += "commodity 1000.00 EUR\ncommodity 1000. JPY\ncommodity 1000.000 KWD\npayee Acme GmbH\n"
    assert books.hledger("check", "--strict", "payees", before=declared) == ""


@needs_hledger
@pytest.mark.parametrize("style", ["1.000,00", "1 000,00", "1,000.00"])
def test_a_main_journal_of_another_style_does_not_make_a_thousand_a_million(tmp_path: Path, style: str) -> None:
    output = connected(tmp_path, "hledger")
    draft = sample_draft("KWD")
    output.create(draft, output.prepare(draft), "key")
    shown = Books(tmp_path / "books").hledger(
        "balance", "receivable", "-N", "-O", "json", before=f"commodity {style} KWD\n"
    )
    assert json.loads(shown)[0][0][3][0]["aquantity"]["floatingPoint"] == 21420


def test_the_decimal_mark_of_a_journal_is_declared() -> None:
    assert entry(DRAFT, "hledger").startswith("decimal-mark .\n")
