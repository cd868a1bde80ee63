"""Rules: how much of a term is done, as a person certifies."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import rule
from tests.engine.model.inside import Runs
from tests.engine.model.stage import PROJECT, SECONDS, WHICH, Fate, listening
from tests.engine.model.world import CERTIFIED, CERTIFIES

from tracker2invoice.engine.decide import certify
from tracker2invoice.model.invoice import Certification
from tracker2invoice.testing.memory_output import Killed

PERCENT = st.sampled_from((Decimal(0), Decimal("0.01"), Decimal("33.3"), Decimal(60), Decimal(100)))


class Certificates(Runs):
    """The term of each contract that is billed as it is certified."""

    @rule(which=WHICH, percent=PERCENT, boundary=st.integers(0, 3))
    def a_person_certifies(self, which: int, percent: Decimal, boundary: int) -> None:
        contracts = sorted(self.world.contracts)
        contract = contracts[which % len(contracts)]
        made = Certification(contract, CERTIFIED, percent, CERTIFIES, self.world.clocks.ours())
        with suppress(Killed), listening(Fate(boundary)), self.world.house() as house:
            certify(house, made)

    @rule(project=PROJECT, which=WHICH, percents=st.lists(PERCENT, min_size=1, max_size=3), after=SECONDS)
    def a_milestone_is_closed_and_certified_step_by_step(
        self, project: int, which: int, percents: list[Decimal], after: int
    ) -> None:
        self.world.close_milestone(project, which)
        for percent in percents:
            self.a_person_certifies(project, percent, 0)
            self.a_run(after)
