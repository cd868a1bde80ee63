"""VAT in a second currency from the command line: what is missing is said, what was taken is shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import World

FILE = "Date,USD,PLN,\n2026-11-20,1.0842,4.2185,\n"


@pytest.fixture
def polish(world: World) -> World:
    """Return a world whose supplier accounts for VAT in zloty, with a milestone to be billed and no rates."""
    world.configure('name = "Northwind Software GmbH"\n', 'name = "Northwind Software GmbH"\ntax_currency = "PLN"\n')
    world.configure('outputs = ["files", "books"]', 'outputs = ["files"]')
    world.configure("[ledger]\n", '[rates]\necb = "eurofxref-hist.csv"\n\n[ledger]\n')
    world.stage.close("Design")
    return world


def test_without_a_rate_check_and_plan_say_which_and_nothing_is_billed(polish: World) -> None:
    words = "no exchange rate of EUR in PLN holds on 2026-11-23, for the VAT: eurofxref-hist.csv cannot be read"
    answer = polish.t2i("check", "--json")
    [found] = [one for one in answer.json["findings"] if one["where"] == "rates"]
    assert (found["ok"], found["what"]) == (False, "exchange rate EUR/PLN")
    assert words in found["next_step"]
    assert answer.code == 1
    [action] = [one for one in polish.t2i("plan", "--json").json["actions"] if one["term"] == "design"]
    assert (action["action"], action["reason"].partition(":")[0]) == ("hold", "exchange-rate-missing")
    assert polish.t2i("run").code == 3
    assert list(polish.invoices.iterdir()) == []


def test_with_the_file_the_same_milestone_is_billed_and_the_rate_can_be_looked_up(polish: World) -> None:
    reference = polish.reference("design")
    (polish.directory / "eurofxref-hist.csv").write_text(FILE, encoding="utf-8")
    assert polish.t2i("check").code == 0
    assert polish.t2i("run").code == 0
    document = json.loads((polish.invoices / f"{reference}.json").read_bytes())
    tax = document["totals"]["tax"]
    assert document["accounting_tax"]["rate"] == {
        "value": "4.2185",
        "period": "2026-11-20",
        "source": "European Central Bank",
        "basis": "1 EUR = 4.2185 PLN",
    }
    story = polish.t2i("explain", "github:acme/portal", "Design")
    assert f"VAT of {tax} EUR is {document['accounting_tax']['amount']} PLN, at 4.2185" in story.words
    note = polish.t2i("explain", "github:acme/portal", "Design", "--json").json["tax_note"]
    assert note == {reference: document["tax_note"]}


def test_a_rate_that_is_published_later_changes_nothing_that_was_billed(polish: World) -> None:
    reference = polish.reference("design")
    (polish.directory / "eurofxref-hist.csv").write_text(FILE, encoding="utf-8")
    polish.t2i("run")
    before = (polish.invoices / f"{reference}.json").read_bytes()
    (polish.directory / "eurofxref-hist.csv").write_text(FILE.replace("4.2185", "4.9999"), encoding="utf-8")
    assert polish.t2i("run").code == 0
    assert (polish.invoices / f"{reference}.json").read_bytes() == before
    validated = polish.t2i("validate", polish.invoices / f"{reference}.json")
    assert validated.code == 0
