"""What the configuration says before anyone judges it: files, `.env`, secrets directory, environment, merged.

The main file is overridden by `.env` beside it, that by the folder in `T2I_SECRETS_DIR`, that by the
environment. Overrides are called `T2I_<SECTION>__<KEY>…`; pydantic-settings reads them. Nothing here knows
the type of a setting.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import create_model
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from tracker2invoice.config.plain import Location, Table, is_table
from tracker2invoice.config.toml import read_text, read_toml
from tracker2invoice.config.types import did_you_mean
from tracker2invoice.errors import Problem
from tracker2invoice.settings import FileSettings

PREFIX = "T2I_"
SECRETS_DIR = "T2I_SECRETS_DIR"
NOT_SETTINGS = frozenset({"T2I_CONFIG", "T2I_NOW", SECRETS_DIR})
_SECTIONS = tuple(FileSettings.model_fields)


@dataclass(frozen=True, slots=True)
class Layer:
    """One source, under the name that people know it by."""

    label: str
    data: Table = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sources:
    """The main file with its overrides, the contract files, and what could not be read.

    `main` is None if the main file could not be read, so that nobody complains about what it does not define.
    """

    path: Path
    main: Layer | None
    overrides: tuple[Layer, ...]
    contracts: tuple[Layer, ...]
    dotenv: Mapping[str, str] = field(repr=False)
    problems: tuple[Problem, ...]

    @property
    def data(self) -> Table:
        """The main file with every override applied."""
        merged: Table = self.main.data if self.main else {}
        for layer in self.overrides:
            merged = _merge(merged, layer.data)
        return merged

    def origin(self, location: Location) -> str:
        """Return the name of the source that a setting comes from; the main file for a table of several."""
        layers = [(str(self.path), self.main.data if self.main else {})]
        layers += [(layer.label, layer.data) for layer in self.overrides]
        holding = [(label, found) for label, data in layers if (found := _find(data, location)) is not None]
        whole = [label for label, found in holding if not is_table(found)]
        return whole[-1] if whole else next((label for label, _ in holding), str(self.path))


def read_sources(path: Path) -> Sources:
    """Read everything that belongs to the configuration file. Raises nothing: what fails is in `problems`."""
    main, contracts = _read_layer(path), tuple(_read_contracts(path.parent / "contracts"))
    dotenv = _read_dotenv(path.parent / ".env")
    overrides = tuple(_read_overrides(path.parent / ".env", dotenv))
    return Sources(
        path=path,
        main=main if isinstance(main, Layer) else None,
        overrides=_layers(overrides),
        contracts=_layers(contracts),
        dotenv={} if isinstance(dotenv, Problem) else dotenv,
        problems=tuple(one for one in (main, *contracts, *overrides) if isinstance(one, Problem)),
    )


def _layers(found: Iterable[Layer | Problem]) -> tuple[Layer, ...]:
    return tuple(one for one in found if isinstance(one, Layer))


def _read_contracts(folder: Path) -> Iterator[Layer | Problem]:
    if not folder.exists():
        return
    try:
        files = sorted(folder.iterdir())
    except OSError:
        yield Problem(str(folder), "", "", "cannot be read; check the folder and its permissions")
        return
    for file in files:
        if file.suffix == ".toml" and not file.name.startswith("."):
            yield _read_layer(file)


def _read_layer(path: Path) -> Layer | Problem:
    found = read_toml(path)
    return found if isinstance(found, Problem) else Layer(str(path), found)


class _Containers(PydanticBaseSettingsSource):
    """Reads lists and tables from a variable as JSON, and keeps anything else as the text it is."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:  # noqa: ARG002
        if str(value).lstrip()[:1] not in {"[", "{"}:
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value


class _Environment(_Containers, EnvSettingsSource):
    pass


class _DotEnv(_Containers, EnvSettingsSource):
    """The variables of a `.env` file that has been read already."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        super().__init__(_SETTINGS)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._variables.items()}


class _SecretsFolder(_Containers, NestedSecretsSettingsSource):
    pass


class _Overridable(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True, extra="ignore"
    )


_DEFINITIONS: dict[str, Any] = dict.fromkeys(_SECTIONS, (Table, {}))
_SETTINGS = create_model("_SETTINGS", __base__=_Overridable, **_DEFINITIONS)


def _read_overrides(file: Path, dotenv: Mapping[str, str] | Problem) -> Iterator[Layer | Problem]:
    if isinstance(dotenv, Problem):
        yield dotenv
    else:
        yield from _read(str(file), lambda: _DotEnv(dotenv))
    if folder := os.environ.get(SECRETS_DIR):
        plain = SecretsSettingsSource(_SETTINGS, secrets_dir=folder)
        yield from _read(folder, lambda: _SecretsFolder(plain, secrets_dir_missing="error"))
    yield from _read("environment", lambda: _Environment(_SETTINGS))


def _read(label: str, source: Callable[[], EnvSettingsSource]) -> Iterator[Layer | Problem]:
    try:
        opened = source()
        yield Layer(label, {key: value for key, value in opened().items() if key in _SECTIONS})
    except (SettingsError, OSError, UnicodeDecodeError):
        yield Problem(label, "", "", "cannot be read; check that it is there, readable, and UTF-8")
        return
    yield from _strangers(label, opened.env_vars)


def _strangers(label: str, variables: Iterable[str]) -> Iterator[Problem]:
    for variable in sorted(name.upper() for name in variables):
        section = variable.removeprefix(PREFIX).split("__")[0].lower()
        if variable.startswith(PREFIX) and variable not in NOT_SETTINGS and section not in _SECTIONS:
            known = tuple(f"{PREFIX}{name.upper()}" for name in _SECTIONS)
            hint = did_you_mean(f"{PREFIX}{section.upper()}", known) or f"settings begin with {', '.join(known)}"
            yield Problem(label, "", variable, f"no such setting; {hint}")


def _read_dotenv(path: Path) -> Mapping[str, str] | Problem:
    text = read_text(path) if path.is_symlink() or path.exists() else ""
    if isinstance(text, Problem):
        return text
    # values that refer to each other could grow beyond every memory
    variables = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value for name, value in variables.items() if value}


def _merge(base: Table, over: Table) -> Table:
    merged = dict(base)
    for key, value in over.items():
        name = next((known for known in base if _fold(known) == _fold(key)), key)
        below = merged.get(name)
        merged[name] = _merge(below, value) if is_table(below) and is_table(value) else value
    return merged


def _find(data: object, location: Location) -> object:
    """Return what stands at a location, or the plain value above it; None if there is nothing."""
    for step in location:
        if not is_table(data):
            return data
        data = next((value for key, value in data.items() if _fold(key) == _fold(str(step))), None)
    return data


def _fold(key: str) -> str:
    # names of variables have neither capitals of their own nor dashes
    return key.lower().replace("-", "_")
