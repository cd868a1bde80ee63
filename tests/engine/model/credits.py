"""Rules: what a person takes back with a credit note because it was sent."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from tests.engine.model.inside import MOST_BACKUPS, Files, Runs
from tests.engine.model.stage import PROJECT, SECONDS, WHICH, Fate, listening

from tracker2invoice.engine.decide import credit
from tracker2invoice.testing.memory_output import Killed


class Credits(Runs, Files):
    """Claims of which a document was delivered."""

    @precondition(lambda self: self.sent())
    @rule(which=WHICH, boundary=st.integers(0, 8))
    def a_person_takes_something_back(self, which: int, boundary: int) -> None:
        """The command may die; what it has decided by then stands."""
        self.take_back(self.one_of(self.sent(), which), Fate(boundary))

    @precondition(lambda self: self.sent())
    @rule(project=PROJECT, which=WHICH, after=SECONDS)
    def something_is_taken_back_and_done_again(self, project: int, which: int, after: int) -> None:
        self.take_back(self.one_of(self.sent(), which), Fate(0))
        self.a_run(after)
        tracker, project_id = self.world.projects[project]
        self.world.trackers[tracker].reopen(project_id, self.world.number(project, which))
        self.a_run(after)
        self.a_milestone_is_closed_and_billed(project, which, after)

    @precondition(lambda self: self.sent())
    @rule(which=WHICH, after=SECONDS)
    def a_restored_backup_forgets_a_credit(self, which: int, after: int) -> None:
        backup = self.back_up(MOST_BACKUPS)
        self.take_back(self.one_of(self.sent(), which), Fate(0))
        self.a_run(after)
        self.restore(backup)
        self.a_run(after)

    def take_back(self, reference: str, fate: Fate) -> None:
        with suppress(Killed), listening(fate), self.world.house() as house:
            credit(house, self.judge.known.claims[reference], "anna")
        decisions = self.world.ledger.decisions().values()
        self.judge.known.credited |= {one.reference for one in decisions if one.decision == "credit"}

    def sent(self) -> list[str]:
        claims = self.judge.known.claims.values()
        delivered = [one for one in claims if any(delivery.state == "delivered" for delivery in one.deliveries)]
        return [claim.reference for claim in delivered if not claim.credits]
