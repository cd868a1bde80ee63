"""Forms with files in them (RFC 7578), as sandboxes read them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tracker2invoice.testing.sandbox.server import Request


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form; `file` is the name of a file, empty for a plain field."""

    content: bytes
    file: str


def read_parts(request: Request) -> dict[str, Part]:
    """Return the parts of a form by their names."""
    boundary = request.headers.get("content-type", "").partition("boundary=")[2]
    return dict(_part(one[2:-2]) for one in request.body.split(f"--{boundary}".encode())[1:-1])


def _part(text: bytes) -> tuple[str, Part]:
    head, _, content = text.partition(b"\r\n\r\n")
    name, file = (re.search(rf'; {field}="([^"]*)"', head.decode()) for field in ("name", "filename"))
    return name[1] if name else "", Part(content, file[1] if file else "")
