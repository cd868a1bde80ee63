"""Whatever is billed, the electronic invoice of it keeps the official rules of EN 16931, in both syntaxes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from tests.einvoice.rules import Syntax, broken_rules
from tests.einvoice.scenarios import SCENARIOS

from tracker2invoice.documents.cii import render_cii
from tracker2invoice.documents.preflight import objections
from tracker2invoice.documents.profiles import PROFILES, Profile, ProfileName
from tracker2invoice.documents.ubl import render_ubl
from tracker2invoice.model.invoice import Draft
from tracker2invoice.testing.samples import sample_draft

WRITERS: Mapping[Syntax, Callable[[Draft, Profile], bytes]] = {"ubl": render_ubl, "cii": render_cii}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_document_of_a_contract_keeps_the_official_rules(name: str, profile: ProfileName) -> None:
    drafts = SCENARIOS[name].drafts()
    assert drafts
    for draft in drafts:
        assert objections(draft, PROFILES[profile]) == ()
        for syntax, write in WRITERS.items():
            assert broken_rules(write(draft, PROFILES[profile]), syntax) == []


def test_there_are_at_least_sixty_scenarios() -> None:
    assert len(SCENARIOS) >= 60


@pytest.mark.parametrize("syntax", WRITERS)
def test_the_rules_are_really_asked(syntax: Syntax) -> None:
    """A judge that finds nothing anywhere would be content with everything."""
    draft = sample_draft()
    wrong = replace(draft, totals=replace(draft.totals, net=Decimal("1.00")))
    found = {one.rule for one in broken_rules(WRITERS[syntax](wrong, PROFILES["en16931"]), syntax)}
    assert {"BR-CO-10", "BR-CO-15"} <= found
