"""GitHub as a tracker: milestones over the REST API, read only. Importing this must stay cheap."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tracker2invoice.plugins import Context, Tracker, TrackerPlugin
from tracker2invoice.secret import Secret


class GitHubApp(BaseModel):
    """A GitHub App: its id, the id of its installation, its private key (PEM)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: int = Field(ge=1)
    installation: int = Field(ge=1)
    private_key: Secret


class GitHubSettings(BaseModel):
    """`[trackers.<name>]` with `kind = "github"`.

    `url` is the address of the REST API; on GitHub Enterprise Server `https://ghe.example.com/api/v3`.
    `token` is a personal access token; `app` signs in as the installation of a GitHub App instead.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["github"] = "github"
    url: Annotated[str, Field(pattern=r"^https?://[^\s@?#]+$")] = "https://api.github.com"
    token: Secret | None = None
    app: GitHubApp | None = None

    @model_validator(mode="after")
    def _one_way_in(self) -> GitHubSettings:
        if (self.token is None) == (self.app is None):
            raise ValueError('give either `token` or `app`: token = { env = "GITHUB_TOKEN" }')
        return self


def _connect(settings: GitHubSettings, context: Context) -> Tracker:
    from tracker2invoice_github.tracker import connect

    return connect(settings, context)


plugin = TrackerPlugin(
    summary="GitHub and GitHub Enterprise: milestones of repositories",
    settings=GitHubSettings,
    connect=_connect,
)
