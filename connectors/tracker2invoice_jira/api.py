"""One Jira: what Cloud and Data Center have in common, and the addresses in which they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import TypeAdapter

from tracker2invoice_jira.client import Client
from tracker2invoice_jira.readings import PROJECT, SERVER, ProjectAnswer, ServerInfo, read

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Server:
    """What a Jira says about itself. `site` is where people see it, without a slash at the end."""

    cloud: bool
    site: str


@dataclass(frozen=True, slots=True)
class Api:
    """The Jira called `tracker` in the configuration, through a client that nobody else uses meanwhile."""

    tracker: str
    server: Server
    client: Client

    def get(self, path: str, shape: TypeAdapter[T], params: Mapping[str, str] | None = None) -> T:
        """Read something below the address of the API.

        Raises:
            AccessDenied, NotThere, RateLimited, Unreachable, BadAnswer.
        """
        return read(self.tracker, shape, self.client.get(self._root + path, params))

    def ask(self, path: str, shape: TypeAdapter[T], question: Mapping[str, object]) -> T:
        """Send a search or the like. Raises like `get`."""
        return read(self.tracker, shape, self.client.ask(self._root + path, question))

    def project(self, project_id: str) -> ProjectAnswer:
        """Return a project by its id or key. Raises like `get`."""
        return self.get(f"/project/{project_id}", PROJECT)

    @property
    def _root(self) -> str:
        return "/rest/api/3" if self.server.cloud else "/rest/api/2"


def recognise(tracker: str, client: Client) -> Server:
    """Ask a Jira what it is. Raises like `Client.get`."""
    info: ServerInfo = read(tracker, SERVER, client.get("/rest/api/2/serverInfo"))
    return Server(info.deploymentType == "Cloud", info.baseUrl.rstrip("/"))
