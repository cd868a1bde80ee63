"""Gitea and Forgejo as a tracker, read only. Importing this must stay cheap."""

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


class GiteaSettings(BaseModel):
    """`[trackers.<name>]` with `kind = "gitea"`.

    `url` is the address of the server, without `/api/v1`. `token` is an access token with the scopes `read:issue` and
    `read:repository`. With `times` the hours of people are read, which Gitea shows only to those who may write issues.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["gitea"] = "gitea"
    url: Address
    token: Secret
    times: bool = True


def _connect(settings: GiteaSettings, context: Context) -> Tracker:
    from tracker2invoice_gitea.tracker import connect

    return connect(settings, context)


def _twin(clock: Clock, _: Path) -> AbstractContextManager[TrackerTwin]:
    from tracker2invoice_gitea.twin import start

    return start(clock)


plugin = TrackerPlugin(
    summary="Gitea and Forgejo: milestones",
    settings=GiteaSettings,
    connect=_connect,
    twin=_twin,
    counts=frozenset({"times", "comments", "labellings"}),
)
