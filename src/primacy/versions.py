"""Which Primacy runs, on which packages: the part of a provenance that all results share."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple, TypedDict

import primacy

_PACKAGES = (
    "numpy", "scipy", "scikit-learn", "polars", "pyarrow", "torch", "open_clip_torch", "transformers",
    "sentence-transformers", "ahocorasick_rs", "pycocotools", "spacy",
)  # fmt: skip


class Commit(NamedTuple):
    """Git state of the source tree that runs; None for an installed package."""

    sha: str | None
    dirty: bool | None


class Stamp(TypedDict):
    """What all provenances begin with."""

    created: str
    primacy: str
    git_commit: str | None
    git_dirty: bool | None
    python: str
    packages: dict[str, str]


def stamp() -> Stamp:
    """Of a result that is finished now."""
    commit = git_commit()
    return Stamp(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        primacy=primacy.__version__,
        git_commit=commit.sha,
        git_dirty=commit.dirty,
        python=platform.python_version(),
        packages=package_versions(),
    )


def package_versions() -> dict[str, str]:
    """Versions of the installed packages that shape numbers."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def git_commit() -> Commit:
    """Commit of the checkout that Primacy runs from, if it runs from one."""
    root = Path(primacy.__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return Commit(None, None)
    try:
        sha = _git(root, "rev-parse", "HEAD")
        return Commit(sha, bool(_git(root, "status", "--porcelain")))
    except (OSError, subprocess.SubprocessError):
        return Commit(None, None)


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()  # noqa: S603
