"""`backfill`: bill milestones that were closed in the past, between two days that a person names."""

from __future__ import annotations

from datetime import datetime

import click

from tracker2invoice.cli import common, outcome, session
from tracker2invoice.engine.run import Steering, preview, run
from tracker2invoice.mapping.actions import Window

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@common.command("backfill")
@click.option(
    "--since",
    type=_DAY,
    required=True,
    metavar="DAY",
    help="First day, YYYY-MM-DD, in each contract's time zone.",
)
@click.option("--until", type=_DAY, required=True, metavar="DAY", help="Last day, inclusive.")
@click.option("--dry-run", is_flag=True, help="Show what would be billed; send nothing.")
@click.option("--release-brake", is_flag=True, help="Bill even if it is more than the brake lets through.")
def command(console: common.Console, since: datetime, until: datetime, *, dry_run: bool, release_brake: bool) -> int:
    """Bill milestones closed between two days, also before a contract's start.

    It can be interrupted at any time: what was claimed is delivered by the next run, what was not is planned again.
    """
    if until < since:
        raise click.UsageError("--until is before --since.")
    window = Window(since.date(), until.date())
    with session.house(console) as house, session.progress(console, "backfilling") as step:
        if dry_run:
            report = preview(house, window=window, released=release_brake)
        else:
            report = run(house, window=window, released=release_brake, steering=Steering(progress=step))
    return outcome.show(console, report)
