"""Which characters the bundled fonts can show."""

from __future__ import annotations

import pytest

from tracker2invoice.documents import glyphs


def test_every_weight_of_a_font_covers_the_same_characters() -> None:
    fonts = [frozenset(glyphs.characters(path.read_bytes())) for path in sorted(glyphs.FONTS.glob("Inter*.ttf"))]
    assert len(fonts) == 3
    assert len(set(fonts)) == 1


@pytest.mark.parametrize("character", "aÄßøŁžΩЖ€“…  日本かカ发،اאث")
def test_letters_of_europe_arabic_hebrew_chinese_and_japanese_can_be_shown(character: str) -> None:
    assert glyphs.has_glyph(character)


@pytest.mark.parametrize("character", "한ไ😀\x07\ufffe")
def test_other_characters_are_known_to_be_missing(character: str) -> None:
    assert not glyphs.has_glyph(character)


def test_the_fonts_come_with_their_licence() -> None:
    families = {path.stem.partition("_")[0] for path in glyphs.FONTS.glob("*.ttf")}
    assert families == {"Inter", "NotoSansArabic", "NotoSansHebrew", "NotoSansJP", "NotoSansSC"}
    for name in ("Inter", "Liberation", "Noto"):
        assert "SIL OPEN FONT LICENSE Version 1.1" in (glyphs.FONTS / f"LICENSE-{name}.txt").read_text()
