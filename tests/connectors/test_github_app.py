"""Signing in as the installation of a GitHub App, with a key made for the test."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tracker2invoice.errors import AccessDenied, NotThere, RateLimited, Tracker2InvoiceError, Unreachable
from tracker2invoice.plugins import Context, Failed, Observed, ProjectCursor, Tracker, Unchanged
from tracker2invoice.testing.sandbox.github import GitHubSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request
from tracker2invoice_github import GitHubSettings, plugin

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

APP, INSTALLATION = "Iv23liSandbox", 4711
GRANT = f"/app/installations/{INSTALLATION}/access_tokens"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(clock) as running:
        for number in range(20):
            running.github.add_repository(f"acme/p{number}")
        yield running


@pytest.fixture
def tracker(sandbox: GitHubSandbox, key: rsa.RSAPrivateKey, clock: FrozenClock, tmp_path: Path) -> Iterator[Tracker]:
    with closing(plugin.connect(settings(sandbox.url, pem(key)), Context("github", tmp_path, clock))) as one:
        yield one


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def settings(url: str, private_key: str) -> GitHubSettings:
    app = {"id": APP, "installation": INSTALLATION, "private_key": private_key}
    return GitHubSettings.model_validate({"url": url, "app": app})


def grants(sandbox: GitHubSandbox) -> list[Request]:
    return [request for request in sandbox.requests if request.path == GRANT]


def test_the_app_signs_for_a_token_with_its_key(
    sandbox: GitHubSandbox, tracker: Tracker, key: rsa.RSAPrivateKey
) -> None:
    assert tracker.find_project("acme/p0").name == "acme/p0"
    (request,) = grants(sandbox)
    signed = request.headers["authorization"].removeprefix("Bearer ")
    assert jwt.decode(signed, key.public_key(), algorithms=["RS256"])["iss"] == APP


def test_one_token_serves_all_threads_and_the_etags_bound_to_it(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    projects = [ProjectCursor(str(sandbox.github.repository(f"acme/p{n}").id), None) for n in range(20)]
    first = [one for one in tracker.poll(projects) if isinstance(one, Observed)]
    again = list(tracker.poll([ProjectCursor(one.project.id, one.cursor) for one in first]))
    assert [type(one) for one in again] == [Unchanged] * 20
    assert len(grants(sandbox)) == 1


def test_a_token_is_renewed_before_it_expires(sandbox: GitHubSandbox, tracker: Tracker, clock: FrozenClock) -> None:
    # create-an-installation-access-token-for-an-app: it expires after one hour
    for _ in range(3):
        tracker.find_project("acme/p0")
        clock.advance(timedelta(minutes=59, seconds=30))
    assert len(grants(sandbox)) == 3


def test_a_query_is_sent_with_a_renewed_token_too(sandbox: GitHubSandbox, tracker: Tracker, clock: FrozenClock) -> None:
    project_id = str(sandbox.github.repository("acme/p0").id)
    (reading,) = tracker.poll([ProjectCursor(project_id, None)])
    assert isinstance(reading, Observed)
    clock.advance(timedelta(minutes=59, seconds=30))
    (again,) = tracker.poll([ProjectCursor(project_id, reading.cursor)])
    assert isinstance(again, Unchanged)
    assert [one.path for one in sandbox.requests][-2:] == [GRANT, "/graphql"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(401, {"message": "A JSON web token could not be decoded"}), AccessDenied),
        (Answer(403, {"message": "This installation has been suspended"}), AccessDenied),
        (Answer(404, {"message": "Integration not found"}), NotThere),
        (Answer(403, {"message": "API rate limit exceeded"}, {"Retry-After": "60"}), RateLimited),
        (Answer(502, b"<html>Unicorn!</html>"), Unreachable),
        (Answer(201, b"<html>Unicorn!</html>"), Tracker2InvoiceError),
        (Answer(201, b"["), Tracker2InvoiceError),
        (Answer(201, []), Tracker2InvoiceError),
        (Answer(201, {"token": "ghs_abc"}), Tracker2InvoiceError),
        (Answer(201, {"expires_at": "2026-03-02T10:00:00Z"}), Tracker2InvoiceError),
    ],
)
def test_no_token_is_a_failure_like_any_other(
    sandbox: GitHubSandbox, tracker: Tracker, answer: Answer, expected: type[Tracker2InvoiceError]
) -> None:
    sandbox.faults.append(Fault(answer=answer, path=GRANT))
    (result,) = tracker.poll([ProjectCursor(str(sandbox.github.repository("acme/p0").id), None)])
    assert isinstance(result, Failed)
    assert isinstance(result.error, expected)


def test_a_limit_on_tokens_is_respected_like_any_other(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    limit = Answer(403, {"message": "API rate limit exceeded"}, {"Retry-After": "60"})
    sandbox.faults.append(Fault(answer=limit, path=GRANT))
    for _ in range(3):
        with pytest.raises(RateLimited):
            tracker.find_project("acme/p0")
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize(
    "text", ["secret-but-no-key", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"]
)
def test_what_is_no_key_is_not_shown(text: str, clock: FrozenClock, tmp_path: Path) -> None:
    with pytest.raises(AccessDenied) as caught:
        plugin.connect(settings("http://127.0.0.1:9", text), Context("github", tmp_path, clock))
    assert text not in "".join(traceback.format_exception(caught.value))
    assert "c2VjcmV0" not in "".join(traceback.format_exception(caught.value))


def test_no_error_shows_the_token_of_the_installation(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    tracker.find_project("acme/p0")
    token = sandbox.requests[-1].headers["authorization"].removeprefix("token ")
    sandbox.faults.append(Fault(answer=Answer(403, {"message": f"{token} may not"}), path="/repos"))
    with pytest.raises(AccessDenied) as caught:
        tracker.find_project("acme/p0")
    assert token not in "".join(traceback.format_exception(caught.value))
