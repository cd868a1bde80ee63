"""`statement`: where a contract stands, as an application for payment that ties out. Asks no tracker and no output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from tracker2invoice.cli import application, common, outfile, session, shapes
from tracker2invoice.config.types import did_you_mean
from tracker2invoice.mapping.due import local_date
from tracker2invoice.mapping.statement import opening, statements
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.look import Look
from tracker2invoice.model.statement import Application

FORMATS = ("table", "csv", "html", "pdf")
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@common.command("statement")
@click.argument("contract_id", metavar="CONTRACT")
@click.option("--until", type=_DAY, metavar="DAY", help="Last day, YYYY-MM-DD; what was billed later is left out.")
@click.option("--all", "every", is_flag=True, help="Every application, not only the latest.")
@click.option(
    "--format",
    "chosen",
    type=click.Choice(FORMATS),
    help="Default is what the name of --out ends with, else table.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where to write csv, html or pdf.")
def command(
    console: common.Console,
    contract_id: str,
    *,
    until: datetime | None,
    every: bool,
    chosen: str | None,
    out: Path | None,
) -> int:
    """Show the progress statement of CONTRACT: what was agreed, completed, retained and asked for, to date.

    Lines and columns are those of AIA G702 and G703, net. There is an application for each day of billing.
    """
    form = chosen or _form_of(out)
    if words := _contradiction(console, form, out):
        return console.refuse(words)
    with session.house(console) as house:
        look = house.configuration.look
        contracts = {contract.id: contract for contract in house.configuration.contracts}
        if contract_id not in contracts:
            return console.refuse(_unknown(contract_id, tuple(contracts)))
        contract = contracts[contract_id]
        last = until.date() if until else local_date(house.clock(), contract.timezone)
        made = [one for one in statements(contract, house.ledger.claims()) if not until or one.day <= last]
    applications = (made if every else made[-1:]) or [opening(contract, last)]
    if form != "table":
        _write(console, _rendered(form, contract, applications, look), out)
    elif every:
        application.show_all(console, contract, applications)
    else:
        application.show(console, contract, applications[0])
    console.answer(_shape(contract, applications))
    return common.DONE


def _form_of(out: Path | None) -> str:
    ending = out.suffix.removeprefix(".").lower() if out else ""
    return ending if ending in FORMATS else "table"


def _contradiction(console: common.Console, form: str, out: Path | None) -> str:
    """Return what is wrong with where the answer should go; empty if nothing is."""
    if out and form == "table":
        return "A table goes to the terminal. Name a file that ends with .csv, .html or .pdf, or choose a --format."
    if not out and form != "table" and console.as_json:
        return f"The JSON answer goes to stdout. Name a file for the {form} with --out."
    if not out and form == "pdf" and sys.stdout.isatty():
        return "A PDF is nothing for a terminal. Name a file with --out."
    return ""


def _unknown(contract_id: str, known: tuple[str, ...]) -> str:
    hint = did_you_mean(contract_id, known) or f"configured: {', '.join(known) or 'none'}"
    return f"No contract is called {common.plain(contract_id)}; {hint}"


def _rendered(form: str, contract: Contract, applications: Sequence[Application], look: Look) -> bytes:
    from tracker2invoice.documents.pdf import render_statement_pdf
    from tracker2invoice.documents.statement_html import render_statement_html
    from tracker2invoice.documents.statement_table import render_statement_table

    renderers: Mapping[str, Callable[[Contract, Sequence[Application]], bytes]] = {
        "csv": render_statement_table,
        "html": render_statement_html,
        "pdf": partial(render_statement_pdf, look=look),
    }
    return renderers[form](contract, applications)


def _write(console: common.Console, content: bytes, out: Path | None) -> None:
    if out is None:
        click.echo(content, nl=False)
        return
    outfile.write(out, content)
    console.say(f"Wrote {out}.")


def _shape(contract: Contract, applications: Sequence[Application]) -> dict[str, Any]:
    return {
        "contract": contract.id,
        "client": contract.client.id,
        "currency": contract.currency,
        "applications": [shapes.application(one) for one in applications],
    }
