"""What `check` says of a system that could not be read: what the system said, and the next step."""

from __future__ import annotations

from tracker2invoice.errors import AccessDenied, NotThere, Tracker2InvoiceError, TryLater


def said(error: Tracker2InvoiceError) -> str:
    """Return what the system said, without its configured name."""
    return error.detail if isinstance(error, AccessDenied | NotThere | TryLater) else type(error).__name__


def next_step(error: Tracker2InvoiceError, denied: str, missing: str) -> str:
    """Return `denied` for what we may not read, `missing` for what is not there, and else when to try again."""
    if isinstance(error, AccessDenied):
        return denied
    if isinstance(error, NotThere):
        return missing
    if isinstance(error, TryLater) and error.not_before:
        return f"try again after {error.not_before:%Y-%m-%d %H:%M} UTC"
    return "try again later"
