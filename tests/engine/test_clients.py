"""Which client over there a draft goes to, if the configuration does not say it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.engine.conftest import Scene

from tracker2invoice.engine.clients import link
from tracker2invoice.engine.decide import retry
from tracker2invoice.errors import Rejected
from tracker2invoice.plugins import RemoteClient
from tracker2invoice.testing.memory_output import CAPABILITIES, Fault, Killed

CREATES = replace(CAPABILITIES, creates_clients=True)


@pytest.fixture
def asks(scene: Scene) -> Scene:
    """A scene whose output creates clients that are not there."""
    scene.capabilities = scene.books.capabilities = CREATES
    return scene


def test_a_client_that_nobody_knows_is_created_once_and_every_draft_goes_to_it(asks: Scene) -> None:
    asks.close("Design")
    asks.run()
    asks.close("Beta")
    asks.run()
    [created] = asks.books.known
    assert (created.name, created.vat_id) == (asks.contract.client.name, asks.contract.client.vat_id)
    assert [entry.client for entry in asks.books.entries] == [created.id, created.id]


def test_somebody_who_may_be_the_client_is_named_and_a_person_says_who_it_is(asks: Scene) -> None:
    asks.books.known.append(RemoteClient("contact-7", "ACME", asks.contract.client.vat_id))
    asks.close("Design")
    report = asks.run()
    [trouble] = report.troubles
    assert isinstance(trouble.error, Rejected)
    delivery = asks.delivery(asks.only_reference())
    assert (delivery.state, delivery.reason) == ("held", "client-unknown")
    assert "'ACME' (contact-7)" in delivery.detail
    assert "t2i clients link books acme" in delivery.detail
    with asks.house() as house:
        assert link(house, "books", asks.contract.client, "contact-7") == ""
        assert "linked to contact-7" in link(house, "books", asks.contract.client, "contact-8")
        assert retry(house.ledger, asks.only_reference()) == 1
    asks.run()
    assert [entry.client for entry in asks.books.entries] == ["contact-7"]
    assert len(asks.books.known) == 1


def test_a_client_whose_creation_was_not_recorded_is_found_and_not_created_again(asks: Scene) -> None:
    asks.books.client_faults.append("killed after")
    asks.close("Design")
    with pytest.raises(Killed):
        asks.run()
    asks.run()
    assert len(asks.books.known) == 1
    assert asks.books.entries == []
    assert asks.delivery(asks.only_reference()).reason == "client-unknown"


@pytest.mark.parametrize(("fault", "state"), [("reject", "rejected"), ("unclear before", "pending")])
def test_without_its_client_nothing_is_sent(asks: Scene, fault: Fault, state: str) -> None:
    asks.books.client_faults.append(fault)
    asks.close("Design")
    asks.run()
    assert asks.books.entries == []
    assert asks.delivery(asks.only_reference()).state == state


def test_nobody_is_created_for_an_output_that_does_not_ask_for_it(scene: Scene) -> None:
    scene.close("Design")
    scene.run()
    assert scene.books.known == []
