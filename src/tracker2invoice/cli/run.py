"""`run`: observe, plan and deliver once."""

from __future__ import annotations

import click

from tracker2invoice.cli import common, outcome, session
from tracker2invoice.engine.run import Steering, preview, run


@common.command("run")
@click.option("--dry-run", is_flag=True, help="Show what would be done; send nothing.")
def command(console: common.Console, *, dry_run: bool) -> int:
    """Observe, plan and deliver once."""
    with session.house(console) as house, session.progress(console, "running") as step:
        report = preview(house) if dry_run else run(house, steering=Steering(progress=step))
    return outcome.show(console, report)
