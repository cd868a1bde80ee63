"""Rules: what a person has billed again because none of its documents is left."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from tests.engine.model.stage import WHICH, Fate, Stage, listening

from tracker2invoice.engine.decide import reissue
from tracker2invoice.testing.memory_output import Killed


class Reissues(Stage):
    """Claims of which every delivery is rejected or gone."""

    @precondition(lambda self: self.lost())
    @rule(which=WHICH, boundary=st.integers(0, 8))
    def a_person_has_something_billed_again(self, which: int, boundary: int) -> None:
        """The command may die; what it has decided by then stands."""
        reference, fate = self.one_of(self.lost(), which), Fate(boundary)
        with suppress(Killed), listening(fate), self.world.house() as house:
            reissue(house, self.judge.known.claims[reference], "anna")
        if "ledger.decision" in fate.done:
            self.judge.known.reissued.add(reference)

    def lost(self) -> list[str]:
        claims = self.judge.known.claims.values()
        return [claim.reference for claim in claims if claim.deliveries and not claim.live]
