"""What stands on a document whatever the platform: nothing of a draft is left out there without a word."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from tests.conftest import FrozenClock

from tracker2invoice.config.types import Surroundings
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Context, Output
from tracker2invoice.registry import installed, load_output
from tracker2invoice.testing.samples import sample_draft, with_installments, with_payment_terms, with_preceding

PLATFORMS = [one.kind for one in installed("outputs") if load_output(one.kind).capabilities.pins_client]

Prepare = Callable[[Draft], str]


@pytest.fixture(params=PLATFORMS)
def prepared(request: pytest.FixtureRequest, clock: FrozenClock, tmp_path: Path) -> Prepare:
    """Return what a platform is sent for a draft, as text."""

    def prepare(draft: Draft) -> str:
        plugin = load_output(request.param)
        assert plugin.twin
        with plugin.twin(clock, tmp_path) as twin, patch.dict(os.environ, dict(twin.environment)):
            settings = plugin.settings.model_validate(dict(twin.settings), context=Surroundings(tmp_path))
            output: Output = plugin.connect(settings, Context("books", tmp_path, clock))
            with closing(output):
                client = replace(draft.client, remote={"books": twin.client})
                return output.prepare(replace(draft, client=client)).decode()

    return prepare


def test_what_both_sides_know_the_work_by_and_all_notes_are_sent(prepared: Prepare) -> None:
    draft = sample_draft()
    legal = {"PMT": "40 EUR for the costs of recovery."}
    text = prepared(
        replace(
            draft,
            client=replace(draft.client, buyer_reference="cost centre 12"),
            order_reference="PO-4711",
            contract_reference="V-2026/17",
            note="Thank you for working with us.",
            supplier=replace(draft.supplier, notes=legal),
        )
    )
    known_by = (draft.reference, "PO-4711", "cost centre 12", "V-2026/17", draft.project, draft.why.milestone_url)
    assert [one for one in (*known_by, "Thank you for working", *legal.values()) if one not in text] == []


@pytest.mark.parametrize("terms", [with_installments, with_payment_terms, with_preceding])
def test_how_it_is_paid_and_what_went_before_is_sent(prepared: Prepare, terms: Callable[[Draft], Draft]) -> None:
    draft = terms(sample_draft())
    text = prepared(draft)
    assert [one for one in _said(draft) if one not in text] == []


def _said(draft: Draft) -> list[str]:
    terms = [draft.payment_terms] if draft.installments or draft.early_payment else []
    return [*terms, *(one.reference for one in draft.preceding)]
