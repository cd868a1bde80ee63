"""`approve`: let something held go."""

from __future__ import annotations

import click

from tracker2invoice.cli import common, decisions, session
from tracker2invoice.engine.bill import make_plan
from tracker2invoice.engine.decide import approve


@common.command("approve")
@click.argument("references", nargs=-1, metavar="[REFERENCE]...")
@click.option("--all", "take_all", is_flag=True, help="Everything that the brake holds now.")
@click.option("--by", default=decisions.who, help="Who decides; default is the login name.")
@click.option("--note", default="", help="Why, for the journal.")
def command(console: common.Console, references: tuple[str, ...], by: str, note: str, *, take_all: bool) -> int:
    """Let held bills go; the next run bills them."""
    with session.house(console) as house:
        plan = make_plan(house)
        braked = [one.reference for one in plan.of_kind("hold") if one.reason.code.startswith("brake-")]
        chosen = decisions.wanted(references, braked, take_all=take_all)

        def act(reference: str) -> str:
            approve(house.ledger, reference, by, note)
            return "approved"

        return decisions.decide(console, house, plan, chosen, act)
