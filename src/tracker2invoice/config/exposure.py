"""What others on this machine or network could see: secrets, tokens, ledger, health address. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from sqlalchemy.engine import make_url

from tracker2invoice.config.plain import Location
from tracker2invoice.configfile import Configuration
from tracker2invoice.errors import Problem
from tracker2invoice.secret import secrets_in

_OTHERS = 0o007
_CLOSE = "others can read it; let nobody but the owner: chmod 600"


def exposures(configuration: Configuration) -> tuple[Problem, ...]:
    """Return a warning for each thing that more people can see than need to."""
    return (*_health(configuration), *_secret_files(configuration), *_files_of_ours(configuration))


def _health(configuration: Configuration) -> Iterator[Problem]:
    if not _is_loopback(configuration.daemon.host):
        message = "anybody on the network can read it; write 127.0.0.1, or let a firewall keep others away"
        yield Problem(str(configuration.path), "daemon.health", "host", message)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _secret_files(configuration: Configuration) -> Iterator[Problem]:
    for group, connectors in (("trackers", configuration.trackers), ("outputs", configuration.outputs)):
        for name, one in connectors.items():
            for location, secret in secrets_in(one.settings):
                if secret.file is not None and _is_open(secret.file):
                    yield Problem(str(configuration.path), f"{group}.{name}", _key(location), _CLOSE)


def _key(location: Location) -> str:
    return ".".join(map(str, location))


def _files_of_ours(configuration: Configuration) -> Iterator[Problem]:
    url = make_url(configuration.ledger_url)
    ledger = [Path(url.database or "")] if url.get_backend_name() == "sqlite" else []
    for path in (configuration.directory / ".env", *ledger, *sorted(configuration.directory.glob("*.token.json"))):
        if _is_open(path):
            yield Problem(str(path), "", "", _CLOSE)


def _is_open(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & _OTHERS)
    except (OSError, ValueError):
        return False
