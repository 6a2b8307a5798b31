"""Vocabularies: the named categories that a design draws its objects from.

Built in are `simco` (18 shapes), `comco` (the 90 names of the paper's text experiments, in its order) and `coco80`.
A user's own is a file with one name a line, or a .csv/.tsv table with a `name` column and any of the columns
`plural`, `synonyms` (comma-separated), `supercategory`, `size_m`, `article`.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

import numpy as np

from primacy.errors import UnknownNameError, VocabularyError

BUILTIN = ("simco", "comco", "coco80")
_MAX_BYTES = 10_000_000
_COLUMNS = ("name", "plural", "synonyms", "supercategory", "size_m", "article")


@dataclass(frozen=True)
class Category:
    """One category.

    `size_m` is a typical longest extent in metres (rough, for size-weighted nulls and size classes; None when
    unknown). `article` is what stands before the name in templates with articles; it may be empty ("scissors").
    """

    name: str
    plural: str = ""
    synonyms: tuple[str, ...] = ()
    supercategory: str = ""
    size_m: float | None = None
    article: str = ""

    @property
    def with_article(self) -> str:
        """The name as it reads after an indefinite article: "a dog", "an apple", "scissors"."""
        return f"{self.article} {self.name}" if self.article else self.name


@dataclass(frozen=True)
class Vocabulary:
    """An ordered list of categories; a category's id is its index."""

    name: str
    categories: tuple[Category, ...]

    def __len__(self) -> int:
        return len(self.categories)

    @cached_property
    def names(self) -> list[str]:
        """Names in order."""
        return [category.name for category in self.categories]

    @cached_property
    def sizes_m(self) -> np.ndarray:
        """Typical sizes in metres, float64 (V,), NaN where unknown."""
        return np.array([np.nan if c.size_m is None else c.size_m for c in self.categories])

    def index(self, name: str) -> int:
        """Id of the category called `name`.

        Raises:
            UnknownNameError: no such category.
        """
        try:
            return self.names.index(name)
        except ValueError:
            raise UnknownNameError(f"category of vocabulary {self.name}", name, self.names) from None


def load_vocabulary(source: str) -> Vocabulary:
    """A built-in vocabulary by name, or the user's own from a file.

    Raises:
        UnknownNameError: neither a built-in name nor a file.
        VocabularyError: the file is unreadable, or holds blank, duplicate or unusable names.
    """
    if source in BUILTIN:
        known = _object_table()
        data = resources.files(__package__) / "data" / f"{source}.txt"
        return Vocabulary(source, tuple(known[name] for name in data.read_text("utf-8").splitlines()))
    path = Path(source)
    if not path.is_file():
        raise UnknownNameError("vocabulary (and no such file)", source, BUILTIN)
    return parse_vocabulary(path.stem, _read_text(path), table=path.suffix.lower() in (".csv", ".tsv"))


def parse_vocabulary(name: str, text: str, *, table: bool = False) -> Vocabulary:
    """Parse the text of a vocabulary file: one name a line (blank lines at the end aside), or a table.

    Names that a built-in vocabulary knows inherit its plural, synonyms, supercategory and size unless a table
    gives its own.

    Raises:
        VocabularyError: blank, duplicate or unusable names, unknown columns, bad sizes; the line is named.
    """
    rows = _table_rows(name, text) if table else [{"name": line} for line in text.rstrip().splitlines()]
    known = _object_table()
    categories = [_category(name, row, line, known) for line, row in enumerate(rows, start=2 if table else 1)]
    _refuse_duplicates(name, [category.name for category in categories])
    if len(categories) < 2:
        raise VocabularyError(f"vocabulary {name!r} has {len(categories)} names, expected at least 2")
    return Vocabulary(name, tuple(categories))


def _read_text(path: Path) -> str:
    if path.stat().st_size > _MAX_BYTES:
        raise VocabularyError(f"vocabulary file {path.name} is larger than {_MAX_BYTES // 1_000_000} MB")
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise VocabularyError(f"cannot read vocabulary file {path.name} as UTF-8 text: {error}") from error


def _table_rows(name: str, text: str) -> list[dict[str, str]]:
    header = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter="\t" if "\t" in header else ",")
    columns = list(reader.fieldnames or [])
    if "name" not in columns:
        raise VocabularyError(f"vocabulary table {name!r} has columns {columns}, expected one called 'name'")
    unknown = [column for column in columns if column not in _COLUMNS]
    if unknown:
        raise UnknownNameError(f"column of vocabulary table {name!r}", unknown[0], _COLUMNS)
    return [{key: value or "" for key, value in row.items() if isinstance(key, str)} for row in reader]


def _category(vocabulary: str, row: dict[str, str], line: int, known: dict[str, Category]) -> Category:
    name = " ".join(unicodedata.normalize("NFC", row["name"]).split())
    if not name:
        raise VocabularyError(f"vocabulary {vocabulary!r}, line {line}: blank name")
    if not any(character.isalnum() for character in name) or any(c in "{}" or not c.isprintable() for c in name):
        raise VocabularyError(
            f"vocabulary {vocabulary!r}, line {line}: {name!r} has no letter or digit, or a brace or control character"
        )
    default = known.get(name, Category(name))
    synonyms = tuple(s.strip() for s in row.get("synonyms", "").split(",") if s.strip())
    article = row.get("article", "").strip()
    return Category(
        name=name,
        plural=row.get("plural", "").strip() or default.plural or f"{name}s",
        synonyms=synonyms or default.synonyms,
        supercategory=row.get("supercategory", "").strip() or default.supercategory,
        size_m=_size(vocabulary, line, row.get("size_m", "")) or default.size_m,
        article={"": default.article or _article(name), "none": ""}.get(article, article),
    )


def _size(vocabulary: str, line: int, text: str) -> float | None:
    if not text.strip():
        return None
    try:
        size = float(text)
    except ValueError:
        size = float("nan")
    if not 0 < size < float("inf"):
        raise VocabularyError(f"vocabulary {vocabulary!r}, line {line}: size_m {text!r}, expected metres above 0")
    return size


def _article(name: str) -> str:
    return "an" if name[0].lower() in "aeiou" else "a"


def _refuse_duplicates(vocabulary: str, names: Iterable[str]) -> None:
    first: dict[str, int] = {}
    for line, name in enumerate(names, start=1):
        if name.casefold() in first:
            raise VocabularyError(
                f"vocabulary {vocabulary!r} has {name!r} twice (entries {first[name.casefold()]} and {line})",
                hint="Names must differ by more than case.",
            )
        first[name.casefold()] = line


def _object_table() -> dict[str, Category]:
    text = (resources.files(__package__) / "data" / "objects.tsv").read_text("utf-8")
    rows = _table_rows("objects", text)
    return {row["name"]: _category("objects", row, line, {}) for line, row in enumerate(rows, start=2)}
