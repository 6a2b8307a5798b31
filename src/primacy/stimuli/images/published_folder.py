"""The published data as they are: a folder a configuration, files named by their objects in slot order.

CoCo-ThreeObject-ULBig/dog_traffic light_cup.png
CoCo-OneObject/dog.png

The inverse of `stimuli.published`. There are no masks, so that areas and places are not known, only slots and levels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from primacy.design.picture import Picture, Shown
from primacy.errors import DatasetError
from primacy.files import os_errors_as
from primacy.listener import Listener, Silent
from primacy.stimuli.images.base import Skipped
from primacy.stimuli.images.composed import REPEATED
from primacy.stimuli.images.decode import SUFFIXES
from primacy.stimuli.images.published_names import Configuration, Names, configuration, is_one_object, vocabulary_names
from primacy.stimuli.images.stated import Clusters, clean_name
from primacy.stimuli.images.stored import Blob, Entry, StoredPictures

_DEPTH = 3


def configurations(root: Path) -> list[tuple[Path, Configuration]]:
    """The folders of published pictures in `root`, or `root` itself, by name; up to three levels down.

    Raises:
        DatasetError: a folder cannot be read, or says that the large object is where none can be.
    """
    root = root.resolve()
    own = configuration(root.name)
    return [(root, own)] if own else list(_below(root, _DEPTH))


def open_published(
    root: Path | str, names: Iterable[str] = (), listener: Listener | None = None
) -> list[StoredPictures]:
    """The pictures of each configuration in a folder, or of the one configuration that the folder is.

    Args:
        root: the folder.
        names: categories that count as known, besides those of the data set's vocabulary and of the one-object
            pictures in `root` (or beside it, where it is one configuration).
        listener: told of the progress, in pictures.

    Raises:
        DatasetError: no folder is called as published ones are, or one of them holds nothing that can be used.
    """
    root, listener = Path(root), listener or Silent()
    found = configurations(root)
    if not found:
        raise DatasetError(
            f"{root} has no folder of published pictures", hint='They are called like "CoCo-ThreeObject-ULBig".'
        )
    known = [clean_name(name) for name in names]
    for _, config in found:
        known += vocabulary_names(config.data)
    alone = [path for path, config in found if len(config.slots) == 1] or _one_object_folders(found[0][0].parent)
    known += [name for path in alone for name in _single_names(path, known)]
    readable = Names(known)
    return [_open(path, config, readable, listener) for path, config in found]


def _one_object_folders(folder: Path) -> list[Path]:
    """Folders of one-object pictures, by name, directly in `folder`."""
    return [path for path in _folders(folder) if is_one_object(path.name)]


def _below(folder: Path, depth: int) -> Iterator[tuple[Path, Configuration]]:
    for path in _folders(folder):
        found = configuration(path.name)
        if found:
            yield path, found
        elif depth > 1:
            yield from _below(path, depth - 1)


def _folders(folder: Path) -> list[Path]:
    """The folders in `folder` that are not hidden."""
    with os_errors_as(DatasetError, f"cannot read {folder}"):
        return [path for path in _listing(folder) if not path.name.startswith(".") and path.is_dir()]


def _listing(folder: Path) -> list[Path]:
    with os_errors_as(DatasetError, f"cannot read {folder}"):
        return sorted(folder.iterdir(), key=lambda path: clean_name(path.name))


def _single_names(folder: Path, known: list[str]) -> list[str]:
    """The categories that have a picture of their own."""
    pictures, _ = _pictures(folder)
    readable, taken = Names(known), _stems(pictures)
    found: list[str] = []
    for path in pictures:
        try:
            found += readable.read(path.stem, 1, taken)
        except DatasetError:
            continue  # listed when the folder itself is opened
    return found


def _pictures(folder: Path) -> tuple[list[Path], list[Skipped]]:
    """Files that may be pictures, and the others."""
    pictures, strays = [], []
    for path in _listing(folder):
        if path.is_dir():
            strays.append(Skipped(path.name, "a folder"))
        elif path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
            strays.append(Skipped(path.name, "not a picture"))
        else:
            pictures.append(path)
    return pictures, strays


def _stems(pictures: Iterable[Path]) -> frozenset[str]:
    return frozenset(clean_name(path.stem).casefold() for path in pictures)


def _open(folder: Path, config: Configuration, names: Names, listener: Listener) -> StoredPictures:
    pictures, skipped = _pictures(folder)
    taken, clusters = _stems(pictures), Clusters()
    entries = []
    for path in pictures:
        try:
            categories = names.read(path.stem, len(config.slots), taken)
            if len(set(categories)) < len(categories):
                raise DatasetError(REPEATED)
        except DatasetError as error:
            skipped.append(Skipped(path.name, str(error)))
            continue
        picture = Picture(
            clean_name(path.name),
            clusters.of_objects(categories),
            tuple(_shown(category, config, k) for k, category in enumerate(categories)),
            {} if config.large is None else {"large_slot": config.slots[config.large]},
        )
        entries.append(Entry(picture, Blob(path)))
    return StoredPictures(folder.name, "object sets", entries, skipped, listener)


def _shown(category: str, config: Configuration, k: int) -> Shown:
    level = "" if config.large is None else "large" if k == config.large else "small"
    if len(config.slots) == 1:
        level = "single"
    return Shown(category, math.nan, math.nan, math.nan, config.slots[k], level)
