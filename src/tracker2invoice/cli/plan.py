"""`plan`: what would be billed, held and credited, and why."""

from __future__ import annotations

from pathlib import Path

import click

from tracker2invoice.cli import common, outcome, planfile, session
from tracker2invoice.engine.run import preview


@common.command("plan")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan for `apply`.")
def command(console: common.Console, out: Path | None) -> int:
    """Show what would be billed, held and credited, and why. Sends nothing."""
    with session.house(console) as house:
        report = preview(house)
    if out:
        planfile.write(out, report)
        console.say(f"Saved. Carry it out with: t2i apply {out}")
    return outcome.show(console, report)
