"""Rules: what became of documents is read back, and drafts that nobody has sent are deleted."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from tests.engine.model.inside import MOST_BACKUPS, Files, Runs
from tests.engine.model.stage import SECONDS, WHICH, Fate, listening

from tracker2invoice.engine.decide import withdraw
from tracker2invoice.engine.reconcile import reconcile
from tracker2invoice.errors import Rejected
from tracker2invoice.testing.memory_output import Killed


class Readings(Runs, Files):
    """Claims of which a document was delivered."""

    @rule(whole=st.booleans(), boundary=st.integers(0, 8))
    def documents_are_read_back(self, whole: bool, boundary: int) -> None:
        with suppress(Killed), listening(Fate(boundary)), self.world.house() as house:
            reconcile(house, whole=whole)
        self.judge.ledger_says(self.world.ledger.claims())

    @precondition(lambda self: self.delivered())
    @rule(which=WHICH, boundary=st.integers(0, 8))
    def a_person_has_a_draft_deleted(self, which: int, boundary: int) -> None:
        """The command may die; what it has deleted by then is deleted."""
        self.delete_draft(self.one_of(self.delivered(), which), Fate(boundary))

    @precondition(lambda self: self.delivered())
    @rule(which=WHICH, after=SECONDS)
    def a_restored_backup_forgets_a_deletion(self, which: int, after: int) -> None:
        backup = self.back_up(MOST_BACKUPS)
        self.delete_draft(self.one_of(self.delivered(), which), Fate(0))
        self.a_run(after)
        self.restore(backup)
        self.a_run(after)

    def delete_draft(self, reference: str, fate: Fate) -> None:
        with suppress(Killed, Rejected), listening(fate), self.world.house() as house:
            withdraw(house, self.judge.known.claims[reference], "anna")
        for one in self.world.ledger.decisions().values():
            if one.decision == "withdraw":
                self.judge.known.kept.discard(one.reference)
                self.judge.known.approved.discard(one.reference)
        self.judge.ledger_says(self.world.ledger.claims())

    def delivered(self) -> list[str]:
        claims = self.judge.known.claims.values()
        return [one.reference for one in claims if any(delivery.state == "delivered" for delivery in one.deliveries)]
