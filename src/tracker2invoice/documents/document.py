"""The JSON document: a draft for programs.

`invoice.schema.json` describes it, `docs/invoice-document.md` explains it. Text in it is raw, exactly as
frozen: whoever shows it to people has to clean it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from tracker2invoice.model.invoice import Draft

SCHEMA = Path(__file__).parent / "invoice.schema.json"
"""The JSON Schema (draft 2020-12) of the document."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What tells one document from another. `remote` maps output names to the client's id there.

    `number` (BT-1) is empty as long as nobody has finalized it.
    """

    reference: str
    currency: str
    gross: Decimal
    remote: dict[str, str]
    number: str


def render_document(draft: Draft) -> bytes:
    """Return the draft as indented UTF-8 JSON, fields in the order of `Draft`."""
    return (json.dumps(draft.to_dict(), ensure_ascii=False, indent=2) + "\n").encode()


def read_summary(document: bytes) -> Summary:
    """Read from a document what every version of it has.

    Raises:
        ValueError: the bytes are not a document.
    """
    try:
        plain: Any = json.loads(document)
        return Summary(
            reference=str(plain["reference"]),
            currency=str(plain["currency"]),
            gross=Decimal(str(plain["totals"]["gross"])),
            remote={str(output): str(id_) for output, id_ in plain["client"].get("remote", {}).items()},
            number=str(plain["number"] or ""),
        )
    except (KeyError, TypeError, AttributeError, InvalidOperation, UnicodeDecodeError) as error:
        raise ValueError("not an invoice document") from error
