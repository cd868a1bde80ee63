"""What a draft becomes in Tryton: lines, taxes to the cent, credit notes, and what is refused by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.tryton import OFTEN_WRONG, Clock, FarTryton, connected, draft_for, running, with_lines

from tracker2invoice.errors import Rejected, Unsupported
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Output
from tracker2invoice.testing.bills import with_all_of_these, with_amounts, with_deposit_drawn


@pytest.fixture
def far_side() -> Iterator[FarTryton]:
    with running(Clock()) as tryton:
        yield tryton


@pytest.fixture
def output(far_side: FarTryton, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, Clock(), tmp_path) as output:
        yield output


def sent(output: Output, draft: Draft) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(output.prepare(draft))
    return body


@pytest.mark.parametrize("type_code", ["380", "381"])
@pytest.mark.parametrize("name", list(OFTEN_WRONG))
def test_the_tax_is_that_of_the_draft_where_tryton_would_round_otherwise(
    output: Output, name: str, type_code: str
) -> None:
    draft = with_lines(*OFTEN_WRONG[name], type_code=type_code)
    assert output.create(draft, output.prepare(draft), "k").gross == draft.totals.gross


def test_a_tax_comes_along_only_if_tryton_would_round_it_otherwise(output: Output) -> None:
    assert sent(output, with_lines(("12.5", "96")))["taxes"] == [["create", []]]
    (command,) = sent(output, with_lines(("12.5", "95")))["taxes"]
    assert command[1] == [
        {
            "tax": 1,
            "account": 3,
            "manual": False,
            "description": "VAT 19 %",
            "base": {"__class__": "Decimal", "decimal": "1187.50"},
            "amount": {"__class__": "Decimal", "decimal": "225.63"},
        }
    ]


def test_without_the_account_of_its_tax_such_a_draft_is_refused_by_name(far_side: FarTryton, tmp_path: Path) -> None:
    with (
        connected(far_side.url, Clock(), tmp_path, tax={"S 19": "1"}) as output,
        pytest.raises(Unsupported, match=r'tax of 225.63, .*: put the id of its account into tax."S 19"'),
    ):
        output.prepare(with_lines(("12.5", "95")))


def test_what_is_deducted_has_a_negative_quantity(output: Output) -> None:
    (command,) = sent(output, with_deposit_drawn(draft_for()))["lines"]
    assert [(line["quantity"], line["unit_price"]["decimal"]) for line in command[1]] == [(1, "18000.00"), (-1, "100")]


def test_a_credit_note_has_the_signs_turned_around_and_is_positive_for_us(output: Output, far_side: FarTryton) -> None:
    draft = replace(with_all_of_these(draft_for()), type_code="381")
    document = output.create(draft, output.prepare(draft), "k")
    (invoice,) = far_side.books.invoices
    assert [line["quantity"] for line in invoice["lines"]][:2] == [-1, Decimal("-12.5")]
    assert invoice["untaxed_amount"] == -draft.totals.net
    assert (document.gross, document.receipt.remote_id) == (draft.totals.gross, "credit/1")
    assert list(output.read_back([document.receipt], None)) == [document]
    output.withdraw(document.receipt)
    assert far_side.books.invoices == []


REFUSED = {
    "order references of several lines": replace(draft_for(), order_reference="PO-4711\nPO-4712"),
    "half a cent that is rounded up": with_amounts(
        draft_for(), [replace(draft_for().lines[0], unit_price=Decimal("0.125"), net=Decimal("0.13"))]
    ),
    "unit prices with more than 4 decimals": with_lines(("1000", "0.12345")),
    "a number of our own": replace(draft_for(), number="7"),
}


@pytest.mark.parametrize("feature", list(REFUSED))
def test_what_tryton_cannot_express_is_refused_by_name(output: Output, feature: str) -> None:
    with pytest.raises(Unsupported, match=feature):
        output.prepare(REFUSED[feature])


def test_a_currency_or_a_tax_that_is_not_configured_is_refused_by_name(output: Output) -> None:
    with pytest.raises(Rejected, match=r"set currencies\.USD"):
        output.prepare(draft_for("USD", remote={"books": "1/1"}))
    with pytest.raises(Rejected, match=r'set tax\."S 25"'):
        output.prepare(draft_for(rate="25"))
