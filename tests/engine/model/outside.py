"""Rules: what happens in the trackers, in the books, to the contracts and to the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import get_args

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from tests.engine.model.judge import is_live
from tests.engine.model.stage import PROJECT, SECONDS, WHICH, Change, Stage
from tests.engine.model.world import OUTPUTS, PROJECTS, SHARES, TITLES, fixed, terms

from tracker2invoice.model.money import Money
from tracker2invoice.testing.memory_tracker import MemoryProjects

CONTRACT = st.sampled_from(("audit", "portal", "shop"))
OUTPUT = st.sampled_from(sorted(OUTPUTS))
MOST_MILESTONES = 5
"""In one project: more make runs slow and say nothing new."""


class Trackers(Stage):
    """What people do to milestones and projects, and a reading that fails."""

    @rule(project=PROJECT, title=st.sampled_from(TITLES), closed=st.booleans())
    def a_milestone_is_added(self, project: int, title: str, closed: bool) -> None:
        projects, project_id = self.project(project)
        if len(self.world.milestones(project)) < MOST_MILESTONES:
            number = projects.add_milestone(project_id, title)
            if closed:
                projects.close(project_id, number)

    @rule(project=PROJECT, which=WHICH)
    def a_milestone_is_closed(self, project: int, which: int) -> None:
        self.world.close_milestone(project, which)

    @rule(project=PROJECT)
    def all_milestones_of_a_project_are_closed(self, project: int) -> None:
        for which in range(len(self.world.milestones(project))):
            self.world.close_milestone(project, which)

    @rule(project=PROJECT, which=WHICH)
    def a_milestone_is_reopened(self, project: int, which: int) -> None:
        projects, project_id = self.project(project)
        projects.reopen(project_id, self.world.number(project, which))

    @rule(project=PROJECT, which=WHICH, title=st.sampled_from(TITLES))
    def a_milestone_is_renamed(self, project: int, which: int, title: str) -> None:
        projects, project_id = self.project(project)
        projects.rename(project_id, self.world.number(project, which), title)

    @rule(project=PROJECT, which=WHICH)
    def a_milestone_is_deleted(self, project: int, which: int) -> None:
        projects, project_id = self.project(project)
        if len(self.world.milestones(project)) > 1:
            projects.delete_milestone(project_id, self.world.number(project, which))

    @rule(project=PROJECT, which=WHICH, done=st.booleans())
    def an_issue_is_added(self, project: int, which: int, done: bool) -> None:
        projects, project_id = self.project(project)
        projects.add_issue(project_id, self.world.number(project, which), "one more", done=done)

    @precondition(lambda self: self.judge.known.claims)
    @rule(project=PROJECT, back=st.booleans())
    def a_project_is_renamed(self, project: int, back: bool) -> None:
        projects, project_id = self.project(project)
        name = PROJECTS[project][1]
        projects.rename_project(project_id, name if back else f"{name}-2")

    @rule(project=PROJECT)
    def the_next_reading_of_a_project_fails(self, project: int) -> None:
        projects, project_id = self.project(project)
        projects.fail_next(project_id)

    def project(self, project: int) -> tuple[MemoryProjects, str]:
        tracker, project_id = self.world.projects[project]
        return self.world.trackers[tracker], project_id


class Agreements(Stage):
    """What people write into the configuration."""

    @rule(contract=CONTRACT, percent=st.sampled_from((40, 95, 101, 107, 200)))
    def a_change_order_moves_the_price(self, contract: str, percent: int) -> None:
        before = self.world.contracts[contract]
        price = Money.rounded(Fraction(before.price.amount) * percent / 100, before.currency)
        self.world.contracts[contract] = replace(before, price=price)

    @rule(contract=CONTRACT, shares=st.sampled_from(SHARES))
    def the_shares_are_agreed_anew(self, contract: str, shares: tuple[str, ...]) -> None:
        before = self.world.signed[contract]
        matches = tuple(term.match for term in before.terms)
        self.world.contracts[contract] = replace(self.world.contracts[contract], terms=terms(shares, matches))

    @rule(contract=CONTRACT, units=st.sampled_from(((1, 10001, 333), (70000, 5, 20000))))
    def fixed_amounts_are_agreed(self, contract: str, units: tuple[int, ...]) -> None:
        before = self.world.signed[contract]
        self.world.contracts[contract] = replace(self.world.contracts[contract], terms=fixed(units, before))

    @rule(contract=CONTRACT)
    def a_contract_is_removed_or_put_back(self, contract: str) -> None:
        self.world.removed ^= {contract}

    @rule(contract=CONTRACT, output=OUTPUT, account=st.sampled_from(("acme", "acme", "other")))
    def a_client_gets_another_account(self, contract: str, output: str, account: str) -> None:
        before = self.world.contracts[contract]
        remote = {**before.client.remote, output: f"{output}-{account}"}
        self.world.contracts[contract] = replace(before, client=replace(before.client, remote=remote))


class Books(Stage):
    """What people do to documents over there."""

    @precondition(lambda self: self.documents())
    @rule(output=OUTPUT, which=WHICH, what=st.sampled_from(get_args(Change)))
    def a_document_is_changed_over_there(self, output: str, which: int, what: Change) -> None:
        if reference := self.document(output, which):
            self.change(output, reference, what)

    def document(self, output: str, which: int) -> str:
        entries = self.world.books[output].entries
        return self.one_of({entry.draft.reference for entry in entries if is_live(entry)}, which)


class Time(Stage):
    """Time goes on, and our clock is wrong or put right."""

    @rule(after=SECONDS)
    def some_time_passes(self, after: int) -> None:
        self.world.clocks.advance(timedelta(seconds=after))

    @rule(hours=st.sampled_from((1, 2, 3, 24, 25, 72)))
    def hours_pass(self, hours: int) -> None:
        self.world.clocks.advance(timedelta(hours=hours))

    @rule(hours=st.sampled_from((-72, -25, -2, -1, 1, 2, 25, 72)))
    def our_clock_is_turned(self, hours: int) -> None:
        self.world.clocks.turn(timedelta(hours=hours))

    @rule()
    def our_clock_is_put_right(self) -> None:
        self.world.clocks.turn(-self.world.clocks.ahead)
