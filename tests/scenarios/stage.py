"""The contracts in `examples/` as they are shipped, on a tracker and an output in memory, with a clock to turn.

A story calls `run` once at each of its days; it hears of the documents that are new by then.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import BaseModel

from tracker2invoice.configfile import Configuration, Configured, load
from tracker2invoice.engine.bill import make_plan
from tracker2invoice.engine.decide import approve
from tracker2invoice.engine.house import House, open_house
from tracker2invoice.engine.run import run
from tracker2invoice.engine.standing import standings
from tracker2invoice.mapping.actions import Action
from tracker2invoice.mapping.statement import statements
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.money import Money
from tracker2invoice.model.work import WorkItem
from tracker2invoice.plugins import OutputPlugin, TrackerPlugin
from tracker2invoice.testing.memory_output import CAPABILITIES, MemoryBooks, MemoryOutput
from tracker2invoice.testing.memory_tracker import MemoryProjects, MemoryTracker

EXAMPLES = Path(__file__).parents[2] / "examples"

Bill = tuple[str, str, str, str]
"""The term of a document, its net amount, tax and gross amount."""


class NoSettings(BaseModel):
    """Nothing to set."""


def shipped(name: str, patch: pytest.MonkeyPatch) -> Configuration:
    """Load an example as its reader does, with a token and no setting of this machine."""
    for variable in [variable for variable in os.environ if variable.startswith("T2I_")]:
        patch.delenv(variable)
    patch.setenv("GITHUB_TOKEN", "token")
    patch.setenv("GITLAB_TOKEN", "token")
    return load(EXAMPLES / name / "tracker2invoice.toml")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the contract stands, net; `price` is with the change orders of the day."""

    price: str
    billed: str
    open: str
    retained: str = "0.00"
    advance: str = "0.00"


class Life:
    """One contract from its first day to its last."""

    def __init__(self, configuration: Configuration, directory: Path) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        (self.contract,) = configuration.contracts
        (label,) = self.contract.projects
        tracker, _, project = label.partition(":")
        self.projects, self.books = MemoryProjects(self._clock, tracker), MemoryBooks(self._clock)
        self.project = self.projects.add_project(project)
        self._numbers: dict[str, int] = {}
        self._told: dict[str, Action] = {}
        self._configuration = replace(
            configuration,
            ledger_url=f"sqlite:///{directory}/ledger.db",
            trackers={name: self._tracker() for name in configuration.trackers},
            outputs={name: self._output() for name in configuration.outputs},
        )

    def on(self, year: int, month: int, day: int, hour: int = 8) -> None:
        """Let it be that day, at that hour UTC."""
        assert datetime(year, month, day, hour, tzinfo=UTC) > self.now
        self.now = datetime(year, month, day, hour, tzinfo=UTC)

    def plan_work(self, *titles: str) -> None:
        """Create milestones."""
        for title in titles:
            self._numbers[title] = self.projects.add_milestone(self.project, title)

    def close(self, title: str) -> None:
        """Close a milestone."""
        self.projects.close(self.project, self._numbers[title])

    def reopen(self, title: str) -> None:
        """Open a milestone again."""
        self.projects.reopen(self.project, self._numbers[title])

    def work(self, title: str, *items: WorkItem) -> None:
        """Let these issues be all that is in the milestone."""
        self.projects.set_work(self.project, self._numbers[title], *items)

    def run(self) -> list[Bill]:
        """Run, and return the documents that are new; a second run at once makes none."""
        known = len(self.books.entries)
        self._told = self._run_once()
        new = self.drafts[known:]
        self._run_once()
        assert self.drafts[known:] == new
        return [_bill(draft) for draft in new]

    def reason(self, term: str) -> str:
        """Return the code and words of the reason that the latest run gave for a term."""
        return str(self._told[term].reason)

    def approve(self, term: str) -> None:
        """Do what `t2i approve REFERENCE` does, with the reference that the latest run gave."""
        with self._house() as house:
            approve(house.ledger, self._told[term].reference, "ann")

    @property
    def drafts(self) -> list[Draft]:
        """Every document so far, in the order in which they came."""
        return [entry.draft for entry in self.books.entries]

    @property
    def standing(self) -> Standing:
        """Where the contract stands now; what was billed and what is open make the price."""
        with self._house() as house:
            (one,) = standings(house.configuration.contracts, make_plan(house), house.ledger.claims())
        assert one.billed + one.open == one.contract.price + one.change_orders
        amounts = (one.contract.price + one.change_orders, one.billed, one.open, one.retained, one.advance)
        return Standing(*map(_digits, amounts))

    def close_the_books(self, net: str, tax: str, gross: str) -> None:
        """Compare all documents together; the progress statement ties out with them, and nothing is left to bill."""
        totals = [draft.totals for draft in self.drafts]
        assert [str(sum(one)) for one in zip(*((t.net, t.tax, t.gross) for t in totals), strict=True)] == [
            net,
            tax,
            gross,
        ]
        with self._house() as house:
            made = statements(self.contract, house.ledger.claims())
        for one in made:
            assert one.asked.amount == sum(draft.totals.net for draft in self.drafts if draft.issue_date == one.day)
        assert made[-1].lines["9"] == Money.zero(self.contract.currency)

    def _run_once(self) -> dict[str, Action]:
        with self._house() as house:
            report = run(house)
        assert report.troubles == ()
        return {action.term: action for action in report.plan.actions}

    def _clock(self) -> datetime:
        return self.now

    @contextmanager
    def _house(self) -> Generator[House]:
        with open_house(self._configuration, self._clock) as house:
            yield house

    def _tracker(self) -> Configured:
        plugin = TrackerPlugin("memory", NoSettings, lambda _, context: MemoryTracker(context.name, self.projects))
        return Configured("memory", NoSettings(), plugin)

    def _output(self) -> Configured:
        plugin = OutputPlugin(
            "memory", NoSettings, lambda _, context: MemoryOutput(context.name, self.books), CAPABILITIES
        )
        return Configured("memory", NoSettings(), plugin)


def _bill(draft: Draft) -> Bill:
    totals = draft.totals
    return (draft.why.term, str(totals.net), str(totals.tax), str(totals.gross))


def _digits(amount: Money) -> str:
    return str(amount.amount)
