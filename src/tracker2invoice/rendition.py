"""What an output declares of the formats that it writes, so that a draft can be looked at in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.look import Look

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Rendition(Generic[S]):
    """A format in which an output can show a draft to a person before anything is delivered, or after.

    `ending` is what the name of such a file ends with, `is_text` whether a terminal can show it. `writes` says whether
    an output with these settings delivers its documents in this format.

    `render` returns the bytes that the output called by that name would write of a draft. Its settings are None if no
    output of the kind is configured. What is only `planned` is marked so, and has the look of the supplier's documents,
    if the format is for people to read. It is pure, and raises Unsupported or Rejected as `prepare` does.
    """

    ending: str
    is_text: bool
    writes: Callable[[S], bool]
    render: Callable[[S | None, str, Draft, bool, Look], bytes]
