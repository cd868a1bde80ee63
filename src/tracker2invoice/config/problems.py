"""What pydantic found wrong, as problems for a person: where, and what to write instead, never a value."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from tracker2invoice.config.plain import Location, is_list, is_table
from tracker2invoice.config.section import Section
from tracker2invoice.config.types import Surroundings, did_you_mean, is_name
from tracker2invoice.errors import Problem
from tracker2invoice.secret import SecretReference

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a section stands: its name as people see it, and which file or source each setting comes from."""

    section: str
    file_of: Callable[[Location], str]

    def problem(self, key: str, message: str, location: Location = ()) -> Problem:
        """Return a problem of this section."""
        return Problem(self.file_of(location), self.section, key, message)


@dataclass(frozen=True, slots=True)
class Checked(Generic[M]):
    """The settings of a section, or what is wrong with them."""

    settings: M | None
    problems: tuple[Problem, ...] = ()


def check(model: type[M], data: object, place: Place, around: Surroundings) -> Checked[M]:
    """Read one section. Raises nothing that a connector's model could raise."""
    try:
        return Checked(model.model_validate(data, context=around))
    except ValidationError as error:
        details = [one for one in error.errors(include_url=False) if not _mere_echo(one)]
        return Checked(None, tuple(_problem(one, model, data, place) for one in details))
    except Exception as error:  # noqa: BLE001  a connector is anybody's code
        return Checked(None, (place.problem("", f"the connector fails on these settings ({type(error).__name__})"),))


def _mere_echo(detail: ErrorDetails) -> bool:
    # a list whose items are all wrong counts as too short besides
    return detail["type"] == "too_short" and bool(detail["input"])


def unknown(key: str, known: Iterable[str]) -> str:
    """Return the sentence for a key that nobody knows."""
    names = tuple(known)
    return f"unknown key; {did_you_mean(key, names) or 'known here: ' + ', '.join(names)}"


def _problem(detail: ErrorDetails, model: type[BaseModel], data: object, place: Place) -> Problem:
    location = tuple(step for step in detail["loc"] if step != "[key]")
    return place.problem(_key(location, data), _message(detail, location, model), location)


def _key(location: Location, data: object) -> str:
    """Return the location as people see it: `terms.beta.percent`, `projects[2]`."""
    key = ""
    for step in location:
        below = _below(data, step)
        if isinstance(step, int):
            name = below.get("id") if is_table(below) else None
            key += f".{name}" if is_name(name) else f"[{step + 1}]"
        else:
            key += f".{step}"
        data = below
    return key.removeprefix(".")


def _below(data: object, step: str | int) -> object:
    if is_table(data):
        return data.get(str(step))
    if is_list(data) and isinstance(step, int) and step < len(data):
        return data[step]
    return None


def _message(detail: ErrorDetails, location: Location, model: type[BaseModel]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _extra(str(location[-1]), _models_at(model, location[:-1]))
    if kind == "missing":
        return _missing(str(location[-1]), _models_at(model, location[:-1]))
    if kind in {"value_error", "assertion_error"}:
        sentence = str(context.get("error", ""))
        return sentence if issubclass(model, Section) else _unless_it_quotes(sentence, detail["input"])
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(**context)
    return _unless_it_quotes(detail["msg"][0].lower() + detail["msg"][1:], detail["input"])


_TEXT = "write text in quotes"
_WHOLE = "write a whole number, without quotes"
_YES_NO = "write true or false, without quotes"
_TABLE = "write a table: {{ key = value }}"
_LIST = 'write a list: ["…", "…"]'
_SENTENCES: Mapping[str, str] = {
    "string_type": _TEXT,
    "path_type": _TEXT,
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must have the form {pattern}",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "bool_type": _YES_NO,
    "bool_parsing": _YES_NO,
    "dict_type": _TABLE,
    "mapping_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "dataclass_type": _TABLE,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "too_short": "must not be empty; write at least {min_length}",
    "literal_error": "write one of {expected}",
    "enum": "write one of {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "url_type": _TEXT,
    "url_parsing": 'write an address: "https://host.example"',
    "url_scheme": "the address must begin with one of {expected_schemes}",
}


def _extra(key: str, models: tuple[type[BaseModel], ...]) -> str:
    for model in models:
        if issubclass(model, Section) and key in model.answers:
            return model.answers[key]
    return unknown(key, (name for model in models for name in _fields(model)))


def _missing(key: str, models: tuple[type[BaseModel], ...]) -> str:
    field = next((_fields(model)[key] for model in models if key in _fields(model)), None)
    if field is not None and field.examples:
        return f"missing; write {key} = {_toml(field.examples[0])}"
    if field is not None and SecretReference in _models_in(field.annotation):
        return f'missing; write {key} = {{ env = "NAME_OF_THE_VARIABLE" }}'
    return f"missing; write {key} = …"


def _toml(value: object) -> str:
    if is_table(value):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    if is_list(value):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _unless_it_quotes(message: str, written: object) -> str:
    """Return a sentence that others worded, unless it repeats what was written."""
    if not message or any(text in message for text in _texts(written)):
        return "not accepted here; the connector's page in the documentation says what to write"
    return message


def _texts(written: object) -> Iterator[str]:
    """Yield every value, and the longer parts of it, for addresses hold passwords."""
    if is_table(written) or is_list(written):
        for value in written.values() if is_table(written) else written:
            yield from _texts(value)
        return
    text = str(written)
    yield from (part for part in (text, *re.split(r"[\s:/@?&=,;]", text)) if len(part) > (3 if part == text else 7))


def _models_at(model: type[BaseModel], location: Location) -> tuple[type[BaseModel], ...]:
    """Return the models that stand at a location; steps into lists and free tables stay where they are."""
    here: tuple[type[BaseModel], ...] = (model,)
    for step in location:
        fields = [_fields(one)[str(step)] for one in here if str(step) in _fields(one)]
        here = tuple(found for field in fields for found in _models_in(field.annotation)) or here
    return here


def _models_in(annotation: Any) -> tuple[type[BaseModel], ...]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    return tuple(model for part in get_args(annotation) for model in _models_in(part))


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}
