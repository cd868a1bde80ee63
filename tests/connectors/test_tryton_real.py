"""The Tryton output against a real server of Tryton: the shared suite, and what becomes of the amounts there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from subprocess import DEVNULL

import pytest
from tests.connectors.tryton import EVERYTHING, OFTEN_WRONG, Clock, draft_for, with_lines
from tests.connectors.tryton_real import RealTryton
from tests.connectors.tryton_run import billing_machine

from tracker2invoice.documents.annex import annex_name, annex_pdf
from tracker2invoice.errors import AccessDenied, Rejected
from tracker2invoice.ledger.store import open_ledger
from tracker2invoice.plugins import Context, Output
from tracker2invoice.testing.bills import with_all_of_these
from tracker2invoice.testing.output_suite import FarSide, OutputSuite
from tracker2invoice.testing.sandbox.server import Fault
from tracker2invoice_tryton import TrytonSettings, plugin


@pytest.fixture
def far_side(real_tryton: RealTryton) -> RealTryton:
    return real_tryton


@pytest.fixture
def output(far_side: RealTryton, tmp_path: Path) -> Iterator[Output]:
    settings = TrytonSettings.model_validate(far_side.settings() | EVERYTHING)
    with closing(plugin.connect(settings, Context("books", tmp_path, Clock()))) as output:
        yield output


class TestARealTrytonKeepsTheContractOfOutputs(OutputSuite):
    client = "2/2"

    def test_a_deleted_document_is_still_found_and_not_called_a_draft(self, output: Output, far_side: FarSide) -> None:
        pytest.skip("Tryton keeps no trace of what was deleted")


def test_an_invoice_that_a_credit_note_settles_is_credited_and_not_paid(output: Output, far_side: RealTryton) -> None:
    draft = draft_for(remote={"books": "2/2"})
    created = output.create(draft, output.prepare(draft), "k").receipt
    far_side.change(draft.reference, "sent")
    far_side.settle(int(created.remote_id), "credit")
    (document,) = output.read_back([created], None)
    receipt = document.receipt
    assert (receipt.state, receipt.paid, receipt.credited) == ("paid", None, draft.totals.gross)


@pytest.mark.parametrize("type_code", ["380", "381"])
@pytest.mark.parametrize("name", list(OFTEN_WRONG))
def test_the_total_that_is_posted_is_that_of_the_draft(
    output: Output, far_side: RealTryton, name: str, type_code: str
) -> None:
    draft = with_lines(*OFTEN_WRONG[name], type_code=type_code, remote={"books": "2/2"})
    created = output.create(draft, output.prepare(draft), "k")
    assert created.gross == draft.totals.gross
    far_side.change(draft.reference, "sent")
    (posted,) = output.read_back([created.receipt], None)
    assert (posted.receipt.state, posted.gross) == ("sent", draft.totals.gross)
    assert posted.receipt.number
    assert posted.due_date == draft.due_date


def test_a_party_that_is_not_active_is_refused_although_the_server_takes_it(
    output: Output, far_side: RealTryton
) -> None:
    draft = draft_for(remote={"books": far_side.known["inactive"]})
    with pytest.raises(Rejected, match="is not active"):
        output.create(draft, output.prepare(draft), "k")


def test_a_draft_may_have_a_date_for_which_no_period_is_open(output: Output) -> None:
    draft = replace(draft_for(remote={"books": "2/2"}), issue_date=date(1999, 3, 2), due_date=date(1999, 4, 1))
    assert output.create(draft, output.prepare(draft), "k").issue_date == draft.issue_date


def test_while_the_user_does_not_see_the_company_drafts_wait(far_side: RealTryton, tmp_path: Path) -> None:
    settings = TrytonSettings.model_validate(far_side.settings() | {"company": 77})
    waiting = pytest.raises(AccessDenied, match=r"sees no account .* of company 77")
    with closing(plugin.connect(settings, Context("books", tmp_path, Clock()))) as output, waiting:
        output.find(draft_for(remote={"books": "2/2"}))


def test_what_was_delivered_is_attached_to_the_invoice(output: Output, far_side: RealTryton) -> None:
    draft = draft_for(deliverables=("Log in",), remote={"books": "2/2"})
    output.finish(draft, output.create(draft, output.prepare(draft), "k").receipt)
    assert far_side.attached(draft.reference) == [(annex_name(draft), annex_pdf(draft))]


def test_an_annex_is_refused_for_an_invoice_that_is_not_there_any_more(output: Output, far_side: RealTryton) -> None:
    draft = draft_for(remote={"books": "2/2"})
    receipt = output.create(draft, output.prepare(draft), "k").receipt
    far_side.change(draft.reference, "deleted")
    with pytest.raises(Rejected, match="the invoice is not there any more"):
        output.finish(draft, receipt)


def test_an_invoice_of_which_a_line_is_refused_is_not_there_at_all(output: Output, far_side: RealTryton) -> None:
    draft = with_all_of_these(draft_for(remote={"books": "2/2"}))
    before, _, after = output.prepare(draft).rpartition(b'"account":99')
    with pytest.raises(Rejected, match="is not valid according to its domain"):
        output.create(draft, before + b'"account":1' + after, "k")
    assert far_side.count(draft.reference) == 0


def test_a_run_that_is_killed_after_the_commit_adopts_the_draft(far_side: RealTryton, tmp_path: Path) -> None:
    with billing_machine(far_side, tmp_path, milestones=1) as config:
        far_side.faults.append(Fault("after", "hang", method="POST", path="/account.invoice"))
        program = [str(Path(sys.executable).with_name("tracker2invoice")), "run", "--config", str(config)]
        environment = os.environ | {"T2I_NOW": Clock().now.isoformat()}
        with subprocess.Popen(program, env=environment, stdout=DEVNULL, stderr=DEVNULL) as killed:
            assert far_side.committed.wait(60)
            killed.kill()
        assert far_side.bearing("T2I-", "state")[0]["state"] == "draft"
        subprocess.run(program, env=environment, stdout=DEVNULL, stderr=DEVNULL, check=True)
        with open_ledger(f"sqlite:///{tmp_path}/ledger.db", Clock()) as ledger:
            (claim,) = ledger.claims()
    (invoice,) = far_side.bearing("T2I-")
    (delivery,) = claim.deliveries
    assert delivery.receipt
    assert (delivery.state, delivery.receipt.remote_id) == ("delivered", str(invoice["id"]))
    assert [one.method for one in far_side.requests].count("POST") == 1
