"""WebDataset archives: in a .tar, files of one stem belong together (0001.jpg, 0001.json, 0001.mask.png).

Members are found by their place in the archive and read when they are asked for; nothing is unpacked.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from primacy.design.picture import Picture
from primacy.errors import DatasetError
from primacy.listener import Listener, Silent
from primacy.stimuli.images.base import Skipped
from primacy.stimuli.images.decode import SUFFIXES
from primacy.stimuli.images.stated import FIELDS, Clusters, factor, objects_of
from primacy.stimuli.images.stored import Blob, Entry, StoredPictures
from primacy.stimuli.images.tar_members import Member, tar_members

_MAX_JSON = 1_000_000
_MASK = ".mask.png"
_KNOWN = ("objects", "cluster", "factors", *FIELDS)


@dataclass
class _Sample:
    image: Blob | None = None
    facts: Blob | None = None
    mask: Blob | None = None
    doubled: list[str] = field(default_factory=list)


def open_webdataset(
    archives: Sequence[Path] | Path, name: str = "", listener: Listener | None = None
) -> StoredPictures:
    """The pictures of one or several uncompressed .tar archives.

    A sample is a picture (.png, .jpg, ...), a .json and perhaps a .mask.png of the same stem, the part of the name up
    to its first dot. The JSON object holds `objects` (a list of names) and may hold `cluster` (text or number), the
    lists of a manifest.csv (`areas`, `xs`, ...) and `factors` (an object of numbers and texts). Its other fields are
    named among the skipped, once each, as are samples that cannot be used.

    Args:
        archives: the files.
        name: what the pictures are called, by default the stem of the first archive.
        listener: told of the progress, in pictures.

    Raises:
        DatasetError: a file is no such archive, or nothing in them can be used.
    """
    paths = [archives] if isinstance(archives, Path) else list(archives)
    clusters, entries, skipped, unused = Clusters(), list[Entry](), list[Skipped](), list[str]()
    named = False
    for path in paths:
        samples, strays = _index(path)
        skipped += strays
        for key, sample in samples.items():
            label = key if len(paths) == 1 else f"{path.name}/{key}"
            try:
                data = _facts(sample)
                entries.append(_entry(label, sample, data, clusters))
            except DatasetError as error:
                skipped.append(Skipped(label, str(error)))
                continue
            named = named or "cluster" in data
            unused += [key for key in data if key not in _KNOWN and key not in unused]
    skipped += [Skipped(f"field {key!r}", f"not one of {', '.join(_KNOWN)}") for key in unused]
    what = "clusters" if named else "object sets"
    return StoredPictures(name or paths[0].stem, what, entries, skipped, listener or Silent())


def _index(path: Path) -> tuple[dict[str, _Sample], list[Skipped]]:
    """Where the members of each sample lie, and what belongs to none."""
    samples: dict[str, _Sample] = {}
    strays: list[Skipped] = []
    try:
        for member in tar_members(path):
            _file(samples, strays, member)
    except tarfile.TarError as error:
        strays.append(Skipped(path.name, f"the archive is broken after {len(samples)} samples: {error}"))
    return samples, strays


def _file(samples: dict[str, _Sample], strays: list[Skipped], member: Member) -> None:
    name = PurePosixPath(member.name)
    stem, dot, ending = name.name.partition(".")
    ending = (dot + ending).lower()
    if member.trouble:
        strays.append(Skipped(member.name, member.trouble))
    elif not stem or ending not in (".json", _MASK, *SUFFIXES):
        strays.append(Skipped(member.name, "neither a picture nor a .json nor a .mask.png"))
    else:
        sample = samples.setdefault(str(name.parent / stem), _Sample())
        part = {".json": "facts", _MASK: "mask"}.get(ending, "image")
        if getattr(sample, part) is None:
            setattr(sample, part, member.blob)
        else:
            sample.doubled.append(member.name)


def _facts(sample: _Sample) -> Mapping[str, Any]:
    """The JSON object of a sample."""
    if sample.image is None or sample.facts is None:
        raise DatasetError(f"it has no {'picture' if sample.image is None else '.json'}")
    if sample.doubled:
        raise DatasetError(f"{sample.doubled[0]} is a second file of the same kind")
    if sample.facts.size is not None and sample.facts.size > _MAX_JSON:
        raise DatasetError(f"its .json is larger than {_MAX_JSON:,} bytes")
    try:
        data = json.loads(sample.facts.read())
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"its .json is not readable: {error}") from None
    if not isinstance(data, dict):
        raise DatasetError("its .json holds no object")
    for name in ("objects", *FIELDS):
        if not isinstance(data.get(name, []), list):
            raise DatasetError(f"{name} is {data[name]!r}, expected a list")
    return data


def _entry(label: str, sample: _Sample, data: Mapping[str, Any], clusters: Clusters) -> Entry:
    objects = objects_of({name: data[name] for name in ("objects", *FIELDS) if name in data})
    cluster, factors = data.get("cluster"), data.get("factors", {})
    if not isinstance(factors, dict):
        raise DatasetError(f"factors is {factors!r}, expected an object")
    if cluster is not None and (isinstance(cluster, bool) or not isinstance(cluster, str | int)):
        raise DatasetError(f"cluster is {cluster!r}, expected text or a whole number")
    names = [shown.category for shown in objects]
    number = clusters.of_objects(names) if cluster is None else clusters.of_name(str(cluster))
    picture = Picture(label, number, objects, {str(name): factor(value) for name, value in factors.items()})
    if sample.image is None:
        raise DatasetError("it has no picture")
    return Entry(picture, sample.image, sample.mask)
