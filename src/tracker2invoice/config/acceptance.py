"""When a closed milestone counts, as it is written in the configuration: `accept` of a contract."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from tracker2invoice.config.section import Section
from tracker2invoice.config.types import Duration, Share, Text


def _logins(people: tuple[str, ...]) -> tuple[str, ...]:
    if len({login.lower() for login in people}) != len(people):
        raise ValueError("somebody is named twice; remove one")
    if any(login.startswith("@") for login in people):
        raise ValueError('write the login names without @: by = ["anna", "bob"]')
    return people


Logins = Annotated[tuple[Text, ...], Field(min_length=1, examples=[["anna", "bob"]]), AfterValidator(_logins)]
"""People as a tracker knows them."""


class LabelSettings(Section):
    """Acceptance by a label on every finished issue: what it is called, and who has to set it."""

    name: Text = Field(examples=["accepted"])
    by: Logins | None = None


def _label(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


Label = Annotated[LabelSettings, BeforeValidator(_label, json_schema_input_type=str | LabelSettings)]


class CommentSettings(Section):
    """Acceptance by a comment in the tracker: what it says, and whose it has to be."""

    text: Text = Field(max_length=100, examples=["accepted"])
    by: Logins

    @model_validator(mode="before")
    @classmethod
    def _whose(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError('say who has to write it: { text = "accepted", by = ["anna", "bob"] }')  # noqa: TRY004
        return value


class AcceptSettings(Section):
    """When a closed milestone counts."""

    all_issues_closed: bool = False
    issues_closed: Share | None = Field(default=None, examples=["80"])
    after: Duration | None = Field(default=None, examples=["24 hours"])
    label: Label | None = Field(default=None, examples=["accepted"])
    comment: CommentSettings | None = None
    approvals: int | None = Field(default=None, ge=1, examples=[2])
    by: tuple[Text, ...] = Field(default=(), examples=[["anna", "bob"]])

    @model_validator(mode="after")
    def _enough_people(self) -> AcceptSettings:
        if len(set(self.by)) != len(self.by):
            raise ValueError("somebody is named twice; remove one")
        if (self.approvals or 0) > len(self.by):
            raise ValueError('fewer people are named than have to approve; write by = ["anna", "bob"]')
        return self

    @model_validator(mode="after")
    def _one_share(self) -> AcceptSettings:
        if self.all_issues_closed and self.issues_closed is not None:
            raise ValueError("all issues are more than a share of them; remove all_issues_closed or issues_closed")
        return self
