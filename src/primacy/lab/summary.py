"""How a training went, from its log."""

from __future__ import annotations

import csv
from pathlib import Path
from statistics import median
from typing import NamedTuple

from primacy.errors import RunError
from primacy.lab.train import LOG, LOG_FIELDS


class Summary(NamedTuple):
    """`loss`: of the last batch, in nats; `seconds`: of training, pauses left out; `samples_per_second`: the median
    over the log. All None where there was no training (a recipe of 0 samples)."""

    loss: float | None
    seconds: float | None
    samples_per_second: float | None


def summarise(folder: Path) -> Summary:
    """The summary of a trained model's folder.

    Raises:
        RunError: its log is missing or damaged.
    """
    path = folder / LOG
    try:
        with path.open(encoding="utf-8", newline="") as file:
            log = csv.DictReader(file)
            rows = [{name: float(value) for name, value in row.items()} for row in log]
        if tuple(log.fieldnames or ()) != LOG_FIELDS:
            raise ValueError(log.fieldnames)
        if not rows:
            return Summary(None, None, None)
        seconds, before = 0.0, 0.0
        for row in rows:
            seconds += (row["samples"] - before) / row["samples_per_second"]
            before = row["samples"]
        return Summary(rows[-1]["loss"], seconds, median(row["samples_per_second"] for row in rows))
    except (OSError, csv.Error, TypeError, ValueError, ZeroDivisionError) as error:
        raise RunError(f"{path} cannot be read", hint="Train into a new folder.") from error
