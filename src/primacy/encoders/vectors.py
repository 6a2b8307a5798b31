"""`vectors:` encoders: vectors computed elsewhere, e.g. by a closed model's service.

    vectors:FILE.parquet                                columns `text` and `vector`
    vectors:FILE.npz                                    arrays `texts` (n,) and `vectors` (n, dim)
    vectors:FILE.npy?texts=names.txt&template=a {}      one name a line, put into the template

`primacy export` writes the texts that an audit needs. Vectors are scaled to unit length.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np

from primacy.encoders._names import split_query
from primacy.encoders._torch import unit_rows
from primacy.encoders.base import EncoderOptions
from primacy.errors import UsageError, VectorsError, first_line
from primacy.identity import canonical_json, fingerprint

_SHOWN = 3
_READING = (OSError, ValueError, EOFError, BadZipFile)  # what numpy raises over damaged files


class TextVectors(NamedTuple):
    """`texts` (n,) and `vectors`, float32 (n, dim), row by row."""

    texts: list[str]
    vectors: np.ndarray


def load(rest: str, options: EncoderOptions) -> VectorsEncoder:
    """Load `vectors:<rest>`; `options` are not used, the vectors are what they are.

    Raises:
        UsageError: the file's kind is unknown, or a .npy comes without its texts.
        VectorsError: unreadable, wrong columns, ragged, NaN, all-zero rows, or one text with two vectors.
    """
    name, settings = split_query(rest, ("texts", "template"))
    path = Path(name).expanduser()
    readers: dict[str, Callable[[], TextVectors]] = {
        ".parquet": lambda: read_parquet(path),
        ".npz": lambda: read_npz(path),
        ".npy": lambda: read_npy(path, _texts_path(path, settings), settings.get("template", "{}")),
    }
    if path.suffix not in readers:
        raise UsageError(f"vectors:{rest}: {path.name!r} is of no known kind", hint=f"Known: {', '.join(readers)}.")
    if settings and path.suffix != ".npy":
        raise UsageError(f"vectors:{rest}: texts= and template= belong to .npy files only")
    if not path.is_file():
        raise VectorsError(f"file {str(path)!r} does not exist", hint="Write the texts to embed with `primacy export`.")
    return VectorsEncoder(readers[path.suffix](), path)


def _texts_path(path: Path, settings: dict[str, str]) -> Path:
    if "texts" not in settings:
        raise UsageError(
            f"{path.name}: a .npy file does not say which texts its rows are",
            hint=f"Write vectors:{path}?texts=names.txt",
        )
    given = Path(settings["texts"]).expanduser()
    return given if given.is_file() else path.parent / given


def read_parquet(path: Path) -> TextVectors:
    """Read columns `text` (string) and `vector` (list or fixed-size list of numbers).

    Raises:
        VectorsError: unreadable, columns missing or of another type, ragged.
    """
    import polars as pl

    try:
        table = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(path, error) from error
    wrong = {"text", "vector"} - set(table.columns)
    if wrong:
        raise VectorsError(
            f"{path}: no column {', '.join(sorted(wrong))}; it has {', '.join(table.columns)}", hint=_FORM
        )
    text, vector = table["text"], table["vector"]
    if text.dtype != pl.String or not isinstance(vector.dtype, pl.List | pl.Array):
        raise VectorsError(f"{path}: text is {text.dtype} and vector is {vector.dtype}", hint=_FORM)
    if text.null_count() or vector.null_count():
        raise VectorsError(f"{path}: {text.null_count()} texts and {vector.null_count()} vectors are null")
    if isinstance(vector.dtype, pl.List):
        widths = vector.list.len().unique().sort().to_list()
        if len(widths) > 1:
            raise _ragged(path, widths)
        vector = vector.list.to_array(widths[0] if widths else 1)
    return TextVectors(text.to_list(), _numeric(vector.to_numpy(), path))


def read_npz(path: Path) -> TextVectors:
    """Read arrays `texts` (n,) of strings and `vectors` (n, dim); nothing pickled is loaded.

    Raises:
        VectorsError: unreadable, arrays missing, or of unequal length.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            if not {"texts", "vectors"} <= set(archive.files):
                raise VectorsError(f"{path}: holds {', '.join(archive.files)}, expected texts and vectors", hint=_FORM)
            texts, vectors = archive["texts"], archive["vectors"]
    except _READING as error:
        raise _unreadable(path, error) from error
    if texts.ndim != 1 or texts.dtype.kind != "U":
        raise VectorsError(f"{path}: texts is {texts.dtype} {texts.shape}, expected strings (n,)", hint=_FORM)
    return TextVectors(texts.tolist(), _numeric(vectors, path))


