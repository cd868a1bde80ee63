"""What all sections of the configuration share."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section: an unknown key is an error, and values never show in one.

    `answers` holds keys that people write although the section has none of that name, with what to tell them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    answers: ClassVar[dict[str, str]] = {}
