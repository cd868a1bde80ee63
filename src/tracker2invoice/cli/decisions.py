"""What `approve`, `hold` and `retry` share: references that exist, and who decides."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence

import click

from tracker2invoice.cli.common import DONE, Console, plain
from tracker2invoice.engine.house import House
from tracker2invoice.mapping.actions import Plan
from tracker2invoice.model.claim import Claim


def who() -> str:
    """Return the login name of the person at the keyboard, for the journal."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


SETTLED = {
    "reissue": "was reissued, so nothing is left to decide about it; `t2i plan` shows what replaces it",
    "credit": "was credited, so nothing is left to decide about it; `t2i plan` shows the credit note",
}
"""What is said about a reference after a decision that is final."""


def decide(console: Console, house: House, plan: Plan, references: Sequence[str], act: Callable[[str], str]) -> int:
    """Do `act` to each reference if the ledger or the present `plan` knows them all; nothing otherwise.

    The reference of a document stands for all claims on it. `act` returns what was done, in a word or two. What was
    reissued or credited is left alone.
    """
    known = _known(house, plan)
    if unknown := [reference for reference in references if reference not in known]:
        names = plain(", ".join(unknown))
        return console.refuse(f"Nothing known has the reference {names}. `t2i plan` lists the references.")
    meant = dict.fromkeys(reference for given in references for reference in known[given])
    done = {one: _settled(house, one) or act(one) for one in meant}
    for reference, words in done.items():
        console.say(f"{reference} {words}")
    if not references:
        console.say("There is nothing of that kind now.")
    console.answer({"references": list(references), "done": done})
    return DONE


def billed_as(house: House, reference: str) -> Claim | None:
    """Return the claim with that reference, or the first one on the document that has it; None if there is neither."""
    return house.ledger.claim(reference) or next(iter(house.ledger.claims_on(reference)), None)


def _settled(house: House, reference: str) -> str:
    decision = house.ledger.decision(reference)
    return SETTLED.get(decision.decision, "") if decision else ""


def _known(house: House, plan: Plan) -> dict[str, list[str]]:
    known = {action.reference: [action.reference] for action in plan.actions if action.reference}
    for claim in house.ledger.claims():
        for reference in {claim.reference, *claim.documents}:
            known[reference] = sorted({*known.get(reference, ()), claim.reference})
    return known


def wanted(references: tuple[str, ...], everything: Sequence[str], *, take_all: bool) -> tuple[str, ...]:
    """Return the references to act on.

    Raises:
        click.UsageError: neither or both of references and `--all`.
    """
    if take_all == bool(references):
        raise click.UsageError("Name references, or --all.")
    return tuple(dict.fromkeys(everything)) if take_all else references
