"""A folder as an output: each draft as PDF, JSON and CSV files. Importing this must stay cheap."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tracker2invoice.plugins import Capabilities, Clock, Context, Output, OutputPlugin

if TYPE_CHECKING:
    from tracker2invoice.testing.twins import OutputTwin

Format = Literal["pdf", "json", "csv"]

FORMATS: tuple[Format, ...] = ("pdf", "json", "csv")

CAPABILITIES = Capabilities(
    draft_state=True,
    key_lifetime=None,
    settle=timedelta(0),
    unique_reference=True,
    pins_client=False,
    negative_lines=True,
    credit_notes=True,
    attachments=False,
    withdraws=True,
)

_PLANNED = ("ubl", "cii", "facturx")


def _known(word: object) -> object:
    if word in FORMATS:
        return word
    reason = "electronic invoices are not available yet; " if word in _PLANNED else ""
    raise ValueError(f'{reason}choose from "pdf", "json" and "csv"')


class FilesSettings(BaseModel):
    """`[outputs.<name>]` with `kind = "files"`.

    `directory` is relative to the configuration file. `formats` says which files are written for each draft.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["files"] = "files"
    directory: Path
    formats: Annotated[tuple[Annotated[Format, BeforeValidator(_known)], ...], Field(min_length=1)] = FORMATS


def _connect(settings: FilesSettings, context: Context) -> Output:
    from tracker2invoice_files.output import FilesOutput

    return FilesOutput(settings, context)


def _twin(_: Clock, directory: Path) -> AbstractContextManager[OutputTwin]:
    from tracker2invoice_files.twin import FolderTwin

    return nullcontext(FolderTwin(directory))


plugin = OutputPlugin(
    summary="A folder: each draft as PDF, JSON and CSV",
    settings=FilesSettings,
    connect=_connect,
    capabilities=CAPABILITIES,
    twin=_twin,
)
