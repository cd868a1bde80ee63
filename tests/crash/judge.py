"""What must be true once everything is quiet, judged by the books of the twins and by amounts worked out by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tests.crash.scenarios import GROSS, NET, Scenario
from tests.crash.stage import Stage

from tracker2invoice.ledger.store import Ledger
from tracker2invoice.ledger.verify import verify
from tracker2invoice.testing.twins import Booked


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong, counted; `words` say it in full."""

    duplicates: int = 0
    losses: int = 0
    wrong: int = 0
    other: int = 0
    words: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Nothing is wrong."""
        return not self.words


def at_once(stage: Stage) -> Iterator[str]:
    """Yield what is wrong right after a process has ended, however it ended: this must hold at every instant."""
    if not stage.ledger_exists:
        return
    with stage.ledger() as ledger:
        for fault in verify(ledger):
            yield f"ledger, in between: {fault.table} {fault.row}: {fault.detail}"
        stored = {(d.output, d.reference) for claim in ledger.claims() for d in claim.deliveries if d.payload}
    for name, twin in stage.outputs.items():
        for document in twin.documents():
            if (name, document.reference) not in stored:
                yield f"{name}: {document.reference} is there, and the ledger does not know that it was sent"


def judge(stage: Stage, scenario: Scenario, *, quiet: bool) -> Verdict:
    """Compare the books of every output with what the scenario should have come to."""
    wanted = Counter((NET[title], GROSS[title]) for title in scenario.billed)
    duplicates = losses = wrong = 0
    words: list[str] = []
    for name, twin in stage.outputs.items():
        live = [one for one in twin.documents() if one.state not in ("void", "deleted")]
        found = Counter((one.net, one.gross) for one in live)
        same = Counter(one.reference for one in live)
        twice = sum(count - 1 for count in same.values())
        missing, extra = (wanted - found).total(), (found - wanted).total()
        strange = [one for one in live if not _is_right(one, twin.client)]
        duplicates += max(twice, extra if found.keys() <= wanted.keys() else twice)
        losses += missing
        wrong += len(strange)
        words += [f"{name}: {len(live)} documents, wanted {wanted.total()}"] * (found != wanted)
        words += [f"{name}: {one}" for one in strange]
        words += [f"{name}: leftover {one}" for one in twin.leftovers()]
    other = [*stage.noticed, *_outside(stage), *([] if quiet else ["never quiet"])]
    with stage.ledger() as ledger:
        other += _in_ledger(stage, ledger)
    return Verdict(duplicates, losses, wrong, len(other), (*words, *other))


def _is_right(document: Booked, client: str) -> bool:
    amounts = {NET[title]: GROSS[title] for title in NET}
    return (
        amounts.get(document.net, Decimal(-1)) == document.gross
        and document.currency == "EUR"
        and document.client == client
    )


def _outside(stage: Stage) -> Iterator[str]:
    for number, ended in enumerate(stage.ended):
        if "Traceback" in ended.words:
            yield f"process {number} ended with a traceback"
        if ended.code == -14:
            yield f"process {number} hung"
    for path in stage.directory.rglob("*"):
        if path.suffix in (".part", ".new") or path.name.endswith("-journal"):
            yield f"left behind: {path.name}"


def _in_ledger(stage: Stage, ledger: Ledger) -> Iterator[str]:
    for fault in verify(ledger):
        yield f"ledger: {fault.table} {fault.row}: {fault.detail}"
    numbers = sorted(ledger.numbers().values())
    if numbers != [f"2026-{place:04}" for place in range(1, len(numbers) + 1)]:
        yield f"the numbers have a gap: {numbers}"
    reissued = {one.reference for one in ledger.decisions().values() if one.decision == "reissue"}
    for claim in ledger.claims():
        draft = ledger.draft(claim.reference)
        for delivery in claim.deliveries:
            documents = [one for one in stage.outputs[delivery.output].documents() if one.reference == claim.reference]
            live = [(one.net, one.gross) for one in documents if one.state not in ("void", "deleted")]
            taken_back = delivery.state == "gone" and claim.reference in reissued
            if live != ([] if taken_back else [(draft.totals.net, draft.totals.gross)]):
                yield f"{claim.reference}: the books of {delivery.output} are not as the frozen draft"
            if {one.state for one in documents} == {"sent"} and claim.reference not in ledger.numbers():
                yield f"{claim.reference}: {delivery.output} has a number that the ledger did not give"
            if delivery.state != "delivered" and not taken_back:
                yield f"{claim.reference}: {delivery.output} is {delivery.state} ({delivery.reason})"
