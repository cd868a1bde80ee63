"""`status`: per contract what was agreed, billed and delivered, and what waits. Asks no tracker and no output."""

from __future__ import annotations

from typing import Any

from tracker2invoice.cli import common, consents, session, shapes, tables
from tracker2invoice.engine.bill import make_plan
from tracker2invoice.engine.consents import consents as consent_standings
from tracker2invoice.engine.standing import ContractStanding, standings


@common.command("status")
def command(console: common.Console) -> int:
    """Show each contract: price, billed, open, its terms, what waits for a person, and consents that end soon.

    Shows what the ledger knows; `run` or `plan` asks the trackers anew.
    """
    with session.house(console) as house:
        all_claims = house.ledger.claims()
        plan = make_plan(house)
        found = standings(house.configuration.contracts, plan, all_claims)
        kept, now = consent_standings(house.configuration, house.clock), house.clock()
    claims = {claim.reference: claim for claim in all_claims}
    tables.show(
        console,
        ("contract", "client", ">price", ">billed", ">retained", ">paid", ">open", "terms"),
        [_row(one) for one in found],
    )
    if waiting := [action for one in found for action in one.waiting]:
        console.say()
        tables.actions(console, waiting, claims)
    for line in consents.lines(kept, now):
        console.warn(f"warning: {line}")
    console.answer(
        {
            "contracts": [_shape(one, claims) for one in found],
            "consents": [consents.shape(one, now) for one in kept],
        }
    )
    return common.HELD if plan.of_kind("hold") else common.DONE


def _row(one: ContractStanding) -> tuple[str, ...]:
    states = ", ".join(f"{term.id} {term.state}" for term in one.terms)
    contract = one.contract
    figures = map(str, (contract.price + one.change_orders, one.billed, one.retained, one.paid, one.open))
    return (contract.id, contract.client.name, *figures, states)


def _shape(one: ContractStanding, claims: dict[str, Any]) -> dict[str, Any]:
    contract = one.contract
    return {
        "id": contract.id,
        "client": contract.client.id,
        "currency": contract.currency,
        "price": str(contract.price.amount),
        "change_orders": str(one.change_orders.amount),
        "billed": str(one.billed.amount),
        "retained": str(one.retained.amount),
        "advance": str(one.advance.amount),
        "paid": str(one.paid.amount),
        "open": str(one.open.amount),
        "terms": [
            {
                "id": term.id,
                "state": term.state,
                "amount": str(term.amount.amount),
                "billed": str(term.billed.amount),
                "milestone": term.milestone or None,
            }
            for term in one.terms
        ],
        "documents": [shapes.document(delivery) for delivery in one.documents],
        "waiting": shapes.actions(one.waiting, claims),
    }
