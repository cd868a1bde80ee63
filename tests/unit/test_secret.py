"""Secrets are found where the reference says, and never shown."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked
from pydantic import BaseModel, ConfigDict, ValidationError

from tracker2invoice.config.types import Surroundings
from tracker2invoice.errors import SecretMissing
from tracker2invoice.secret import Secret, SecretReference


class Holder(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    token: Secret


def secret(written: object, around: Surroundings | None = None) -> SecretReference:
    return Holder.model_validate({"token": written}, context=around).token


class Drawer(KeyringBackend):
    priority = 1  # pyright: ignore[reportAssignmentType]

    def __init__(self) -> None:
        """Read no settings from the environment, as the base class does."""

    def get_password(self, service: str, username: str) -> str | None:
        if service == "locked":
            raise KeyringLocked("no prompt here")
        return "from-the-keyring" if (service, username) == ("github", "robot/ci") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


@pytest.fixture
def drawer() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(Drawer())
    yield
    keyring.set_keyring(before)


def test_a_variable_a_file_the_keyring_and_plain_text_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawer: None
) -> None:
    (tmp_path / "token").write_text("from-the-file\n", encoding="utf-8")
    monkeypatch.setenv("SOME_TOKEN", "from-the-environment\n")

    assert secret({"env": "SOME_TOKEN"}).reveal() == "from-the-environment"
    assert secret({"file": str(tmp_path / "token")}).reveal() == "from-the-file"
    assert secret({"keyring": "github/robot/ci"}).reveal() == "from-the-keyring"
    assert secret("plain").reveal() == "plain"


def test_a_relative_file_lies_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("beside", encoding="utf-8")

    assert secret({"file": "token"}, Surroundings(directory=tmp_path)).reveal() == "beside"


def test_a_variable_may_stand_in_the_env_file_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = secret({"env": "SOME_TOKEN"}, Surroundings(dotenv={"SOME_TOKEN": "from-dotenv"}))

    assert reference.reveal() == "from-dotenv"
    monkeypatch.setenv("SOME_TOKEN", "from-the-environment")
    assert reference.reveal() == "from-the-environment"


@pytest.mark.parametrize(
    ("written", "source"),
    [
        ({"env": "NO_SUCH_VARIABLE"}, "environment variable NO_SUCH_VARIABLE"),
        ({"file": "/nowhere/token"}, "file /nowhere/token"),
        ({"file": "/"}, "file /"),
        ({"keyring": "github/nobody"}, "keyring entry github/nobody"),
        ({"keyring": "locked/robot"}, "keyring entry locked/robot"),
        ("", "configuration file"),
        ("  ", "configuration file"),
    ],
)
def test_an_empty_place_is_named(written: object, source: str, drawer: None) -> None:
    with pytest.raises(SecretMissing) as caught:
        secret(written).reveal()

    assert caught.value.source == source


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b" \n"])
def test_a_file_without_text_holds_no_secret(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)

    with pytest.raises(SecretMissing):
        secret({"file": str(tmp_path / "token")}).reveal()


@pytest.mark.parametrize(
    "written", [{}, {"env": "A", "file": "b"}, {"keyring": "github"}, {"keyring": "/robot"}, {"env": ""}, 5, ["x"]]
)
def test_a_reference_names_exactly_one_whole_place(written: object) -> None:
    with pytest.raises(ValidationError):
        secret(written)


def test_a_secret_never_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    around = Surroundings(dotenv={"SOME_TOKEN": "ghp_sentinel"})
    for reference in (secret("ghp_sentinel"), secret({"env": "SOME_TOKEN"}, around)):
        holder = Holder(token=reference)
        shown = f"{reference!r} {reference} {holder!r} {holder.model_dump()} {holder.model_dump_json()} {around!r}"

        assert "ghp_sentinel" not in shown
    with pytest.raises(ValidationError) as caught:
        secret({"plain": "ghp_sentinel", "env": "A"})
    assert "ghp_sentinel" not in str(caught.value)


def test_a_reference_survives_the_way_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(secret("plain"))).reveal() == "plain"
