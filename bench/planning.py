"""How long a plan takes: 1,000 contracts of 20 terms against 100,000 milestones in 1,000 projects.

Run it with `python bench/planning.py`. It prints a table: one row per way in which terms name their milestones.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Literal

from tracker2invoice.cli.main import collect_rarely
from tracker2invoice.mapping.actions import Facts, Plan
from tracker2invoice.mapping.plan import plan
from tracker2invoice.model.contract import Brake, Contract, Limit
from tracker2invoice.model.milestone import Milestone, Project
from tracker2invoice.model.term import Match, Term
from tracker2invoice.testing.samples import sample_contract, sample_milestone

CONTRACTS, TERMS, MILESTONES = 1_000, 20, 100_000
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
REPEATS = 3
WAYS: tuple[tuple[Literal["title", "glob", "regex", "number"], str], ...] = (
    ("title", "Phase {:03}"),
    ("glob", "Phase {:03}*"),
    ("regex", "Phase 0*{}"),
    ("number", "{}"),
)


def main() -> None:
    collect_rarely()
    print(f"{CONTRACTS:,} contracts x {TERMS} terms, {MILESTONES:,} milestones; CPU time, best of {REPEATS}")
    print(f"{'terms name them by':<20}{'seconds':>8}{'actions':>10}  bill / hold / none")
    for by, pattern in WAYS:
        facts = sample_facts(tuple(Match(by, pattern.format(number)) for number in range(1, TERMS + 1)))
        seconds, the_plan = timed(facts)
        kinds = Counter(action.kind for action in the_plan.actions)
        counts = " / ".join(f"{kinds[kind]:,}" for kind in ("bill", "hold", "none"))
        print(f"{by:<20}{seconds:>8.2f}{len(the_plan.actions):>10,}  {counts}")


def timed(facts: Facts) -> tuple[float, Plan]:
    best, the_plan = float("inf"), plan(facts)
    for _ in range(REPEATS):
        began = time.process_time()
        the_plan = plan(facts)
        best = min(best, time.process_time() - began)
    return best, the_plan


def sample_facts(matches: tuple[Match, ...]) -> Facts:
    labels = [f"github:acme/project-{number}" for number in range(CONTRACTS)]
    terms = tuple(Term(f"term-{number}", match, percent=Fraction(100, TERMS)) for number, match in enumerate(matches))
    return Facts(
        now=NOW,
        contracts=tuple(contract(number, label, terms) for number, label in enumerate(labels)),
        projects={label: Project("github", label, label.partition(":")[2], "") for label in labels},
        milestones=tuple(milestone(number, labels[number % CONTRACTS]) for number in range(MILESTONES)),
        claims=(),
        brake=Brake(run=Limit(), contract=Limit()),
    )


def contract(number: int, label: str, terms: tuple[Term, ...]) -> Contract:
    return replace(sample_contract(), id=f"contract-{number}", projects=(label,), terms=terms)


def milestone(serial: int, label: str) -> Milestone:
    number = serial // CONTRACTS + 1
    closed = number % 2 == 0
    return replace(
        sample_milestone(f"Phase {number:03}", number, project_id=label),
        id=str(serial),
        state="closed" if closed else "open",
        closed_at=NOW - timedelta(hours=serial % 1000) if closed else None,
    )


if __name__ == "__main__":
    main()
