"""Several drafts looked for with one request: each is billed exactly once all the same."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast, get_args
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.conftest import Clock, Scene

from tracker2invoice.engine.decide import hold, retry
from tracker2invoice.engine.deliver import deliver_all
from tracker2invoice.errors import BadAnswer, Rejected, Unclear
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match, Term
from tracker2invoice.plugins import Document
from tracker2invoice.testing.memory_output import CAPABILITIES, Fault, Killed, MemoryOutput
from tracker2invoice.testing.samples import sample_contract

if TYPE_CHECKING:
    from tracker2invoice.model.invoice import Draft

TOGETHER = replace(CAPABILITIES, finds_together=3)
TITLES = ("Phase 1", "Phase 2", "Phase 3", "Phase 4", "Phase 5")


Looks = list[set[str]]
"""The references of each look, in order."""


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    find, seen = MemoryOutput.find, Looks()

    def watched(output: MemoryOutput, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
        seen.append({draft.reference, *others})
        return find(output, draft, others)

    monkeypatch.setattr(MemoryOutput, "find", watched)
    return seen


def five_phases(directory: Path, **capabilities: Any) -> Scene:
    """Return a scene in which five milestones of one contract are closed."""
    each = Match("each", of=(Match("glob", "Phase *"),))
    term = Term("phase", each, fixed=Money(Decimal(1000), "EUR"), times=len(TITLES))
    contract = replace(sample_contract(), price=Money(Decimal(5000), "EUR"), terms=(term,))
    scene = Scene(directory, Clock(), contract, replace(TOGETHER, **capabilities))
    for title in TITLES:
        scene.close(title)
    return scene


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return five_phases(tmp_path)


def billed(scene: Scene) -> Counter[str]:
    return Counter(entry.draft.reference for entry in scene.books.entries)


def states(scene: Scene) -> Counter[str]:
    with scene.house() as house:
        return Counter(delivery.state for claim in house.ledger.claims() for delivery in claim.deliveries)


def references(scene: Scene) -> list[str]:
    with scene.house() as house:
        return [claim.reference for claim in house.ledger.claims()]


def run_on(scene: Scene, times: int = 6) -> None:
    for _ in range(times):
        scene.clock.advance(minutes=2)
        with suppress(Killed):
            scene.run()


def test_drafts_of_one_client_are_looked_for_at_once_and_each_is_sent_with_its_own_key(
    scene: Scene, looks: Looks
) -> None:
    assert scene.run().troubles == ()
    assert len(looks) == 2
    assert len({entry.key for entry in scene.books.entries}) == len(billed(scene)) == 5


def test_where_one_can_be_asked_for_each_is_looked_for_by_itself(tmp_path: Path, looks: Looks) -> None:
    five_phases(tmp_path, finds_together=1).run()
    assert len(looks) == 5


def test_what_would_bill_the_same_is_not_looked_for_at_once(scene: Scene, looks: Looks) -> None:
    scene.books.find_faults.append("unreachable")
    scene.run()
    looks.clear()
    first = references(scene)[0]

    def in_place_of_the_first(document: str, *_: object) -> tuple[str, ...]:
        return () if document == first else (first,)

    with patch("tracker2invoice.engine.lookout.rivals", in_place_of_the_first):
        scene.run()
    assert looks[0] == {first}
    assert all(first in look for look in looks)


@pytest.mark.parametrize("moment", ["before", "halfway", "after"])
@pytest.mark.parametrize("how", ["unclear", "killed"])
@pytest.mark.parametrize("keys", [True, False])
def test_what_got_no_answer_is_looked_up_among_the_others(tmp_path: Path, how: str, moment: str, keys: bool) -> None:
    scene = five_phases(tmp_path, **({} if keys else {"key_lifetime": None}))
    scene.books.lag = timedelta(seconds=50)
    scene.books.faults.append(cast("Fault", f"{how} {moment}"))
    with suppress(Killed):
        assert [type(trouble.error) for trouble in scene.run().troubles] == [Unclear]
    scene.run()
    run_on(scene)
    assert (set(billed(scene).values()), len(billed(scene)), states(scene)) == ({1}, 5, {"delivered": 5})


def test_a_document_that_makes_no_sense_keeps_none_of_those_before_it_waiting(scene: Scene) -> None:
    scene.books.find_faults.append("unreachable")
    scene.run()
    bad = references(scene)[1]
    find = MemoryOutput.find

    def puzzled(output: MemoryOutput, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
        if bad in {draft.reference, *others}:
            raise BadAnswer(output.name, "its currency is nobody's")
        return find(output, draft, others)

    with patch.object(MemoryOutput, "find", puzzled):
        report = scene.run()
    assert [(trouble.subject, type(trouble.error)) for trouble in report.troubles] == [(bad, BadAnswer)]
    assert [scene.delivery(one).state for one in references(scene)] == ["delivered", *["pending"] * 4]


def test_one_that_is_refused_among_others_stops_none_of_them(scene: Scene) -> None:
    scene.books.faults.append("reject")
    report = scene.run()
    assert [type(trouble.error) for trouble in report.troubles] == [Rejected]
    assert states(scene) == {"delivered": 4, "rejected": 1}


def test_one_that_a_person_holds_keeps_none_of_the_others_waiting(scene: Scene) -> None:
    scene.books.find_faults.append("unreachable")
    scene.run()
    held = references(scene)[1]
    with scene.house() as house:
        hold(house.ledger, held, "ann")
    run_on(scene, 1)
    assert (len(billed(scene)), held in billed(scene)) == (4, False)


def test_stop_leaves_the_rest_as_it_is(scene: Scene) -> None:
    scene.books.find_faults.append("unreachable")
    scene.run()
    with scene.house() as house:
        deliver_all(house, stop=lambda: len(scene.books.entries) >= 3)
    assert states(scene) == {"delivered": 3, "pending": 2}


FAULTS = st.lists(st.sampled_from(get_args(Fault)), max_size=6)


@given(FAULTS, FAULTS, st.booleans(), st.integers(1, 6), st.sampled_from([0, 50]))
@settings(max_examples=60, deadline=None)
def test_whatever_goes_wrong_each_is_billed_once(
    faults: list[Fault], find_faults: list[Fault], keys: bool, most: int, lag: int
) -> None:
    with TemporaryDirectory() as directory:
        scene = five_phases(Path(directory), finds_together=most, **({} if keys else {"key_lifetime": None}))
        scene.books.lag = timedelta(seconds=lag)
        scene.books.faults, scene.books.find_faults = deque(faults), deque(find_faults)
        run_on(scene, 2 * (len(faults) + len(find_faults)) + 8)
        for reference in references(scene):
            if scene.delivery(reference).state == "rejected":
                with scene.house() as house:
                    retry(house.ledger, reference)
        scene.books.faults.clear()
        run_on(scene, 3)
        assert (set(billed(scene).values()), len(billed(scene)), states(scene)) == ({1}, 5, {"delivered": 5})
