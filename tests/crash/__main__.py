"""`python -m tests.crash`: kills, pauses and faults everywhere, and one table of what came of it.

Then the model, the power cuts and the year, each with one line of its own. Goes on where the last call was
interrupted. Exits with 1 if a document was doubled, lost or wrong, if anything else was not as it must be, or if a
program that is broken on purpose was not caught.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from tests.crash import matrix
from tests.crash.mutations import MUTATIONS_AND_TRIALS
from tests.crash.record import Record, Workers
from tests.crash.scenarios import SCENARIOS
from tests.crash.trial import Outcome, Trial

QUICK, WHOLE = 20, 1
"""One of so many trials is taken."""


@dataclass(slots=True)
class Row:
    """What is counted for one kind of trial."""

    points: set[str] = field(default_factory=set[str])
    faults: int = 0
    runs: int = 0
    counts: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0.0


@dataclass(slots=True)
class Campaign:
    """All trials of one call: which were tried before, which are to be tried now, what came of them."""

    record: Record
    workers: Workers
    every: int
    rows: defaultdict[str, Row] = field(default_factory=lambda: defaultdict(Row))
    failures: list[str] = field(default_factory=list[str])

    def go(self, kind: str, trials: Iterable[Trial]) -> None:
        """Try what was not tried before; count everything."""
        began, row = time.monotonic(), self.rows[kind]
        wanted = list({trial.id: trial for trial in trials}.values())
        chosen = wanted[:: self.every] if len(wanted) > 50 else wanted
        new = [trial for trial in chosen if trial.id not in self.record.rows]
        for done, (trial, outcome) in enumerate(self.workers.try_all(new), start=1):
            self.record.add(outcome, kind, str(trial.set))
            watch(f"{kind}: {done} of {len(new)}")
        row.seconds += time.monotonic() - began
        for trial in chosen:
            self._count(row, trial, self.record.rows[trial.id])

    def _count(self, row: Row, trial: Trial, found: dict[str, object]) -> None:
        if not found["reached"]:
            row.counts["not reached"] += 1
            return
        row.runs += 1
        row.points |= {f"{name} {moment}" for _, (name, moment, _, _) in trial.stops}
        row.faults += len(trial.faults)
        for name in ("duplicates", "losses", "wrong", "other"):
            row.counts[name] += int(str(found[name]))
        if found["words"]:
            self.failures.append(f"{trial.id}: {found['words']}")


def main() -> int:
    """Return the exit code."""
    arguments = read_arguments()
    record = Record("quick" if arguments.quick else "trials")
    with Workers(arguments.jobs) as workers:
        campaign = Campaign(record, workers, QUICK if arguments.quick else WHOLE)
        try_everything(campaign, arguments)
        missed = not_caught(campaign)
    show(campaign.rows)
    for failure in campaign.failures[:20]:
        print(failure)
    print(f"{len(MUTATIONS_AND_TRIALS) - len(missed)} of {len(MUTATIONS_AND_TRIALS)} broken programs caught")
    for name in missed:
        print(f"not caught: {name}", flush=True)
    others = [subprocess.call([sys.executable, "-m", *command]) for command in other_proofs(arguments)]
    return 1 if campaign.failures or missed or any(others) else 0


def other_proofs(arguments: argparse.Namespace) -> tuple[tuple[str, ...], ...]:
    """Return the commands of what is tried elsewhere; each prints one line."""
    jobs = str(arguments.jobs)
    if arguments.quick:
        year = ("tests.year", "--contracts", "10", "--milestones", "100", "--days", "60")
        model = ("tests.engine.model", "--steps", "5000", "--jobs", jobs)
        return model, ("tests.storage", "--jobs", jobs), year
    model = ("tests.engine.model", "--steps", "1000000", "--jobs", jobs)
    return model, ("tests.storage", "--all", "--jobs", jobs), ("tests.year",)


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small selection")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time")
    parser.add_argument("--pairs", type=int, default=150, help="pairs of faults for each set of connectors")
    parser.add_argument("--kills", type=int, default=2, help="kills on top of each fault that leaves doubt")
    return parser.parse_args()


def try_everything(campaign: Campaign, arguments: argparse.Namespace) -> None:
    """Record every story, then disturb it in every way."""
    chosen = matrix.sets()
    recorded = [(trial, campaign_outcome(campaign, trial)) for trial in matrix.recordings(chosen)]
    campaign.go("kill", (kill for trial, outcome in recorded for kill in matrix.kills(trial, outcome)))
    short = [(trial, outcome) for trial, outcome in recorded if trial.scenario in SCENARIOS[:2]]
    campaign.go("pause", (pause for trial, outcome in short for pause in matrix.pauses(trial, outcome)))
    first = [(trial, outcome) for trial, outcome in recorded if trial.scenario == matrix.FIRST]
    singles = [one for trial, outcome in first for one in matrix.single_faults(trial, outcome)]
    campaign.go("fault", singles)
    campaign.go("two faults", (t for r, o in first for t in matrix.double_faults(r, o, arguments.pairs)))
    campaign.go("fault and kill", _kills_after(campaign, singles, arguments.kills))


def _kills_after(campaign: Campaign, singles: Iterable[Trial], count: int) -> Iterator[Trial]:
    for trial, outcome in recorded_again(campaign, [one for one in singles if matrix.leaves_doubt(one)]):
        yield from matrix.kills_after_faults(trial, outcome, count)


def campaign_outcome(campaign: Campaign, trial: Trial) -> Outcome:
    """Play a story undisturbed."""
    ((_, outcome),) = campaign.workers.try_all([trial])
    if not outcome.verdict.good:
        raise SystemExit(f"undisturbed, and already wrong: {outcome.id}: {outcome.verdict.words}")
    return outcome


def recorded_again(campaign: Campaign, trials: list[Trial]) -> Iterator[tuple[Trial, Outcome]]:
    """Yield trials with the boundaries that they come to."""
    order = {trial.id: place for place, trial in enumerate(trials)}
    yield from sorted(campaign.workers.try_all(trials), key=lambda pair: order[pair[0].id])


def not_caught(campaign: Campaign) -> list[str]:
    """Return the mutations that no trial notices."""
    broken = [replace(trial, mutation=one.name) for one in MUTATIONS_AND_TRIALS for trial in one.trials]
    caught = {trial.mutation for trial, outcome in campaign.workers.try_all(broken) if not outcome.verdict.good}
    return [one.name for one in MUTATIONS_AND_TRIALS if one.name not in caught]


def show(rows: dict[str, Row]) -> None:
    """Print the table."""
    names = ("duplicates", "losses", "wrong", "other", "not reached")
    heads = "".join(f"{name:>13}" for name in names)
    print(f"{'':<16}{'points':>8}{'faults':>8}{'runs':>8}{heads}{'seconds':>9}")
    for kind, row in rows.items():
        counts = "".join(f"{row.counts[name]:>13}" for name in names)
        print(f"{kind:<16}{len(row.points):>8}{row.faults:>8}{row.runs:>8}{counts}{row.seconds:>9.0f}")
    total = sum(row.runs for row in rows.values())
    print(f"{'in all':<16}{'':>8}{'':>8}{total:>8}")


def watch(words: str) -> None:
    """Show a person how far it is."""
    if sys.stderr.isatty():
        print(f"\r{words:<60}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
