"""No secret is printed, logged or stored, wherever it is kept and however a server repeats it."""

from __future__ import annotations

import json
import signal
import stat
from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING

import keyring
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from keyring.backend import KeyringBackend

from tracker2invoice.configfile import load
from tracker2invoice.testing.sandbox.server import Answer, Request

if TYPE_CHECKING:
    from tests.security.conftest import Desk

GITHUB, XERO = 'token = { env = "REHEARSAL_GITHUB_TOKEN" }', 'client_secret = { env = "REHEARSAL_XERO_SECRET" }'
Leaks = Callable[..., list[str]]


class Drawer(KeyringBackend):
    """A keyring that holds what it was given."""

    priority = 1  # pyright: ignore[reportAssignmentType]

    def __init__(self, content: dict[str, str]) -> None:
        """Read no settings from the environment, as the base class does."""
        self._content = content

    def get_password(self, service: str, username: str) -> str | None:
        return self._content.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


def in_a_file(desk: Desk, secrets: dict[str, str]) -> None:
    for name, line, key in (("github", GITHUB, "token"), ("xero", XERO, "client_secret")):
        (desk.directory.parent / name).write_text(secrets[name])
        desk.configure(line, f'{key} = {{ file = "../{name}" }}')


def in_the_keyring(desk: Desk, secrets: dict[str, str]) -> None:
    before = keyring.get_keyring()
    desk.patch.setattr("keyring.core._keyring_backend", before)
    keyring.set_keyring(Drawer(secrets))
    for name, line, key in (("github", GITHUB, "token"), ("xero", XERO, "client_secret")):
        desk.configure(line, f'{key} = {{ keyring = "t2i/{name}" }}')


def in_the_configuration(desk: Desk, secrets: dict[str, str]) -> None:
    desk.configure(GITHUB, f'token = "{secrets["github"]}"')
    desk.configure(XERO, f'client_secret = "{secrets["xero"]}"')


def in_the_env_file(desk: Desk, secrets: dict[str, str]) -> None:
    desk.patch.delenv("REHEARSAL_GITHUB_TOKEN")
    desk.patch.delenv("REHEARSAL_XERO_SECRET")
    lines = f"REHEARSAL_GITHUB_TOKEN={secrets['github']}\nREHEARSAL_XERO_SECRET={secrets['xero']}\n"
    (desk.directory / ".env").write_text(lines)


def as_overrides(desk: Desk, secrets: dict[str, str]) -> None:
    desk.patch.setenv("T2I_TRACKERS__GITHUB__TOKEN", secrets["github"])
    desk.patch.setenv("T2I_OUTPUTS__BOOKS__CLIENT_SECRET", secrets["xero"])


def as_a_chain(desk: Desk, secrets: dict[str, str]) -> None:
    desk.configure(XERO, f'{XERO}\nrefresh_token = {{ env = "FIRST_TOKEN" }}')
    desk.patch.setenv("FIRST_TOKEN", secrets["refresh"])


def as_an_app(desk: Desk, secrets: dict[str, str]) -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    secrets["key"] = pem.splitlines()[5]
    (desk.directory.parent / "app.pem").write_text(pem)
    desk.configure(GITHUB, 'app = { id = 7, installation = 9, private_key = { file = "../app.pem" } }')


Keep = Callable[["Desk", dict[str, str]], None]
PLACES: list[Keep] = [
    in_a_file, in_the_keyring, in_the_configuration, in_the_env_file, as_overrides, as_a_chain, as_an_app
]  # fmt: skip


def every_command(desk: Desk) -> None:
    """Run every command that comes to an end by itself, for people and for machines."""
    design = desk.reference("design")
    desk.stage.close("Design")
    day = desk.now.date()
    for command in (
        ("check",), ("plan", "--out", "plan.json"), ("apply", "plan.json"), ("status",),
        ("explain", "github:acme/portal", "Design"), ("hold", design), ("approve", design), ("retry", design),
        ("run",), ("backfill", "--since", day, "--until", day), ("ledger", "verify"), ("ledger", "migrate"),
        ("connectors",), ("run", "--dry-run"), ("init", "another.toml"),
    ):  # fmt: skip
        desk.t2i(*command)
        if command[0] != "init":
            desk.t2i(*command, "--json")


