"""The draft: its canonical bytes and its reference."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker2invoice.model.invoice import Draft, reference
from tracker2invoice.testing.samples import sample_draft, with_installments, with_payment_terms, with_preceding


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
def test_a_draft_survives_its_canonical_bytes(currency: str) -> None:
    draft = sample_draft(currency, title='Größe, 日本語 \u202e \\ "quoted"')
    again = Draft.from_bytes(draft.to_bytes())
    assert again == draft
    assert again.to_bytes() == draft.to_bytes()
    assert again.sha256 == draft.sha256


def test_a_period_of_delivery_and_a_discount_survive_the_canonical_bytes() -> None:
    draft = with_payment_terms(sample_draft())
    assert Draft.from_bytes(draft.to_bytes()) == draft


def test_installments_survive_the_canonical_bytes() -> None:
    draft = with_installments(sample_draft())
    assert Draft.from_bytes(draft.to_bytes()) == draft


def test_preceding_invoices_survive_the_canonical_bytes() -> None:
    draft = with_preceding(sample_draft())
    assert Draft.from_bytes(draft.to_bytes()) == draft


def test_a_draft_that_an_earlier_version_froze_can_be_read() -> None:
    draft = sample_draft()
    frozen = json.loads(draft.to_bytes())
    for later in (
        "delivery_period", "early_payment", "installments", "late_fee", "preceding", "tax_note", "exact_type_code",
        "contract_reference",
    ):  # fmt: skip
        del frozen[later]
    for party in ("supplier", "client"):
        for later in ("legal_id", "endpoint", "contact", "buyer_reference", "notes", "languages"):
            del frozen[party][later]
    del frozen["lines"][0]["milestone_key"]
    again = Draft.from_bytes(json.dumps(frozen).encode())
    assert again == draft
    assert (again.delivery_period, again.early_payment, again.installments, again.late_fee) == (None, (), (), "")
    assert (again.preceding, again.tax_note) == ((), "")


def test_amounts_are_strings_with_the_decimals_of_the_currency() -> None:
    written = json.loads(sample_draft("EUR").to_bytes())
    assert written["totals"]["net"] == "18000.00"
    assert json.loads(sample_draft("JPY").to_bytes())["totals"]["net"] == "1800000"
    assert json.loads(sample_draft("KWD").to_bytes())["totals"]["net"] == "18000.000"


def test_any_change_changes_the_hash() -> None:
    draft = sample_draft()
    assert replace(draft, note="x").sha256 != draft.sha256


@given(st.text(), st.text(), st.text(), st.integers(1, 1000))
def test_a_reference_has_sixteen_safe_characters_and_depends_on_what_is_billed_alone(
    contract: str, term: str, key: str, generation: int
) -> None:
    made = reference(contract, term, key, generation)
    assert re.fullmatch(r"T2I-[A-Z2-7]{12}", made)
    assert made == reference(contract, term, key, generation)
    assert made != reference(contract, term, key, generation + 1)
    assert made != reference(contract + "x", term, key, generation)


def test_parts_of_a_reference_do_not_run_into_each_other() -> None:
    assert reference("a", "bc", "d", 1) != reference("ab", "c", "d", 1)


def test_the_reference_of_a_claim_never_changes_between_versions() -> None:
    assert reference("acme-portal", "design", "github:1296269:1002604", 1) == "T2I-NVXPN6BMSHNR"
