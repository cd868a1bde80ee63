"""A plan in a file, for a person to read and `apply` to carry out. It comes from outside: trust nothing in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from tracker2invoice.cli import outfile, shapes
from tracker2invoice.cli.common import json_text
from tracker2invoice.config.plain import is_list
from tracker2invoice.engine.run import Report
from tracker2invoice.intake import MEGABYTE, read_ordinary
from tracker2invoice.mapping.actions import Plan

LARGEST = 64 * MEGABYTE
"""Bytes; a plan of 100,000 milestones is a third of this."""

_MOST_VALUES = 3_000_000
"""A plan of 100,000 milestones has half of this; each value takes far more memory than room in the file."""


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What a file says: the plan's hash, the instant it was made, and each action as a person read it."""

    plan_hash: str
    as_of: datetime
    actions: Sequence[Any]

    def says(self, plan: Plan) -> bool:
        """Whether a plan is this one, and the file shows it as it is: who reads a file trusts every line of it."""
        shown = [_lasting(action) for action in shapes.actions(plan.actions, {})]
        return (plan.hash, shown) == (self.plan_hash, self.actions)


def write(path: Path, report: Report) -> None:
    """Save a plan.

    Raises:
        StorageFailed: the file cannot be written.
    """
    outfile.write(path, f"{json_text(shapes.report(report), indent=2)}\n".encode())


def read(path: Path) -> SavedPlan:
    """Read a plan back.

    Raises:
        click.UsageError: the file is missing, no ordinary file, too large or not a plan.
    """
    try:
        return _saved(read_ordinary(path, LARGEST))
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise click.UsageError(f"{path} is not a plan. Make one with: t2i plan --out {path}") from error


def _saved(content: bytes) -> SavedPlan:
    if content.count(b",") > _MOST_VALUES:
        raise ValueError
    found = json.loads(content.decode(), object_pairs_hook=_without_repetition, parse_constant=_refuse)
    plan_hash, as_of, actions = found["plan_hash"], datetime.fromisoformat(found["as_of"]), found["actions"]
    if not isinstance(plan_hash, str) or as_of.tzinfo is None or not is_list(actions):
        raise ValueError
    return SavedPlan(plan_hash, as_of, [_lasting(action) for action in actions])


def _lasting(action: Mapping[str, Any]) -> dict[str, Any]:
    """Return what must still hold when the plan is carried out: how deliveries stand may change meanwhile."""
    outputs = [(one["output"], one.get("document")) for one in action["outputs"]] if action["action"] == "bill" else []
    return {**action, "outputs": outputs}


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):  # a person may read one of them, and the program the other
        raise ValueError
    return fields


def _refuse(_constant: str) -> NoReturn:
    raise ValueError
