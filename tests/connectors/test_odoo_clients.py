"""Clients that the Odoo output finds among the contacts, or creates there, and what it attaches to their invoices."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from tests.connectors.odoo import BY_XML_RPC, CLIENT, EVERYTHING, Clock, FarOdoo, connected, create, draft_for, running

from tracker2invoice.documents.annex import annex_name, annex_pdf
from tracker2invoice.errors import Rejected, Unclear
from tracker2invoice.model.contract import Party
from tracker2invoice.plugins import Output, RemoteClient
from tracker2invoice.testing.samples import sample_contract
from tracker2invoice.testing.sandbox.server import Answer, Fault

PARTY = replace(sample_contract().client, vat_id="DE136695976", email="ap@acme.example", remote={})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarOdoo]:
    with running(clock) as odoo:
        yield odoo


@pytest.fixture(params=[{}, BY_XML_RPC], ids=["json-2", "xml-rpc"])
def output(request: pytest.FixtureRequest, far_side: FarOdoo, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    api = cast("dict[str, object]", request.param)
    with connected(far_side, clock, tmp_path, **EVERYTHING, **api) as output:
        yield output


def named(output: Output, party: Party) -> set[str]:
    return {one.name for one in output.clients(party)}


def test_a_client_is_found_by_vat_id_address_or_name_whatever_their_case_with_one_request(
    output: Output, far_side: FarOdoo
) -> None:
    for name, vat, email in (("By VAT", "de136695976", ""), ("By mail", "", "AP@acme.example"), ("Other", "", "")):
        far_side.books.add_partner(name, vat=vat, email=email)
    assert named(output, PARTY) == {"Acme GmbH", "By VAT", "By mail"}
    assert far_side.called().count("res.partner/search_read") == 1


def test_an_archived_client_is_found_and_marked(output: Output, far_side: FarOdoo) -> None:
    far_side.books.tables["res.partner"][0]["active"] = False
    assert [(one.id, one.usable) for one in output.clients(PARTY)] == [(str(CLIENT), False)]


def test_signs_of_patterns_in_a_name_stand_for_themselves(output: Output, far_side: FarOdoo) -> None:
    for name in ("100% GmbH", "100 and more GmbH", "A_B", "AxB", "A\\B"):
        far_side.books.add_partner(name)
    for name in ("100% GmbH", "A_B", "A\\B"):
        assert named(output, Party("acme", name)) == {name}


def test_a_new_client_has_name_address_vat_id_and_email_and_can_be_invoiced(output: Output, far_side: FarOdoo) -> None:
    created = output.create_client(PARTY, "EUR")
    partner = far_side.books.tables["res.partner"][-1]
    assert created == RemoteClient(
        str(partner["id"]),
        "Acme GmbH",
        "DE136695976",
        "ap@acme.example",
        usable=True,
        url=f"{far_side.url}/mail/view?model=res.partner&res_id={partner['id']}",
    )
    address = ("is_company", "street", "zip", "city", "country_id")
    assert [partner[name] for name in address] == [True, "Ring 2", "20095", "Hamburg", 57]
    assert create(output, draft_for(remote={"books": created.id})).state == "draft"


def test_a_vat_id_that_odoo_does_not_take_is_a_rejection_in_its_words(output: Output, far_side: FarOdoo) -> None:
    with pytest.raises(Rejected, match=r"The VAT number \[DE1\] for partner \[Acme GmbH\] does not seem to be valid"):
        output.create_client(replace(PARTY, vat_id="DE1"), "EUR")
    assert len(far_side.books.tables["res.partner"]) == 1


def test_a_country_that_odoo_does_not_have_is_named_and_nobody_created(output: Output, far_side: FarOdoo) -> None:
    far_side.books.tables["res.country"].clear()
    with pytest.raises(Rejected, match="client acme cannot be created: country DE is not there"):
        output.create_client(PARTY, "EUR")
    assert len(far_side.books.tables["res.partner"]) == 1


@pytest.mark.parametrize("answer", [Answer(200, b"[]"), Answer(503, b"")])
def test_a_client_whose_creation_is_not_confirmed_may_be_there(
    output: Output, far_side: FarOdoo, answer: Answer
) -> None:
    for path in ("/res.partner/web_save", "/res.partner/create"):
        far_side.faults.append(Fault("after", "answer", answer, path=path))
    with pytest.raises(Unclear):
        output.create_client(PARTY, "EUR")
    assert [one.vat_id for one in output.clients(PARTY)] == ["", "DE136695976"]


def test_what_was_delivered_is_attached_to_the_invoice(output: Output, far_side: FarOdoo) -> None:
    draft = draft_for(deliverables=("Log in",))
    receipt = create(output, draft)
    output.finish(draft, receipt)
    (file,) = far_side.books.tables["ir.attachment"]
    assert (file["res_model"], file["res_id"], file["name"]) == (
        "account.move",
        int(receipt.remote_id),
        annex_name(draft),
    )
    assert b64decode(str(file["datas"])) == annex_pdf(draft)


def test_what_is_attached_to_another_invoice_or_by_a_person_does_not_count(output: Output, far_side: FarOdoo) -> None:
    draft = draft_for(deliverables=("Log in",))
    receipt = create(output, draft)
    own = {"res_model": "account.move", "res_id": int(receipt.remote_id)}
    for file in ({**own, "name": "plan.pdf"}, {**own, "res_id": 9, "name": annex_name(draft)}):
        far_side.books.tables["ir.attachment"].append({"id": 1, **file})
    output.finish(draft, receipt)
    assert len(far_side.books.tables["ir.attachment"]) == 3


def test_nothing_is_attached_to_an_invoice_that_is_not_there_any_more(output: Output, far_side: FarOdoo) -> None:
    draft = draft_for()
    receipt = create(output, draft)
    far_side.change(draft.reference, "deleted")
    with pytest.raises(Rejected, match="Record does not exist"):
        output.finish(draft, receipt)


def test_only_what_the_settings_ask_for_is_done(far_side: FarOdoo, clock: Clock, tmp_path: Path) -> None:
    for asked in (False, True):
        with connected(far_side, clock, tmp_path, attach_annex=asked, create_missing=asked) as output:
            assert (output.capabilities.attachments, output.capabilities.creates_clients) == (asked, asked)


def test_check_says_of_a_client_without_an_id_that_it_will_be_created(output: Output) -> None:
    (finding,) = (one for one in output.check([sample_contract(remote={})]) if "client acme" in one.what)
    assert (finding.ok, finding.what) == (True, "books: client acme will be created there")
