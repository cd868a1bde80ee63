"""The JSON Schema of the configuration, for editors to complete and check it while it is written."""

from __future__ import annotations

from collections.abc import Callable
from types import GenericAlias
from typing import Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.errors import PydanticInvalidForJsonSchema

from tracker2invoice.config.plain import Table
from tracker2invoice.errors import BrokenConnector
from tracker2invoice.registry import Group, installed, load_output, load_tracker
from tracker2invoice.settings import FileSettings


def json_schema() -> Table:
    """Return the schema (draft 2020-12) of the main file, with every installed connector's settings by kind.

    A file in the folder `contracts` is described by `$defs/ContractSettings`.
    """
    definitions: Table = {
        "trackers": (_named(_kinds("trackers", load_tracker)), Field(default_factory=dict)),
        "outputs": (_named(_kinds("outputs", load_output)), Field(default_factory=dict)),
    }
    whole = create_model("Configuration", __base__=FileSettings, **definitions)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole.model_json_schema()}


def _named(kinds: Any) -> GenericAlias:
    return GenericAlias(dict, (str, kinds))


def _kinds(group: Group, load: Callable[[str], Any]) -> Any:
    models = [_with_kind(one.kind, load) for one in installed(group)]
    return Union[tuple(models)] if models else dict[str, Any]  # noqa: UP007  a list known at run time only


def _with_kind(kind: str, load: Callable[[str], Any]) -> type[BaseModel]:
    definitions: Table = {"kind": (Literal[kind], ...)}
    try:
        base: type[BaseModel] = load(kind).settings
        model = create_model(f"{kind}_settings", __base__=base, **definitions)
        model.model_json_schema()
    except (BrokenConnector, PydanticInvalidForJsonSchema):
        return create_model(f"{kind}_settings", __config__=ConfigDict(extra="allow"), **definitions)
    return model