@pytest.mark.parametrize("keep", PLACES, ids=lambda keep: keep.__name__)
def test_no_command_shows_or_keeps_a_secret(desk: Desk, secrets: dict[str, str], leaks: Leaks, keep: Keep) -> None:
    keep(desk, secrets)
    every_command(desk)
    assert len(desk.stage.xero.books.invoices) == 1
    assert leaks(desk.evidence(), secrets.get("key", secrets["github"])) == []


def test_a_plain_secret_warns_and_the_warning_does_not_repeat_it(
    desk: Desk, secrets: dict[str, str], leaks: Leaks
) -> None:
    in_the_configuration(desk, secrets)
    answer = desk.t2i("status")
    assert answer.err.count("a secret in plain text") == 2
    assert leaks(answer.err.encode()) == []


Repeat = Callable[[str], str]
Telltale = Callable[[str], "Answer | None"]

TELLTALES: dict[str, Telltale] = {
    "401": lambda words: Answer(401, {"message": words, "error": words, "Detail": words}),
    "403": lambda words: Answer(403, {"message": words, "Title": words}),
    "404": lambda words: Answer(404, {"message": words}),
    "422": lambda words: Answer(422, {"message": words, "Elements": [{"ValidationErrors": [{"Message": words}]}]}),
    "429": lambda words: Answer(429, {"message": words}, {"Retry-After": words}),
    "500": lambda words: Answer(500, f"<html>{words}</html>".encode(), {"Content-Type": "text/html"}),
    "503 as JSON": lambda words: Answer(503, {"message": words, "error_description": words}),
    "redirect": lambda words: Answer(302, None, {"Location": f"https://{words.split()[0]}.example/{words}"}),
    "redirect to nowhere": lambda words: Answer(301, None, {"Location": f"http://[{words}"}),
    "another shape": lambda words: Answer(200, {"access_token": 7, "token": words, "Invoices": words}),
    "a list of words": lambda words: Answer(200, [words]),
    "not JSON": lambda words: Answer(200, words.encode()),
    "hang up": lambda _: None,
}  # fmt: skip


Respond = Callable[[Request], "Answer | None"]


def repeater(truly: Respond, telltale: Telltale, quoted: Repeat, *, tokens: bool) -> Respond:
    """Return a server that answers everything with the credentials it was shown, or all but those it gives itself."""

    def respond(request: Request) -> Answer | None:
        if tokens and "token" in request.path:
            return truly(request)
        header = request.headers.get("authorization", "")
        truly(request)
        return telltale(f"{quoted(header.rpartition(' ')[2])} {header} {request.body.decode(errors='replace')}")

    return respond


@pytest.mark.parametrize("where", ["github", "app", "app's token", "xero", "xero's token"])
def test_a_server_that_repeats_our_credentials_gives_none_away(
    desk: Desk, secrets: dict[str, str], leaks: Leaks, quoted: Repeat, where: str
) -> None:
    if where.startswith("app"):
        as_an_app(desk, secrets)
    if where == "xero's token":
        as_a_chain(desk, secrets)
    desk.t2i("plan")
    desk.stage.close("Design")
    sandbox = desk.stage.xero if where.startswith("xero") else desk.stage.github
    truly = sandbox.respond
    basic = b64encode(f"{secrets['client']}:{secrets['xero']}".encode()).decode()
    found: dict[str, list[str]] = {}
    for name, telltale in TELLTALES.items():
        desk.advance(minutes=61)  # a token or a pause of the last one is over
        desk.patch.setattr(sandbox, "respond", repeater(truly, telltale, quoted, tokens=where.endswith("token")))
        sandbox.requests.clear()
        desk.t2i("check", "--json")
        desk.t2i("run")
        assert any(request.headers.get("authorization") for request in sandbox.requests), name
        found[name] = leaks(desk.evidence(), basic)
    desk.t2i("ledger", "verify")
    assert list(desk.stage.xero.books.invoices) == []
    assert {name: shown for name, shown in found.items() if shown} == {}


def test_a_server_without_tls_hears_no_secret(desk: Desk, leaks: Leaks) -> None:
    desk.t2i("plan")
    desk.stage.close("Design")
    for sandbox in (desk.stage.github, desk.stage.xero):
        desk.configure(sandbox.url, sandbox.url.replace("http://", "https://"))
        sandbox.requests.clear()
    desk.t2i("check")
    desk.t2i("run", "--json")
    assert [*desk.stage.github.requests, *desk.stage.xero.requests] == []
    assert leaks(desk.evidence()) == []


