"""Secrets are references, resolved when a connector needs them, and print as asterisks.

`{ env = "GITHUB_TOKEN" }`, `{ file = "/run/secrets/token" }` or `{ keyring = "service/user" }`; a plain
string is accepted with a warning. A relative file counts from the folder of the configuration file, and a
variable may also stand in `.env` beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from tracker2invoice.config.plain import Location, is_list, is_table
from tracker2invoice.config.types import surroundings
from tracker2invoice.errors import SecretMissing
from tracker2invoice.intake import read_ordinary

_LARGEST = 64 * 1024


class SecretReference(BaseModel):
    """Where a secret is kept; exactly one place."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    env: str | None = Field(default=None, min_length=1)
    file: Path | None = None
    keyring: str | None = None
    plain: SecretStr | None = None
    _dotenv: SecretStr | None = PrivateAttr(default=None)

    @field_validator("file")
    @classmethod
    def _beside_the_configuration(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        return None if file is None else surroundings(info).directory / _expanded(file)

    @field_validator("keyring")
    @classmethod
    def _service_and_user(cls, keyring: str | None) -> str | None:
        if keyring is not None and not all(keyring.partition("/")):
            raise ValueError('write the service and the user: { keyring = "service/user" }')
        return keyring

    @model_validator(mode="after")
    def _one_place(self, info: ValidationInfo) -> SecretReference:
        if sum(place is not None for place in (self.env, self.file, self.keyring, self.plain)) != 1:
            raise ValueError('name exactly one place: { env = "…" }, { file = "…" } or { keyring = "service/user" }')
        if self.env is not None and (value := surroundings(info).dotenv.get(self.env)):
            self._dotenv = SecretStr(value)
        return self

    def reveal(self) -> str:
        """Return the secret itself. Never store, log or print it.

        Raises:
            SecretMissing: there is nothing in the place named.
        """
        if self.env is not None:
            secret, source = (
                os.environ.get(self.env) or _plain(self._dotenv),
                f"environment variable {self.env}",
            )
        elif self.file is not None:
            secret, source = _read(self.file), f"file {self.file}"
        elif self.keyring is not None:
            secret, source = _from_keyring(self.keyring), f"keyring entry {self.keyring}"
        else:
            secret, source = _plain(self.plain), "configuration file"
        if not secret or not secret.strip():
            raise SecretMissing(source)
        return secret.strip()


def secrets_in(value: object, location: Location = ()) -> Iterator[tuple[Location, SecretReference]]:
    """Yield every reference to a secret in the settings of a connector, and where in them it stands."""
    if isinstance(value, SecretReference):
        yield location, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from secrets_in(getattr(value, name), (*location, name))
    elif is_table(value):
        for key, one in value.items():
            yield from secrets_in(one, (*location, key))
    elif is_list(value):
        for number, one in enumerate(value):
            yield from secrets_in(one, (*location, number))


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:  # no home directory
        return path


def _read(path: Path) -> str | None:
    try:
        return read_ordinary(path, _LARGEST).decode("utf-8-sig")
    except (OSError, ValueError):  # not there, not readable, no ordinary file, too large, not text, not a path
        return None


def _from_keyring(entry: str) -> str | None:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise SecretMissing(f"keyring entry {entry} (pip install 'tracker2invoice[keyring]')") from None
    service, _, user = entry.partition("/")
    try:
        return keyring.get_password(service, user)
    except keyring.errors.KeyringError:
        return None


def _wrap(value: object) -> object:
    if isinstance(value, str):
        return {"plain": value}
    if is_table(value) or isinstance(value, SecretReference):
        return value
    raise ValueError('write where the secret is kept: { env = "NAME_OF_THE_VARIABLE" }')


_PLACES = ("env", "file", "keyring")

Secret = Annotated[
    SecretReference,
    BeforeValidator(_wrap),
    WithJsonSchema(
        {
            "description": "Where the secret is kept. A plain string works, with a warning.",
            "anyOf": [
                {"type": "string"},
                *(
                    {
                        "type": "object",
                        "properties": {place: {"type": "string"}},
                        "required": [place],
                        "additionalProperties": False,
                    }
                    for place in _PLACES
                ),
            ],
        }
    ),
]
"""The type of a settings field that holds a secret."""
