"""`preview`: one document as it is, or would be, in any format. Writes nothing to the ledger and asks no output."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from tracker2invoice.cli import common, outfile, session
from tracker2invoice.cli.common import plain
from tracker2invoice.config.types import did_you_mean
from tracker2invoice.engine.preview import Offer, Sight, frozen, offers, plan_to_show, planned
from tracker2invoice.errors import Rejected
from tracker2invoice.mapping.actions import Plan


@common.command("preview")
@click.argument("reference", metavar="REFERENCE")
@click.option(
    "--format",
    "chosen",
    metavar="FORMAT",
    help="pdf, facturx, ubl, cii, json, csv, csv-xero, csv-quickbooks, beancount, hledger, or what else is offered. "
    "Default is what the name of --out ends with, else pdf.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it into this file.")
@click.option("--open", "opened", is_flag=True, help="Open it with the viewer of this system.")
def command(console: common.Console, reference: str, *, chosen: str | None, out: Path | None, opened: bool) -> int:
    """Show a document that `plan` lists or that was billed, as its output would write it.

    What is not billed yet is dated today and made from what the ledger knows; the tracker tells what was delivered.
    """
    with session.house(console) as house:
        found = frozen(house, reference)
        if not found:
            plan = plan_to_show(house)
            found = planned(house, plan, reference)
            if not found:
                return _not_due(console, plan, reference)
        offered = offers(house.configuration, found[0].outputs)
    format_ = chosen or _format_of(out, offered)
    if words := _contradiction(console, found, offered, format_, out, opened=opened):
        return console.refuse(words)
    return _show(console, found[0], format_, offered[format_], out, opened=opened)


def _not_due(console: common.Console, plan: Plan, reference: str) -> int:
    """Say why there is no document with that reference."""
    action = next((one for one in plan.actions if one.reference == reference), None)
    if action is None:
        return console.refuse(f"Nothing is planned or billed as {plain(reference)}. `t2i plan` lists the references.")
    settle = f" → {action.reason.command}" if action.reason.command else ""
    words = plain(f"{reference} has no document yet. {action.reason}{settle}", 1000)
    console.warn(words)
    console.answer({"error": action.reason.code, "message": words})
    return common.HELD if action.kind == "hold" else common.FAILED


def _format_of(out: Path | None, offered: Mapping[str, Offer]) -> str:
    """Return the format whose ending the file has, the longest if several fit."""
    endings = {offer.rendition.ending: name for name, offer in offered.items()}
    fitting = (one for one in sorted(endings, key=len, reverse=True) if out and out.name.endswith(f".{one}"))
    return endings[next(fitting, "pdf")]


def _contradiction(
    console: common.Console,
    found: Sequence[Sight],
    offered: Mapping[str, Offer],
    format_: str,
    out: Path | None,
    *,
    opened: bool,
) -> str:
    """Return what is wrong with what was asked for; empty if nothing is."""
    if len(found) > 1:
        return f"It stands on several documents. Name one: {', '.join(one.draft.reference for one in found)}."
    if format_ not in offered:
        hint = did_you_mean(format_, tuple(offered)) or f"choose from {', '.join(offered)}"
        return f"No output offers the format {plain(format_)}; {hint}"
    if out and opened:
        return "Choose either --out or --open."
    if out or opened:
        return ""
    if console.as_json:
        return f"The JSON answer goes to stdout. Name a file for the {format_} with --out."
    if sys.stdout.isatty() and not offered[format_].rendition.is_text:
        return f"A {format_} is nothing for a terminal. Take --open, or name a file with --out."
    return ""


def _show(console: common.Console, sight: Sight, format_: str, offer: Offer, out: Path | None, *, opened: bool) -> int:
    try:
        content = offer.render(sight)
    except Rejected as error:
        return _cannot_be_made(console, sight, format_, error)
    if not out and not opened:
        _print(content)
        return common.DONE
    path = out or _temporary(sight, offer.rendition.ending)
    outfile.write(path, content)
    console.say(f"Wrote {path}.")
    console.answer({"reference": sight.draft.reference, "format": format_, "planned": sight.planned, "file": str(path)})
    if opened and click.launch(str(path)) != 0:
        console.warn("No viewer could be started. Open the file yourself.")
        return common.FAILED
    return common.DONE


def _cannot_be_made(console: common.Console, sight: Sight, format_: str, error: Rejected) -> int:
    words = plain(
        f"{sight.draft.reference} cannot be shown as {format_}: {error.detail}. "
        "Choose another --format, or correct the cause; `t2i check` names what is missing.",
        2000,
    )
    console.warn(words)
    console.answer({"error": type(error).__name__, "message": words})
    return common.FAILED


def _temporary(sight: Sight, ending: str) -> Path:
    """Return a name in a folder that only its owner can read; the viewer needs the file after this process."""
    mark = ".preview" if sight.planned else ""
    return Path(tempfile.mkdtemp(prefix="t2i-")) / f"{sight.draft.reference}{mark}.{ending}"


def _print(content: bytes) -> None:
    if sys.stdout.isatty():
        click.echo_via_pager(common.harmless(content.decode()))
    else:
        click.echo(content, nl=False)
