"""The time for payment, told with the command line: what was agreed stands on the invoice wherever it is read.

Agreed: 30 days, then the end of the month, paid on the 10th or the 25th, from five days before a month's end counted
from the next one, on business days in Berlin. 2 % off within 10 days, 1 % within 20. Design is 18000.00 EUR net,
21420.00 with tax.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest
from click.testing import CliRunner, Result

from tracker2invoice.cli.main import main
from tracker2invoice.testing.sandbox.rehearsal import Rehearsal, rehearsal

SIGNED = datetime(2026, 2, 10, 8, tzinfo=UTC)
DELIVERED = datetime(2026, 10, 29, 23, 30, tzinfo=UTC)
"""30 October in Berlin, the day before the last of the month."""

AGREED = """
due.rule = "30 days then EOM"
due.payment_days = [10, 25]
due.cut_off = 5
due.business_days = "following"
due.calendar = "DE-BE"
early_payment = [{ days = 10, percent = "2" }, { days = 20, percent = "1" }]
late_fee = "Late payments bear 9 % interest."
delivery = "period"
"""


IN_PARTS = """
due = "60 days"
installments = [
    { percent = "100/3", due = "14 days" },
    { percent_of_rest = "50", due = "30 days" },
    { rest = true, due = "60 days" },
]
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    for name in [name for name in os.environ if name.startswith("T2I_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("T2I_NOW", SIGNED.isoformat())
    with rehearsal(tmp_path, lambda: datetime.fromisoformat(os.environ["T2I_NOW"])) as stage:
        for name, value in stage.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("T2I_CONFIG", str(stage.config))
        agree(stage, AGREED)
        yield stage


def agree(stage: Rehearsal, terms: str, before: str = 'due = "30 days"\n') -> None:
    text = stage.config.read_text(encoding="utf-8").replace(before, terms)
    stage.config.write_text(text, encoding="utf-8")


def t2i(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


def deliver(stage: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> str:
    """Close Design on the day of delivery, run, and return the reference of the invoice."""
    monkeypatch.setenv("T2I_NOW", DELIVERED.isoformat())
    stage.close("Design")
    result = t2i("run", "--json")
    assert result.exit_code == 0, result.output
    reference: str = json.loads(result.stdout)["actions"][0]["reference"]
    return reference


def test_what_was_agreed_about_paying_stands_on_the_invoice_wherever_it_is_read(
    stage: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stage.config.parent / "invoices" / deliver(stage, monkeypatch)
    document: Any = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))

    the_document_has_the_days(document)
    the_document_has_the_discounts(document)
    words = document["payment_terms"]
    assert words.endswith(
        "without deduction. Paid by 2026-11-09: 20991.60 EUR, 2 % (428.40 EUR) less. "
        "Paid by 2026-11-19: 21205.80 EUR, 1 % (214.20 EUR) less. Late payments bear 9 % interest."
    )
    (row,) = csv.DictReader(io.StringIO(path.with_suffix(".csv").read_text(encoding="utf-8"), newline=""))
    assert (row["delivery_start"], row["delivery_date"], row["payment_terms"]) == ("2026-02-10", "2026-10-30", words)
    assert words in " ".join(pypdf.PdfReader(path.with_suffix(".pdf")).pages[0].extract_text().split())
    (invoice,) = stage.xero.books.invoices
    assert words in str(invoice["LineItems"])


def the_document_has_the_days(document: Any) -> None:
    """As of 1 November: 1 December, 31 December, 10 January 2027, which is a Sunday."""
    assert (document["issue_date"], document["due_date"]) == ("2026-10-30", "2027-01-11")
    assert document["delivery_date"] == "2026-10-30"
    assert document["delivery_period"] == {"start": "2026-02-10", "end": "2026-10-30"}


def the_document_has_the_discounts(document: Any) -> None:
    assert document["totals"]["payable"] == "21420.00"
    assert document["late_fee"] == "Late payments bear 9 % interest."
    assert document["early_payment"] == [
        {
            "days": 10,
            "percent": "2",
            "last_day": "2026-11-09",
            "amount_off": "428.40",
            "amount_to_pay": "20991.60",
            "base": None,
        },
        {
            "days": 20,
            "percent": "1",
            "last_day": "2026-11-19",
            "amount_off": "214.20",
            "amount_to_pay": "21205.80",
            "base": None,
        },
    ]


def test_an_invoice_in_parts_names_every_part_wherever_it_is_read(
    stage: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(stage, IN_PARTS, before=AGREED)
    path = stage.config.parent / "invoices" / deliver(stage, monkeypatch)
    document: Any = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))

    assert document["due_date"] == "2026-12-29"
    assert document["installments"] == [
        {"due_date": "2026-11-13", "amount": "7140.00"},
        {"due_date": "2026-11-29", "amount": "7140.00"},
        {"due_date": "2026-12-29", "amount": "7140.00"},
    ]
    words = document["payment_terms"]
    assert words == (
        "Payable in parts: 7140.00 EUR by 2026-11-13, 7140.00 EUR by 2026-11-29, 7140.00 EUR by 2026-12-29, "
        "without deduction."
    )
    (row,) = csv.DictReader(io.StringIO(path.with_suffix(".csv").read_text(encoding="utf-8"), newline=""))
    assert (row["due_date"], row["payment_terms"]) == ("2026-12-29", words)
    page = " ".join(pypdf.PdfReader(path.with_suffix(".pdf")).pages[0].extract_text().split())
    assert words in page
    assert "13 November 2026 7,140.00 29 November 2026 7,140.00 29 December 2026 7,140.00" in page
    (invoice,) = stage.xero.books.invoices
    assert words in str(invoice["LineItems"])


def test_a_calendar_that_nobody_has_is_refused_before_anything_is_billed(
    stage: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T2I_NOW", DELIVERED.isoformat())
    stage.close("Design")
    text = stage.config.read_text(encoding="utf-8").replace("DE-BE", "DE-Berlin")
    stage.config.write_text(text, encoding="utf-8")

    result = t2i("run")

    assert result.exit_code == 2
    assert "due.calendar" in result.output
    assert "did you mean 'DE-BE'?" in result.output
    assert stage.xero.books.invoices == []


def test_terms_that_change_after_billing_change_no_invoice(stage: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = deliver(stage, monkeypatch)
    before = (stage.config.parent / "invoices" / f"{reference}.json").read_bytes()
    text = stage.config.read_text(encoding="utf-8").replace('"30 days then EOM"', '"60 days then EOM"')
    stage.config.write_text(text, encoding="utf-8")

    assert t2i("run").exit_code == 0
    assert (stage.config.parent / "invoices" / f"{reference}.json").read_bytes() == before
    assert len(stage.xero.books.invoices) == 1
