"""A connector is anybody's code: its faults must not pass for answers, end a run, or show what they hold."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from tracker2invoice.errors import BadAnswer, Tracker2InvoiceError, Unclear


@contextmanager
def guarded(name: str, *, writing: bool = False) -> Generator[None]:
    """Turn whatever the connector called `name` raises inside into an error of the tree.

    Raises:
        BadAnswer: it failed in a way that the ports do not allow. Its message is left out: it may hold a secret.
        Unclear: the same while it was `writing`.
    """
    try:
        yield
    except Tracker2InvoiceError:
        raise
    except Exception as error:
        raise (Unclear if writing else BadAnswer)(name, failure(error)) from error


def failure(error: Exception) -> str:
    """Say what an unexpected error of a connector is to everybody else."""
    return f"the connector failed with {type(error).__name__}"
