"""Files from what a user names them by: paths, folders, patterns with * and ? and [ ], braces."""

from __future__ import annotations

import glob
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from primacy.errors import UsageError
from primacy.files import check_utf8

_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)")
_MOST = 1_000_000


def expand(names: Sequence[str | Path], suffixes: Sequence[str]) -> list[Path]:
    """Files in the order of `names`, those of a folder or pattern sorted by path; each once.

    `{000..127}` counts up, with leading zeros as they are given, and `{a,b}` are alternatives. Of a folder, files
    anywhere in it that end in one of `suffixes` are taken; names that begin with a dot are not.

    Raises:
        UsageError: a name stands for no file, or for more than a million, or is not UTF-8.
    """
    found = {path.resolve(): path for name in names for path in _files(str(name), suffixes)}
    for path in found.values():
        check_utf8(str(path))
    return list(found.values())


def braces(name: str) -> Iterator[str]:
    """The names that `{000..127}` and `{a,b}` in `name` stand for, the first brace varying slowest."""
    pieces = _BRACES.split(name)
    fixed, inner = pieces[::2], [_alternatives(text) for text in pieces[1::2]]
    for chosen in itertools.product(*inner):
        yield fixed[0] + "".join(a + b for a, b in zip(chosen, fixed[1:], strict=True))


def _alternatives(inner: str) -> Sequence[str]:
    if counted := _RANGE.fullmatch(inner):
        first, last = counted.groups()
        if not 0 <= int(last) - int(first) < _MOST:
            raise UsageError(f"{{{inner}}} stands for no name, or for too many, expected one like {{000..127}}")
        return [str(k).zfill(len(first)) for k in range(int(first), int(last) + 1)]
    return inner.split(",") if "," in inner else [f"{{{inner}}}"]


def _files(name: str, suffixes: Sequence[str]) -> Iterator[Path]:
    if Path(name).is_file():
        yield Path(name)
        return
    for one in braces(name):
        path = Path(one)
        if path.is_dir():
            found = [p for p in sorted(path.rglob("*")) if _taken(p.relative_to(path), suffixes) and p.is_file()]
        elif path.is_file():
            found = [path]
        else:
            found = [p for p in map(Path, sorted(glob.glob(one, recursive=True))) if p.is_file()]  # noqa: PTH207
        if not found:
            what = f"no file of a known type in the folder {one}" if path.is_dir() else f"there is no file {one}"
            raise UsageError(what, hint=f"Known types: {', '.join(suffixes)}.")
        yield from found


def _taken(path: Path, suffixes: Sequence[str]) -> bool:
    return path.name.lower().endswith(tuple(suffixes)) and not any(part.startswith(".") for part in path.parts)
