"""Rules: what a person has billed again because none of its documents is left."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from tests.engine.model.inside import MOST_BACKUPS, OUTPUT, Files, Runs
from tests.engine.model.stage import PROJECT, SECONDS, WHICH, Fate, listening

from tracker2invoice.engine.decide import reissue
from tracker2invoice.testing.memory_output import Killed


class Reissues(Runs, Files):
    """Claims of which every delivery is rejected or gone."""

    @precondition(lambda self: self.lost())
    @rule(which=WHICH, boundary=st.integers(0, 8))
    def a_person_has_something_billed_again(self, which: int, boundary: int) -> None:
        """The command may die; what it has decided by then stands."""
        self.reissue(self.one_of(self.lost(), which), Fate(boundary))

    @rule(project=PROJECT, which=WHICH, output=OUTPUT, after=SECONDS)
    def a_restored_backup_forgets_a_reissue(self, project: int, which: int, output: str, after: int) -> None:
        backup = self.back_up(MOST_BACKUPS)
        self.a_milestone_is_closed_and_its_output_fails(project, which, output, ["reject"], after)
        for reference in self.lost():
            self.reissue(reference, Fate(0))
        self.a_run(after)
        self.restore(backup)
        self.a_run(after)

    def reissue(self, reference: str, fate: Fate) -> None:
        with suppress(Killed), listening(fate), self.world.house() as house:
            reissue(house, self.judge.known.claims[reference], "anna")
        if "ledger.decision" in fate.done:
            self.judge.known.reissued.add(reference)

    def lost(self) -> list[str]:
        claims = self.judge.known.claims.values()
        return [claim.reference for claim in claims if claim.deliveries and not claim.live]
