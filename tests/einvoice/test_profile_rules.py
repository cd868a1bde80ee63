"""Each rule of Peppol and XRechnung is found where a document breaks it, by its official id.

A document is one of ours with one thing changed. All of them were judged by the Schematron of Peppol BIS Billing 3.0.21
and XRechnung 2.5.0 too, which are not ours to ship: it finds the same rule broken.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.einvoice.billing import Scenario
from tests.einvoice.broken import (
    GERMAN,
    PEPPOL,
    SELLER,
    Change,
    Swap,
    Texts,
    element,
    identification,
    within,
    without,
)
from tests.einvoice.broken_national import NATIONAL
from tests.einvoice.scenarios import taxed
from tests.einvoice.test_official_rules import WRITERS
from tests.einvoice.test_validation import drafts, rules

from tracker2invoice.documents import preflight
from tracker2invoice.documents.profiles import PROFILES, ProfileName
from tracker2invoice.validation import german, greek, national, peppol
from tracker2invoice.validation.judge import judge

PEPPOL_NAMES = {
    **{before.rule: after.rule for before, after in zip(german.CHECKS, german.IN_PEPPOL, strict=True)},
    **{before.rule: after.rule for before, after in zip(preflight.GERMAN, preflight.GERMAN_IN_PEPPOL, strict=True)},
}
"""How Peppol calls the rules of XRechnung that it has too."""

GREECE = Scenario({"client": "GR", "tax": taxed("S", rate="24")}, supplier="GR")
"""Peppol is not written for Greek suppliers, so that it is none of the scenarios."""

ALL: tuple[tuple[ProfileName, Change], ...] = (
    *(("peppol", one) for one in (*PEPPOL, *NATIONAL)),
    *(("xrechnung", one) for one in GERMAN),
    *(("peppol", one._replace(rule=PEPPOL_NAMES[one.rule])) for one in GERMAN if one.rule in PEPPOL_NAMES),
)


def document(profile: ProfileName, change: Change, texts: Texts) -> bytes:
    """Return our document of a scenario with other texts in it."""
    made = GREECE.drafts() if change.name == "GR to GR" else drafts(change.name)
    text = WRITERS[change.syntax](made[change.number], PROFILES[profile]).decode()
    for swap in texts:
        text = swap.within(text)
    return text.encode()


@pytest.mark.parametrize(("profile", "change"), ALL, ids=[f"{one.rule} {one.words}".strip() for _, one in ALL])
def test_a_rule_that_is_broken_is_found_by_its_id(profile: ProfileName, change: Change) -> None:
    assert change.rule not in rules(judge(document(profile, change, change.base)).faults)
    assert change.rule in rules(judge(document(profile, change, change.texts)).faults)


def test_every_rule_of_the_tables_is_broken_here() -> None:
    tables = (peppol.SHARED, peppol.CHECKS, german.CHECKS, german.ONLY_XRECHNUNG, german.IN_PEPPOL, greek.CHECKS)
    known = {one.rule for table in (*tables, *(checks for _, checks in national.TABLES)) for one in table}
    assert known - {change.rule for _, change in ALL} == set()


def test_the_documentation_says_of_each_rule_what_keeps_it() -> None:
    page = (Path(__file__).parents[2] / "docs" / "e-invoices.md").read_text()
    rows = re.findall(r"^\| `([A-Z0-9-]+-)` \| ([^|]+) \| [^|]+ \|$", page, re.MULTILINE)
    named = [f"{prefix}{number}" for prefix, numbers in rows for number in numbers.split(", ")]
    assert len(named) == len(set(named))
    assert set(named) == {change.rule for _, change in ALL}


REGISTERED = element("CompanyID", "1234567897", schemeID="0007")
AGENT = within(
    "TaxRepresentativeParty",
    within("PartyName", element("Name", "Agent")),
    within("PostalAddress", within("Country", element("IdentificationCode", "DE"))),
    within("PartyTaxScheme", element("CompanyID", "DE136695976"), within("TaxScheme", element("ID", "VAT"))),
)


def untaxed(id_: str, scheme: str) -> Swap:
    """Return what takes away the number for VAT or another tax."""
    tax = f"<cac:TaxScheme>\n          {element('ID', scheme)}\n        </cac:TaxScheme>"
    inside = f"\n        {element('CompanyID', id_)}\n        {tax}\n      "
    return Swap(f"<cac:PartyTaxScheme>{inside}</cac:PartyTaxScheme>", "")


RIGHT: dict[str, tuple[ProfileName, Change]] = {
    "an identifier is no registration": (
        "peppol",
        Change("", (Swap(REGISTERED, ""), Swap(SELLER, SELLER + identification("1", schemeID="0060"))), "SE to SE"),
    ),
    "an identifier and no VAT id": (
        "xrechnung",
        Change("", (without("CompanyID", "HRB 123456 B"), untaxed("DE136695976", "VAT"),
                    Swap(SELLER, SELLER + identification("1")))),
    ),
    "an agent for VAT": (
        "xrechnung",
        Change("", (untaxed("DE136695976", "VAT"), untaxed("37/123/45678", "FC"),
                    Swap("<cac:Delivery>", f"{AGENT}<cac:Delivery>"))),
    ),
    "no total of VAT where there is none": (
        "xrechnung",
        Change("", (Swap('<ram:TaxTotalAmount currencyID="EUR">0.00</ram:TaxTotalAmount>', ""),), "reverse charge",
               syntax="cii"),
    ),
    "a GLN of any length": (
        "peppol",
        Change("", (Swap(SELLER, SELLER + identification("9482348239847239874", schemeID="0088")),), "BE to BE"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", RIGHT)
def test_what_the_official_rules_let_pass_without_our_settings_is_right(case: str) -> None:
    profile, change = RIGHT[case]
    assert judge(document(profile, change, change.texts)).faults == ()
