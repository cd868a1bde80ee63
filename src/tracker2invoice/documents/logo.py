"""A logo as the renderer takes it: one SVG that draws shapes or pixels and needs nothing else.

A picture from anywhere can name files and addresses, run scripts and grow without bounds when it is drawn. None of that
is left out quietly: such a file is refused, because what remains would not be the logo.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

LARGEST = 256 * 1024
"""Bytes of the file. Every document holds the logo."""

_MOST_PIXELS = 4_000_000
_MOST_SHAPES = 20_000
_SVG = "{http://www.w3.org/2000/svg}"
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
# ITU-T T.81, table B.1: the markers of frames, which tell height and width
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PART = re.compile(r"url\(\s*['\"]?\s*#([^'\")]*)")
_OUTSIDE = re.compile(r"url\(\s*['\"]?\s*(?!['\"#\s])|@import", re.IGNORECASE)
_INSIDE = re.compile(r"\s*data:image/(png|jpe?g);base64,")
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_NEVER = {
    "script": "scripts",
    "foreignObject": "parts that are not SVG",
    "text": "text, which would be set in another font: turn it into paths",
}


def as_svg(content: bytes) -> str:
    """Return the content of an SVG, PNG or JPEG file as an SVG that needs nothing else.

    Raises:
        ValueError: it is none of them, too much to draw, or an SVG that is more than a picture; the message says so.
    """
    if not content.startswith((_PNG, _JPEG)):
        return _picture_alone(content)
    kind, width, height = _pixels(content)
    size, data = f'width="{width}" height="{height}"', b64encode(content).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size}>'
        f'<image {size} href="data:image/{kind};base64,{data}"/></svg>'
    )


def _pixels(content: bytes) -> tuple[str, int, int]:
    """Return the kind of a PNG or JPEG, its width and its height."""
    kind = "png" if content.startswith(_PNG) else "jpeg"
    width, height = _size_of_png(content) if kind == "png" else _size_of_jpeg(content)
    if not width or not height:
        raise ValueError("the picture is damaged")
    if width * height > _MOST_PIXELS:
        raise ValueError(f"the picture has more than {_MOST_PIXELS // 1_000_000} million pixels; make it smaller")
    return kind, width, height


def _size_of_png(content: bytes) -> tuple[int, int]:
    return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])


def _size_of_jpeg(content: bytes) -> tuple[int, int]:
    at = len(_JPEG)
    while content[at : at + 1] == b"\xff" and at + 9 <= len(content):
        if content[at + 1] in _FRAMES:
            return int.from_bytes(content[at + 7 : at + 9]), int.from_bytes(content[at + 5 : at + 7])
        at += 2 + int.from_bytes(content[at + 2 : at + 4])
    return 0, 0


def _picture_alone(content: bytes) -> str:
    root = _root(content)
    if found := next(_objections(root), None):
        raise ValueError(f"the SVG has {found}")
    return etree.tostring(root, encoding="unicode", with_tail=False)


def _root(content: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root: Any = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError("it is no SVG, PNG or JPEG") from error
    if root.tag != f"{_SVG}svg":
        raise ValueError("it is no SVG, PNG or JPEG")
    document_type = root.getroottree().docinfo.internalDTD
    if document_type is not None and next(iter(document_type.iterentities()), None):
        raise ValueError("the SVG has entities; save it as a plain SVG")
    return root


def _objections(root: Any) -> Iterator[str]:
    """Yield what makes the SVG more than a picture."""
    for element in root.iter(f"{_SVG}*"):
        name = etree.QName(element).localname
        if name in _NEVER:
            yield _NEVER[name]
        if name == "style" and _OUTSIDE.search(_style(element)):
            yield "links to other files"
        for key, value in element.attrib.items():
            yield from _objections_to(name, etree.QName(key).localname, str(value))
    if _is_endless(root):
        yield f"more than {_MOST_SHAPES} shapes when it is drawn; make it simpler"


def _objections_to(element: str, attribute: str, value: str) -> Iterator[str]:
    if attribute.startswith("on"):
        yield "scripts"
    if element == "image" and attribute == "href" and _INSIDE.match(value):
        _pixels(_decoded(value.partition(",")[2]))
    elif _leads_outside(element, attribute, value):
        yield "links to other files"


def _decoded(data: str) -> bytes:
    try:
        return b64decode(data)
    except ValueError:
        return b""


def _leads_outside(element: str, attribute: str, value: str) -> bool:
    # what a person can click on is no part of the picture
    if attribute == "href" and element != "a":
        return not value.strip().startswith("#")
    return _OUTSIDE.search(value) is not None


def _is_endless(root: Any) -> bool:
    """Whether drawing it takes too long: ten levels of parts that use the next ten times are ten thousand million."""
    parts = {name: one for one in root.iter(f"{_SVG}*") if (name := one.get("id"))}
    styled = _parts_of_styles(root)
    waiting, drawn = [root], 0
    while waiting and drawn <= _MOST_SHAPES:
        element = waiting.pop()
        drawn += 1
        waiting += [*element, *(parts[name] for name in _used_by(element, styled) if name in parts)]
    return drawn > _MOST_SHAPES


def _used_by(element: Any, styled: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the names of the parts that an element is drawn with."""
    for key, value in element.attrib.items():
        if etree.QName(key).localname == "href":
            yield str(value).strip().removeprefix("#")
        yield from _PART.findall(str(value))
    for word in ("*", etree.QName(element).localname, element.get("id", ""), *element.get("class", "").split()):
        yield from styled.get(word, ())


def _parts_of_styles(root: Any) -> Mapping[str, list[str]]:
    """Return the parts that style sheets name, by each word of a selector: an element, a class or an id."""
    found: dict[str, list[str]] = {}
    for sheet in root.iter(f"{_SVG}style"):
        for selector, body in _RULE.findall(_style(sheet)):
            for word in re.findall(r"[\w-]+|\*", selector):
                found.setdefault(word, []).extend(_PART.findall(body))
    return found


def _style(element: Any) -> str:
    return "".join(map(str, element.itertext()))
