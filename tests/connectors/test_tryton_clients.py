"""Clients that the Tryton output finds among the parties, or creates there, and what it attaches to their invoices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.connectors.tryton import CLIENT, EVERYTHING, Clock, FarTryton, connected, create, draft_for, running

from tracker2invoice.documents.annex import annex_name, annex_pdf
from tracker2invoice.errors import AccessDenied, Rejected, Unclear
from tracker2invoice.model.contract import Party
from tracker2invoice.plugins import Output, RemoteClient
from tracker2invoice.testing.samples import sample_contract
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice_tryton.parties import to_party

PARTY = replace(sample_contract().client, vat_id="DE136695976", email="ap@acme.example", remote={})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarTryton]:
    with running(clock) as tryton:
        yield tryton


@pytest.fixture
def output(far_side: FarTryton, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, clock, tmp_path, **EVERYTHING) as output:
        yield output


def found(output: Output, party: Party) -> set[str]:
    return {one.id for one in output.clients(party)}


def test_a_client_is_found_by_vat_id_address_or_name_whatever_their_case_with_one_request(
    output: Output, far_side: FarTryton
) -> None:
    far_side.books.create_party(json.loads(to_party(Party("", "By VAT", vat_id="DE136695976"), None)))
    far_side.books.create_party(json.loads(to_party(Party("", "By mail", email="AP@acme.example"), None)))
    assert found(output, replace(PARTY, name="ACME gmbh")) == {CLIENT, "3/3", "4/4"}
    assert len(far_side.requests) == 1


def test_each_address_of_a_party_is_a_client_and_one_that_is_not_active_is_marked(
    output: Output, far_side: FarTryton
) -> None:
    far_side.books.add("party.address", {"party": 1, "active": False, "rec_name": "Acme GmbH, Ring 9"})
    assert {(one.id, one.name, one.usable) for one in output.clients(PARTY)} == {
        (CLIENT, "Acme GmbH, Ring 2", True),
        ("1/3", "Acme GmbH, Ring 9", False),
    }
    assert [(one.id, one.usable) for one in output.clients(Party("old", "Old"))] == [("2/2", False)]


def test_a_party_without_an_address_is_found_and_cannot_be_invoiced(output: Output, far_side: FarTryton) -> None:
    del far_side.books.tables["party.address"][1]
    assert [(one.id, one.usable) for one in output.clients(PARTY)] == [("1", False)]


def test_signs_of_patterns_in_a_name_stand_for_themselves(output: Output, far_side: FarTryton) -> None:
    for name in ("100% GmbH", "100 and more GmbH", "A_B", "AxB", "A\\B"):
        far_side.books.add_party(name)
    for name in ("100% GmbH", "A_B", "A\\B"):
        assert [one.name for one in output.clients(Party("acme", name))] == [name]


def test_a_new_client_has_name_address_vat_id_and_email_and_can_be_invoiced(
    output: Output, far_side: FarTryton
) -> None:
    created = output.create_client(PARTY, "EUR")
    assert created == RemoteClient(
        "3/3",
        "Acme GmbH, Ring 2, 20095, Hamburg, DE",
        "DE136695976",
        "ap@acme.example",
        usable=True,
        url=f"{far_side.url}/#sandbox/model/party.party/3",
    )
    assert create(output, draft_for(remote={"books": created.id})).state == "draft"


def test_a_client_without_an_address_gets_an_empty_one_for_its_invoices(output: Output) -> None:
    assert output.create_client(replace(PARTY, address=None), "EUR").name == "Acme GmbH"


@pytest.mark.parametrize(
    ("vat_id", "kept"),
    [
        ("EL123456783", {"type": "eu_vat", "code": "EL123456783"}),
        ("XI432525179", {"type": "eu_vat", "code": "XI432525179"}),
        ("CHE107787577", {"code": "CHE107787577"}),
    ],
)
def test_only_a_vat_id_of_the_union_has_a_type_which_tryton_checks(vat_id: str, kept: dict[str, str]) -> None:
    assert json.loads(to_party(replace(PARTY, vat_id=vat_id), None))["identifiers"] == [["create", [kept]]]


def test_a_vat_id_that_tryton_does_not_take_is_a_rejection_in_its_words(output: Output, far_side: FarTryton) -> None:
    with pytest.raises(Rejected, match='The European VAT Number "DE1" for party "Acme GmbH" is not valid'):
        output.create_client(replace(PARTY, vat_id="DE1"), "EUR")
    assert len(far_side.books.tables["party.party"]) == 2


def test_a_country_that_tryton_does_not_have_is_named_and_nobody_created(output: Output, far_side: FarTryton) -> None:
    far_side.books.tables["country.country"].clear()
    with pytest.raises(Rejected, match="country DE is not there; import the countries"):
        output.create_client(PARTY, "EUR")
    assert len(far_side.books.tables["party.party"]) == 2


@pytest.mark.parametrize("answer", [Answer(200, b"{}"), Answer(204), Answer(503, b"")])
def test_a_client_whose_creation_is_not_confirmed_may_be_there(
    output: Output, far_side: FarTryton, answer: Answer
) -> None:
    far_side.faults.append(Fault("after", "answer", answer, "POST", "/party.party"))
    with pytest.raises(Unclear):
        output.create_client(PARTY, "EUR")
    assert found(output, PARTY) == {CLIENT, "3/3"}


def test_what_was_delivered_is_attached_to_the_invoice(output: Output, far_side: FarTryton) -> None:
    draft = draft_for(deliverables=("Log in",))
    output.finish(draft, create(output, draft))
    (file,) = far_side.books.tables["ir.attachment"].values()
    assert (file["resource"], file["name"], file["data"]) == ("account.invoice,1", annex_name(draft), annex_pdf(draft))


def test_what_a_person_attached_does_not_count(output: Output, far_side: FarTryton) -> None:
    draft = draft_for()
    receipt = create(output, draft)
    far_side.books.attach({"resource": "account.invoice,1", "name": "plan.pdf"})
    output.finish(draft, receipt)
    assert len(far_side.books.tables["ir.attachment"]) == 2


def test_an_annex_is_refused_for_an_invoice_that_is_not_there_any_more(output: Output, far_side: FarTryton) -> None:
    draft = draft_for()
    receipt = create(output, draft)
    far_side.change(draft.reference, "deleted")
    with pytest.raises(Rejected, match="the invoice is not there any more"):
        output.finish(draft, receipt)


def test_without_the_right_to_look_nothing_is_attached(output: Output, far_side: FarTryton) -> None:
    draft = draft_for()
    receipt = create(output, draft)
    far_side.faults.append(Fault(answer=Answer(400, {"message": "not allowed"}), path="/ir.attachment"))
    with pytest.raises(AccessDenied, match="not allowed"):
        output.finish(draft, receipt)
    assert far_side.books.tables["ir.attachment"] == {}


def test_only_what_the_settings_ask_for_is_done(far_side: FarTryton, clock: Clock, tmp_path: Path) -> None:
    for asked in (False, True):
        with connected(far_side.url, clock, tmp_path, attach_annex=asked, create_missing=asked) as output:
            assert (output.capabilities.attachments, output.capabilities.creates_clients) == (asked, asked)


def test_check_says_of_a_client_without_an_id_that_it_will_be_created(output: Output) -> None:
    (finding,) = (one for one in output.check([sample_contract(remote={})]) if "client acme" in one.what)
    assert (finding.ok, finding.what) == (True, "books: client acme will be created there")
