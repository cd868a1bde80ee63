"""What a poll remembers until the next one: which reading it was, so that the same one is said to be unchanged."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tracker2invoice.model.milestone import Milestone
from tracker2invoice.plugins import Observed, ProjectCursor, Unchanged
from tracker2invoice.wire import write_json
from tracker2invoice_jira.readings import Id

Known = tuple[datetime, datetime | None, str]
"""When an epic was last changed; then when it was closed, if that could be told, and by whom."""


class Cursor(BaseModel):
    """`digest` is that of the milestones; `project` the key of the project; `closings` are of epics, by id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: str = ""
    project: str = ""
    closings: Annotated[Mapping[Id, Known], Field(default_factory=dict[str, Known])]


def read_cursor(asked: ProjectCursor) -> Cursor:
    """Return the cursor of the last reading, an empty one if it is not ours."""
    try:
        return Cursor.model_validate_json(asked.cursor or "{}")
    except ValueError:
        return Cursor.model_validate({})


def result(asked: ProjectCursor, reading: Observed, closings: Mapping[str, Known]) -> Observed | Unchanged:
    """Return the reading with its cursor, or that it is the same as the last one."""
    milestones = sorted(reading.milestones, key=lambda one: one.id)
    text = "\n".join(write_json(_fields(one)) for one in milestones)
    cursor = Cursor(
        digest=hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest(),
        project=reading.project.name,
        closings=closings,
    )
    if read_cursor(asked).digest == cursor.digest:
        return Unchanged(asked.project_id, cursor.model_dump_json())
    return Observed(reading.project, reading.milestones, cursor.model_dump_json(), complete=reading.complete)


def _fields(milestone: Milestone) -> dict[str, object]:
    return {name: value if isinstance(value, int) else str(value) for name, value in asdict(milestone).items()}
