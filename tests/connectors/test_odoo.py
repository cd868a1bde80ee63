"""The Odoo output against the pretended Odoo over HTTP, by both APIs: the shared suite, creating and finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast
from xmlrpc.client import Fault as XmlFault
from xmlrpc.client import dumps

import pytest
from tests.connectors.odoo import (
    BY_XML_RPC,
    CLIENT,
    CREATING,
    EVERYTHING,
    Clock,
    FarOdoo,
    connected,
    create,
    draft_for,
    running,
)

from tracker2invoice.errors import AccessDenied, BadAnswer, Rejected, Unclear
from tracker2invoice.model.invoice import Draft, Preceding
from tracker2invoice.plugins import Output
from tracker2invoice.testing.output_suite import FarSide, OutputSuite
from tracker2invoice.testing.sandbox.odoo import KEY
from tracker2invoice.testing.sandbox.odoo_books import Fields
from tracker2invoice.testing.sandbox.server import Answer, Fault


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarOdoo]:
    with running(clock) as odoo:
        yield odoo


@pytest.fixture(params=["json-2", "xml-rpc"])
def api(request: pytest.FixtureRequest) -> str:
    return cast("str", request.param)


@pytest.fixture
def output(api: str, far_side: FarOdoo, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path, **EVERYTHING, **(BY_XML_RPC if api == "xml-rpc" else {})) as output:
        yield output


class TestOdooKeepsTheContractOfOutputs(OutputSuite):
    kind = "odoo"
    client = str(CLIENT)

    def test_a_deleted_document_is_still_found_and_not_called_a_draft(self, output: Output, far_side: FarSide) -> None:
        pytest.skip("Odoo keeps no trace of what was deleted")


def test_the_invoice_says_what_the_draft_says(output: Output, far_side: FarOdoo) -> None:
    draft = draft_for()
    receipt = create(output, draft)
    (move,) = far_side.books.moves
    assert (move["move_type"], move["state"], move["partner_id"]) == ("out_invoice", "draft", CLIENT)
    assert (move["amount_untaxed"], move["amount_tax"], move["amount_total"]) == (18000, 3420, 21420)
    assert (move["invoice_date"], move["invoice_date_due"]) == ("2026-03-02", "2026-04-01")
    assert (move["ref"], move["invoice_origin"]) == ("PO-4711", draft.reference)
    assert (receipt.number, receipt.url) == (
        "",
        f"{far_side.url}/mail/view?model=account.move&res_id={receipt.remote_id}",
    )


def test_the_terms_of_payment_of_the_client_do_not_change_the_due_date(output: Output, far_side: FarOdoo) -> None:
    far_side.books.tables["res.partner"][0]["term_days"] = 90
    draft = draft_for()
    assert output.create(draft, output.prepare(draft), "k").due_date == draft.due_date


def test_a_first_push_is_two_requests_and_one_more_a_minute_for_its_client(
    output: Output, far_side: FarOdoo, clock: Clock, api: str
) -> None:
    look = ["account.move/search_read"]
    # before Odoo 19 a client can be blocked
    client = ["res.partner/search_read"] * {"json-2": 1, "xml-rpc": 2}[api]
    # XML-RPC tells no more than the id of what it creates
    made = {"json-2": ["account.move/web_save"], "xml-rpc": ["account.move/create", *look]}[api]
    once = {"json-2": [], "xml-rpc": ["2/common"]}[api]
    first = [*once, *look, *client, "res.currency/search_read", *made]
    for milestone_id, wait, calls in (("7", 0, first), ("8", 59, look + made), ("9", 60, look + client + made)):
        before, clock.now = len(far_side.called()), clock.now + timedelta(seconds=wait)
        draft = draft_for(milestone_id=milestone_id)
        output.find(draft, ["T2I-AAAAAAAAAAAA"])
        create(output, draft)
        assert far_side.called()[before:] == calls


def test_nothing_is_sent_to_an_archived_client(output: Output, far_side: FarOdoo) -> None:
    far_side.books.tables["res.partner"][0]["active"] = False
    with pytest.raises(Rejected, match=f"client {CLIENT} is archived: restore the client there"):
        create(output, draft_for())
    assert far_side.books.moves == []


def test_of_a_client_that_is_not_there_it_is_said_how_another_is_billed(output: Output, far_side: FarOdoo) -> None:
    with pytest.raises(Rejected, match=r"client 58 is not there: pin another client there, then `t2i reissue`"):
        create(output, draft_for(remote={"books": "58"}))
    assert far_side.books.moves == []


def test_nothing_is_sent_in_a_currency_that_is_not_active(output: Output, far_side: FarOdoo) -> None:
    with pytest.raises(Rejected, match="currency GBP is not active there: activate GBP under Invoicing"):
        create(output, draft_for("GBP"))
    assert far_side.books.moves == []


def test_a_currency_that_was_activated_since_is_taken(output: Output, far_side: FarOdoo) -> None:
    with pytest.raises(Rejected):
        create(output, draft_for("GBP"))
    far_side.books.tables["res.currency"][-1]["active"] = True
    create(output, draft_for("GBP"))


def test_a_refusal_says_what_to_do_about_what_the_settings_name(
    far_side: FarOdoo, clock: Clock, tmp_path: Path, api: str
) -> None:
    more = {"tax": {"S 19": "99"}, "account_by_tax": {"S 7": "98"}} | ({} if api == "json-2" else BY_XML_RPC)
    with connected(far_side, clock, tmp_path, **more) as output, pytest.raises(Rejected) as caught:
        create(output, draft_for())
    assert "account.tax(99,)" in caught.value.detail
    assert 'no active tax for sales has the id 99; correct tax."S 19"' in caught.value.detail
    assert "no such account; set account to the id of one for revenue" in caught.value.detail


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b"[{}]", b"<?xml version='1.0'?><methodResponse/>"])
def test_a_broken_answer_after_the_commit_is_unclear_and_the_invoice_is_found(
    output: Output, far_side: FarOdoo, api: str, body: bytes
) -> None:
    far_side.faults.append(Fault("after", "answer", Answer(200, body), path=CREATING[api]))
    with pytest.raises(Unclear):
        create(output, draft_for())
    assert len(output.find(draft_for())) == 1


def test_an_answer_about_another_invoice_is_unclear(output: Output, far_side: FarOdoo, api: str) -> None:
    read = {"json-2": CREATING["json-2"], "xml-rpc": "/account.move/search_read"}[api]
    create(output, draft_for())
    other = far_side.handle(next(one for one in reversed(far_side.requests) if read in far_side.path_of(one)))
    far_side.faults.append(Fault("after", "answer", other, path=read))
    with pytest.raises(Unclear, match="something else"):
        create(output, draft_for(milestone_id="7"))


def test_a_new_invoice_in_a_currency_that_odoo_does_not_list_is_unclear(
    far_side: FarOdoo, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    creating = far_side.books.create

    def create_in_another(model: str, values: Fields) -> Fields:
        return creating(model, values) | {"currency_id": 77}

    monkeypatch.setattr(far_side.books, "create", create_in_another)
    with connected(far_side, clock, tmp_path) as output, pytest.raises(Unclear):
        create(output, draft_for())
    assert len(far_side.books.moves) == 1


@pytest.mark.parametrize("state", ["draft", "sent", "void"])
def test_it_is_found_in_every_state(output: Output, far_side: FarOdoo, state: str) -> None:
    create(output, draft_for())
    (move,) = far_side.books.moves
    if state != "draft":
        far_side.books.post(move)
    if state == "void":
        far_side.books.cancel(move)
    assert [one.receipt.state for one in output.find(draft_for())] == [state]


def test_a_state_that_is_new_is_unknown(output: Output, far_side: FarOdoo) -> None:
    create(output, draft_for())
    far_side.books.moves[0]["state"] = "disputed"
    assert [one.receipt.state for one in output.find(draft_for())] == ["unknown"]


def test_a_copy_that_a_person_made_is_found_beside_the_original(output: Output, far_side: FarOdoo) -> None:
    create(output, draft_for())
    far_side.books.moves.append({**far_side.books.moves[0], "id": 999})
    assert len(output.find(draft_for())) == 2


def test_a_credit_note_that_a_person_made_of_it_is_not_taken_for_it(output: Output, far_side: FarOdoo) -> None:
    create(output, draft_for())
    far_side.books.moves.append({**far_side.books.moves[0], "id": 999, "move_type": "out_refund"})
    assert len(output.find(draft_for())) == 1


def test_what_only_looks_alike_is_left_out_and_what_people_added_is_not(output: Output, far_side: FarOdoo) -> None:
    draft = draft_for()
    create(output, draft)
    original = far_side.books.moves[0]
    alike = [f"{draft.reference}X", f"X{draft.reference}", f"{draft.reference}-2", f"S00042, {draft.reference}"]
    far_side.books.moves.extend({**original, "id": 100 + n, "invoice_origin": one} for n, one in enumerate(alike))
    assert {one.receipt.remote_id for one in output.find(draft)} == {str(original["id"]), "103"}


def test_a_document_of_another_company_with_the_same_reference_is_not_taken_for_it(
    output: Output, far_side: FarOdoo
) -> None:
    create(output, draft_for())
    far_side.books.moves[0]["company_id"] = 2
    assert list(output.find(draft_for())) == []


def test_a_user_who_sees_only_their_own_invoices_is_an_error_and_no_empty_list(
    output: Output, far_side: FarOdoo
) -> None:
    far_side.books.billing = False
    with pytest.raises(AccessDenied, match="invoice_payments_widget"):
        output.find(draft_for())


@pytest.mark.parametrize("wrong", [{"company": "2"}, {"key": "another"}])
def test_another_company_or_key_is_an_error_and_no_empty_list(
    api: str, far_side: FarOdoo, clock: Clock, tmp_path: Path, wrong: Fields
) -> None:
    more = {**(BY_XML_RPC if api == "xml-rpc" else {}), **wrong}
    with connected(far_side, clock, tmp_path, **more) as output, pytest.raises(AccessDenied):
        output.find(draft_for())


def test_a_list_that_cannot_be_read_is_never_an_empty_list(output: Output, far_side: FarOdoo) -> None:
    output.find(draft_for())
    for body in (b"{}", b"null", b'[{"id": 1}]', b"", b"<?xml version='1.0'?><methodResponse/>"):
        far_side.faults.append(Fault(answer=Answer(200, body), path="/account.move/search_read"))
        with pytest.raises(BadAnswer):
            output.find(draft_for())


def test_a_refusal_is_a_rejection_in_the_words_of_odoo_and_nothing_of_the_traceback(
    output: Output, far_side: FarOdoo
) -> None:
    far_side.books.tables["account.tax"] = []
    with pytest.raises(Rejected, match=r"Record does not exist or has been deleted.*account\.tax") as caught:
        create(output, draft_for())
    assert "Traceback" not in str(caught.value)
    assert far_side.books.moves == []


def test_an_error_of_the_server_itself_is_unclear_and_shows_nothing_of_the_traceback(
    output: Output, far_side: FarOdoo
) -> None:
    del far_side.books.tables["account.account"][0]["id"]
    with pytest.raises(Unclear) as caught:
        create(output, draft_for())
    assert "Traceback" not in str(caught.value)


def test_a_key_that_odoo_repeats_stays_out_of_the_error(output: Output, far_side: FarOdoo, api: str) -> None:
    said = f"The key {KEY} is too long"
    xml = dumps(XmlFault(2, said), methodresponse=True).encode()
    answer = {"json-2": Answer(422, {"message": said}), "xml-rpc": Answer(200, xml)}[api]
    far_side.faults.append(Fault(answer=answer, path=CREATING[api]))
    with pytest.raises(Rejected, match=r"The key \*\*\* is too long"):
        create(output, draft_for())


def test_a_total_that_odoo_rounds_otherwise_shows_when_the_document_is_created(
    output: Output, far_side: FarOdoo
) -> None:
    far_side.books.tables["account.tax"][0]["amount"] = far_side.books.tables["account.tax"][1]["amount"]
    draft = draft_for()
    assert output.create(draft, output.prepare(draft), "k").gross != draft.totals.gross


def crediting(invoice: Draft) -> Draft:
    preceding = (Preceding(invoice.reference, "", invoice.issue_date),)
    return replace(draft_for(type_code="381", milestone_id="7"), preceding=preceding)


def test_a_credit_note_names_the_invoice_that_it_takes_back_and_is_matched_with_it_once_posted(
    output: Output, far_side: FarOdoo
) -> None:
    invoice = draft_for()
    receipt = create(output, invoice)
    far_side.change(invoice.reference, "sent")
    credit = crediting(invoice)
    create(output, credit)
    (_, move) = far_side.books.moves
    assert (move["move_type"], move["reversed_entry_id"]) == ("out_refund", int(receipt.remote_id))
    far_side.change(credit.reference, "sent")
    (document,) = output.read_back([receipt], None)
    assert (document.receipt.state, document.receipt.paid, document.receipt.credited) == (
        "sent",
        None,
        invoice.totals.gross,
    )


def test_a_credit_note_whose_invoice_is_there_twice_names_neither(output: Output, far_side: FarOdoo) -> None:
    invoice = draft_for()
    create(output, invoice)
    far_side.books.moves.append({**far_side.books.moves[0], "id": 999})
    create(output, crediting(invoice))
    assert far_side.books.moves[-1]["reversed_entry_id"] is False
