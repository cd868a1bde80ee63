"""The list of deliverables on a document that another program lays out: there once, or a person knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.engine.conftest import Scene

from tracker2invoice.engine.decide import approve, retry
from tracker2invoice.testing.memory_output import CAPABILITIES, Killed


@pytest.fixture
def attaching(scene: Scene) -> Scene:
    scene.capabilities = scene.books.capabilities = replace(CAPABILITIES, attachments=True)
    number = scene.milestone("Design")
    scene.projects.add_issue(scene.project, number, "Export")
    scene.projects.close(scene.project, number)
    return scene


@pytest.mark.parametrize("fault", ["killed before", "killed after"])
def test_what_was_cut_short_is_attached_by_the_next_run(attaching: Scene, fault: str) -> None:
    attaching.books.finish_faults.append(fault)  # type: ignore[arg-type]
    with pytest.raises(Killed):
        attaching.run()
    attaching.run()
    [entry] = attaching.books.entries
    assert attaching.books.attached == {entry.receipt.remote_id}
    assert attaching.delivery(attaching.only_reference()).state == "delivered"


def test_what_cannot_be_attached_waits_for_a_person_who_does_without(attaching: Scene) -> None:
    attaching.books.finish_faults.append("reject")
    attaching.run()
    reference = attaching.only_reference()
    delivery = attaching.delivery(reference)
    assert (delivery.state, delivery.reason) == ("held", "unfinished")
    assert "not attached: refused by the test" in delivery.detail
    with attaching.house() as house:
        approve(house.ledger, reference, "ann")
    assert attaching.delivery(reference).state == "delivered"
    assert attaching.books.attached == set()


def test_or_sends_it_again_without_a_second_document(attaching: Scene) -> None:
    attaching.books.finish_faults.append("reject")
    attaching.run()
    reference = attaching.only_reference()
    with attaching.house() as house:
        assert retry(house.ledger, reference) == 1
    attaching.run()
    [entry] = attaching.books.entries
    assert attaching.books.attached == {entry.receipt.remote_id}
    assert attaching.delivery(reference).state == "delivered"


def test_after_an_unclear_answer_it_is_looked_for_when_it_can_be_seen(attaching: Scene) -> None:
    attaching.books.finish_faults.append("unclear after")
    attaching.run()
    reference = attaching.only_reference()
    assert attaching.delivery(reference).not_before == attaching.clock() + timedelta(seconds=60)
    attaching.clock.advance(seconds=61)
    attaching.run()
    [entry] = attaching.books.entries
    assert attaching.books.attached == {entry.receipt.remote_id}
    assert attaching.delivery(reference).state == "delivered"


def test_without_deliverables_nothing_is_attached(scene: Scene) -> None:
    scene.capabilities = scene.books.capabilities = replace(CAPABILITIES, attachments=True)
    scene.close("Design")
    scene.run()
    assert scene.books.attached == set()
    assert scene.delivery(scene.only_reference()).state == "delivered"
