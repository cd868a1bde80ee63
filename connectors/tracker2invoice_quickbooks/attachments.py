"""A file as QuickBooks Online takes it, and what it answers. No I/O.

Source: developer.intuit.com, Attach images and notes: one request brings a file and says what it belongs to. Its answer
has a part for each file, which may be a refusal.
"""

from __future__ import annotations

from pydantic import BaseModel, Field

from tracker2invoice.wire import multipart, write_json
from tracker2invoice_quickbooks.answers import Attachable, Errors
from tracker2invoice_quickbooks.kinds import Kind

_PDF = "application/pdf"


class Uploaded(BaseModel):
    """What became of one file."""

    attachable: Attachable | None = Field(None, alias="Attachable")
    fault: Errors | None = Field(None, alias="Fault")


class Uploads(BaseModel):
    """The answer to an upload."""

    files: tuple[Uploaded] = Field(alias="AttachableResponse")


def to_upload(kind: Kind, own_id: str, file: str, content: bytes) -> tuple[bytes, str]:
    """Return the form that attaches a PDF to a document and does not mail it along, and its content type."""
    belongs_to = {"EntityRef": {"type": kind.entity, "value": own_id}, "IncludeOnSend": False}
    described = write_json({"FileName": file, "ContentType": _PDF, "AttachableRef": [belongs_to]})
    files = {
        "file_metadata_01": ("attachment.json", described.encode(), "application/json"),
        "file_content_01": (file, content, _PDF),
    }
    return multipart({}, files)
