"""A small selection of what `make crash` tries in full, and the proof that it can fail.

Which trials are selected depends on nothing but the trials; a failure names its trial, and
`carry_out` of that trial plays it again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain

import pytest
from tests.crash import matrix
from tests.crash.mutations import MUTATIONS_AND_TRIALS, Mutation
from tests.crash.record import rehearse
from tests.crash.stage import Set, Warm
from tests.crash.trial import Outcome, Trial, boundaries_of, carry_out

Recorded = dict[Set, list[tuple[Trial, Outcome]]]

SETS = matrix.sets()


@pytest.fixture(scope="session")
def ready(warm: Warm) -> Warm:
    """The process that starts all others, with everything in memory that they need."""
    rehearse(warm, SETS)
    return warm


@pytest.fixture(scope="session", params=SETS, ids=str)
def recorded(request: pytest.FixtureRequest, ready: Warm) -> list[tuple[Trial, Outcome]]:
    """Two stories of one set of connectors, undisturbed."""
    trials = [trial for trial in matrix.recordings([request.param]) if trial.scenario.name in ("first", "life")]
    return [(trial, carry_out(trial, ready)) for trial in trials]


def some(trials: Iterable[Trial], count: int) -> list[Trial]:
    known = list(trials)
    return random.Random(known[0].id).sample(known, min(count, len(known)))


def bad(trials: Iterable[Trial], warm: Warm) -> Iterator[str]:
    for trial in trials:
        outcome = carry_out(trial, warm)
        if not outcome.verdict.good:
            yield f"{outcome.id}: {outcome.verdict}"


def each(recorded: list[tuple[Trial, Outcome]], make: Callable[[Trial, Outcome], Iterable[Trial]]) -> Iterator[Trial]:
    return chain.from_iterable(make(trial, outcome) for trial, outcome in recorded)


def test_undisturbed_every_story_comes_to_what_was_worked_out_by_hand(recorded: list[tuple[Trial, Outcome]]) -> None:
    assert [outcome.verdict.words for _, outcome in recorded] == [(), ()]


def test_a_process_killed_at_any_boundary_is_made_good_by_the_next(
    recorded: list[tuple[Trial, Outcome]], ready: Warm
) -> None:
    assert list(bad(some(each(recorded, matrix.kills), 5), ready)) == []


def test_a_process_killed_between_the_commit_over_there_and_its_record_takes_the_document_for_its_own(
    recorded: list[tuple[Trial, Outcome]], ready: Warm
) -> None:
    kills = each(recorded[:1], matrix.kills)
    (trial,) = some([one for one in kills if one.stops[0][1][:2] == ("output.create", "after")], 1)
    outcome = carry_out(trial, ready)
    assert (outcome.reached, outcome.verdict.words) == (True, ())


def test_a_process_paused_at_any_boundary_lets_no_other_do_the_same(
    recorded: list[tuple[Trial, Outcome]], ready: Warm
) -> None:
    assert list(bad(some(each(recorded, matrix.pauses), 2), ready)) == []


def test_any_fault_of_the_network_is_made_good(recorded: list[tuple[Trial, Outcome]], ready: Warm) -> None:
    assert list(bad(some(each(recorded[:1], matrix.single_faults), 4), ready)) == []


def test_any_two_faults_of_the_network_are_made_good(recorded: list[tuple[Trial, Outcome]], ready: Warm) -> None:
    (story,) = recorded[:1]
    assert list(bad(matrix.double_faults(*story, count=2), ready)) == []


def test_every_durable_write_and_every_request_is_a_boundary(recorded: list[tuple[Trial, Outcome]]) -> None:
    """What a story must come to, whatever the connectors are; each request that a network saw was one."""
    story, outcome = recorded[1]
    passed = [(name, moment) for _, name, moment, _ in boundaries_of(outcome)]
    names = {name for name, _ in passed}
    at_first = {"ledger.schema", "ledger.pin-project", "tracker.find-project"}
    assert names >= (at_first if matrix.tells_when(story.set.tracker) else set()) | {
        "ledger.create-file", "ledger.journal-mode", "ledger.observed",
        "ledger.claim", "ledger.delivery-sending", "ledger.delivery-delivered", "lock.plan",
        "tracker.poll", "tracker.work", "tracker.deliverables", "output.find", "output.prepare", "output.create",
    }  # fmt: skip
    for network, asked in outcome.requests.items():
        sent = [name for name, moment in passed if name.startswith(f"request.{network}.") and moment == "before"]
        assert len(sent) == asked, story.id


@pytest.mark.parametrize("mutation", MUTATIONS_AND_TRIALS, ids=lambda mutation: mutation.name)
def test_a_program_that_is_broken_on_purpose_is_caught(mutation: Mutation, ready: Warm) -> None:
    trial = mutation.trials[0]
    assert carry_out(trial, ready).verdict.good
    assert not carry_out(replace(trial, mutation=mutation.name), ready).verdict.good
