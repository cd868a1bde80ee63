"""`ledger verify` and `ledger migrate`."""

from __future__ import annotations

import click

from tracker2invoice.cli import common, session
from tracker2invoice.ledger.store import open_ledger
from tracker2invoice.ledger.verify import verify as find_faults


@click.group("ledger")
def command() -> None:
    """Verify or migrate the ledger."""


@common.command("verify")
def verify(console: common.Console) -> int:
    """Check the journal's hash chain and every table against it; name each row that was changed, removed or moved."""
    configuration = session.configuration(console)
    with open_ledger(configuration.ledger_url, session.clock()) as ledger:
        faults = find_faults(ledger)
        entries = sum(1 for _ in ledger.journal())
    for fault in faults:
        console.warn(common.plain(f"{fault.table} {fault.row}: {fault.detail}", 1000))
    if faults:
        console.warn("The ledger was changed from outside or damaged. Restore a backup, or find out who changed it.")
    elif entries:
        console.say(f"The ledger is intact: {entries} journal entries, chained without a gap.")
    else:
        console.say(
            "The ledger is empty: nothing was seen or billed through it yet. If that surprises you, look at [ledger]."
        )
    console.answer(
        {
            "intact": not faults,
            "entries": entries,
            "faults": [{"table": one.table, "row": one.row, "detail": one.detail} for one in faults],
        }
    )
    return common.FAILED if faults else common.DONE


@common.command("migrate")
def migrate(console: common.Console) -> int:
    """Bring the ledger of an earlier version up to this one. Back it up first."""
    configuration = session.configuration(console)
    with open_ledger(configuration.ledger_url, session.clock(), migrate=True):
        console.say("The ledger is up to date.")
    console.answer({"migrated": True})
    return common.DONE


command.add_command(verify)
command.add_command(migrate)
