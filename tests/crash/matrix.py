"""Which trials there are: every boundary of every story on every set of connectors, every fault, and their pairs.

The sets follow from what is installed and what it declares.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path

from tests.crash.proxy import FAULTS, SPOILED, Fault
from tests.crash.scenarios import SCENARIOS, Scenario
from tests.crash.stage import NOON, Set
from tests.crash.trial import Outcome, Trial, boundaries_of

from tracker2invoice.registry import installed, load_output, load_tracker

FIRST = SCENARIOS[0]
BEHIND_THE_BACK: frozenset[Fault] = frozenset({"late", "later", "twice", "stale"})
"""Faults against which only a key or a unique reference at the far side helps."""

Planned = tuple[str, int, Fault]


@dataclass(frozen=True, slots=True)
class Declared:
    """What an installed output declares that decides about its trials."""

    kind: str
    variants: tuple[str, ...]
    networked: bool
    has_keys: bool
    withdraws: bool
    finalizes: bool


def sets() -> tuple[Set, ...]:
    """Return each output, in every variant and without keys too, and each tracker, with one of the other side.

    The ledger stands between the two sides. Last come all outputs at once.
    """
    first, *others = [one.kind for one in installed("trackers") if load_tracker(one.kind).twin]
    outputs = declared_outputs()
    quickest = next(one.kind for one in outputs if not one.networked)
    with_each = [Set(first, ((one.kind, variant),)) for one in outputs for variant in ("", *one.variants)]
    keyless = [Set(first, ((one.kind, ""),), keys=False) for one in outputs if one.has_keys]
    on_each = [Set(tracker, ((quickest, ""),)) for tracker in others]
    return (*with_each, *keyless, *on_each, Set(first, tuple((one.kind, "") for one in outputs)))


@cache
def declared_outputs() -> tuple[Declared, ...]:
    """Return the installed outputs that have a twin."""
    return tuple(declared for one in installed("outputs") if (declared := _declared(one.kind)))


def _declared(kind: str) -> Declared | None:
    plugin = load_output(kind)
    if plugin.twin is None:
        return None
    with tempfile.TemporaryDirectory() as folder, plugin.twin(lambda: NOON, Path(folder)) as twin:
        can = plugin.capabilities
        return Declared(
            kind,
            tuple(twin.variants),
            networked="url" in twin.settings,
            has_keys=can.key_lifetime is not None,
            withdraws=can.withdraws,
            finalizes=can.finalizes,
        )


@cache
def tells_when(tracker: str) -> bool:
    """Say whether a tracker tells when a milestone was closed; if not, trials begin after its first run."""
    start = load_tracker(tracker).twin
    assert start
    with tempfile.TemporaryDirectory() as folder, start(lambda: NOON, Path(folder)) as twin:
        return bool(getattr(twin, "tells_when", True))


def stories(chosen: Set) -> tuple[Scenario, ...]:
    """Return the scenarios that the outputs of a set can play."""
    kinds = {kind for kind, _ in chosen.outputs}
    able = [one for one in declared_outputs() if one.kind in kinds]
    networked, withdrawing = all(one.networked for one in able), all(one.withdraws for one in able)
    finalizing = all(one.finalizes for one in able)
    return tuple(
        one
        for one in SCENARIOS
        if (networked or not one.networked)
        and (withdrawing or not one.withdrawing)
        and (finalizing or not one.finalizing)
    )


def recordings(chosen: Iterable[Set]) -> Iterator[Trial]:
    """Yield every story undisturbed: what it comes to is what can be stopped."""
    for one in chosen:
        yield from (Trial(one, scenario) for scenario in stories(one))


def kills(recorded: Trial, outcome: Outcome) -> Iterator[Trial]:
    """Yield the trial with a kill before and after each boundary, at each occurrence."""
    return _stopped(recorded, outcome, "kill")


def pauses(recorded: Trial, outcome: Outcome) -> Iterator[Trial]:
    """Yield the trial with a pause at each boundary, during which another process tries the same."""
    return _stopped(recorded, outcome, "pause")


def _stopped(recorded: Trial, outcome: Outcome, how: str) -> Iterator[Trial]:
    for process, name, moment, count in boundaries_of(outcome):
        yield Trial(recorded.set, recorded.scenario, recorded.faults, ((process, (name, moment, count, how)),))


def single_faults(recorded: Trial, outcome: Outcome) -> Iterator[Trial]:
    """Yield the trial with each fault at each request."""
    for planned in _planned(recorded.set, outcome):
        yield Trial(recorded.set, recorded.scenario, (planned,))


def double_faults(recorded: Trial, outcome: Outcome, count: int) -> Iterator[Trial]:
    """Yield `count` of all pairs of faults at different requests; always the same ones."""
    pairs = [pair for pair in combinations(_planned(recorded.set, outcome), 2) if pair[0][:2] != pair[1][:2]]
    for pair in random.Random(str(recorded.set)).sample(pairs, min(count, len(pairs))):
        yield Trial(recorded.set, recorded.scenario, pair)


def kills_after_faults(faulty: Trial, outcome: Outcome, count: int) -> Iterator[Trial]:
    """Yield a trial with faults and, on top, `count` of the kills that it makes possible; always the same ones."""
    possible = list(kills(faulty, outcome))
    yield from random.Random(faulty.id).sample(possible, min(count, len(possible)))


def leaves_doubt(trial: Trial) -> bool:
    """Say whether a fault of the trial may leave the sender in the dark."""
    return any(fault in SPOILED | BEHIND_THE_BACK for _, _, fault in trial.faults)


def _planned(chosen: Set, outcome: Outcome) -> list[Planned]:
    return [
        (network, number, fault)
        for network, asked in outcome.requests.items()
        for number in range(1, asked + 1)
        for fault in FAULTS
        if fault not in BEHIND_THE_BACK or _recognises(chosen, network)
    ]


def _recognises(chosen: Set, network: str) -> bool:
    """Say whether the far side can tell a request that it has seen before."""
    return network == "tracker" or (
        chosen.keys and any(one.kind == network for one in declared_outputs() if one.has_keys)
    )
