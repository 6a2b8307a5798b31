"""What a table of mentions holds, counted bit by bit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


@dataclass
class Tally:
    """Counts of captions: all, those that mention a category, those whose list is cut short; of mentions: all, and
    captions by category."""

    captions: int = 0
    mentioning: int = 0
    censored: int = 0
    mentions: int = 0
    categories: Counter[str] = field(default_factory=Counter)

    def add(self, table: pa.Table) -> None:
        """Count the rows of `table`, part of a table of mentions."""
        listed = table.column("categories")
        self.captions += len(table)
        self.mentioning += pc.sum(pc.greater(pc.list_value_length(listed), 0)).as_py() or 0
        self.censored += pc.sum(table.column("censored")).as_py() or 0
        names = pc.list_flatten(listed)
        self.mentions += len(names)
        for entry in names.value_counts().to_pylist():
            self.categories[entry["values"]] += entry["counts"]

    @property
    def top(self) -> list[tuple[str, int]]:
        """Categories and their captions, commonest first, of as many by name."""
        return sorted(self.categories.items(), key=lambda item: (-item[1], item[0]))

    def record(self) -> dict[str, Any]:
        """As it stands in JSON."""
        counts = {name: getattr(self, name) for name in ("captions", "mentioning", "censored", "mentions")}
        return counts | {"categories": dict(self.top)}
