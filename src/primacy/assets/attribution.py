"""Whose objects a sprite library shows: ATTRIBUTION.md, and LICENCE.txt where a licence passes itself on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from primacy.assets.catalogue import Asset
from primacy.files import atomic_write_text

LICENCES = {
    "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC-BY-3.0-US": "https://creativecommons.org/licenses/by/3.0/us/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-3.0": "https://creativecommons.org/licenses/by-sa/3.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
}
"""Where each licence's text is found, by SPDX name."""

_SWEET_HOME = "https://www.sweethome3d.com/importModels.jsp"
SOURCES = {
    "Scopia": ("Sweet Home 3D furniture library Scopia", _SWEET_HOME),
    "BlendSwap-CC-0": ("Sweet Home 3D furniture library BlendSwap CC-0", _SWEET_HOME),
    "BlendSwap-CC-BY": ("Sweet Home 3D furniture library BlendSwap CC-BY", _SWEET_HOME),
    "KatorLegaz": ("Sweet Home 3D furniture library KatorLegaz", _SWEET_HOME),
    "Reallusion": ("Sweet Home 3D furniture library Reallusion", _SWEET_HOME),
    "0ad": ("0 A.D., art of Wildfire Games", "https://play0ad.com/"),
}
"""What the sources of the catalogue are called, and where they are found."""

OWN = "own"
_CHANGES_MESH = "joined, turned, scaled, lit anew and rendered from eight sides as pictures of 128 pixels"
_CHANGES_OWN = "none; rendered from eight sides by code of this project"


def write_notices(folder: Path, assets: Sequence[Asset]) -> None:
    """Write ATTRIBUTION.md for `assets`, and LICENCE.txt if any of them is share-alike.

    Raises:
        OSError: as the operating system says.
    """
    atomic_write_text(folder / "ATTRIBUTION.md", attribution(assets))
    licences = sorted({a.licence for a in assets if is_share_alike(a.licence)})
    if licences:
        atomic_write_text(folder / "LICENCE.txt", notice(licences))
    else:
        (folder / "LICENCE.txt").unlink(missing_ok=True)


def is_share_alike(licence: str) -> bool:
    """Whether what is made from an object must go under the same licence."""
    return "SA" in re.split("[^A-Z]+", licence.upper())


def attribution(assets: Sequence[Asset]) -> str:
    """Markdown that credits each object: title, author, licence, source, changes made."""
    rows = [
        f"| {_cell(a.asset)} | {_cell(a.title)} | {_cell(a.author)} | {_licence(a.licence)} | {_source(a.source)} "
        f"| {_CHANGES_OWN if a.source == OWN else _CHANGES_MESH} |"
        for a in assets
    ]
    head = [
        "# Credits",
        "",
        "Every picture in this folder is a rendering of a 3-D model. Who made the models, and under which licence:",
        "",
        "| object | title | author | licence | source | changes |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


def notice(licences: Sequence[str]) -> str:
    """Text that puts the pictures of a folder under the share-alike licences of their models."""
    names = "\n".join(f"    {name}  {LICENCES.get(name, '')}".rstrip() for name in licences)
    return (
        "The pictures in this folder are adaptations of 3-D models that are licensed under\n\n"
        f"{names}\n\n"
        "and are licensed under the same terms; the licence of Primacy's code does not apply to them.\n"
        "ATTRIBUTION.md names the authors and the changes made. You may share and adapt the pictures if you give\n"
        "credit, link to the licence, say what you changed and pass your version on under the same licence. Images\n"
        "in which these pictures are pasted are adaptations too.\n"
    )


def _licence(name: str) -> str:
    return f"[{_cell(name)}]({LICENCES[name]})" if name in LICENCES else _cell(name)


def _source(name: str) -> str:
    if name == OWN:
        return "this project"
    if name in SOURCES:
        title, link = SOURCES[name]
        return f"[{title}]({link})"
    return _cell(name)


def _cell(text: str) -> str:
    """`text` with what a table or a renderer of Markdown would take for markup made harmless."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join("\\" + c if c in "\\|[]*_`" else c for c in plain)
