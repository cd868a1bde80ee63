"""What an entry that lies there says, whichever format it is in, and whatever a person has added to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tracker2invoice.model.claim import DocumentState

_HEAD = re.compile(r"^(\d{4}-\d{2}-\d{2}) (!|\*|txn) ", re.MULTILINE)
_AMOUNT = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) ([A-Z]{3})")


@dataclass(frozen=True, slots=True)
class Summary:
    """What tells one entry from another, and whether a person has cleared it."""

    reference: str
    currency: str
    gross: Decimal
    issue_date: date
    due_date: date
    state: DocumentState


def read_summary(content: bytes) -> Summary:
    """Read the first transaction of a file.

    Raises:
        ValueError: there is none, or it lacks what every entry of ours has.
    """
    text = content.decode()
    head = _HEAD.search(text)
    if head is None:
        raise ValueError("no transaction")
    amount = _AMOUNT.fullmatch(_fact(text, "gross"))
    if amount is None:
        raise ValueError("no gross amount")
    return Summary(
        reference=_fact(text, "reference"),
        currency=amount[2],
        gross=Decimal(amount[1]),
        issue_date=date.fromisoformat(head[1]),
        due_date=date.fromisoformat(_fact(text, "due")),
        state="draft" if head[2] == "!" else "sent",
    )


def _fact(text: str, name: str) -> str:
    found = re.search(rf'^[ \t]+(?:; *)?{name}: *"?([^"\n]*?)"?[ \t\r]*$', text, re.MULTILINE)
    if found is None:
        raise ValueError(f"no {name}")
    return found[1]
