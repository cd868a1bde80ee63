"""Other people's readers see in both syntaxes what the draft says."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from tests.einvoice.rules import Syntax
from tests.einvoice.scenarios import SCENARIOS
from tests.einvoice.test_official_rules import WRITERS

from tracker2invoice.documents.profiles import PROFILES
from tracker2invoice.model.invoice import Draft

# neither has types
FACTUR_X: Any = import_module("facturx")
DRAFTHORSE: Any = import_module("drafthorse.models.document")


def read(draft: Draft, syntax: Syntax) -> dict[str, Any]:
    found: dict[str, Any] = FACTUR_X.parse_ubl_cii_xml(WRITERS[syntax](draft, PROFILES["en16931"]), check_xsd=False)
    found.pop("BT-11-0", None)  # the name of a project, which CII wants and UBL has not
    found["BG-4"].pop("tax_identifier", None)  # factur-x does not look for it in UBL
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_factur_x_reads_the_same_from_both_syntaxes(name: str) -> None:
    for draft in SCENARIOS[name].drafts():
        assert read(draft, "ubl") == read(draft, "cii")


def test_factur_x_reads_the_amounts_of_the_draft() -> None:
    draft = SCENARIOS["deposit, retainage and discount"].drafts()[2]
    found = read(draft, "ubl")
    totals = draft.totals
    assert [found[name] for name in ("BT-107", "BT-109", "BT-110", "BT-112", "BT-115")] == [
        str(one) for one in (totals.allowances, totals.net, totals.tax, totals.gross, totals.payable)
    ]
    assert [one["BT-131"] for one in found["BG-25"]] == [str(line.net) for line in draft.lines]


@pytest.mark.parametrize("name", ["standard rate", "retainage that leaves the tax", "three taxes in one document"])
def test_drafthorse_reads_the_amounts_of_the_draft(name: str) -> None:
    draft = SCENARIOS[name].drafts()[0]
    document = DRAFTHORSE.Document.parse(WRITERS["cii"](draft, PROFILES["xrechnung"]))
    summation = document.trade.settlement.monetary_summation
    assert (summation.grand_total._amount, summation.due_amount._value) == (draft.totals.gross, draft.totals.payable)
    assert document.trade.agreement.buyer.name._text == draft.client.name
