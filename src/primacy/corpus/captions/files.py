"""Finding the files of a corpus, what each is, and how large ones are divided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from os.path import commonpath
from pathlib import Path

from primacy.corpus.captions.columns import Chosen, Columns
from primacy.corpus.captions.delimited import open_delimited
from primacy.corpus.captions.json_lines import open_json_lines
from primacy.corpus.captions.official import open_official
from primacy.corpus.captions.parquet import open_parquet
from primacy.corpus.captions.paths import expand
from primacy.corpus.captions.plain import open_plain
from primacy.errors import UsageError


@dataclass(frozen=True)
class CaptionFile:
    """A piece of a corpus that is read as a whole: a file, or row groups of a parquet file.

    `label` stands for the file in ids and as a source; `first_row`: number of the piece's first row, less one;
    `groups`: its row groups, from and up to, where `format` is "parquet".
    """

    path: Path
    label: str
    format: str
    columns: Chosen
    first_row: int = 0
    groups: tuple[int, int] = (0, 0)


def open_captions(paths: Sequence[str | Path], columns: Columns = Columns()) -> list[CaptionFile]:  # noqa: B008
    """The pieces of a corpus, in its order; they depend on the files alone.

    Args:
        paths: files, folders or patterns (`paths.expand`).
        columns: where captions, ids, images and sources are.

    Raises:
        UsageError: no such file, one of an unknown type, a column that is not there or in doubt.
        CorpusError: a file cannot be read.
    """
    found = expand(paths, _SUFFIXES)
    return [piece for path, label in zip(found, _labels(found), strict=True) for piece in _pieces(path, label, columns)]


def _pieces(path: Path, label: str, columns: Columns) -> Iterator[CaptionFile]:
    format = _format(path)
    if format == "parquet":
        for first_row, groups, chosen in open_parquet(path, columns):
            yield CaptionFile(path, label, format, chosen, first_row, groups)
    else:
        yield CaptionFile(path, label, format, _OPENERS[format](path, columns))


_OPENERS: dict[str, Callable[[Path, Columns], Chosen]] = {
    "coco": open_official,
    "delimited": open_delimited,
    "json lines": open_json_lines,
    "plain": open_plain,
}
_FORMATS = {".json": "coco", ".parquet": "parquet", ".csv": "delimited", ".tsv": "delimited", ".jsonl": "json lines",
            ".ndjson": "json lines", ".txt": "plain"}  # fmt: skip
_SUFFIXES = tuple(s for suffix in _FORMATS for s in (suffix, *([f"{suffix}.gz"] * (suffix != ".parquet"))))


def _format(path: Path) -> str:
    name = path.name.lower()
    for suffix, format in _FORMATS.items():
        if name.endswith(suffix) or (name.endswith(f"{suffix}.gz") and format != "parquet"):
            return format
    raise UsageError(f"{path.name} is no file of captions that can be read", hint=f"Known: {', '.join(_SUFFIXES)}.")


def _labels(paths: Sequence[Path]) -> list[str]:
    """A name for each file that no other has: its own without its ending, else with it, else with its folders."""
    stems = [path.name[: path.name.lower().rindex(_ending(path))] for path in paths]
    for names in (stems, [path.name for path in paths]):
        if max(Counter(names).values(), default=0) <= 1:
            return names
    above = commonpath([path.resolve().parent for path in paths])
    return [path.resolve().relative_to(above).as_posix() for path in paths]


def _ending(path: Path) -> str:
    return next((s for s in sorted(_SUFFIXES, key=len, reverse=True) if path.name.lower().endswith(s)), "")
