"""GitLab as a tracker, gitlab.com and self-managed, read only. Importing this must stay cheap."""

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


class GitLabSettings(BaseModel):
    """`[trackers.<name>]` with `kind = "gitlab"`.

    `url` is the address of GitLab itself, without `/api/v4`. `token` is a personal, group or project access token with
    the scope `read_api`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["gitlab"] = "gitlab"
    url: Address = "https://gitlab.com"
    token: Secret


def _connect(settings: GitLabSettings, context: Context) -> Tracker:
    from tracker2invoice_gitlab.tracker import connect

    return connect(settings, context)


def _twin(clock: Clock, _: Path) -> AbstractContextManager[TrackerTwin]:
    from tracker2invoice_gitlab.twin import start

    return start(clock)


plugin = TrackerPlugin(
    summary="GitLab, gitlab.com and self-managed: milestones of projects and groups",
    settings=GitLabSettings,
    connect=_connect,
    twin=_twin,
    counts=frozenset({"points", "estimates", "times", "comments", "labellings"}),
)
