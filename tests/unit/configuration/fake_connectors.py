"""Connectors of a stranger's package, as the configuration meets them; none of them connects to anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tracker2invoice.plugins import Capabilities, Context, OutputPlugin, TrackerPlugin
from tracker2invoice.secret import Secret


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Memo(_Settings):
    url: str = "https://memo.example"
    token: Secret
    page_size: int = Field(default=100, gt=0)


class Folder(_Settings):
    directory: str
    formats: tuple[Literal["pdf", "json", "csv"], ...] = ("pdf",)


class Account(_Settings):
    name: str
    code: str


class Books(_Settings):
    tenant: str
    client_secret: Secret
    accounts: list[Account] = []
    create_missing: bool = False


class Leaky(_Settings):
    password: str

    @field_validator("password")
    @classmethod
    def _never(cls, password: str) -> str:
        raise ValueError(f"{password} is too weak")


class Fussy(_Settings):
    anything: str = ""

    @field_validator("anything")
    @classmethod
    def _fails(cls, anything: str) -> str:
        raise RuntimeError(anything)


def _connect(settings: Any, context: Context) -> Any:
    raise AssertionError("the configuration connects to nothing")


_CAN = Capabilities(
    draft_state=True,
    key_lifetime=None,
    settle=timedelta(0),
    unique_reference=True,
    pins_client=False,
    negative_lines=True,
    credit_notes=True,
    attachments=True,
    withdraws=True,
    numbers=True,
    finalizes=False,
)

memo = TrackerPlugin("memory", Memo, _connect)
folder = OutputPlugin("a folder", Folder, _connect, _CAN)
books = OutputPlugin("books", Books, _connect, replace(_CAN, pins_client=True))
leaky = OutputPlugin("quotes what it refuses", Leaky, _connect, _CAN)
fussy = OutputPlugin("fails on everything", Fussy, _connect, _CAN)
