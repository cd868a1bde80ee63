"""The QuickBooks Online output against the pretended one over HTTP: the shared suite, in both modes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from tests.connectors.quickbooks import CUSTOMER, Clock, FarQuickBooks, connected, running

from tracker2invoice.plugins import Output
from tracker2invoice.testing.output_suite import FarSide, OutputSuite


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarQuickBooks]:
    with running(clock) as quickbooks:
        yield quickbooks


class TestQuickBooksKeepsTheContractOfOutputs(OutputSuite):
    kind = "quickbooks"
    client = CUSTOMER
    currencies = ("EUR",)

    @pytest.fixture
    def output(self, far_side: FarQuickBooks, clock: Clock, tmp_path: Path) -> Iterator[Output]:
        with connected(far_side.url, clock, tmp_path, attach_annex=True, create_missing=True) as output:
            yield output

    def test_a_deleted_document_is_still_found_and_not_called_a_draft(self, output: Output, far_side: FarSide) -> None:
        pytest.skip("a query shows nothing that was deleted")


class TestQuickBooksKeepsItWithEstimatesToo(TestQuickBooksKeepsTheContractOfOutputs):
    @pytest.fixture
    def output(self, far_side: FarQuickBooks, clock: Clock, tmp_path: Path) -> Iterator[Output]:
        more: dict[str, object] = {"attach_annex": True, "create_missing": True}
        with connected(far_side.url, clock, tmp_path, mode="estimate", **more) as output:
            yield output

    @pytest.mark.parametrize("state", ["sent"])
    def test_what_a_person_did_with_a_document_is_read_back(
        self, output: Output, far_side: FarSide, state: Literal["sent", "paid"]
    ) -> None:
        super().test_what_a_person_did_with_a_document_is_read_back(output, far_side, state)
