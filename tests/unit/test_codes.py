"""Codes that no receiver of an electronic invoice knows are refused in the configuration."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from tracker2invoice.config.types import Country, UnitCode


@pytest.mark.parametrize("code", ["C62", "HUR", "DAY", "MON", "H87", "KMT", "XBX"])
def test_a_unit_of_measure_goes_by_its_code(code: str) -> None:
    assert TypeAdapter(UnitCode).validate_python(code) == code


@pytest.mark.parametrize("code", ["HRS", "hours", "ST", "", "HUR "])
def test_a_code_that_looks_like_a_unit_and_is_none_is_refused(code: str) -> None:
    with pytest.raises(ValidationError, match="Recommendation 20"):
        TypeAdapter(UnitCode).validate_python(code)


@pytest.mark.parametrize("code", ["DE", "GB", "US", "TR"])
def test_a_country_goes_by_its_code(code: str) -> None:
    assert TypeAdapter(Country).validate_python(code) == code


@pytest.mark.parametrize("code", ["UK", "EL", "XX", "de", "EU", "Germany", "1A"])
def test_a_code_that_looks_like_a_country_and_is_none_is_refused(code: str) -> None:
    with pytest.raises(ValidationError, match="ISO 3166"):
        TypeAdapter(Country).validate_python(code)
