"""What the supplier's documents look like, read from the files that the configuration names, and checked."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tracker2invoice.config.parties import SupplierSettings
from tracker2invoice.config.sources import Sources
from tracker2invoice.documents.logo import LARGEST, as_svg
from tracker2invoice.errors import Problem
from tracker2invoice.intake import read_ordinary
from tracker2invoice.model.look import PLAIN, Look, Template

# what is behind such a name comes from the network, and may be something else tomorrow
_PACKAGE = re.compile(r"\"@[\w-]+/")


def read_look(settings: SupplierSettings | None, sources: Sources) -> tuple[Look, tuple[Problem, ...]]:
    """Return what the settings' files make of the documents, and what is wrong with the files."""
    look, problems = PLAIN, list[Problem]()
    if settings and settings.logo:
        with _told("logo", sources, problems):
            look = replace(look, logo=as_svg(_content(_path(sources, settings.logo))))
    if settings and settings.template:
        with _told("template", sources, problems):
            look = replace(look, template=_template(_path(sources, settings.template)))
    return look, tuple(problems)


@contextmanager
def _told(key: str, sources: Sources, problems: list[Problem]) -> Generator[None]:
    try:
        yield
    except ValueError as error:
        problems.append(Problem(sources.origin(("supplier", key)), "supplier", key, str(error)))


def _template(path: Path) -> Template:
    if path.suffix != ".typ":
        raise ValueError("a template is a file for typst, whose name ends with .typ")
    try:
        text = _content(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("the file is not in UTF-8") from error
    if _PACKAGE.search(text):
        raise ValueError("it takes packages from the network; put what it needs into the file")
    return Template(str(path.parent), path.name, text)


def _path(sources: Sources, path: Path) -> Path:
    try:
        return sources.path.parent.absolute() / path.expanduser()
    except RuntimeError as error:
        raise ValueError("nobody knows whose home the path counts from") from error


def _content(path: Path) -> bytes:
    try:
        return read_ordinary(path, LARGEST)
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror}") from error
