"""The run folder: `<out>/<id>-<slug>/{spec.json, result.json, trials.parquet, report.html, log.jsonl}`.

The id is a hash of the spec, the encoder's fingerprint, the vocabulary and Primacy's version, so the same audit lands
in the same folder and goes on where it stopped. `result.json` is written last: a folder that has one is whole.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout
from pydantic import ValidationError

from primacy.errors import RunError, UnknownNameError
from primacy.files import atomic_write_text, os_errors_as, remove_temporaries
from primacy.results.record import SCHEMA_VERSION, RunResult


class RunSummary(NamedTuple):
    """A line of `primacy ls runs`."""

    name: str
    status: str
    encoder: str
    created: str


@dataclass(frozen=True)
class RunFolder:
    """Paths and records of one run."""

    path: Path

    @classmethod
    def of(cls, out: Path, run_id: str, encoder: str, protocol: str) -> RunFolder:
        """The folder of the run called `run_id` below `out`; not created yet."""
        slug = re.sub(r"[^A-Za-z0-9]+", "-", f"{encoder}-{protocol}").strip("-").lower()[:60]
        return cls(out / f"{run_id}-{slug}")

    def file(self, name: str) -> Path:
        """Path of a file of the run."""
        return self.path / name

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the folder for writing; leftovers of a killed run are removed.

        Raises:
            RunError: another process holds it, or it cannot be created.
        """
        with os_errors_as(RunError, f"cannot use the run folder {self.path}"):
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / ".lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise RunError(
                    f"another process is working on the run {self.path.name}",
                    hint="Wait for it to end; this command will then show its result.",
                ) from None
        try:
            remove_temporaries(self.path)
            yield
        finally:
            lock.release()

    def reopen(self) -> None:
        """Take the result away, so that the folder counts as unfinished until it has a new one.

        Raises:
            RunError: it cannot be removed.
        """
        with os_errors_as(RunError, f"cannot replace the result of run {self.path.name}"):
            self.file("result.json").unlink(missing_ok=True)

    def write(self, name: str, text: str) -> None:
        """Write a text file of the run as a whole.

        Raises:
            RunError: it cannot be written.
        """
        with os_errors_as(RunError, f"cannot write {name} of run {self.path.name}"):
            atomic_write_text(self.file(name), text)

    def log(self, event: str, **fields: Any) -> None:
        """Append an event to `log.jsonl`."""
        line = json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "event": event, **fields}, ensure_ascii=False)
        with (
            os_errors_as(RunError, f"cannot write the log of run {self.path.name}"),
            self.file("log.jsonl").open("a", encoding="utf-8") as stream,
        ):
            stream.write(line + "\n")

    def result(self) -> RunResult | None:
        """The result, or None while the run is not complete.

        Raises:
            RunError: `result.json` is broken, or of a version that this Primacy does not know.
        """
        path = self.file("result.json")
        if not path.is_file():
            return None
        return read_result(path)


def read_result(path: Path) -> RunResult:
    """Read a `result.json` of any version so far.

    Raises:
        RunError: unreadable, broken, or of a later version.
    """
    hint = "Run the audit again with --fresh: encoded texts are kept in the cache."
    try:
        with os_errors_as(RunError, f"cannot read {path}"):
            data = json.loads(path.read_text("utf-8"))
        version = data.get("schema_version") if isinstance(data, dict) else None
        if version not in range(1, SCHEMA_VERSION + 1):
            raise RunError(
                f"{path} has schema_version {version!r}, this Primacy reads versions 1 to {SCHEMA_VERSION}",
                hint="Upgrade Primacy if the file is newer.",
            )
        return RunResult.model_validate(data)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RunError(f"{path} is not JSON: {error}", hint=hint) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise RunError(f"{path} does not fit the schema at {place}: {first['msg']}", hint=hint) from error


def list_runs(out: Path) -> list[RunSummary]:
    """All runs below `out`, newest first; broken ones are listed as such."""
    summaries = []
    for folder in sorted(p for p in out.glob("*/spec.json")):
        run = RunFolder(folder.parent)
        try:
            result = run.result()
        except RunError:
            summaries.append(RunSummary(run.path.name, "broken", _asked_for(folder), ""))
            continue
        if result is None:
            summaries.append(RunSummary(run.path.name, "unfinished", _asked_for(folder), ""))
        else:
            summaries.append(RunSummary(run.path.name, result.status, result.spec.encoder, result.provenance.created))
    return sorted(summaries, key=lambda summary: summary.created, reverse=True)


def _asked_for(spec: Path) -> str:
    """The encoder that a run's spec.json names, or nothing where it cannot be read."""
    try:
        return str(json.loads(spec.read_text("utf-8"))["encoder"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def find_run(out: Path, name: str) -> RunFolder:
    """The run whose folder name starts with `name`, or the folder (or its result.json) that `name` is a path of.

    Raises:
        UnknownNameError: none, or several.
    """
    path = Path(name)
    if path.is_file():
        path = path.parent
    if (path / "spec.json").is_file():
        return RunFolder(path)
    names = [summary.name for summary in list_runs(out)]
    hits = [known for known in names if known.startswith(name)]
    if len(hits) != 1:
        raise UnknownNameError("run" if not hits else "run (several start so):", name, names)
    return RunFolder(out / hits[0])
