"""What French suppliers write besides: the SIRET of an establishment, and notes that say who is billed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.einvoice.billing import Scenario
from tests.einvoice.rules import Syntax, broken_french_rules, broken_rules
from tests.einvoice.scenarios import taxed
from tests.einvoice.test_business_terms import BOTH, texts
from tests.einvoice.test_official_rules import WRITERS

from tracker2invoice.documents.preflight import objections
from tracker2invoice.documents.profiles import PROFILES
from tracker2invoice.model.contract import Identifier
from tracker2invoice.model.invoice import Draft

FRANCE = PROFILES["france"]
DRAFT = Scenario({"tax": taxed("S", rate="20"), "client": "FR"}, supplier="FR").drafts()[0]
OTHER_SIRET = Identifier("55210055400013", "0009")


def supplier(**fields: Any) -> Draft:
    return replace(DRAFT, supplier=replace(DRAFT.supplier, **fields))


def client(**fields: Any) -> Draft:
    return replace(DRAFT, client=replace(DRAFT.client, **fields))


@BOTH
def test_an_establishment_stands_beside_its_company_with_or_without_a_scheme(syntax: Syntax) -> None:
    paths = {
        "ubl": "//cac:PartyIdentification/cbc:ID",
        "cii": "//ram:SellerTradeParty/ram:GlobalID[@schemeID='0009'] | //ram:BuyerTradeParty/ram:ID",
    }
    draft = client(identifier=Identifier("K-17"))
    assert texts(draft, syntax, paths[syntax]) == ["40483304800022", "K-17"]
    assert broken_rules(WRITERS[syntax](draft, PROFILES["en16931"]), syntax) == []


@pytest.mark.parametrize(
    ("draft", "rule"),
    [
        (supplier(identifier=OTHER_SIRET), "BR-FR-09"),
        (client(identifier=OTHER_SIRET), "BR-FR-09"),
        (client(identifier=Identifier("K-17")), "BR-FR-CO-10"),
        (supplier(notes={**DRAFT.supplier.notes, "BAR": "b2b"}), "BR-FR-20"),
        (supplier(endpoint=Identifier("404 833", "0225")), "BR-FR-23"),
        (client(endpoint=Identifier("404/833", "0225")), "BR-FR-23"),
    ],
)
def test_what_is_asked_before_is_what_the_official_rules_refuse(draft: Draft, rule: str) -> None:
    assert any(rule in words for words in objections(draft, FRANCE))
    # those for CII do not see an identifier without a scheme
    assert any(one.rule.startswith(rule) for one in broken_french_rules(WRITERS["ubl"](draft, FRANCE), "ubl"))


@BOTH
def test_an_invoice_that_says_b2b_keeps_the_rules_with_the_siren_of_the_buyer_and_not_without(syntax: Syntax) -> None:
    business = supplier(notes={**DRAFT.supplier.notes, "BAR": "B2B"})
    assert objections(business, FRANCE) == ()
    assert broken_french_rules(WRITERS[syntax](business, FRANCE), syntax) == []
    without = replace(business, client=replace(business.client, legal_id=None, identifier=None))
    assert any("BR-FR-11" in words for words in objections(without, FRANCE))
    assert any(one.rule.startswith("BR-FR-11") for one in broken_french_rules(WRITERS[syntax](without, FRANCE), syntax))
