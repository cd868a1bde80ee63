"""`apply`: carry out exactly a saved plan."""

from __future__ import annotations

from pathlib import Path

import click

from tracker2invoice.cli import common, outcome, planfile, session
from tracker2invoice.engine.run import Steering, apply


@common.command("apply")
@click.argument("plan_file", type=click.Path(path_type=Path, dir_okay=False), metavar="PLAN.JSON")
def command(console: common.Console, plan_file: Path) -> int:
    """Carry out exactly the plan in PLAN.JSON; refuse if anything it rests on has changed."""
    saved = planfile.read(plan_file)
    if saved.as_of > session.clock()():
        # a minimum age, for one, is judged as of the plan
        raise click.UsageError(f"{plan_file} is from the future. Make one with: t2i plan --out {plan_file}")
    with session.house(console) as house, session.progress(console, "applying") as step:
        report = apply(house, saved.says, as_of=saved.as_of, steering=Steering(progress=step))
    return outcome.show(console, report)
