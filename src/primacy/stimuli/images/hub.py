"""Pictures in a data set on the Hugging Face hub, brought into its local cache and read from there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from primacy.encoders._hub import PROBE_SECONDS
from primacy.encoders._names import require
from primacy.errors import DatasetError, UsageError, first_line

PREFIX = "hub:"
_FORM = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)(?:/(?P<folder>[^@]+?))?/?(?:@(?P<revision>[^@\s]+))?")


class HubFolder(NamedTuple):
    """A folder ("" for the top one) of the data set `repo` ("org/name"); `revision` None for the default branch."""

    repo: str
    folder: str
    revision: str | None


class Snapshot(Protocol):
    """Brings files of a data set into the local cache and gives the folder of the data set there."""

    def __call__(self, repo: str, revision: str | None, patterns: Sequence[str] | None) -> Path:
        """The folder; `patterns` (None for all) say which files are wanted."""
        ...


def parse(where: str) -> HubFolder:
    """Read "hub:org/name[/folder][@revision]".

    Raises:
        UsageError: it is not of that form.
    """
    found = _FORM.fullmatch(where.removeprefix(PREFIX))
    folder = (found["folder"] or "") if found else ""
    if found is None or ".." in PurePosixPath(folder).parts or any(mark in folder for mark in "*?[]"):
        raise UsageError(
            f"{where!r} names no data set on the hub", hint="Write hub:org/name, hub:org/name/folder or ...@revision."
        )
    return HubFolder(found["repo"], folder.strip("/"), found["revision"])


def fetch(where: str, snapshot: Snapshot | None = None) -> Path:
    """Bring a folder of a data set into the local cache.

    Args:
        where: "hub:org/name[/folder][@revision]".
        snapshot: how; by default with huggingface_hub.

    Returns:
        The local folder.

    Raises:
        UsageError: `where` is not of that form.
        DatasetError: not in the cache and not reachable, or the data set has no such folder.
        MissingExtraError: huggingface_hub is not installed.
    """
    wanted = parse(where)
    root = (snapshot or _snapshot)(wanted.repo, wanted.revision, [f"{wanted.folder}/**"] if wanted.folder else None)
    folder = root / wanted.folder
    if not folder.is_dir() or not any(folder.iterdir()):
        there = sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
        raise DatasetError(
            f"data set {wanted.repo!r} has no folder {wanted.folder!r}, or it is not in the local cache",
            hint=f"Here are: {', '.join(there[:10])}." if there else "Look it up on the hub; case matters.",
        )
    return folder


def _snapshot(repo: str, revision: str | None, patterns: Sequence[str] | None) -> Path:
    """As for encoders: one short request says whether the hub can be reached, then all or nothing."""
    hub = require("huggingface_hub", "huggingface_hub", "hf")
    constants = require("huggingface_hub.constants", "huggingface_hub", "hf")
    reason = "HF_HUB_OFFLINE is set"
    wanted = {"repo_type": "dataset", "revision": revision, "allow_patterns": patterns}
    if not constants.HF_HUB_OFFLINE:
        try:
            hub.HfApi().dataset_info(repo, revision=revision, timeout=PROBE_SECONDS)
            return Path(hub.snapshot_download(repo, **wanted))
        except Exception as error:  # refusals and transport errors alike: their types differ between versions
            reason = first_line(error)
    try:
        return Path(hub.snapshot_download(repo, local_files_only=True, **wanted))
    except Exception as error:
        raise DatasetError(
            f"data set {repo!r} is not in the local Hugging Face cache and could not be fetched ({reason})",
            hint="Check the name and the network, or give a local copy of the folder in its place.",
        ) from error
