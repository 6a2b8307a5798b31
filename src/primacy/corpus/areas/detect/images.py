"""Images in folders, .zip files and WebDataset .tar shards, each with the id that captions know it by."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from primacy.corpus.captions.paths import expand
from primacy.corpus.faults import Faults
from primacy.errors import CorpusError, DatasetError, UsageError
from primacy.files import os_errors_as
from primacy.stimuli.bounded_json import entries, read_json
from primacy.stimuli.images.decode import SUFFIXES, Decoded, read_picture
from primacy.stimuli.images.photo_files import PhotoFiles
from primacy.stimuli.images.stored import Blob
from primacy.stimuli.images.tar_members import tar_members

_ARCHIVES = (".tar", ".zip")
UNREADABLE = "images that cannot be read (left out)"
"""The kind of fault that they are."""
_UNREADABLE_ARCHIVE = "archives that cannot be read (left out)"


class StoredImage(NamedTuple):
    """An image that has not been read yet.

    `path`: its file, or the archive that it lies in as `member`; `offset`, `size`: where in a .tar, else 0 and the
    file's size; `changed`: when the file or archive was last changed, in nanoseconds.
    """

    image_id: str
    path: Path
    member: str
    offset: int
    size: int
    changed: int

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"{self.path.name}/{self.member}" if self.member else str(self.path)

    @property
    def facts(self) -> list[Any]:
        """JSON-able: equal where neither id nor content is likely to differ, wherever the file lies."""
        return [self.image_id, self.path.name, self.member, self.offset, self.size, self.changed]

    def read(self) -> Decoded:
        """The picture as RGB, decoded within bounds.

        Raises:
            DatasetError: it cannot be read.
        """
        if not self.member:
            data = Blob(self.path).read()
        elif self.path.suffix.lower() == ".zip":
            data = _zip(self.path).read(self.member)
        else:
            data = Blob(self.path, self.offset, self.size).read()
        return read_picture(data, name=PurePosixPath(self.member or self.path.name).name)


def list_images(names: Sequence[str], faults: Faults, ids: Mapping[str, str] | None = None) -> list[StoredImage]:
    """The images that `names` stand for: files, folders with all below them, .zip and .tar files, patterns
    (`shards-{000..127}.tar`, `*.tar`).

    An image's id is its file name without the ending, in a .tar up to the first dot as WebDataset has it; with `ids`,
    what these say. Of images with one id the first counts.

    Args:
        names: what the user names.
        faults: broken archives, images of one id, without one, or of a name that is not UTF-8 are added.
        ids: ids by file name, as `read_image_ids` gives them.

    Raises:
        UsageError: a name stands for nothing.
        CorpusError: there is no image at all.
    """
    found: dict[str, StoredImage] = {}
    paths = expand(names, (*SUFFIXES, *_ARCHIVES))
    for image in (image for path in paths for image in _in_file(path.absolute(), faults)):
        if not _is_utf8(image.member):
            faults.add("images whose name is not UTF-8 (left out)", [image.label])
            continue
        if ids is not None:
            name = PurePosixPath(image.member or image.path.name).name
            if name not in ids:
                faults.add("images that --image-ids does not list (left out)", [image.label])
                continue
            image = image._replace(image_id=ids[name])
        if image.image_id in found:
            faults.add("images whose id an earlier one has (left out)", [image.label])
        else:
            found[image.image_id] = image
    if not found:
        raise CorpusError(
            f"no image that can be used in {', '.join(map(str, paths[:3]))}{', ...' if len(paths) > 3 else ''}",
            hint=f"Expected files with one of these endings: {', '.join(SUFFIXES)}.",
        )
    return list(found.values())


def read_image_ids(path: Path) -> dict[str, str]:
    """Ids by file name, from the list of images of a COCO file (captions or instances).

    Raises:
        UsageError: it is no such file, or two images of different ids have one file name.
    """
    ids: dict[str, str] = {}
    for entry in entries(path, read_json(path), "images", "a COCO file of captions or instances"):
        name, image_id = (entry.get("file_name"), entry.get("id")) if isinstance(entry, dict) else (None, None)
        if not isinstance(name, str) or isinstance(image_id, bool) or not isinstance(image_id, int | str):
            raise UsageError(f"{path.name} has an image without 'file_name' or 'id'")
        base = PurePosixPath(name).name
        if ids.setdefault(base, str(image_id)) != str(image_id):
            raise UsageError(f"{path.name} gives {base} the ids {ids[base]} and {image_id}")
    return ids


def _is_utf8(name: str) -> bool:
    """Whether a name in an archive is; bytes that are not are surrogates, and no table holds those."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _in_file(path: Path, faults: Faults) -> Iterator[StoredImage]:
    with os_errors_as(UsageError, f"cannot read {path}"):
        facts = path.stat()
    suffix = path.suffix.lower()
    if suffix == ".tar":
        yield from _in_tar(path, facts.st_mtime_ns, faults)
    elif suffix == ".zip":
        try:
            names = _zip(path).names
        except UsageError as error:
            faults.add(_UNREADABLE_ARCHIVE, [str(error)])
            return
        for name in names:
            yield StoredImage(PurePosixPath(name).stem, path, name, 0, facts.st_size, facts.st_mtime_ns)
    else:
        yield StoredImage(path.stem, path, "", 0, facts.st_size, facts.st_mtime_ns)


def _in_tar(path: Path, changed: int, faults: Faults) -> Iterator[StoredImage]:
    try:
        for member in tar_members(path):
            if not member.name.lower().endswith(SUFFIXES):
                continue
            key = PurePosixPath(member.name).name.partition(".")[0]
            if member.trouble or not key or member.blob.size is None:
                faults.add(UNREADABLE, [f"{path.name}/{member.name}: {member.trouble or 'no name'}"])
            else:
                yield StoredImage(key, path, member.name, member.blob.offset, member.blob.size, changed)
    except tarfile.TarError as error:
        faults.add("archives that are broken within (used up to there)", [f"{path}: {error}"])
    except DatasetError as error:
        faults.add(_UNREADABLE_ARCHIVE, [str(error)])


@lru_cache(maxsize=16)
def _zip(path: Path) -> PhotoFiles:
    return PhotoFiles(path)
