"""The pretended Tryton answers as the real one did, which answers so to this day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from tests.connectors.tryton import KNOWN, Clock, FarTryton, running
from tests.connectors.tryton_answers import FILE, STORIES, told, told_by
from tests.connectors.tryton_real import RealTryton

from tracker2invoice.testing.sandbox.tryton import DATABASE

RECORDED: dict[str, Any] = json.loads(FILE.read_text())


SEARCH = (("GET", "account.invoice?d={by_reference}&f=state", None),)


@pytest.fixture
def pretended() -> Iterator[FarTryton]:
    with running(Clock()) as tryton:
        yield tryton


@pytest.mark.parametrize("name", list(STORIES))
def test_the_pretended_one_answers_as_was_recorded(pretended: FarTryton, name: str) -> None:
    assert told(pretended.url, DATABASE, KNOWN, STORIES[name]) == RECORDED[name]


@pytest.mark.parametrize("name", list(STORIES))
def test_the_real_one_answers_as_was_recorded(real_tryton: RealTryton, name: str) -> None:
    assert told_by(real_tryton, name) == RECORDED[name]


def test_faults_and_people_can_be_steered_over_http(pretended: FarTryton) -> None:
    def order(path: str, body: object) -> requests.Response:
        return requests.post(f"{pretended.url}/_sandbox/{path}", json=body, timeout=5)

    assert order("parties", {"name": "New"}).json() == {"id": "3/3"}
    create = STORIES["an invoice"]
    order("faults", {"when": "after", "status": 503, "method": "POST", "path": "/account.invoice"})
    assert told(pretended.url, DATABASE, KNOWN, create) == [503]
    order("faults", {"when": "after", "do": "drop", "method": "POST", "path": "/account.invoice"})
    with pytest.raises(requests.ConnectionError):
        told(pretended.url, DATABASE, KNOWN, create)
    order("invoices/1", {"do": "post", "comment": "by hand"})
    order("payments/1", {"amount": "1401.21", "on": "2026-03-09"})
    order("invoices/2", {"do": "delete"})
    state = requests.get(f"{pretended.url}/_sandbox/state", timeout=5).json()
    assert [(one["state"], one["comment"]) for one in state["account.invoice"]] == [("paid", "by hand")]
    order("stale", {"reads": 1})
    assert told(pretended.url, DATABASE, KNOWN, SEARCH) == [[200, []]]
    assert told(pretended.url, DATABASE, KNOWN, SEARCH) != [[200, []]]
    order("revoke", {})
    assert told(pretended.url, DATABASE, KNOWN, create) == [401]
