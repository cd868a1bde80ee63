"""Exactly once at the output, whatever it answers and wherever the process dies."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.engine.courier import idempotency_key
from tracker2invoice.engine.decide import approve, retry
from tracker2invoice.errors import AccessDenied, ConfigInvalid, RateLimited, Rejected, Unclear
from tracker2invoice.model.claim import Delivery
from tracker2invoice.testing.memory_output import CAPABILITIES, Fault, Killed, MemoryOutput

if TYPE_CHECKING:
    from tests.engine.conftest import Scene

    from tracker2invoice.model.invoice import Draft
    from tracker2invoice.plugins import Document

NO_KEYS = replace(CAPABILITIES, key_lifetime=None)


def start_over(scene: Scene) -> None:
    """Let the output have other capabilities, with empty books."""
    scene.__post_init__()


@pytest.mark.parametrize("fault", ["killed before", "killed halfway", "killed after"])
@pytest.mark.parametrize("keys", [True, False])
@pytest.mark.parametrize("pause", [timedelta(0), timedelta(minutes=3), timedelta(days=3)])
def test_killed_around_the_commit_still_gives_one_document(
    scene: Scene, fault: Fault, keys: bool, pause: timedelta
) -> None:
    scene.capabilities = CAPABILITIES if keys else NO_KEYS
    start_over(scene)
    scene.close("Design")
    scene.books.faults.append(fault)
    with pytest.raises(Killed):
        scene.run()
    scene.clock.advance(seconds=pause.total_seconds())
    for _ in range(4):
        scene.run()
        scene.clock.advance(minutes=2)
    (entry,) = scene.books.entries
    assert entry.gross == entry.draft.totals.gross
    assert scene.delivery(scene.only_reference()).state == "delivered"


@pytest.mark.parametrize("fault", ["unclear before", "unclear halfway", "unclear after"])
@pytest.mark.parametrize("keys", [True, False])
def test_an_unclear_answer_is_looked_up_before_anything_is_sent_again(scene: Scene, fault: Fault, keys: bool) -> None:
    scene.capabilities = CAPABILITIES if keys else NO_KEYS
    start_over(scene)
    scene.close("Design")
    scene.books.faults.append(fault)
    report = scene.run()
    assert [type(trouble.error) for trouble in report.troubles] == [Unclear]
    for _ in range(4):
        scene.clock.advance(minutes=2)
        scene.run()
    assert len(scene.books.entries) == 1


@pytest.mark.parametrize("keys", [True, False])
def test_a_draft_that_was_cut_short_and_filled_in_by_a_person_waits_for_one(scene: Scene, keys: bool) -> None:
    scene.capabilities = CAPABILITIES if keys else NO_KEYS
    start_over(scene)
    scene.close("Design")
    scene.books.faults.append("killed halfway")
    with pytest.raises(Killed):
        scene.run()
    scene.books.edit(scene.only_reference(), gross=Decimal("1.00"))
    scene.run()
    delivery = scene.delivery(scene.only_reference())
    assert (delivery.state, delivery.detail) == ("held", "gross is 1.00 there and 21420.00 in the draft")


def test_a_draft_that_was_cut_short_and_then_voided_is_not_made_again(scene: Scene) -> None:
    scene.close("Design")
    scene.books.faults.append("killed halfway")
    with pytest.raises(Killed):
        scene.run()
    scene.books.mark(scene.only_reference(), "void")
    scene.run()
    assert scene.delivery(scene.only_reference()).state == "gone"
    assert len(scene.books.entries) == 1


def test_a_list_that_lags_behind_does_not_double(scene: Scene) -> None:
    scene.capabilities = NO_KEYS
    start_over(scene)
    scene.close("Design")
    scene.books.lag = timedelta(seconds=50)
    scene.books.faults.append("killed after")
    with pytest.raises(Killed):
        scene.run()
    for _ in range(20):
        scene.run()
        scene.clock.advance(seconds=20)
    assert len(scene.books.entries) == 1


def test_without_a_living_key_two_searches_apart_come_before_a_new_attempt(scene: Scene) -> None:
    scene.capabilities = NO_KEYS
    start_over(scene)
    scene.close("Design")
    scene.books.faults.append("killed before")
    with pytest.raises(Killed):
        scene.run()
    reference = scene.only_reference()
    scene.clock.advance(minutes=2)
    scene.run()
    assert (scene.delivery(reference).misses, scene.books.entries) == (1, [])
    scene.run()
    assert scene.books.entries == []
    scene.clock.advance(minutes=2)
    scene.run()
    assert len(scene.books.entries) == 1
    assert scene.delivery(reference).attempt == 2


def test_a_search_before_the_output_has_settled_does_not_count(scene: Scene) -> None:
    scene.capabilities = NO_KEYS
    start_over(scene)
    scene.close("Design")
    scene.books.faults.append("killed before")
    with pytest.raises(Killed):
        scene.run()
    scene.clock.advance(seconds=10)
    scene.run()
    delivery = scene.delivery(scene.only_reference())
    assert delivery.misses == 0
    assert delivery.sent_at is not None
    assert delivery.not_before == delivery.sent_at + NO_KEYS.settle


def test_what_was_turned_away_goes_out_again_with_the_same_bytes_although_the_settings_changed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(*_: object) -> bytes:
        return b"other bytes"

    scene.close("Design")
    scene.books.faults.append("rate limit")
    scene.run()
    before = scene.delivery(scene.only_reference()).payload
    monkeypatch.setattr("tracker2invoice.testing.memory_output.MemoryOutput.prepare", other)
    scene.clock.advance(minutes=1)
    scene.run()
    assert [entry.payload for entry in scene.books.entries] == [before]


def test_what_waited_for_a_person_goes_out_with_another_key_and_as_the_settings_are_now(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, keys = MemoryOutput.create, list[str]()

    def refused_once(output: MemoryOutput, draft: Draft, payload: bytes, key: str) -> Document:
        keys.append(key)
        if len(keys) == 1:
            raise AccessDenied(output.name, "no plan")
        return create(output, draft, payload, key)

    monkeypatch.setattr(MemoryOutput, "create", refused_once)
    scene.close("Design")
    assert [type(trouble.error) for trouble in scene.run().troubles] == [AccessDenied]
    waiting = scene.delivery(scene.only_reference())
    assert (waiting.state, waiting.payload) == ("pending", None)
    scene.run()
    assert len(scene.books.entries) == 1
    assert len(set(keys)) == 2


def test_a_retry_has_the_same_key_and_bytes_while_the_key_lives(scene: Scene) -> None:
    scene.close("Design")
    scene.books.faults.append("unclear before")
    scene.run()
    before = scene.delivery(scene.only_reference())
    scene.clock.advance(minutes=2)
    scene.run()
    (entry,) = scene.books.entries
    assert (entry.key, entry.payload) == (idempotency_key(before), before.payload)


def test_several_matches_wait_for_a_person(scene: Scene) -> None:
    scene.close("Design")
    scene.books.faults.append("unclear after")
    scene.run()
    reference = scene.only_reference()
    scene.books.copy(reference)
    scene.clock.advance(minutes=2)
    scene.run()
    assert (scene.delivery(reference).state, scene.delivery(reference).reason) == ("held", "several-matches")
    scene.clock.advance(days=1)
    scene.run()
    assert len(scene.books.entries) == 2
    scene.books.entries.pop()
    with scene.house() as house:
        assert retry(house.ledger, reference) == 1
    scene.run()
    assert scene.delivery(reference).state == "delivered"
    assert len(scene.books.entries) == 1


def test_a_document_that_differs_is_shown_and_never_overwritten(scene: Scene) -> None:
    scene.close("Design")
    scene.books.faults.append("unclear after")
    scene.run()
    reference = scene.only_reference()
    scene.books.edit(reference, gross=Decimal("1.00"))
    scene.clock.advance(minutes=2)
    scene.run()
    delivery = scene.delivery(reference)
    assert (delivery.state, delivery.reason) == ("held", "differs")
    assert "1.00" in delivery.detail
    assert "21420.00" in delivery.detail
    with scene.house() as house:
        approve(house.ledger, reference, "anna")
    scene.run()
    assert scene.delivery(reference).state == "delivered"
    assert len(scene.books.entries) == 1


@pytest.mark.parametrize("state", ["void", "deleted"])
def test_a_document_that_a_person_deleted_is_not_made_again(scene: Scene, state: str) -> None:
    scene.close("Design")
    scene.books.faults.append("unclear after")
    scene.run()
    reference = scene.only_reference()
    scene.books.mark(reference, "void" if state == "void" else "deleted")
    for _ in range(3):
        scene.clock.advance(hours=1)
        scene.run()
    assert scene.delivery(reference).state == "gone"
    assert len(scene.books.entries) == 1


def test_a_rejected_document_does_not_stop_the_others_and_can_be_retried(scene: Scene) -> None:
    scene.close("Design")
    scene.close("Beta")
    scene.books.faults.append("reject")
    report = scene.run()
    assert [type(trouble.error) for trouble in report.troubles] == [Rejected]
    assert len(scene.books.entries) == 1
    rejected = report.troubles[0].subject
    assert scene.run().troubles == ()
    with scene.house() as house:
        retry(house.ledger, rejected)
    scene.run()
    assert len(scene.books.entries) == 2
    assert scene.delivery(rejected).attempt == 2


def test_a_rate_limit_waits_as_long_as_the_output_says(scene: Scene) -> None:
    scene.close("Design")
    scene.books.faults.append("rate limit")
    assert [type(trouble.error) for trouble in scene.run().troubles] == [RateLimited]
    scene.run()
    assert scene.books.entries == []
    scene.clock.advance(seconds=31)
    scene.run()
    assert len(scene.books.entries) == 1


@pytest.mark.parametrize("fault", ["unclear before", "unclear after", "killed before", "rate limit"])
@pytest.mark.parametrize("keys", [True, False])
def test_a_clock_that_was_days_ahead_holds_nothing_up_once_it_is_put_right(
    scene: Scene, fault: Fault, keys: bool
) -> None:
    scene.capabilities = CAPABILITIES if keys else NO_KEYS
    start_over(scene)
    scene.close("Design")
    scene.clock.advance(days=3)
    scene.books.faults.append(fault)
    with suppress(Killed):
        scene.run()
    scene.clock.advance(days=-3)
    scene.books.entries = [replace(entry, at=scene.clock.now) for entry in scene.books.entries]
    for _ in range(4):
        scene.clock.advance(minutes=2)
        scene.run()
    assert scene.delivery(scene.only_reference()).state == "delivered"
    assert len(scene.books.entries) == 1


def test_no_output_makes_a_draft_wait_longer_than_a_day(scene: Scene) -> None:
    scene.close("Design")
    scene.books.clock = lambda: scene.clock.now + timedelta(days=30)
    scene.books.faults.append("rate limit")
    scene.run()
    scene.clock.advance(hours=23)
    scene.run()
    assert scene.books.entries == []
    scene.clock.advance(hours=2)
    scene.run()
    assert len(scene.books.entries) == 1


@pytest.mark.parametrize("fault", ["rate limit", "unreachable", "reject"])
def test_a_retry_that_is_turned_away_does_not_forget_that_the_first_request_may_have_arrived(
    scene: Scene, fault: Fault
) -> None:
    scene.close("Design")
    scene.books.lag = timedelta(minutes=3)
    scene.books.faults.extend(["killed after", fault])
    with pytest.raises(Killed):
        scene.run()
    scene.run()
    assert scene.delivery(scene.only_reference()).state == "sending"
    for _ in range(10):
        scene.clock.advance(minutes=2)
        scene.run()
    assert len(scene.books.entries) == 1
    assert scene.delivery(scene.only_reference()).state == "delivered"


def test_a_refusal_is_final_once_no_earlier_request_can_turn_up(scene: Scene) -> None:
    scene.close("Design")
    scene.books.faults.extend(["killed before", "reject"])
    with pytest.raises(Killed):
        scene.run()
    scene.clock.advance(minutes=2)
    scene.run()
    assert scene.delivery(scene.only_reference()).state == "rejected"


def test_a_total_that_the_platform_computes_otherwise_waits_for_a_person(scene: Scene) -> None:
    scene.books.miscalculates_by = Decimal("0.01")
    scene.close("Design")
    scene.run()
    delivery = scene.delivery(scene.only_reference())
    assert (delivery.state, delivery.reason) == ("held", "differs")
    assert "21420.01" in delivery.detail
    assert "21420.00" in delivery.detail


def test_one_bad_document_does_not_keep_the_others_waiting(scene: Scene) -> None:
    scene.close("Design")
    scene.close("Beta")
    scene.books.faults.append("unclear before")
    scene.run()
    assert scene.books.entries == []
    scene.run()
    assert len(scene.books.entries) == 1


def test_nothing_is_created_when_the_search_fails(scene: Scene) -> None:
    scene.close("Design")
    scene.books.find_faults.append("unclear before")
    scene.run()
    assert scene.books.entries == []
    assert scene.delivery(scene.only_reference()).state == "pending"


def test_a_client_pinned_to_another_id_is_held_and_not_sent(scene: Scene) -> None:
    scene.pin_client("contact-1")
    scene.close("Design")
    scene.run()
    scene.pin_client("contact-2")
    scene.close("Beta")
    report = scene.run()
    assert [type(trouble.error) for trouble in report.troubles] == [Rejected]
    assert len(scene.books.entries) == 1


def test_a_connector_that_breaks_while_writing_counts_as_unclear(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise KeyError("oops")

    scene.close("Design")
    monkeypatch.setattr("tracker2invoice.testing.memory_output.MemoryOutput.create", explode)
    report = scene.run()
    assert [type(trouble.error) for trouble in report.troubles] == [Unclear]
    assert scene.delivery(scene.only_reference()).state == "sending"


def test_a_draft_for_an_output_that_is_not_configured_any_more_is_named(scene: Scene) -> None:
    scene.close("Design")
    scene.books.faults.append("unreachable")
    scene.run()
    scene.output_name = "ledgerbooks"
    scene.contract = replace(scene.contract, outputs=("ledgerbooks",))
    (trouble,) = scene.run().troubles
    assert trouble.subject == "outputs.books"
    assert isinstance(trouble.error, ConfigInvalid)


def test_a_key_belongs_to_an_attempt() -> None:
    first = Delivery("T2I-AAAAAAAAAAAA", "books", "pending")
    assert idempotency_key(first) == idempotency_key(replace(first, state="sending", misses=1))
    assert idempotency_key(first) != idempotency_key(replace(first, attempt=2))
    assert idempotency_key(first) != idempotency_key(replace(first, output="other"))
