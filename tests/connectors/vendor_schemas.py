"""Descriptions of their APIs that vendors publish, where somebody has put them: they are not ours to ship.

`VENDOR_SCHEMAS` names the folder. Tests that need a file which is not there are skipped.
"""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree


def vendor_schemas(file: str) -> dict[str, Any]:
    """Return the vendor's file, JSON or YAML, from the folder."""
    path = _there(file)
    text = path.read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text) if path.suffix == ".json" else import_module("yaml").safe_load(text)
    return loaded


def element_names(file: str) -> frozenset[str]:
    """Return the names of all elements that the vendor's XML schema in the folder declares."""
    declared = etree.parse(_there(file)).iter("{http://www.w3.org/2001/XMLSchema}element")
    return frozenset(str(one.get("name")) for one in declared)


def complaints(document: dict[str, Any], schema: dict[str, Any], body: Any) -> list[str]:
    """Return what a schema of the document says against a body."""
    validator: Any = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
    return [error.message for error in validator.iter_errors(body)]


def _there(file: str) -> Path:
    path = Path(os.environ.get("VENDOR_SCHEMAS", "")) / file
    if not path.is_file():
        pytest.skip(f"{file} is not in the folder that VENDOR_SCHEMAS names")
    return path
