"""The entry point. Imports click and nothing else, so that `--help` and completion are instant.

Each command lives in its own module, imported when it is called; its line of help stands in the table here.
"""

from __future__ import annotations

import gc
from importlib import import_module

import click

from tracker2invoice import __version__

COMMANDS = {
    "init": "Write a commented configuration file.",
    "check": "Validate the configuration and reach every tracker and output.",
    "auth": "Ask a person to let a tracker or output in, by OAuth 2.",
    "clients": "Say who over there is a client of the configuration.",
    "plan": "Show what would be billed, held and credited, and why.",
    "preview": "Show a planned or billed document in any format.",
    "apply": "Carry out exactly a saved plan.",
    "run": "Observe, plan and deliver once.",
    "daemon": "Do the same on a schedule.",
    "backfill": "Bill milestones closed in the past.",
    "reconcile": "Read back what became of documents and milestones.",
    "status": "Show each contract: price, billed, open, and what waits.",
    "statement": "Show what of a contract was completed, retained and asked for, to date.",
    "evidence": "Write what was delivered and who accepted it, for one invoice.",
    "explain": "Tell the whole story of one milestone.",
    "approve": "Let something held go.",
    "hold": "Keep a bill back until it is approved.",
    "certify": "Say how much of a term is done to date.",
    "retry": "Send a rejected or held delivery again.",
    "reissue": "Bill again what has no document anywhere any more.",
    "finalize": "Number drafts in folders, so that they can be sent.",
    "withdraw": "Delete a draft that nobody has sent.",
    "credit": "Take back an invoice that was sent, with a credit note.",
    "validate": "Say what is wrong with invoice files, anybody's.",
    "connectors": "List the installed trackers and outputs.",
    "ledger": "Verify or migrate the ledger.",
    "sandbox": "Run local fake trackers and platforms to rehearse against.",
    "demo": "Show the whole way in one go, without accounts or network.",
}


class LazyGroup(click.Group):
    """A group that imports a command's module only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"tracker2invoice.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def collect_rarely() -> None:
    """Let Python look for circular garbage less often than after every 700 new values.

    A large plan makes a million values and no circle among them: looking for one would take a third of its time.
    """
    gc.set_threshold(200_000)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tracker2invoice")
def main() -> None:
    """Closed milestones become draft invoices, exactly once.

    Start with `tracker2invoice demo`, then `init`, `check`, `plan` and `run`.
    """
    collect_rarely()
