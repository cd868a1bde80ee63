"""A plan in a file, for a person to read and `apply` to carry out. It comes from outside: trust nothing in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from tracker2invoice.cli import shapes
from tracker2invoice.engine.run import Report
from tracker2invoice.errors import StorageFailed

LARGEST = 64 * 1024 * 1024
"""Bytes; a plan of 100,000 milestones is a third of this."""


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What `apply` needs of a plan: its hash and the instant it was made. The rest is planned again and compared."""

    plan_hash: str
    as_of: datetime


def write(path: Path, report: Report) -> None:
    """Save a plan.

    Raises:
        StorageFailed: the file cannot be written.
    """
    try:
        path.write_text(json.dumps(shapes.report(report), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageFailed(str(path), error.strerror or "not writable") from error


def read(path: Path) -> SavedPlan:
    """Read a plan back.

    Raises:
        click.UsageError: the file is missing, too large or not a plan.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError
        content = json.loads(path.read_text(encoding="utf-8"))
        as_of = datetime.fromisoformat(content["as_of"])
        plan_hash = content["plan_hash"]
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise click.UsageError(f"{path} is not a plan. Make one with: t2i plan --out {path}") from error
    if not isinstance(plan_hash, str) or as_of.tzinfo is None:
        raise click.UsageError(f"{path} is not a plan. Make one with: t2i plan --out {path}")
    return SavedPlan(plan_hash, as_of)
