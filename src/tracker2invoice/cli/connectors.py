"""`connectors`: what is installed, from which distribution, with which capabilities."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from tracker2invoice.cli import common, tables
from tracker2invoice.cli.wording import sentence
from tracker2invoice.errors import Tracker2InvoiceError
from tracker2invoice.plugins import OutputPlugin
from tracker2invoice.registry import Group, Installed, installed, load_output, load_tracker

_GROUPS: tuple[Group, ...] = ("trackers", "outputs")


@common.command("connectors")
def command(console: common.Console) -> int:
    """List the installed trackers and outputs; one that cannot be loaded is a failed row."""
    rows = [_row(one) for group in _GROUPS for one in installed(group)]
    tables.show(
        console,
        ("kind", "connects", "from", "state", "about"),
        [
            (
                row["kind"],
                row["group"][:-1],
                f"{row['distribution']} {row['version']}",
                row["state"],
                row["summary"],
            )
            for row in rows
        ],
    )
    for row in rows:
        if able := [name for name, value in row["capabilities"].items() if value is True]:
            console.say(f"  {row['kind']} can: {', '.join(able)}")
        if row["consent"]:
            console.say(f"  {row['kind']} can be let in with: t2i auth NAME")
    console.answer({"connectors": rows})
    return common.FAILED if any(row["state"] != "ok" for row in rows) else common.DONE


def _row(one: Installed) -> dict[str, Any]:
    row: dict[str, Any] = {
        "kind": one.kind,
        "group": one.group,
        "distribution": one.distribution,
        "version": one.version,
        "state": "ok",
        "summary": "",
        "capabilities": {},
        "consent": False,
    }
    try:
        plugin = load_tracker(one.kind) if one.group == "trackers" else load_output(one.kind)
    except Tracker2InvoiceError as error:
        return row | {"state": "FAILED", "summary": sentence(error)}
    able = _capabilities(asdict(plugin.capabilities)) if isinstance(plugin, OutputPlugin) else {}
    return row | {"summary": plugin.summary, "capabilities": able, "consent": plugin.consent is not None}


def _capabilities(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: int(value.total_seconds()) if isinstance(value, timedelta) else value for name, value in values.items()
    }
