"""A connector is anybody's code: its faults must not pass for answers, end a run, or show what they hold."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from tracker2invoice.errors import BadAnswer, Tracker2InvoiceError


@contextmanager
def guarded(name: str) -> Generator[None]:
    """Turn whatever the connector called `name` raises inside, when it reads, into an error of the tree.

    Raises:
        BadAnswer: it failed in a way that the ports do not allow. Its message is left out: it may hold a secret.
    """
    try:
        yield
    except Tracker2InvoiceError:
        raise
    except Exception as error:
        raise failure(name, error) from error


def failure(name: str, error: Exception) -> BadAnswer:
    """Return what an unexpected error of the connector called `name` is to everybody else."""
    return BadAnswer(name, f"the connector failed with {type(error).__name__}")
