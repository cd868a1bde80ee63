"""Whatever is billed, the electronic invoice of it keeps the official rules of EN 16931, in both syntaxes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from tests.einvoice.billing import Scenario
from tests.einvoice.rules import Syntax, broken_french_rules, broken_rules
from tests.einvoice.scenarios import CONDITIONS, CURRENCIES, PRICES, SCENARIOS, TAXES, TIMES, taxed

from tracker2invoice.documents.cii import render_cii
from tracker2invoice.documents.preflight import objections
from tracker2invoice.documents.profiles import PROFILES, Profile, ProfileName
from tracker2invoice.documents.ubl import render_ubl
from tracker2invoice.model.invoice import Draft
from tracker2invoice.testing.samples import sample_draft

WRITERS: Mapping[Syntax, Callable[[Draft, Profile], bytes]] = {"ubl": render_ubl, "cii": render_cii}


@pytest.mark.parametrize("profile", [one for one in PROFILES if one != "france"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_document_of_a_contract_keeps_the_official_rules(name: str, profile: ProfileName) -> None:
    drafts = SCENARIOS[name].drafts()
    assert drafts
    for draft in drafts:
        assert objections(draft, PROFILES[profile]) == ()
        for syntax, write in WRITERS.items():
            assert broken_rules(write(draft, PROFILES[profile]), syntax) == []


@pytest.mark.parametrize(
    "name", [*TAXES, *PRICES, *CONDITIONS, *TIMES, *(one for one in CURRENCIES if "Poland" in one)]
)
def test_every_document_of_a_french_supplier_keeps_the_french_rules(name: str) -> None:
    for draft in french(SCENARIOS[name]).drafts():
        assert objections(draft, PROFILES["france"]) == ()
        for syntax, write in WRITERS.items():
            document = write(draft, PROFILES["france"])
            assert broken_rules(document, syntax) == []
            assert broken_french_rules(document, syntax) == []


def french(scenario: Scenario) -> Scenario:
    """Return the scenario with a supplier in France, and the rate of France where there is one."""
    standard = scenario.agreed.get("tax", {}).get("category", "S") == "S"
    return replace(
        scenario, supplier="FR", agreed={**scenario.agreed, **({"tax": taxed("S", rate="20")} if standard else {})}
    )


def test_there_are_at_least_sixty_scenarios() -> None:
    assert len(SCENARIOS) >= 60


@pytest.mark.parametrize("syntax", WRITERS)
def test_the_french_rules_are_really_asked(syntax: Syntax) -> None:
    document = WRITERS[syntax](sample_draft(), PROFILES["en16931"])
    assert any(one.rule.startswith("BR-FR-05") for one in broken_french_rules(document, syntax))


@pytest.mark.parametrize("syntax", WRITERS)
def test_the_rules_are_really_asked(syntax: Syntax) -> None:
    """A judge that finds nothing anywhere would be content with everything."""
    draft = sample_draft()
    wrong = replace(draft, totals=replace(draft.totals, net=Decimal("1.00")))
    found = {one.rule for one in broken_rules(WRITERS[syntax](wrong, PROFILES["en16931"]), syntax)}
    assert {"BR-CO-10", "BR-CO-15"} <= found
