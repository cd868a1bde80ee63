"""The example configuration and the schema for editors: complete, loadable, and in step with the settings."""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from tracker2invoice import settings
from tracker2invoice.config import parties, terms
from tracker2invoice.config.schema import json_schema
from tracker2invoice.configfile import Configuration, load

pytestmark = pytest.mark.usefixtures("strangers_connectors")

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def loaded(folder: Path, text: str) -> Configuration:
    path = folder / "tracker2invoice.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def example_as_json() -> dict[str, Any]:
    text = EXAMPLE.read_text(encoding="utf-8")
    plain: dict[str, Any] = json.loads(json.dumps(tomllib.loads(text), default=datetime.date.isoformat))
    return plain


def test_the_example_loads_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "token")
    monkeypatch.setenv("GITLAB_TOKEN", "token")
    monkeypatch.setenv("XERO_SECRET", "secret")
    monkeypatch.setenv("STRIPE_KEY", "key")
    configuration = load(EXAMPLE)

    assert configuration.warnings == ()
    assert {one.id for one in configuration.contracts} == {"acme-portal", "globex-shop", "acme-platform"}


def test_the_example_fits_the_schema_that_editors_use() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)

    jsonschema.validate(example_as_json(), schema)


@pytest.mark.parametrize("way", [("supplier", "nmae"), ("trackers", "github", "tokn"), ("contracts", 0, "tilte")])
def test_the_schema_knows_no_other_keys(way: tuple[str | int, ...]) -> None:
    document = example_as_json()
    here: Any = document
    for step in way[:-1]:
        here = here[step]
    here[way[-1]] = "x"

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json_schema())


def test_the_schema_describes_a_contract_file_too() -> None:
    schema = json_schema()
    contract = example_as_json()["contracts"][0]

    jsonschema.validate(contract, {"$ref": "#/$defs/ContractSettings", "$defs": schema["$defs"]})


def test_the_example_shows_every_option_of_the_core() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    here = {**vars(settings), **vars(parties), **vars(terms)}.values()
    models = [one for one in here if isinstance(one, type) and issubclass(one, BaseModel)]
    options = {field.alias or name for model in models for name, field in model.model_fields.items()}

    assert not {name for name in options if not re.search(rf"\b{name}\b", text)}


def test_the_example_shows_every_option_of_its_connectors() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    configuration = load(EXAMPLE)
    connectors = [*configuration.trackers.values(), *configuration.outputs.values()]

    missing = {
        f"{one.kind}.{name}"
        for one in connectors
        for name in type(one.settings).model_fields
        if not re.search(rf"\b{name}\b", text)
    }
    assert not missing


AGENCY = """
timezone = "Europe/Berlin"

[supplier]
name = "Northwind Software GmbH"
vat_id = "DE123456789"
address = { street = "Hauptstr. 1", city = "Berlin", postcode = "10115", country = "DE" }
iban = "DE02120300000000202051"

[ledger]
url = "sqlite:///tracker2invoice.db"

[daemon]
poll = "5 minutes"

[trackers.github]
kind = "github"
url = "https://api.github.com"
token = { env = "GITHUB_TOKEN" }

[outputs.files]
kind = "files"
directory = "invoices"
formats = ["pdf", "json", "csv"]

[outputs.books]
kind = "xero"
tenant = "…"
client_id = "…"
client_secret = { env = "XERO_SECRET" }

[clients.acme]
name = "Acme GmbH"
email = "ap@acme.example"
vat_id = "DE987654321"
address = { street = "Ring 2", city = "Hamburg", postcode = "20095", country = "DE" }
remote = { books = "contact id in that output" }

[[contracts]]
id = "acme-portal"
client = "acme"
projects = ["github:acme/portal"]
start = 2026-01-01
currency = "EUR"
price = "60000.00"
tax = { category = "S", rate = "19" }
due = "30 days"
outputs = ["files", "books"]
accept = { all_issues_closed = true, after = "24 hours" }

  [[contracts.terms]]
  id = "design"
  milestone = "Design*"
  percent = "30"

  [[contracts.terms]]
  id = "beta"
  milestone = "Beta"
  percent = "50"

  [[contracts.terms]]
  id = "acceptance"
  milestone = "Acceptance"
  percent = "20"
"""


def test_a_typical_agency_configures_it_with_the_connectors_that_come_with_it(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, AGENCY)

    assert {name: one.kind for name, one in configuration.trackers.items()} == {"github": "github"}
    assert {name: one.kind for name, one in configuration.outputs.items()} == {"files": "files", "books": "xero"}
    assert {one.key for one in configuration.warnings} == {"vat_id"}