def read_npy(path: Path, texts: Path, template: str) -> TextVectors:
    """Read vectors (n, dim) and the names of their rows, one a line, each put for {} in `template`.

    Raises:
        UsageError: the template has no {}.
        VectorsError: unreadable, or more or fewer names than rows.
    """
    if template.count("{}") != 1:
        raise UsageError(f"template {template!r} must hold {{}} once")
    try:
        names = [line.strip() for line in texts.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(texts, error) from error
    try:
        with path.open("rb") as stream:
            vectors = np.load(stream, allow_pickle=False)
    except _READING as error:
        raise _unreadable(path, error) from error
    return TextVectors([template.replace("{}", name) for name in names], _numeric(vectors, path))


_FORM = "Expected: parquet with text (string) and vector (list of numbers), or npz with texts and vectors."


def _unreadable(path: Path, error: Exception) -> VectorsError:
    return VectorsError(f"{path} cannot be read ({first_line(error)})", hint=_FORM)


def _ragged(path: Path, widths: Sequence[int]) -> VectorsError:
    return VectorsError(
        f"{path}: vectors are of different dimensions ({', '.join(map(str, widths[:5]))}), expected one"
    )


def _numeric(vectors: Any, path: Path) -> np.ndarray:
    array = np.asarray(vectors)
    if array.ndim != 2 or array.shape[1] == 0 or array.dtype.kind not in "fiu":
        raise VectorsError(f"{path}: vectors are {array.dtype} {array.shape}, expected numbers (n, dim)", hint=_FORM)
    with np.errstate(over="ignore"):  # what overflows becomes infinite and is reported as such
        return array.astype(np.float32)


def checked_table(table: TextVectors, path: Path) -> TextVectors:
    """One row per text, of unit length.

    Raises:
        VectorsError: no rows, unequal numbers of texts and rows, a row with NaN or infinity or of zeros, or a
            text that stands there twice with different vectors.
    """
    texts, vectors = table
    if len(texts) != len(vectors) or not texts:
        raise VectorsError(f"{path}: {len(texts)} texts for {len(vectors)} vectors, expected one each")
    finite, nonzero = np.isfinite(vectors).all(axis=1), vectors.any(axis=1)
    for bad, what in ((~finite, "hold NaN or infinity"), (finite & ~nonzero, "are all zeros")):
        if bad.any():
            rows = np.flatnonzero(bad)
            shown = ", ".join(f"row {row + 1} {texts[row]!r}" for row in rows[:_SHOWN])
            raise VectorsError(f"{path}: {len(rows)} of {len(texts)} vectors {what}: {shown}")
    first: dict[str, int] = {}
    different = [
        t for row, t in enumerate(texts) if not np.array_equal(vectors[first.setdefault(t, row)], vectors[row])
    ]
    if different:
        shown = ", ".join(repr(t) for t in different[:_SHOWN])
        raise VectorsError(f"{path}: {len(different)} texts stand there again with another vector: {shown}")
    kept = list(first.values())
    return TextVectors(list(first), unit_rows(vectors[kept], str(path)))


class VectorsEncoder:
    """A look-up table from text to vector."""

    def __init__(self, table: TextVectors, path: Path) -> None:
        """Check `table`; the path is for messages only and no part of the identity."""
        texts, self._vectors = checked_table(table, path)
        self._path, self._rows = path, {text: row for row, text in enumerate(texts)}
        digest = hashlib.sha256(canonical_json(texts).encode("utf-8", "surrogatepass"))
        digest.update(np.ascontiguousarray(self._vectors, dtype="<f4").data)
        self.identity = {
            "source": "vectors",
            "weights": digest.hexdigest(),
            "dimension": int(self._vectors.shape[1]),
            "texts": len(texts),
            "precision": "fp32",
            "normalisation": "l2",
        }
        self.fingerprint = fingerprint(self.identity)

    @property
    def texts(self) -> list[str]:
        """The texts that have a vector, in the file's order."""
        return list(self._rows)

    def encode_text(self, texts: list[str]) -> np.ndarray:
        """Unit-norm float32 (len(texts), dim).

        Raises:
            VectorsError: some texts have no vector; says how many, and the first few.
        """
        missing = list(dict.fromkeys(text for text in texts if text not in self._rows))
        if missing:
            shown = ", ".join(repr(text) for text in missing[:_SHOWN])
            raise VectorsError(
                f"{self._path}: {len(missing)} of {len(set(texts))} texts have no vector: {shown}"
                + (", ..." if len(missing) > _SHOWN else ""),
                hint="Write the texts that the audit needs with `primacy export`, embed them and add them.",
            )
        return self._vectors[np.fromiter((self._rows[text] for text in texts), dtype=np.int64, count=len(texts))]
