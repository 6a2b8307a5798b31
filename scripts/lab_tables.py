"""Print tables of an experiment's outcome in Markdown, as the pages of docs/lab have them.

    python scripts/lab_tables.py docs/lab/results/order.json "order bias" "zero-shot"
    python scripts/lab_tables.py docs/lab/results/order.json --minus "order bias"     # minus the reference

Shares and accuracies in %, biases in points, elasticities in logits; after ± half a 95 % interval.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from primacy.lab.contrasts import contrasts
from primacy.lab.outcome import Outcome, cells, read_outcome


def table(outcome: Outcome, readings: list[str], *, minus: bool) -> str:
    """The means of points, or their differences from the reference."""
    found = {}
    for reading in readings:
        rows = contrasts(outcome, reading) if minus else cells(outcome, reading)
        found[reading] = {row.point: _span(row.value, row.half, reading, minus) for row in rows}
    head = f"minus {outcome.experiment.reference}" if minus else "point"
    lines = [f"| {head} | {' | '.join(readings)} |", "|---|" + "---|" * len(readings)]
    for point in outcome.experiment.points:
        own = [found[reading].get(point.name) for reading in readings]
        if any(own):
            lines.append(f"| {point.name} | {' | '.join(span or '–' for span in own)} |")
    return "\n".join(lines)


def _span(value: float, half: float, reading: str, minus: bool) -> str:
    factor, digits = (1, 2) if reading.startswith("elasticity") else (100, 1)
    signed = "+" if minus or "bias" in reading or reading.startswith("elasticity") else ""
    span = f"{value * factor:{signed}.{digits}f}"
    return span if math.isnan(half) else f"{span} ± {half * factor:.{digits}f}"


def main() -> None:
    """Print the table that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outcome", type=Path)
    parser.add_argument("readings", nargs="+")
    parser.add_argument("--minus", action="store_true", help="points minus the reference, within seeds")
    asked = parser.parse_args()
    print(table(read_outcome(asked.outcome), asked.readings, minus=asked.minus))


if __name__ == "__main__":
    main()
