"""`init`: write a first configuration, asking only what cannot be guessed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from string import Template

import click

from tracker2invoice.cli import common, session
from tracker2invoice.configfile import load, locate
from tracker2invoice.errors import StorageFailed

_CONFIG = Template("""\
# tracker2invoice: what is billed, to whom, and where the drafts go.
# Every option is explained in docs/configuration.md. Secrets are references: the token itself stays outside.

timezone = $timezone                  # the days of invoices and due dates

[supplier]
name = $supplier
address = { street = "Main Street 1", city = "Berlin", postcode = "10115", country = "DE" }
# vat_id = "DE…"                       # printed on every invoice
# iban = "DE…"                         # where clients pay to

[ledger]
url = "sqlite:///tracker2invoice.db"   # what was billed; back it up

[trackers.github]
kind = "github"
token = { env = "GITHUB_TOKEN" }       # fine-grained, read access to Issues is enough

[outputs.files]
kind = "files"
directory = "invoices"
formats = ["pdf", "json", "csv"]

[clients.first]
name = $client
address = { street = "Ring 2", city = "Hamburg", postcode = "20095", country = "DE" }

[[contracts]]
id = "first"
client = "first"
projects = [$project]
start = $start                   # milestones closed before this day are never billed by run or daemon
currency = $currency
price = $price
tax = { category = "S", rate = "19" }
due = "30 days"
outputs = ["files"]
accept = { all_issues_closed = true }

  [[contracts.terms]]
  id = "design"
  milestone = "Design*"                # a title; * stands for anything
  percent = "30"

  [[contracts.terms]]
  id = "acceptance"
  milestone = "Acceptance"
  percent = "70"
""")


_QUESTIONS = {
    "supplier": ("Your company's name on invoices", "Northwind Software GmbH"),
    "client": ("The client's name", "Acme GmbH"),
    "project": ("GitHub repository (owner/name)", "acme/portal"),
    "currency": ("Currency", "EUR"),
    "price": ("Contract price, net", "60000.00"),
}


@common.command("init")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--supplier", help="Your company's name on invoices.")
@click.option("--client", help="The client's name.")
@click.option("--project", help="GitHub repository, owner/name.")
@click.option("--currency", help="ISO 4217, such as EUR.")
@click.option("--price", help="The contract's price, net, such as 60000.00.")
@click.option("--timezone", default="Europe/Berlin", show_default=True, help="Whose days count.")
def command(console: common.Console, path: Path | None, timezone: str, **given: str | None) -> int:
    """Write a commented configuration to PATH (tracker2invoice.toml). Refuses to overwrite a file.

    Asks at a terminal for what was not given; elsewhere it writes an example to edit.
    """
    answers = {name: given[name] or _ask(*question) for name, question in _QUESTIONS.items()} | {"timezone": timezone}
    quoted = {name: json.dumps(answer, ensure_ascii=False) for name, answer in answers.items()}
    quoted["project"] = json.dumps(f"github:{answers['project']}")
    text = _CONFIG.substitute(quoted, start=session.clock()().date().isoformat())
    target = path or locate(console.config)
    try:
        with target.open("xb") as file:
            file.write(text.encode(errors="replace"))
    except FileExistsError:
        return console.refuse(
            f"{target} is there already, and nothing was changed. Name another path, or edit that file."
        )
    except OSError as error:
        raise StorageFailed(str(target), error.strerror or "not writable") from error
    load(target)
    console.say(f"Wrote {target}. Next: put in your addresses, export GITHUB_TOKEN, then t2i check and t2i plan.")
    console.answer({"path": str(target)})
    return common.DONE


def _ask(question: str, example: str) -> str:
    if not sys.stdin.isatty():
        return example
    answer: str = click.prompt(question, default=example, err=True)
    return answer
