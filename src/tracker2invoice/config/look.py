"""What the supplier's documents look like, read from the files that the configuration names, and checked."""

from __future__ import annotations

from pathlib import Path

from tracker2invoice.config.parties import SupplierSettings
from tracker2invoice.config.sources import Sources
from tracker2invoice.documents.logo import LARGEST, as_svg
from tracker2invoice.errors import Problem
from tracker2invoice.intake import read_ordinary
from tracker2invoice.model.look import PLAIN, Look


def read_look(settings: SupplierSettings | None, sources: Sources) -> tuple[Look, tuple[Problem, ...]]:
    """Return what the settings' files make of the documents, and what is wrong with the files."""
    if settings is None or settings.logo is None:
        return PLAIN, ()
    try:
        return Look(as_svg(_content(sources, settings.logo, LARGEST))), ()
    except ValueError as error:
        return PLAIN, (_problem(sources, "logo", str(error)),)


def _content(sources: Sources, path: Path, largest: int) -> bytes:
    try:
        return read_ordinary(sources.path.parent / path.expanduser(), largest)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: nobody knows whose home it counts from
        why = error.strerror if isinstance(error, OSError) else "no file can have this name"
        raise ValueError(f"the file cannot be read: {why}") from error


def _problem(sources: Sources, key: str, words: str) -> Problem:
    return Problem(sources.origin(("supplier", key)), "supplier", key, words)