@pytest.mark.parametrize(
    ("port", "method"),
    [
        ("trackers", "connect"), ("trackers", "find_project"), ("trackers", "poll"), ("trackers", "deliverables"),
        ("trackers", "check"), ("trackers", "close"), ("outputs", "connect"), ("outputs", "check"),
        ("outputs", "prepare"), ("outputs", "find"), ("outputs", "create"), ("outputs", "close"),
    ],
)  # fmt: skip
def test_a_broken_connector_is_named_and_its_message_stays_inside(
    desk: Desk, secrets: dict[str, str], leaks: Leaks, port: str, method: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError(f"Authorization: token {secrets['github']} {secrets['xero']}")

    connecting, connector = {
        "trackers": ("tracker2invoice_github.signing.connect", "tracker2invoice_github.tracker.GitHubTracker"),
        "outputs": ("tracker2invoice_xero.output.connect", "tracker2invoice_xero.output.XeroOutput"),
    }[port]
    desk.patch.setattr(connecting if method == "connect" else f"{connector}.{method}", fail)
    desk.stage.close("Design")
    for command in (("check",), ("run", "--json"), ("run",), ("plan", "--json")):
        desk.t2i(*command)
    assert method == "close" or "KeyError" in "".join(desk.said)
    assert len(desk.stage.xero.books.invoices) == (method in ("check", "close"))
    assert leaks(desk.evidence()) == []


def test_mistakes_in_the_configuration_do_not_show_what_was_written(
    desk: Desk, secrets: dict[str, str], leaks: Leaks
) -> None:
    token = secrets["github"]
    good = desk.config.read_text()
    for written in (
        f'token = ["{token}"]', f"token = {token}", f'token = {{ env = "A", file = "{token}" }}', f'url = "{token}"',
        f'token = {{ plain = "{token}", more = "{token}" }}', f'app = "{token}"', f'token = "{token}\\n{token}"',
        f'app = {{ id = 1, installation = "{token}", private_key = "{token}" }}',
    ):  # fmt: skip
        desk.config.write_text(good.replace(GITHUB, written))
        for command in ("check", "run"):
            assert desk.t2i(command, "--json").code in (1, 2), written
    assert leaks(desk.evidence()) == []


def test_nothing_that_is_held_in_memory_prints_a_secret(desk: Desk, secrets: dict[str, str], leaks: Leaks) -> None:
    in_the_configuration(desk, secrets)
    configuration = load(desk.config)
    held = [configuration, *configuration.trackers.values(), *configuration.outputs.values()]
    assert leaks(" ".join(f"{one!r} {one}" for one in held).encode()) == []


def test_the_daemon_gives_no_secret_away(desk: Desk, leaks: Leaks) -> None:
    desk.configure('poll = "1 minute"', 'poll = "1 hour"\nhealth = { port = 0 }')
    desk.stage.close("Design")
    with desk.process("daemon", "--json") as daemon:
        assert daemon.stderr
        heard: list[str] = []
        pages: list[str] = []
        for line in daemon.stderr:
            heard.append(line)
            if "Ready. Health: " in line:
                base = line.split("Health: ")[1].strip().removesuffix("/healthz")
                pages += [requests.get(f"{base}/{page}", timeout=30).text for page in ("healthz", "metrics", "else")]
            if line.startswith("billed"):
                daemon.send_signal(signal.SIGTERM)
        assert daemon.stdout
        heard += [daemon.stdout.read(), *pages]
        assert daemon.wait(30) == 0
    assert any("api.xro" in line for line in heard), "urllib3 logs nothing"
    assert leaks("".join(heard).encode() + desk.evidence()) == []


def test_tokens_are_kept_in_one_file_that_only_the_owner_reads(
    desk: Desk, secrets: dict[str, str], leaks: Leaks
) -> None:
    as_a_chain(desk, secrets)
    every_command(desk)
    (kept,) = desk.directory.glob("*.token.json")
    assert secrets["access"] in json.dumps(json.loads(kept.read_text()))
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert leaks(desk.evidence()) == []
