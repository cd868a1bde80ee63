"""GitHub and GitHub Enterprise Server as a tracker, read only. Importing this must stay cheap."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tracker2invoice.plugins import Clock, Context, Tracker, TrackerPlugin
from tracker2invoice.secret import Secret

if TYPE_CHECKING:
    from tracker2invoice.testing.twins import TrackerTwin

Address = Annotated[str, Field(pattern=r"^https?://[^\s@?#]+$")]


class GitHubApp(BaseModel):
    """`app` in the settings. `id` is the App's id or client id, `private_key` a key of it in PEM.

    Without an `installation` each repository is read as the one of its owner.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: int | str
    installation: int | None = None
    private_key: Secret


class GitHubSettings(BaseModel):
    """`[trackers.<name>]` with `kind = "github"`.

    `url` is the address of the REST API: Enterprise Server has it at `https://ghe.example.com/api/v3`. `token` is a
    personal access token; `app` is an installation of a GitHub App; exactly one of the two is given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["github"] = "github"
    url: Address = "https://api.github.com"
    token: Secret | None = None
    app: GitHubApp | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.token is None) == (self.app is None):
            raise ValueError("give either a token or an app, not both")
        return self


def _connect(settings: GitHubSettings, context: Context) -> Tracker:
    from tracker2invoice_github.signing import connect

    return connect(settings, context)


def _twin(clock: Clock, _: Path) -> AbstractContextManager[TrackerTwin]:
    from tracker2invoice_github.twin import start

    return start(clock)


plugin = TrackerPlugin(
    summary="GitHub and GitHub Enterprise Server: milestones",
    settings=GitHubSettings,
    connect=_connect,
    twin=_twin,
    counts=frozenset({"comments", "labellings"}),
)
