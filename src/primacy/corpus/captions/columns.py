"""Which columns of a file hold the caption, its id, its image and its source."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import NamedTuple

from primacy.errors import UsageError

_TEXT = ("caption", "text", "alt_text", "alt", "sentence")
_IMAGE, _ID, _SOURCE = "image_id", "caption_id", "source"


class Columns(NamedTuple):
    """Names as the user gives them; None is what is usual.

    That is for the text a column called caption, text, alt_text, alt or sentence in any case, or the only one that
    holds strings; for the others image_id, caption_id and source, where there are such.
    """

    text: str | None = None
    image: str | None = None
    id: str | None = None
    source: str | None = None


class Chosen(NamedTuple):
    """Columns of one file; an empty name is a column that it does not have."""

    text: str
    image: str
    id: str
    source: str

    @property
    def there(self) -> list[str]:
        """Those that it has, each once."""
        return list(dict.fromkeys(name for name in self if name))


def choose(file: str, known: Sequence[str], columns: Columns, *, strings: Sequence[str] = ()) -> Chosen:
    """Columns of a file.

    Args:
        file: its name.
        known: its columns.
        columns: what the user wants.
        strings: those of `known` that are known to hold strings.

    Raises:
        UsageError: a column is not there, or it is in doubt which holds the captions; the columns are listed.
    """
    for option, name in zip(("text", "image", "id", "source"), columns, strict=True):
        if name is not None and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            near += [other for other in known if other.lower() == name.lower()]
            hint = f"Did you mean --{option}-column {near[-1]}? " if near else ""
            raise UsageError(f"{file} has no column {name!r}", hint=f"{hint}{_listed(known)}")
    return Chosen(
        columns.text or _text(file, known, strings),
        columns.image or (_IMAGE if _IMAGE in known else ""),
        columns.id or (_ID if _ID in known else ""),
        columns.source or (_SOURCE if _SOURCE in known else ""),
    )


def _text(file: str, known: Sequence[str], strings: Sequence[str]) -> str:
    usual = [name for name in known if name.lower() in _TEXT]
    found = usual or list(strings)
    if len(found) != 1:
        doubt = f"more than one column could hold the captions of {file}: {', '.join(found[:10])}"
        nothing = f"no column of {file} is known to hold captions"
        raise UsageError(doubt if found else nothing, hint=f"Say which by --text-column. {_listed(known)}")
    return found[0]


def _listed(known: Sequence[str]) -> str:
    return f"Its columns: {', '.join(known[:20])}{', ...' if len(known) > 20 else ''}."
