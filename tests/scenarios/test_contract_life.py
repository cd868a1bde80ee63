"""One contract from signing to the last invoice, told with the command line against both sandboxes.

60000.00 EUR net, 19 % tax: Design 30 % = 18000.00 (21420.00 with tax), Beta 50 % = 30000.00 (35700.00). A change
order makes it 70000.00, so that Acceptance, 20 %, comes to 14000.00 (16660.00). What was billed before stays as it was:
62000.00 in all, and 8000.00 of the price are left open.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tracker2invoice.cli.main import main
from tracker2invoice.testing.sandbox.rehearsal import PROJECT, Rehearsal, rehearsal
from tracker2invoice.testing.sandbox.server import Fault
from tracker2invoice.testing.sandbox.xero_books import Fields

DONE, FAILED, HELD = 0, 1, 3


@dataclass(slots=True)
class Life:
    """The rehearsal, and a clock that the story turns."""

    patch: pytest.MonkeyPatch
    now: datetime = datetime(2026, 1, 12, 8, tzinfo=UTC)
    stage: Rehearsal = field(init=False)

    def clock(self) -> datetime:
        return self.now

    def on(self, month: int, day: int, hour: int = 8) -> None:
        self.now = datetime(2026, month, day, hour, tzinfo=UTC)

    def t2i(self, *arguments: str, code: int = DONE) -> Any:
        """Run a command, look at its exit code, and return its answer."""
        self.patch.setenv("T2I_NOW", self.now.isoformat())
        result = CliRunner().invoke(main, [*arguments, "--json"])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def run(self, code: int = DONE) -> dict[str, str]:
        """Run, and return the reason's code for each term."""
        return {
            action["term"]: action["reason"].partition(":")[0]
            for action in self.t2i("run", code=code)["actions"]
            if action["term"]
        }

    def reference(self, term: str) -> str:
        actions = self.t2i("plan")["actions"]
        found: str = next(action["reference"] for action in actions if action["term"] == term)
        return found

    def document(self, term: str) -> Any:
        """Return the JSON document of a term, as it lies in the folder."""
        return json.loads((self.stage.config.parent / "invoices" / f"{self.reference(term)}.json").read_text())

    @property
    def xero(self) -> list[Fields]:
        return self.stage.xero.books.invoices

    @property
    def totals(self) -> list[Decimal]:
        return [Decimal(str(invoice["Total"])) for invoice in self.xero]


@pytest.fixture
def life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    for name in [name for name in os.environ if name.startswith("T2I_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    one = Life(monkeypatch)
    with rehearsal(tmp_path, one.clock) as one.stage:
        for name, value in one.stage.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("T2I_CONFIG", str(one.stage.config))
        yield one


def test_a_contract_from_signing_to_the_last_invoice(life: Life) -> None:
    signed_and_nothing_is_done(life)
    design_is_done(life)
    design_is_reopened_after_the_invoice_was_sent(life)
    beta_is_closed_while_something_in_it_is_open_and_github_is_down(life)
    xero_breaks_off_in_the_middle_of_beta(life)
    a_change_order_raises_the_price(life)
    acceptance_waits_for_a_word_of_the_boss(life)
    the_books_are_right(life)


def signed_and_nothing_is_done(life: Life) -> None:
    assert life.run() == dict.fromkeys(("design", "beta", "acceptance"), "not-closed")
    assert life.xero == []


def design_is_done(life: Life) -> None:
    life.on(3, 2)
    life.stage.close("Design")
    life.on(3, 2, hour=9)
    assert life.run() == {"design": "accepted", "beta": "not-closed", "acceptance": "not-closed"}
    (invoice,) = life.xero
    assert (invoice["Status"], invoice["SubTotal"], invoice["Total"]) == ("DRAFT", Decimal(18000), Decimal(21420))
    document = life.document("design")
    assert (document["issue_date"], document["due_date"]) == ("2026-03-02", "2026-04-01")
    assert document["totals"]["net"] == "18000.00"
    delivered = [one["title"] for line in document["lines"] for one in line["deliverables"]]
    assert delivered == ["Wireframes for the portal", "Clickable prototype", "Style guide", "Apply the style guide"]


def design_is_reopened_after_the_invoice_was_sent(life: Life) -> None:
    life.stage.xero.books.change(str(life.xero[0]["InvoiceID"]), {"Status": "AUTHORISED"})
    life.on(3, 9)
    life.stage.reopen("Design")
    assert life.run(code=HELD)["design"] == "reopened-after-billing"
    life.on(3, 10)
    life.stage.close("Design")
    assert life.run()["design"] == "already-billed"
    assert life.totals == [Decimal(21420)]


def beta_is_closed_while_something_in_it_is_open_and_github_is_down(life: Life) -> None:
    life.on(5, 4)
    github = life.stage.github
    bug = github.github.add_issue(PROJECT, "Log in fails on Mondays", 2, state="open")
    life.stage.close("Beta")
    github.fail(502)
    assert life.run(code=FAILED)["beta"] == "project-unread"
    assert life.run()["beta"] == "items-open"
    life.on(5, 6)
    issue = github.github.repository(PROJECT).issues[bug]
    issue.state, issue.state_reason, issue.closed_at = "closed", "completed", life.now
    assert life.totals == [Decimal(21420)]


def xero_breaks_off_in_the_middle_of_beta(life: Life) -> None:
    life.stage.xero.faults.append(Fault(when="after", do="drop", method="PUT", path="/Invoices"))
    assert life.run(code=FAILED)["beta"] == "accepted"
    assert life.totals == [Decimal(21420), Decimal(35700)]
    life.now += timedelta(minutes=5)
    assert life.run()["beta"] == "already-billed"
    assert life.totals == [Decimal(21420), Decimal(35700)]
    assert "Log in fails on Mondays" in str(life.document("beta")["lines"])


def a_change_order_raises_the_price(life: Life) -> None:
    life.on(6, 1)
    text = life.stage.config.read_text(encoding="utf-8")
    life.stage.config.write_text(text.replace('price = "60000.00"', 'price = "70000.00"'), encoding="utf-8")
    assert life.run() == {"design": "term-changed", "beta": "term-changed", "acceptance": "not-closed"}
    assert life.totals == [Decimal(21420), Decimal(35700)]


def acceptance_waits_for_a_word_of_the_boss(life: Life) -> None:
    life.on(7, 31)
    reference = life.reference("acceptance")
    life.t2i("hold", reference)
    life.stage.close("Acceptance")
    assert life.run(code=HELD)["acceptance"] == "held-by-person"
    assert len(life.xero) == 2
    life.on(8, 3)
    life.t2i("approve", reference)
    assert life.run()["acceptance"] == "accepted"
    assert life.document("acceptance")["totals"] | {"prepaid": "0.00"} == {
        "net": "14000.00", "tax": "2660.00", "gross": "16660.00", "prepaid": "0.00", "payable": "16660.00",
        "allowances": "0.00",
    }  # fmt: skip


def the_books_are_right(life: Life) -> None:
    life.on(12, 31)
    life.run()
    assert life.totals == [Decimal(21420), Decimal(35700), Decimal(16660)]
    (contract,) = life.t2i("status")["contracts"]
    assert (contract["price"], contract["billed"], contract["open"]) == ("70000.00", "62000.00", "8000.00")
    assert [(term["id"], term["amount"]) for term in contract["terms"]] == [
        ("design", "18000.00"),
        ("beta", "30000.00"),
        ("acceptance", "14000.00"),
    ]
    assert len(list((life.stage.config.parent / "invoices").glob("*.pdf"))) == 3
    assert life.t2i("ledger", "verify")["intact"] is True
