"""Where a result comes from: code, packages, machine, encoder. No host name and no user name enters it."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import primacy
from primacy.encoders.base import Described, Encoder
from primacy.results.record import Provenance

_PACKAGES = (
    "numpy", "scipy", "scikit-learn", "polars", "pyarrow", "torch", "open_clip_torch", "transformers",
    "sentence-transformers",
)  # fmt: skip


class Commit(NamedTuple):
    """Git state of the source tree that runs; None for an installed package."""

    sha: str | None
    dirty: bool | None


def provenance(encoder: Encoder, stimuli: str, timings: Mapping[str, float]) -> Provenance:
    """Collect the provenance of a run that ends now."""
    commit = git_commit()
    return Provenance(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        primacy=primacy.__version__,
        git_commit=commit.sha,
        git_dirty=commit.dirty,
        python=platform.python_version(),
        packages=package_versions(),
        machine={
            "system": platform.system(),
            "architecture": platform.machine(),
            "cores": os.cpu_count(),
        },
        encoder_fingerprint=encoder.fingerprint,
        encoder=dict(encoder.identity) if isinstance(encoder, Described) else {},
        stimuli_hash=stimuli,
        timings_s={name: round(seconds, 3) for name, seconds in timings.items()},
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
