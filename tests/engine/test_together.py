"""Several drafts looked for, and created, with one request: each exactly once all the same."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, get_args
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.conftest import Clock, Scene

from tracker2invoice.engine.decide import hold, retry
from tracker2invoice.engine.deliver import deliver_all
from tracker2invoice.errors import BadAnswer, RateLimited, Rejected, Unclear, Unreachable, Unsupported
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match, Term
from tracker2invoice.plugins import Document
from tracker2invoice.testing.memory_output import CAPABILITIES, Fault, Killed, MemoryOutput
from tracker2invoice.testing.samples import sample_contract

if TYPE_CHECKING:
    from tracker2invoice.model.invoice import Draft

TOGETHER = replace(CAPABILITIES, finds_together=3, creates_together=True)
MOMENTS = ("before", "halfway", "after")
TITLES = ("Phase 1", "Phase 2", "Phase 3", "Phase 4", "Phase 5")


@dataclass
class Asked:
    """What the output was asked for: the references of each look, and how many drafts each creating request had."""

    looks: list[set[str]] = field(default_factory=list[set[str]])
    created: list[int] = field(default_factory=list[int])

    @contextmanager
    def watch(self) -> Generator[None]:
        find, create, together = MemoryOutput.find, MemoryOutput.create, MemoryOutput.create_together

        def seen_find(output: MemoryOutput, draft: Draft, others: Collection[str] = ()) -> Sequence[Document]:
            self.looks.append({draft.reference, *others})
            return find(output, draft, others)

        def seen_create(output: MemoryOutput, draft: Draft, payload: bytes, key: str) -> Document:
            self.created.append(1)
            return create(output, draft, payload, key)

        def seen_together(output: MemoryOutput, requests: Sequence[tuple[Draft, bytes]]) -> Any:
            self.created.append(len(requests))
            return together(output, requests)

        with (
            patch.object(MemoryOutput, "find", seen_find),
            patch.object(MemoryOutput, "create", seen_create),
            patch.object(MemoryOutput, "create_together", seen_together),
        ):
            yield


@pytest.fixture
def asked() -> Asked:
    return Asked()


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


def test_drafts_of_one_client_are_looked_for_and_created_together(scene: Scene, asked: Asked) -> None:
    with asked.watch():
        report = scene.run()
    assert not report.troubles
    assert (len(asked.looks), asked.created) == (2, [3, 2])
    assert (len(billed(scene)), states(scene)) == (5, {"delivered": 5})


def test_where_they_are_only_looked_for_together_each_is_created_with_its_key(tmp_path: Path, asked: Asked) -> None:
    scene = five_phases(tmp_path, creates_together=False)
    with asked.watch():
        assert scene.run().troubles == ()
    assert (len(asked.looks), asked.created) == (2, [1] * 5)
    assert len({entry.key for entry in scene.books.entries}) == 5


def test_where_nothing_goes_together_each_is_looked_for_by_itself(tmp_path: Path, asked: Asked) -> None:
    scene = five_phases(tmp_path, finds_together=1, creates_together=False)
    with asked.watch():
        scene.run()
    assert (len(asked.looks), asked.created) == (5, [1] * 5)


def test_no_two_that_would_bill_the_same_are_looked_for_at_once(scene: Scene, asked: Asked) -> None:
    with asked.watch():
        scene.run()
    for one, next_one in pairwise(asked.looks):
        assert not one & next_one


@pytest.mark.parametrize(
    "fault", ["unclear before", "unclear halfway", "unclear after", "killed before", "killed after"]
)
@pytest.mark.parametrize("keys", [True, False])
def test_without_an_answer_each_is_looked_up_and_none_is_repeated_by_its_key(
    tmp_path: Path, fault: Fault, keys: bool
) -> None:
    scene = five_phases(tmp_path, **({} if keys else {"key_lifetime": None}))
    scene.books.lag = timedelta(seconds=50)
    scene.books.faults.append(fault)
    with suppress(Killed):
        assert [type(trouble.error) for trouble in scene.run().troubles] == [Unclear]
    scene.run()
    run_on(scene)
    assert (set(billed(scene).values()), len(billed(scene)), states(scene)) == ({1}, 5, {"delivered": 5})


def test_of_what_is_refused_together_each_is_looked_for_again_and_sent_by_itself(scene: Scene, asked: Asked) -> None:
    scene.books.faults.extend(["reject together", "reject"])
    with asked.watch():
        report = scene.run()
    assert [type(trouble.error) for trouble in report.troubles] == [Rejected]
    assert asked.created == [3, 1, 1, 1, 2]
    assert len(asked.looks) == 3
    assert states(scene) == {"delivered": 4, "rejected": 1}
    (rejected,) = (one for one in references(scene) if scene.delivery(one).state == "rejected")
    with scene.house() as house:
        retry(house.ledger, rejected)
    scene.run()
    assert (set(billed(scene).values()), len(billed(scene))) == ({1}, 5)


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


def test_if_the_look_after_a_refusal_fails_all_of_them_wait(scene: Scene) -> None:
    scene.books.faults.append("reject together")
    create = MemoryOutput.create_together

    def cut_off(output: MemoryOutput, requests: Sequence[tuple[Draft, bytes]]) -> Any:
        scene.books.find_faults.append("unreachable")
        return create(output, requests)

    with patch.object(MemoryOutput, "create_together", cut_off):
        report = scene.run()
    assert [type(trouble.error) for trouble in report.troubles] == [Unreachable]
    assert (states(scene), billed(scene)) == ({"pending": 5}, {})
    run_on(scene, 1)
    assert states(scene) == {"delivered": 5}


def test_if_none_of_them_can_be_expressed_nothing_is_sent(scene: Scene, asked: Asked) -> None:
    with asked.watch(), patch.object(MemoryOutput, "prepare", side_effect=Unsupported("books", "work")):
        report = scene.run()
    assert [type(trouble.error) for trouble in report.troubles] == [Unsupported] * 5
    assert (asked.created, states(scene)) == ([], {"rejected": 5})


def test_one_that_is_refused_among_others_stops_none_of_them(scene: Scene) -> None:
    scene.books.faults.append("reject")
    report = scene.run()
    assert [type(trouble.error) for trouble in report.troubles] == [Rejected]
    assert states(scene) == {"delivered": 4, "rejected": 1}


def test_what_was_certainly_not_carried_out_goes_together_again(scene: Scene) -> None:
    scene.books.faults.append("rate limit")
    report = scene.run()
    assert [type(trouble.error) for trouble in report.troubles] == [RateLimited]
    assert states(scene) == {"pending": 5}
    run_on(scene, 1)
    assert (len(billed(scene)), states(scene)) == (5, {"delivered": 5})


def test_one_that_a_person_holds_does_not_go_with_the_others(scene: Scene) -> None:
    scene.books.find_faults.append("unreachable")
    scene.run()
    held = references(scene)[1]
    with scene.house() as house:
        hold(house.ledger, held, "ann")
    run_on(scene, 1)
    assert (len(billed(scene)), held in billed(scene)) == (4, False)


def test_a_document_that_comes_out_with_another_amount_is_held_among_the_others(scene: Scene) -> None:
    scene.books.miscalculates_by = Decimal("0.01")
    scene.run()
    assert states(scene) == {"held": 5}
    assert scene.delivery(references(scene)[0]).reason == "differs"


def test_an_answer_about_fewer_than_were_sent_is_unclear(scene: Scene) -> None:
    create = MemoryOutput.create_together

    def forgetful(output: MemoryOutput, requests: Sequence[tuple[Draft, bytes]]) -> Any:
        return create(output, requests)[1:]

    with patch.object(MemoryOutput, "create_together", forgetful):
        report = scene.run()
    assert [type(trouble.error) for trouble in report.troubles] == [Unclear]
    run_on(scene)
    assert (set(billed(scene).values()), len(billed(scene)), states(scene)) == ({1}, 5, {"delivered": 5})


def test_stop_leaves_the_rest_as_it_is(scene: Scene) -> None:
    scene.books.find_faults.append("unreachable")
    scene.run()
    with scene.house() as house:
        deliver_all(house, stop=lambda: len(scene.books.entries) >= 3)
    assert states(scene) == {"delivered": 3, "pending": 2}


FAULTS = st.lists(st.sampled_from(get_args(Fault)), max_size=6)


@given(FAULTS, FAULTS, st.booleans(), st.integers(1, 6), st.booleans(), st.sampled_from([0, 50]))
@settings(max_examples=60, deadline=None)
def test_whatever_goes_wrong_each_is_billed_once(
    faults: list[Fault], find_faults: list[Fault], keys: bool, most: int, together: bool, lag: int
) -> None:
    with TemporaryDirectory() as directory:
        capabilities = {"finds_together": most, "creates_together": together}
        scene = five_phases(Path(directory), **capabilities, **({} if keys else {"key_lifetime": None}))
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
