"""One trial: a scenario on one set of connectors with planned faults and stops, from an empty folder to the verdict."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from tests.crash.judge import Verdict, at_once, judge
from tests.crash.proxy import Fault
from tests.crash.scenarios import Command, Deed, Scenario
from tests.crash.stage import Ended, Set, Stage, Stop, Warm, staged

PATIENCE = (10, 70, 70, 400, 4000, 4000, 8000, 8000)
"""Seconds between the runs after which everything must be quiet."""

SOON = timedelta(seconds=10)
"""After so long a person repeats a command that died: well within the time for which a used token is still good."""

RAM = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to happen. `faults` are by network and number of the request, `stops` by number of the process."""

    set: Set
    scenario: Scenario
    faults: tuple[tuple[str, int, Fault], ...] = ()
    stops: tuple[tuple[int, Stop], ...] = ()
    mutation: str = ""

    @property
    def id(self) -> str:
        """The trial in one line, the same for the same trial."""
        parts = [str(self.set), self.scenario.name]
        parts += [f"{network}#{number}={fault}" for network, number, fault in self.faults]
        parts += [f"{process}:{how}@{name}.{moment}.{count}" for process, (name, moment, count, how) in self.stops]
        return " ".join([*parts, *([f"mutation={self.mutation}"] if self.mutation else [])])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial. `reached` says that every planned fault and stop really happened."""

    id: str
    verdict: Verdict
    reached: bool
    boundaries: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    requests: Mapping[str, int] = field(default_factory=dict[str, int], repr=False)

    def to_json(self) -> str:
        """Return one line for the record."""
        return json.dumps({"id": self.id, "reached": self.reached, **asdict(self.verdict)})


def carry_out(trial: Trial, warm: Warm) -> Outcome:
    """Play the scenario; where a process was stopped, start again until everything is quiet."""
    directory = Path(tempfile.mkdtemp(prefix="t2i-crash-", dir=RAM if RAM.is_dir() else None))
    try:
        with staged(trial.set, directory, warm, mutation=trial.mutation) as stage:
            stage.stops = dict(trial.stops)
            for name, network in stage.networks.items():
                network.faults_by_number = {n: fault for where, n, fault in trial.faults if where == name}
            became_quiet = [_step(stage, step) for step in trial.scenario.steps]
            quiet = all(became_quiet) and (_is_quiet(stage) or _until_quiet(stage))
            return Outcome(
                id=trial.id,
                verdict=judge(stage, trial.scenario, quiet=quiet),
                reached=_reached(trial, stage),
                boundaries=tuple(ended.trace for ended in stage.ended),
                requests={name: network.asked for name, network in stage.networks.items()},
            )
    finally:
        shutil.rmtree(directory)


def _step(stage: Stage, step: Deed | Command) -> bool:
    if isinstance(step, Deed):
        step.do(stage)
        return True
    first = len(stage.ended)
    step.run(stage)
    stage.noticed += at_once(stage)
    if not _disturbed(stage.ended[first:]):
        return True
    if step.arguments != ("run",):
        replace(step, after=SOON).run(stage)
    return _until_quiet(stage)


def _disturbed(ended: list[Ended]) -> bool:
    return len(ended) > 1 or ended[0].code in (None, -9)


def _until_quiet(stage: Stage) -> bool:
    """Start again and again, until there is nothing more to do; False if that does not come."""
    if any(network.down for network in stage.networks.values()):
        return True
    for seconds in PATIENCE:
        stage.command("run", after=timedelta(seconds=seconds))
        stage.noticed += at_once(stage)
        if _is_quiet(stage):
            return True
    return False


def _is_quiet(stage: Stage) -> bool:
    """Whether the last process had no trouble and left nothing under way."""
    if stage.ended[-1].code not in (0, 3) or not stage.ledger_exists:
        return False
    with stage.ledger() as ledger:
        return not any(ledger.open_deliveries(name) for name in stage.outputs)


def _reached(trial: Trial, stage: Stage) -> bool:
    asked = all(stage.networks[name].asked >= number for name, number, _ in trial.faults)
    return asked and all(_passed(stage, process, stop) for process, stop in trial.stops)


def _passed(stage: Stage, process: int, stop: Stop) -> bool:
    if process >= len(stage.ended):
        return False
    name, moment, count, _ = stop
    return Counter(stage.ended[process].trace)[f"{name} {moment}"] >= count


def boundaries_of(outcome: Outcome) -> Iterator[tuple[int, str, str, int]]:
    """Yield every boundary that a trial came to: process, name, moment, occurrence in that process."""
    for process, trace in enumerate(outcome.boundaries):
        counts: Counter[str] = Counter()
        for line in trace:
            counts[line] += 1
            name, _, moment = line.rpartition(" ")
            yield process, name, moment, counts[line]
