"""Jira Cloud and Jira Data Center as a tracker, read only. Importing this must stay cheap."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tracker2invoice.plugins import Clock, Context, Tracker, TrackerPlugin
from tracker2invoice.secret import Secret

if TYPE_CHECKING:
    from tracker2invoice.testing.twins import TrackerTwin

Address = Annotated[str, Field(pattern=r"^https?://[^\s@?#]+$")]
Name = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=255)]

GIVEN_UP = ("Won't Do", "Won't Fix", "Duplicate", "Cannot Reproduce", "Incomplete", "Declined", "Rejected")


class JiraSettings(BaseModel):
    """`[trackers.<name>]` with `kind = "jira"`.

    `url` is the site, with the context path that a Data Center may have. With `email` the `token` is an API token of
    Jira Cloud, without it a personal access token of Data Center. `points_field` is the id of the custom field for
    story points, `epic` the name of the issue type that is a milestone in projects named `KEY/epics`. Issues with a
    resolution of `given_up` are done but were not delivered.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["jira"] = "jira"
    url: Address
    email: Annotated[str, Field(pattern=r"^[^\s:]+@[^\s:]+$")] | None = None
    token: Secret
    points_field: Annotated[str, Field(pattern=r"^customfield_\d{1,19}$")] | None = None
    epic: Name = "Epic"
    given_up: tuple[Name, ...] = GIVEN_UP


def _connect(settings: JiraSettings, context: Context) -> Tracker:
    from tracker2invoice_jira.tracker import connect

    return connect(settings, context)


def _twin(clock: Clock, _: Path) -> AbstractContextManager[TrackerTwin]:
    from tracker2invoice_jira.twin import start

    return start(clock)


plugin = TrackerPlugin(
    summary="Jira Cloud and Data Center: versions and epics",
    settings=JiraSettings,
    connect=_connect,
    twin=_twin,
    counts=frozenset({"points", "estimates", "times", "comments"}),
)
