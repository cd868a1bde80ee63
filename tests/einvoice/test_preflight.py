"""What electronic invoices need and the configuration lacks: every rule of the tables, broken once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.einvoice.billing import Scenario
from tests.einvoice.parties import PARTIES
from tests.einvoice.scenarios import LATER, REVERSE, taxed

from tracker2invoice.documents.preflight import (
    ADDRESSES,
    EVERYWHERE,
    FRENCH,
    GERMAN,
    GERMAN_IN_PEPPOL,
    NATIONAL,
    PEPPOL,
    Basis,
    contract_bases,
    lacks,
    objections,
)
from tracker2invoice.documents.profiles import PROFILES, ProfileName
from tracker2invoice.model.contract import Contract, Identifier, Party
from tracker2invoice.model.money import Money

Change = Callable[[Contract], Contract]


def supplier(country: str = "", **fields: Any) -> Change:
    return lambda one: replace(one, supplier=replace(PARTIES[country] if country else one.supplier, **fields))


def client(country: str = "", **fields: Any) -> Change:
    return lambda one: replace(one, client=replace(PARTIES[country] if country else one.client, **fields))


def both(country: str, **of_client: Any) -> Change:
    return lambda one: client(country, **of_client)(supplier(country)(one))


def agreed(**fields: Any) -> Change:
    return lambda one: replace(one, **fields)


def lacking(contract: Contract, profile: ProfileName) -> list[tuple[str, str]]:
    """Return rule and setting of everything that is missing."""
    return [(one.rule, one.key) for basis in contract_bases(contract) for one in lacks(basis, PROFILES[profile])]


CONTRACT = Scenario().contract
OUTSIDE = Scenario({"tax": taxed("O", "Not subject to VAT"), "client": "US"}).contract
REVERSED = Scenario({"tax": REVERSE, "client": "FR"}).contract
FRANCE = Scenario({"tax": taxed("S", rate="20"), "client": "FR"}, supplier="FR").contract
WITHIN_EU = Scenario({"tax": taxed("K", "Intra-community supply"), "client": "NL"}).contract
DENMARK = Scenario({"tax": taxed("S", rate="25"), "client": "DK"}, supplier="DK").contract
NO_SCHEME, MAIL = Identifier("12345678"), Identifier("ap@acme.example", "EM")

TABLES = (*EVERYWHERE, *ADDRESSES, *GERMAN, *GERMAN_IN_PEPPOL, *PEPPOL, *NATIONAL, *FRENCH)
DETAILS: list[tuple[str, str, str, Change]] = [
    ("DE-R-001", "BR-DE-1", "supplier.iban", supplier(iban="")),
    ("DE-R-005", "BR-DE-5", "supplier.contact", supplier(contact="")),
    ("DE-R-006", "BR-DE-6", "supplier.phone", supplier(phone="")),
    ("DE-R-027", "BR-DE-27", "supplier.phone", supplier(phone="ask 12")),
    ("DE-R-007", "BR-DE-7", "supplier.email", supplier(email="")),
    ("DE-R-015", "BR-DE-15", "clients.de.buyer_reference", client(buyer_reference="")),
]
"""What XRechnung asks for, and Peppol between German parties by another name."""

BROKEN: list[tuple[str, str, ProfileName, Contract, Change]] = [
    ("BR-08", "supplier.address", "en16931", CONTRACT, supplier(address=None)),
    ("BR-10", "clients.de.address", "en16931", CONTRACT, client(address=None)),
    ("BR-S-02", "supplier.vat_id or tax_id", "en16931", CONTRACT, supplier(vat_id="", tax_id="")),
    ("BR-CO-26", "supplier.legal_id", "en16931", CONTRACT, supplier(vat_id="", legal_id=None)),
    ("BR-CO-26", "supplier.legal_id", "en16931", OUTSIDE, supplier(legal_id=None)),
    ("BR-IC-02", "supplier.vat_id", "en16931", WITHIN_EU, supplier(vat_id="")),
    ("BR-IC-02", "clients.nl.vat_id", "en16931", WITHIN_EU, client("NL", vat_id="")),
    ("BR-AE-02", "clients.fr.vat_id or legal_id", "en16931", REVERSED, client("FR", vat_id="", legal_id=None)),
    ("BR-O-11", "contracts.acme-portal.invoice_per", "en16931", CONTRACT,
     agreed(invoice_per="run", terms=(replace(CONTRACT.terms[0], tax=OUTSIDE.tax), *CONTRACT.terms[1:]))),
    ("BR-DEC-09", "contracts.acme-portal.currency", "en16931", CONTRACT, agreed(price=Money.zero("KWD"))),
    *((rule, key, "xrechnung", CONTRACT, change) for _, rule, key, change in DETAILS),
    *((rule, key, "peppol", CONTRACT, change) for rule, _, key, change in DETAILS),
    ("PEPPOL-EN16931-R020", "supplier.endpoint", "xrechnung", CONTRACT, supplier(endpoint=None)),
    ("PEPPOL-EN16931-R010", "clients.de.endpoint", "xrechnung", CONTRACT, client(endpoint=None)),
    ("PEPPOL-EN16931-R020", "supplier.endpoint", "peppol", CONTRACT, supplier(endpoint=None)),
    ("PEPPOL-EN16931-R010", "clients.de.endpoint", "peppol", CONTRACT, client(endpoint=None)),
    ("PEPPOL-EN16931-R003", "clients.at.buyer_reference or contracts.acme-portal.order_reference", "peppol", CONTRACT,
     lambda one: replace(client("AT", buyer_reference="")(one), order_reference="")),
    ("PEPPOL-EN16931-CL008", "supplier.endpoint", "peppol", CONTRACT, supplier(endpoint=MAIL)),
    ("PEPPOL-EN16931-CL008", "clients.de.endpoint", "peppol", CONTRACT, client(endpoint=MAIL)),
    ("PEPPOL-EN16931-CL008", "clients.de.endpoint", "peppol", CONTRACT, client(endpoint=Identifier("1", "0203"))),
    ("DK-R-002", "supplier.legal_id", "peppol", CONTRACT, supplier("DK", legal_id=None)),
    ("DK-R-013", "supplier.identifier", "peppol", DENMARK, supplier(identifier=Identifier("1"))),
    ("DK-R-013", "clients.dk.identifier", "peppol", DENMARK, client(identifier=Identifier("1"))),
    ("DK-R-014", "supplier.legal_id", "peppol", CONTRACT, supplier("DK", legal_id=NO_SCHEME)),
    ("DK-R-017", "clients.dk.legal_id", "peppol", CONTRACT, both("DK", legal_id=NO_SCHEME)),
    ("GR-R-001", "supplier.address or vat_id", "peppol", CONTRACT, supplier("GR", vat_id="")),
    ("GR-R-001", "supplier.address or vat_id", "peppol", CONTRACT, supplier(vat_id="EL094259216")),
    ("IS-R-002", "supplier.legal_id", "peppol", CONTRACT, supplier("IS", legal_id=NO_SCHEME)),
    ("IS-R-004", "clients.is.legal_id", "peppol", CONTRACT, both("IS", legal_id=None)),
    ("IT-R-001", "supplier.tax_id", "peppol", CONTRACT, supplier("IT", tax_id="37/123/45678")),
    ("IT-R-001", "supplier.tax_id", "peppol", CONTRACT, supplier(vat_id="IT00743110157", tax_id="0074311")),
    ("IT-R-001", "supplier.tax_id", "peppol", CONTRACT, supplier("IT", vat_id="DE136695976", tax_id="x")),
    ("NL-R-003", "supplier.legal_id", "peppol", CONTRACT, supplier("NL", legal_id=NO_SCHEME)),
    ("NL-R-005", "clients.nl.legal_id", "peppol", CONTRACT, both("NL", legal_id=NO_SCHEME)),
    ("NL-R-007", "supplier.iban", "peppol", CONTRACT, supplier("NL", iban="")),
    ("NO-R-001", "supplier.vat_id", "peppol", CONTRACT, supplier("NO", vat_id="NO995525828")),
    ("NO-R-001", "supplier.vat_id", "peppol", CONTRACT, supplier(vat_id="NO995525829MVA")),
    ("SE-R-001", "supplier.vat_id", "peppol", CONTRACT, supplier("SE", vat_id="SE1234567897")),
    ("SE-R-002", "supplier.vat_id", "peppol", CONTRACT, supplier("SE", vat_id="SE12345678970X")),
    ("SE-R-003", "supplier.legal_id", "peppol", CONTRACT, supplier("SE", legal_id=Identifier("123456-7897"))),
    ("SE-R-004", "supplier.legal_id", "peppol", CONTRACT, supplier("SE", legal_id=NO_SCHEME)),
    ("SE-R-013", "supplier.legal_id", "peppol", CONTRACT, supplier("SE", legal_id=Identifier("1234567890"))),
    ("SE-R-005", "supplier.tax_id", "peppol", CONTRACT, supplier("SE", tax_id="4711")),
    ("SE-R-006", "contracts.acme-portal.tax", "peppol", CONTRACT, supplier("SE")),
    ("BR-FR-05", "supplier.notes.PMT", "france", FRANCE, supplier(notes={"PMD": "x", "AAB": "x"})),
    ("BR-FR-05", "supplier.notes.PMD", "france", FRANCE, supplier(notes={"PMT": "x", "AAB": "x"})),
    ("BR-FR-05", "supplier.notes.AAB", "france", FRANCE, supplier(notes={"PMT": "x", "PMD": "x"})),
    ("BR-FR-10", "supplier.legal_id", "france", FRANCE, supplier(legal_id=NO_SCHEME)),
    ("BR-FR-09", "supplier.identifier", "france", FRANCE,
     supplier("FR", identifier=Identifier("55210055400013", "0009"))),
    ("BR-FR-09", "clients.fr.identifier", "france", FRANCE, client("FR", legal_id=NO_SCHEME)),
    ("BR-FR-11", "clients.fr.legal_id", "france", FRANCE, lambda one: client("FR", legal_id=NO_SCHEME)(
        supplier("FR", notes={**one.supplier.notes, "BAR": "B2B"})(one))),
    ("BR-FR-20", "supplier.notes.BAR", "france", FRANCE, supplier("FR", notes={"BAR": "b2b"})),
    ("BR-FR-23", "supplier.endpoint", "france", FRANCE, supplier("FR", endpoint=Identifier("404 833", "0225"))),
    ("BR-FR-23", "clients.fr.endpoint", "france", FRANCE, client("FR", endpoint=Identifier("404/833", "0225"))),
    ("BR-FR-CO-10", "supplier.identifier", "france", FRANCE, supplier("FR", identifier=NO_SCHEME)),
    ("BR-FR-CO-10", "clients.fr.identifier", "france", FRANCE, client("FR", identifier=NO_SCHEME)),
    ("BR-FR-12", "clients.fr.endpoint", "france", FRANCE, client(endpoint=None)),
    ("BR-FR-13", "supplier.endpoint", "france", FRANCE, supplier(endpoint=None)),
    ("BR-FR-16", "contracts.acme-portal.tax", "france", FRANCE, agreed(tax=CONTRACT.tax)),
    ("BR-FR-CO-12", "supplier.tax_currency", "france", FRANCE,
     lambda one: replace(supplier("FR", tax_currency="")(one), price=Money.zero("USD"))),
    ("BR-DEC-15", "supplier.tax_currency", "en16931", CONTRACT, supplier(tax_currency="KWD")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "key", "profile", "contract", "change"), BROKEN, ids=[one[0] for one in BROKEN])
def test_what_a_rule_asks_for_is_missed_by_the_setting_that_says_it(
    rule: str, key: str, profile: ProfileName, contract: Contract, change: Change
) -> None:
    assert (rule, key) not in lacking(contract, profile)
    assert (rule, key) in lacking(change(contract), profile)


def test_every_rule_of_the_tables_is_broken_here_once() -> None:
    assert {one.rule for one in TABLES} == {one[0] for one in BROKEN}


@pytest.mark.parametrize("profile", [one for one in PROFILES if one != "france"])
@pytest.mark.parametrize("country", [one for one in PARTIES if one not in ("US", "GR")])
def test_a_supplier_with_all_details_lacks_nothing_at_home(country: str, profile: ProfileName) -> None:
    tax = taxed("S", rate="25" if country == "SE" else "20")
    assert lacking(both(country)(Scenario({"tax": tax}).contract), profile) == []


def test_xrechnung_takes_an_e_mail_address_which_peppol_has_no_way_to_reach() -> None:
    assert lacking(client(endpoint=MAIL)(CONTRACT), "xrechnung") == []


@pytest.mark.parametrize("profile", ["en16931", "xrechnung"])
def test_only_peppol_knows_rules_of_the_countries(profile: ProfileName) -> None:
    nothing = {"vat_id": "EL094259216", "tax_id": "4711", "legal_id": NO_SCHEME}
    assert not {one[0] for one in lacking(supplier("SE", **nothing)(CONTRACT), profile)} & {
        one.rule for one in NATIONAL
    }


def test_every_payer_is_looked_at() -> None:
    payers = {"payers": [{"client": "DE", "percent": "60"}, {"client": "US", "percent": "40"}]}
    contract = Scenario(payers).contract
    without = replace(
        contract, payers=tuple(replace(one, client=replace(one.client, endpoint=None)) for one in contract.payers)
    )
    assert [key for _, key in lacking(without, "xrechnung")] == ["clients.de.endpoint", "clients.us.endpoint"]


def test_a_deposit_outside_vat_stands_alone_and_only_needs_a_registration() -> None:
    deposit = {"deposit": {"percent": "20", "milestone": "Kick-off", **LATER}, "invoice_per": "run"}
    contract = Scenario(deposit).contract
    assert lacking(contract, "en16931") == []
    assert lacking(supplier(legal_id=None)(contract), "en16931") == [("BR-CO-26", "supplier.legal_id")]


def test_a_frozen_draft_is_asked_the_same_questions() -> None:
    draft = Scenario().drafts()[0]
    assert objections(draft, PROFILES["xrechnung"]) == ()
    frozen_before = replace(draft, client=replace(draft.client, buyer_reference=""))
    assert objections(frozen_before, PROFILES["xrechnung"]) == (
        "clients.de.buyer_reference: buyer reference, BT-10; of authorities the Leitweg-ID (BR-DE-15)",
    )


def test_plain_en_16931_asks_for_no_address_to_send_to() -> None:
    bare = Party("acme", "Acme GmbH", PARTIES["DE"].address)
    basis = Basis("c", PARTIES["DE"], bare, "EUR", "", frozenset({"S"}), frozenset(), frozenset())
    assert lacks(basis, PROFILES["en16931"]) == ()
