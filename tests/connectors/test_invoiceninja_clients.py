"""Clients that the Invoice Ninja output finds or creates, and what it attaches to their invoices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.connectors.invoiceninja import CLIENT, EVERYTHING, Clock, FarNinja, connected, create, draft_for, running
from tests.connectors.vendor_schemas import complaints, vendor_schemas

from tracker2invoice.documents.annex import annex_name, annex_pdf
from tracker2invoice.errors import AccessDenied, BadAnswer, Rejected, Unclear
from tracker2invoice.model.contract import Party
from tracker2invoice.plugins import Output, RemoteClient
from tracker2invoice.testing.samples import sample_contract
from tracker2invoice.testing.sandbox.invoiceninja_books import Fields
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice_invoiceninja.clients import to_client_request

PARTY = replace(sample_contract().client, vat_id="DE136695976", email="ap@acme.example", remote={})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarNinja]:
    with running(clock) as ninja:
        yield ninja


@pytest.fixture
def output(far_side: FarNinja, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path, **EVERYTHING) as output:
        yield output


def found(output: Output, party: Party) -> dict[str, bool]:
    return {one.id: one.usable for one in output.clients(party)}


@pytest.mark.parametrize(
    ("name", "about"),
    [
        ("acme GMBH", {}),
        ("Else", {"id_number": "de136695976"}),
        ("Else", {"contacts": [{"email": "x@acme.example"}, {"email": "AP@acme.example"}]}),
    ],
    ids=["name", "number", "email"],
)
def test_a_client_is_found_by_number_address_or_name_whatever_their_case(
    output: Output, far_side: FarNinja, name: str, about: Fields
) -> None:
    far_side.books.clients[0] |= {"name": "Acme Holding GmbH"}
    far_side.books.add_client(name, client_id="found")
    far_side.books.clients[-1] |= about
    assert found(output, PARTY) == {"found": True}
    assert len(far_side.requests) == 3


@pytest.mark.parametrize("change", [{"is_deleted": True}, {"archived_at": 1772443800}])
def test_a_client_who_is_archived_or_deleted_is_found_and_marked(
    output: Output, far_side: FarNinja, change: Fields
) -> None:
    far_side.books.clients[0] |= change
    assert found(output, PARTY) == {CLIENT: False}


def test_a_list_of_clients_that_cannot_be_read_is_never_an_empty_list(output: Output, far_side: FarNinja) -> None:
    far_side.faults.append(Fault("before", "answer", Answer(200, b'{"data": []}'), "GET", "/clients"))
    with pytest.raises(BadAnswer):
        list(output.clients(PARTY))


def test_a_new_client_has_name_address_vat_id_and_email_and_can_be_invoiced(output: Output, far_side: FarNinja) -> None:
    created = output.create_client(PARTY, "EUR")
    url = f"{far_side.url}/#/clients/{created.id}"
    assert created == RemoteClient(created.id, "Acme GmbH", "DE136695976", "ap@acme.example", usable=True, url=url)
    client = far_side.books.clients[-1]
    address = ("address1", "postal_code", "city", "country_id")
    assert [client[name] for name in address] == ["Ring 2", "20095", "Hamburg", 276]
    assert create(output, draft_for(remote={"books": created.id})).state == "draft"


def test_a_new_client_has_the_currency_of_the_draft_that_waits_for_it(output: Output) -> None:
    draft = draft_for("JPY", remote={"books": output.create_client(PARTY, "JPY").id})
    assert output.create(draft, output.prepare(draft), "key").currency == "JPY"


def test_a_currency_that_the_server_does_not_know_is_named_and_nobody_created(
    output: Output, far_side: FarNinja
) -> None:
    with pytest.raises(Rejected, match="client acme cannot be created: currency CHF is not there"):
        output.create_client(PARTY, "CHF")
    assert len(far_side.books.clients) == 3


@pytest.mark.parametrize("party", [PARTY, Party("acme", "Acme GmbH")])
def test_every_field_of_a_new_client_is_one_that_the_vendor_describes(party: Party) -> None:
    described = vendor_schemas("invoiceninja.yaml")
    schema = described["components"]["schemas"]["ClientRequest"]
    body = json.loads(to_client_request(party, 276, "3"))
    assert body.keys() - schema["properties"].keys() == set()
    without_country = {**schema, "required": ["contacts"]}
    assert complaints(described, schema if party.address else without_country, body) == []


def test_a_client_that_is_refused_is_a_rejection_in_the_servers_words(output: Output, far_side: FarNinja) -> None:
    with pytest.raises(Rejected, match="must be a valid email address"):
        output.create_client(replace(PARTY, email="nonsense"), "EUR")
    assert len(far_side.books.clients) == 3


def test_a_country_that_the_server_does_not_know_is_named_and_nobody_created(
    output: Output, far_side: FarNinja
) -> None:
    far_side.books.countries[0]["iso_3166_2"] = "FR"
    with pytest.raises(Rejected, match="client acme cannot be created: country DE is not there"):
        output.create_client(PARTY, "EUR")
    assert len(far_side.books.clients) == 3


@pytest.mark.parametrize("answer", [Answer(200, b"{}"), Answer(503, b"")])
def test_a_client_whose_creation_is_not_confirmed_may_be_there(
    output: Output, far_side: FarNinja, answer: Answer
) -> None:
    far_side.faults.append(Fault("after", "answer", answer, "POST", "/clients"))
    with pytest.raises(Unclear):
        output.create_client(PARTY, "EUR")
    assert len(found(output, PARTY)) == 2


@pytest.mark.parametrize("type_code", ["380", "381"])
def test_what_was_delivered_is_attached_so_that_no_client_sees_it(
    output: Output, far_side: FarNinja, type_code: str
) -> None:
    draft = draft_for(type_code=type_code, deliverables=("Log in",))
    output.finish(draft, create(output, draft))
    (files,) = far_side.books.files.values()
    assert [(file["name"], file["is_public"]) for file in files] == [(annex_name(draft), False)]
    (sent,) = (one for one in far_side.requests if one.path.endswith("/upload"))
    assert annex_pdf(draft) in sent.body


def test_what_a_person_attached_does_not_count(output: Output, far_side: FarNinja) -> None:
    draft = draft_for()
    receipt = create(output, draft)
    far_side.books.attach(far_side.books.invoices[0], "plan.pdf", is_public=True)
    output.finish(draft, receipt)
    (files,) = far_side.books.files.values()
    assert [file["name"] for file in files] == ["plan.pdf", annex_name(draft)]


def test_an_annex_is_refused_for_an_invoice_that_was_deleted(output: Output, far_side: FarNinja) -> None:
    draft = draft_for()
    receipt = create(output, draft)
    far_side.change(draft.reference, "deleted")
    with pytest.raises(Rejected, match="the document is not there any more"):
        output.finish(draft, receipt)
    assert far_side.books.files == {}


def test_a_plan_without_files_is_said_in_the_servers_words(output: Output, far_side: FarNinja) -> None:
    far_side.books.takes_files = False
    draft = draft_for()
    with pytest.raises(AccessDenied, match="Upgrade to a paid plan for this feature"):
        output.finish(draft, create(output, draft))


def test_a_file_that_the_server_does_not_keep_is_refused_and_a_broken_answer_unclear(
    output: Output, far_side: FarNinja
) -> None:
    draft = draft_for()
    receipt = create(output, draft)
    kept_nothing = far_side.respond(replace(far_side.requests[-1], method="GET", path=_path(receipt.remote_id)))
    assert kept_nothing
    for answer, error in ((kept_nothing, Rejected), (Answer(200, b"{}"), Unclear)):
        far_side.faults.append(Fault("before", "answer", answer, "POST", "/upload"))
        with pytest.raises(error):
            output.finish(draft, receipt)


def test_nothing_is_attached_where_the_server_does_not_tell_what_is(output: Output, far_side: FarNinja) -> None:
    draft = draft_for()
    receipt = create(output, draft)
    told = json.dumps({"data": far_side.books.invoices[0]}, default=str).encode()
    far_side.faults.append(Fault("before", "answer", Answer(200, told), "GET", _path(receipt.remote_id)))
    with pytest.raises(Rejected, match="does not tell which files"):
        output.finish(draft, receipt)
    assert far_side.books.files == {}


def _path(remote_id: str) -> str:
    return f"/api/v1/invoices/{remote_id}"


def test_only_what_the_settings_ask_for_is_done(far_side: FarNinja, clock: Clock, tmp_path: Path) -> None:
    for asked in (False, True):
        with connected(far_side, clock, tmp_path, attach_annex=asked, create_missing=asked) as output:
            assert (output.capabilities.attachments, output.capabilities.creates_clients) == (asked, asked)


def test_check_says_of_a_client_without_an_id_that_it_will_be_created(output: Output) -> None:
    (finding,) = (one for one in output.check([sample_contract(remote={})]) if "client acme" in one.what)
    assert (finding.ok, finding.what) == (True, "books: client acme will be created there")


@pytest.mark.parametrize(
    ("currencies", "step"),
    [
        (["CHF"], "the server has no currency CHF"),
        (["GBP"], "the server rounds GBP to 0 decimals; it has 2"),
        (["EUR", "USD"], "a client there is billed in one currency; write a client for each of EUR, USD"),
    ],
)
def test_check_says_in_which_currency_no_client_can_be_created(
    output: Output, far_side: FarNinja, currencies: list[str], step: str
) -> None:
    far_side.books.currencies.append({"id": 2, "code": "GBP", "name": "British Pound", "precision": 0})
    contracts = [sample_contract(currency, remote={}) for currency in currencies]
    assert [one.next_step for one in output.check(contracts) if not one.ok] == [step]


@pytest.mark.parametrize(
    ("permissions", "ok"),
    [
        ("view_all,create_invoice", False),
        ("view_all,create_invoice,create_client", True),
        ("view_all,create_all", True),
    ],
)
def test_check_wants_a_user_who_may_create_clients(
    output: Output, far_side: FarNinja, permissions: str, *, ok: bool
) -> None:
    far_side.books.user |= {"is_owner": False, "is_admin": False, "permissions": permissions}
    company = next(iter(output.check([sample_contract(remote={})])))
    assert (company.ok, "may not create clients" in company.next_step) == (ok, not ok)
