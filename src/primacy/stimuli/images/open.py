"""From what a user names to sources of pictures."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from primacy.errors import UnknownNameError, UsageError
from primacy.files import os_errors_as
from primacy.listener import Listener
from primacy.stimuli.images import hub
from primacy.stimuli.images.base import PictureSource
from primacy.stimuli.images.manifest_folder import MANIFEST, open_manifest_folder
from primacy.stimuli.images.published_folder import configurations, open_published
from primacy.stimuli.images.rendered import open_rendered
from primacy.stimuli.images.webdataset import open_webdataset
from primacy.stimuli.sources import VOCABULARIES

_KINDS = (
    "a folder of `primacy render`, published folders (CoCo-ThreeObject-ULBig), a folder with manifest.csv, WebDataset"
    " .tar archives, or hub:org/name/folder"
)


def is_library(where: str) -> bool:
    """Whether `where` names objects to compose scenes of ("comco", a library's folder) rather than pictures."""
    with os_errors_as(UsageError, f"cannot look at {where}"):
        return where in VOCABULARIES or (Path(where) / "library.json").is_file()


def open_pictures(
    where: str, *, names: Iterable[str] = (), listener: Listener | None = None, snapshot: hub.Snapshot | None = None
) -> list[PictureSource]:
    """The pictures that `where` names: a rendered folder, published folders (one source a configuration), a folder with
    manifest.csv, WebDataset archives (a .tar, or a folder of them: one source), or a folder of a data set on the hub.

    Args:
        where: path, or "hub:org/name[/folder][@revision]".
        names: categories that file names of published pictures may hold, besides those of their own vocabulary.
        listener: told of the progress, in pictures.
        snapshot: how data sets are fetched from the hub; by default with huggingface_hub.

    Raises:
        UnknownNameError: there is no such file or folder.
        UsageError: it is something else.
        DatasetError: it cannot be read, or nothing in it can be used.
    """
    if where.startswith(hub.PREFIX):
        return _open_folder(hub.fetch(where, snapshot), names, listener)
    if where in VOCABULARIES:
        raise UsageError(f"{where!r} names objects to compose scenes of, not pictures", hint=f"Expected {_KINDS}.")
    with os_errors_as(UsageError, f"cannot look at {where}"):
        return _open_path(Path(where), names, listener)


def _open_path(path: Path, names: Iterable[str], listener: Listener | None) -> list[PictureSource]:
    if path.is_dir():
        return _open_folder(path, names, listener)
    if not path.is_file():
        raise UnknownNameError("source of pictures (no such file or folder)", str(path), _near(path))
    if path.suffix.lower() != ".tar":
        raise UsageError(f"{path} is no source of pictures", hint=f"Expected {_KINDS}. Unpack other archives first.")
    return [open_webdataset(path, listener=listener)]


def _open_folder(folder: Path, names: Iterable[str], listener: Listener | None) -> list[PictureSource]:
    if (folder / "dataset.json").exists():
        return [open_rendered(folder, listener)]
    if (folder / MANIFEST).exists():
        return [open_manifest_folder(folder, listener)]
    archives = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".tar")
    if archives:
        return [open_webdataset(archives, folder.resolve().name, listener)]
    if configurations(folder):
        return list(open_published(folder, names, listener))
    if is_library(str(folder)):
        raise UsageError(f"{folder} holds objects to compose scenes of, not pictures", hint=f"Expected {_KINDS}.")
    there = sorted(path.name for path in folder.iterdir())
    listed = f"{', '.join(there[:8])}{', ...' if len(there) > 8 else ''}" if there else "nothing"
    raise UsageError(f"{folder} is no source of pictures: it holds {listed}", hint=f"Expected {_KINDS}.")


def _near(path: Path) -> list[str]:
    """Names to suggest for a path that does not exist: vocabularies, and what lies beside it."""
    beside = [str(other) for other in path.parent.iterdir()] if path.parent.is_dir() else []
    return [*VOCABULARIES, *difflib.get_close_matches(str(path), sorted(beside), n=5, cutoff=0.5)]
