"""A folder as an output: each draft as PDF, JSON, CSV and electronic invoice. Importing this must stay cheap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from tracker2invoice.model.contract import Contract
from tracker2invoice.plugins import Capabilities, Clock, Context, Output, OutputPlugin
from tracker2invoice.rendition import Rendition
from tracker2invoice.taxcodes import TaxCodes

if TYPE_CHECKING:
    from tracker2invoice.model.invoice import Draft
    from tracker2invoice.model.look import Look
    from tracker2invoice.testing.twins import OutputTwin

Format = Literal["pdf", "facturx", "json", "csv", "ubl", "cii", "csv-xero", "csv-quickbooks"]
Profile = Literal["en16931", "peppol", "xrechnung", "france"]
Level = Literal["minimum", "basicwl", "basic", "en16931"]
Dates = Literal["DD/MM/YYYY", "MM/DD/YYYY"]

ENDINGS: Mapping[Format, str] = {
    "pdf": "pdf",
    "facturx": "facturx.pdf",
    "json": "json",
    "csv": "csv",
    "ubl": "ubl.xml",
    "cii": "cii.xml",
    "csv-xero": "xero.csv",
    "csv-quickbooks": "quickbooks.csv",
}
"""What a file's name ends with, the formats that people open first in front."""

FORMATS: tuple[Format, ...] = ("pdf", "json", "csv")
"""What is written unless the settings say otherwise."""

_NO_TEXTS = ("pdf", "facturx")


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
    numbers=False,
    finalizes=True,
)


def within_pdf(profile: Profile) -> Profile:
    """Return the profile that Factur-X has: its own is that of EN 16931, which France only asks more of."""
    return "france" if profile == "france" else "en16931"


def _known(word: object) -> object:
    if word in tuple(ENDINGS):
        return word
    *others, last = (f'"{one}"' for one in ENDINGS)
    raise ValueError(f"choose from {', '.join(others)} and {last}")


class XeroTemplate(BaseModel):
    """What the template for sales invoices wants to know of Xero: the account's code, and what each tax is called.

    `dates` are written as the organisation's region writes them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    account: Annotated[str, Field(min_length=1)]
    tax: TaxCodes
    dates: Dates = "DD/MM/YYYY"


class QuickBooksTemplate(BaseModel):
    """What the import of invoices wants to know of QuickBooks Online: the product or service, what each tax is called.

    `dates` are in the form that is chosen there when the file is imported.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    item: Annotated[str, Field(min_length=1)]
    tax: TaxCodes
    dates: Dates = "DD/MM/YYYY"


class FilesSettings(BaseModel):
    """`[outputs.<name>]` with `kind = "files"`.

    `directory` is relative to the configuration file. `formats` says which files are written for each draft, `profile`
    which rules `ubl` and `cii` follow, `facturx_profile` how much of the invoice the XML in `facturx` has. `xero` and
    `quickbooks` are for the formats that these import.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["files"] = "files"
    directory: Path
    formats: Annotated[tuple[Annotated[Format, BeforeValidator(_known)], ...], Field(min_length=1)] = FORMATS
    profile: Profile = "en16931"
    facturx_profile: Level = "en16931"
    xero: XeroTemplate | None = None
    quickbooks: QuickBooksTemplate | None = None

    @model_validator(mode="after")
    def _templates_are_filled_in(self) -> Self:
        for format_, section in (("csv-xero", self.xero), ("csv-quickbooks", self.quickbooks)):
            if format_ in self.formats and section is None:
                # a sentence that repeats what was written is not shown to anybody
                raise ValueError(
                    f"write its section {format_.removeprefix('csv-')} too: the template has to be filled in"
                )
        return self

    @field_validator("facturx_profile")
    @classmethod
    def _has_what_the_profile_wants(cls, level: Level, info: ValidationInfo) -> Level:
        if level == "minimum" and info.data.get("profile") == "france":
            raise ValueError('France wants notes and addresses, which this one has not; write "basicwl" or "basic"')
        return level

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The profiles of all electronic invoices that are written."""
        own: tuple[Profile, ...] = (self.profile,) if {"ubl", "cii"} & set(self.formats) else ()
        return tuple(dict.fromkeys([*own, *((within_pdf(self.profile),) if "facturx" in self.formats else ())]))


def _connect(settings: FilesSettings, context: Context) -> Output:
    from tracker2invoice_files.output import FilesOutput

    return FilesOutput(settings, context)


def _lacks(settings: FilesSettings, contract: Contract) -> Iterator[str]:
    from tracker2invoice_files.findings import lacking, lacking_qr_bill, unnamed_taxes

    yield from map(str, lacking(settings, contract))
    yield from lacking_qr_bill(settings, contract)
    yield from unnamed_taxes(settings, contract)


def _rendition(format_: Format) -> Rendition[FilesSettings]:
    def render(settings: FilesSettings | None, output: str, draft: Draft, planned: bool, look: Look) -> bytes:  # noqa: FBT001
        from tracker2invoice_files.rendering import show

        return show(output, settings or FilesSettings(directory=Path()), draft, format_, planned=planned, look=look)

    return Rendition(
        ENDINGS[format_],
        is_text=format_ not in _NO_TEXTS,
        writes=lambda settings: format_ in settings.formats,
        render=render,
    )


def _twin(_: Clock, directory: Path) -> AbstractContextManager[OutputTwin]:
    from tracker2invoice_files.twin import FolderTwin

    return nullcontext(FolderTwin(directory))


plugin = OutputPlugin(
    summary="A folder: each draft as PDF, JSON, CSV, UBL, CII, Factur-X, and for imports into Xero and QuickBooks",
    settings=FilesSettings,
    connect=_connect,
    capabilities=CAPABILITIES,
    twin=_twin,
    lacks=_lacks,
    renditions={format_: _rendition(format_) for format_ in ENDINGS},
    proof="real system",
)
