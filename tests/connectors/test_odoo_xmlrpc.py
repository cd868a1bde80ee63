"""What Odoo says by XML-RPC: its values, its faults, and what is no answer."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from xmlrpc.client import Fault as XmlFault
from xmlrpc.client import dumps

import pytest
from tests.connectors.odoo import BY_XML_RPC, CLIENT, Clock, FarOdoo, connected, create, draft_for, running

from tracker2invoice.errors import AccessDenied, BadAnswer, NotThere, Rejected, Unclear
from tracker2invoice.plugins import Output
from tracker2invoice.testing.samples import sample_contract
from tracker2invoice.testing.sandbox.odoo import KEY
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice.wire import NotJson
from tracker2invoice_odoo.xmlrpc import understood, written

DECLARED = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>'
    "<methodResponse><params><param><value><int>1</int></value></param></params></methodResponse>"
)
CREATE = "/xmlrpc/2/object/account.move/create"
READ = "/xmlrpc/2/object/account.move/search_read"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarOdoo]:
    with running(clock) as odoo:
        yield odoo


@pytest.fixture
def output(far_side: FarOdoo, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path, **BY_XML_RPC) as output:
        yield output


def faulty(code: int, words: str, path: str) -> Fault:
    return Fault(answer=Answer(200, dumps(XmlFault(code, words), methodresponse=True).encode()), path=path)


def test_what_was_written_is_read_as_it_was() -> None:
    value = [{"a": "Übergröße <&> 😀", "b": False, "c": 7}]
    assert understood(dumps((value,), methodresponse=True).encode()) == value


def test_a_decimal_is_written_with_its_own_digits() -> None:
    body = written("m", ([{"price": Decimal("1234567890.10")}],)).decode()
    assert "<double>1234567890.1</double>" in body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<html><body>Bad Gateway</body></html>",
        b"<methodResponse><params></params></methodResponse>",
        dumps((1,), methodresponse=True).encode()[:-9],
        DECLARED.encode(),
        DECLARED.encode("utf-16"),
        b"<methodResponse><params><param><value><int>x</int></value></param></params></methodResponse>",
        b"<methodResponse><params><param><value><bigdecimal>x</bigdecimal></value></param></params></methodResponse>",
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(body: bytes) -> None:
    assert isinstance(understood(body), NotJson)


def test_the_login_is_made_once(output: Output, far_side: FarOdoo) -> None:
    create(output, draft_for())
    output.find(draft_for())
    assert far_side.called().count("2/common") == 1


@pytest.mark.parametrize("field", ["invoice_warn", "parent_id.invoice_warn"])
def test_nothing_is_sent_to_a_client_who_is_blocked_or_belongs_to_one(
    output: Output, far_side: FarOdoo, field: str
) -> None:
    far_side.books.tables["res.partner"][0][field] = "block"
    with pytest.raises(Rejected, match=f"client {CLIENT} is blocked for invoices"):
        create(output, draft_for())
    assert far_side.books.moves == []
    steps = [one.next_step for one in output.check([sample_contract(remote={"books": str(CLIENT)})])]
    assert "the contact is blocked for invoices; unblock it, or pin another" in steps


def test_a_wrong_login_is_denied(far_side: FarOdoo, clock: Clock, tmp_path: Path) -> None:
    with (
        connected(far_side, clock, tmp_path, login="somebody") as output,
        pytest.raises(AccessDenied, match="does not accept the login and the key"),
    ):
        output.find(draft_for())


def test_a_database_that_is_not_there_is_named(far_side: FarOdoo, clock: Clock, tmp_path: Path) -> None:
    with (
        connected(far_side, clock, tmp_path, **BY_XML_RPC, database="other") as output,
        pytest.raises(NotThere, match=r"books: database other$"),
    ):
        output.find(draft_for())


def test_any_other_error_of_the_server_is_told_without_the_traceback(output: Output, far_side: FarOdoo) -> None:
    for path in ("/xmlrpc/2/common", READ):
        far_side.faults.append(faulty(1, "Traceback: secret SQL", path))
        with pytest.raises(BadAnswer, match="its log says why") as caught:
            output.find(draft_for())
        assert "SQL" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "error"), [(1, Unclear), (2, Rejected), (3, AccessDenied), (4, AccessDenied), (9, Unclear)]
)
def test_each_fault_says_what_happens_next(
    output: Output, far_side: FarOdoo, code: int, error: type[Exception]
) -> None:
    far_side.faults.append(faulty(code, "no", CREATE))
    with pytest.raises(error):
        create(output, draft_for())


def test_a_fault_while_reading_is_never_an_empty_list(output: Output, far_side: FarOdoo) -> None:
    for code, error in ((1, BadAnswer), (2, BadAnswer), (3, AccessDenied), (4, AccessDenied)):
        far_side.faults.append(faulty(code, "no", READ))
        with pytest.raises(error):
            output.find(draft_for())


@pytest.mark.parametrize("code", [1, 2, 3, 4])
def test_what_was_created_and_cannot_be_read_is_unclear_and_found(output: Output, far_side: FarOdoo, code: int) -> None:
    far_side.faults.append(faulty(code, "no", READ))
    with pytest.raises(Unclear, match="created, but not read"):
        create(output, draft_for())
    assert len(output.find(draft_for())) == 1


def test_the_key_is_in_no_error_although_it_is_in_every_body(output: Output, far_side: FarOdoo) -> None:
    far_side.faults.append(faulty(4, f"{KEY} may not", READ))
    with pytest.raises(AccessDenied, match=r"\*\*\* may not"):
        output.find(draft_for())
