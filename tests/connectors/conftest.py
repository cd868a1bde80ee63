"""What the tests of connectors share: the sandboxes, and trackers connected to them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.connectors.tryton_real import RealTryton, is_installed, passing, serving

from tracker2invoice.plugins import Context, Tracker
from tracker2invoice.testing.sandbox.github import TOKEN, GitHubSandbox
from tracker2invoice.testing.sandbox.gitlab import TOKEN as GITLAB_TOKEN
from tracker2invoice.testing.sandbox.gitlab import GitLabSandbox
from tracker2invoice.testing.sandbox.xero import XeroSandbox
from tracker2invoice_github import GitHubSettings, plugin
from tracker2invoice_gitlab import GitLabSettings
from tracker2invoice_gitlab import plugin as gitlab_plugin

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

Connect = Callable[[str], AbstractContextManager[Tracker]]


@pytest.fixture
def connected(clock: FrozenClock, tmp_path: Path) -> Connect:
    """Return how to connect to the GitHub at a URL."""

    @contextmanager
    def connect(url: str) -> Generator[Tracker]:
        settings = GitHubSettings.model_validate({"url": url, "token": TOKEN})
        with closing(plugin.connect(settings, Context("github", tmp_path, clock))) as tracker:
            yield tracker

    return connect


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(clock) as running:
        yield running


@pytest.fixture
def tracker(sandbox: GitHubSandbox, connected: Connect) -> Iterator[Tracker]:
    with connected(sandbox.url) as one:
        yield one


@pytest.fixture
def gitlab(clock: FrozenClock) -> Iterator[GitLabSandbox]:
    with GitLabSandbox(clock) as running:
        yield running


@pytest.fixture
def gitlab_tracker(gitlab: GitLabSandbox, clock: FrozenClock, tmp_path: Path) -> Iterator[Tracker]:
    settings = GitLabSettings.model_validate({"url": gitlab.url, "token": GITLAB_TOKEN})
    with closing(gitlab_plugin.connect(settings, Context("gitlab", tmp_path, clock))) as one:
        yield one


@pytest.fixture
def xero(clock: FrozenClock) -> Iterator[XeroSandbox]:
    with XeroSandbox(clock) as running:
        yield running


@pytest.fixture(scope="session")
def tryton_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A real Tryton and the folder with its books."""
    if not is_installed():
        pytest.skip("no real Tryton is installed: make tryton puts it into .tryton")
    folder = tmp_path_factory.mktemp("tryton")
    with serving(folder) as address:
        yield address, folder


@pytest.fixture
def real_tryton(tryton_server: tuple[str, Path]) -> Iterator[RealTryton]:
    """A real Tryton that has no invoice of ours."""
    with passing(*tryton_server) as tryton:
        yield tryton
