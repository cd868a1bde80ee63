"""The words that stand on documents, by language.

Each language is a file, with the sections and keys of `en.toml`. `tax_…` goes by category (UNCL5305), `unit_…` and
`text_…` by UN/ECE Rec 20, `line_…` and `column_…` by the numbers of G702 and the letters of G703; `locale` is for dates
and numbers (CLDR). A new language is a new file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

_FOLDER = Path(__file__).parent

LANGUAGES = tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))
"""The languages that documents can be written in: ISO 639-1 codes."""


@cache
def labels(language: str) -> Mapping[str, str]:
    """Return the words of one of `LANGUAGES`, of all sections of its file."""
    sections = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return MappingProxyType({name: word for section in sections.values() for name, word in section.items()})


class Words:
    """The words of a client's documents, in each of their languages; in English if they have none."""

    def __init__(self, languages: Sequence[str]) -> None:
        self.languages = languages or ("en",)

    def label(self, name: str, **values: str) -> list[str]:
        """Return a label in every language, those that are the same once."""
        return list(dict.fromkeys(labels(language)[name].format(**values) for language in self.languages))

    def word(self, name: str, **values: str) -> str:
        """Return a label in the first language."""
        return self.label(name, **values)[0]
