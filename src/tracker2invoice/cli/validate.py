"""`validate`: what is wrong with invoice files, our own or other people's. Needs no configuration and no ledger."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tracker2invoice.cli import common
from tracker2invoice.cli.common import plain
from tracker2invoice.intake import read_ordinary
from tracker2invoice.mapping.text import plural
from tracker2invoice.validation.faults import Fault
from tracker2invoice.validation.judge import LARGEST, Verdict, judge

NOTICE = (
    "This is no official validation. What decides is the Schematron of EN 16931 and of the profile, "
    "as the KoSIT validator runs it."
)


@common.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
def command(console: common.Console, files: Sequence[Path]) -> int:
    """Say what is wrong with invoices: UBL, CII, Factur-X by anybody; JSON and CSV of this program.

    Electronic invoices are judged by EN 16931 and by the profile that they name, by the terms that must be there, by
    their sums and by the check digits of identifiers.
    """
    verdicts = {str(file): _verdict(file) for file in files}
    for file, verdict in verdicts.items():
        _tell(console, file, verdict)
    console.say(NOTICE)
    console.answer({"files": [_shape(file, one) for file, one in verdicts.items()], "notice": NOTICE})
    return common.DONE if all(map(_is_valid, verdicts.values())) else common.FAILED


def _is_valid(verdict: Verdict) -> bool:
    return all(fault.warning for fault in verdict.faults)


def _verdict(file: Path) -> Verdict:
    try:
        return judge(read_ordinary(file, LARGEST))
    except (OSError, ValueError) as error:
        words = f"it cannot be read: {getattr(error, 'strerror', None) or 'no such name can be'}"
        return Verdict("", "", (Fault("file", (), "file", words),))


def _tell(console: common.Console, file: str, verdict: Verdict) -> None:
    what = " ".join(filter(None, (verdict.kind, verdict.profile)))
    wrong, warnings = (sum(fault.warning is kind for fault in verdict.faults) for kind in (False, True))
    found = f"{wrong or 'nothing'} found wrong"
    warned = plural(warnings, "warning") if warnings else ""
    console.say(plain(f"{file}: {', '.join(filter(None, (what, found, warned)))}", 1000))
    for fault in verdict.faults:
        console.say(plain(f"  {'warning, ' if fault.warning else ''}{fault}", 1000))


def _shape(file: str, verdict: Verdict) -> dict[str, Any]:
    return {
        "file": file,
        "kind": verdict.kind or None,
        "profile": verdict.profile or None,
        "valid": _is_valid(verdict),
        "faults": [
            {
                "rule": one.rule,
                "terms": list(one.terms),
                "place": one.place,
                "message": one.words,
                "warning": one.warning,
            }
            for one in verdict.faults
        ],
    }
