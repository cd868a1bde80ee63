"""`evidence`: what stands behind an invoice, as JSON and PDF, for a client or an auditor who asks why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tracker2invoice.cli import common, outcome, session, shapes, tables
from tracker2invoice.cli.common import plain
from tracker2invoice.durable import publish
from tracker2invoice.engine.evidence import evidence
from tracker2invoice.engine.observe import Trouble
from tracker2invoice.engine.since import compare
from tracker2invoice.model.evidence import Change, Comparison, Evidence
from tracker2invoice.model.look import Look


@common.command("evidence")
@click.argument("reference", metavar="REFERENCE")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="FOLDER",
    help="Where to write the two files; default is the current folder.",
)
@click.option("--compare", "wants_comparison", is_flag=True, help="Ask the tracker what has changed since.")
def command(console: common.Console, reference: str, out: Path, *, wants_comparison: bool) -> int:
    """Write what was delivered and who accepted it, as it was frozen with the draft of REFERENCE.

    The files are REFERENCE.evidence.json and REFERENCE.evidence.pdf. They say how to check that nothing was changed.
    """
    troubles: list[Trouble] = []
    answers: list[dict[str, Any]] = []
    with session.house(console) as house:
        documents = house.ledger.documents(reference)
        if not documents:
            return console.refuse(f"No document has the reference {plain(reference)}. `t2i status --json` lists them.")
        for document in documents:
            found = evidence(house.ledger, document)
            comparison, failed = compare(house, found) if wants_comparison else (None, ())
            files = _rendered(found, comparison, house.configuration.look)
            publish(out, files, 0o600)
            console.say("\n".join(f"Wrote {plain(str(out / name))}." for name in files))
            if comparison:
                _show(console, comparison)
            troubles += failed
            answers.append(_shape(found, [str(out / name) for name in files], comparison))
    outcome.warn(console, troubles)
    console.answer({"documents": answers, "troubles": [shapes.trouble(one) for one in troubles]})
    return outcome.code_of(troubles, held=False)


def _rendered(found: Evidence, comparison: Comparison | None, look: Look) -> dict[str, bytes]:
    from tracker2invoice.documents.evidence import render_evidence
    from tracker2invoice.documents.pdf import render_evidence_pdf

    name = f"{found.draft.reference}.evidence"
    return {
        f"{name}.json": render_evidence(found, comparison),
        f"{name}.pdf": render_evidence_pdf(found, comparison, look),
    }


def _show(console: common.Console, comparison: Comparison) -> None:
    if comparison.changes:
        tables.show(console, ("what", "number", "as billed", "since then", "now"), map(_row, comparison.changes))
    elif not comparison.unread:
        console.say("Nothing has changed in the tracker since.")


def _row(change: Change) -> tuple[str, ...]:
    return (change.subject, change.number, change.title, change.change, change.now)


def _shape(found: Evidence, files: list[str], comparison: Comparison | None) -> dict[str, Any]:
    from tracker2invoice.documents.evidence import compared

    return {
        "reference": found.draft.reference,
        "number": found.numbered.number if found.numbered else None,
        "files": files,
        "draft_sha256": found.sha256,
        "comparison": compared(comparison) if comparison else None,
    }
