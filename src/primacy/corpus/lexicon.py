"""The lexicon: by which words a caption mentions a category, and which look like one and are not.

Where two places know the same words the earlier one decides: the user's additions; forms that are blocked even where
they are a name ("!" in `lexicon_data/forms.tsv`); the vocabulary's names, then its plurals, then its synonyms; the
forms of that file for categories of the same name; its blocked forms ("-"). docs/corpus-mentions.md has the rules by
which that file was written.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from primacy.corpus.words import normalised
from primacy.design.vocabulary import Vocabulary
from primacy.errors import CorpusError, UnknownNameError
from primacy.files import os_errors_as
from primacy.identity import fingerprint

BLOCKED = ("", "-")
_NEVER = "!"  # in forms.tsv: blocked although a vocabulary has the name ("orange" is nearly always the colour)
_COLUMNS = ["category", "forms"]
_MAX_BYTES = 10_000_000


class Form(NamedTuple):
    """Words (lower case, single spaces) that mention a category, given by its index; None: that mention nothing."""

    words: str
    category: int | None


class Lexicon(NamedTuple):
    """Forms of the categories of a vocabulary, each once and in alphabetical order; of forms that overlap in a text
    the leftmost counts, of those that start together the longest."""

    vocabulary: str
    categories: tuple[str, ...]
    forms: tuple[Form, ...]

    @property
    def fingerprint(self) -> str:
        """Identity: two lexicons with the same categories and forms have the same."""
        return fingerprint(["lexicon", list(self.categories), [list(form) for form in self.forms]])


class _Row(NamedTuple):
    line: int
    category: str
    form: str


def load_lexicon(vocabulary: Vocabulary, additions: Path | None = None) -> Lexicon:
    """The lexicon of a vocabulary.

    Args:
        vocabulary: its categories, with plurals and synonyms.
        additions: a table (.csv or .tsv, UTF-8) with the columns `category` and `forms`, comma-separated; category
            "-" or empty: forms that mention nothing. Its forms outweigh all others.

    Raises:
        CorpusError: the table cannot be read, a form has no letter or digit, or two categories claim the same form;
            file and line are named.
        UnknownNameError: a category that the vocabulary does not have; file and line are named.
    """
    known: dict[str, int | None] = {}
    index = {category.name: k for k, category in enumerate(vocabulary.categories)}
    if additions is not None:
        rows = list(_rows(additions.name, _read(additions)))
        for row in rows:
            if row.category not in index and row.category not in BLOCKED:
                raise UnknownNameError(f"category ({additions.name}, line {row.line})", row.category, index)
        _claim(known, additions.name, rows, index)
    categories = vocabulary.categories
    text = (resources.files(__package__) / "lexicon_data" / "forms.tsv").read_text("utf-8")
    ours = list(_rows("forms.tsv", text))
    _claim(known, "forms.tsv", [row for row in ours if row.category == _NEVER], index)
    for forms in (
        [(c.name, c.name) for c in categories],
        [(c.name, c.plural) for c in categories if c.plural],
        [(c.name, synonym) for c in categories for synonym in c.synonyms],
    ):
        named = [_Row(0, category, form) for category, form in forms]
        _claim(known, f"vocabulary {vocabulary.name}", named, index)
    _claim(known, "forms.tsv", [row for row in ours if row.category in index], index)
    _claim(known, "forms.tsv", [row for row in ours if row.category in BLOCKED], index)
    forms_in_order = tuple(Form(words, known[words]) for words in sorted(known))
    return Lexicon(vocabulary.name, tuple(vocabulary.names), forms_in_order)


def _claim(known: dict[str, int | None], source: str, rows: Iterable[_Row], index: dict[str, int]) -> None:
    """Add forms of one place to those of places that come before it.

    Raises:
        CorpusError: a form without a letter or digit; one that two categories of this place claim.
    """
    claimed: dict[str, _Row] = {}
    for row in rows:
        where = f"{source}, line {row.line}" if row.line else source
        if not (words := normalised(row.form)):
            raise CorpusError(f"{where}: form {row.form!r} has no letter or digit")
        other = claimed.setdefault(words, row)
        if index.get(other.category) != index.get(row.category):
            first = f" (line {other.line})" if other.line else ""
            raise CorpusError(
                f"{where}: form {words!r} of {_shown(row)} is already claimed by {_shown(other)}{first}",
                hint="Words can mention one category only: take the form from one of them.",
            )
    for words, row in claimed.items():
        known.setdefault(words, index.get(row.category))


def _shown(row: _Row) -> str:
    return "blocked forms" if row.category in BLOCKED else repr(row.category)


def _read(path: Path) -> str:
    with os_errors_as(CorpusError, f"cannot read lexicon {path.name}"), path.open("rb") as stream:
        data = stream.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise CorpusError(f"lexicon {path.name} is larger than {_MAX_BYTES // 1_000_000} MB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorpusError(f"lexicon {path.name} is not UTF-8 text: {error}") from error


def _rows(source: str, text: str) -> Iterator[_Row]:
    """Every form of a table, with its line."""
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        if (header := next(reader, [])) != _COLUMNS:
            raise CorpusError(f"{source}, line 1: columns {header}, expected {_COLUMNS}")
        for cells in reader:
            if cells and len(cells) != len(_COLUMNS):
                raise CorpusError(
                    f"{source}, line {reader.line_num}: {len(cells)} cells, expected a category and its forms",
                    hint="In a .csv, put a list of forms into double quotes.",
                )
            for form in cells[1].split(",") if cells else ():
                yield _Row(reader.line_num, cells[0].strip(), form)
    except csv.Error as error:
        raise CorpusError(f"{source}, line {reader.line_num}: {error}") from error
