"""From a matplotlib figure to an inline SVG that takes its colours and its font from the page."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Palette(NamedTuple):
    """Colours of a figure, as #rrggbb."""

    ink: str
    muted: str
    rule: str
    accent: str
    paper: str


LIGHT = Palette(ink="#1c1b19", muted="#6b6862", rule="#dedad2", accent="#1f4f8f", paper="#ffffff")
SENTINEL = Palette(ink="#010203", muted="#010204", rule="#010205", accent="#010206", paper="#010207")
"""Colours that mean "the page's": each is replaced by the CSS variable of its name."""

_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_COLOUR = re.compile("|".join(SENTINEL), re.IGNORECASE)
_VARIABLE = {colour: f"var(--{name})" for name, colour in SENTINEL._asdict().items()}
_FONT = re.compile(r"font:\s*([\d.]+)px[^;]*")  # matplotlib up to 3.10; later ones write size and family apart
_FAMILY = re.compile(r"font-family:[^;]*;?\s*")
_HREF = "{http://www.w3.org/1999/xlink}href"


def inline_svg(figure: Figure, *, uid: str, title: str, description: str) -> str:
    """`figure`, drawn in `SENTINEL` colours, as one <svg> without namespaces, size, style sheet or date.

    Args:
        figure: saved here; call inside `matplotlib.rc_context` with `svg.fonttype` none and a `svg.hashsalt`.
        uid: prefix of every id, so that several figures live in one page.
        title: accessible name; escaped here.
        description: accessible description; escaped here.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = ElementTree.fromstring(buffer.getvalue())  # noqa: S314 matplotlib's own output
    _clean(root)
    for element in root.iter():
        _adopt(element, uid)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "img", "aria-labelledby": f"{uid}-title {uid}-desc", "class": "figure"}
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        child = ElementTree.Element(tag, {"id": f"{uid}-{tag}"})
        child.text = text
        root.insert(place, child)
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def _clean(element: ElementTree.Element) -> None:
    """Drop metadata and the style sheet, whose rules would reach the whole page."""
    for child in list(element):
        if child.tag.rpartition("}")[2] in ("metadata", "style"):
            element.remove(child)
        else:
            _clean(child)


def _adopt(element: ElementTree.Element, uid: str) -> None:
    element.tag = element.tag.rpartition("}")[2]
    href = element.attrib.pop(_HREF, None)
    if href is not None:
        element.set("href", f"#{uid}-{href.removeprefix('#')}")
    for name, value in list(element.attrib.items()):
        if name == "id":
            value = f"{uid}-{value}"
        value = _REFERENCE.sub(rf"url(#{uid}-\1)", value)
        value = _COLOUR.sub(lambda match: _VARIABLE[match.group().lower()], value)
        element.set(name, _FAMILY.sub("", _FONT.sub(r"font-size: \1px", value)))
