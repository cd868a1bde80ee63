"""`certify`: say how much of a term is done."""

from __future__ import annotations

import click

from tracker2invoice.cli import common, decisions, session, shapes, tables
from tracker2invoice.cli.common import plain
from tracker2invoice.engine.bill import make_plan
from tracker2invoice.engine.decide import certify
from tracker2invoice.model.invoice import Certification
from tracker2invoice.model.money import parse_decimal
from tracker2invoice.model.term import base_term


@common.command("certify")
@click.argument("contract")
@click.argument("term")
@click.argument("percent")
@click.option("--by", default=decisions.who, help="Who certifies; default is the login name.")
@click.option("--note", default="", help="On what grounds; it stands in the draft's data and in the journal.")
def command(console: common.Console, contract: str, term: str, percent: str, by: str, note: str) -> int:
    """Say that PERCENT (0 to 100) of TERM of CONTRACT are done to date; the next run bills what is new of it.

    The latest certification counts. What was billed stays, also if less is certified later.
    """
    with session.house(console) as house:
        try:
            certification = Certification(contract, term, parse_decimal(percent), by, house.clock(), note)
        except ValueError:
            return console.refuse("PERCENT is a number from 0 to 100, such as 60 or 62.5.")
        if words := certify(house, certification):
            return console.refuse(plain(f"{term} of {contract} cannot be certified: {words}.", 1000))
        planned = [
            action
            for action in make_plan(house).actions
            if (action.contract, base_term(action.term)) == (contract, term)
        ]
        claims = {claim.reference: claim for claim in house.ledger.claims()}
    console.say(plain(f"{by} certified {percent} % of {term} of {contract}."))
    tables.actions(console, planned, claims)
    console.answer(
        {"certified": shapes.certification(certification), "actions": shapes.actions(planned, claims)},
    )
    return common.DONE
