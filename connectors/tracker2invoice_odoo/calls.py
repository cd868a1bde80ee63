"""What is asked of Odoo's models, in whichever API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol


class Calls(Protocol):
    """Three methods that every model of Odoo has. Records come as a list of fields by name, unchecked."""

    def search_read(self, model: str, domain: Sequence[object], fields: Sequence[str]) -> object:
        """Return all records of the domain, archived ones too, with these fields.

        Raises:
            AccessDenied, NotThere, TryLater: it could not be looked up.
        """
        ...

    def create(self, model: str, values: Mapping[str, object], fields: Sequence[str]) -> object:
        """Create a record in one transaction; return it as `search_read` does.

        Raises:
            Rejected, NotThere, AccessDenied, RateLimited, Unreachable: nothing was created.
            Unclear: it may have been created.
        """
        ...

    def unlink(self, model: str, record_id: int) -> None:
        """Delete a record.

        Raises:
            Rejected, NotThere, AccessDenied, RateLimited, Unreachable: nothing was deleted.
            Unclear: it may have been deleted.
        """
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


def any_of(conditions: Iterable[Sequence[object]]) -> list[object]:
    """Return the domain in which at least one of the conditions holds; that of none is empty."""
    leaves: list[object] = list(conditions)
    return [*["|"] * (len(leaves) - 1), *leaves]
