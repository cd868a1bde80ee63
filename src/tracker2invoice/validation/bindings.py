"""Where the business terms of EN 16931 stand in each syntax."""

from __future__ import annotations

from collections.abc import Mapping

from tracker2invoice.validation.bound import Binding, Syntax
from tracker2invoice.validation.cii_terms import CII
from tracker2invoice.validation.ubl_terms import UBL

BINDINGS: Mapping[Syntax, Binding] = {"ubl": UBL, "cii": CII}
